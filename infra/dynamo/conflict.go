package dynamo

import (
	"context"
	"fmt"

	"webplug/domain/eventlog"
)

// fits says whether every expected version is the end of an item (or 0), so that the key of the put decides. It asks
// DynamoDB only for streams that were not read or written here lately.
func (s *Store) fits(ctx context.Context, b eventlog.Batch) (bool, error) {
	for _, w := range b.Writes {
		if w.Expected == 0 || s.ends.has(w.Stream, w.Expected) {
			continue
		}
		before, found, err := s.holding(ctx, w.Stream, w.Expected)
		if err != nil {
			return false, err
		}
		if !found || before.last() != w.Expected {
			return false, nil
		}
	}
	return true, nil
}

// repeatOrConflict decides on a batch that could not be written: nil if all its records are there already. there is,
// for each write, the item that has its key, as far as that is known; nil if nothing is.
func (s *Store) repeatOrConflict(ctx context.Context, b eventlog.Batch, there []attributes) error {
	var open []eventlog.Write
	for i, w := range b.Writes {
		known := eventlog.Version(0)
		if there != nil && there[i] != nil {
			in, err := opened(there[i])
			if err != nil {
				return err
			}
			if !agree(in.records, w.Records) {
				return conflict(w)
			}
			known = eventlog.Version(len(in.records))
		}
		if known < eventlog.Version(len(w.Records)) {
			open = append(open, w)
		}
	}
	for _, w := range open {
		same, err := s.holds(ctx, w)
		if err != nil {
			return err
		}
		if !same {
			return conflict(w)
		}
	}
	return nil
}

func conflict(w eventlog.Write) error {
	return fmt.Errorf("%s@%d: %w", w.Stream, w.Expected, eventlog.ErrConflict)
}

// agree compares as many records as both have.
func agree(a, b []eventlog.Record) bool {
	for i := range min(len(a), len(b)) {
		if a[i].Version != b[i].Version || a[i].Hash != b[i].Hash {
			return false
		}
	}
	return true
}

// holds says whether the stream has all of a write's records, whatever items they are in.
func (s *Store) holds(ctx context.Context, w eventlog.Write) (bool, error) {
	n := 0
	for r, err := range s.Read(ctx, w.Stream, w.Expected) {
		if err != nil {
			return false, err
		}
		if r.Hash != w.Records[n].Hash {
			return false, nil
		}
		if n++; n == len(w.Records) {
			return true, nil
		}
	}
	return false, nil
}
