package pebble

import (
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"webplug/domain/eventlog"
)

const (
	// lazyWait is how long a lazy batch waits for the company of one that is not.
	lazyWait = 5 * time.Millisecond
	// groupBytes bounds the records of one commit, but for a single batch that is larger.
	groupBytes = 4 << 20
)

// request is an append on its way through the committer.
type request struct {
	batch eventlog.Batch
	size  int                       // bytes of all records
	extra func(*pebble.Batch) error // what is written instead of records
	err   error                     // what was decided
	done  chan error                // takes one answer
}

// queue is what waits for the committer: a request that somebody waits for, and lazy ones that may wait for its
// company.
type queue struct {
	now  func() time.Time
	wake chan struct{}

	mu           sync.Mutex
	urgent, lazy []*request
	oldest       time.Time // when the first of lazy came
	asleep       bool      // the committer waits for wake
	closed       bool
}

func newQueue(now func() time.Time) *queue {
	return &queue{now: now, wake: make(chan struct{}, 1)}
}

// put hands a request to the committer, unless the queue is closed.
func (q *queue) put(r *request) bool {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return false
	}
	rouse := q.asleep
	switch {
	case !r.batch.Lazy:
		q.urgent = append(q.urgent, r)
	case len(q.lazy) == 0:
		q.oldest = q.now()
		q.lazy = append(q.lazy, r)
	default:
		q.lazy = append(q.lazy, r)
		rouse = false // the committer's alarm is set already
	}
	q.asleep = q.asleep && !rouse
	q.mu.Unlock()
	if rouse {
		q.wake <- struct{}{} // never blocks: one for each sleep
	}
	return true
}

// close lets take give what is left, and then nothing.
func (q *queue) close() {
	q.mu.Lock()
	rouse := q.asleep
	q.closed, q.asleep = true, false
	q.mu.Unlock()
	if rouse {
		q.wake <- struct{}{}
	}
}

// take waits for work and appends a group of it to into; false when the queue is closed and empty. For the committer
// alone.
func (q *queue) take(into []*request, alarm *time.Timer) ([]*request, bool) {
	for {
		q.mu.Lock()
		var rest time.Duration
		if len(q.lazy) > 0 {
			rest = lazyWait - q.now().Sub(q.oldest)
		}
		switch {
		case len(q.urgent) > 0, len(q.lazy) > 0 && (rest <= 0 || q.closed):
			into = q.group(into)
			q.mu.Unlock()
			return into, true
		case q.closed:
			q.mu.Unlock()
			return into, false
		}
		q.asleep = true
		waiting := len(q.lazy) > 0
		q.mu.Unlock()
		if !waiting {
			<-q.wake
			continue
		}
		alarm.Reset(rest)
		select {
		case <-q.wake:
			alarm.Stop()
		case <-alarm.C:
			q.mu.Lock()
			if !q.asleep { // somebody is sending a wake just now
				<-q.wake
			}
			q.asleep = false
			q.mu.Unlock()
		}
	}
}

// group moves as many requests as fit one commit; the lazy ones have room of their own, so that neither kind keeps
// the other out.
func (q *queue) group(into []*request) []*request {
	into, q.urgent = fit(into, q.urgent)
	into, q.lazy = fit(into, q.lazy)
	return into
}

func fit(into, from []*request) (group, rest []*request) {
	size, n := 0, 0
	for n < len(from) && (n == 0 || size+from[n].size <= groupBytes) {
		size += from[n].size
		n++
	}
	into = append(into, from[:n]...)
	rest = append(from[:0], from[n:]...)
	clear(from[len(rest):]) // so that nothing is held on to
	return into, rest
}
