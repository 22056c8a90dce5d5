// Package eventlog is the event log as a concept: streams of events, appended with an expected version, sealed,
// hash-chained and read back for ever. It knows nothing of webhooks, of HTTP or of any store's technology.
package eventlog

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Event is a fact in the past tense. Its type name is the storage format: once stored it never changes, whatever the
// Go type is called.
type Event interface{ EventType() string }

// Above is the service segment of streams that belong to no single service: names of services, keys.
const Above = "_"

// Stream names one aggregate. Everything with one Service and Root lies together, so that a root and all its leaves are
// read by one query (a message and its deliveries).
type Stream struct {
	Service string // "svc_…" or Above
	Root    string // "msg_…", "ep_…", …
	Leaf    string // "" for the root's own stream
}

// String is the stream's name, "svc_1/msg_2" or "svc_1/msg_2/ep_3".
func (s Stream) String() string {
	if s.Leaf == "" {
		return s.Service + "/" + s.Root
	}
	return s.Service + "/" + s.Root + "/" + s.Leaf
}

// ErrBadStream says that a text is no stream's name.
var ErrBadStream = errors.New("not a stream name")

// MaxSegment is the longest segment of a stream's name, in bytes.
const MaxSegment = 120

// ParseStream reads what String wrote. Segments are 1 to MaxSegment bytes of letters, digits and "_-.~:"; two or three
// of them.
func ParseStream(name string) (Stream, error) {
	parts := strings.Split(name, "/")
	if len(parts) < 2 || len(parts) > 3 {
		return Stream{}, fmt.Errorf("%q: %w", name, ErrBadStream)
	}
	for _, p := range parts {
		if !validSegment(p) {
			return Stream{}, fmt.Errorf("%q: %w", name, ErrBadStream)
		}
	}
	s := Stream{Service: parts[0], Root: parts[1]}
	if len(parts) == 3 {
		s.Leaf = parts[2]
	}
	return s, nil
}

// Valid says whether the stream's segments may be stored.
func (s Stream) Valid() bool {
	return validSegment(s.Service) && validSegment(s.Root) && (s.Leaf == "" || validSegment(s.Leaf))
}

func validSegment(p string) bool {
	if p == "" || len(p) > MaxSegment {
		return false
	}
	for i := range len(p) {
		c := p[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '_', c == '-', c == '.', c == '~', c == ':':
		default:
			return false
		}
	}
	return true
}

// Version counts a stream's events: the first has version 1, and 0 means "no event yet".
type Version uint64

// Hash is one link of a stream's chain: SHA-256 over the previous event's hash (the stream's name before the first) and
// the record's stored bytes.
type Hash [sha256.Size]byte

// Record is one event as a store keeps it: opaque bytes at (Stream, Version), and its hash. Two records are the same if
// their stream, version and hash are the same.
type Record struct {
	Stream  Stream
	Version Version
	Data    []byte // what encodeEnvelope wrote; never changed, and still valid after an iteration has gone on
	Hash    Hash

	// recorded is the decoded form where this process made the record, so that the feed's consumers need not decode
	// what was encoded a moment ago. Stores pass it on by copying the Record; they cannot see it.
	recorded   *Recorded
	remembered int // bytes of its sealed fields' contents
}

// Footprint is about how many bytes the record holds in memory.
func (r *Record) Footprint() int { return len(r.Data) + r.remembered }

// Recorded is an event with its envelope.
type Recorded struct {
	ID            string // ULID of the event, 26 characters
	Stream        Stream
	Version       Version
	Schema        int // the schema version it was stored with; Event has been upcast to the newest
	Time          time.Time
	Actor         string // key id or component that caused it
	CorrelationID string // the same for everything that one request set in motion
	CausationID   string // id of the event that this one answers, or of the request
	Hash          Hash
	Event         Event
}

// Cause says who and what an appended event comes from.
type Cause struct {
	Actor         string
	CorrelationID string
	CausationID   string
	After         time.Time // the event's time is never before this: an effect is not older than its cause
}

// CausedBy is the cause of what a component does in answer to a recorded event.
func CausedBy(r Recorded, actor string) Cause {
	return Cause{Actor: actor, CorrelationID: r.CorrelationID, CausationID: r.ID, After: r.Time}
}
