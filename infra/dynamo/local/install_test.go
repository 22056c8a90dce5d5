package local

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseRelease(t *testing.T) {
	for said, want := range map[string]int{
		`openjdk version "17.0.15" 2025-04-15`:     17,
		`openjdk version "25" 2025-09-16`:          25,
		`openjdk version "11.0.2" 2019-01-15`:      11,
		`java version "1.8.0_292"`:                 8,
		`openjdk version "21-ea" 2023-09-19`:       21,
		`The operation couldn’t be completed. Boo`: 0,
	} {
		if got := parseRelease(said); got != want {
			t.Errorf("%s: %d, not %d", said, got, want)
		}
	}
}

func TestConfines(t *testing.T) {
	if !(java{release: 23}).confines() || (java{release: 24}).confines() {
		t.Error("Java 23 is the last with a security manager")
	}
}

func TestATakenPortIsNoticed(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	j, err := findJava(t.Context(), os.Getenv("JAVA_HOME"))
	if err != nil {
		t.Fatal(err)
	}
	cache, err := defaultCache()
	if err != nil {
		t.Fatal(err)
	}
	program, err := install(t.Context(), cache, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	_, err = launch(t.Context(), Options{}, j, program, taken.Addr().(*net.TCPAddr).Port)
	if !errors.Is(err, errPortTaken) {
		t.Fatalf("on a taken port: %v", err)
	}
}

func TestVerify(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.tgz")
	if err := os.WriteFile(file, []byte("archive"), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum512([]byte("archive"))
	if err := verify(file, base64.StdEncoding.EncodeToString(sum[:])); err != nil {
		t.Errorf("the pinned archive is refused: %v", err)
	}
	if err := verify(file, npmSHA512); err == nil || !strings.Contains(err.Error(), "not the archive that was pinned") {
		t.Errorf("another archive is accepted: %v", err)
	}
}

func TestUnpack(t *testing.T) {
	dir := t.TempDir()
	archive := filepath.Join(dir, "a.tgz")
	t.Run("takes the files below the prefix", func(t *testing.T) {
		pack(t, archive, "package/README.md", "package/emulator/a.jar", "package/emulator/lib/b.jar")
		dest := filepath.Join(dir, "good")
		if err := unpack(archive, dest); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]bool{"a.jar": true, "lib/b.jar": true, "README.md": false} {
			if _, err := os.Stat(filepath.Join(dest, name)); (err == nil) != want {
				t.Errorf("%s there: %v, want %v", name, err == nil, want)
			}
		}
	})
	t.Run("refuses a name that leaves the folder", func(t *testing.T) {
		pack(t, archive, "package/emulator/../../../outside")
		if err := unpack(archive, filepath.Join(dir, "bad")); err == nil {
			t.Error("it was unpacked")
		}
	})
	t.Run("refuses a truncated archive", func(t *testing.T) {
		pack(t, archive, "package/emulator/a.jar")
		if err := os.Truncate(archive, 40); err != nil {
			t.Fatal(err)
		}
		if err := unpack(archive, filepath.Join(dir, "cut")); err == nil {
			t.Error("it was unpacked")
		}
	})
}

// pack writes an archive of files that hold their own names.
func pack(t *testing.T, archive string, names ...string) {
	t.Helper()
	f, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	zip := gzip.NewWriter(f)
	out := tar.NewWriter(zip)
	for _, name := range names {
		if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(name)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write([]byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []interface{ Close() error }{out, zip, f} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
