package rest_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"webplug/domain/eventlog"
	"webplug/handlers/rest"
	"webplug/projections"
)

func TestOperation(t *testing.T) {
	open := func(w *world, path string) answer {
		w.Helper()
		return w.send(request{key: "none", method: "GET", path: path})
	}

	t.Run("is told without a key", func(t *testing.T) {
		w := newWorld(t)
		if a := open(w, "/healthz").want(200); a.at("status") != "ok" {
			t.Fatal(a.text)
		}
		if a := open(w, "/metrics").want(200); a.text != "up 1\n" {
			t.Fatal(a.text)
		}
		if a := open(w, "/openapi.json").want(200); a.at("openapi") != "3.1.0" {
			t.Fatal(a.at("openapi"))
		}
	})

	t.Run("is ready while every check is well, else says why not", func(t *testing.T) {
		w := newWorld(t)
		if a := open(w, "/readyz").want(200); a.at("status") != "ok" {
			t.Fatal(a.text)
		}
		w.checks = []rest.Check{{Name: "projector", OK: true}, {Name: "disk", Reason: "no space left on device"}}
		a := open(w, "/readyz").want(503)
		if a.at("status") != "unavailable" || !strings.Contains(a.text, "no space left on device") {
			t.Fatal(a.text)
		}
	})

	t.Run("lists stuck events and tries them again", func(t *testing.T) {
		w := newWorld(t)
		w.queries.stuck = []projections.StuckRow{{ID: "a/b@1", Consumer: "views", Stream: "a/b", Version: 1, Error: "no", Since: w.clock(), Tries: 3}}
		if got := w.get("/v1/stuck").want(200).members("id"); len(got) != 1 || got[0] != "a/b@1" {
			t.Fatalf("stuck are %v", got)
		}
		if a := w.post("/v1/stuck/a%2Fb@1/retry", nil).want(202); a.id() != "a/b@1" {
			t.Fatal(a.text)
		}
		w.post("/v1/stuck/a%2Fb@1/retry", nil).refused(404)
		if got := w.get("/v1/stuck").want(200).members("id"); len(got) != 0 {
			t.Fatalf("stuck are %v", got)
		}
	})
}

func TestTheDescriptionSaysWhichScopeEachOperationNeeds(t *testing.T) {
	w := newWorld(t)
	for route, want := range w.api.Scopes() {
		method, path, _ := strings.Cut(route, " ")
		item := w.get("/openapi.json").want(200).object()["paths"].(obj)[parameter.ReplaceAllString(path, "{$1}")].(obj)
		op := item[strings.ToLower(method)].(obj)
		if text, _ := op["description"].(string); op["x-scope"] != want[0] || !strings.HasSuffix(text, want[1]) {
			t.Errorf("%s needs %s, but its x-scope is %v and it is described by %q", route, want[0], op["x-scope"], text)
		}
	}
}

// parameter is one of a route's path.
var parameter = regexp.MustCompile(`:([a-z]+)`)

