package dynamo

import (
	"fmt"
	"strconv"
	"strings"

	"webplug/domain/eventlog"
)

// A leaf's name has none of these bytes, and all of its bytes sort behind them.
const (
	mark    = "#" // between leaf and version
	pastAll = "$" // after a leaf: behind all of its versions
)

// partitionKey puts a root and its leaves together.
func partitionKey(s eventlog.Stream) string { return s.Service + "/" + s.Root }

// sortKey orders items by leaf, then by version.
func sortKey(leaf string, first eventlog.Version) string { return leaf + mark + ordinal(first) }

// ordinal writes a version so that text sorts as numbers do: 9 is "a9", 10 is "b10".
func ordinal(v eventlog.Version) string {
	digits := strconv.FormatUint(uint64(v), 10)
	return string(rune('a'+len(digits)-1)) + digits
}

// parseKey reads back stream and version; it takes nothing but what partitionKey and sortKey write.
func parseKey(partition, sort string) (eventlog.Stream, eventlog.Version, error) {
	leaf, number, found := strings.Cut(sort, mark)
	if !found || number == "" {
		return eventlog.Stream{}, 0, fmt.Errorf("sort key %q: %w", sort, eventlog.ErrDamaged)
	}
	v, err := strconv.ParseUint(number[1:], 10, 64)
	if err != nil || v == 0 || ordinal(eventlog.Version(v)) != number {
		return eventlog.Stream{}, 0, fmt.Errorf("version in sort key %q: %w", sort, eventlog.ErrDamaged)
	}
	service, root, _ := strings.Cut(partition, "/")
	s := eventlog.Stream{Service: service, Root: root, Leaf: leaf}
	if !s.Valid() {
		return eventlog.Stream{}, 0, fmt.Errorf("key %q, %q: %w", partition, sort, eventlog.ErrDamaged)
	}
	return s, eventlog.Version(v), nil
}
