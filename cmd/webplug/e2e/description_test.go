package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// description is the API's own description, as the server gives it. Objects whose members it names may have no others:
// what is answered must be described.
type description struct {
	doc    *openapi3.T
	router routers.Router

	mu   sync.Mutex
	used map[string]bool            // operations that were answered with a success
	held map[[sha256.Size]byte]bool // exchanges that were found to be as described
}

func readDescription(url string) (*description, error) {
	answer, err := http.Get(url + "/openapi.json")
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	d := &description{used: map[string]bool{}, held: map[[sha256.Size]byte]bool{}}
	if d.doc, err = openapi3.NewLoader().LoadFromData(text); err != nil {
		return nil, fmt.Errorf("/openapi.json is no description: %w", err)
	}
	for _, s := range d.doc.Components.Schemas {
		closeObjects(s)
	}
	for _, r := range d.doc.Components.Responses {
		closeContent(r.Value.Content)
	}
	for _, item := range d.doc.Paths.Map() {
		for _, op := range item.Operations() {
			for _, r := range op.Responses.Map() {
				closeContent(r.Value.Content)
			}
		}
	}
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
	if d.router, err = legacy.NewRouter(d.doc); err != nil {
		return nil, fmt.Errorf("/openapi.json is no valid description: %w", err)
	}
	return d, nil
}

func closeContent(c openapi3.Content) {
	for _, media := range c {
		closeObjects(media.Schema)
	}
}

func closeObjects(s *openapi3.SchemaRef) {
	if s == nil || s.Value == nil {
		return
	}
	if v := s.Value; len(v.Properties) > 0 && v.AdditionalProperties.Has == nil && v.AdditionalProperties.Schema == nil {
		v.AdditionalProperties.Has = new(bool)
	}
	for _, p := range s.Value.Properties {
		if p.Ref == "" {
			closeObjects(p)
		}
	}
	if items := s.Value.Items; items != nil && items.Ref == "" {
		closeObjects(items)
	}
}

// exchange is a request and what was answered.
type exchange struct {
	request *http.Request // without its body
	sent    []byte
	wrong   bool // the description need not allow the request
	status  int
	header  http.Header
	body    []byte
}

// check holds an exchange against the description.
func (d *description) check(e exchange) error {
	if e.request.Method == http.MethodHead || e.request.Method == http.MethodOptions {
		return nil
	}
	request := e.request.Clone(context.Background())
	request.URL.Scheme, request.URL.Host = "", "" // paths are described, not where the server is
	request.Body = io.NopCloser(bytes.NewReader(e.sent))
	route, params, err := d.router.FindRoute(request)
	if err != nil {
		if e.wrong && e.status >= http.StatusBadRequest {
			return d.checkProblem(e)
		}
		return fmt.Errorf("is not described: %w", err)
	}
	input := &openapi3filter.RequestValidationInput{
		Request: request, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true,
			RejectWhenRequestBodyNotSpecified: true, SkipSettingDefaults: true,
		},
	}
	if d.known(e) {
		return nil
	}
	if e.status < http.StatusBadRequest || !e.wrong {
		if err := errors.Join(openapi3filter.ValidateRequest(context.Background(), input), describedQuery(route, request)); err != nil {
			return fmt.Errorf("was sent (and answered %d), but the description refuses it: %w", e.status, err)
		}
	}
	output := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: e.status, Header: e.header, Options: input.Options,
	}
	output.SetBodyBytes(e.body)
	if err := errors.Join(openapi3filter.ValidateResponse(context.Background(), output), describedHeaders(route, e)); err != nil {
		return fmt.Errorf("was answered with %d, which is not as described: %w", e.status, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held[e.sum()] = true
	if e.status < http.StatusBadRequest {
		d.used[route.Operation.OperationID] = true
	}
	return nil
}

// known says whether an exchange that is the same but for its request id was found to be as described: tests ask the
// same thing again and again while they wait, and each look at the description takes milliseconds.
func (d *description) known(e exchange) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.held[e.sum()]
}

func (e exchange) sum() [sha256.Size]byte {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s %s %t %d %q %q\n", e.request.Method, e.request.URL, e.wrong, e.status, e.header.Values("Content-Type"), e.header.Values("Webplug-Position"))
	_, _ = fmt.Fprintf(h, "%q %q\n", e.header.Values("Webplug-Stale"), e.request.Header.Values("Idempotency-Key"))
	_, _ = fmt.Fprintf(h, "%d %s\n", len(e.sent), e.sent)
	h.Write(bytes.ReplaceAll(e.body, []byte(e.header.Get("X-Request-Id")), nil))
	return [sha256.Size]byte(h.Sum(nil))
}

// checkProblem holds the answer of a path that is not described against the schema of problems.
func (d *description) checkProblem(e exchange) error {
	if media := e.header.Get("Content-Type"); media != "application/problem+json" {
		return fmt.Errorf("was answered with %d as %q, not as a problem", e.status, media)
	}
	return d.doc.Components.Schemas["Problem"].Value.VisitJSON(decodeAny(e.body), openapi3.EnableJSONSchema2020())
}

// describedQuery finds parameters that the description does not know.
func describedQuery(route *routers.Route, r *http.Request) error {
	for name := range r.URL.Query() {
		if route.Operation.Parameters.GetByInAndName("query", name) == nil {
			return fmt.Errorf("the query parameter %s is not described", name)
		}
	}
	return nil
}

// describedHeaders finds headers of WebPlug's own that the description does not know.
func describedHeaders(route *routers.Route, e exchange) error {
	answer := route.Operation.Responses.Status(e.status)
	if answer == nil {
		answer = route.Operation.Responses.Default()
	}
	for name := range e.header {
		own := strings.HasPrefix(name, "Webplug-")
		known := slices.ContainsFunc(headerNames(answer), func(n string) bool { return http.CanonicalHeaderKey(n) == name })
		if own && !known {
			return fmt.Errorf("the header %s is not described", name)
		}
	}
	return nil
}

func headerNames(r *openapi3.ResponseRef) []string {
	if r == nil {
		return nil
	}
	names := make([]string, 0, len(r.Value.Headers))
	for n := range r.Value.Headers {
		names = append(names, n)
	}
	return names
}

// operation is a call that the description has.
type operation struct {
	id, method, path string
	public           bool // needs no key
}

// operations lists all calls, in an order that is always the same.
func (d *description) operations() []operation {
	var out []operation
	for path, item := range d.doc.Paths.Map() {
		for method, op := range item.Operations() {
			out = append(out, operation{op.OperationID, method, path, op.Security != nil && len(*op.Security) == 0})
		}
	}
	slices.SortFunc(out, func(a, b operation) int { return strings.Compare(a.path+" "+a.method, b.path+" "+b.method) })
	return out
}

// neverSucceeds lists the operations that this deployment always refuses, and why.
var neverSucceeds = map[string]string{
	"retryStuck": "nothing gets stuck here",
}

// unused says which operations no test has used with success.
func (d *description) unused() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var missing []string
	for _, op := range d.operations() {
		if _, never := neverSucceeds[op.id]; !never && !d.used[op.id] {
			missing = append(missing, op.id)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("no test has used %s with success", strings.Join(missing, ", "))
	}
	return nil
}
