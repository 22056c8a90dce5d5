package rest

import (
	"context"
	"sync"
	"time"
)

// deadlines gives commands the context that ends when they have taken too long. One is shared by all commands that
// begin within a share of the limit: a timer for each was a fortieth of a publish's cost.
//
// It does not end when the caller hangs up: a command under way is carried out, and its repetition finds it done.
type deadlines struct {
	limit time.Duration

	mu     sync.Mutex
	shared context.Context
	turn   context.Context // ends when the next one is due
}

// deadlineShares is into how many parts the limit is cut: a command has one part less than the limit at least.
const deadlineShares = 16

// next is a context that ends after the limit at latest.
func (d *deadlines) next() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.turn == nil || d.turn.Err() != nil {
		d.shared, d.turn = within(d.limit), within(d.limit/deadlineShares)
	}
	return d.shared
}

// within is a context that ends after a time, and only then.
func within(limit time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	context.AfterFunc(ctx, cancel)
	return ctx
}
