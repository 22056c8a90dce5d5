package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/go-json-experiment/json"
)

// binary is the program under test, built once for each test process.
var binary struct{ dir, path string }

func build() error {
	var err error
	if binary.dir, err = os.MkdirTemp("", "webplug-e2e-"); err != nil {
		return err
	}
	if err := noteSources(); err != nil {
		return err
	}
	binary.path = filepath.Join(binary.dir, "webplug")
	args := []string{"build", "-o", binary.path}
	if raceDetector {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "webplug/cmd/webplug")...).CombinedOutput(); err != nil {
		return fmt.Errorf("build webplug: %w\n%s", err, out)
	}
	return nil
}

// noteSources looks at every file that the binary is made of: "go test" may only answer from its cache while all files
// that a test looked at are the same, and the binary's it would not know of.
func noteSources() error {
	return filepath.WalkDir("../../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." && path != "../../..":
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		if slices.Contains([]string{".go", ".mod", ".yaml", ".html"}, filepath.Ext(path)) {
			_, err = os.Stat(path)
		}
		return err
	})
}

// startOptions is how a server is started. What depends on the store is in home.
type startOptions struct {
	command  string // "serve" if empty
	dir      string // the data folder; a new one if empty
	adminKey string // in the environment; the server makes one if empty
	private  bool   // endpoints may be on private addresses
	env      []string
}

func (o startOptions) arguments() []string {
	args := []string{o.command, "--addr", "127.0.0.1:0", "--data", o.dir, "--log-format", "json", "--log-level", "debug",
		"--default-format", *formatFlag}
	if o.private {
		args = append(args, "--allow-private-endpoints")
	}
	return args
}

// environment is the process's own, without what configures WebPlug. The proxy is a trap: requests to endpoints do not
// use it.
func (o startOptions) environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "WEBPLUG_") || strings.HasPrefix(v, "AWS_") })
	env = append(env, snsRetries)
	env = append(env, "GORACE=halt_on_error=0")
	if o.adminKey != "" {
		env = append(env, "WEBPLUG_API_KEY="+o.adminKey)
	}
	return append(env, o.env...)
}

// server is a running WebPlug.
type server struct {
	url, adminKey, dir string
	process            *exec.Cmd
	stdout, stderr     *output
	ended              chan struct{}
	err                error // of the end
}

// startLimit is how long a server may take to be ready, or to end.
const startLimit = time.Minute

// start starts a server and waits until it is ready.
func start(o startOptions) (*server, error) {
	s, err := launch(o)
	if err != nil {
		return nil, err
	}
	select {
	case s.url = <-s.stderr.url:
		return s, nil
	case <-s.ended:
		err = fmt.Errorf("webplug ended at once: %w\n%s", s.err, s.stderr)
	case <-time.After(startLimit):
		err = errors.Join(fmt.Errorf("webplug is not ready after %s\n%s", startLimit, s.stderr), s.process.Process.Kill())
	}
	return nil, errors.Join(err, os.RemoveAll(s.dir))
}

// launch starts the program and does not wait for it.
func launch(o startOptions) (*server, error) {
	if o.command == "" {
		o.command = "serve"
	}
	if o.dir == "" {
		var err error
		if o.dir, err = os.MkdirTemp("", "webplug-e2e-data-"); err != nil {
			return nil, err
		}
	}
	args, env, err := o.home()
	if err != nil {
		return nil, err
	}
	s := &server{adminKey: o.adminKey, dir: o.dir, stdout: newOutput(), stderr: newOutput(), ended: make(chan struct{})}
	s.process = exec.Command(binary.path, append(o.arguments(), args...)...)
	s.process.Env, s.process.Stdout, s.process.Stderr = append(o.environment(), env...), s.stdout, s.stderr
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("start webplug: %w", err)
	}
	go func() {
		s.err = s.process.Wait()
		close(s.ended)
	}()
	return s, nil
}

// stop asks the server to end, and says what was wrong with how it did.
func (s *server) stop() error {
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("webplug had ended before it was asked to: %w\n%s", errors.Join(err, s.err), s.stderr.tail())
	}
	select {
	case <-s.ended:
	case <-time.After(startLimit):
		return errors.Join(fmt.Errorf("webplug has not ended after %s", startLimit), s.process.Process.Kill())
	}
	switch text := s.stderr.String(); {
	case s.err != nil:
		return fmt.Errorf("webplug did not end in good order: %w\n%s", s.err, s.stderr.tail())
	case strings.Contains(text, "DATA RACE"):
		return fmt.Errorf("webplug has a data race\n%s", text[strings.Index(text, "WARNING: DATA RACE"):])
	}
	return nil
}

// output keeps what a process writes, and looks for the URL in its log.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	line []byte
	url  chan string
}

func newOutput() *output { return &output{url: make(chan string, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(p)
	o.line = append(o.line, p...)
	for {
		i := bytes.IndexByte(o.line, '\n')
		if i < 0 {
			return len(p), nil
		}
		o.look(o.line[:i])
		o.line = o.line[i+1:]
	}
}

func (o *output) look(line []byte) {
	var entry struct {
		Message string `json:"msg"`
		URL     string `json:"url"`
	}
	if json.Unmarshal(line, &entry) == nil && entry.Message == "webplug is ready" {
		o.url <- entry.URL
	}
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// tail is the last lines, for a person.
func (o *output) tail() string {
	lines := strings.Split(strings.TrimRight(o.String(), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}

// entries are the lines of a log as JSON, those that are.
func (o *output) entries() []map[string]any {
	var out []map[string]any
	lines := bufio.NewScanner(strings.NewReader(o.String()))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var entry map[string]any
		if json.Unmarshal(lines.Bytes(), &entry) == nil {
			out = append(out, entry)
		}
	}
	return out
}
