// Package pebble is the store of one machine: event log, data keys and (in files of their own) read models in one
// Pebble database in one folder. Every append is durable before it is answered, and all appends that come together
// share one sync.
package pebble

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/domain/eventlog"
)

// Options are what a store needs from outside. Only Dir has no default.
type Options struct {
	Dir string // the store's own: no other file may be in it
	FS  vfs.FS // vfs.Default

	Logger *slog.Logger // slog.Default()
	// Fail is called once, when a sync failed or Pebble can't go on. It should end the process, and by default does, with
	// exit code 1. Nothing is acknowledged from then on, and nothing can be read, should it return.
	Fail func(error)
	Now  func() time.Time // time.Now; for nothing that is stored

	// VirtualTime keeps Pebble from looking every 100 ms whether a compaction could start: where hours go by in an instant,
	// that is all it would do.
	VirtualTime bool
	// OpenFiles is how many tables are kept open at most; 0: 512. Some tens of other files come on top.
	OpenFiles int

	size size // for tests that want caches to overflow
}

// size bounds what is held in memory.
type size struct {
	heads         int // streams in a half of the cache of heads
	recentCommits int // commits that followers are given from memory
	recentBytes   int // and the bytes of their records
	pageRecords   int // records read at once
	pageBytes     int
	memTable      uint64 // the largest; 0: the default
}

func (o *Options) defaults() {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Fail == nil {
		log := o.Logger
		o.Fail = func(err error) {
			log.Error("event log failed, the process ends", "error", err)
			os.Exit(1)
		}
	}
	if o.OpenFiles == 0 {
		o.OpenFiles = 512
	}
	if o.size == (size{}) {
		o.size = size{heads: 1 << 15, recentCommits: 1 << 13, recentBytes: 4 << 20, pageRecords: 1 << 10, pageBytes: 1 << 20}
	}
}

// Store is an open data folder. It implements eventlog.Store, Scanner, Feed and Keys.
type Store struct {
	db   *pebble.DB
	lock *pebble.Lock
	log  *slog.Logger
	disk *disk
	size size
	tell func(error) // Options.Fail

	virtualTime bool
	openFiles   int

	queue     *queue
	heads     *heads
	recent    *recent
	committer committer
	requests  sync.Pool
	stopped   chan struct{} // closed when the committer has ended

	keys sync.Mutex // of several creations of data keys one runs

	releasing sync.Mutex
	released  eventlog.Position // the feed begins behind it

	use     use
	ending  atomic.Bool           // Close was called
	failed  atomic.Pointer[error] // what was told to Fail
	damaged atomic.Pointer[error] // what Pebble found
}

var (
	_ eventlog.Store   = (*Store)(nil)
	_ eventlog.Scanner = (*Store)(nil)
	_ eventlog.Feed    = (*Store)(nil)
	_ eventlog.Keys    = (*Store)(nil)
)

// Health says why the store can't take or give everything now, or nil.
func (s *Store) Health() error {
	if err := s.refusal(); err != nil {
		return err
	}
	if err := s.damaged.Load(); err != nil {
		return fmt.Errorf("%w: %w", eventlog.ErrDamaged, *err)
	}
	return nil
}

// refusal says why nothing can be appended, or nil.
func (s *Store) refusal() error {
	if err := s.dead(); err != nil {
		return err
	}
	return s.disk.refusal()
}

// dead says that the store will never answer again: closed, or failed.
func (s *Store) dead() error {
	if err := s.failure(); err != nil {
		return err
	}
	if s.ending.Load() {
		return fmt.Errorf("%w: it is closed", eventlog.ErrUnavailable)
	}
	return nil
}

// failure answers what was told to Fail, or nil.
func (s *Store) failure() error {
	if err := s.failed.Load(); err != nil {
		return fmt.Errorf("%w: %w", eventlog.ErrUnavailable, *err)
	}
	return nil
}

// fail is the end: it is told, and whatever waits is refused.
func (s *Store) fail(err error) {
	if s.disk.closed() { // what waited for room was not acknowledged, and all else is durable
		s.log.Warn("closing the event log", "error", err)
		s.failed.CompareAndSwap(nil, &err)
		return
	}
	if s.failed.CompareAndSwap(nil, &err) {
		s.recent.end(fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err))
		s.tell(err)
	}
}

// Close writes what was appended, and closes the database. Followers end with ErrUnavailable. Not to be called from
// within a follower's take.
func (s *Store) Close() error {
	if s.ending.Swap(true) {
		return nil
	}
	closed := make(chan struct{})
	defer close(closed)
	stuck := s.disk.stuck.Load().began
	go func() {
		select {
		case <-stuck:
			s.disk.close() // or what is written now would wait for room
		case <-closed:
		}
	}()
	s.queue.close()
	<-s.stopped
	s.recent.end(fmt.Errorf("%w: it is closed", eventlog.ErrUnavailable))
	s.use.end()
	s.flush()
	s.disk.close()
	err := s.db.Close()
	if lockErr := s.lock.Close(); err == nil {
		err = lockErr
	}
	if err != nil {
		return fmt.Errorf("close the event log: %w", err)
	}
	return nil
}

// flush leaves nothing in the log, so that the next start has nothing to replay, and every byte lies under a checksum
// that is verified when it is read. It is not needed for durability.
func (s *Store) flush() {
	if s.failure() != nil || s.disk.refusal() != nil {
		return
	}
	stuck := s.disk.stuck.Load().began
	flushed, err := s.db.AsyncFlush()
	if err != nil {
		s.log.Warn("flush at the end", "error", err)
		return
	}
	select {
	case <-flushed:
	case <-stuck:
	}
}

// use counts who reads the database, which must not be closed under a reader.
type use struct {
	mu    sync.Mutex
	idle  *sync.Cond
	count int
	ended bool
}

func (u *use) begin() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ended {
		return false
	}
	u.count++
	return true
}

func (u *use) done() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.count--; u.count == 0 && u.ended {
		u.idle.Broadcast()
	}
}

// end waits until nobody reads any more.
func (u *use) end() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ended = true
	u.idle = sync.NewCond(&u.mu)
	for u.count > 0 {
		u.idle.Wait()
	}
}

// beginReading lets the caller read the database until it calls use.done, unless it is closed or failed.
func (s *Store) beginReading(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.dead(); err != nil {
		return err
	}
	if !s.use.begin() {
		return fmt.Errorf("%w: it is closed", eventlog.ErrUnavailable)
	}
	return nil
}

// reading lets fn read the database.
func (s *Store) reading(ctx context.Context, fn func() error) error {
	if err := s.beginReading(ctx); err != nil {
		return err
	}
	defer s.use.done()
	return fn()
}

// readError says what an error of Pebble means to a reader.
func readError(what string, err error) error {
	if pebble.IsCorruptionError(err) {
		return fmt.Errorf("read %s: %w: %w", what, eventlog.ErrDamaged, err)
	}
	return fmt.Errorf("read %s: %w: %w", what, eventlog.ErrUnavailable, err)
}
