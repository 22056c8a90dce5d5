// Package cloud is AWS as a function sees it, on this machine: one endpoint for all services, which hands each call to what
// stands for the service, writes down who called what, and can fail calls. It is for tests and measurements.
package cloud

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
)

// Call is a request to AWS.
type Call struct {
	Caller  string // the access key
	Service string // as signatures name it: "dynamodb"
	Action  string // "PutItem"
	Body    []byte
}

// Cloud is the endpoint.
type Cloud struct {
	server *httptest.Server

	mu       sync.Mutex
	services map[string]http.Handler
	fault    Fault
	calls    []Call
}

// Fault may answer a call in the service's place: true says that it has. pass hands the call on, whose answer is then the
// fault's to give or to lose.
type Fault func(c Call, w http.ResponseWriter, pass func() (status int, body []byte)) bool

// New starts the endpoint.
func New() *Cloud {
	c := &Cloud{services: map[string]http.Handler{}}
	c.server = httptest.NewServer(c)
	return c
}

// URL is where the endpoint is.
func (c *Cloud) URL() string { return c.server.URL }

// Close ends the endpoint.
func (c *Cloud) Close() { c.server.Close() }

// Serve lets a service be answered by h, by the name that signatures have for it; a service that nobody answers is refused.
func (c *Cloud) Serve(service string, h http.Handler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.services[service] = h
}

// SetFault makes calls fail; nil ends that.
func (c *Cloud) SetFault(f Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fault = f
}

// Calls are all calls so far.
func (c *Cloud) Calls() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Call(nil), c.calls...)
}

// ServeHTTP finds out which service a call is for by its signature, and hands it on.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	call := Call{Body: body, Action: action(r, body)}
	call.Caller, call.Service = signer(r)
	c.mu.Lock()
	c.calls = append(c.calls, call)
	fault, service := c.fault, c.services[call.Service]
	c.mu.Unlock()
	if service == nil {
		http.Error(w, "no service "+call.Service, http.StatusNotImplemented)
		return
	}
	serve := func(w http.ResponseWriter) {
		again := r.Clone(r.Context())
		again.Body, again.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		service.ServeHTTP(w, again)
	}
	pass := func() (int, []byte) {
		answer := httptest.NewRecorder()
		serve(answer)
		return answer.Code, answer.Body.Bytes()
	}
	if fault == nil || !fault(call, w, pass) {
		serve(w)
	}
}

// signer reads the credential of a signature, "Credential=<key>/<date>/<region>/<service>/aws4_request".
// https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
func signer(r *http.Request) (key, service string) {
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	scope, _, _ = strings.Cut(scope, ",")
	parts := strings.Split(scope, "/")
	if len(parts) < 5 {
		return "", ""
	}
	return parts[0], parts[3]
}

// action reads what a call asks for: AWS's JSON protocols name it in a header, the query protocol in the form.
func action(r *http.Request, body []byte) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndex(target, ".")+1:]
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return ""
	}
	return form.Get("Action")
}

// Behind hands calls on to a server.
func Behind(endpoint string) (http.Handler, error) {
	at, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = at.Scheme, at.Host
		r.Out.Host = r.In.Host
	}, ErrorLog: log.New(io.Discard, "", 0)}, nil // who calls is told, or gone
}
