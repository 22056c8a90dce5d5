package rest_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"webplug/domain/eventlog"
)

// memory is an event log's store, and its data keys, in memory: the contract's words in the fewest lines.
type memory struct {
	mu      sync.Mutex
	streams map[eventlog.Stream][]eventlog.Record
	order   []eventlog.Record // as they were committed
	keys    map[string][]byte
	full    error // what Append answers, if it is not nil
	hangs   bool  // Append answers only when nobody waits any more
}

func newMemory() *memory {
	return &memory{streams: map[eventlog.Stream][]eventlog.Record{}, keys: map[string][]byte{}}
}

func (m *memory) Append(ctx context.Context, b eventlog.Batch) error {
	if m.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.full != nil {
		return m.full
	}
	repeats := 0
	for _, w := range b.Writes {
		stored := m.streams[w.Stream]
		switch {
		case int(w.Expected) == len(stored):
		case m.repeats(stored, w):
			repeats++
		default:
			return fmt.Errorf("%s is at %d, not %d: %w", w.Stream, len(stored), w.Expected, eventlog.ErrConflict)
		}
	}
	switch repeats {
	case 0:
	case len(b.Writes):
		return nil
	default:
		return eventlog.ErrConflict
	}
	for _, w := range b.Writes {
		for _, r := range w.Records {
			m.streams[w.Stream] = append(m.streams[w.Stream], r.Forget())
			m.order = append(m.order, r.Forget())
		}
	}
	return nil
}

func (*memory) repeats(stored []eventlog.Record, w eventlog.Write) bool {
	end := int(w.Expected) + len(w.Records)
	return end <= len(stored) && slices.EqualFunc(stored[w.Expected:end], w.Records, func(a, b eventlog.Record) bool {
		return a.Hash == b.Hash
	})
}

func (m *memory) Read(_ context.Context, s eventlog.Stream, after eventlog.Version) iter.Seq2[eventlog.Record, error] {
	m.mu.Lock()
	defer m.mu.Unlock()
	records := slices.Clone(m.streams[s])
	return yieldAll(records[min(int(after), len(records)):])
}

func (m *memory) Trail(_ context.Context, service, root string) iter.Seq2[eventlog.Record, error] {
	var records []eventlog.Record
	for _, s := range m.names(func(s eventlog.Stream) bool { return s.Service == service && s.Root == root }) {
		m.mu.Lock()
		records = append(records, m.streams[s]...)
		m.mu.Unlock()
	}
	return yieldAll(records)
}

func yieldAll(records []eventlog.Record) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// names lists the streams that a condition takes, in order.
func (m *memory) names(take func(eventlog.Stream) bool) []eventlog.Stream {
	m.mu.Lock()
	defer m.mu.Unlock()
	var names []eventlog.Stream
	for s := range m.streams {
		if take(s) {
			names = append(names, s)
		}
	}
	slices.SortFunc(names, func(a, b eventlog.Stream) int { return strings.Compare(a.String(), b.String()) })
	return names
}

// committed is everything, as it was committed.
func (m *memory) committed() []eventlog.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.order)
}

func (m *memory) LoadKey(_ context.Context, name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k, ok := m.keys[name]; ok {
		return k, nil
	}
	return nil, eventlog.ErrNoKey
}

func (m *memory) CreateKey(_ context.Context, name string, wrapped []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.keys[name]; !ok {
		m.keys[name] = wrapped
	}
	return m.keys[name], nil
}
