package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// waitLimit is how long a test waits for what must happen. It is never the time that something may take.
const waitLimit = 60 * time.Second

// hook is a webhook as it arrived.
type hook struct {
	at      time.Time
	method  string
	path    string
	header  http.Header
	body    []byte
	ID      string         `json:"id"`
	Type    string         `json:"type"`
	Time    time.Time      `json:"timestamp"`
	Data    jsontext.Value `json:"data"`
	invalid error          // the body is not what it should be
}

// reply is how a receiver answers.
type reply struct {
	status int
	header map[string]string
	body   string
	hold   <-chan struct{} // it answers when this is closed
	later  <-chan reply    // it answers what comes here
}

// receiver is an endpoint of a customer: it keeps what it gets.
type receiver struct {
	t      testing.TB
	server *httptest.Server

	mu     sync.Mutex
	answer func(n int) reply
	hooks  []hook
	atOnce int           // requests that are not answered yet
	most   int           // of them at a time
	more   chan struct{} // closed when there is another hook
}

// receive starts a receiver. answer says what to answer to the n-th webhook, the first being 1; nil is 204 always.
func receive(t testing.TB, answer func(n int) reply) *receiver {
	r := &receiver{t: t, answer: answer, more: make(chan struct{})}
	if answer == nil {
		r.answer = func(int) reply { return reply{status: http.StatusNoContent} }
	}
	r.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		a := r.take(req)
		defer r.leave()
		if a.hold != nil || a.later != nil {
			select {
			case <-a.hold:
			case a = <-a.later:
			case <-req.Context().Done(): // given up
			}
		}
		for name, value := range a.header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
	}))
	t.Cleanup(r.server.Close)
	return r
}

// always answers each webhook with a status, and a body that nobody may find in a log.
func always(status int) func(int) reply {
	return func(int) reply { return reply{status: status, body: canary + " says the endpoint"} }
}

// failing answers the first so many with 503, then 204.
func failing(times int) func(int) reply {
	return func(n int) reply {
		if n <= times {
			return reply{status: http.StatusServiceUnavailable, body: canary + " is busy"}
		}
		return reply{status: http.StatusNoContent}
	}
}

// fromNowOn the receiver answers otherwise.
func (r *receiver) fromNowOn(answer func(n int) reply) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func (r *receiver) url() string { return r.server.URL + "/hook" }

func (r *receiver) take(req *http.Request) reply {
	h := hook{at: time.Now(), method: req.Method, path: req.URL.Path, header: req.Header}
	h.body, h.invalid = io.ReadAll(req.Body)
	switch kind := req.Header.Get("X-Amz-Sns-Message-Type"); {
	case kind != "":
		var confirmation bool
		if h.body, confirmation = unwrap(r.t, h.body); confirmation {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.atOnce++
			return reply{status: http.StatusOK}
		}
	}
	if h.invalid == nil {
		h.invalid = json.Unmarshal(h.body, &h, json.RejectUnknownMembers(true))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hooks = append(r.hooks, h)
	r.atOnce++
	r.most = max(r.most, r.atOnce)
	close(r.more)
	r.more = make(chan struct{})
	return r.answer(len(r.hooks))
}

func (r *receiver) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.atOnce--
}

// mostAtOnce is how many requests it had under way at a time.
func (r *receiver) mostAtOnce() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.most
}

// got is what has arrived so far.
func (r *receiver) got() []hook {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]hook(nil), r.hooks...)
}

// await waits until so many webhooks have arrived, and gives them all.
func (r *receiver) await(n int) []hook {
	r.t.Helper()
	limit := time.NewTimer(waitLimit)
	defer limit.Stop()
	for {
		r.mu.Lock()
		more, have := r.more, len(r.hooks)
		r.mu.Unlock()
		if have >= n {
			return r.got()
		}
		select {
		case <-more:
		case <-limit.C:
			r.t.Fatalf("%d webhooks arrived at %s, want %d", have, r.url(), n)
		}
	}
}

// signedBy says why the signature is not one of a secret, by the specification's own library.
func (h hook) signedBy(secret string) error {
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return err
	}
	return verifier.Verify(h.body, h.header)
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(waitLimit); !holds(); {
		if time.Now().After(end) {
			t.Fatalf("it never came about: %s", what)
		}
		pause := time.NewTimer(20 * time.Millisecond)
		<-pause.C
	}
}

// together calls a function so many times at once, and gives what each answered.
func together(n int, do func(i int) answer) []answer {
	answers := make([]answer, n)
	var ready, done sync.WaitGroup
	ready.Add(n)
	begin := make(chan struct{})
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-begin
			answers[i] = do(i)
		})
	}
	ready.Wait()
	close(begin)
	done.Wait()
	return answers
}

// statuses counts answers by status.
func statuses(answers []answer) map[int]int {
	out := map[int]int{}
	for _, a := range answers {
		out[a.status]++
	}
	return out
}

// receiveTokens is an endpoint that hands out the tokens of handshakes, and confirms nothing.
func receiveTokens(t testing.TB, tokens chan<- string) (url string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var e struct {
			Token string `json:"Token"`
		}
		if json.UnmarshalRead(req.Body, &e) == nil && e.Token != "" {
			tokens <- e.Token
		}
		w.WriteHeader(http.StatusOK)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/tokens"
}
