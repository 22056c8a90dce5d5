package dynamo

import (
	"fmt"
	"iter"

	"webplug/domain/eventlog"
)

// place is how far a reader has come: after the item of a stream that begins with first and ends with last, or before
// the stream's first item if last is 0.
type place struct {
	stream      eventlog.Stream
	first, last eventlog.Version
}

// leadsTo says whether an item is what comes next: the stream goes on, or another begins.
func (at place) leadsTo(next stored) bool {
	if next.stream == at.stream {
		return next.first == at.last+1
	}
	return next.first == 1
}

// overlaps says whether an item has versions that were already there: never a question of time.
func (at place) overlaps(next stored) bool {
	return next.stream == at.stream && next.first <= at.last
}

// gapless gives the items that from yields, after a place, and holds that versions follow on each other. A Query is no
// snapshot: two items appended while it runs may show the second alone, so it looks once more from where the gap is. A
// gap that stays is damage, and so is an overlap.
func gapless(at place, from func(place) iter.Seq2[stored, error]) iter.Seq2[stored, error] {
	return func(yield func(stored, error) bool) {
		for again := false; ; again = true {
			var gap stored
			for in, err := range from(at) {
				if err != nil {
					yield(stored{}, err)
					return
				}
				if !at.leadsTo(in) {
					gap = in
					break
				}
				if !yield(in, nil) {
					return
				}
				at, again = place{stream: in.stream, first: in.first, last: in.last()}, false
			}
			switch {
			case gap.records == nil:
				return
			case again, at.overlaps(gap):
				yield(stored{}, fmt.Errorf("%s@%d follows %s@%d: %w", gap.stream, gap.first, at.stream, at.last, eventlog.ErrDamaged))
				return
			}
		}
	}
}
