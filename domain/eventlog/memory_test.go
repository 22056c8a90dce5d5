package eventlog_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"webplug/domain/eventlog"
)

// memory is a store in a map, for the log's own tests. The real ones pass infra/contract.
type memory struct {
	mu      sync.Mutex
	streams map[eventlog.Stream][]eventlog.Record
	batches []eventlog.Batch           // every batch that Append was given
	reads   int                        // calls of Read
	before  func(eventlog.Batch) error // runs before an append, without the lock; its error is Append's answer
	forget  bool                       // records are given as after a restart
}

func (m *memory) Append(_ context.Context, b eventlog.Batch) error {
	if m.before != nil {
		if err := m.before(b); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.batches = append(m.batches, b)
	for _, w := range b.Writes {
		if head := len(m.streams[w.Stream]); eventlog.Version(head) != w.Expected {
			return fmt.Errorf("%s is at %d, not %d: %w", w.Stream, head, w.Expected, eventlog.ErrConflict)
		}
	}
	for _, w := range b.Writes {
		m.streams[w.Stream] = append(m.streams[w.Stream], w.Records...)
	}
	return nil
}

func (m *memory) Read(_ context.Context, s eventlog.Stream, after eventlog.Version) iter.Seq2[eventlog.Record, error] {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	records := slices.Clone(m.streams[s])
	return m.yield(slices.DeleteFunc(records, func(r eventlog.Record) bool { return r.Version <= after }))
}

func (m *memory) Trail(_ context.Context, service, root string) iter.Seq2[eventlog.Record, error] {
	m.mu.Lock()
	defer m.mu.Unlock()
	var records []eventlog.Record
	for _, s := range slices.SortedFunc(maps.Keys(m.streams), func(a, b eventlog.Stream) int { return cmp.Compare(a.Leaf, b.Leaf) }) {
		if s.Service == service && s.Root == root {
			records = append(records, m.streams[s]...)
		}
	}
	return m.yield(records)
}

func (m *memory) yield(records []eventlog.Record) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for _, r := range records {
			if m.forget {
				r = r.Forget()
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// stored gives a stream's records as a store opened anew would.
func (m *memory) stored(s eventlog.Stream) []eventlog.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []eventlog.Record
	for _, r := range m.streams[s] {
		out = append(out, r.Forget())
	}
	return out
}

// keyring keeps wrapped data keys in a map.
type keyring struct {
	mu      sync.Mutex
	wrapped map[string][]byte
}

func (k *keyring) LoadKey(_ context.Context, name string) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if w, ok := k.wrapped[name]; ok {
		return w, nil
	}
	return nil, fmt.Errorf("%s: %w", name, eventlog.ErrNoKey)
}

func (k *keyring) CreateKey(_ context.Context, name string, wrapped []byte) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if w, ok := k.wrapped[name]; ok {
		return w, nil
	}
	k.wrapped[name] = wrapped
	return wrapped, nil
}

// counting is a source of "randomness" that gives the same bytes each time: 0, 1, 2, ….
type counting struct{ next byte }

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = c.next
		c.next++
	}
	return len(p), nil
}

// numbered makes ULIDs in order.
func numbered() eventlog.IDs {
	n := 0
	return func() string { n++; return fmt.Sprintf("01KE%022d", n) }
}

// bench is all that a test of the log needs.
type bench struct {
	*eventlog.Log
	store  *memory
	keys   *keyring
	master []byte
	now    time.Time
}

var start = time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)

func (b *bench) clock() time.Time { return b.now }

// newBench makes a log with fixed ids, clock, master key and randomness. Definitions replace the test's own events.
func newBench(t testing.TB, definitions ...eventlog.Definition) *bench {
	t.Helper()
	b := &bench{
		store:  &memory{streams: map[eventlog.Stream][]eventlog.Record{}},
		keys:   &keyring{wrapped: map[string][]byte{}},
		master: []byte("0123456789abcdef0123456789abcdef"),
		now:    start,
	}
	if len(definitions) == 0 {
		definitions = account{}.definitions()
	}
	b.Log = eventlog.New(b.store, eventlog.NewRegistry(definitions...), b.sealer(t, b.master),
		b.clock, numbered())
	return b
}

func (b *bench) sealer(t testing.TB, master []byte) *eventlog.Sealer {
	t.Helper()
	s, err := eventlog.NewSealer(b.keys, master, &counting{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// reopened is the log as another process would see it, which remembers nothing.
func (b *bench) reopened(t testing.TB, master []byte, definitions ...eventlog.Definition) *eventlog.Log {
	t.Helper()
	if len(definitions) == 0 {
		definitions = account{}.definitions()
	}
	return eventlog.New(b.store, eventlog.NewRegistry(definitions...), b.sealer(t, master),
		b.clock, numbered())
}
