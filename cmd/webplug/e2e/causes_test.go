package e2e

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"testing"
)

// raw is an endpoint that treats each connection as it likes.
func raw(t testing.TB, treat func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				treat(c)
			}()
		}
	}()
	return "http://" + l.Addr().String() + "/hook"
}

// nobodyListens is a URL where nobody does: a port that was free a moment ago might be another test's by now.
const nobodyListens = "http://127.0.0.1:1/hook"

func TestAFailureHasACauseOfTheFixedVocabulary(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	hold := make(chan struct{})
	t.Cleanup(func() { close(hold) })
	read := func(c net.Conn) { _, _ = c.Read(make([]byte, 64<<10)) }
	for name, c := range map[string]struct {
		url    string
		causes []string
	}{
		"nobody listens":       {nobodyListens, []string{"connect_refused"}},
		"no such host":         {"http://nowhere.invalid/hook", []string{"dns_no_host", "dns_failed"}}, // as the resolver likes
		"unknown authority":    {secure.URL + "/hook", []string{"tls_invalid"}},
		"closed at once":       {raw(t, func(net.Conn) {}), []string{"closed_early"}},
		"closed after reading": {raw(t, read), []string{"closed_early"}},
		"no HTTP":              {raw(t, func(c net.Conn) { read(c); _, _ = c.Write([]byte("220 mail.example.com ESMTP\r\n")) }), []string{"answer_invalid"}},
		"an answer that is cut": {raw(t, func(c net.Conn) {
			read(c)
			_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"))
		}), []string{"closed_early"}},
		"too slow":                {raw(t, func(net.Conn) { <-hold }), []string{"timeout"}},
		"a client error":          {receive(t, always(404)).url(), []string{"http_404"}},
		"a server error":          {receive(t, always(500)).url(), []string{"http_500"}},
		"a status nobody knows":   {receive(t, always(599)).url(), []string{"http_599"}},
		"not modified":            {receive(t, always(304)).url(), []string{"http_304"}},
		"too many requests":       {receive(t, always(429)).url(), []string{"http_429"}},
		"authorisation is wanted": {receive(t, always(401)).url(), []string{"http_401"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.eventType("card_issued")
			e := s.endpoint(s.user().ID, c.url, "card_issued")
			m := s.publish("card_issued", "")
			d := s.awaitDelivery(m.ID, e.ID, "retrying")
			if !slices.Contains(c.causes, value(d.Cause)) {
				t.Errorf("the cause is %s, want %v", value(d.Cause), c.causes)
			}
			if name == "too slow" {
				if ms := last(s.historyOf(m.ID), "AttemptFailed").number("duration_ms"); ms < 15_000 {
					t.Errorf("it was given up after %g ms", ms)
				}
			}
			if found := first[messageRow](s.client, "/messages", where("cause", value(d.Cause))); len(found) != 1 {
				t.Errorf("messages with this cause: %+v", found)
			}
			s.discard(m.ID, e.ID)
		})
	}
}

func TestEverySuccessfulStatusDelivers(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	for _, status := range []int{200, 201, 202, 204, 206, 299} {
		r := receive(t, always(status))
		e := s.endpoint(s.user().ID, r.url(), "card_issued")
		d := s.awaitDelivery(s.publish("card_issued", e.UserID).ID, e.ID, "delivered")
		if value(d.LastStatusCode) != status || d.Attempts != 1 {
			t.Errorf("answered %d: %+v", status, d)
		}
	}
}

func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	proxy := receive(t, nil)
	s := serviceOn(t, startOptions{private: true, env: []string{
		"HTTP_PROXY=" + proxy.server.URL, "http_proxy=" + proxy.server.URL, "ALL_PROXY=" + proxy.server.URL, "NO_PROXY=", "no_proxy=",
	}})
	s.eventType("card_issued")
	e := s.endpoint(s.user().ID, "http://nowhere.invalid/hook", "card_issued")
	m := s.publish("card_issued", "")
	eventually(t, "the attempt has failed", func() bool { return s.delivery(m.ID, e.ID).Attempts > 0 })
	if n := len(proxy.got()); n != 0 {
		t.Errorf("a proxy got %d requests", n)
	}
}

// serviceOn starts a server of the test's own, and creates a service there.
func serviceOn(t testing.TB, o startOptions) service {
	t.Helper()
	o.adminKey = newToken("admin")
	s, err := start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
		_ = os.RemoveAll(s.dir)
	})
	return serviceOf(client{t: t, server: s, key: s.adminKey, base: "/v1"})
}
