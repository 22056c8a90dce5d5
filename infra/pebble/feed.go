package pebble

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"webplug/domain/eventlog"
)

const (
	followAtOnce = 64       // commits that a follower takes from memory at once
	indexAtOnce  = 64 << 10 // bytes of the feed's index that a follower who lags reads at once
)

var errReleased = errors.New("the feed has been released there")

// taker is what a follower does with a commit.
type taker = func(context.Context, eventlog.Position, []eventlog.Record) error

// Head implements eventlog.Feed.
func (s *Store) Head() eventlog.Position { return eventlog.Position(s.recent.head.Load()) }

// Follow implements eventlog.Feed. A position is one commit, with the records of all batches that shared it. A follower
// who keeps up gets the Records that were appended, memo and all, and must not change them; one who lags gets them from
// the log. Following from before what was released is refused.
func (s *Store) Follow(ctx context.Context, after eventlog.Position, take taker) error {
	buffer := make([]commit, 0, followAtOnce)
	for {
		commits, lost, err := s.recent.after(ctx, after, buffer)
		if err != nil {
			return fmt.Errorf("follow after %d: %w", after, err)
		}
		for _, c := range commits {
			if err := give(ctx, c, take); err != nil {
				return err
			}
			after = c.at
		}
		clear(commits) // nothing is held on to
		for after < lost {
			if after, err = s.replay(ctx, after, lost, take); err != nil {
				return err
			}
		}
	}
}

func give(ctx context.Context, c commit, take taker) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return take(ctx, c.at, c.records)
}

// replay gives some commits after a position, and none after upto, from the log, and answers the last one.
func (s *Store) replay(ctx context.Context, after, upto eventlog.Position, take taker) (eventlog.Position, error) {
	entries, err := s.index(ctx, after, upto)
	if err != nil {
		return after, fmt.Errorf("follow after %d: %w", after, err)
	}
	if len(entries) == 0 || entries[0].at != after+1 {
		return after, fmt.Errorf("follow after %d: %w", after, errReleased)
	}
	for _, e := range entries {
		if e.at != after+1 {
			return after, fmt.Errorf("follow: position %d is missing: %w", after+1, eventlog.ErrDamaged)
		}
		c := commit{at: e.at}
		if c.records, err = s.committed(ctx, e); err != nil {
			return after, fmt.Errorf("follow: position %d: %w", e.at, err)
		}
		if err := give(ctx, c, take); err != nil {
			return after, err
		}
		after = e.at
	}
	return after, nil
}

// indexed is an entry of the feed's index: where the commit at a position wrote.
type indexed struct {
	at     eventlog.Position
	places []byte
}

func (s *Store) index(ctx context.Context, after, upto eventlog.Position) (entries []indexed, err error) {
	err = s.reading(ctx, func() error {
		it, err := s.db.NewIterWithContext(ctx, &pebble.IterOptions{
			LowerBound: appendFeedKey(nil, after+1), UpperBound: appendFeedKey(nil, upto+1),
		})
		if err != nil {
			return readError("the feed", err)
		}
		size := 0
		for ok := it.First(); ok && size < indexAtOnce; ok = it.Next() {
			e, err := entry(it)
			if err != nil {
				return errors.Join(err, it.Close())
			}
			entries, size = append(entries, e), size+len(e.places)
		}
		if err := it.Close(); err != nil { // Close answers what went wrong while reading, too
			return readError("the feed", err)
		}
		return nil
	})
	return entries, err
}

func entry(it *pebble.Iterator) (indexed, error) {
	key := it.Key()
	value, err := it.ValueAndErr()
	if err != nil {
		return indexed{}, readError("the feed", err)
	}
	at, ok := parseStamp(value)
	if !ok || len(key) != 1+versionLen || at != eventlog.Position(binary.BigEndian.Uint64(key[1:])) {
		return indexed{}, fmt.Errorf("read the feed: %w: %w", eventlog.ErrDamaged, errLayout)
	}
	return indexed{at, append([]byte(nil), value[stampLen:]...)}, nil
}

// committed reads the records of a commit.
func (s *Store) committed(ctx context.Context, e indexed) (records []eventlog.Record, err error) {
	var key []byte
	err = s.reading(ctx, func() error {
		return places(e.places, func(streamKey []byte, first eventlog.Version, n int) error {
			for i := range n {
				key = appendVersion(append(key[:0], streamKey...), first+eventlog.Version(i))
				r, err := s.record(key)
				if err != nil {
					return err
				}
				records = append(records, r)
			}
			return nil
		})
	})
	if errors.Is(err, errLayout) {
		err = fmt.Errorf("%w: %w", eventlog.ErrDamaged, err)
	}
	return records, err
}

// Release implements eventlog.Feed. The entry of the position itself stays: the newest tells a store that is opened
// again where it was.
func (s *Store) Release(ctx context.Context, upto eventlog.Position) error {
	upto = min(upto, s.Head())
	s.releasing.Lock()
	defer s.releasing.Unlock()
	if upto <= s.released {
		return nil
	}
	if err := s.refusal(); err != nil {
		return fmt.Errorf("release the feed: %w", err)
	}
	err := s.reading(ctx, func() error {
		// Not synced: a crash forgets it, and it is released again later.
		return s.db.DeleteRange(appendFeedKey(nil, s.released), appendFeedKey(nil, upto), pebble.NoSync)
	})
	if err != nil {
		return fmt.Errorf("release the feed: %w", err)
	}
	s.released = upto
	return nil
}

// feedEnds looks up the first and the last position of the feed, 0 where there is none.
func (s *Store) feedEnds() (first, last eventlog.Position, err error) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{spaceFeed}, UpperBound: []byte{spaceFeed + 1}})
	if err != nil {
		return 0, 0, readError("the feed", err)
	}
	for _, end := range []struct {
		at   *eventlog.Position
		seek func() bool
	}{{&first, it.First}, {&last, it.Last}} {
		if !end.seek() {
			break
		}
		e, err := entry(it)
		if err != nil {
			return 0, 0, errors.Join(err, it.Close())
		}
		*end.at = e.at
	}
	if err := it.Close(); err != nil {
		return 0, 0, readError("the feed", err)
	}
	return first, last, nil
}
