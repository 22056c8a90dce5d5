package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestPackage(t *testing.T) {
	dir := t.TempDir()
	program := bytes.Repeat([]byte("a program "), 1000)
	from := filepath.Join(dir, "program")
	var packages [2][]byte
	for i := range packages {
		if err := os.WriteFile(from, program, 0o600); err != nil {
			t.Fatal(err)
		}
		old := time.Now().Add(-time.Duration(i) * time.Hour)
		if err := os.Chtimes(from, old, old); err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, "package.zip")
		if err := run([]string{from, to}); err != nil {
			t.Fatal(err)
		}
		var err error
		if packages[i], err = os.ReadFile(to); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(packages[0], packages[1]) {
		t.Error("the same program gives two packages")
	}
	z, err := zip.NewReader(bytes.NewReader(packages[0]), int64(len(packages[0])))
	if err != nil || len(z.File) != 1 {
		t.Fatalf("%v: %v", err, z)
	}
	f := z.File[0]
	if f.Name != "bootstrap" || f.Mode().Perm() != 0o755 {
		t.Errorf("%s %s: Lambda does not start it", f.Name, f.Mode())
	}
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, program) {
		t.Errorf("%v, %d bytes", err, len(got))
	}
}

func TestWhatCannotBePacked(t *testing.T) {
	dir := t.TempDir()
	for name, args := range map[string][]string{
		"nothing":          nil,
		"no program":       {filepath.Join(dir, "none"), filepath.Join(dir, "p.zip")},
		"nowhere to write": {os.Args[0], filepath.Join(dir, "none", "p.zip")},
	} {
		if err := run(args); err == nil {
			t.Errorf("%s is packed", name)
		}
	}
}
