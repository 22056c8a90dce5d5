package projections

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/errgroup"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// writeJournal enters the facts of the records before a place: those after it come again.
func (b *Batches) writeJournal(ctx context.Context, g Generation, work *batchWork, before int) error {
	j := b.journal(g)
	clear(j.facts)
	if err := b.addFacts(ctx, j, work, before); err != nil {
		return fmt.Errorf("make journal pages: %w", err)
	}
	filling := work.scanned && g == b.pair() // nobody reads it yet
	if !filling {
		if err := b.leaveEntered(ctx, g, j); err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
	}
	if len(j.facts) == 0 {
		return nil
	}
	mark := b.arrival.next(b.now(), b.log.NewID())
	rows, err := j.rows(mark, func(h serviceHour) (eventlog.Version, error) { return hourVersion(ctx, b.views, g, h) })
	if err != nil {
		return fmt.Errorf("make journal pages: %w", err)
	}
	err = b.views.Apply(ctx, g, rows, 0)
	if err == nil && !filling {
		err = b.reopen(ctx, g, j)
	}
	b.arrival.end()
	if err != nil {
		b.unsure = maxTime(b.unsure, b.now()) // some pages may be there
		return fmt.Errorf("write the journal: %w", err)
	}
	j.flushed()
	return nil
}

// journal is what is known of a generation's journal.
func (b *Batches) journal(g Generation) *journal {
	if b.journals[g] == nil {
		maps.DeleteFunc(b.journals, func(old Generation, _ *journal) bool { return old+1 < g })
		b.journals[g] = newJournal()
	}
	return b.journals[g]
}

