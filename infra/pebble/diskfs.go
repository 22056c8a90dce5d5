package pebble

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// What Pebble calls its files (getDiskWriteCategoryForCompaction, Create of its WAL and of its manifest).
const (
	categoryCompaction vfs.DiskWriteCategory = "pebble-compaction"
	categoryLog        vfs.DiskWriteCategory = "pebble-wal"
	categoryManifest   vfs.DiskWriteCategory = "pebble-manifest"
)

// watchedFS is the file system that Pebble sees: writes that find no room wait for it, and a sync that fails is told.
// vfs.OnDiskFull, which tries again once, would not keep the process alive.
type watchedFS struct {
	vfs.FS
	disk *disk
	fail func(error)
}

// Unwrap implements vfs.FS.
func (w *watchedFS) Unwrap() vfs.FS { return w.FS }

// Create implements vfs.FS.
func (w *watchedFS) Create(name string, as vfs.DiskWriteCategory) (f vfs.File, err error) {
	if as == categoryCompaction {
		w.disk.startCompaction()
	}
	err = w.write(as, func() error { f, err = w.FS.Create(name, as); return err })
	return w.watch(f, name, as, err)
}

// OpenReadWrite implements vfs.FS.
func (w *watchedFS) OpenReadWrite(name string, as vfs.DiskWriteCategory, opts ...vfs.OpenOption) (f vfs.File, err error) {
	err = w.write(as, func() error { f, err = w.FS.OpenReadWrite(name, as, opts...); return err })
	return w.watch(f, name, as, err)
}

// ReuseForWrite implements vfs.FS.
func (w *watchedFS) ReuseForWrite(old, name string, as vfs.DiskWriteCategory) (f vfs.File, err error) {
	err = w.write(as, func() error { f, err = w.FS.ReuseForWrite(old, name, as); return err })
	return w.watch(f, name, as, err)
}

// OpenDir implements vfs.FS.
func (w *watchedFS) OpenDir(name string) (vfs.File, error) {
	f, err := w.FS.OpenDir(name)
	return w.watch(f, name, vfs.WriteCategoryUnspecified, err)
}

// Link implements vfs.FS.
func (w *watchedFS) Link(old, name string) error {
	return w.disk.retry(func() error { return w.FS.Link(old, name) })
}

// Rename implements vfs.FS.
func (w *watchedFS) Rename(old, name string) error {
	return w.disk.retry(func() error { return w.FS.Rename(old, name) })
}

func (w *watchedFS) write(as vfs.DiskWriteCategory, op func() error) error {
	if as != categoryCompaction {
		return w.disk.retry(op)
	}
	err := op()
	if noRoom(err) {
		w.disk.giveUp()
	}
	return err
}

func (w *watchedFS) watch(f vfs.File, name string, as vfs.DiskWriteCategory, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return &watchedFile{File: f, fs: w, name: name, as: as}, nil
}

type watchedFile struct {
	vfs.File
	fs   *watchedFS
	name string
	as   vfs.DiskWriteCategory
	size int64 // of a manifest, which only grows
}

// Write implements vfs.File.
func (f *watchedFile) Write(p []byte) (n int, err error) {
	defer func() { f.size += int64(n) }()
	n, err = f.File.Write(p)
	f.fs.disk.written.Add(int64(n))
	if err == nil {
		return n, nil
	}
	first := err
	err = f.fs.write(f.as, func() error {
		if first != nil { // the write above was the first try
			err, first = first, nil
			return err
		}
		m, err := f.File.Write(p[n:])
		n += m
		return err
	})
	return n, err
}

// Sync implements vfs.File.
func (f *watchedFile) Sync() error {
	if err := f.synced(f.File.Sync()); err != nil || f.as != categoryManifest {
		return err
	}
	return f.synced(witness(f.fs.FS, f.fs.disk.dir, f.fs.PathBase(f.name), f.size))
}

// SyncData implements vfs.File.
func (f *watchedFile) SyncData() error { return f.synced(f.File.SyncData()) }

// SyncTo implements vfs.File.
func (f *watchedFile) SyncTo(length int64) (bool, error) {
	full, err := f.File.SyncTo(length)
	return full, f.synced(err)
}

// synced tells of a failed sync: nobody knows what is on the disk now, and asking again would answer yes. A table that
// found no room is another matter, for Pebble writes it again from what it has.
func (f *watchedFile) synced(err error) error {
	if err == nil || noRoom(err) && f.as != categoryLog && f.as != categoryManifest {
		return err
	}
	f.fs.fail(fmt.Errorf("sync %s: %w", f.name, err))
	return err
}
