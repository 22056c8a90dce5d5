package projections

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Awaiting is which deliveries were accepted and have had no outcome yet, for a home where these have no rows (Batches).
// It stands before the due rows: who looks for what is planned finds both. After a start it is filled from the journal,
// from the oldest that was awaited on.
type Awaiting struct {
	log   *eventlog.Log
	views Views
	rows  DueRows
	query *Queries
	now   eventlog.Clock

	mu    sync.Mutex
	of    map[Lane]map[string]time.Time // root ▶ when its audience was decided
	saved time.Time
}

var _ DueRows = (*Awaiting)(nil)

// NewAwaiting makes it, empty. rows is where the other planned attempts are.
func NewAwaiting(l *eventlog.Log, v Views, q *Queries, now eventlog.Clock) *Awaiting {
	return &Awaiting{log: l, views: v, rows: q, query: q, now: now, of: map[Lane]map[string]time.Time{}}
}

// Take notes what records bring about: deliveries that wait, and outcomes of those that did.
func (a *Awaiting) Take(records []eventlog.Record) {
	for _, rec := range records {
		switch kindOf(rec.Stream) {
		case kindMessage:
			r, err := a.log.Decode(rec)
			if err != nil {
				continue // it is set aside
			}
			if targets, _, ok := domain.Audience(r.Event); ok {
				a.wait(r.Stream, targets, r.Time)
			}
		case kindDelivery:
			a.settle(rec.Stream)
		default:
		}
	}
}

func (a *Awaiting) wait(s eventlog.Stream, targets []string, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, endpoint := range targets {
		l := Lane{s.Service, endpoint}
		if a.of[l] == nil {
			a.of[l] = map[string]time.Time{}
		}
		a.of[l][s.Root] = at
	}
}

func (a *Awaiting) settle(s eventlog.Stream) {
	a.mu.Lock()
	defer a.mu.Unlock()
	l := Lane{s.Service, s.Leaf}
	delete(a.of[l], s.Root)
	if len(a.of[l]) == 0 {
		delete(a.of, l)
	}
}

// Due implements DueRows.
func (a *Awaiting) Due(ctx context.Context, service, endpoint string, limit int) ([]Due, error) {
	out, err := a.rows.Due(ctx, service, endpoint, limit) // first: it waits until all is taken that was acknowledged
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	for message, at := range a.of[Lane{service, endpoint}] {
		out = append(out, Due{Service: service, Message: message, Endpoint: endpoint, At: at})
	}
	a.mu.Unlock()
	slices.SortFunc(out, func(x, y Due) int { return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Message, y.Message)) })
	// One that has just had its first outcome may be in both: the row has the newer plan.
	out = slices.CompactFunc(out, func(x, y Due) bool { return x.Message == y.Message && x.At.Equal(y.At) })
	return out[:min(len(out), limit)], nil
}

// DueEndpoints implements DueRows.
func (a *Awaiting) DueEndpoints(ctx context.Context) ([]Lane, error) {
	out, err := a.rows.DueEndpoints(ctx)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for l := range a.of {
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out, nil
}

// The row that keeps since when something may be awaited. It is made of no stream: its version is a time.
const awaitedRow = "awaited"

// awaitedSkew covers the clocks of those who append, and what lies in the stream.
const awaitedSkew = time.Minute

// Save keeps since when something is awaited, for the next start.
func (a *Awaiting) Save(ctx context.Context, g Generation) error {
	now := a.now()
	oldest := now
	a.mu.Lock()
	for _, messages := range a.of {
		for _, at := range messages {
			if at.Before(oldest) {
				oldest = at
			}
		}
	}
	unchanged := oldest.Sub(a.saved) < awaitedSkew
	a.mu.Unlock()
	if unchanged {
		return nil
	}
	body, err := json.Marshal(oldest)
	if err != nil {
		return err
	}
	row := Row{View: ViewJournal, ID: awaitedRow, Version: eventlog.Version(now.UnixMicro()), Body: body}
	if err := a.views.Apply(ctx, g, []Row{row}, 0); err != nil {
		return fmt.Errorf("keep since when deliveries are awaited: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.saved = oldest
	return nil
}

// Fill looks in the journal for what was accepted and has had no outcome. What the stream brings later is taken then.
func (a *Awaiting) Fill(ctx context.Context, g Generation) error {
	var since time.Time
	row, err := a.views.Get(ctx, g, ViewJournal, awaitedRow)
	switch {
	case errors.Is(err, ErrNoRow):
	case err != nil:
		return fmt.Errorf("read since when deliveries are awaited: %w", err)
	default:
		if err := json.Unmarshal(row.Body, &since); err != nil {
			return fmt.Errorf("read since when deliveries are awaited: %w", err)
		}
		since = since.Add(-awaitedSkew)
	}
	at := a.query.pinned()
	defer at.release()
	services, err := at.journalServices(ctx)
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	for _, service := range services {
		for f, err := range at.facts(ctx, factRange{service: service, from: since}) {
			if err != nil {
				return fmt.Errorf("read the journal: %w", err)
			}
			if !f.accepts() && f.Type != (domain.MessageRouted{}).EventType() {
				continue
			}
			if err := a.look(ctx, service, f.Root); err != nil {
				return err
			}
		}
	}
	return nil
}

// look reads what became of a chunk of a message.
func (a *Awaiting) look(ctx context.Context, service, root string) error {
	chunk, err := loadChunk(ctx, a.log, service, root)
	if err != nil && transient(err) {
		return err
	}
	if err != nil {
		return nil // it is set aside
	}
	for _, endpoint := range chunk.message.Accepted.Targets {
		if chunk.deliveries[endpoint].Version == 0 {
			a.wait(domain.MessageStream(service, root), []string{endpoint}, chunk.message.RoutedAt)
		}
	}
	return nil
}

// Count is how many deliveries are awaited.
func (a *Awaiting) Count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for _, messages := range a.of {
		n += len(messages)
	}
	return n
}