func TestAnswers(t *testing.T) {
	t.Run("carry headers that keep browsers from doing more than showing them", func(t *testing.T) {
		w := newWorld(t)
		for _, path := range []string{"/", "/v1/services", "/nowhere"} {
			h := w.get(path).header
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'",
			} {
				if !strings.Contains(h.Get(name), want) {
					t.Errorf("%s: %s is %q", path, name, h.Get(name))
				}
			}
		}
	})

	t.Run("in JSON end with a newline", func(t *testing.T) {
		w := newShop(t)
		for _, a := range []answer{
			w.get(w.path), w.get(w.path + "/users"), w.get("/healthz"), w.get("/openapi.json"), w.get("/nowhere"),
			w.post(w.path+"/messages", obj{"event_type": "card_issued", "payload": 1}),
		} {
			if !strings.HasSuffix(a.text, "}\n") {
				t.Errorf("%s ends with %q", a.asked.path, a.text[max(0, len(a.text)-10):])
			}
		}
	})

	t.Run("carry the request's id, the caller's own where it is sane", func(t *testing.T) {
		w := newWorld(t)
		for given, taken := range map[string]bool{
			"": false, "order-7": true, "a.b_c:d": true, strings.Repeat("x", 64): true, strings.Repeat("x", 65): false, "a b": false, "ü": false, "<x>": false,
		} {
			a := w.send(request{method: "POST", path: "/v1/services", body: obj{}, headers: map[string]string{"X-Request-Id": given}}).want(422)
			id := a.header.Get("X-Request-Id")
			if (id == given) != taken || id == "" || a.at("request_id") != id {
				t.Errorf("%q became %q", given, id)
			}
		}
	})

	t.Run("to what no route takes are problems too", func(t *testing.T) {
		w := newWorld(t)
		for _, path := range []string{"/v1", "/v1/nothing", "/v2/services", "/v1/services/", "/v1/services/x/y/z"} {
			if a := w.get(path).refused(404); a.at("type") != "not-found" {
				t.Errorf("%s: %s", path, a.text)
			}
		}
		for _, method := range []string{"PUT", "DELETE", "PATCH"} {
			a := w.send(request{method: method, path: "/v1/services"}).refused(405)
			if a.at("type") != "method-not-allowed" || !strings.Contains(a.header.Get("Allow"), "POST") {
				t.Errorf("%s: %s, allowed %q", method, a.text, a.header.Get("Allow"))
			}
		}
	})

	t.Run("to a request that panics are problems that tell nothing, and the server goes on", func(t *testing.T) {
		w := newWorld(t)
		w.api.Break("/v1/broken", errors.New("the secret reason"))
		a := w.get("/v1/broken").refused(500)
		if a.at("type") != "internal" || strings.Contains(a.text, "reason") {
			t.Fatal(a.text)
		}
		if log := w.lines.String(); !strings.Contains(log, "the secret reason") || !strings.Contains(log, a.at("request_id")) {
			t.Fatalf("the log has %s", log)
		}
		w.get("/v1/services").want(200)
	})

	t.Run("while the log takes nothing are 503, and nothing is acknowledged", func(t *testing.T) {
		s := newShop(t)
		for cause, status := range map[error]int{
			eventlog.ErrUnavailable: 503, eventlog.ErrConflict: 503, eventlog.ErrTooLarge: 413, errors.New("the disk's own words"): 500,
		} {
			s.memory.full = fmt.Errorf("write: %w", cause)
			for _, a := range []answer{
				s.post(s.path+"/messages", obj{"event_type": "card_issued", "payload": 1}), s.post(s.path+"/users", obj{"name": "x"}),
				s.post(s.path+"/endpoints/"+s.endpoint+"/pause", nil), s.delete(s.path),
			} {
				a.refused(status)
				if status == 503 && a.header.Get("Retry-After") == "" {
					t.Errorf("%s does not say when to come again", a.asked.path)
				}
				if strings.Contains(a.text, "disk's own words") {
					t.Error("the answer tells what only the operator may know")
				}
			}
		}
	})
}

func TestLog(t *testing.T) {
	s := newShop(t)
	_, key := s.key(s.service, "publish", "manage", "read", "secrets")
	secret := s.get(s.path + "/endpoints/" + s.endpoint + "/secret").want(200).at("secret")
	const marker = "marker-in-a-payload"
	s.send(request{key: key, method: "POST", path: s.path + "/messages", body: obj{"event_type": "card_issued", "payload": marker}}).want(202)
	s.send(request{key: key, method: "POST", path: s.path + "/messages", body: obj{"event_type": "unknown", "payload": marker}}).want(422)
	s.post(s.path+"/users", obj{"name": "x", marker: 1}).want(422)
	s.get(s.path + "/users?" + marker + "=1").want(422)
	a := s.send(request{key: key, method: "PATCH", path: s.path + "/users/" + s.user, body: obj{"name": "y"}}).want(200)
	log := s.lines.String()

	t.Run("has a line for each command, with its stream and version", func(t *testing.T) {
		s.T = t
		stream, version, _ := strings.Cut(a.position(), "@")
		var line string
		for l := range strings.Lines(log) {
			if strings.Contains(l, a.header.Get("X-Request-Id")) {
				line = l
			}
		}
		for _, want := range []string{`"method":"PATCH"`, `"route":"/v1/services/:svc/users/:usr"`, `"status":200`, `"stream":"` + stream + `"`, `"version":` + version, `"actor":"key_`} {
			if !strings.Contains(line, want) {
				t.Errorf("%s is not in %s", want, line)
			}
		}
	})

	t.Run("has no payload, secret or key", func(t *testing.T) {
		s.T = t
		for _, hidden := range []string{marker, adminKey, key, strings.TrimPrefix(secret, "whsec_"), key[len(key)-32:]} {
			if strings.Contains(log, hidden) {
				t.Errorf("%q is in the log", hidden)
			}
		}
	})
}

func TestNew(t *testing.T) {
	if _, err := rest.New(rest.Options{}); err == nil {
		t.Fatal("an API without an admin key is made")
	}
}

func TestObserve(t *testing.T) {
	var seen []string
	w := newWorld(t)
	w.observe(func(method, route string, status int, took time.Duration) {
		seen = append(seen, fmt.Sprint(method, " ", route, " ", status, " ", took > 0))
	})
	w.get("/v1/services").want(200)
	w.get("/v1/services/svc_1").want(404)
	w.get("/nowhere").want(404)
	if got := strings.Join(seen, ", "); got != "GET /v1/services 200 true, GET /v1/services/:svc 404 true, GET  404 true" {
		t.Fatal(got)
	}
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		s.memory.hangs = true
		start := time.Now()
		s.post(s.path+"/messages", obj{"event_type": "card_issued", "payload": 1}).refused(503)
		if took := time.Since(start); took != rest.DefaultTimeout {
			t.Fatalf("a log that does not answer was waited for %s", took)
		}
	})
}
