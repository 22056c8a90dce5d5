package main

import (
	"math/rand/v2"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// simDisk is a disk that stops at a chosen write: what was synced before it, and by chance some of what was not, is what
// the next process finds. The old process may go on writing to it; nobody will see.
type simDisk struct {
	vfs.FS
	mu      sync.Mutex
	mem     *vfs.MemFS
	after   *vfs.MemFS // what is left, once it has stopped
	writes  int        // until it stops; 0: it does not
	stopped func()     // told when it stops
	chance  *rand.Rand
}

func newSimDisk(mem *vfs.MemFS, chance *rand.Rand) *simDisk {
	return &simDisk{FS: mem, mem: mem, chance: chance}
}

// stopAfter makes the disk stop at the n-th write from now.
func (d *simDisk) stopAfter(n int, stopped func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes, d.stopped = n, stopped
}

// stop stops the disk now, if it has not, and gives what is left.
func (d *simDisk) stop() *vfs.MemFS {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stopLocked()
}

func (d *simDisk) stopLocked() *vfs.MemFS {
	if d.after == nil {
		percent := []int{0, 0, 50, 100}[d.chance.IntN(4)]
		d.after = d.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: d.chance})
		if d.stopped != nil {
			d.stopped()
		}
	}
	return d.after
}

// write is told of each write and sync, before it is done.
func (d *simDisk) write() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.writes > 0 {
		if d.writes--; d.writes == 0 {
			d.stopLocked()
		}
	}
}

func (d *simDisk) wrap(f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	d.write()
	return &simFile{f, d}, nil
}

// Create makes a file whose writes count.
func (d *simDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return d.wrap(d.FS.Create(name, c))
}

// ReuseForWrite makes a file whose writes count.
func (d *simDisk) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return d.wrap(d.FS.ReuseForWrite(oldname, newname, c))
}

// Rename counts as a write.
func (d *simDisk) Rename(oldname, newname string) error {
	d.write()
	return d.FS.Rename(oldname, newname)
}

type simFile struct {
	vfs.File
	disk *simDisk
}

// Write counts.
func (f *simFile) Write(b []byte) (int, error) { f.disk.write(); return f.File.Write(b) }

// Sync counts.
func (f *simFile) Sync() error { f.disk.write(); return f.File.Sync() }

// SyncData counts.
func (f *simFile) SyncData() error { f.disk.write(); return f.File.SyncData() }

// SyncTo counts.
func (f *simFile) SyncTo(length int64) (bool, error) { f.disk.write(); return f.File.SyncTo(length) }
