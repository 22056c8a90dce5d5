package pebble

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/cockroachdb/pebble/v2"

	"webplug/domain/eventlog"
)

// shortStream is how many records are looked up one by one before an iterator is worth its price. Most streams are
// shorter, and where there is nothing Bloom filters say so, which an iterator can't ask.
const shortStream = 6

// Read implements eventlog.Store. It yields only what is durable.
func (s *Store) Read(ctx context.Context, of eventlog.Stream, after eventlog.Version) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		if after == math.MaxUint64 {
			return
		}
		records, more, err := s.readShort(ctx, of, after)
		if err != nil {
			yield(eventlog.Record{}, fmt.Errorf("read %s: %w", of, err))
			return
		}
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
		if more {
			from := after + eventlog.Version(len(records)) + 1
			s.yield(ctx, span{lower: appendRecordKey(nil, of, from), upper: behind(appendStreamKey(nil, of)), of: of}, yield)
		}
	}
}

// readShort reads the first records after a version, and says whether there may be more.
func (s *Store) readShort(ctx context.Context, of eventlog.Stream, after eventlog.Version) (records []eventlog.Record, more bool, err error) {
	if err := s.beginReading(ctx); err != nil {
		return nil, false, err
	}
	defer s.use.done()
	head, known := s.heads.of(of)
	if known && head <= after {
		return nil, false, nil
	}
	key := appendRecordKey(make([]byte, 0, 128), of, after+1)
	for v := after + 1; !known || v <= head; v++ {
		if len(records) == shortStream {
			return records, true, s.settle(ctx, records)
		}
		appendVersion(key[:len(key)-versionLen], v)
		r, err := s.lookUp(key, of, v)
		if errors.Is(err, pebble.ErrNotFound) {
			break // for a known head: it is just being written
		}
		if err != nil {
			return nil, false, err
		}
		records = append(records, r)
	}
	return records, false, s.settle(ctx, records)
}

// lookUp reads one record, or answers pebble.ErrNotFound.
func (s *Store) lookUp(key []byte, of eventlog.Stream, v eventlog.Version) (eventlog.Record, error) {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return eventlog.Record{}, err
	}
	if err != nil {
		return eventlog.Record{}, readError(of.String(), err)
	}
	r, err := parseRecord(of, v, value)
	if closeErr := closer.Close(); err == nil && closeErr != nil {
		err = readError(of.String(), closeErr)
	}
	return r, err
}

// Trail implements eventlog.Store. It yields only what is durable.
func (s *Store) Trail(ctx context.Context, service, root string) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		lower := appendTrailKey(nil, service, root)
		s.yield(ctx, span{lower: lower, upper: behind(lower), of: eventlog.Stream{Service: service, Root: root}}, yield)
	}
}

// span is a part of the log, in the order of its keys.
type span struct {
	lower, upper []byte
	of           eventlog.Stream // whose service and root the records have, for all but a scan
}

// yield gives a span's records, page by page, so that no iterator is open while the caller works.
func (s *Store) yield(ctx context.Context, part span, yield func(eventlog.Record, error) bool) {
	for {
		page, err := s.page(ctx, &part)
		if err != nil {
			yield(eventlog.Record{}, fmt.Errorf("read %s/%s: %w", part.of.Service, part.of.Root, err))
			return
		}
		for _, r := range page {
			if !yield(r, nil) {
				return
			}
		}
		if part.lower == nil {
			return
		}
	}
}

// page reads some records of a span and moves its lower end behind them, to nil if that was all.
func (s *Store) page(ctx context.Context, part *span) (page []eventlog.Record, err error) {
	err = s.reading(ctx, func() error {
		it, err := s.db.NewIterWithContext(ctx, &pebble.IterOptions{LowerBound: part.lower, UpperBound: part.upper})
		if err != nil {
			return readError("the log", err)
		}
		page, err = s.collect(it, part)
		if closeErr := it.Close(); err == nil && closeErr != nil {
			err = readError("the log", closeErr)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return page, s.settle(ctx, page)
}

func (s *Store) collect(it *pebble.Iterator, part *span) ([]eventlog.Record, error) {
	var page []eventlog.Record
	size, of := 0, part.of
	for ok := it.First(); ok; ok = it.Next() {
		if len(page) == s.size.pageRecords || size >= s.size.pageBytes {
			part.lower = append([]byte(nil), it.Key()...)
			return page, nil
		}
		value, err := it.ValueAndErr()
		if err != nil {
			return nil, readError("the log", err)
		}
		var v eventlog.Version
		if of, v, err = parseRecordKey(it.Key(), of); err != nil {
			return nil, fmt.Errorf("%w: %w", eventlog.ErrDamaged, err)
		}
		r, err := parseRecord(of, v, value)
		if err != nil {
			return nil, err
		}
		page, size = append(page, r), size+len(value)
	}
	part.lower = nil
	if err := it.Error(); err != nil {
		return nil, readError("the log", err)
	}
	return page, nil
}

// settle waits until what was read is durable: Pebble shows a write a moment before. Whatever changed a root before the
// iterator saw it has been noted in heads before that.
func (s *Store) settle(ctx context.Context, page []eventlog.Record) error {
	var latest eventlog.Position
	for i := range page {
		if r := &page[i]; i == 0 || r.Stream.Root != page[i-1].Stream.Root || r.Stream.Service != page[i-1].Stream.Service {
			latest = max(latest, s.heads.changed(r.Stream.Service, r.Stream.Root))
		}
	}
	return s.recent.durable(ctx, latest)
}

// record reads one record that must be there.
func (s *Store) record(key []byte) (eventlog.Record, error) {
	of, v, err := parseRecordKey(key, eventlog.Stream{})
	if err != nil {
		return eventlog.Record{}, fmt.Errorf("%w: %w", eventlog.ErrDamaged, err)
	}
	r, err := s.lookUp(key, of, v)
	if errors.Is(err, pebble.ErrNotFound) {
		return r, fmt.Errorf("%s@%d was committed and is missing: %w", of, v, eventlog.ErrDamaged)
	}
	return r, err
}
