package api

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// scene is a server that answers as told, and a client that waits for nothing.
type scene struct {
	*Client
	mu     sync.Mutex
	came   []*http.Request
	bodies []string
	waited []time.Duration
}

func (s *scene) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.came)
}

func answering(t *testing.T, answer func(n int, w http.ResponseWriter)) *scene {
	t.Helper()
	s := new(scene)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.came, s.bodies = append(s.came, r), append(s.bodies, string(body))
		n := len(s.came)
		s.mu.Unlock()
		answer(n, w)
	}))
	t.Cleanup(server.Close)
	var err error
	if s.Client, err = New(Options{URL: server.URL, Key: "secret", Timeout: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	s.waits = func(_ context.Context, d time.Duration) error {
		s.waited = append(s.waited, d)
		return nil
	}
	return s
}

func with(status int, kind, body string) func(int, http.ResponseWriter) {
	return func(_ int, w http.ResponseWriter) {
		w.Header()["Content-Type"] = []string{kind}
		w.Header().Set("X-Request-Id", "req_1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const problemJSON = "application/problem+json"

func get() Request { return Request{Method: http.MethodGet, Path: "/v1/x"} }

func TestAnswersAreWebPlugsOrErrors(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(int, http.ResponseWriter)
		is     string // of the error; "" is none
	}{
		"JSON":                        {with(200, "application/json", `{"a": 1}`), ""},
		"JSON with a charset":         {with(200, "application/json; charset=utf-8", `{}`), ""},
		"nothing":                     {func(_ int, w http.ResponseWriter) { w.WriteHeader(204) }, ""},
		"a problem":                   {with(404, problemJSON, `{"type":"not-found","title":"Not Found","status":404,"detail":"no such user","request_id":"req_1"}`), "no such user"},
		"a problem with fields":       {with(422, problemJSON, `{"type":"invalid","status":422,"detail":"name: too long","errors":[{"field":"name","message":"too long"}]}`), "name: too long"},
		"a page of a proxy":           {with(403, "text/html", "<html>\n<b>Forbidden"), "HTTP 403, text/html, which begins with: <html> <b>Forbidden"},
		"an empty error":              {with(422, "", ""), "HTTP 422, without a Content-Type"},
		"JSON that is cut":            {with(200, "application/json", `{"a":`), "that cannot be read"},
		"a problem that is cut":       {with(400, problemJSON, `{"type"`), "that cannot be read"},
		"a problem of another status": {with(404, problemJSON, `{"type":"x","status":500}`), "HTTP 404"},
		"a page instead of JSON":      {with(200, "text/html", "<html>"), "HTTP 200, text/html"},
		"a redirect": {func(_ int, w http.ResponseWriter) {
			w.Header().Set("Location", "https://elsewhere/")
			w.WriteHeader(302)
		}, "a redirect to https://elsewhere/"},
		"control characters": {with(400, "text/plain", "\x1b[2Jbad"), "which begins with: [2Jbad"},
	} {
		t.Run(name, func(t *testing.T) {
			s := answering(t, c.answer)
			_, err := s.Do(t.Context(), get())
			if (err == nil) != (c.is == "") || err != nil && !strings.Contains(err.Error(), c.is) {
				t.Errorf("the error is %v", err)
			}
			if s.requests() != 1 {
				t.Errorf("%d requests", s.requests())
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Error("it shows the key")
			}
		})
	}
}

func TestOnlyWhatMayBeRepeatedIs(t *testing.T) {
	unavailable := with(503, problemJSON, `{"type":"unavailable","status":503,"detail":"full"}`)
	for name, c := range map[string]struct {
		request Request
		answer  func(int, http.ResponseWriter)
		want    int
	}{
		"a GET":                     {get(), unavailable, 4},
		"a DELETE":                  {Request{Method: http.MethodDelete, Path: "/v1/x"}, unavailable, 4},
		"a POST":                    {Request{Method: http.MethodPost, Path: "/v1/x"}, unavailable, 1},
		"a POST, not begun":         {Request{Method: http.MethodPost, Path: "/v1/x"}, with(429, problemJSON, `{"type":"too-many","status":429}`), 4},
		"a POST, its answer lost":   {Request{Method: http.MethodPost, Path: "/v1/x"}, func(int, http.ResponseWriter) { panic(http.ErrAbortHandler) }, 1},
		"a PATCH":                   {Request{Method: http.MethodPatch, Path: "/v1/x"}, unavailable, 4},
		"it took the server long":   {get(), with(408, "", ""), 4},
		"too early":                 {get(), with(425, "", ""), 4},
		"a POST with a key":         {Request{Method: http.MethodPost, Path: "/v1/x", IdempotencyKey: "k", Body: jsontext.Value(`{}`)}, unavailable, 4},
		"a POST that says so":       {Request{Method: http.MethodPost, Path: "/v1/x", Again: true}, unavailable, 4},
		"too many requests":         {get(), with(429, problemJSON, `{"type":"too-many","status":429}`), 4},
		"a gateway":                 {get(), with(502, "text/html", "<html>"), 4},
		"a refusal":                 {get(), with(422, problemJSON, `{"type":"invalid","status":422}`), 1},
		"an error of the server":    {get(), with(500, problemJSON, `{"type":"internal","status":500}`), 4},
		"better the second time":    {get(), second(unavailable), 2},
		"the connection was broken": {get(), second(func(_ int, w http.ResponseWriter) { panic(http.ErrAbortHandler) }), 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := answering(t, c.answer)
			_, _ = s.Do(t.Context(), c.request)
			if s.requests() != c.want {
				t.Errorf("%d requests, not %d", s.requests(), c.want)
			}
			for i := range s.came {
				if s.came[i].Header.Get("Idempotency-Key") != c.request.IdempotencyKey || s.bodies[i] != string(c.request.Body) {
					t.Error("a repeat is another request")
				}
			}
		})
	}
}

func second(first func(int, http.ResponseWriter)) func(int, http.ResponseWriter) {
	return func(n int, w http.ResponseWriter) {
		if n == 1 {
			first(n, w)
			return
		}
		with(200, "application/json", `{}`)(n, w)
	}
}

func TestPausesGrowAndHonourRetryAfter(t *testing.T) {
	s := answering(t, with(503, problemJSON, `{"type":"unavailable","status":503}`))
	_, _ = s.Do(t.Context(), get())
	if len(s.waited) != 3 || s.waited[0] != firstPause || s.waited[1] != 2*firstPause || s.waited[2] != 4*firstPause {
		t.Errorf("the pauses are %v", s.waited)
	}
	s = answering(t, func(n int, w http.ResponseWriter) {
		w.Header().Set("Retry-After", []string{"7", "100000", "-1"}[min(n, 3)-1])
		with(503, problemJSON, `{"type":"unavailable","status":503}`)(n, w)
	})
	_, _ = s.Do(t.Context(), get())
	if len(s.waited) != 3 || s.waited[0] != 7*time.Second || s.waited[1] != maxAsked || s.waited[2] != 4*firstPause {
		t.Errorf("with Retry-After they are %v", s.waited)
	}
}

func TestNobodyThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	c, err := New(Options{URL: "http://" + l.Addr().String() + "/v1/", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(t.Context(), get())
	var unreachable *UnreachableError
	if !errors.As(err, &unreachable) || !unreachable.Refused || err.Error() != "nothing listens at http://"+l.Addr().String() {
		t.Errorf("the error is %v", err)
	}
}

func TestListReadsPages(t *testing.T) {
	s := answering(t, func(n int, w http.ResponseWriter) {
		with(200, "application/json", []string{
			`{"data":[{"n": 1}],"next_cursor":"c1"}`, `{"data":[],"next_cursor":"c2"}`, `{"data":[{"n":2},{"n":3}],"next_cursor":null}`,
		}[n-1])(n, w)
	})
	page, err := s.List(t.Context(), "/v1/x", nil, 0)
	if err != nil || len(page.Data) != 3 || page.Next != nil || string(page.Data[0]) != `{"n": 1}` {
		t.Errorf("%+v %v", page, err)
	}
	if s.came[1].URL.Query().Get("cursor") != "c1" || s.came[2].URL.Query().Get("cursor") != "c2" {
		t.Error("cursors are not passed on")
	}

	s = answering(t, with(200, "application/json", `{"data":[1,2,3],"next_cursor":"c1"}`))
	page, err = s.List(t.Context(), "/v1/x", nil, 3)
	if err != nil || len(page.Data) != 3 || page.Next == nil || *page.Next != "c1" || s.requests() != 1 || s.came[0].URL.Query().Get("limit") != "3" {
		t.Errorf("a bounded list is %+v %v of %d requests", page, err, s.requests())
	}
}

func TestNew_refuses_what_is_no_server(t *testing.T) {
	for _, o := range []Options{{URL: ""}, {URL: "127.0.0.1:8080"}, {URL: "ftp://x"}, {URL: "http://user:pw@x"}, {URL: "http://x", Key: "a b"}, {URL: "http://x", Key: "a\nb"}} {
		if _, err := New(o); err == nil || strings.Contains(err.Error(), "a b") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestPathEscapes(t *testing.T) {
	if got := Path("services", "a/../b?c#d"); got != "/v1/services/a%2F..%2Fb%3Fc%23d" {
		t.Errorf("it is %s", got)
	}
}

func TestARetryAfterMayBeADate(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for given, want := range map[string]time.Duration{
		"Thu, 01 Jan 2026 00:00:09 GMT": 9 * time.Second, "Thu, 01 Jan 2025 00:00:09 GMT": 0, "soon": 0, "": 0,
		"99999999999999999999": 0, "9223372036854775807": maxAsked,
	} {
		if got := retryAfter(http.Header{"Retry-After": {given}}, now); got != want {
			t.Errorf("%q is %s, not %s", given, got, want)
		}
	}
}

func TestDoubledPausesNeverOverflow(t *testing.T) {
	last := time.Duration(0)
	for attempt := range 10_000 {
		d := Doubled(time.Second, time.Minute, attempt)
		if d < last || d > time.Minute {
			t.Fatalf("pause %d is %s, after %s", attempt, d, last)
		}
		last = d
	}
	if last != time.Minute || Doubled(time.Second, time.Minute, 3) != 8*time.Second {
		t.Errorf("they end at %s", last)
	}
}
