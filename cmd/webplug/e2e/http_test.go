package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestWhatIsNotThereIsAProblem(t *testing.T) {
	t.Parallel()
	root := client{t: t, server: suite.server, key: suite.server.adminKey}
	for _, path := range []string{"/nowhere", "/v1", "/v1/", "/v2/services", "/v1/services/", "/v1/service", "/openapi.yaml", "/v1/services/../../etc/passwd", "/%2e%2e/", "//v1/services"} {
		root.get(path, wrong).refused(404, "not-found", "")
		root.with("").get(path, wrong).refused(404, "not-found", "")
	}
	s := newService(t)
	for _, path := range []string{"/users/1", "/users/usr_1", "/users/" + s.id, "/event-types/card_issued", "/endpoints/%00", "/subscriptions/sub_", "/messages/..", "/users/" + strings.Repeat("9", 3000)} {
		s.get(path, wrong).refused(404, "not-found", "")
	}
	for _, id := range []string{"1", "svc_", "svc_00000000000000000000000000", "SVC_00000000000000000000000000", s.id + "x", strings.ToLower(s.id), "%73vc_1"} {
		root.get("/v1/services/"+id, wrong).refused(404, "not-found", "")
	}
}

func TestAMethodThatAPathDoesNotTakeIsAProblem(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for path, allowed := range map[string][]string{
		"": {"GET", "PATCH", "DELETE"}, "/users": {"GET", "POST"}, "/messages": {"GET", "POST"}, "/messages/msg_1": {"GET"}, "/dead-letters": {"GET"}, "/history": {"GET"},
	} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"} {
			if slices.Contains(allowed, method) {
				continue
			}
			got := s.send(method, path, nil, wrong)
			got.refused(405, "method-not-allowed", "")
			for _, m := range allowed {
				if !strings.Contains(got.header.Get("Allow"), m) {
					t.Errorf("%s %s: Allow: %s, want %s", method, path, got.header.Get("Allow"), m)
				}
			}
		}
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	t.Parallel()
	s := newService(t)
	root := client{t: t, server: suite.server}
	for _, c := range []struct {
		client
		path string
	}{{root, "/healthz"}, {root, "/readyz"}, {root, "/openapi.json"}, {s.client, ""}, {s.client, "/users"}} {
		get, head := c.get(c.path).is(200), c.send("HEAD", c.path, nil)
		if head.status != 200 || len(head.body) != 0 || head.header.Get("Content-Type") != get.header.Get("Content-Type") {
			t.Errorf("HEAD %s: %d %v", c.path, head.status, head.header)
		}
	}
	if got := root.send("HEAD", "/v1/services", nil); got.status != 401 {
		t.Errorf("HEAD without a key: %d", got.status)
	}
}

func TestOptionsNeedsNoKeyAndTellsTheMethods(t *testing.T) {
	t.Parallel()
	root := client{t: t, server: suite.server}
	got := root.send("OPTIONS", "/v1/services", nil, wrong).is(204)
	if allow := got.header.Get("Allow"); !strings.Contains(allow, "GET") || !strings.Contains(allow, "POST") {
		t.Errorf("Allow: %s", allow)
	}
	if got.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("other sites are allowed in")
	}
}

func TestABodyMustBeJSON(t *testing.T) {
	t.Parallel()
	s := newService(t)
	body := members{"name": "Ada"}
	s.changesNothing(func() {
		for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "application/xml", "application/jsonp", "application/json; charset=latin1", "json", ";"} {
			s.post("/users", body, header("Content-Type", media), wrong).refused(415, "not-json", "")
		}
		s.post("/users", body, func(r *request) { r.Header.Del("Content-Type"); r.wrong = true }).refused(415, "not-json", "")
	})
	for _, media := range []string{"application/json", "application/json; charset=utf-8", "Application/JSON; charset=UTF-8"} {
		s.post("/users", body, header("Content-Type", media)).is(201)
	}
}

func TestABodyMustNotBeTooLarge(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.changesNothing(func() {
		for _, size := range []int{1<<20 + 1, 8 << 20} {
			s.post("/users", text(`{"name":"`+strings.Repeat("x", size)+`"}`), wrong).refused(413, "too-large", "")
		}
		s.post("/users", text(`{"name":"Ada"}`+strings.Repeat(" ", 2<<20)), wrong).refused(413, "too-large", "")
	})
	t.Run("also where its length is not told", func(t *testing.T) {
		req, err := http.NewRequestWithContext(t.Context(), "POST", s.server.url+s.base+"/users", io.MultiReader(strings.NewReader(`{"name":"`), bytes.NewReader(make([]byte, 2<<20))))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+s.key)
		got, err := httpClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close()
		if got.StatusCode != 413 {
			t.Errorf("answered %d", got.StatusCode)
		}
	})
}

