package eventlog

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
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
//	id       actor
//	id       correlation id
//	id       causation id
//	bytes    the event as JSON, without its sealed fields
//	number   count of sealed fields; for each: text name, text data key, bytes box
//
// An id is a number, twice the length of a text and the text; or, if the id ends in a ULID, twice the length of what is
// before it and 1, that, and 16 bytes. A data key's name that begins with its stream's service is stored without it, from
// the slash on.
//
// Stream and version are where the record lies, and are bound in by the hash chain and by each box.
const envelopeFormat = 1

type box struct {
	field, key string
	bound      string // the place the box belongs to, see bind
	bytes      []byte
}

func encodeEnvelope(r *Recorded, name string, data []byte, boxes []box) ([]byte, error) {
	id, ok := asULID(r.ID)
	if !ok {
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
	out = appendID(out, r.Actor)
	out = appendID(out, r.CorrelationID)
	out = appendID(out, r.CausationID)
	out = appendText(out, data)
	out = binary.AppendUvarint(out, uint64(len(boxes)))
	for _, b := range boxes {
		out = appendText(out, b.field)
		out = appendText(out, relativeKey(r.Stream.Service, b.key))
		out = appendText(out, b.bytes)
	}
	return out, nil
}

// asULID reads a text that is written just as a ULID would be: in another spelling it could not be given back.
func asULID(text string) (id ulid.ULID, ok bool) {
	if len(text) != ulid.EncodedSize || id.UnmarshalText([]byte(text)) != nil {
		return id, false
	}
	var canonical [ulid.EncodedSize]byte
	return id, id.MarshalTextTo(canonical[:]) == nil && string(canonical[:]) == text
}

func appendID(out []byte, text string) []byte {
	before := len(text) - ulid.EncodedSize
	if before >= 0 {
		if id, ok := asULID(text[before:]); ok {
			out = binary.AppendUvarint(out, uint64(before)<<1|1)
			out = append(out, text[:before]...)
			return append(out, id[:]...)
		}
	}
	out = binary.AppendUvarint(out, uint64(len(text))<<1)
	return append(out, text...)
}

// relativeKey is a data key's name as a stream of the service stores it. No name begins with a slash itself.
func relativeKey(service, key string) string {
	if rest, ok := strings.CutPrefix(key, service); ok && strings.HasPrefix(rest, "/") {
		return rest
	}
	return key
}

func absoluteKey(service, key string) string {
	if strings.HasPrefix(key, "/") {
		return service + key
	}
	return key
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
	copy(id[:], in.bytes(ulidSize))
	micros := in.number()
	name = string(in.text())
	schema := in.number()
	r = Recorded{
		ID: id.String(), Stream: rec.Stream, Version: rec.Version, Hash: rec.Hash,
		Time:   time.UnixMicro(int64(micros)).UTC(),
		Schema: int(min(schema, 1<<30)),
		Actor:  in.id(), CorrelationID: in.id(), CausationID: in.id(),
	}
	data = in.text()
	for n := in.number(); n > 0 && !in.failed; n-- {
		b := box{field: string(in.text()), key: absoluteKey(rec.Stream.Service, string(in.text())), bytes: in.text()}
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

const ulidSize = uint64(len(ulid.ULID{}))

func (r *reader) id() string {
	n := r.number()
	text := string(r.bytes(n >> 1))
	if n&1 == 0 {
		return text
	}
	var id ulid.ULID
	copy(id[:], r.bytes(ulidSize))
	return text + id.String()
}

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
