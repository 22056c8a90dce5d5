package pebble

import (
	"context"
	"errors"
	"fmt"
	iofs "io/fs"
	"strings"
	"sync"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/domain/eventlog"
)

// Errors of Open, each in one sentence that names the folder.
var (
	ErrInUse   = errors.New("is in use by another webplug process")
	ErrForeign = errors.New("is not a webplug data folder")
	ErrNewer   = errors.New("was written by a newer webplug")
)

// Open opens a data folder, or makes it. It refuses what is in use (ErrInUse), holds something else (ErrForeign), is of
// a newer format (ErrNewer) or damaged (eventlog.ErrDamaged), and a full disk (eventlog.ErrUnavailable).
func Open(ctx context.Context, o Options) (*Store, error) {
	o.defaults()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := &Store{
		log: o.Logger, size: o.size, tell: o.Fail, virtualTime: o.VirtualTime, openFiles: o.OpenFiles,
		disk:    newDisk(o.FS, o.Dir, o.Logger, o.Now),
		queue:   newQueue(o.Now),
		heads:   newHeads(o.size.heads),
		recent:  newRecent(o.size),
		stopped: make(chan struct{}),
	}
	s.requests = sync.Pool{New: func() any { return &request{done: make(chan error, 1)} }}
	fs := &watchedFS{FS: o.FS, disk: s.disk, fail: s.fail}
	if err := s.open(ctx, fs, o.Dir); err != nil {
		return nil, fmt.Errorf("data folder %s %w", o.Dir, err)
	}
	s.disk.look()
	go s.commitAll()
	return s, nil
}

func (s *Store) open(ctx context.Context, fs *watchedFS, dir string) (err error) {
	if _, err := marked(fs, dir); err != nil {
		return err // before anything is put into a folder that is somebody else's
	}
	if err := makeFolder(fs, dir); err != nil {
		return fmt.Errorf("can't be made: %w", err)
	}
	if s.lock, err = lock(fs, dir); err != nil {
		return err
	}
	// Pebble can't be told to stop opening. If it waits for room, or longer than the caller, it is left to itself, and
	// keeps the lock until it has come to its end.
	stuck := s.disk.stuck.Load().began
	opened := make(chan error, 1)
	go func() { opened <- s.openLocked(fs, dir) }()
	select {
	case err = <-opened:
		if err != nil {
			_ = s.lock.Close()
		}
		return err
	case <-stuck:
		err = fmt.Errorf("can't be opened: %w", s.disk.waits())
	case <-ctx.Done():
		err = fmt.Errorf("can't be opened: %w", ctx.Err())
	}
	go func() {
		if err := <-opened; err == nil {
			_ = s.db.Close()
		}
		_ = s.lock.Close()
	}()
	return err
}

func (s *Store) openLocked(fs *watchedFS, dir string) error {
	made, err := marked(fs, dir) // again, now that nobody else can be making it
	if err != nil {
		return err
	}
	if err := s.disk.roomToOpen(); err != nil {
		return err
	}
	options := s.options(fs)
	options.ErrorIfNotExists = made // or Pebble would begin anew where its manifest was lost
	if !made {
		if err := beginMaking(fs, dir); err != nil {
			return fmt.Errorf("can't be made: %w", err)
		}
	}
	if err := checkManifest(fs, dir); err != nil {
		return err
	}
	stamped, err := newestStamp(fs, dir) // before Pebble begins a new log
	if err != nil {
		return err
	}
	if s.db, err = pebble.Open(dir, options); err != nil {
		return openError(err)
	}
	if err = s.begin(stamped); err == nil && !made {
		err = endMaking(fs, dir)
	}
	if err != nil {
		_ = s.db.Close()
	}
	return err
}

// begin finds where the last run ended.
func (s *Store) begin(stamped eventlog.Position) error {
	first, last, err := s.feedEnds()
	if err != nil {
		return fmt.Errorf("can't be opened: %w", err)
	}
	if stamped > last+1 {
		return fmt.Errorf("can't be opened: %w: its newest log holds commit %d, and none after %d can be read",
			eventlog.ErrDamaged, stamped, last)
	}
	s.released, s.committer.position = first, last
	s.recent.head.Store(uint64(last))
	return nil
}

func lock(fs vfs.FS, dir string) (*pebble.Lock, error) {
	l, err := pebble.LockDirectory(dir, fs)
	var path *iofs.PathError
	switch {
	case err == nil:
		return l, nil
	case errors.As(err, &path): // the lock's file, not the lock
	case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EACCES),
		strings.Contains(err.Error(), "held by current process"): // vfs has no error value for it
		return nil, ErrInUse
	}
	return nil, fmt.Errorf("can't be locked: %w", err)
}

// openError says in one sentence what an error of Pebble means.
func openError(err error) error {
	var errno syscall.Errno
	switch {
	case noRoom(err):
		return fmt.Errorf("can't be opened: %w: disk full: %w", eventlog.ErrUnavailable, err)
	case strings.Contains(err.Error(), "unknown format major version"): // Pebble has no error value for it
		return fmt.Errorf("%w: %w", ErrNewer, err)
	case errors.As(err, &errno) && errno != syscall.ENOENT:
		return fmt.Errorf("can't be opened: %w", err)
	}
	// A file is missing, or makes no sense; Pebble gives each a line.
	return fmt.Errorf("can't be opened: %w: %s", eventlog.ErrDamaged, strings.ReplaceAll(err.Error(), "\n", "; "))
}
