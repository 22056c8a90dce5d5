package projections

import (
	"context"
	"sync"
	"time"
)

// ringKey is something to be reconciled: an endpoint or an event type, by its id.
type ringKey struct{ service, id string }

// ring is when it is to be looked at, and how.
type ring struct {
	at    time.Time
	drift bool // also at what seems well
}

// rings are what is to be reconciled and when. A key is never reconciled twice at once; one that rings meanwhile is
// reconciled again.
type rings struct {
	mu      sync.Mutex
	due     map[ringKey]ring
	running map[ringKey]bool
	tries   map[ringKey]int // failures in a row
	changed chan struct{}   // has one when there may be something to do
}

func newRings() *rings {
	return &rings{due: map[ringKey]ring{}, running: map[ringKey]bool{}, tries: map[ringKey]int{}, changed: make(chan struct{}, 1)}
}

// ring asks for a key to be reconciled at a time, or earlier if somebody has asked for that.
func (r *rings) ring(key ringKey, at time.Time, drift bool) {
	r.mu.Lock()
	old, there := r.due[key]
	if there && old.at.Before(at) {
		at = old.at
	}
	r.due[key] = ring{at, drift || old.drift}
	r.mu.Unlock()
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// next takes a key that is due, or says how long to wait.
func (r *rings) next(now time.Time) (key ringKey, drift, ok bool, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	wait = longestWait
	for k, one := range r.due {
		switch left := one.at.Sub(now); {
		case r.running[k]:
		case left <= 0:
			delete(r.due, k)
			r.running[k] = true
			return k, one.drift, true, 0
		default:
			wait = min(wait, left)
		}
	}
	return ringKey{}, false, false, wait
}

// done says what came of a key: when to look again (zero: when it rings), or that it failed.
func (r *rings) done(key ringKey, now, next time.Time, drift bool, err error) {
	r.mu.Lock()
	delete(r.running, key)
	if err != nil {
		r.tries[key] = min(r.tries[key]+1, 6)
		next = now.Add(time.Second << (r.tries[key] - 1))
	} else {
		delete(r.tries, key)
	}
	r.mu.Unlock()
	if !next.IsZero() {
		r.ring(key, next, drift && err != nil)
		return
	}
	select {
	case r.changed <- struct{}{}: // it may have rung meanwhile
	default:
	}
}

// reconcilers is how many are reconciled at once.
const reconcilers = 8

// run reconciles what is due until ctx ends, and waits for those under way.
func (r *rings) run(ctx context.Context, now func() time.Time, reconcile func(context.Context, ringKey, bool) (time.Time, error)) {
	var working sync.WaitGroup
	defer working.Wait()
	places := make(chan struct{}, reconcilers)
	for {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return
		}
		key, drift, ok, wait := r.next(now())
		if ok {
			working.Go(func() {
				next, err := reconcile(ctx, key, drift)
				r.done(key, now(), next, drift, err)
				<-places
			})
			continue
		}
		<-places
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-r.changed:
		case <-t.C:
		}
		t.Stop()
	}
}
