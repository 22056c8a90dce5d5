package cli_test

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/go-json-experiment/json"
)

// installed is the real binary and a real server, which all tests of this package share.
var installed struct {
	dir, binary, url, key string
}

func TestMain(m *testing.M) { os.Exit(withServer(m.Run)) }

func withServer(run func() int) int {
	var err error
	if installed.dir, err = os.MkdirTemp("", "webplug-cli-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(installed.dir) }()
	if err := build(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	stop, err := serve()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// build makes the binary, with the race detector where the tests have it.
func build() error {
	if err := noteSources(); err != nil {
		return err
	}
	installed.binary = filepath.Join(installed.dir, "webplug")
	args := []string{"build", "-o", installed.binary}
	if raceDetector {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "webplug/cmd/webplug")...).CombinedOutput(); err != nil {
		return fmt.Errorf("build webplug: %w\n%s", err, out)
	}
	return nil
}

// noteSources looks at every file that the binary is made of, so that "go test" repeats a cached result only while all of
// them are the same.
func noteSources() error {
	const root = "../../.."
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			return fs.SkipDir
		case !d.IsDir() && slices.Contains([]string{".go", ".mod", ".yaml", ".html"}, filepath.Ext(path)):
			_, err = os.Stat(path)
		}
		return err
	})
}

// serve starts the server; stop ends it and says what was wrong with how it did.
func serve() (stop func() error, err error) {
	data := filepath.Join(installed.dir, "data")
	c := exec.Command(installed.binary, "serve", "--addr", "127.0.0.1:0", "--data", data, "--allow-private-endpoints")
	c.Env = plainEnvironment()
	logs, err := c.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	lines, kept := bufio.NewScanner(logs), new(strings.Builder)
	lines.Buffer(nil, 1<<20)
	for installed.url == "" && lines.Scan() {
		var entry struct {
			Message string `json:"msg"`
			URL     string `json:"url"`
		}
		fmt.Fprintln(kept, lines.Text())
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Message == "webplug is ready" {
			installed.url = entry.URL
		}
	}
	if installed.url == "" {
		return nil, fmt.Errorf("webplug does not serve: %w\n%s", c.Wait(), kept)
	}
	key, err := os.ReadFile(filepath.Join(data, "admin.key"))
	if err != nil {
		return nil, err
	}
	installed.key = strings.TrimSpace(string(key))
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines.Scan() {
			fmt.Fprintln(kept, lines.Text())
		}
	}()
	return func() error {
		_ = c.Process.Signal(syscall.SIGTERM) // it may have ended
		<-read
		err := c.Wait()
		if strings.Contains(kept.String(), "DATA RACE") || err != nil {
			return fmt.Errorf("the server: %w\n%s", err, kept)
		}
		return nil
	}, nil
}

// noPause ends a program with the race detector at once, and not after a second.
const noPause = "atexit_sleep_ms=0"

// plainEnvironment is the process's own, without settings of WebPlug.
func plainEnvironment() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "WEBPLUG_") })
	return append(env, "GORACE="+noPause)
}
