package durability

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSigtermUnderLoad asks the process to end while clients publish. It ends with 0, and the next one delivers what it
// had acknowledged and not sent.
func TestSigtermUnderLoad(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), settings{})
	of := s.tenant(t, "bank")
	to := newSink(t)
	s.endpoint(t, of, to.URL)
	publishing := newLoad(t, s.api, of)
	publishing.begin(8)
	publishing.more(300)
	s.end()
	publishing.end()

	s = s.again(settings{})
	accepted := publishing.accepted()
	to.wants(t, accepted)
	eventually(t, "every delivery is recorded", func() bool { return len(s.all(t, of.path+"/messages?status=pending", 100)) == 0 })
	wantLegal(t, s.api, of, accepted)
	if to.count() != to.distinct() {
		t.Errorf("%d webhooks came again after an end in good order", to.count()-to.distinct())
	}
}

// TestRequestsUnderWayFinish asks the process to end while a client has sent half a request.
func TestRequestsUnderWayFinish(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), settings{})
	of := s.tenant(t, "bank")
	to := newSink(t)
	s.endpoint(t, of, to.URL)

	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	body := fmt.Sprintf(`{"event_type":%q,"payload":{"n":1}}`, eventName)
	send(t, c, fmt.Sprintf("POST %s/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		of.path, s.key, len(body), body[:10]))
	underWay(t, s)
	s.signal(syscall.SIGTERM)
	eventually(t, "it takes nothing new", func() bool {
		another, err := net.Dial("tcp", c.RemoteAddr().String())
		if err == nil {
			_ = another.Close()
		}
		return err != nil
	})
	send(t, c, body[10:])
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("the request is not answered: %v", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusAccepted {
		t.Errorf("the request is answered with %d", answer.StatusCode)
	}
	if code := s.wait(); code != 0 {
		t.Errorf("the exit code is %d", code)
	}
	s.again(settings{})
	eventually(t, "what was accepted at the end is delivered by the next process", func() bool { return to.count() == 1 })
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// underWay waits until the server has begun to read a request that was sent before on another connection: it answers
// connections in the order of their coming, so one answer later is enough.
func underWay(t *testing.T, s *server) {
	t.Helper()
	for range 20 {
		s.must(t, http.StatusOK, http.MethodGet, "/v1/services", nil, nil)
	}
}

// TestHangingEndpoint has an endpoint that never answers, and a client that never ends its request: neither holds the end
// for longer than the grace, and what was under way is made again by the next process.
func TestHangingEndpoint(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), settings{args: []string{"--grace", "1s"}})
	of := s.tenant(t, "bank")
	to := newSink(t)
	to.answering(always(hang))
	s.endpoint(t, of, to.URL)
	var messages []string
	for n := range 50 {
		messages = append(messages, s.publish(t, of, fields{"n": n}))
	}
	eventually(t, "requests hang", func() bool { return to.count() == 16 }) // as many as an endpoint gets at once
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	send(t, c, "POST /v1/services HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+s.key+"\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
	underWay(t, s)

	began := time.Now()
	s.end()
	// An attempt may take 15 s: whoever waits for one takes longer.
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v to end with a grace of 1 s", took)
	}
	to.answering(nil)
	s = s.again(settings{})
	to.wants(t, messages)
	eventually(t, "every delivery is recorded", func() bool { return len(s.all(t, of.path+"/messages?status=pending", 100)) == 0 })
	for _, id := range messages {
		if got := types(s.history(t, of, id)); got != "MessageAccepted DeliverySucceeded" {
			t.Errorf("what was given up at the end is told as %s", got)
		}
	}
}

// TestSecondSigterm ends the process at once, whatever is under way.
func TestSecondSigterm(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), settings{args: []string{"--grace", "10m"}})
	of := s.tenant(t, "bank")
	to := newSink(t)
	to.answering(always(hang))
	s.endpoint(t, of, to.URL)
	message := s.publish(t, of, fields{"n": 1})
	eventually(t, "a request hangs", func() bool { return to.count() == 1 })
	s.signal(syscall.SIGTERM)
	eventually(t, "it is ending", func() bool { return s.logs.said("webplug ends; it finishes what is under way", "at_most") == "10m0s" })
	eventually(t, "a second signal ends it", func() bool { // the first two may be seen as one
		if s.running() {
			_ = s.cmd.Process.Signal(syscall.SIGTERM)
		}
		return !s.running()
	})
	if status, ok := s.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v", s.cmd.ProcessState)
	}
	to.answering(nil)
	s.again(settings{})
	to.wants(t, []string{message})
	eventually(t, "it comes again", func() bool { return to.count() == 2 })
}

// TestScheduleSurvives restarts the process between an attempt and its retry, once in order and once by force.
func TestScheduleSurvives(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(*server){"in good order": (*server).end, "killed": (*server).kill9} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, t.TempDir(), settings{})
			of := s.tenant(t, "bank")
			to := newSink(t)
			to.answering(func(r request) int {
				if r.times == 1 {
					return http.StatusServiceUnavailable
				}
				return http.StatusNoContent
			})
			endpoint := s.endpoint(t, of, to.URL)
			message := s.publish(t, of, fields{"n": 1})
			var planned time.Time
			eventually(t, "a retry is planned", func() bool {
				history := s.history(t, of, message)
				planned = history[len(history)-1].Data.Next
				return !planned.IsZero()
			})
			stop(s)
			s = s.again(settings{})
			if d := s.delivery(t, of, message, endpoint); d.Status != "retrying" || d.Attempts != 1 || d.NextAttemptAt != planned.Format(time.RFC3339Nano) {
				t.Errorf("after the restart the delivery is %+v; the retry was planned for %v", d, planned)
			}
			eventually(t, "the retry is made", func() bool { return s.delivery(t, of, message, endpoint).Status == "delivered" })
			came := to.arrivals()
			if len(came) != 2 || came[1].at.Before(planned) {
				t.Errorf("the retry was planned for %v; %+v came", planned, came)
			}
			wantLegal(t, s.api, of, []string{message})
		})
	}
}

// kill9 is kill for a table of functions.
func (s *server) kill9() { s.kill() }

// TestAskedToEndBeforeItIsReady sends SIGTERM at any moment of a start.
func TestAskedToEndBeforeItIsReady(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for n := range 10 {
		p := serving(dir, settings{args: []string{"--rebuild"}}).start(t)
		eventually(t, "a moment passes", func() bool { n--; return n < 0 })
		p.signal(syscall.SIGTERM)
		if code := p.wait(); code != 0 && p.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM { // before it listens to signals
			t.Errorf("the exit code is %d: %s", code, p.logs)
		}
	}
	serve(t, dir, settings{}).end()
}
