package main

import (
	"hash/maphash"
	"slices"
	"sync"
	"time"
)

// tally is what the sink has received: which messages, at which endpoint, how often, under which ids, and how long after
// they were to be sent.
type tally struct {
	now  func() time.Time
	seed maphash.Seed

	mu        sync.Mutex
	endpoints [][]seen // by endpoint, then by sequence number
	count     count
	latencies []time.Duration // of first deliveries
	goal      int             // first deliveries that somebody waits for, 0 if none
	reached   chan struct{}
}

type seen struct {
	times uint32
	id    uint64 // hash of the first delivery's webhook-id
}

// count sums up what a sink has received. Times are Unix nanoseconds.
type count struct {
	Deliveries int   `json:"deliveries"` // different ones: message and endpoint
	Repeats    int   `json:"repeats"`    // further ones of the same message at the same endpoint
	OtherIDs   int   `json:"other_ids"`  // repeats whose webhook-id is not the first one's
	Strange    int   `json:"strange"`    // requests that carry no message of the bench
	Last       int64 `json:"last"`       // when the newest first delivery came
}

// longestSequence bounds the memory that a wrong sequence number can take.
const longestSequence = 1 << 26

func newTally(now func() time.Time) *tally {
	return &tally{now: now, seed: maphash.MakeSeed()}
}

// add counts one delivery at an endpoint.
func (t *tally) add(endpoint int, id, body []byte) {
	now := t.now()
	seq, sent, err := readStamp(body)
	key := maphash.Bytes(t.seed, id)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil || seq < 0 || seq >= longestSequence {
		t.count.Strange++
		return
	}
	s := t.slot(endpoint, seq)
	s.times++
	if s.times > 1 {
		t.count.Repeats++
		if s.id != key {
			t.count.OtherIDs++
		}
		return
	}
	s.id = key
	t.count.Deliveries++
	t.count.Last = now.UnixNano()
	t.latencies = append(t.latencies, now.Sub(sent))
	if t.goal > 0 && t.count.Deliveries >= t.goal {
		t.goal = 0
		close(t.reached)
	}
}

func (t *tally) slot(endpoint, seq int) *seen {
	for len(t.endpoints) <= endpoint {
		t.endpoints = append(t.endpoints, nil)
	}
	of := t.endpoints[endpoint]
	if len(of) <= seq {
		of = append(of, make([]seen, seq+1-len(of))...)
		t.endpoints[endpoint] = of
	}
	return &of[seq]
}

// await gives a channel that is closed once so many different deliveries have come.
func (t *tally) await(deliveries int) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	reached := make(chan struct{})
	if t.count.Deliveries >= deliveries {
		close(reached)
		return reached
	}
	t.goal, t.reached = deliveries, reached
	return reached
}

// sum gives the counts so far.
func (t *tally) sum() count {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}

// spread gives the latencies since the last reset.
func (t *tally) spread() spread {
	t.mu.Lock()
	all := slices.Clone(t.latencies)
	t.mu.Unlock()
	return spreadOf(all)
}

// reset forgets everything.
func (t *tally) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.endpoints, t.count, t.latencies = nil, count{}, t.latencies[:0]
}

// missing tells which of the sequence numbers in a set have not come to an endpoint.
func (t *tally) missing(endpoint int, of bitset) []int {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []int
	for seq := range of.all() {
		if endpoint >= len(t.endpoints) || seq >= len(t.endpoints[endpoint]) || t.endpoints[endpoint][seq].times == 0 {
			out = append(out, seq)
		}
	}
	return out
}
