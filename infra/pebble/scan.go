package pebble

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"webplug/domain/eventlog"
)

var errCheckpoint = errors.New("not a checkpoint of this store")

// Scan implements eventlog.Scanner, in the order of service, root, leaf and version. A checkpoint names the last record
// before it: "svc_1/msg_2@3".
func (s *Store) Scan(ctx context.Context, after eventlog.Checkpoint) iter.Seq2[eventlog.ScanPage, error] {
	return func(yield func(eventlog.ScanPage, error) bool) {
		part := span{lower: []byte{spaceLog}, upper: []byte{spaceLog + 1}}
		if after != "" {
			of, v, err := parseCheckpoint(after)
			if err != nil {
				yield(eventlog.ScanPage{}, fmt.Errorf("scan after %q: %w", after, err))
				return
			}
			part.lower = appendRecordKey(nil, of, v+1)
		}
		for part.lower != nil {
			page, err := s.page(ctx, &part)
			if err != nil {
				yield(eventlog.ScanPage{}, fmt.Errorf("scan: %w", err))
				return
			}
			if len(page) == 0 {
				return
			}
			last := page[len(page)-1]
			next := eventlog.Checkpoint(last.Stream.String() + "@" + strconv.FormatUint(uint64(last.Version), 10))
			if !yield(eventlog.ScanPage{Records: page, Next: next}, nil) {
				return
			}
			// The next page begins behind the last record, not where the last iterator had looked: a stream that has
			// grown meanwhile goes on without a gap.
			part.lower = appendRecordKey(part.lower[:0], last.Stream, last.Version+1)
		}
	}
}

func parseCheckpoint(c eventlog.Checkpoint) (eventlog.Stream, eventlog.Version, error) {
	name, version, ok := strings.Cut(string(c), "@")
	if !ok {
		return eventlog.Stream{}, 0, errCheckpoint
	}
	of, err := eventlog.ParseStream(name)
	if err != nil {
		return eventlog.Stream{}, 0, fmt.Errorf("%w: %w", errCheckpoint, err)
	}
	v, err := strconv.ParseUint(version, 10, 63)
	if err != nil {
		return eventlog.Stream{}, 0, fmt.Errorf("%w: %w", errCheckpoint, err)
	}
	return of, eventlog.Version(v), nil
}
