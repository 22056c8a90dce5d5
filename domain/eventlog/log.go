package eventlog

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"
)

// What the log takes from the world is plain functions, so that a test or a simulation can stand in.
type (
	// Clock tells the time, in any time zone and precision.
	Clock func() time.Time
	// IDs makes ULIDs, in upper case; each call another one.
	IDs func() string
)

// Log is the event log that callers use. It makes ids and times, encodes, seals, hashes, appends, loads and upcasts; the
// store below only keeps what it is given.
type Log struct {
	store    Store
	registry *Registry
	sealer   *Sealer
	now      Clock
	newID    IDs
}

// New makes a log over a store.
func New(store Store, registry *Registry, sealer *Sealer, now Clock, newID IDs) *Log {
	return &Log{store: store, registry: registry, sealer: sealer, now: now, newID: newID}
}

// Registry is the event types that the log knows.
func (l *Log) Registry() *Registry { return l.registry }

// NewID makes an id of the kind that events have.
func (l *Log) NewID() string { return l.newID() }

// head is what a writer has to know of a stream to append to it.
type head struct {
	version Version
	hash    Hash
	time    time.Time
}

func (h *head) advance(r Recorded) { h.version, h.hash, h.time = r.Version, r.Hash, r.Time }

// draft is the events that one stream is to get.
type draft struct {
	stream Stream
	head   head
	fresh  bool
	events []Event
	cause  Cause
}

// append stamps, encodes, seals, chains and writes the drafts, all or none. Drafts without events write nothing.
func (l *Log) append(ctx context.Context, lazy bool, drafts ...draft) ([]Recorded, error) {
	batch := Batch{Lazy: lazy}
	var all []Recorded
	now := l.now()
	for _, d := range drafts {
		if len(d.events) == 0 {
			continue
		}
		w := Write{Stream: d.stream, Expected: d.head.version, Fresh: d.fresh}
		size := 0
		for _, e := range d.events {
			rec, recorded, err := l.encode(ctx, d.stream, d.head, now, d.cause, e)
			if err != nil {
				return nil, err
			}
			size += len(rec.Data)
			w.Records = append(w.Records, rec)
			all = append(all, recorded)
			d.head.advance(recorded)
		}
		if slices.ContainsFunc(batch.Writes, func(other Write) bool { return other.Stream == d.stream }) {
			return nil, fmt.Errorf("append twice to %s in one write: %w", d.stream, ErrBadStream)
		}
		if size > MaxWriteBytes {
			return nil, fmt.Errorf("append %d bytes to %s: %w", size, d.stream, ErrTooLarge)
		}
		batch.Writes = append(batch.Writes, w)
	}
	if len(batch.Writes) == 0 {
		return nil, nil
	}
	if len(batch.Writes) > MaxWriteStreams {
		return nil, fmt.Errorf("append to %d streams at once: %w", len(batch.Writes), ErrTooLarge)
	}
	if err := l.store.Append(ctx, batch); err != nil {
		return nil, err
	}
	return all, nil
}

func (l *Log) encode(ctx context.Context, s Stream, h head, now time.Time, c Cause, e Event) (Record, Recorded, error) {
	if !s.Valid() {
		return Record{}, Recorded{}, fmt.Errorf("append to %q: %w", s.String(), ErrBadStream)
	}
	def, data, sealed, err := l.registry.encodeEvent(e)
	if err != nil {
		return Record{}, Recorded{}, err
	}
	r := Recorded{
		ID: l.newID(), Stream: s, Version: h.version + 1, Schema: def.Schema(), Time: latest(now, h.time, c.After),
		Actor: c.Actor, CorrelationID: c.CorrelationID, CausationID: c.CausationID, Event: e,
	}
	boxes := make([]box, 0, len(sealed))
	for _, f := range sealed {
		if f.stored.bytes != nil { // its content is not here: what would be sealed is nothing
			return Record{}, Recorded{}, fmt.Errorf("seal %s of %s: it was read from the log and not revealed", f.Name, def.name)
		}
		b := box{field: f.Name, key: f.Key, bound: bind(s, r.Version, f.Name)}
		if b.bytes, err = l.sealer.seal(ctx, f.Key, b.bound, f.Plain); err != nil {
			return Record{}, Recorded{}, fmt.Errorf("seal %s of %s: %w", f.Name, def.name, err)
		}
		boxes = append(boxes, b)
	}
	bytes, err := encodeEnvelope(&r, def.name, data, boxes)
	if err != nil {
		return Record{}, Recorded{}, err
	}
	r.Hash = link(s, r.Version, h.hash, bytes)
	rec := Record{Stream: s, Version: r.Version, Data: bytes, Hash: r.Hash, recorded: &r}
	for _, f := range sealed {
		rec.remembered += len(f.Plain)
	}
	return rec, r, nil
}

