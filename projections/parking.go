package projections

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// What Batches cannot fold is parked as a row at once, since the process may be gone a moment later.

// parkAll sets aside each stream that cannot be folded.
func (b *Batches) parkAll(ctx context.Context, g Generation, work *batchWork) error {
	for _, s := range work.order {
		w := work.streams[s]
		if w.err == nil || transient(w.err) {
			continue
		}
		version := w.bad
		var unreadable *eventlog.RecordError
		switch {
		case errors.As(w.err, &unreadable) && unreadable.Stream == s:
			version = unreadable.Version
		case version == 0 && len(w.events) > 0:
			version = w.events[0].Version
		}
		if err := b.park(ctx, g, consumerViews, s, version, w.err); err != nil {
			return err
		}
	}
	return nil
}

// Park sets a stream aside for dispatch: what it asks for cannot be done.
func (b *Batches) Park(ctx context.Context, s eventlog.Stream, v eventlog.Version, why error) error {
	return b.parkAs(ctx, consumerDispatch, s, v, why)
}

// ParkUnread sets aside a stream with an item that cannot be read at all.
func (b *Batches) ParkUnread(ctx context.Context, s eventlog.Stream, v eventlog.Version, why error) error {
	return b.parkAs(ctx, consumerViews, s, v, why)
}

func (b *Batches) parkAs(ctx context.Context, consumer string, s eventlog.Stream, v eventlog.Version, why error) error {
	g, err := b.generation(ctx)
	if err != nil {
		return fmt.Errorf("find the read models: %w", err)
	}
	return b.park(ctx, g, consumer, s, v, why)
}

func (b *Batches) park(ctx context.Context, g Generation, consumer string, s eventlog.Stream, v eventlog.Version, why error) error {
	b.logger.Error("a stream is set aside", "consumer", consumer, "stream", s.String(), "version", v, "error", why)
	set := newStuck()
	if err := b.loadStuck(ctx, g, set, s); err != nil {
		return err
	}
	set.park(consumer, s, v, why, b.now())
	return b.writeStuck(ctx, g, set)
}

// loadStuck reads what is known of a stream that was set aside before.
func (b *Batches) loadStuck(ctx context.Context, g Generation, set *stuck, s eventlog.Stream) error {
	row, err := b.views.Get(ctx, g, ViewStuck, s.String())
	if errors.Is(err, ErrNoRow) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what is stuck: %w", err)
	}
	p := &parked{stamp: row.Version}
	if err := json.Unmarshal(row.Body, &p.row); err != nil {
		return fmt.Errorf("read what is stuck: %w", err)
	}
	set.streams[s] = p
	return nil
}

func (b *Batches) writeStuck(ctx context.Context, g Generation, set *stuck) error {
	rows, err := set.rows()
	if err != nil {
		return err
	}
	if err := b.views.Apply(ctx, g, rows, 0); err != nil {
		return fmt.Errorf("write what is stuck: %w", err)
	}
	return nil
}

// Stuck counts what is set aside, 1,000 at most; -1 where it cannot be read.
func (b *Batches) Stuck(ctx context.Context) int {
	g, err := b.generation(ctx)
	if err != nil {
		return -1
	}
	rows, err := b.views.List(ctx, g, ListQuery{View: ViewStuck, List: listStuck(), Limit: 1000})
	if err != nil {
		return -1
	}
	return len(rows)
}

// RetryStuck folds a stream that was set aside anew, and enters its events from the one that could not be into the
// journal. If it still cannot, it stays set aside and the error says why.
func (b *Batches) RetryStuck(ctx context.Context, id string) error {
	s, err := eventlog.ParseStream(id)
	if err != nil {
		return domain.Refuse(domain.NotFound, "", "nothing is stuck under this id")
	}
	g, err := b.generation(ctx)
	if err != nil {
		return err
	}
	set := newStuck()
	if err := b.loadStuck(ctx, g, set, s); err != nil {
		return err
	}
	if !set.has(s) {
		return domain.Refuse(domain.NotFound, "", "nothing is stuck under this id")
	}
	p := set.streams[s].row
	switch err := b.reproject(ctx, g, s, p.Version); {
	case err == nil:
		set.resolve(s, b.now())
		return b.writeStuck(ctx, g, set)
	case transient(err):
		return err
	default:
		if parkErr := b.park(ctx, g, p.Consumer, s, p.Version, err); parkErr != nil {
			return parkErr
		}
		return domain.Refuse(domain.Conflict, "", "the event is still stuck: %s", err)
	}
}

func (b *Batches) reproject(ctx context.Context, g Generation, s eventlog.Stream, from eventlog.Version) error {
	work := &batchWork{streams: map[eventlog.Stream]*streamWork{}}
	var events []eventlog.Recorded
	for r, err := range b.log.Read(ctx, s, 0) {
		if err != nil {
			return err
		}
		events = append(events, r)
		if r.Version >= from {
			work.facts, work.factAt = append(work.facts, r), append(work.factAt, work.size)
			work.size++
		}
	}
	rows, err := b.rowsOf(ctx, s, events)
	if err != nil {
		return err
	}
	if err := b.views.Apply(ctx, g, rows, 0); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.writeJournal(ctx, g, work, work.size)
}
