package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/cmd/webplug/output"
	"webplug/domain"
	"webplug/infra/sender"
)

// printed is what a command has written so far; safe for concurrent use.
type printed struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // one place: something was written
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() {
		select {
		case p.more <- struct{}{}:
		default:
		}
	}()
	return p.text.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// await waits for a pattern's first match and gives its groups.
func (p *printed) await(t *testing.T, pattern string) []string {
	expression, limit := regexp.MustCompile(pattern), time.After(10*time.Second)
	for {
		if found := expression.FindStringSubmatch(p.String()); found != nil {
			return found
		}
		select {
		case <-p.more:
		case <-limit:
			t.Fatalf("no %s in:\n%s", pattern, p)
		}
	}
}

// receiver is `webplug receive` under way.
type receiver struct {
	t              *testing.T
	url            string
	stdout, stderr *printed
	end            func() int // asks it to end, and gives the exit code
}

func receive(t *testing.T, args ...string) *receiver {
	r := &receiver{t: t, stdout: &printed{more: make(chan struct{}, 1)}, stderr: &printed{more: make(chan struct{}, 1)}}
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() {
		code <- execute(ctx, append([]string{"receive", "--addr", "127.0.0.1:0"}, args...), strings.NewReader(""), r.stdout, r.stderr)
	}()
	r.end = sync.OnceValue(func() int { cancel(); return <-code })
	t.Cleanup(func() { r.end() })
	notes := r.stdout
	if strings.Contains(strings.Join(args, " "), "json") {
		notes = r.stderr
	}
	r.url = notes.await(t, `listening on (http://127\.0\.0\.1:\d+)\n.*\n`)[1]
	return r
}

