package dynamo

import (
	"sync"

	"webplug/domain/eventlog"
)

// ends remembers for streams lately read or written where an item of theirs ends. An item never changes, so what is
// remembered stays true; only the newest end of a stream is kept, because that is what its next writer expects.
type ends struct {
	mu     sync.Mutex
	recent map[eventlog.Stream]eventlog.Version
	older  map[eventlog.Stream]eventlog.Version
}

// endsKept bounds memory: two generations of so many streams, about 2 MB.
const endsKept = 4096

func (e *ends) add(s eventlog.Stream, v eventlog.Version) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if v < e.recent[s] {
		return
	}
	if len(e.recent) >= endsKept {
		e.recent, e.older = nil, e.recent
	}
	if e.recent == nil {
		e.recent = make(map[eventlog.Stream]eventlog.Version)
	}
	e.recent[s] = v
}

func (e *ends) has(s eventlog.Stream, v eventlog.Version) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.recent[s] == v || e.older[s] == v
}
