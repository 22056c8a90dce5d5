package pebble

import (
	"sync"

	"webplug/domain/eventlog"
)

// manyLeaves is where a root's leaves are found by a map instead of by looking at each.
const manyLeaves = 12

// heads remembers the newest version of the streams touched lately, so that the next append to them needs no lookup.
// It never forgets what one group of appends has touched before the next group begins.
type heads struct {
	mu          sync.Mutex
	now, before map[rootName]*rootHeads // a root not touched since two turns is forgotten
	streams     int                     // in now
	limit       int                     // of streams before it turns
}

type rootName struct{ service, root string }

// rootHeads are a root's own stream (no leaf) and its leaves.
type rootHeads struct {
	complete bool              // this process saw the root's first event: a leaf that is not here does not exist
	changed  eventlog.Position // the commit that last wrote to it, maybe not durable yet
	list     []leafHead
	index    map[string]int
	few      [2]leafHead // list begins here: a message with one delivery is one allocation
}

type leafHead struct {
	leaf string
	head eventlog.Version
}

func newHeads(limit int) *heads {
	return &heads{now: map[rootName]*rootHeads{}, before: map[rootName]*rootHeads{}, limit: limit}
}

// of answers a stream's head if it is known.
func (h *heads) of(s eventlog.Stream) (eventlog.Version, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.root(rootName{s.Service, s.Root})
	if r == nil {
		return 0, false
	}
	if i := r.find(s.Leaf); i >= 0 {
		return r.list[i].head, true
	}
	return 0, r.complete
}

// changed answers the last commit known to have written to a root, 0 if it is none of the last ones.
func (h *heads) changed(service, root string) eventlog.Position {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.root(rootName{service, root}); r != nil {
		return r.changed
	}
	return 0
}

// learn keeps what was looked up.
func (h *heads) learn(s eventlog.Stream, head eventlog.Version) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.put(h.make(s), s.Leaf, head)
}

// move keeps what the commit at a position writes. fresh says that the stream did not exist in any process before.
func (h *heads) move(s eventlog.Stream, head eventlog.Version, at eventlog.Position, fresh bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.make(s)
	r.changed = at
	r.complete = r.complete || fresh && s.Leaf == ""
	h.put(r, s.Leaf, head)
}

// turn forgets what was not touched since the last turn, when there is too much.
func (h *heads) turn() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams < h.limit {
		return
	}
	h.now, h.before = h.before, h.now
	clear(h.now)
	h.streams = 0
}

func (h *heads) root(name rootName) *rootHeads {
	if r := h.now[name]; r != nil {
		return r
	}
	r := h.before[name]
	if r != nil {
		h.now[name] = r
		h.streams += len(r.list)
	}
	return r
}

func (h *heads) make(s eventlog.Stream) *rootHeads {
	name := rootName{s.Service, s.Root}
	r := h.root(name)
	if r == nil {
		r = &rootHeads{}
		r.list = r.few[:0]
		h.now[name] = r
	}
	return r
}

func (h *heads) put(r *rootHeads, leaf string, head eventlog.Version) {
	if i := r.find(leaf); i >= 0 {
		r.list[i].head = head
		return
	}
	r.list = append(r.list, leafHead{leaf, head})
	h.streams++
	switch {
	case r.index != nil:
		r.index[leaf] = len(r.list) - 1
	case len(r.list) > manyLeaves:
		r.index = make(map[string]int, 4*manyLeaves)
		for i, l := range r.list {
			r.index[l.leaf] = i
		}
	}
}

func (r *rootHeads) find(leaf string) int {
	if r.index != nil {
		if i, ok := r.index[leaf]; ok {
			return i
		}
		return -1
	}
	for i := range r.list {
		if r.list[i].leaf == leaf {
			return i
		}
	}
	return -1
}
