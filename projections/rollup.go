package projections

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain/eventlog"
)

// Figures of an hour are the fold of its journal, each fact once. A closed hour is rolled up into rows, by replacement: a
// fact that comes late makes it be rolled up again.

// ViewStats has the figures of closed hours.
const ViewStats View = "stats"

// cellsOfRow bounds the cells of one row, some 100 bytes each.
const cellsOfRow = 1500

func listStats(service string) string { return "stats/" + service }

// hourFigures counts the facts of one hour of a service.
type hourFigures struct {
	hour  time.Time
	about *audience
	cells map[cellKey]*tally
}

func (q *Queries) newHourFigures(service, hour string) (*hourFigures, error) {
	at, err := time.Parse(hourForm, hour)
	return &hourFigures{at, q.audience(service, ""), map[cellKey]*tally{}}, err
}

func (h *hourFigures) cell(k cellKey) *tally {
	t := h.cells[k]
	if t == nil {
		t = &tally{}
		h.cells[k] = t
	}
	return t
}

// add counts a fact of the hour.
func (h *hourFigures) add(ctx context.Context, f Fact) error {
	k := cellKey{Slot: int(f.At().Sub(h.hour) / slotSpan), EventTypeID: f.EventTypeID}
	switch kindOf(f.Stream(h.about.service)) {
	case kindMessage:
		return h.addMessage(ctx, k, f)
	case kindDelivery:
		var err error
		k.EndpointID = f.Leaf
		if k.UserID, err = h.about.owner(ctx, f.Leaf); err != nil {
			return err
		}
		h.cell(k).outcome(f)
	case kindNone, kindService, kindUser, kindEventType, kindEndpoint, kindKey, kindJob: // nothing of these is counted
	}
	return nil
}

func (h *hourFigures) addMessage(ctx context.Context, k cellKey, f Fact) error {
	k.UserID = f.UserID
	t := h.cell(k)
	if f.accepts() {
		t.Accepted++
	}
	t.Deliveries += f.Targets
	for _, s := range f.Skipped {
		of := k
		if of.EndpointID = s.Endpoint; s.Endpoint != "" {
			var err error
			if of.UserID, err = h.about.owner(ctx, s.Endpoint); err != nil {
				return err
			}
		}
		of1 := h.cell(of)
		of1.Skipped = counted(of1.Skipped, s.Reason, 1)
	}
	if f.UserID == "" && f.Targets+len(f.Skipped) > 0 {
		return h.addMet(ctx, k, f)
	}
	return nil
}

// addMet counts a broadcast for each user that it met, in the chunk that has the first of the user's endpoints.
func (h *hourFigures) addMet(ctx context.Context, k cellKey, f Fact) error {
	m, err := h.about.message(ctx, f.Root)
	if err != nil {
		return err
	}
	endpoints := slices.Clone(m.Accepted.Targets)
	for _, s := range m.Accepted.Skipped {
		endpoints = append(endpoints, s.EndpointID)
	}
	before, _, _ := strings.Cut(m.After, "/")
	met := map[string]bool{before: true}
	for _, e := range endpoints {
		user, err := h.about.owner(ctx, e)
		if err != nil {
			return err
		}
		if user != "" && !met[user] {
			met[user] = true
			k.UserID = user
			h.cell(k).Met++
		}
	}
	return nil
}

// rows are the hour rolled up.
func (h *hourFigures) rows(service, hour string, v eventlog.Version) ([]Row, error) {
	cells := make([]cell, 0, len(h.cells))
	for k, t := range h.cells {
		cells = append(cells, cell{k, *t})
	}
	slices.SortFunc(cells, func(a, b cell) int {
		return cmp.Or(cmp.Compare(a.Slot, b.Slot), strings.Compare(a.EndpointID, b.EndpointID),
			strings.Compare(a.UserID, b.UserID), strings.Compare(a.EventTypeID, b.EventTypeID))
	})
	var out []Row
	for part := range slices.Chunk(cells, cellsOfRow) {
		body, err := json.Marshal(part, json.Deterministic(true))
		if err != nil {
			return nil, err
		}
		out = append(out, statsRow(service, hour, len(out), v, body))
	}
	return out, nil
}

// statsRow is one row of an hour's figures; without a body it takes away a former one.
func statsRow(service, hour string, n int, v eventlog.Version, body []byte) Row {
	sort := fmt.Sprintf("%s/%04d", hour, n)
	row := Row{View: ViewStats, ID: service + "/" + sort, Version: v, Body: body}
	if body != nil {
		row.Lists = []Entry{{listStats(service), sort}}
	}
	return row
}

const (
	rollEvery = time.Minute
	// rollAfter is how long after its end an hour is rolled up: most late facts have come by then.
	rollAfter = 2 * time.Minute
)

