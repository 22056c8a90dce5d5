package pebble

import (
	"context"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"webplug/domain/eventlog"
)

// Append implements eventlog.Store. The records are kept until followers have got them: their bytes must not change
// afterwards.
func (s *Store) Append(ctx context.Context, b eventlog.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	size, err := measure(b)
	if err != nil {
		return err
	}
	r := s.request()
	r.batch, r.size = b, size
	return s.submit(ctx, r)
}

// measure answers the bytes of a batch's records, and refuses what no writer should give.
func measure(b eventlog.Batch) (int, error) {
	if len(b.Writes) > eventlog.MaxWriteStreams {
		return 0, fmt.Errorf("%d streams: %w", len(b.Writes), eventlog.ErrTooLarge)
	}
	if len(b.Writes) == 0 {
		return 0, fmt.Errorf("append of nothing")
	}
	total := 0
	for i := range b.Writes {
		w := &b.Writes[i]
		if !w.Stream.Valid() {
			return 0, fmt.Errorf("append to %q: %w", w.Stream, eventlog.ErrBadStream)
		}
		for j := range i {
			if b.Writes[j].Stream == w.Stream {
				return 0, fmt.Errorf("append to %s twice in one batch", w.Stream)
			}
		}
		size, err := measureWrite(w)
		if err != nil {
			return 0, err
		}
		total += size
	}
	return total, nil
}

func measureWrite(w *eventlog.Write) (int, error) {
	if len(w.Records) == 0 {
		return 0, fmt.Errorf("append to %s of no records", w.Stream)
	}
	size := 0
	for i := range w.Records {
		r := &w.Records[i]
		if r.Stream != w.Stream || r.Version != w.Expected+eventlog.Version(i)+1 {
			return 0, fmt.Errorf("append to %s after %d: record %d is %s@%d", w.Stream, w.Expected, i, r.Stream, r.Version)
		}
		size += len(r.Data)
	}
	if size > eventlog.MaxWriteBytes {
		return 0, fmt.Errorf("append %d bytes to %s: %w", size, w.Stream, eventlog.ErrTooLarge)
	}
	return size, nil
}

// submit hands a request to the committer and waits for its answer, for ctx, or for the disk to be found full.
func (s *Store) submit(ctx context.Context, r *request) error {
	if err := s.refusal(); err != nil {
		return err
	}
	stuck := s.disk.stuck.Load().began
	if !s.queue.put(r) {
		return s.dead()
	}
	select {
	case err := <-r.done:
		s.recycle(r)
		return err
	case <-ctx.Done():
		return fmt.Errorf("append not acknowledged: %w", ctx.Err())
	case <-stuck:
		return s.disk.waits()
	}
}

func (s *Store) request() *request { return s.requests.Get().(*request) }

func (s *Store) recycle(r *request) {
	*r = request{done: r.done}
	s.requests.Put(r)
}

// write commits what is not of the log, with the next group.
func (s *Store) write(ctx context.Context, extra func(*pebble.Batch) error) error {
	r := s.request()
	r.extra = extra
	return s.submit(ctx, r)
}
