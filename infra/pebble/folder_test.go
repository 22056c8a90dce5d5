package pebble

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/domain/eventlog"
)

func wantRefused(t *testing.T, o Options, want error, words ...string) {
	t.Helper()
	s, err := Open(t.Context(), quiet(t, o))
	if err == nil {
		t.Errorf("opened; want %v", want)
		_ = s.Close()
		return
	}
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	for _, w := range append(words, o.Dir) {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q is not one sentence", err)
	}
}

func TestAFolderInUseIsRefused(t *testing.T) {
	t.Run("by this process", func(t *testing.T) {
		dir := t.TempDir()
		open(t, Options{Dir: dir})
		wantRefused(t, Options{Dir: dir}, ErrInUse, "is in use by another webplug process")
	})
	t.Run("in memory", func(t *testing.T) {
		fs := vfs.NewCrashableMem()
		open(t, Options{Dir: "data", FS: fs})
		wantRefused(t, Options{Dir: "data", FS: fs}, ErrInUse)
	})
	t.Run("by another process", func(t *testing.T) {
		dir := t.TempDir()
		other := child(t, "hold", dir)
		wantRefused(t, Options{Dir: dir}, ErrInUse, "is in use by another webplug process")
		other.kill(t)
		open(t, Options{Dir: dir})
	})
}

func TestAForeignFolderIsRefusedAndLeftAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "holiday.jpg"), []byte("sun"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, Options{Dir: dir}, ErrForeign, "holiday.jpg")
	if names, _ := vfs.Default.List(dir); len(names) != 1 {
		t.Errorf("the folder now holds %v", names)
	}
}

func TestANewerFolderIsRefused(t *testing.T) {
	dir := t.TempDir()
	fill(t, vfs.Default, dir)
	for text, want := range map[string]error{
		"webplug data, format 2\n":  ErrNewer,
		"webplug data, format 0\n":  eventlog.ErrDamaged,
		"webplug data, format -1\n": eventlog.ErrDamaged,
		"webplug data, format x":    eventlog.ErrDamaged,
		"":                          eventlog.ErrDamaged,
		"something else":            eventlog.ErrDamaged,
	} {
		if err := os.WriteFile(filepath.Join(dir, markerName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, Options{Dir: dir}, want)
	}
}

func TestAFolderOfANewerPebbleIsRefused(t *testing.T) {
	dir := t.TempDir()
	fill(t, vfs.Default, dir)
	old, err := filepath.Glob(filepath.Join(dir, "marker.format-version.*"))
	if err != nil || len(old) != 1 {
		t.Fatalf("format markers: %v, %v", old, err)
	}
	if err := os.Rename(old[0], filepath.Join(dir, "marker.format-version.999999.999")); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, Options{Dir: dir}, ErrNewer)
}

// A folder whose manifest is gone looks like a new one to Pebble, which would begin anew in it.
func TestAFolderWithoutItsManifestIsRefused(t *testing.T) {
	for _, lost := range []string{"marker.manifest.*", "MANIFEST-*", "*.sst"} {
		t.Run(lost, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, vfs.Default, dir)
			files, err := filepath.Glob(filepath.Join(dir, lost))
			if err != nil || len(files) == 0 {
				t.Fatalf("%v, %v", files, err)
			}
			for _, f := range files {
				if err := os.Remove(f); err != nil {
					t.Fatal(err)
				}
			}
			wantRefused(t, Options{Dir: dir}, eventlog.ErrDamaged)
		})
	}
}

func TestAFileInTheWayIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		if _, err := Open(t.Context(), quiet(t, Options{Dir: dir})); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: got %v", dir, err)
		}
	}
}

// fill leaves records in tables and, written later, in the newest log. It answers all of them by name, and the disk as
// it was before the store was closed.
func fill(t testing.TB, fs vfs.FS, dir string) (want map[string]string, killed *vfs.MemFS) {
	t.Helper()
	s, err := Open(t.Context(), quiet(t, Options{Dir: dir, FS: fs}))
	if err != nil {
		t.Fatal(err)
	}
	want = map[string]string{}
	put := func(from, n int) {
		for i := from; i < from+n; i++ {
			name := fmt.Sprintf("svc_1/msg_%d", i)
			want[name] = fmt.Sprintf("number %d %x", i, random(60))
			if err := s.Append(t.Context(), one(name, 0, want[name])); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(0, 40)
	if err := s.db.Flush(); err != nil {
		t.Fatal(err)
	}
	put(40, 40)
	if mem, ok := fs.(*vfs.MemFS); ok {
		killed = mem.CrashClone(vfs.CrashCloneCfg{})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return want, killed
}

// TestDamageIsNeverTakenForData flips bits all over each file. Opening or reading may refuse with ErrDamaged; what is
// read must be all that was written, as it was written. Only damage to the last commits of the newest log cannot be told
// from a write that a crash cut short.
func TestDamageIsNeverTakenForData(t *testing.T) {
	closed := vfs.NewCrashableMem()
	want, killed := fill(t, closed, "data")
	t.Run("after a clean end", func(t *testing.T) { flipBits(t, closed, want, 0) })
	t.Run("after a kill", func(t *testing.T) { flipBits(t, killed, want, 2) })
}

func flipBits(t *testing.T, whole vfs.FS, want map[string]string, mayMiss int) {
	names, err := whole.List("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		bytes := contents(t, whole, "data/"+name)
		step := max(1, len(bytes)/25)
		for at := 0; at < len(bytes); at += step {
			damaged := vfs.NewMem()
			if _, err := vfs.Clone(whole, damaged, "data", "data"); err != nil {
				t.Fatal(err)
			}
			changed := append([]byte(nil), bytes...)
			changed[at] ^= 0x55
			overwrite(t, damaged, "data/"+name, changed)
			missing, err := readAll(t, damaged, want)
			if err != nil && !errors.Is(err, eventlog.ErrDamaged) && !errors.Is(err, ErrNewer) {
				t.Errorf("%s, byte %d of %d: %v", name, at, len(bytes), err)
			}
			if err == nil && missing > mayMiss {
				t.Errorf("%s, byte %d of %d: %d records are missing", name, at, len(bytes), missing)
			}
		}
	}
}

// readAll opens a folder and counts what is missing in it.
func readAll(t *testing.T, fs vfs.FS, want map[string]string) (missing int, err error) {
	o := quiet(t, Options{Dir: "data", FS: fs, Logger: discard()})
	var failed error
	o.Fail = func(err error) { failed = err }
	s, err := Open(t.Context(), o)
	if err != nil {
		return 0, err
	}
	defer func() { _ = s.Close() }()
	missing = len(want)
	for page, err := range s.Scan(t.Context(), "") {
		if err != nil {
			return 0, err
		}
		for _, r := range page.Records {
			if want[r.Stream.String()] != string(r.Data) {
				return 0, fmt.Errorf("%s@%d is %q", r.Stream, r.Version, r.Data)
			}
			missing--
		}
	}
	if failed != nil {
		return 0, fmt.Errorf("Fail was called: %w", failed)
	}
	return missing, nil
}

func contents(t testing.TB, fs vfs.FS, name string) []byte {
	t.Helper()
	f, err := fs.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func overwrite(t testing.TB, fs vfs.FS, name string, b []byte) {
	t.Helper()
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(append([]byte(nil), b...)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}