func secretOf(t *testing.T, c string) domain.Secret {
	s, err := domain.NewSecret(bytes.Repeat([]byte(c), 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// deliver brings a webhook as the product does.
func (r *receiver) deliver(id, body string, secret domain.Secret) domain.Report {
	s := sender.New(sender.Options{Guard: sender.Guard{AllowPrivate: true}, Version: version})
	defer s.Close()
	return s.Attempt(r.t.Context(), domain.Attempt{
		MessageID: id, URL: r.url + "/hooks", Body: []byte(body), Secrets: [][]byte{secret}, At: time.Now(),
	})
}

func TestReceive_shows_a_webhook(t *testing.T) {
	secret := secretOf(t, "a")
	r := receive(t, "--secret", secret.Reveal())
	r.stdout.await(t, "signatures are checked with 1 secret\n")
	report := r.deliver("msg_1", `{"id":"msg_1","type":"card_issued","data":{"z":9007199254740993,"a":[1,2]}}`, secret)
	if report.StatusCode != http.StatusNoContent {
		t.Errorf("answered %+v", report)
	}
	r.stdout.await(t, `(?m)^\d\d:\d\d:\d\d\.\d\d\d  card_issued  msg_1  signature valid  ▶ 204
  {
    "id": "msg_1",
    "type": "card_issued",
    "data": {
      "z": 9007199254740993,
      "a": \[
        1,
        2
      \]
    }
  }
$`)
	if code := r.end(); code != exitDone {
		t.Errorf("exit code %d", code)
	}
	r.stdout.await(t, `1 webhook received, 0 repeats, 0 invalid signatures\n$`)
	if out := r.stdout.String() + r.stderr.String(); strings.Contains(out, "\x1b") || strings.Contains(out, strings.TrimPrefix(secret.Reveal(), "whsec_")) || r.stderr.String() != "" {
		t.Errorf("printed %q and %q", r.stdout, r.stderr)
	}
}

func TestReceive_judges_signatures(t *testing.T) {
	one, other, strange := secretOf(t, "1"), secretOf(t, "2"), secretOf(t, "3")
	r := receive(t, "--secret", one.Reveal(), "--secret", other.Reveal())
	r.deliver("msg_1", `{}`, one)
	r.stdout.await(t, `msg_1  signature valid`)
	r.deliver("msg_2", `{}`, other)
	r.stdout.await(t, `msg_2  signature valid`)
	if report := r.deliver("msg_3", `{}`, strange); report.StatusCode != 204 {
		t.Errorf("answered %+v", report)
	}
	r.stdout.await(t, `msg_3  signature invalid: no signature matches`)

	post(t, r.url, http.Header{}, `{}`)
	r.stdout.await(t, `\(no type\)  \(no webhook-id\)  signature invalid: .* is missing`)
	signed := func(id string, at time.Time) http.Header {
		return http.Header{
			"Webhook-Id": {id}, "Webhook-Timestamp": {fmt.Sprint(at.Unix())},
			"Webhook-Signature": {sender.Signature(id, at, []byte("{}"), [][]byte{one})},
		}
	}
	post(t, r.url, signed("msg_old", time.Now().Add(-time.Hour)), `{}`)
	r.stdout.await(t, `msg_old  signature invalid: webhook-timestamp is more than 5 minutes ago`)
	post(t, r.url, signed("msg_new", time.Now().Add(time.Hour)), `{}`)
	r.stdout.await(t, `msg_new  signature invalid: webhook-timestamp is more than 5 minutes ahead`)
	post(t, r.url, http.Header{"Webhook-Id": {"msg_t"}, "Webhook-Timestamp": {"now"}, "Webhook-Signature": {"v1,x"}}, `{}`)
	r.stdout.await(t, `msg_t  signature invalid: webhook-timestamp is not a number`)

	r.end()
	r.stdout.await(t, `7 webhooks received, 0 repeats, 5 invalid signatures`)
}

func TestReceive_takes_secrets_from_the_environment(t *testing.T) {
	one, other := secretOf(t, "1"), secretOf(t, "2")
	t.Setenv("WEBPLUG_RECEIVE_SECRET", one.Reveal()+" "+other.Reveal())
	r := receive(t)
	r.stdout.await(t, "signatures are checked with 2 secrets\n")
	r.deliver("msg_1", `{}`, other)
	r.stdout.await(t, `msg_1  signature valid`)
}

func TestReceive_without_a_secret_checks_nothing(t *testing.T) {
	t.Setenv("WEBPLUG_RECEIVE_SECRET", "")
	r := receive(t)
	r.stdout.await(t, "signatures are not checked: no --secret was given\n")
	r.deliver("msg_1", `{"type":"card_issued"}`, secretOf(t, "1"))
	r.stdout.await(t, `card_issued  msg_1  signature not checked: no secret was given  ▶ 204`)
}

func TestReceive_fails_at_first_and_recognises_repeats(t *testing.T) {
	r := receive(t, "--fail-first", "2", "--status", "202")
	for _, want := range []int{503, 503, 202, 202} {
		report := r.deliver("msg_1", `{"type":"card_issued"}`, secretOf(t, "1"))
		if report.StatusCode != want || string(report.Answer) != fmt.Sprintf("receive: told to answer %d", want) {
			t.Errorf("got %d %q, want %d", report.StatusCode, report.Answer, want)
		}
	}
	r.deliver("msg_2", `{}`, secretOf(t, "1"))
	r.stdout.await(t, `(?s)no secret was given  ▶ 503\n.*  repeat of \d\d:\d\d:\d\d\.\d\d\d, answered 503  ▶ 503\n.*answered 503  ▶ 202\n.*answered 503  ▶ 202\n.*msg_2  signature not checked: no secret was given  ▶ 202`)
	r.end()
	r.stdout.await(t, `5 webhooks received, 3 repeats`)
}

func TestReceive_as_JSON(t *testing.T) {
	secret := secretOf(t, "1")
	r := receive(t, "--output", "json", "--secret", secret.Reveal())
	r.deliver("msg_1", "{\n  \"type\": \"card_issued\", \"n\": 9007199254740993\n}", secret)
	r.deliver("msg_1", "not\njson", secretOf(t, "2"))
	r.end()
	lines := strings.Split(strings.TrimSuffix(r.stdout.String(), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %d lines: %s", len(lines), r.stdout)
	}
	var got [2]arrival
	for i, line := range lines {
		if err := json.Unmarshal([]byte(line), &got[i]); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
	}
	if a := got[0]; a.ID != "msg_1" || a.Type != "card_issued" || a.Signature != "valid" || a.Status != 204 || a.RepeatOf != nil || a.Time.IsZero() || string(a.Body) != `{"type":"card_issued","n":9007199254740993}` {
		t.Errorf("first: %s", lines[0])
	}
	if a := got[1]; a.Signature != "invalid" || a.Reason == "" || a.RepeatOf == nil || !a.RepeatOf.Time.Equal(got[0].Time) || a.Body != nil || a.Text != "not\njson" {
		t.Errorf("second: %s", lines[1])
	}
	r.stderr.await(t, `2 webhooks received, 1 repeat, 1 invalid signature\n$`)
}

// A webhook's sender must not get a hold on the terminal of who looks.
func TestReceive_lets_no_control_character_through(t *testing.T) {
	r := receive(t)
	post(t, r.url, http.Header{"Webhook-Id": {"m\u009b2J"}}, "{\"type\":\"a\\u001b[31m\\nb\",\"x\":\"\u009b31m\u202e\"}")
	post(t, r.url, nil, "\x1b]0;title\x07 \xff plain\r\nsecond line")
	r.stdout.await(t, `(?s)plain.*second line`)
	for _, c := range r.stdout.String() {
		if c < ' ' && c != '\n' || c >= 0x7f && c < 0xa0 || c == '\u202e' {
			t.Fatalf("%q came through in %q", c, r.stdout)
		}
	}
	r.stdout.await(t, `a\\x1b\[31m\\nb  m\\u009b2J`)
}

func TestReceive_refuses_what_is_no_webhook(t *testing.T) {
	r := receive(t)
	if code := call(t, http.MethodGet, r.url, nil, ""); code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", code)
	}
	if code := post(t, r.url, nil, strings.Repeat("x", 1<<20+1)); code != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: %d", code)
	}
	r.end()
	r.stdout.await(t, `0 webhooks received`)
}

// A long delay does not keep it from ending; what waits is answered.
func TestReceive_ends_in_good_order(t *testing.T) {
	r := receive(t, "--delay", "10m")
	answered := make(chan domain.Report)
	go func() { answered <- r.deliver("msg_1", `{}`, secretOf(t, "1")) }()
	r.stdout.await(t, `msg_1`)
	if code := r.end(); code != exitDone {
		t.Errorf("exit code %d", code)
	}
	if report := <-answered; report.StatusCode != http.StatusNoContent {
		t.Errorf("got %+v", report)
	}
}

func TestReceive_forgets_the_oldest_ids(t *testing.T) {
	in := &inbox{status: 204, now: time.Now, show: func(arrival) {}}
	for i := range maxRemembered + 1 {
		in.take(t.Context(), http.Header{"Webhook-Id": {fmt.Sprint(i)}}, []byte("{}"))
	}
	in.take(t.Context(), http.Header{"Webhook-Id": {fmt.Sprint(maxRemembered)}}, []byte("{}"))
	in.take(t.Context(), http.Header{"Webhook-Id": {"0"}}, []byte("{}"))
	if len(in.seen) != maxRemembered || in.repeats != 1 {
		t.Errorf("%d remembered, %d repeats", len(in.seen), in.repeats)
	}
}

func TestReceive_colours_a_terminal_alone(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatalf("this test needs a terminal to write to: %v", err)
	}
	defer func() { _ = terminal.Close() }()
	for _, test := range []struct {
		name, noColor, term string
		out                 io.Writer
		coloured            bool
	}{
		{"a terminal", "", "xterm", terminal, true},
		{"NO_COLOR", "1", "xterm", terminal, false},
		{"a dumb terminal", "", "dumb", terminal, false},
		{"a pipe", "", "xterm", &bytes.Buffer{}, false},
	} {
		t.Setenv("NO_COLOR", test.noColor)
		t.Setenv("TERM", test.term)
		var out bytes.Buffer
		showText(&out, output.PaletteFor(test.out))(arrival{ID: "msg_1", Signature: signatureValid, Status: 204, Text: "hello"})
		if coloured := strings.Contains(out.String(), "\x1b["); coloured != test.coloured {
			t.Errorf("%s: %q", test.name, out.String())
		}
	}
}

func post(t *testing.T, url string, headers http.Header, body string) int {
	return call(t, http.MethodPost, url, headers, body)
}

func call(t *testing.T, method, url string, headers http.Header, body string) int {
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range headers {
		req.Header[name] = values
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	return answer.StatusCode
}