// rollLoop rolls up closed hours until ctx ends. It sleeps until the next one is due, or an hour is entered.
func (p *Projector) rollLoop(ctx context.Context) {
	for {
		g, release := p.pin()
		due, err := p.rollUp(ctx, &Queries{log: p.log, views: p.views, generation: g})
		release()
		if err != nil && ctx.Err() == nil {
			p.logger.Warn("figures are not rolled up; it is tried again", "error", err)
		}
		wait := rollEvery
		if err == nil && !due.IsZero() {
			wait = max(wait, due.Sub(p.now()))
		}
		t := time.NewTimer(wait)
		if err == nil && due.IsZero() {
			t.Stop() // nothing is to be rolled up until an hour is entered
		}
		select {
		case <-ctx.Done():
		case <-t.C:
		case <-p.hours:
			sleep(ctx, rollEvery) // more may come late
		}
		t.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// rollUp rolls up every hour that is closed and is not, and says when the next one is due, if there is one.
func (p *Projector) rollUp(ctx context.Context, q *Queries) (next time.Time, err error) {
	due, next, err := q.dueHours(ctx, p.now())
	if err != nil {
		return next, err
	}
	for _, h := range due {
		rolled, err := p.rollUpHour(ctx, q, h)
		if err != nil {
			return next, fmt.Errorf("roll up %s of %s: %w", h.hour, h.service, err)
		}
		if !rolled {
			next = p.now()
		}
	}
	return next, nil
}

// dueHours are the hours that are closed and not rolled up, and next is when another one is closed, if there is one.
func (q *Queries) dueHours(ctx context.Context, now time.Time) (due []serviceHour, next time.Time, err error) {
	err = q.walk(ctx, ListQuery{View: ViewJournal, List: listUnrolled(), Limit: 100}, func(l Listed) error {
		hour, service, _ := strings.Cut(l.Sort, "/")
		begin, err := time.Parse(hourForm, hour)
		if err != nil {
			return err
		}
		if closed := begin.Add(time.Hour + rollAfter); closed.After(now) {
			next = closed
			return errEnough
		}
		due = append(due, serviceHour{service, hour})
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, next, fmt.Errorf("list the hours that are not rolled up: %w", err)
	}
	return due, next, nil
}

// rollUpHour rolls up an hour, unless something comes to it meanwhile: then it is left for the next time.
func (p *Projector) rollUpHour(ctx context.Context, q *Queries, h serviceHour) (rolled bool, err error) {
	p.mu.Lock()
	j := p.journal
	j.rolling[h] = false
	p.mu.Unlock()
	figures, err := q.foldHour(ctx, h, "")
	p.mu.Lock()
	defer p.mu.Unlock()
	came := j.rolling[h] || p.journal != j || p.generation != q.generation // or the read models were made anew
	delete(j.rolling, h)
	if err != nil || came {
		return false, err
	}
	v, err := hourVersion(ctx, p.views, p.generation, h)
	if err != nil {
		return false, err
	}
	rows, hour, err := q.rolledRows(ctx, h, figures, v)
	if err != nil {
		return false, err
	}
	delete(j.open, h)
	return true, p.views.Apply(ctx, p.generation, append(rows, hour), 0)
}

// rolledRows are the rows of an hour's figures, and that of the hour itself, which had a version.
func (q *Queries) rolledRows(ctx context.Context, h serviceHour, figures *hourFigures, v eventlog.Version) (rows []Row, hour Row, err error) {
	if rows, err = figures.rows(h.service, h.hour, v+1); err != nil {
		return nil, hour, err
	}
	if hour, err = hourRow(h, v+1, max(1, len(rows))); err != nil {
		return nil, hour, err
	}
	for n := len(rows); ; n++ { // of a longer roll-up before
		former, err := q.views.Get(ctx, q.generation, ViewStats, statsRow(h.service, h.hour, n, 0, nil).ID)
		if errors.Is(err, ErrNoRow) {
			return rows, hour, nil
		} else if err != nil {
			return nil, hour, err
		}
		rows = append(rows, statsRow(h.service, h.hour, n, max(v, former.Version)+1, nil))
	}
}

// foldHour counts an hour's journal, up to a mark of arrival if one is given.
func (q *Queries) foldHour(ctx context.Context, h serviceHour, upto string) (*hourFigures, error) {
	figures, err := q.newHourFigures(h.service, h.hour)
	if err != nil {
		return nil, err
	}
	r := factRange{service: h.service, from: figures.hour, to: figures.hour.Add(time.Hour), upto: upto}
	for f, err := range q.facts(ctx, r) {
		if err != nil {
			return nil, err
		}
		if err := figures.add(ctx, f); err != nil {
			return nil, err
		}
	}
	return figures, nil
}
