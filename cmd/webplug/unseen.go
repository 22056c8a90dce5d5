package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"webplug/domain/eventlog"
)

// unseen is a store that knows which of this process's appends the read models do not show yet: the log's stream tells
// when they do. So a query on this machine can wait for what was acknowledged before it. It implements eventlog.Store.
type unseen struct {
	eventlog.Store
	appended chan struct{} // has one after an append

	mu      sync.Mutex
	count   uint64
	waiting map[eventlog.Stream][]awaited // oldest first
	moved   chan struct{}                 // closed when something is seen
}

// awaited is an append to a stream.
type awaited struct {
	version eventlog.Version // its last
	number  uint64           // of appends
}

func newUnseen(s eventlog.Store) *unseen {
	return &unseen{Store: s, appended: make(chan struct{}, 1), waiting: map[eventlog.Stream][]awaited{}, moved: make(chan struct{})}
}

// Append implements eventlog.Store. What is appended is waited for from before it happens: the stream may be faster than
// the answer.
func (u *unseen) Append(ctx context.Context, b eventlog.Batch) error {
	u.mu.Lock()
	u.count++
	number := u.count
	for _, w := range b.Writes {
		u.waiting[w.Stream] = append(u.waiting[w.Stream], awaited{w.Expected + eventlog.Version(len(w.Records)), number})
	}
	u.mu.Unlock()
	err := u.Store.Append(ctx, b)
	if err != nil {
		u.forget(b, number)
		return err
	}
	select {
	case u.appended <- struct{}{}:
	default:
	}
	return nil
}

// forget takes back what was not acknowledged.
func (u *unseen) forget(b eventlog.Batch, number uint64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, w := range b.Writes {
		u.drop(w.Stream, func(a awaited) bool { return a.number == number })
	}
	u.signal()
}

func (u *unseen) drop(s eventlog.Stream, which func(awaited) bool) {
	left := slices.DeleteFunc(u.waiting[s], which)
	if len(left) == 0 {
		delete(u.waiting, s)
		return
	}
	u.waiting[s] = left
}

// seen says that the read models show records.
func (u *unseen) seen(records []eventlog.Record) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, r := range records {
		if _, ok := u.waiting[r.Stream]; ok {
			u.drop(r.Stream, func(a awaited) bool { return a.version <= r.Version })
		}
	}
	u.signal()
}

func (u *unseen) signal() {
	close(u.moved)
	u.moved = make(chan struct{})
}

// appends is how many commits this process has made.
func (u *unseen) appends() uint64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.count
}

// lag is how many streams have appends that are not seen.
func (u *unseen) lag() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.waiting)
}

// catchUpLimit is how long a query waits for the stream.
const catchUpLimit = 2 * time.Second

// catchUp waits until everything is seen that was appended before the call; ErrUnavailable after 2 s.
func (u *unseen) catchUp(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, catchUpLimit)
	defer cancel()
	u.mu.Lock()
	upto := u.count
	u.mu.Unlock()
	for {
		u.mu.Lock()
		there, moved := true, u.moved
		for _, w := range u.waiting {
			there = there && w[0].number > upto
		}
		u.mu.Unlock()
		if there {
			return nil
		}
		select {
		case <-moved:
		case <-limited.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("the log's stream is behind: %w", eventlog.ErrUnavailable)
		}
	}
}
