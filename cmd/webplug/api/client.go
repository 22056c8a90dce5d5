// Package api speaks WebPlug's HTTP API, as handlers/rest/openapi.yaml describes it. It keeps what the server answers as
// raw JSON, so that a program that only passes it on changes nothing, and it is strict: what is not an answer of WebPlug
// is an error that says so. It knows nothing of commands, flags or terminals.
package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Options are what a client needs.
type Options struct {
	URL     string        // of the server, without /v1
	Key     string        // an API key; "" sends none
	Agent   string        // User-Agent
	Timeout time.Duration // of one attempt; 0 is 30 s
	Retries int           // of what may be repeated; negative is none, 0 is 3
	Jitter  func() float64
	HTTP    http.RoundTripper // nil is one of its own
}

// Client makes requests to one server. It is safe for concurrent use.
type Client struct {
	base    *url.URL
	options Options
	http    *http.Client
	waits   func(ctx context.Context, d time.Duration) error
}

// maxAnswer bounds an answer, in bytes: a page of 100 messages with payloads of 240 KB is less.
const maxAnswer = 64 << 20

// MaxBody is more than any request may have, in bytes.
const MaxBody = 16 << 20

// New makes a client. It makes no request.
func New(o Options) (*Client, error) {
	base, err := url.Parse(strings.TrimSuffix(o.URL, "/"))
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.User != nil {
		return nil, fmt.Errorf("%q is no URL of a server, like http://127.0.0.1:8080", o.URL)
	}
	base.Path = strings.TrimSuffix(base.Path, "/v1")
	if strings.ContainsFunc(o.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the API key must be printable ASCII without spaces: it is sent in a header")
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.Retries == 0 {
		o.Retries = 3
	}
	transport := o.HTTP
	if transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = 32
		transport = t
	}
	return &Client{
		base: base, options: o, waits: Wait,
		http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // the key is for this server alone
		}},
	}, nil
}

// URL is the server's, without /v1.
func (c *Client) URL() string { return c.base.String() }

// Request is a call.
type Request struct {
	Method         string
	Path           string // escaped, from /v1 on
	Query          url.Values
	Body           jsontext.Value // sent as it is; nil sends none
	IdempotencyKey string
	Again          bool // it may be sent again, though it is a POST without a key
}

// Answer is what a 2xx brought.
type Answer struct {
	Status    int
	Body      jsontext.Value // nil after 204
	Position  string         // WebPlug-Position
	Stale     bool           // WebPlug-Stale
	RequestID string
}

// Into decodes the answer's body.
func (a Answer) Into(v any) error {
	if err := json.Unmarshal(a.Body, v); err != nil {
		return &UnexpectedError{Status: a.Status, RequestID: a.RequestID, What: "its JSON is of another shape: " + err.Error()}
	}
	return nil
}

// Do makes a call. A refusal is a *Problem, what is no answer of WebPlug an *UnexpectedError, and where none came an
// *UnreachableError. Calls that may be repeated without harm (all but POST without an Idempotency-Key) are made again, with
// growing pauses, after network errors, 408, 425, 429 and 5xx; the others after 429 alone.
func (c *Client) Do(ctx context.Context, r Request) (Answer, error) {
	for attempt := 0; ; attempt++ {
		a, after, err := c.once(ctx, r)
		if err == nil || ctx.Err() != nil || attempt >= c.options.Retries || !worthAgain(err, r.repeatable()) {
			return a, err
		}
		if c.waits(ctx, c.pause(attempt, after)) != nil {
			return a, err
		}
	}
}

func (r Request) repeatable() bool {
	return r.Again || r.IdempotencyKey != "" || r.Method != http.MethodPost
}

// once makes one attempt. after is the pause that the server asks for.
func (c *Client) once(ctx context.Context, r Request) (a Answer, after time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	answer, err := c.send(ctx, r, "application/json")
	if err != nil {
		return Answer{}, 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return Answer{}, 0, c.unreachable(err)
	}
	a, err = read(answer, body)
	return a, retryAfter(answer.Header, time.Now()), err
}

// send sends a request and gives the answer's head. Its body is to be closed.
func (c *Client) send(ctx context.Context, r Request, accept string) (*http.Response, error) {
	target := c.base.String() + r.Path
	if len(r.Query) > 0 {
		target += "?" + r.Query.Encode()
	}
	var body io.Reader
	if r.Body != nil {
		body = bytes.NewReader(r.Body)
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, target, body)
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	set := func(name, value string) {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	set("Accept", accept)
	set("User-Agent", c.options.Agent)
	set("Idempotency-Key", r.IdempotencyKey)
	if c.options.Key != "" {
		set("Authorization", "Bearer "+c.options.Key)
	}
	if r.Body != nil {
		set("Content-Type", "application/json")
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return nil, c.unreachable(err)
	}
	return answer, nil
}

func read(answer *http.Response, body []byte) (Answer, error) {
	a := Answer{
		Status: answer.StatusCode, Position: answer.Header.Get("WebPlug-Position"),
		Stale: answer.Header.Get("WebPlug-Stale") == "true", RequestID: answer.Header.Get("X-Request-Id"),
	}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	switch {
	case a.Status == http.StatusNoContent:
		return a, nil
	case a.Status >= 200 && a.Status <= 299 && kind == "application/json" && jsontext.Value(body).IsValid():
		a.Body = body
		return a, nil
	case a.Status >= 400 && kind == "application/problem+json":
		var p Problem
		if json.Unmarshal(body, &p) == nil && p.Status == a.Status && p.Type != "" {
			return a, &p
		}
	}
	return a, unexpected(answer, kind, body)
}
