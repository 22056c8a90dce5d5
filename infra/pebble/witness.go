package pebble

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	iofs "io/fs"

	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/domain/eventlog"
)

// The end of Pebble's manifest may be torn by a crash too, and is passed over in the same way; what is lost then is a
// table, after the log that it was made of is gone. So a witness beside it says how much of it has been synced. It is
// written after the sync, so it may be older than the manifest, never ahead of it.
const witnessName = "WITNESS"

// witness notes that the first size bytes of a manifest are durable. A full disk leaves the older note.
func witness(fs vfs.FS, dir, manifest string, size int64) error {
	name := fs.PathJoin(dir, witnessName)
	line := fmt.Sprintf("%s %d", manifest, size)
	f, err := fs.Create(name+".new", vfs.WriteCategoryUnspecified)
	if err == nil {
		_, err = fmt.Fprintf(f, "%s %08x\n", line, crc32.ChecksumIEEE([]byte(line)))
		if err == nil {
			err = f.Sync()
		}
		err = errors.Join(err, f.Close())
	}
	if err == nil {
		err = fs.Rename(name+".new", name)
	}
	if err != nil && !noRoom(err) {
		return fmt.Errorf("note the manifest's size: %w", err)
	}
	return nil
}

// checkManifest refuses a manifest of which less can be read than has been synced.
func checkManifest(fs vfs.FS, dir string) error {
	manifest, size, ok, err := readWitness(fs, dir)
	if err != nil || !ok {
		return err
	}
	f, err := fs.Open(fs.PathJoin(dir, manifest))
	if errors.Is(err, iofs.ErrNotExist) {
		return nil // the witness is older; Pebble misses the manifest itself if it is the newest
	}
	if err != nil {
		return fmt.Errorf("can't be read: %w", err)
	}
	defer func() { _ = f.Close() }()
	readable, err := readableBytes(f)
	if err != nil {
		return fmt.Errorf("can't be read: %w", err)
	}
	if readable+padding < size {
		return fmt.Errorf("can't be opened: %w: of %s only %d of %d bytes make sense",
			eventlog.ErrDamaged, manifest, readable, size)
	}
	return nil
}

func readWitness(fs vfs.FS, dir string) (manifest string, size int64, ok bool, err error) {
	f, err := fs.Open(fs.PathJoin(dir, witnessName))
	if errors.Is(err, iofs.ErrNotExist) {
		return "", 0, false, nil
	}
	if err != nil {
		return "", 0, false, fmt.Errorf("can't be read: %w", err)
	}
	defer func() { _ = f.Close() }()
	var sum uint32
	if _, err := fmt.Fscanf(f, "%s %d %x\n", &manifest, &size, &sum); err != nil {
		return "", 0, false, nil // a witness that makes no sense says nothing
	}
	return manifest, size, sum == crc32.ChecksumIEEE(fmt.Appendf(nil, "%s %d", manifest, size)), nil
}

// padding is the most that a block of a manifest is filled up with, in bytes: less than a record's header has (package
// record of Pebble).
const padding = 6

// readableBytes is where the last record of a manifest ends that makes sense.
func readableBytes(f io.Reader) (int64, error) {
	r := record.NewReader(f, 0)
	for {
		end := r.Offset()
		one, err := r.Next()
		if err == nil {
			_, err = io.Copy(io.Discard, one)
		}
		switch {
		case errors.Is(err, io.EOF), record.IsInvalidRecord(err):
			return end, nil
		case err != nil:
			return 0, err
		}
	}
}
