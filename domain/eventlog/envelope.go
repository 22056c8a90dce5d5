package eventlog

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"
)

// The stored bytes of a record, format 1. Numbers are unsigned varints, texts and bytes a varint length and the bytes:
//
//	1 byte   format, 1
//	16 bytes event id (ULID)
//	number   time, microseconds since 1970 UTC
//	text     event type
//	number   schema version
//	text     actor
//	text     correlation id
//	text     causation id
//	bytes    the event as JSON, without its sealed fields
//	number   count of sealed fields; for each: text name, text data key, bytes box
//
// Stream and version are where the record lies, and are bound in by the hash chain and by each box.
const envelopeFormat = 1

type box struct {
	field, key string
	bound      string // the place the box belongs to, see bind
	bytes      []byte
}

func encodeEnvelope(r *Recorded, name string, data []byte, boxes []box) ([]byte, error) {
	id, err := ulid.ParseStrict(r.ID)
	if err != nil {
		return nil, fmt.Errorf("event id %q: %w", r.ID, err)
	}
	var canonical [ulid.EncodedSize]byte
	if err := id.MarshalTextTo(canonical[:]); err != nil || string(canonical[:]) != r.ID {
		// lower case parses too, but would be read back as another text
		return nil, fmt.Errorf("event id %q is not written as a ULID is", r.ID)
	}
	size := 64 + len(name) + len(r.Actor) + len(r.CorrelationID) + len(r.CausationID) + len(data)
	for _, b := range boxes {
		size += 12 + len(b.field) + len(b.key) + len(b.bytes)
	}
	out := make([]byte, 0, size)
	out = append(out, envelopeFormat)
	out = append(out, id[:]...)
	out = binary.AppendUvarint(out, uint64(r.Time.UnixMicro()))
	out = appendText(out, name)
	out = binary.AppendUvarint(out, uint64(r.Schema))
	out = appendText(out, r.Actor)
	out = appendText(out, r.CorrelationID)
	out = appendText(out, r.CausationID)
	out = appendText(out, data)
	out = binary.AppendUvarint(out, uint64(len(boxes)))
	for _, b := range boxes {
		out = appendText(out, b.field)
		out = appendText(out, b.key)
		out = appendText(out, b.bytes)
	}
	return out, nil
}

func appendText[T string | []byte](out []byte, s T) []byte {
	out = binary.AppendUvarint(out, uint64(len(s)))
	return append(out, s...)
}

// decodeEnvelope reads what encodeEnvelope wrote; Event is left for the registry.
func decodeEnvelope(rec Record) (r Recorded, name string, data []byte, boxes []box, err error) {
	in := reader{rest: rec.Data}
	switch f := in.bytes(1); {
	case in.failed, f[0] < envelopeFormat:
		return r, "", nil, nil, damaged(rec)
	case f[0] > envelopeFormat:
		return r, "", nil, nil, fmt.Errorf("record %s@%d has format %d: %w", rec.Stream, rec.Version, f[0], ErrUnknownEvent)
	}
	var id ulid.ULID
	copy(id[:], in.bytes(16))
	micros := in.number()
	name = string(in.text())
	schema := in.number()
	r = Recorded{
		ID: id.String(), Stream: rec.Stream, Version: rec.Version, Hash: rec.Hash,
		Time:   time.UnixMicro(int64(micros)).UTC(),
		Schema: int(min(schema, 1<<30)),
		Actor:  string(in.text()), CorrelationID: string(in.text()), CausationID: string(in.text()),
	}
	data = in.text()
	for n := in.number(); n > 0 && !in.failed; n-- {
		b := box{field: string(in.text()), key: string(in.text()), bytes: in.text()}
		b.bound = bind(rec.Stream, rec.Version, b.field)
		boxes = append(boxes, b)
	}
	if in.failed || len(in.rest) != 0 {
		return r, "", nil, nil, damaged(rec)
	}
	return r, name, data, boxes, nil
}

func damaged(rec Record) error {
	return fmt.Errorf("record %s@%d: %w", rec.Stream, rec.Version, ErrDamaged)
}

// reader takes a record apart; after the first short read it has failed for good and gives zeros.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) bytes(n uint64) []byte {
	if r.failed || n > uint64(len(r.rest)) {
		r.failed = true
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) number() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.failed = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) text() []byte { return r.bytes(r.number()) }

// link is the hash of a record that follows one with the hash prev; version 1 follows its stream's name.
func link(s Stream, v Version, prev Hash, data []byte) Hash {
	h := sha256.New()
	if v == 1 {
		h.Write([]byte(s.String()))
	} else {
		h.Write(prev[:])
	}
	h.Write(data)
	var out Hash
	h.Sum(out[:0])
	return out
}

// Verify checks a stream's records, oldest first from version 1, against their hash chain. It answers an error that
// names the first record that does not fit, wrapping ErrDamaged.
func Verify(records []Record) error {
	var prev Hash
	for i, r := range records {
		if r.Version != Version(i+1) || r.Stream != records[0].Stream || link(r.Stream, r.Version, prev, r.Data) != r.Hash {
			return damaged(r)
		}
		prev = r.Hash
	}
	return nil
}
