package main

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"webplug/cmd/webplug/cli"
)

var update = flag.Bool("update", false, "write docs/cli.md")

// TestDocs holds docs/cli.md against the commands, whose help it is.
func TestDocs(t *testing.T) {
	for _, name := range []string{"WEBPLUG_ADDR", "WEBPLUG_DATA", "WEBPLUG_STAGE"} {
		t.Setenv(name, "")
	}
	const path = "../../docs/cli.md"
	var want bytes.Buffer
	if err := cli.Markdown(&want, newRoot()); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("docs/cli.md is not what the commands say of themselves (%v): make docs", err)
	}
}
