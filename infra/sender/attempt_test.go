package sender_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"webplug/domain"
	"webplug/infra/sender"
)

func TestAttempt_sends_a_webhook_as_Standard_Webhooks_has_it(t *testing.T) {
	url, got := endpoint(t, answerWith(204))
	a := webhook(url + "/hooks/a%2Fb?x=1&y=%20")
	a.Body = []byte("{\"n\":9007199254740993 , \"s\":\"<é>\"}\n")
	a.At = time.Unix(1_800_000_000, 999_999_999)
	r := open(t).Attempt(t.Context(), a)
	if !r.Delivered() || r.StatusCode != 204 || r.Answer != nil || r.RetryAfter != 0 {
		t.Fatalf("got %+v", r)
	}
	requests := got()
	if len(requests) != 1 {
		t.Fatalf("%d requests", len(requests))
	}
	sent := requests[0]
	if sent.Method != "POST" || sent.RequestURI != "/hooks/a%2Fb?x=1&y=%20" || sent.Host != strings.TrimPrefix(url, "http://") {
		t.Errorf("%s %s to %s", sent.Method, sent.RequestURI, sent.Host)
	}
	if !bytes.Equal(sent.body, a.Body) || sent.ContentLength != int64(len(a.Body)) {
		t.Errorf("body %q of %d bytes", sent.body, sent.ContentLength)
	}
	want := http.Header{
		"Accept-Encoding":   {"identity"},
		"Content-Length":    {strconv.Itoa(len(a.Body))},
		"Content-Type":      {"application/json"},
		"User-Agent":        {"WebPlug/1.2.3"},
		"Webhook-Id":        {"msg_1"},
		"Webhook-Signature": {sender.Signature("msg_1", a.At, a.Body, a.Secrets)},
		"Webhook-Timestamp": {"1800000000"},
	}
	for name, values := range sent.Header {
		if !slices.Equal(values, want[name]) {
			t.Errorf("%s: %q, want %q", name, values, want[name])
		}
	}
	if len(sent.Header) != len(want) {
		t.Errorf("got %v", sent.Header)
	}
}

func TestAttempt_without_body_or_secret(t *testing.T) {
	url, got := endpoint(t, answerWith(200))
	a := webhook(url)
	a.Body, a.Secrets = nil, nil
	if r := open(t).Attempt(t.Context(), a); !r.Delivered() {
		t.Fatalf("got %+v", r)
	}
	if sent := got()[0]; len(sent.body) != 0 || sent.Header["Webhook-Signature"] != nil {
		t.Errorf("sent %q, %v", sent.body, sent.Header)
	}
}

func TestAttempt_takes_2xx_alone_for_a_success(t *testing.T) {
	for _, code := range []int{200, 201, 202, 204, 206, 299, 300, 304, 400, 404, 408, 410, 429, 500, 503, 599} {
		url, got := endpoint(t, answerWith(code))
		r := open(t).Attempt(t.Context(), webhook(url))
		if success := code < 300; r.Delivered() != success || r.StatusCode != code || !success && r.Cause != domain.CauseOfStatus(code) {
			t.Errorf("%d: got %+v", code, r)
		}
		if n := len(got()); n != 1 {
			t.Errorf("%d: %d requests", code, n)
		}
	}
}

func TestAttempt_follows_no_redirect(t *testing.T) {
	elsewhere, gotElsewhere := endpoint(t, answerWith(200))
	for _, code := range []int{301, 302, 303, 307, 308} {
		url, _ := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere)
			w.WriteHeader(code)
		})
		if r := open(t).Attempt(t.Context(), webhook(url)); r.Cause != domain.CauseOfStatus(code) {
			t.Errorf("%d: got %+v", code, r)
		}
	}
	if n := len(gotElsewhere()); n != 0 {
		t.Errorf("%d requests went on", n)
	}
}

func TestAttempt_keeps_no_cookies(t *testing.T) {
	url, got := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
	})
	s := open(t)
	s.Attempt(t.Context(), webhook(url))
	s.Attempt(t.Context(), webhook(url))
	if sent := got(); len(sent) != 2 || sent[1].Header["Cookie"] != nil {
		t.Errorf("the second request: %v", sent[1].Header)
	}
}

