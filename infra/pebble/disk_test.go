package pebble

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/domain/eventlog"
)

// faultyFS is a disk that has no room for files of some kinds, or fails to sync them.
type faultyFS struct {
	vfs.FS
	full, failing atomic.Pointer[string] // kinds of files, parted by spaces
	usage         atomic.Pointer[vfs.DiskUsage]
	gate          atomic.Pointer[chan struct{}] // syncs of the log wait until it is closed
}

const (
	logFiles  = "pebble-wal"
	flushes   = "pebble-memtable-flush"
	allFiles  = "pebble-wal pebble-manifest pebble-memtable-flush pebble-compaction"
	megabytes = 1 << 20
)

func newFaultyFS() *faultyFS {
	f := &faultyFS{FS: vfs.NewCrashableMem()}
	f.setFull("")
	f.setFailing("")
	return f
}

func (f *faultyFS) setFull(kinds string)    { f.full.Store(&kinds) }
func (f *faultyFS) setFailing(kinds string) { f.failing.Store(&kinds) }

func (f *faultyFS) room(as vfs.DiskWriteCategory) error {
	if strings.Contains(*f.full.Load(), string(as)) {
		return fmt.Errorf("write %s: %w", as, syscall.ENOSPC)
	}
	return nil
}

func (f *faultyFS) GetDiskUsage(string) (vfs.DiskUsage, error) {
	if u := f.usage.Load(); u != nil {
		return *u, nil
	}
	return vfs.DiskUsage{}, vfs.ErrUnsupported
}

func (f *faultyFS) Create(name string, as vfs.DiskWriteCategory) (vfs.File, error) {
	if err := f.room(as); err != nil {
		return nil, err
	}
	file, err := f.FS.Create(name, as)
	return &faultyFile{file, f, as}, err
}

func (f *faultyFS) ReuseForWrite(old, name string, as vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.ReuseForWrite(old, name, as)
	return &faultyFile{file, f, as}, err
}

type faultyFile struct {
	vfs.File
	fs *faultyFS
	as vfs.DiskWriteCategory
}

// Write takes half of what it is given before it finds no room, as a disk does.
func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.fs.room(f.as); err != nil {
		n, werr := f.File.Write(append([]byte(nil), p[:len(p)/2]...))
		return n, errors.Join(err, werr)
	}
	return f.File.Write(p)
}

func (f *faultyFile) Sync() error     { return f.sync(f.File.Sync) }
func (f *faultyFile) SyncData() error { return f.sync(f.File.SyncData) }

func (f *faultyFile) sync(do func() error) error {
	if strings.Contains(*f.fs.failing.Load(), string(f.as)) {
		return fmt.Errorf("sync: %w", syscall.EIO)
	}
	if gate := f.fs.gate.Load(); gate != nil && f.as == logFiles {
		<-*gate
	}
	return do()
}

func wantDiskFull(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, eventlog.ErrUnavailable) || err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("%s: got %v, want ErrUnavailable naming the full disk", what, err)
	}
}

// numbered appends records of one root after another.
func numbered(s *Store, n int, size int) error {
	return s.Append(context.Background(), one(fmt.Sprintf("svc_1/msg_%d", n), 0, fmt.Sprint(n, string(random(size)))))
}

func wantReads(t *testing.T, s *Store, n int) {
	t.Helper()
	got := 0
	for page, err := range s.Scan(t.Context(), "") {
		if err != nil {
			t.Errorf("scan: %v", err)
			return
		}
		got += len(page.Records)
	}
	if got != n {
		t.Errorf("%d records can be read, want %d", got, n)
	}
}

// A little is always kept free; below that nothing is taken, and everything can be read.
func TestTheReserve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fs := newFaultyFS()
		fs.usage.Store(&vfs.DiskUsage{TotalBytes: 1000 * megabytes, AvailBytes: 500 * megabytes})
		s := open(t, Options{Dir: "data", FS: fs})
		if err := numbered(s, 0, 10); err != nil {
			t.Fatal(err)
		}
		fs.usage.Store(&vfs.DiskUsage{TotalBytes: 1000 * megabytes, AvailBytes: 49 * megabytes})
		time.Sleep(lookEvery)
		taken := 1
		for ; taken < 10 && s.Health() == nil; taken++ { // the first looks, and is taken
			if err := numbered(s, taken, 10); err != nil {
				t.Fatal(err)
			}
		}
		wantDiskFull(t, "health", s.Health())
		wantDiskFull(t, "append", numbered(s, 99, 10))
		_, err := s.CreateKey(t.Context(), "svc_1", []byte("key"))
		wantDiskFull(t, "create key", err)
		wantReads(t, s, taken)

		fs.usage.Store(&vfs.DiskUsage{TotalBytes: 1000 * megabytes, AvailBytes: 51 * megabytes})
		time.Sleep(lookEvery)
		wantDiskFull(t, "health with hardly more room", s.Health())
		fs.usage.Store(&vfs.DiskUsage{TotalBytes: 1000 * megabytes, AvailBytes: 100 * megabytes})
		time.Sleep(lookEvery)
		if err := s.Health(); err != nil {
			t.Errorf("health with room: %v", err)
		}
		if err := numbered(s, 99, 10); err != nil {
			t.Errorf("append with room: %v", err)
		}
		wantReads(t, s, taken+1)
	})
}

