package eventlog

import (
	"context"
	"errors"
	"iter"
)

// Errors that every store answers with (wrapped); callers test them with errors.Is.
var (
	// ErrConflict says that a stream's head is not the expected version. Nothing was written.
	ErrConflict = errors.New("stream has moved on")
	// ErrUnavailable says that the store cannot take or give anything now (disk full, throttled, closed). After an
	// Append it means "not acknowledged": the records may or may not be there, and may be appended again.
	ErrUnavailable = errors.New("event log is unavailable")
	// ErrTooLarge says that a write is over MaxWriteBytes or MaxWriteStreams. Nothing was written.
	ErrTooLarge = errors.New("write is too large")
	// ErrDamaged says that stored bytes are not what was written. It never means "nothing there".
	ErrDamaged = errors.New("event log is damaged")
	// ErrNoKey says that a data key does not exist.
	ErrNoKey = errors.New("no such data key")
)

const (
	// MaxWriteBytes bounds the Data of one stream's records in one batch, so that they fit one DynamoDB item
	// (400 KB with names and numbers; Amazon DynamoDB Developer Guide, "Service, account, and table quotas").
	MaxWriteBytes = 390 * 1024
	// MaxWriteStreams bounds the streams of one batch (TransactWriteItems takes 100).
	MaxWriteStreams = 25
)

// Write is the records that one stream gets.
type Write struct {
	Stream Stream
	// Expected is the version that the writer has read as the stream's head: the records carry Expected+1, +2, …
	// A writer must never give a version it has not read from this stream (or 0): only then can one conditional put
	// decide.
	Expected Version
	// Fresh vouches that the stream's name was made just now from randomness, so that it cannot exist. A store may
	// then skip looking for it. Only with Expected 0, and never for a repeat.
	Fresh   bool
	Records []Record // at least one
}

// Batch is written whole or not at all.
type Batch struct {
	Writes []Write // distinct streams, 1 to MaxWriteStreams
	// Lazy says that nobody waits for this batch: it may wait a few milliseconds to ride with another's sync.
	Lazy bool
}

// Store keeps records. All methods are safe for concurrent use. Implementations are dumb: they never encode, hash,
// upcast or make ids; Log does.
//
// The contract is infra/contract.EventLog; every implementation passes it.
type Store interface {
	// Append writes all of the batch durably, or nothing. When it returns nil the records survive a crash.
	//
	// If a stream's head is not as expected: records that are all there already, with the same hashes and directly
	// after Expected, are a repeat and count as written; anything else is ErrConflict. A batch is a repeat only if all
	// its writes are.
	Append(context.Context, Batch) error

	// Read yields a stream's records with versions greater than after, oldest first, and sees every Append that was
	// acknowledged before. A stream that does not exist yields nothing. Iteration stops after the first error.
	Read(ctx context.Context, s Stream, after Version) iter.Seq2[Record, error]

	// Trail yields all records of a root: its own stream's first, then each leaf's in the order of leaf names, each
	// oldest first. It sees every Append that was acknowledged before.
	Trail(ctx context.Context, service, root string) iter.Seq2[Record, error]
}

// Checkpoint is how far a scan has come; opaque, and only for the store that made it. "" is the beginning.
type Checkpoint string

// ScanPage is a part of the log, and where to go on.
type ScanPage struct {
	Records []Record
	Next    Checkpoint
}

// Scanner reads everything once, for rebuild and export.
type Scanner interface {
	// Scan yields the whole log after a checkpoint in pages. A stream's records come in order of version; between
	// streams there is no order. What is appended while a scan runs may or may not be in it.
	Scan(ctx context.Context, after Checkpoint) iter.Seq2[ScanPage, error]
}

// Position orders what one machine's store has committed: it grows with every commit. 0 is before the first.
type Position uint64

// Feed hands on the records just appended. Where a service pushes them (DynamoDB Streams), there is no Feed.
//
// The contract is infra/contract.Feed.
type Feed interface {
	// Follow calls take with everything committed after a position, in order of commit and each position once, then
	// with what is committed from now on, until ctx ends (then it returns ctx's error) or take fails (then it returns
	// that). A position that take is given is durable. Several followers do not slow each other or Append.
	Follow(ctx context.Context, after Position, take func(context.Context, Position, []Record) error) error
	// Head is the last position that is durable.
	Head() Position
	// Release says that nobody will follow from before this position again; the store may forget the way there (never
	// the records).
	Release(context.Context, Position) error
}

// Keys keeps data keys, wrapped by the master key, outside the log: erasing one erases what it sealed and leaves every
// record and hash as it is. The contract is infra/contract.Keys.
type Keys interface {
	// LoadKey gives the wrapped key of a name, or ErrNoKey.
	LoadKey(ctx context.Context, name string) ([]byte, error)
	// CreateKey stores a wrapped key unless the name has one, durably, and answers what is stored now: of several
	// callers at once all get the same.
	CreateKey(ctx context.Context, name string, wrapped []byte) ([]byte, error)
}