// addFacts makes the facts of the records before a place.
func (b *Batches) addFacts(ctx context.Context, j *journal, work *batchWork, before int) error {
	facts := make([]Fact, len(work.facts))
	for _, r := range work.facts { // first those whose messages are in the batch itself
		b.known.accepted(r)
	}
	var group errgroup.Group
	group.SetLimit(foldsAtOnce)
	for i, r := range work.facts {
		if work.factAt[i] >= before {
			continue
		}
		if kindOf(r.Stream) != kindDelivery {
			facts[i] = factOf(r, nil)
			continue
		}
		group.Go(func() error {
			m, err := b.known.message(ctx, b.log, domain.MessageStream(r.Stream.Service, r.Stream.Root))
			facts[i] = factOf(r, m)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i, r := range work.facts {
		if facts[i].Version > 0 {
			j.add(r.Stream.Service, facts[i])
		}
	}
	return nil
}

// leaveEntered leaves out what was entered before: a process that ended may have done so and not noted it, and a write
// that failed may have been done in part. It is for the live feed; every other reader counts a fact once anyway.
func (b *Batches) leaveEntered(ctx context.Context, g Generation, j *journal) error {
	q := Queries{log: b.log, views: b.views, generation: g}
	for service, facts := range j.facts {
		slices.SortFunc(facts, Fact.compare)
		if facts[0].At().After(b.unsure) {
			continue
		}
		entered := map[factKey]bool{}
		for n := 0; n < len(facts); {
			from := n
			for n++; n < len(facts) && facts[n].At().Sub(facts[n-1].At()) < pageSpan; {
				n++
			}
			r := factRange{service: service, from: facts[from].At(), to: facts[n-1].At().Add(time.Microsecond)}
			for f, err := range q.facts(ctx, r) {
				if err != nil {
					return err
				}
				entered[f.key()] = true
			}
		}
		j.facts[service] = slices.DeleteFunc(facts, func(f Fact) bool { return entered[f.key()] })
		if len(j.facts[service]) == 0 {
			delete(j.facts, service)
		}
	}
	return nil
}

// doubt makes it be looked for everything that was appended before.
func (b *Batches) doubt() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unsure = maxTime(b.unsure, b.now())
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// reopen says of each closed hour that pages came to that it is not rolled up. Someone else may be rolling it up, and
// there is no transaction: but who does so writes the version after the one that was there before it read the pages, and
// these are there by now.
func (b *Batches) reopen(ctx context.Context, g Generation, j *journal) error {
	now := b.now()
	hours := map[serviceHour]bool{}
	for service, facts := range j.facts {
		for _, f := range facts {
			if end := f.At().Truncate(time.Hour).Add(time.Hour); !end.After(now) {
				hours[serviceHour{service, f.At().Format(hourForm)}] = true
			}
		}
	}
	for h := range hours {
		before, _, err := b.hour(ctx, g, h)
		for open := false; err == nil && !open; {
			var row Row
			if row, err = hourRow(h, before+1, 0); err != nil {
				break
			}
			if err = b.views.Apply(ctx, g, []Row{row}, 0); err != nil {
				break
			}
			before, open, err = b.hour(ctx, g, h)
		}
		if err != nil {
			return fmt.Errorf("reopen %s of %s: %w", h.hour, h.service, err)
		}
	}
	return nil
}

// hour reads an hour's row: its version, 0 if there is none, and whether it is not rolled up.
func (b *Batches) hour(ctx context.Context, g Generation, h serviceHour) (v eventlog.Version, open bool, err error) {
	row, err := b.views.Get(ctx, g, ViewJournal, h.id())
	if errors.Is(err, ErrNoRow) {
		return 0, true, nil
	}
	if err != nil {
		return 0, false, err
	}
	var body hourBody
	err = json.Unmarshal(row.Body, &body)
	return row.Version, body.Rolled == 0, err
}

// RollUp rolls up the hours that are closed and are not, and says when to look again. It may be called by several
// processes at once.
func (b *Batches) RollUp(ctx context.Context) (next time.Time, err error) {
	g, release := b.pin()
	defer release()
	q := &Queries{log: b.log, views: b.views, generation: g}
	due, next, err := q.dueHours(ctx, b.now())
	if err != nil {
		return next, err
	}
	for _, h := range due {
		if err := b.rollUpHour(ctx, q, h); err != nil {
			return next, fmt.Errorf("roll up %s of %s: %w", h.hour, h.service, err)
		}
	}
	if next.IsZero() { // one that is entered from now on ends no sooner
		next = b.now().Truncate(time.Hour).Add(time.Hour + rollAfter)
	}
	return next, nil
}

// RollUpShared rolls up the hours of what is current now, where others may switch it.
func (b *Batches) RollUpShared(ctx context.Context) error {
	g, err := b.generation(ctx)
	if err != nil {
		return err
	}
	b.set(g, 0)
	_, err = b.RollUp(ctx)
	return err
}

// rollUpHour writes the figures before it says that they are there; reopen tells why that is enough.
func (b *Batches) rollUpHour(ctx context.Context, q *Queries, h serviceHour) error {
	v, _, err := b.hour(ctx, q.generation, h)
	if err != nil {
		return err
	}
	figures, err := q.foldHour(ctx, h, "")
	if err != nil {
		return err
	}
	rows, hour, err := q.rolledRows(ctx, h, figures, v)
	if err != nil {
		return err
	}
	if err := b.views.Apply(ctx, q.generation, rows, 0); err != nil {
		return err
	}
	return b.views.Apply(ctx, q.generation, []Row{hour}, 0)
}

// arrival orders the pages that one process writes. Each batch's pages have a later mark than those before it, by the
// clock where a process begins; readers of the order do not look at pages that are being written.
type arrival struct {
	mu      sync.Mutex
	last    uint64 // microseconds since 1970, or a little later
	writing bool   // pages with the last mark
	moved   chan struct{}
}

func (a *arrival) begin(now time.Time) {
	a.last, a.moved = uint64(now.UnixMicro()), make(chan struct{})
}

// next is the mark of the pages that are about to be written; end must come after.
func (a *arrival) next(now time.Time, id string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last, a.writing = max(a.last+1, uint64(now.UnixMicro())), true
	return markOf(eventlog.Position(a.last), id)
}

func (a *arrival) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.writing = false
	close(a.moved)
	a.moved = make(chan struct{})
}

// entered is closed when pages have been written.
func (a *arrival) entered() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.moved
}

// settled is what no page reaches that will not stay where it is.
func (a *arrival) settled() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.writing {
		return markOf(eventlog.Position(a.last), "")
	}
	return markOf(eventlog.Position(a.last+1), "")
}

// messagesKnown keeps what facts of deliveries say of their messages.
type messagesKnown struct {
	mu sync.Mutex
	of map[eventlog.Stream]*domain.Message
}

// accepted notes a message of a batch.
func (k *messagesKnown) accepted(r eventlog.Recorded) {
	if _, _, ok := domain.Audience(r.Event); ok {
		m := domain.Message{}.Evolve(r)
		k.keep(r.Stream, &domain.Message{AcceptedAt: m.AcceptedAt, Accepted: domain.MessageAccepted{EventTypeID: m.Accepted.EventTypeID}})
	}
}

func (k *messagesKnown) keep(s eventlog.Stream, m *domain.Message) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of == nil || len(k.of) >= remembered {
		k.of = map[eventlog.Stream]*domain.Message{}
	}
	k.of[s] = m
}

// message finds a message, in memory or in the log; nil if it cannot be read.
func (k *messagesKnown) message(ctx context.Context, l *eventlog.Log, s eventlog.Stream) (*domain.Message, error) {
	k.mu.Lock()
	m := k.of[s]
	k.mu.Unlock()
	if m != nil {
		return m, nil
	}
	loaded, err := eventlog.Load[domain.Message](ctx, l, s)
	switch {
	case err != nil && transient(err):
		return nil, err
	case err != nil:
		return nil, nil
	}
	m = &domain.Message{AcceptedAt: loaded.State.AcceptedAt, Accepted: domain.MessageAccepted{EventTypeID: loaded.State.Accepted.EventTypeID}}
	k.keep(s, m)
	return m, nil
}