// Somebody else fills the disk to the last byte in the middle of a write.
func TestNoRoomForTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fs := newFaultyFS()
		s := open(t, Options{Dir: "data", FS: fs})
		if err := numbered(s, 0, 10); err != nil {
			t.Fatal(err)
		}
		fs.setFull(allFiles)
		var wg sync.WaitGroup
		for n := range 8 {
			wg.Go(func() { wantDiskFull(t, "append", numbered(s, 1+n, 100)) })
		}
		wg.Wait()
		wantDiskFull(t, "health", s.Health())
		wantDiskFull(t, "append later", numbered(s, 9, 10))
		for r, err := range s.Read(t.Context(), eventlog.Stream{Service: "svc_1", Root: "msg_0"}, 0) {
			if err != nil || r.Version != 1 {
				t.Errorf("read: %v", err)
			}
		}

		fs.setFull("")
		time.Sleep(time.Second)
		if err := s.Health(); err != nil {
			t.Fatalf("health with room: %v", err)
		}
		for n := range 10 {
			if err := numbered(s, n, map[bool]int{true: 100, false: 10}[n >= 1 && n <= 8]); err != nil {
				t.Errorf("append %d again: %v", n, err)
			}
		}
		wantReads(t, s, 10)
		wantFeedWhole(t, s)
	})
}

// Tables find no room while the log does: appends go on until memory is full of what can't be flushed.
func TestNoRoomForTables(t *testing.T) {
	for _, kind := range []string{flushes, "pebble-compaction"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				fs := newFaultyFS()
				sizes := size{heads: 100, recentCommits: 10, recentBytes: 1000, pageRecords: 100, pageBytes: 1e6, memTable: 64 << 10}
				s := open(t, Options{Dir: "data", FS: fs, size: sizes})
				fs.setFull(kind)
				taken := 0
				for ; taken < 10_000; taken++ {
					if err := numbered(s, taken, 1000); err != nil {
						wantDiskFull(t, "append", err)
						break
					}
				}
				if taken == 10_000 {
					t.Fatal("the disk was never found full")
				}
				fs.setFull("")
				time.Sleep(5 * time.Second)
				if err := s.Health(); err != nil {
					t.Fatalf("health with room: %v", err)
				}
				if err := numbered(s, taken, 1000); err != nil {
					t.Errorf("append again: %v", err)
				}
				wantReads(t, s, taken+1)
				wantFeedWhole(t, s)
			})
		})
	}
}

// What was acknowledged before the disk was full is there after a crash on the full disk, and after a close.
func TestAnEndOnAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fs := newFaultyFS()
		s, err := Open(t.Context(), quiet(t, Options{Dir: "data", FS: fs}))
		if err != nil {
			t.Fatal(err)
		}
		for n := range 5 {
			if err := numbered(s, n, 100); err != nil {
				t.Fatal(err)
			}
		}
		fs.setFull(allFiles)
		wantDiskFull(t, "append", numbered(s, 5, 100))
		crashed := fs.FS.(*vfs.MemFS).CrashClone(vfs.CrashCloneCfg{})
		if err := s.Close(); err != nil {
			t.Logf("close on a full disk says: %v", err)
		}
		for what, left := range map[string]vfs.FS{"crashed": crashed, "closed": fs.FS} {
			s := open(t, Options{Dir: "data", FS: left})
			for n := range 5 {
				if err := numbered(s, n, 100); err != nil { // a repeat
					t.Errorf("%s: record %d: %v", what, n, err)
				}
			}
			wantReads(t, s, 5)
		}
	})
}

func TestAStartWithoutRoomIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, killed := fill(t, vfs.NewCrashableMem(), "data")
		fs := &faultyFS{FS: killed}
		fs.setFailing("")
		fs.setFull(allFiles)
		wantRefused(t, Options{Dir: "data", FS: fs}, eventlog.ErrUnavailable, "disk full")
		fs.setFull("")
		time.Sleep(time.Second) // what was left to itself comes to its end
		wantReads(t, open(t, Options{Dir: "data", FS: fs}), 80)
	})
}

func TestAFailedSyncIsTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fs := newFaultyFS()
		var told []error
		s, err := Open(t.Context(), quiet(t, Options{Dir: "data", FS: fs, Fail: func(err error) { told = append(told, err) }}))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }() // which says that it can't sync
		if err := numbered(s, 0, 10); err != nil {
			t.Fatal(err)
		}
		fs.setFailing(logFiles)
		crashed := fs.FS.(*vfs.MemFS).CrashClone(vfs.CrashCloneCfg{})
		for n := range 3 {
			if err := numbered(s, 1+n, 10); !errors.Is(err, eventlog.ErrUnavailable) {
				t.Errorf("append: got %v, want ErrUnavailable", err)
			}
		}
		if len(told) != 1 || !errors.Is(told[0], syscall.EIO) {
			t.Errorf("Fail was told %v", told)
		}
		if err := s.Health(); !errors.Is(err, syscall.EIO) {
			t.Errorf("health: %v", err)
		}
		for _, err := range s.Read(t.Context(), eventlog.Stream{Service: "svc_1", Root: "msg_1"}, 0) {
			if !errors.Is(err, eventlog.ErrUnavailable) {
				t.Errorf("read what is not durable: %v", err)
			}
		}
		if err := s.Follow(t.Context(), s.Head(), nil); !errors.Is(err, eventlog.ErrUnavailable) {
			t.Errorf("follow: %v", err)
		}
		wantReads(t, open(t, Options{Dir: "data", FS: crashed}), 1)
	})
}
