package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// client speaks with a server as the holder of a key. Paths go on from its base.
type client struct {
	t      testing.TB
	server *server
	key    string
	base   string
}

// admin is the shared server's admin.
func admin(t testing.TB) client {
	return client{t: t, server: suite.server, key: suite.server.adminKey, base: "/v1"}
}

// with is the client with another key.
func (c client) with(key string) client { c.key = key; return c }

// request is a call as it will be made.
type request struct {
	*http.Request
	wrong bool
}

// option changes a request.
type option func(*request)

// wrong says that the request is not meant to be as described.
func wrong(r *request) { r.wrong = true }

// header sets one, whatever its spelling.
func header(name string, values ...string) option {
	return func(r *request) { r.Header[http.CanonicalHeaderKey(name)] = values }
}

// once is an Idempotency-Key.
func once(key string) option { return header("Idempotency-Key", key) }

// where is the query, given as name, value, …
func where(pairs ...string) option {
	return func(r *request) {
		q := r.URL.Query()
		for i := 0; i < len(pairs); i += 2 {
			q.Add(pairs[i], pairs[i+1])
		}
		r.URL.RawQuery = q.Encode()
	}
}

// members is a JSON object. text is a body that goes as it is.
type (
	members map[string]any
	text    string
)

// httpClient is what all requests go by. It follows no redirect.
var httpClient = &http.Client{
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
	Timeout:       time.Minute,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (c client) get(path string, o ...option) answer {
	c.t.Helper()
	return c.send("GET", path, nil, o...)
}
func (c client) delete(path string, o ...option) answer {
	c.t.Helper()
	return c.send("DELETE", path, nil, o...)
}
func (c client) post(path string, body any, o ...option) answer {
	c.t.Helper()
	return c.send("POST", path, body, o...)
}
func (c client) patch(path string, body any, o ...option) answer {
	c.t.Helper()
	return c.send("PATCH", path, body, o...)
}

// send makes a request and holds it and its answer against the description. It may be called in any goroutine.
func (c client) send(method, path string, body any, options ...option) answer {
	c.t.Helper()
	sent := encode(body)
	req, err := http.NewRequestWithContext(context.Background(), method, c.server.url+c.base+path, nil)
	if err != nil {
		c.t.Errorf("%s %s: %v", method, path, err)
		return answer{t: c.t}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	r := request{Request: req}
	for _, o := range options {
		o(&r)
	}
	a := answer{t: c.t, exchange: exchange{request: r.Request, sent: sent, wrong: r.wrong}}
	if err := a.exchange.make(); err != nil {
		c.t.Errorf("%s: %v", a.name(), err)
		return a
	}
	suite.audit.note(c.server, a.exchange)
	if err := suite.api.check(a.exchange); err != nil {
		c.t.Errorf("%s %v\nanswer: %.1000s", a.name(), err, a.body)
	}
	if a.header.Get("X-Request-Id") == "" {
		c.t.Errorf("%s: the answer has no request id", a.name())
	}
	return a
}

// make sends the request and reads the answer.
func (e *exchange) make() error {
	req := e.request.Clone(e.request.Context())
	if len(e.sent) > 0 {
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(e.sent)), int64(len(e.sent))
	}
	got, err := httpClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = got.Body.Close() }()
	e.status, e.header = got.StatusCode, got.Header
	e.body, err = io.ReadAll(got.Body)
	return err
}

func encode(body any) []byte {
	switch b := body.(type) {
	case nil:
		return nil
	case text:
		return []byte(b)
	}
	out, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		panic(err) // a test's own value
	}
	return out
}

// newToken is a text that occurs nowhere else.
func newToken(prefix string) string {
	b := make([]byte, 12)
	_, _ = rand.Read(b)
	return prefix + "-" + hex.EncodeToString(b)
}

func escaped(s string) string { return url.PathEscape(s) }

// compact is JSON without space, to compare values.
func compact(v jsontext.Value) string {
	c := v.Clone()
	_ = c.Compact()
	return string(c)
}

// plain is JSON without space and with no more escapes than needed: numbers and the order of members are as they were.
func plain(v string) string {
	c := jsontext.Value(v)
	_ = c.Format(jsontext.PreserveRawStrings(false))
	return string(c)
}
