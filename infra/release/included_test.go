//go:build release

package release

import (
	"archive/zip"
	"bytes"
	"debug/elf"
	"io"
	"testing"

	"github.com/go-json-experiment/json"
)

// "make release" runs it on what goes into the binary.
func TestThePackageIsAProgramForTheFunctions(t *testing.T) {
	content, err := Package()
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil || len(z.File) != 1 || z.File[0].Name != "bootstrap" || z.File[0].Mode()&0o111 == 0 {
		t.Fatalf("%v: %v", err, z)
	}
	f, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	program, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	e, err := elf.NewFile(bytes.NewReader(program))
	if err != nil || e.Machine != elf.EM_AARCH64 {
		t.Fatalf("%v: %v", err, e)
	}
	if libraries, err := e.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Errorf("it needs libraries that the runtime may not have: %v %v", libraries, err)
	}
}

func TestTheTemplateIsReleased(t *testing.T) {
	content, err := Template()
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Parameters map[string]any
		Resources  map[string]any
	}
	if err := json.Unmarshal(content, &template); err != nil {
		t.Fatal(err)
	}
	if template.Parameters["CodeKey"] == nil || template.Resources["LogTable"] == nil {
		t.Errorf("parameters %v", template.Parameters)
	}
}
