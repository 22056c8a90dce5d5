package pebble

import (
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/domain/eventlog"
)

// Format is the version of the keys and values in the folder; a newer one is refused.
const Format = 1

// A folder is known by its marker, one line of text. It gets its name when the first start has come to its end; before
// that nothing was appended, and the start may be repeated.
const (
	markerName  = "WEBPLUG"
	makingName  = "WEBPLUG.new"
	markerWords = "webplug data, format "
)

// marked says whether a folder was made by an earlier start, and refuses what is not for this program.
func marked(fs vfs.FS, dir string) (bool, error) {
	names, err := fs.List(dir)
	if errors.Is(err, iofs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("can't be read: %w", err)
	}
	foreign, making := "", false
	for _, name := range names {
		switch name {
		case markerName:
			return true, readMarker(fs, fs.PathJoin(dir, name))
		case makingName:
			making = true
		case "LOCK", "lost+found":
		default:
			foreign = name
		}
	}
	if foreign != "" && !making {
		return false, fmt.Errorf("%w: it holds %s and no %s", ErrForeign, foreign, markerName)
	}
	return false, nil
}

func readMarker(fs vfs.FS, name string) error {
	f, err := fs.Open(name)
	if err != nil {
		return fmt.Errorf("can't be read: %w", err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, 1<<10))
	if err != nil {
		return fmt.Errorf("can't be read: %w", err)
	}
	number, ok := strings.CutPrefix(string(text), markerWords)
	format, err := strconv.Atoi(strings.TrimSuffix(number, "\n"))
	switch {
	case !ok || err != nil:
		return fmt.Errorf("can't be opened: %w: its %s says %q", eventlog.ErrDamaged, markerName, text)
	case format > Format:
		return fmt.Errorf("%w: it has format %d, this one knows %d", ErrNewer, format, Format)
	case format < 1:
		return fmt.Errorf("can't be opened: %w: its %s says %q", eventlog.ErrDamaged, markerName, text)
	}
	return nil
}

// beginMaking notes that the folder is about to be filled for the first time.
func beginMaking(fs vfs.FS, dir string) error {
	f, err := fs.Create(fs.PathJoin(dir, makingName), vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("mark it: %w", err)
	}
	_, err = io.WriteString(f, markerWords+strconv.Itoa(Format)+"\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("mark it: %w", err)
	}
	return syncFolder(fs, dir)
}

// endMaking marks the folder as filled.
func endMaking(fs vfs.FS, dir string) error {
	if err := fs.Rename(fs.PathJoin(dir, makingName), fs.PathJoin(dir, markerName)); err != nil {
		return fmt.Errorf("mark it: %w", err)
	}
	return syncFolder(fs, dir)
}

// makeFolder makes a folder and those above it, so that they survive a crash.
func makeFolder(fs vfs.FS, dir string) error {
	if _, err := fs.Stat(dir); err == nil {
		return nil
	}
	parent := fs.PathDir(dir)
	if parent != dir {
		if err := makeFolder(fs, parent); err != nil {
			return err
		}
	}
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncFolder(fs, parent)
}

func syncFolder(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
