package durability

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// patience is how long a condition may take before a test gives up. No test asserts how long anything takes.
const patience = time.Minute

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	within(t, patience, what, holds)
}

func within(t testing.TB, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain: %s", limit, what)
		}
		pause()
	}
}

// pause is the time between two looks at a condition.
func pause() { time.Sleep(5 * time.Millisecond) }

// process is one run of the binary.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	out  *transcript
	logs *transcript
	done chan struct{} // closed when it has ended
}

// launch is how a process is started.
type launch struct {
	args []string
	env  []string // beside what every process has
	as   *syscall.Credential
	// within is a program and its arguments, which are followed by the binary's own; nil: none.
	within []string
}

// start runs the binary. It is killed at the end of the test, if it still runs.
func (l launch) start(t testing.TB) *process {
	t.Helper()
	p := &process{t: t, out: new(transcript), logs: new(transcript), done: make(chan struct{})}
	line := slices.Concat(l.within, []string{binary}, l.args)
	p.cmd = exec.CommandContext(context.Background(), line[0], line[1:]...)
	p.cmd.Env = append(plainEnvironment(), l.env...)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.logs
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: l.as}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %v: %v", l.args, err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // the exit code tells
	}()
	t.Cleanup(func() {
		p.kill()
		if strings.Contains(p.logs.String(), "DATA RACE") { // of a binary that looks for them
			t.Errorf("webplug %s has a data race:\n%s", strings.Join(l.args, " "), p.logs)
		}
		if t.Failed() {
			t.Logf("webplug %s said:\n%s", strings.Join(l.args, " "), lastLines(p.logs.String(), 40))
		}
	})
	return p
}

// plainEnvironment is the test's own, without settings of WebPlug.
func plainEnvironment() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "WEBPLUG_") {
			env = append(env, v)
		}
	}
	return env
}

func lastLines(text string, n int) string {
	lines := strings.SplitAfter(text, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "")
}

// kill ends the process as `kill -9` does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("signal: %v", err)
	}
}

// running says whether the process has not ended.
func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// wait waits for the end and gives the exit code, -1 for a signal.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.t.Fatalf("the process does not end")
	}
	return p.cmd.ProcessState.ExitCode()
}

// servesOrSays waits until the process is ready, and kills it, or until it has failed with a sentence. It says whether it
// did either.
func (p *process) servesOrSays(sentence string) bool {
	p.t.Helper()
	eventually(p.t, "webplug is ready or ends", func() bool { return !p.running() || p.logs.says("webplug is ready") })
	if p.running() {
		p.kill()
		return true
	}
	return p.failedSaying(sentence) == nil
}

// failedSaying wants the process to have ended with code 1, and a sentence as its last word rather than a trace.
func (p *process) failedSaying(sentence string) error {
	code := p.wait()
	text := p.logs.String()
	last := lastLines(strings.TrimSpace(text), 1)
	switch {
	case code != 1:
		return fmt.Errorf("the exit code is %d, not 1:\n%s", code, text)
	case !strings.HasPrefix(last, "webplug: ") || !strings.Contains(last, sentence):
		return fmt.Errorf("the last line does not say %q:\n%s", sentence, text)
	case strings.Contains(text, "goroutine ") || strings.Contains(text, "panic"):
		return fmt.Errorf("there is a trace:\n%s", text)
	}
	return nil
}

// end asks the process to end, and wants it to do so in good order.
func (p *process) end() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	if code := p.wait(); code != 0 {
		p.t.Fatalf("the exit code is %d after SIGTERM", code)
	}
}

// server is a process that serves.
type server struct {
	*process
	api
	dir string // its data folder
}

// settings are the flags and variables of a server, where they matter to a test.
type settings struct {
	args   []string
	env    []string
	within []string // what runs the binary; nil: nothing
}

// serve starts WebPlug on a data folder and a free port, and waits until it is ready.
func serve(t testing.TB, dir string, s settings) *server {
	t.Helper()
	p := serving(dir, s).start(t)
	var url string
	eventually(t, "webplug is ready", func() bool {
		if !p.running() {
			t.Fatalf("webplug ended with %d instead of serving", p.wait())
		}
		url = p.logs.said("webplug is ready", "url")
		return url != ""
	})
	key, err := os.ReadFile(filepath.Join(dir, "admin.key"))
	if err != nil {
		t.Fatal(err)
	}
	return &server{process: p, dir: dir, api: api{url: url, key: strings.TrimSpace(string(key)), client: newClient(t)}}
}

func serving(dir string, s settings) launch {
	args := append([]string{"serve", "--addr", "127.0.0.1:0", "--data", dir, "--allow-private-endpoints"}, s.args...)
	return launch{args: args, env: s.env, within: s.within}
}

// again starts another process on the same data.
func (s *server) again(more settings) *server {
	s.t.Helper()
	return serve(s.t, s.dir, more)
}

func newClient(t testing.TB) *http.Client {
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

// transcript is what a process has written. It is safe for concurrent use.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// String is everything written so far.
func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// said finds the first log line with a message, and gives one of its attributes.
func (s *transcript) said(message, attribute string) string {
	lines := bufio.NewReader(strings.NewReader(s.String()))
	for {
		line, err := lines.ReadBytes('\n')
		var entry map[string]any
		if json.Unmarshal(line, &entry) == nil && entry["msg"] == message {
			value, _ := entry[attribute].(string)
			return value
		}
		if err == io.EOF {
			return ""
		}
	}
}

// says is said where the attribute does not matter.
func (s *transcript) says(message string) bool { return s.said(message, "msg") != "" }
