package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/output"
)

// desk is a person's shell with a service of its own.
type desk struct {
	t             *testing.T
	env           []string
	service, user string
}

func newDesk(t *testing.T) *desk {
	home := t.TempDir()
	d := &desk{t: t, env: append(plainEnvironment(), "HOME="+home, "XDG_STATE_HOME="+home, "XDG_CONFIG_HOME="+home,
		"WEBPLUG_URL="+installed.url, "WEBPLUG_API_KEY="+installed.key)}
	d.service = d.id("services", "create", "--name", t.Name())
	d.env = append(d.env, "WEBPLUG_SERVICE="+d.service)
	d.user = d.id("users", "create", "--name", "Ada")
	d.do("event-types", "create", "--name", "card_issued")
	return d
}

func (d *desk) command(args ...string) *exec.Cmd {
	c := exec.CommandContext(d.t.Context(), installed.binary, args...)
	c.Env = d.env
	return c
}

func (d *desk) do(args ...string) jsontext.Value {
	d.t.Helper()
	out, err := d.command(append(args, "--output", "json")...).Output()
	if err != nil {
		d.t.Fatalf("webplug %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func (d *desk) id(args ...string) string {
	d.t.Helper()
	return output.Plain(output.Find(d.do(args...), "id"))
}

// said is what a process has written; safe for concurrent use.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// running is a listen at work.
type running struct {
	*exec.Cmd
	said *said
	t    *testing.T
}

func (d *desk) listen(args ...string) *running {
	d.t.Helper()
	r := &running{Cmd: d.command(append([]string{"listen"}, args...)...), said: new(said), t: d.t}
	r.Stdout, r.Stderr = r.said, r.said
	if err := r.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() {
		_ = r.Process.Kill() // it may have ended
		_ = r.Wait()
		if strings.Contains(r.said.String(), "DATA RACE") {
			d.t.Error("listen has a data race")
		}
		if d.t.Failed() {
			d.t.Logf("listen said:\n%s", r.said)
		}
	})
	if !eventually(func() bool { return strings.Contains(r.said.String(), "forwarding to ") || r.ProcessState != nil }) {
		d.t.Fatalf("listen does not begin: %s", r.said)
	}
	return r
}

func (r *running) signal(s os.Signal) {
	r.t.Helper()
	if err := r.Process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
}

// TestListen_misses_nothing puts a listen to sleep under load, kills it, ends it in good order, and has its program restart,
// while messages are published all the time: every one of them arrives, signed.
func TestListen_misses_nothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := newInbox(http.StatusOK)
	program := httptest.NewServer(in)
	defer program.Close()
	secret := strings.TrimSpace(string(must(d.command("listen", "--forward-to", program.URL, "--print-secret").Output())))

	first := d.listen("--forward-to", program.URL)
	load := d.publishAllTheTime()
	wait := func(n int64) {
		t.Helper()
		from := load.published.Load()
		if !eventually(func() bool { return load.published.Load() >= from+n }) {
			t.Fatal("nothing is published any more")
		}
	}
	arrived := func() {
		t.Helper()
		want := load.published.Load()
		if !eventually(func() bool { return int64(in.ids()) >= want }) {
			t.Fatalf("%d of %d messages arrived", in.ids(), want)
		}
	}
	wait(50)
	first.signal(syscall.SIGSTOP)
	wait(500)
	first.signal(syscall.SIGCONT)
	arrived()

	first.signal(syscall.SIGKILL)
	wait(100)
	second := d.listen("--forward-to", program.URL)
	arrived()
	second.signal(syscall.SIGTERM)
	if err := second.Wait(); err != nil {
		t.Errorf("listen ends with %v", err)
	}
	wait(100)
	d.listen("--forward-to", program.URL)
	load.end()
	arrived()
	if total := load.published.Load(); int64(in.ids()) != total {
		t.Errorf("%d different messages arrived of %d", in.ids(), total)
	}
	if err := in.check(secret); err != nil {
		t.Errorf("a signature is not valid: %v", err)
	}
}

// load publishes until its end.
type load struct {
	published atomic.Int64
	stop      chan struct{}
	done      sync.WaitGroup
}

func (d *desk) publishAllTheTime() *load {
	d.t.Helper()
	l := &load{stop: make(chan struct{})}
	client, err := api.New(api.Options{URL: installed.url, Key: installed.key})
	if err != nil {
		d.t.Fatal(err)
	}
	l.done.Add(1)
	go func() {
		defer l.done.Done()
		for {
			select {
			case <-l.stop:
				return
			default:
			}
			_, err := client.Post(context.Background(), api.Path("services", d.service, "messages"), jsontext.Value(`{"event_type":"card_issued","payload":{}}`))
			if err == nil {
				l.published.Add(1)
			}
		}
	}()
	d.t.Cleanup(l.end)
	return l
}

func (l *load) end() {
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.done.Wait()
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestListen_waits_for_a_program_that_is_not_there(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := newInbox(http.StatusOK)
	program := httptest.NewUnstartedServer(in)
	address := program.Listener.Addr().String()
	if err := program.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	l := d.listen("--forward-to", "http://"+address)
	d.do("publish", "card_issued", "{}")
	if !eventually(func() bool { return strings.Contains(l.said.String(), "waiting, nothing is lost") }) {
		t.Fatal("it does not say that nothing listens")
	}
	program.Listener = must(listenAt(address))
	program.Start()
	defer program.Close()
	if !eventually(func() bool { return in.ids() == 1 }) {
		t.Error("the message does not arrive")
	}
}

func TestListen_shows_answers_and_repeats_carry_the_same_id(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	in := newInbox(http.StatusTeapot)
	program := httptest.NewServer(in)
	defer program.Close()
	hook := httptest.NewServer(newInbox(http.StatusNoContent))
	defer hook.Close()
	endpoint := d.id("endpoints", "create", "--user-id", d.user, "--url", hook.URL, "--event-types", "card_issued")

	l := d.listen("--forward-to", program.URL, "--event-type", "card_issued")
	message := d.id("publish", "card_issued", "{}", "--wait")
	d.do("event-types", "create", "--name", "other")
	d.do("publish", "other", "{}")
	if !eventually(func() bool { return strings.Contains(l.said.String(), "▶ 418") }) {
		t.Fatal("it does not show the answer")
	}
	if text := l.said.String(); !strings.Contains(text, message) || !strings.Contains(text, "so says the receiver") {
		t.Error("it shows neither the message nor what was said")
	}
	d.do("messages", "retry", message, "--endpoint-id", endpoint)
	if !eventually(func() bool { return strings.Contains(l.said.String(), message+"  again") }) {
		t.Error("a retry does not reach the listener")
	}
	if in.ids() != 1 {
		t.Errorf("%d different ids arrived, not 1", in.ids())
	}
	if out, err := d.command("listen", "--forward-to", program.URL).CombinedOutput(); err == nil ||
		!strings.Contains(string(out), "process "+fmt.Sprint(l.Process.Pid)+" listens with this name already") {
		t.Errorf("a second listen is not refused: %v %s", err, out)
	}
}

func listenAt(address string) (net.Listener, error) { return net.Listen("tcp", address) }
