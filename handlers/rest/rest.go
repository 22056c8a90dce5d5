// Package rest is WebPlug's HTTP API: it decodes requests, lets the domain decide, and writes the answer. It is for
// people and programs that drive WebPlug; it knows ports, never a store's technology, and keeps no state of its own.
package rest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Options is what the API is made of. All are needed but where it says otherwise.
type Options struct {
	Log       *eventlog.Log
	Directory Directory
	Queries   Queries
	KeyUses   KeyUses
	// CheckURL refuses URLs that may not be sent to. Its error is told to the caller.
	CheckURL func(ctx context.Context, url string) error
	// Handshakes confirms subscriptions of the format sns; nil where this deployment has no SNS.
	Handshakes Handshakes
	// Health is what /readyz says.
	Health func(context.Context) []Check
	// System is what /v1/system says.
	System func(context.Context) System
	NewID  eventlog.IDs // ULIDs, 26 characters
	Random io.Reader    // for secrets: crypto/rand's reader
	Clock  eventlog.Clock
	// AdminKey may do everything.
	AdminKey string
	// DefaultFormat is the format of new services that name none.
	DefaultFormat domain.Format
	// Metrics answers /metrics.
	Metrics http.Handler
	// Pages answers the management UI's paths; nil where there is no UI.
	Pages  http.Handler
	Logger *slog.Logger
	// Observe is told of each answer; nil for nobody. route is the path's pattern, "" where none matched.
	Observe func(method, route string, status int, took time.Duration)
	// Timeout bounds each request's work; 0 is DefaultTimeout.
	Timeout time.Duration
	// Function says that the process stands still between requests and answers each whole (AWS Lambda): who asks for a
	// stream gets the JSON of the same path, and deadlines are not shared, since one that began before a standstill may
	// end with it.
	Function bool
}

// DefaultTimeout bounds a request's work.
const DefaultTimeout = 15 * time.Second

// API is the HTTP API. It is safe for concurrent use.
type API struct {
	Options
	adminSum    [sha256.Size]byte
	echo        *echo.Echo
	description []byte // openapi.yaml as JSON
	streams     streams
	commands    deadlines
}

// New makes the API.
func New(o Options) (*API, error) {
	if o.AdminKey == "" {
		return nil, errors.New("the API needs an admin key")
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	description, err := describe()
	if err != nil {
		return nil, fmt.Errorf("read the API's description: %w", err)
	}
	a := &API{
		Options: o, adminSum: sha256.Sum256([]byte(o.AdminKey)), echo: echo.New(), description: description, streams: newStreams(),
	}
	a.commands.limit = o.Timeout
	a.echo.HTTPErrorHandler = func(err error, c echo.Context) { a.fail(c, err) }
	a.echo.Use(a.around)
	a.serveRoutes()
	return a, nil
}

// ServeHTTP answers a request. A HEAD is a GET whose body net/http leaves out (RFC 9110, 9.3.2).
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		r = r.WithContext(r.Context()) // a copy: net/http looks at its own
		r.Method = http.MethodGet
	}
	a.echo.ServeHTTP(w, r)
}