// latest is the event's time, to the microsecond, never before its predecessor's or its cause's.
func latest(now, predecessor, cause time.Time) time.Time {
	t := now.UTC().Truncate(time.Microsecond)
	if predecessor.After(t) {
		t = predecessor
	}
	if cause.After(t) {
		t = cause.UTC().Add(time.Microsecond - 1).Truncate(time.Microsecond) // up: a cause need not come from the log
	}
	return t
}

// Decode reads a record: envelope, and event upcast to today's schema. Sealed fields stay closed.
func (l *Log) Decode(rec Record) (Recorded, error) {
	if rec.recorded != nil {
		return *rec.recorded, nil
	}
	r, name, data, boxes, err := decodeEnvelope(rec)
	if err == nil {
		r.Event, err = l.registry.decodeEvent(name, r.Schema, data, boxes)
	}
	if err != nil {
		return Recorded{}, &RecordError{Stream: rec.Stream, Version: rec.Version, Err: err}
	}
	return r, nil
}

// RecordError says which record could not be read.
type RecordError struct {
	Stream  Stream
	Version Version
	Err     error
}

// Error names the record.
func (e *RecordError) Error() string { return fmt.Sprintf("%s@%d: %v", e.Stream, e.Version, e.Err) }

// Unwrap is why it could not.
func (e *RecordError) Unwrap() error { return e.Err }

// Forget gives the record as a store that was opened anew would give it: without what this process remembers of it.
func (r Record) Forget() Record {
	r.recorded, r.remembered = nil, 0
	return r
}

// Reveal gives a sealed field's content.
func (l *Log) Reveal(ctx context.Context, s Sealed) ([]byte, error) {
	if s.Absent() || s.stored.bytes == nil {
		return s.Plain, nil
	}
	return l.sealer.open(ctx, s.stored)
}

// SealBeside seals bytes that are kept beside the log, under a data key, for one place. OpenBeside takes what it gave.
func (l *Log) SealBeside(ctx context.Context, key, place string, plain []byte) ([]byte, error) {
	return l.sealer.seal(ctx, key, place, plain)
}

// OpenBeside gives back what SealBeside sealed for the same place.
func (l *Log) OpenBeside(ctx context.Context, key, place string, sealed []byte) ([]byte, error) {
	return l.sealer.open(ctx, box{key: key, bound: place, bytes: sealed})
}

// Read yields a stream's events after a version, oldest first.
func (l *Log) Read(ctx context.Context, s Stream, after Version) iter.Seq2[Recorded, error] {
	return l.decodeAll(l.store.Read(ctx, s, after))
}

// Trail yields the events of a root's own stream, then of each of its leaves, each oldest first.
func (l *Log) Trail(ctx context.Context, service, root string) iter.Seq2[Recorded, error] {
	return l.decodeAll(l.store.Trail(ctx, service, root))
}

func (l *Log) decodeAll(records iter.Seq2[Record, error]) iter.Seq2[Recorded, error] {
	return func(yield func(Recorded, error) bool) {
		for rec, err := range records {
			var r Recorded
			if err == nil {
				r, err = l.Decode(rec)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}
