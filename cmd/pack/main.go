// Command pack puts a program into the zip that AWS Lambda takes. The same program gives the same bytes, so that what has not
// changed is not deployed again.
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"
)

// bootstrap is the name by which Lambda starts a program in the runtime provided.al2023.
// https://docs.aws.amazon.com/lambda/latest/dg/golang-package.html
const bootstrap = "bootstrap"

func main() {
	if err := run(os.Args[1:]); err != nil {
		slog.Error("the package cannot be made", "error", err)
		os.Exit(1)
	}
}

// run reads the program and writes the package.
func run(args []string) error {
	if len(args) != 2 {
		return errors.New("give the program and the package: pack bin/lambda/bootstrap bin/lambda.zip")
	}
	program, err := os.ReadFile(args[0])
	if err != nil {
		return fmt.Errorf("read the program: %w", err)
	}
	var packed bytes.Buffer
	if err := pack(&packed, program); err != nil {
		return err
	}
	if err := os.WriteFile(args[1], packed.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the package: %w", err)
	}
	return nil
}

// pack writes a zip with the one program, executable. Its time is the oldest that a zip can say.
func pack(to io.Writer, program []byte) error {
	z := zip.NewWriter(to)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	h := &zip.FileHeader{Name: bootstrap, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)}
	h.SetMode(fs.FileMode(0o755))
	w, err := z.CreateHeader(h)
	if err == nil {
		_, err = w.Write(program)
	}
	if err = errors.Join(err, z.Close()); err != nil {
		return fmt.Errorf("pack the program: %w", err)
	}
	return nil
}
