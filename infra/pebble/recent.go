package pebble

import (
	"context"
	"sync"
	"sync/atomic"

	"webplug/domain/eventlog"
)

// commit is what one commit wrote.
type commit struct {
	at      eventlog.Position
	records []eventlog.Record
	size    int // bytes of their data
}

// recent holds the last commits in memory, so that a follower who keeps up is given the very records that were
// appended. It also knows which commit was the last to become durable.
type recent struct {
	head atomic.Uint64

	maxCommits, maxBytes int

	mu      sync.Mutex
	grew    *sync.Cond
	commits []commit // without gaps; the last is head
	bytes   int
	ended   error // why there will be no more
}

func newRecent(size size) *recent {
	r := &recent{maxCommits: size.recentCommits, maxBytes: size.recentBytes}
	r.grew = sync.NewCond(&r.mu)
	return r
}

// add makes a commit known that is durable.
func (r *recent) add(c commit) {
	r.mu.Lock()
	r.commits = append(r.commits, c)
	r.bytes += c.size
	for len(r.commits) > r.maxCommits || r.bytes > r.maxBytes && len(r.commits) > 1 {
		r.bytes -= r.commits[0].size
		r.commits[0] = commit{} // the array lives on until append moves it
		r.commits = r.commits[1:]
	}
	r.head.Store(uint64(c.at))
	r.mu.Unlock()
	r.grew.Broadcast()
}

// end lets nobody wait any longer.
func (r *recent) end(why error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended == nil {
		r.ended = why
	}
	r.grew.Broadcast()
}

// after waits for the commit after a position and appends it and later ones to into, as many as there are or fit into's
// capacity. If the next one is no longer in memory it appends nothing, and answers the last that is not.
func (r *recent) after(ctx context.Context, at eventlog.Position, into []commit) (got []commit, lost eventlog.Position, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.wait(ctx, at+1); err != nil {
		return into, 0, err
	}
	head := eventlog.Position(r.head.Load())
	first := head - eventlog.Position(len(r.commits)) + 1
	if at+1 < first {
		return into, first - 1, nil
	}
	from := r.commits[at+1-first:]
	return append(into, from[:min(len(from), cap(into)-len(into))]...), 0, nil
}

// durable waits until a position is.
func (r *recent) durable(ctx context.Context, at eventlog.Position) error {
	if r.head.Load() >= uint64(at) {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.wait(ctx, at)
}

// wait waits until the head is at least at. The caller holds r.mu.
func (r *recent) wait(ctx context.Context, at eventlog.Position) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.head.Load() >= uint64(at) {
		return r.ended
	}
	stop := context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.grew.Broadcast()
	})
	defer stop()
	for r.head.Load() < uint64(at) {
		if r.ended != nil {
			return r.ended
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		r.grew.Wait()
	}
	return nil
}
