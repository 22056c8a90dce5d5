package durability

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestReadme does what the README tells a newcomer to do: its first command block in one terminal, the others one after
// the other in a second. Only ports and the data folder are others, so that it can run beside anything.
func TestReadme(t *testing.T) {
	t.Parallel()
	blocks := commandBlocks(t)
	if len(blocks) < 4 || strings.TrimSpace(blocks[0]) != "make run" {
		t.Fatalf("the README begins with other commands: %q", blocks)
	}
	data := filepath.Join(t.TempDir(), "data")
	first := openTerminal(t, "WEBPLUG_ADDR=127.0.0.1:0", "WEBPLUG_DATA="+data)
	first.enter(blocks[0])
	var address string
	within(t, 10*patience, "`make run` builds and prints the URL of its API", func() bool {
		found := regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/v1`).FindStringSubmatch(first.seen.String())
		if len(found) > 0 {
			address = found[1]
		}
		return address != ""
	})
	if key, err := os.ReadFile(filepath.Join(data, "admin.key")); err != nil || !strings.Contains(first.seen.String(), strings.TrimSpace(string(key))) {
		t.Errorf("`make run` does not print the API key (%v):\n%s", err, first.seen)
	}

	here := strings.NewReplacer("127.0.0.1:8080", address, "127.0.0.1:9999", freeAddress(t), "data/admin.key", data+"/admin.key")
	second := openTerminal(t)
	for i, block := range blocks[1:] {
		second.do(here.Replace(block))
		if strings.Contains(block, "webplug receive") {
			eventually(t, "the receiver listens", func() bool {
				return strings.Count(second.seen.String(), "listening on") == strings.Count(strings.Join(blocks[:i+2], ""), "webplug receive")
			})
		}
	}
	eventually(t, "the webhook arrives with a valid signature", func() bool {
		return strings.Contains(second.seen.String(), "signature valid")
	})
	history := here.Replace(blocks[slices.IndexFunc(blocks, func(b string) bool { return strings.Contains(b, "/history") })])
	eventually(t, "the history tells of the delivery", func() bool { // on a slow machine its second may not have been enough
		printed := second.do(history)
		return strings.Contains(printed, "MessageAccepted") && strings.Contains(printed, "DeliverySucceeded")
	})

	for _, told := range []string{"ENDPOINT", "attempt 1 delivered", `"status":"delivered"`} {
		if !strings.Contains(second.seen.String(), told) {
			t.Errorf("the CLI's commands do not show %q", told)
		}
	}

	if err := syscall.Kill(-first.shell.Process.Pid, syscall.SIGINT); err != nil { // Ctrl-C
		t.Fatal(err)
	}
	eventually(t, "Ctrl-C ends it in good order", func() bool { return strings.Contains(first.seen.String(), "webplug ends") })
}

// unrun stands before a block that the test must not run, and says why.
const unrun = "<!-- The README's test does not run the next block: "

// commandBlocks gives the README's ```sh blocks, but for those that say that they are not to be run.
func commandBlocks(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(moduleRoot, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	parts := strings.Split(string(text), "```sh\n")
	for i, part := range parts[1:] {
		before := strings.Split(strings.TrimSpace(parts[i]), "\n")
		if strings.HasPrefix(before[len(before)-1], unrun) {
			continue
		}
		block, _, closed := strings.Cut(part, "```")
		if !closed {
			t.Fatalf("a command block has no end: %q", part)
		}
		blocks = append(blocks, block)
	}
	return blocks
}

// terminal is a shell in the repository, into which somebody pastes commands.
type terminal struct {
	t     *testing.T
	shell *exec.Cmd
	keys  io.Writer
	seen  *transcript
	done  int // blocks
}

// openTerminal opens one. It and all that was started in it end with the test.
func openTerminal(t *testing.T, env ...string) *terminal {
	t.Helper()
	m := &terminal{t: t, seen: new(transcript), shell: exec.CommandContext(context.Background(), "bash")}
	m.shell.Dir, m.shell.Env = moduleRoot, append(plainEnvironment(), env...)
	m.shell.Stdout, m.shell.Stderr = m.seen, m.seen
	m.shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var err error
	if m.keys, err = m.shell.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := m.shell.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-m.shell.Process.Pid, syscall.SIGKILL) // its own group, for which it is waited only now
		_ = m.shell.Wait()
		if t.Failed() {
			t.Logf("a terminal showed:\n%s", m.seen)
		}
	})
	return m
}

// enter pastes text.
func (m *terminal) enter(text string) {
	m.t.Helper()
	if _, err := io.WriteString(m.keys, text); err != nil {
		m.t.Fatalf("the shell has ended: %v", err)
	}
}

// do pastes a block, waits until the shell is through with it, and gives what was shown meanwhile.
func (m *terminal) do(block string) string {
	m.t.Helper()
	before := len(m.seen.String())
	m.done++
	prompt := fmt.Sprintf("through with block %d", m.done)
	m.enter(block + "\necho; echo " + prompt + "\n")
	eventually(m.t, prompt, func() bool { return strings.Contains(m.seen.String(), prompt+"\n") })
	return m.seen.String()[before:]
}

// freeAddress is an address on loopback that nobody listens on.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