func TestAttempt_uses_no_proxy_of_the_environment(t *testing.T) {
	proxy, gotProxy := endpoint(t, answerWith(200))
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy)
	}
	url, got := endpoint(t, answerWith(200))
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	s := open(t, func(o *sender.Options) { // a name, since no proxy is ever used for 127.0.0.1
		o.Guard.Resolver = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
	})
	r := s.Attempt(t.Context(), webhook("http://hooks.example.com:"+port))
	if !r.Delivered() || len(got()) != 1 || len(gotProxy()) != 0 {
		t.Errorf("the proxy was asked: %+v", r)
	}
}

func TestAttempt_keeps_the_first_4_KB_of_an_answer(t *testing.T) {
	var squeezed bytes.Buffer
	z := gzip.NewWriter(&squeezed)
	_, _ = io.WriteString(z, "hello")
	_ = z.Close()
	long := bytes.Repeat([]byte("0123456789abcdef"), 1<<20/16)
	tests := []struct {
		name    string
		headers map[string]string
		body    []byte
		want    []byte
	}{
		{"nothing", nil, nil, nil},
		{"a little", nil, []byte(`{"ok":true}`), []byte(`{"ok":true}`)},
		{"exactly 4 KB", nil, long[:domain.MaxAnswer], long[:domain.MaxAnswer]},
		{"a byte more", nil, long[:domain.MaxAnswer+1], long[:domain.MaxAnswer]},
		{"a page", nil, long[:20_000], long[:domain.MaxAnswer]},
		{"a megabyte", nil, long, long[:domain.MaxAnswer]},
		{"bytes that are no text", nil, []byte("\x00\xff\xfe\n"), []byte("\x00\xff\xfe\n")},
		{"compressed though not asked for", map[string]string{"Content-Encoding": "gzip"}, squeezed.Bytes(), squeezed.Bytes()},
	}
	for _, test := range tests {
		for _, chunked := range []bool{false, true} {
			t.Run(test.name, func(t *testing.T) {
				url, _ := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
					for name, value := range test.headers {
						w.Header().Set(name, value)
					}
					if !chunked {
						w.Header().Set("Content-Length", strconv.Itoa(len(test.body)))
					}
					w.WriteHeader(http.StatusOK)
					for part := range slices.Chunk(test.body, 1000) {
						_, _ = w.Write(part)
						if chunked {
							w.(http.Flusher).Flush()
						}
					}
				})
				r := open(t).Attempt(t.Context(), webhook(url))
				if !r.Delivered() || !bytes.Equal(r.Answer, test.want) {
					t.Errorf("got %q and %d bytes, want %d", r.Cause, len(r.Answer), len(test.want))
				}
				if len(test.want) == 0 && r.Answer != nil {
					t.Error("nothing is not nil")
				}
			})
		}
	}
}

func TestAttempt_reads_Retry_After(t *testing.T) {
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		header string
		want   time.Duration
	}{
		{"", 0},
		{"0", 0},
		{"120", 2 * time.Minute},
		{" 7 ", 7 * time.Second},
		{"86400", 24 * time.Hour},
		{"86401", 24 * time.Hour},
		{"99999999999999999999999999", 24 * time.Hour},
		{"-5", 0},
		{"+5", 0},
		{"1.5", 0},
		{"1e3", 0},
		{"soon", 0},
		{"120, 60", 0},
		{"Tue, 24 Nov 2026 12:01:30 GMT", 90 * time.Second},
		{"Tuesday, 24-Nov-26 12:01:30 GMT", 90 * time.Second},
		{"Tue Nov 24 12:01:30 2026", 90 * time.Second},
		{"Tue, 24 Nov 2026 11:59:00 GMT", 0},
		{"Thu, 24 Nov 2095 12:00:00 GMT", 24 * time.Hour},
		{"Mon, 01 Jan 0001 00:00:00 GMT", 0},
	}
	for _, test := range tests {
		for _, code := range []int{301, 404, 429, 503} {
			url, _ := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", test.header)
				w.WriteHeader(code)
			})
			a := webhook(url)
			a.At = at
			if r := open(t).Attempt(t.Context(), a); r.RetryAfter != test.want {
				t.Errorf("%q with %d: got %v, want %v", test.header, code, r.RetryAfter, test.want)
			}
		}
	}
}
