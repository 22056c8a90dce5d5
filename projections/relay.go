package projections

import (
	"context"
	"sync"

	"webplug/domain/eventlog"
)

// Relay is a feed of what another reader has taken before: it hands batches on to one follower in this process, from
// memory. Where rows are made of a batch first, and the batch is given on then, a follower finds in the rows whatever it
// was not given. It implements eventlog.Feed; positions count batches and end with the process.
type Relay struct {
	mu      sync.Mutex
	head    eventlog.Position
	waiting []relayed
	more    chan struct{} // has one while something waits
}

type relayed struct {
	at      eventlog.Position
	records []eventlog.Record
}

var _ eventlog.Feed = (*Relay)(nil)

// NewRelay makes a relay at position 0.
func NewRelay() *Relay { return &Relay{more: make(chan struct{}, 1)} }

// Begin makes the position of a batch whose rows are about to be written. A follower who waits for the head waits for it.
func (r *Relay) Begin() eventlog.Position {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.head++
	return r.head
}

// Give hands a batch on, in the order of Begin.
func (r *Relay) Give(at eventlog.Position, records []eventlog.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(r.waiting, relayed{at, records})
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// Head is the last position that was begun.
func (r *Relay) Head() eventlog.Position {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.head
}

// Follow implements eventlog.Feed, for one follower at a time. What is before the position is not given: its rows are
// there.
func (r *Relay) Follow(ctx context.Context, after eventlog.Position, take func(context.Context, eventlog.Position, []eventlog.Record) error) error {
	for {
		r.mu.Lock()
		batches := r.waiting
		r.waiting = nil
		r.mu.Unlock()
		for i, b := range batches {
			if b.at <= after {
				continue
			}
			if err := take(ctx, b.at, b.records); err != nil {
				r.putBack(batches[i:])
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.more:
		}
	}
}

func (r *Relay) putBack(batches []relayed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(batches, r.waiting...)
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// Release implements eventlog.Feed: what was taken is forgotten anyway.
func (r *Relay) Release(context.Context, eventlog.Position) error { return nil }