func TestARequestThatIsNoHTTPDoesNotDisturb(t *testing.T) {
	t.Parallel()
	for _, sent := range []string{
		"\x16\x03\x01\x02\x00\x01\x00", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "POST /v1/services HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + strings.Repeat("a", 100_000) + "\r\n\r\n",
		"POST /v1/services HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"GET / HTTP/1.1\r\n\r\n",
	} {
		c, err := net.Dial("tcp", strings.TrimPrefix(suite.server.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprint(c, sent)
		_ = c.(*net.TCPConn).CloseWrite()
		answer, _ := io.ReadAll(c)
		_ = c.Close()
		if status, _, _ := strings.Cut(string(answer), "\r\n"); strings.Contains(status, " 200 ") || strings.Contains(status, " 500 ") {
			t.Errorf("%.40q is answered %s", sent, status)
		}
	}
	client{t: t, server: suite.server}.get("/healthz").is(200)
}

func TestEveryRequestHasAnID(t *testing.T) {
	t.Parallel()
	s := newService(t)
	mine := s.post("/users", members{"name": "Ada"}, header("X-Request-Id", "order-4711.a:b_c")).is(201)
	if got := mine.header.Get("X-Request-Id"); got != "order-4711.a:b_c" {
		t.Errorf("the answer has the id %s", got)
	}
	found := last(s.history(where("type", "UserRegistered")), "UserRegistered")
	if found.CorrelationID != "order-4711.a:b_c" {
		t.Errorf("the event has the correlation id %s", found.CorrelationID)
	}
	seen := map[string]bool{}
	for _, bad := range []string{"", "a b", "ü", strings.Repeat("x", 65), "a\"b", "a/b", "<script>"} {
		got := s.get("", header("X-Request-Id", bad)).is(200).header.Get("X-Request-Id")
		if got == bad || got == "" || seen[got] {
			t.Errorf("the id %q became %q", bad, got)
		}
		seen[got] = true
	}
	refused := s.post("/users", members{}, header("X-Request-Id", "mine"), wrong).refused(422, "invalid", "name")
	if refused.RequestID != "mine" {
		t.Errorf("the problem has the id %s", refused.RequestID)
	}
}

func TestAnswersTellBrowsersToBeCareful(t *testing.T) {
	t.Parallel()
	s := newService(t)
	root := client{t: t, server: suite.server}
	for _, got := range []answer{
		s.get(""), s.post("/users", members{"name": "Ada"}), s.post("/users", members{}, wrong), root.get("/v1/services"),
		root.get("/nowhere", wrong), root.get("/healthz"), root.get("/metrics"), root.get("/openapi.json"), s.delete(""),
	} {
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		} {
			if v := got.header.Get(name); v != want {
				t.Errorf("%s: %s: %s, want %s", got.name(), name, v, want)
			}
		}
		if server := got.header.Get("Server"); server != "" {
			t.Errorf("it tells what it is made of: %s", server)
		}
	}
}

func TestTheServerTellsHowItIs(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	e := s.endpoint(s.user().ID, receive(t, nil).url(), "card_issued")
	s.awaitDelivery(s.publish("card_issued", "").ID, e.ID, "delivered")
	root := client{t: t, server: suite.server}
	for _, path := range []string{"/healthz", "/readyz"} {
		health := of[struct {
			Status string `json:"status"`
			Checks []struct {
				Name string `json:"name"`
				OK   bool   `json:"ok"`
			} `json:"checks"`
		}](root.get(path).is(200))
		if health.Status != "ok" {
			t.Errorf("%s: %+v", path, health)
		}
		for _, c := range health.Checks {
			if !c.OK {
				t.Errorf("%s: %+v", path, c)
			}
		}
	}
	root.get("/nowhere", wrong).is(404)
	metrics := string(root.get("/metrics").is(200).body)
	for _, name := range []string{
		`webplug_attempts_total{result="delivered"}`, "webplug_attempt_seconds_bucket", `webplug_http_requests_total{method="POST",route="/v1/services/:svc/messages",status="202"}`,
		`route="none",status="404"`, "webplug_http_request_seconds_count", "webplug_stuck_events 0", "webplug_projection_lag", "go_goroutines", "process_open_fds",
	} {
		if !strings.Contains(metrics, name) {
			t.Errorf("/metrics has no %s", name)
		}
	}
	if strings.Contains(metrics, s.id) || strings.Contains(metrics, e.ID) {
		t.Error("/metrics has a series for each service or endpoint")
	}
}

func TestNothingIsStuck(t *testing.T) {
	t.Parallel()
	c := admin(t)
	if rows := first[row](c, "/stuck"); len(rows) != 0 {
		t.Errorf("stuck: %v", rows)
	}
	c.post("/stuck/nothing/retry", nil).refused(404, "not-found", "")
	c.post("/stuck/"+escaped("svc_1/msg_1")+"/retry", nil, wrong).refused(404, "not-found", "")
}
