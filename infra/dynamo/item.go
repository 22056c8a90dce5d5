package dynamo

import (
	"encoding/binary"
	"fmt"

	"webplug/domain/eventlog"
)

// item is what one stream got in one Append, as the table holds it (package comment, "An item").
type item struct {
	Partition string `dynamodbav:"p"`
	Sort      string `dynamodbav:"s"`
	Records   []byte `dynamodbav:"r"`
}

const (
	framing = 1 // the first byte of Records
	// maxItemBytes is what DynamoDB takes, names of attributes included (Developer Guide, "DynamoDB item sizes and
	// formats").
	maxItemBytes = 400 * 1024
)

// size is what DynamoDB counts, in bytes.
func (i item) size() int { return 3 + len(i.Partition) + len(i.Sort) + len(i.Records) }

func newItem(w eventlog.Write) item {
	n := 1
	for _, r := range w.Records {
		n += len(r.Hash) + binary.MaxVarintLen32 + len(r.Data)
	}
	buf := append(make([]byte, 0, n), framing)
	for _, r := range w.Records {
		buf = append(buf, r.Hash[:]...)
		buf = binary.AppendUvarint(buf, uint64(len(r.Data)))
		buf = append(buf, r.Data...)
	}
	return item{Partition: partitionKey(w.Stream), Sort: sortKey(w.Stream.Leaf, w.Expected+1), Records: buf}
}

// stored is an item read back.
type stored struct {
	stream  eventlog.Stream
	first   eventlog.Version
	records []eventlog.Record // never empty; their Data shares memory with nothing else
}

// last is the version that was the stream's head when the item was written.
func (s stored) last() eventlog.Version { return s.first + eventlog.Version(len(s.records)) - 1 }

// open reads an item, ErrDamaged if this package did not write it so.
func (i item) open() (stored, error) {
	stream, first, err := parseKey(i.Partition, i.Sort)
	if err != nil {
		return stored{}, err
	}
	damaged := func(what string) (stored, error) {
		return stored{}, fmt.Errorf("item of %s at version %d: %s: %w", stream, first, what, eventlog.ErrDamaged)
	}
	if len(i.Records) < 2 {
		return damaged("no records")
	}
	if i.Records[0] != framing {
		return damaged(fmt.Sprintf("format %d is not known", i.Records[0]))
	}
	out := stored{stream: stream, first: first}
	for rest := i.Records[1:]; len(rest) > 0; {
		r := eventlog.Record{Stream: stream, Version: first + eventlog.Version(len(out.records))}
		if len(rest) < len(r.Hash) {
			return damaged("ends within a hash")
		}
		rest = rest[copy(r.Hash[:], rest):]
		n, width := binary.Uvarint(rest)
		if width <= 0 || n > uint64(len(rest)-width) {
			return damaged("ends within a record")
		}
		rest = rest[width:]
		r.Data, rest = rest[:n:n], rest[n:]
		out.records = append(out.records, r)
	}
	return out, nil
}
