package rest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/go-json-experiment/json"
	"github.com/oklog/ulid/v2"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/handlers/rest"
)

const adminKey = "the admin's own key"

// world is the API over a log in memory. Every answer is held against the API's own description, and every request
// that is taken.
type world struct {
	*testing.T
	options   rest.Options
	api       *rest.API
	memory    *memory
	log       *eventlog.Log
	directory *directory
	queries   *queries
	checks    []rest.Check
	refused   map[string]error // by URL: what the guard says
	lines     *lines
	described routers.Router
	unheld    bool // while a test's past is made: other tests hold the same requests
	mu        sync.Mutex
	held      map[string]int
	now       time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		T: t, memory: newMemory(), refused: map[string]error{}, lines: &lines{},
		now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), checks: []rest.Check{{Name: "disk", OK: true}},
	}
	master := bytes.Repeat([]byte{7}, eventlog.MasterKeySize)
	sealer, err := eventlog.NewSealer(w.memory, master, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w.log = eventlog.New(w.memory, domain.Events(), sealer, w.clock, newID)
	w.directory = &directory{memory: w.memory, log: w.log}
	w.queries = &queries{directory: w.directory}
	w.options = rest.Options{
		Log: w.log, Directory: w.directory, Queries: w.queries, KeyUses: keyUses{}, NewID: newID, Random: rand.Reader, Clock: w.clock,
		CheckURL: func(_ context.Context, url string) error { return w.refused[url] },
		Health:   func(context.Context) []rest.Check { return w.checks },
		System: func(context.Context) rest.System {
			return rest.System{Version: "1", Store: "memory", RowsFormat: 1, Consumers: []rest.Consumer{{Name: "views"}}}
		},
		AdminKey: adminKey, DefaultFormat: domain.StandardWebhooks, Logger: slog.New(slog.NewJSONHandler(w.lines, nil)),
		Metrics: http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(rw, "up 1\n")
		}),
	}
	w.observe(nil)
	if w.described, err = description(); err != nil {
		t.Fatal(err)
	}
	return w
}

// observe makes the API anew, with somebody who is told of its answers.
func (w *world) observe(by func(method, route string, status int, took time.Duration)) {
	w.Helper()
	w.options.Observe = by
	var err error
	if w.api, err = rest.New(w.options); err != nil {
		w.Fatal(err)
	}
}

func newID() string { return ulid.Make().String() }

// clock goes on by a millisecond each time it is read.
func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Millisecond)
	return w.now
}

// lines keeps what is logged.
type lines struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}

// description is the API's own description. Objects whose members it names may have no others: what is answered must be
// described.
var description = sync.OnceValues(func() (routers.Router, error) {
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	for _, s := range doc.Components.Schemas {
		closed(s)
	}
	for _, r := range doc.Components.Responses {
		for _, c := range r.Value.Content {
			closed(c.Schema)
		}
	}
	return legacy.NewRouter(doc)
})

func closed(s *openapi3.SchemaRef) {
	if s == nil || s.Value == nil {
		return
	}
	if len(s.Value.Properties) > 0 && s.Value.AdditionalProperties.Has == nil && s.Value.AdditionalProperties.Schema == nil {
		s.Value.AdditionalProperties.Has = new(bool)
	}
	for _, p := range s.Value.Properties {
		if p.Ref == "" {
			closed(p)
		}
	}
	if s.Value.Items != nil && s.Value.Items.Ref == "" {
		closed(s.Value.Items)
	}
}

// request is one request to the API.
type request struct {
	key     string // "" is the admin's
	method  string
	path    string
	body    any // a string goes as it is; nil is none
	headers map[string]string
}

// answer is what the API answered.
type answer struct {
	t      *testing.T
	asked  request
	status int
	header http.Header
	text   string
	wrote  int // events in the log that came meanwhile
}

// send makes a request and holds it and its answer against the description.
func (w *world) send(r request) answer {
	w.Helper()
	body := []byte(nil)
	switch b := r.body.(type) {
	case nil:
	case string:
		body = []byte(b)
	default:
		var err error
		if body, err = json.Marshal(b); err != nil {
			w.Fatal(err)
		}
	}
	make := func() *http.Request {
		req := httptest.NewRequestWithContext(w.Context(), r.method, r.path, bytes.NewReader(body))
		if body != nil {
			req.Header.Set("Content-Type", "application/json")
		}
		switch r.key {
		case "":
			req.Header.Set("Authorization", "Bearer "+adminKey)
		case "none":
		default:
			req.Header.Set("Authorization", "Bearer "+r.key)
		}
		for k, v := range r.headers {
			req.Header.Set(k, v)
		}
		return req
	}
	rec := httptest.NewRecorder()
	before := w.events()
	w.api.ServeHTTP(rec, make())
	a := answer{w.T, r, rec.Code, rec.Header(), rec.Body.String(), w.events() - before}
	if !w.unheld {
		w.hold(a, make())
	}
	return a
}

