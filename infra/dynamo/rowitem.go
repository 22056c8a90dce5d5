package dynamo

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/klauspost/compress/zstd"

	"webplug/domain/eventlog"
	"webplug/projections"
)

// rowItem is a row as the table holds it.
type rowItem struct {
	Partition string           `dynamodbav:"p"`
	Sort      string           `dynamodbav:"s"`
	Version   eventlog.Version `dynamodbav:"v"`
	Content   []byte           `dynamodbav:"r"`
	Expires   int64            `dynamodbav:"ttl,omitempty"`
}

// entryItem is a place in a list.
type entryItem struct {
	Partition string           `dynamodbav:"p"`
	Sort      string           `dynamodbav:"s"`
	Version   eventlog.Version `dynamodbav:"v"`
	ID        string           `dynamodbav:"i"`
	Data      string           `dynamodbav:"d,omitempty"`
	Expires   int64            `dynamodbav:"ttl,omitempty"`
}

// TTLAttribute is when DynamoDB may delete an item of the views' table, in seconds since 1970; the table names it in its
// specification (Developer Guide, "Using time to live (TTL) in DynamoDB").
const TTLAttribute = "ttl"

func expiry(r projections.Row) int64 {
	if r.Expires.IsZero() {
		return 0
	}
	return r.Expires.Unix()
}

// listPlace is where an entry is.
type listPlace struct{ list, sort string }

// openedRow is a row read back.
type openedRow struct {
	version eventlog.Version
	lists   []listPlace
	left    []listPlace // of the version before this one: entries that were still to be taken away when it was written
	body    []byte      // nil where the row was taken away
}

func (r openedRow) on(p listPlace) bool {
	for _, l := range r.lists {
		if l == p {
			return true
		}
	}
	return false
}

func (r openedRow) row(view projections.View, id string) projections.Row {
	out := projections.Row{View: view, ID: id, Version: r.version, Body: r.body}
	for _, l := range r.lists {
		out.Lists = append(out.Lists, projections.Entry{List: l.list, Sort: l.sort})
	}
	return out
}

// The first byte of Content: how the rest is packed. What is written is paid by the KB, so that what may save one is
// compressed.
const (
	packedPlain = 1
	packedZstd  = 2
	packFrom    = 900
)

// A row's content is its lists, its leftovers, each a number and so many pairs of texts, then a byte 1 and the body, or
// a byte 0 where the row was taken away.
func (r openedRow) encode() []byte {
	out := []byte{packedPlain}
	for _, places := range [][]listPlace{r.lists, r.left} {
		out = binary.AppendUvarint(out, uint64(len(places)))
		for _, p := range places {
			for _, text := range []string{p.list, p.sort} {
				out = binary.AppendUvarint(out, uint64(len(text)))
				out = append(out, text...)
			}
		}
	}
	if r.body == nil {
		return append(out, 0)
	}
	out = append(append(out, 1), r.body...)
	if len(out) < packFrom {
		return out
	}
	packed := packer().EncodeAll(out[1:], []byte{packedZstd})
	if len(packed) >= len(out) {
		return out
	}
	return packed
}

// openRow reads an item, ErrDamaged if this package did not write it so.
func openRow(values attributes) (openedRow, error) {
	var i rowItem
	if err := attributevalue.UnmarshalMap(values, &i); err != nil {
		return openedRow{}, fmt.Errorf("a row: %w: %w", eventlog.ErrDamaged, err)
	}
	damaged := fmt.Errorf("row %s: %w", i.Partition, eventlog.ErrDamaged)
	if len(i.Content) == 0 {
		return openedRow{}, damaged
	}
	rest := i.Content[1:]
	switch i.Content[0] {
	case packedPlain:
	case packedZstd:
		var err error
		if rest, err = unpacker().DecodeAll(rest, nil); err != nil {
			return openedRow{}, fmt.Errorf("%w: %w", damaged, err)
		}
	default:
		return openedRow{}, damaged
	}
	r := openedRow{version: i.Version}
	d := rowReader{rest: rest}
	r.lists, r.left = d.places(), d.places()
	if d.bad || len(d.rest) == 0 || d.rest[0] > 1 {
		return openedRow{}, damaged
	}
	if d.rest[0] == 1 {
		r.body = d.rest[1:]
	}
	return r, nil
}

type rowReader struct {
	rest []byte
	bad  bool
}

func (d *rowReader) number() uint64 {
	n, size := binary.Uvarint(d.rest)
	if size <= 0 {
		d.bad = true
		return 0
	}
	d.rest = d.rest[size:]
	return n
}

func (d *rowReader) text() string {
	n := d.number()
	if n > uint64(len(d.rest)) {
		d.bad = true
		return ""
	}
	s := string(d.rest[:n])
	d.rest = d.rest[n:]
	return s
}

func (d *rowReader) places() []listPlace {
	var out []listPlace
	for n := d.number(); n > 0 && !d.bad; n-- {
		list := d.text()
		out = append(out, listPlace{list, d.text()})
	}
	return out
}

// maxUnpacked bounds what a row may unpack to: far above what fits an item.
const maxUnpacked = 64 << 20

// Neither fails with these options, and both are safe for concurrent use of EncodeAll and DecodeAll.
var (
	packer = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(128<<10), zstd.WithEncoderCRC(false))
		if err != nil {
			panic(err)
		}
		return e
	})
	unpacker = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxUnpacked))
		if err != nil {
			panic(err)
		}
		return d
	})
)
