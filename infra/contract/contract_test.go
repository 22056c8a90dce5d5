package contract

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"

	"webplug/domain/eventlog"
)

// memory is the map of the property test behind the ports, to show that the suites can be passed.
type memory struct {
	mu   sync.Mutex
	m    model
	keys map[string][]byte
	lost bool // the next Append's answer
}

func (s *memory) Append(ctx context.Context, b eventlog.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(b.Writes) > eventlog.MaxWriteStreams {
		return eventlog.ErrTooLarge
	}
	for _, w := range b.Writes {
		n := 0
		for _, r := range w.Records {
			n += len(r.Data)
		}
		if n > eventlog.MaxWriteBytes {
			return eventlog.ErrTooLarge
		}
	}
	err := s.m.append(b)
	if s.lost {
		s.lost = false
		return fmt.Errorf("the answer got lost: %w", eventlog.ErrUnavailable)
	}
	return err
}

func (s *memory) Read(ctx context.Context, of eventlog.Stream, after eventlog.Version) iter.Seq2[eventlog.Record, error] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return give(ctx, s.m[of][min(int(after), len(s.m[of])):])
}

func (s *memory) Trail(ctx context.Context, service, root string) iter.Seq2[eventlog.Record, error] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return give(ctx, s.m.trail(service, root))
}

func give(ctx context.Context, rs []eventlog.Record) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		for _, r := range rs {
			if ctx.Err() != nil {
				yield(eventlog.Record{}, ctx.Err())
				return
			}
			r.Data = slices.Clone(r.Data)
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (s *memory) LoadKey(_ context.Context, name string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.keys[name]; ok {
		return slices.Clone(k), nil
	}
	return nil, eventlog.ErrNoKey
}

func (s *memory) CreateKey(_ context.Context, name string, wrapped []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.keys[name]; !ok {
		s.keys[name] = slices.Clone(wrapped)
	}
	return slices.Clone(s.keys[name]), nil
}

// Scan gives a page a stream, in the order of names.
func (s *memory) Scan(ctx context.Context, after eventlog.Checkpoint) iter.Seq2[eventlog.ScanPage, error] {
	return func(yield func(eventlog.ScanPage, error) bool) {
		if _, err := eventlog.ParseStream(string(after)); err != nil && after != "" {
			yield(eventlog.ScanPage{}, err)
			return
		}
		for {
			if ctx.Err() != nil {
				yield(eventlog.ScanPage{}, ctx.Err())
				return
			}
			p := s.page(after)
			if p.Next == "" {
				return
			}
			if !yield(p, nil) {
				return
			}
			after = p.Next
		}
	}
}

func (s *memory) page(after eventlog.Checkpoint) eventlog.ScanPage {
	s.mu.Lock()
	defer s.mu.Unlock()
	var p eventlog.ScanPage
	for of, rs := range s.m {
		name := eventlog.Checkpoint(of.String())
		if name > after && (p.Next == "" || name < p.Next) {
			p = eventlog.ScanPage{Records: slices.Clone(rs), Next: name}
		}
	}
	return p
}

func openMemory(testing.TB) Harness {
	s := &memory{m: model{}, keys: map[string][]byte{}}
	return Harness{Store: s, Scanner: s, Keys: s, SeesHead: true, InjectTimeout: func() { s.lost = true }}
}

func TestAMapPasses(t *testing.T) {
	t.Run("EventLog", func(t *testing.T) { EventLog(t, openMemory) })
	t.Run("Scanner", func(t *testing.T) { Scanner(t, openMemory) })
	t.Run("Keys", func(t *testing.T) { Keys(t, openMemory) })
}

func TestModelKnowsARepeat(t *testing.T) {
	s := stream("svc_1/a")
	m := model{}
	for _, step := range []struct {
		b    eventlog.Batch
		want error
	}{
		{batch(write(s, 0, "1", "2")), nil},
		{batch(write(s, 0, "1", "2")), nil},
		{batch(write(s, 0, "1")), nil},
		{batch(write(s, 0, "1", "other")), eventlog.ErrConflict},
		{batch(write(s, 1, "2", "3")), eventlog.ErrConflict},
		{batch(write(s, 3, "4")), eventlog.ErrConflict},
		{batch(write(s, 2, "3")), nil},
	} {
		if err := m.append(step.b); !errors.Is(err, step.want) {
			t.Errorf("append %s: got %v, want %v", describe(step.b), err, step.want)
		}
	}
	if len(m[s]) != 3 {
		t.Errorf("%d records, want 3", len(m[s]))
	}
}