// hold checks an answer, and the request if it was taken, against the description.
func (w *world) hold(a answer, req *http.Request) {
	w.Helper()
	if a.header.Get("X-Request-Id") == "" {
		w.Errorf("%s %s: no request id in the answer", a.asked.method, a.asked.path)
	}
	route, params, err := w.described.FindRoute(req)
	if err != nil {
		if a.status < 400 {
			w.Errorf("%s %s answered %d, but is not described: %v", a.asked.method, a.asked.path, a.status, err)
		}
		return
	}
	if !w.holds(fmt.Sprint(route.Method, route.Path, a.status)) {
		return
	}
	input := &openapi3filter.RequestValidationInput{
		Request: req, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true,
		},
	}
	if a.status < 400 {
		if err := openapi3filter.ValidateRequest(req.Context(), input); err != nil {
			w.Errorf("%s %s was taken, but the description refuses it: %v", a.asked.method, a.asked.path, err)
		}
	}
	response := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: a.status, Header: a.header, Options: input.Options,
	}
	response.SetBodyBytes([]byte(a.text))
	if err := openapi3filter.ValidateResponse(req.Context(), response); err != nil {
		w.Errorf("%s %s answered %d, which is not as described: %v\n%s", a.asked.method, a.asked.path, a.status, err, a.text)
	}
}

// holds says whether another answer of a kind is to be held: some are enough, since holding one costs a hundred requests.
func (w *world) holds(kind string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held == nil {
		w.held = map[string]int{}
	}
	w.held[kind]++
	return w.held[kind] <= 4
}

func (w *world) get(path string) answer {
	w.Helper()
	return w.send(request{method: "GET", path: path})
}
func (w *world) post(path string, body any, key ...string) answer {
	w.Helper()
	r := request{method: "POST", path: path, body: body}
	if len(key) > 0 {
		r.headers = map[string]string{"Idempotency-Key": key[0]}
	}
	return w.send(r)
}
func (w *world) patch(path string, body any) answer {
	w.Helper()
	return w.send(request{method: "PATCH", path: path, body: body})
}
func (w *world) delete(path string) answer {
	w.Helper()
	return w.send(request{method: "DELETE", path: path})
}

// want demands a status.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s %s %.300v answered %d, want %d\n%s", a.asked.method, a.asked.path, a.asked.body, a.status, status, a.text)
	}
	return a
}

// refused demands a status, that the problem names these fields, and that nothing was written.
func (a answer) refused(status int, fields ...string) answer {
	a.t.Helper()
	if a.want(status); a.wrote != 0 {
		a.t.Fatalf("%s %s was refused and wrote %d events all the same", a.asked.method, a.asked.path, a.wrote)
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		a.t.Fatalf("%s %s: a refusal of type %q", a.asked.method, a.asked.path, got)
	}
	var named []string
	for _, e := range a.list("errors") {
		named = append(named, fmt.Sprint(e.(map[string]any)["field"]))
	}
	if strings.Join(named, " ") != strings.Join(fields, " ") {
		a.t.Fatalf("%s %s %.300v: the refusal names %q, want %q\n%s", a.asked.method, a.asked.path, a.asked.body, named, fields, a.text)
	}
	return a
}

// object is the answer's JSON.
func (a answer) object() map[string]any {
	a.t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(a.text), &out); err != nil {
		a.t.Fatalf("%s %s: %v\n%s", a.asked.method, a.asked.path, err, a.text)
	}
	return out
}

// at is a member of the answer as text: "" where it is null or absent.
func (a answer) at(member string) string {
	a.t.Helper()
	switch v := a.object()[member].(type) {
	case nil:
		return ""
	case float64:
		return fmt.Sprintf("%v", v)
	default:
		return fmt.Sprint(v)
	}
}

func (a answer) id() string { a.t.Helper(); return a.at("id") }

func (a answer) list(member string) []any {
	a.t.Helper()
	l, _ := a.object()[member].([]any)
	return l
}

// members is one member of each of the answer's rows.
func (a answer) members(name string) []string {
	a.t.Helper()
	var out []string
	for _, row := range a.list("data") {
		out = append(out, fmt.Sprint(row.(map[string]any)[name]))
	}
	return out
}

func (a answer) position() string { return a.header.Get("WebPlug-Position") }

// events counts what the log holds.
func (w *world) events() int { return len(w.memory.committed()) }

// obj is a JSON object.
type obj = map[string]any

// shop is a service with a user, an event type and an endpoint that is subscribed to it.
type shop struct {
	*world
	service, user, kind, endpoint, sub string
	path                               string // of the service
}

const hook = "https://hooks.example.com/in"

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{world: newWorld(t)}
	s.unheld = true
	defer func() { s.unheld = false }()
	s.service = s.post("/v1/services", obj{"name": "Card company"}).want(201).id()
	s.path = "/v1/services/" + s.service
	s.user = s.post(s.path+"/users", obj{"name": "Customer"}).want(201).id()
	s.kind = s.post(s.path+"/event-types", obj{"name": "card_issued", "example": obj{"card": 1}}).want(201).id()
	a := s.post(s.path+"/subscriptions", obj{"user_id": s.user, "event_type": "card_issued", "endpoint": hook}).want(201)
	s.sub, s.endpoint = a.id(), a.at("endpoint_id")
	return s
}

// key makes an API key.
func (w *world) key(service string, scopes ...string) (id, text string) {
	w.Helper()
	body := obj{"name": "a key", "scopes": scopes, "holder": obj{"name": "Ada", "kind": "person"}}
	if service != "" {
		body["service_id"] = service
	}
	a := w.post("/v1/keys", body).want(201)
	return a.id(), a.at("key")
}

// publish publishes a message to the shop's user.
func (s *shop) publish() string {
	s.Helper()
	return s.post(s.path+"/messages", obj{"event_type": "card_issued", "user_id": s.user, "payload": obj{"n": 1}}).want(202).id()
}
