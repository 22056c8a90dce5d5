package pebble

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"webplug/domain/eventlog"
)

// One database holds everything; the first byte of a key says what it belongs to. "v" and "w" are the read models'.
const (
	spaceLog  = 'l' // l service 0 root 0 leaf 0 version ▶ hash data
	spaceFeed = 'f' // f position ▶ stamp, what the commit at that position wrote
	spaceKeys = 'k' // k name ▶ wrapped data key
)

// Zero ends a segment: it comes before every byte that a segment may have, so keys sort by service, root, leaf and
// version, and a root's own stream (no leaf) comes before its leaves.
const endOfSegment = 0

const (
	versionLen = 8
	hashLen    = len(eventlog.Hash{})
)

// appendTrailKey appends what the keys of a root and its leaves begin with.
func appendTrailKey(dst []byte, service, root string) []byte {
	dst = append(dst, spaceLog)
	dst = append(dst, service...)
	dst = append(dst, endOfSegment)
	dst = append(dst, root...)
	return append(dst, endOfSegment)
}

// appendStreamKey appends what the keys of one stream begin with.
func appendStreamKey(dst []byte, s eventlog.Stream) []byte {
	dst = appendTrailKey(dst, s.Service, s.Root)
	dst = append(dst, s.Leaf...)
	return append(dst, endOfSegment)
}

func appendRecordKey(dst []byte, s eventlog.Stream, v eventlog.Version) []byte {
	return binary.BigEndian.AppendUint64(appendStreamKey(dst, s), uint64(v))
}

func appendFeedKey(dst []byte, at eventlog.Position) []byte {
	return binary.BigEndian.AppendUint64(append(dst, spaceFeed), uint64(at))
}

func appendDataKey(dst []byte, name string) []byte {
	return append(append(dst, spaceKeys), name...)
}

// behind is the first key after all keys that begin with prefix, which must not end in 0xff.
func behind(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	end[len(end)-1]++
	return end
}

var errLayout = errors.New("a key or value is not as it was written")

// parseRecordKey reads what appendRecordKey wrote. A run of keys of one stream shares the strings of last.
func parseRecordKey(key []byte, last eventlog.Stream) (eventlog.Stream, eventlog.Version, error) {
	if len(key) < 1+3+versionLen || key[0] != spaceLog {
		return eventlog.Stream{}, 0, errLayout
	}
	name, version := key[1:len(key)-versionLen], eventlog.Version(binary.BigEndian.Uint64(key[len(key)-versionLen:]))
	if name[len(name)-1] != endOfSegment {
		return eventlog.Stream{}, 0, errLayout
	}
	service, rest, ok := bytes.Cut(name[:len(name)-1], []byte{endOfSegment})
	root, leaf, ok2 := bytes.Cut(rest, []byte{endOfSegment})
	if !ok || !ok2 {
		return eventlog.Stream{}, 0, errLayout
	}
	return eventlog.Stream{
		Service: sameOr(last.Service, service), Root: sameOr(last.Root, root), Leaf: sameOr(last.Leaf, leaf),
	}, version, nil
}

func sameOr(last string, now []byte) string {
	if last == string(now) {
		return last
	}
	return string(now)
}

// parseRecord reads a record's value; the bytes are copied.
func parseRecord(s eventlog.Stream, v eventlog.Version, value []byte) (eventlog.Record, error) {
	if len(value) < hashLen {
		return eventlog.Record{}, fmt.Errorf("%s@%d: %w: %w", s, v, eventlog.ErrDamaged, errLayout)
	}
	return eventlog.Record{
		Stream: s, Version: v, Hash: eventlog.Hash(value[:hashLen]), Data: bytes.Clone(value[hashLen:]),
	}, nil
}

// A position's value lists what its commit wrote, a write after the other: how many bytes of the stream's name are the
// previous one's, the rest of the name, the first version and the number of records.
func appendPlace(dst []byte, before, name []byte, first eventlog.Version, n int) []byte {
	shared := 0
	for shared < min(len(before), len(name)) && before[shared] == name[shared] {
		shared++
	}
	dst = binary.AppendUvarint(dst, uint64(shared))
	dst = binary.AppendUvarint(dst, uint64(len(name)-shared))
	dst = append(dst, name[shared:]...)
	dst = binary.AppendUvarint(dst, uint64(first))
	return binary.AppendUvarint(dst, uint64(n))
}

// places calls take for each write of a position's value, with the key that its stream's records begin with.
func places(value []byte, take func(streamKey []byte, first eventlog.Version, n int) error) error {
	var name []byte
	for len(value) > 0 {
		var field [4]uint64 // shared, length of the rest; then first, n
		for i := range field {
			if i == 2 {
				if field[0] > uint64(len(name)) || field[1] > uint64(len(value)) {
					return errLayout
				}
				name = append(name[:field[0]], value[:field[1]]...)
				value = value[field[1]:]
			}
			x, n := binary.Uvarint(value)
			if n <= 0 {
				return errLayout
			}
			field[i], value = x, value[n:]
		}
		if err := take(name, eventlog.Version(field[2]), int(field[3])); err != nil {
			return err
		}
	}
	return nil
}
