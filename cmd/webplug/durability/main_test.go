// Package durability tests the webplug binary from outside: what it promises of its data when it is killed, when its disk
// is full or damaged, when it is asked to end, and when somebody reads its files.
package durability

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// moduleRoot is the repository, as seen from this package.
const moduleRoot = "../../.."

// binary is the webplug under test. WEBPLUG_BINARY names another than the one made from this source.
var binary string

// atOnce is how many tests run at once: each of them waits for most of its time.
const atOnce = "6"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		panic(err)
	}
	os.Exit(withBinary(m.Run))
}

func withBinary(run func() int) int {
	if given := os.Getenv("WEBPLUG_BINARY"); given != "" {
		binary = given
		return run()
	}
	dir, err := os.MkdirTemp("", "webplug-durability-")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		binary = filepath.Join(dir, "webplug")
		err = buildBinary(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build webplug:", err)
		return 1
	}
	return run()
}

// buildBinary makes the binary as `make build` does.
func buildBinary(dir string) error {
	if err := lookAtSources(); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // one test runs it as another user
		return err
	}
	build := exec.CommandContext(context.Background(), "go", "build", "-trimpath", "-o", binary, "./cmd/webplug")
	build.Dir, build.Env = moduleRoot, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// lookAtSources makes `go test` notice changes of the program: it repeats a cached result unless a file has changed that
// the test has looked at, and knows nothing of what a compiler reads.
func lookAtSources() error {
	return filepath.WalkDir(moduleRoot, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && strings.HasPrefix(name, ".") && path != moduleRoot || name == "node_modules" || name == "bin" || name == "data" {
			return filepath.SkipDir
		}
		_, err = os.Stat(path)
		return err
	})
}
