package rest

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// call is one request, once its caller is known to be allowed to make it.
type call struct {
	echo.Context
	caller  caller
	service domain.Service // of the path, where it has one; it exists
	cause   eventlog.Cause
	body    []byte   // once decoded
	at      position // of what a command changed
	quiet   bool     // too frequent to be logged above debug
}

// handler answers a call, or refuses it.
type handler func(ctx context.Context, c *call) error

const (
	headerRequestID = "X-Request-Id"
	headerPosition  = "Webplug-Position" // as net/http spells WebPlug-Position
	headerStale     = "Webplug-Stale"
)

// Header values are shared between answers: they are never appended to.
var (
	valueNosniff  = []string{"nosniff"}
	valueNoStore  = []string{"no-store"}
	valuePolicy   = []string{"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"}
	valueReferrer = []string{"no-referrer"}
	valueTrue     = []string{"true"}
)

// around surrounds every request, also those that no route takes: headers, request id, panics, errors, observation.
func (a *API) around(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := a.Clock()
		h := c.Response().Header()
		h["X-Content-Type-Options"] = valueNosniff
		h["Cache-Control"] = valueNoStore
		h["Content-Security-Policy"] = valuePolicy
		h["Referrer-Policy"] = valueReferrer
		h[headerRequestID] = []string{a.requestID(c.Request())}
		if err := a.recovering(c, next); err != nil {
			a.fail(c, err)
		}
		if a.Observe != nil {
			a.Observe(c.Request().Method, pattern(c), c.Response().Status, a.Clock().Sub(start))
		}
		return nil
	}
}

// pattern is the path's pattern, or "" where no route took the request.
func pattern(c echo.Context) string {
	if p := c.Path(); p != "" && c.Response().Status != http.StatusMethodNotAllowed {
		return p
	}
	return ""
}

// recovering turns a panic into an error, so that one request's mistake ends that request alone.
func (a *API) recovering(c echo.Context, next echo.HandlerFunc) (err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler: // net/http's own way to end an answer
			panic(p)
		default:
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return next(c)
}

// maxRequestID bounds a caller's own request id.
const maxRequestID = 64

// requestID takes the caller's id for the request if it is one that logs and histories can bear, else makes one.
func (a *API) requestID(r *http.Request) string {
	id := r.Header.Get(headerRequestID)
	if id == "" || len(id) > maxRequestID || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-") != "" {
		return "req_" + a.NewID()
	}
	return id
}

// serve makes a route's handler: it finds out who calls, whether they may, and which service it is about, in that order
// of telling: to a key of one service, any other service looks unknown.
func (a *API) serve(n access, ofService bool, handle handler) echo.HandlerFunc {
	if n == public {
		return func(c echo.Context) error { return handle(c.Request().Context(), &call{Context: c}) }
	}
	return func(ec echo.Context) error {
		ctx, done := a.bounded(ec.Request())
		defer done()
		c := &call{Context: ec}
		err := a.admit(ctx, c, n, ofService)
		if err == nil {
			err = handle(ctx, c)
		}
		logged := err != nil && a.fail(ec, err, slog.String("actor", c.cause.Actor))
		if ec.Request().Method != http.MethodGet && !logged {
			a.logCommand(ctx, c)
		}
		return nil
	}
}

// bounded is the context of a request's work: it ends when that has taken too long, or, if it only reads, when nobody
// listens any more.
func (a *API) bounded(r *http.Request) (context.Context, context.CancelFunc) {
	switch {
	case r.Method == http.MethodGet:
	case a.Function:
		return context.WithTimeout(context.WithoutCancel(r.Context()), a.Timeout)
	default:
		return a.commands.next(), func() {}
	}
	return context.WithTimeout(r.Context(), a.Timeout)
}

func (a *API) admit(ctx context.Context, c *call, n access, ofService bool) error {
	var err error
	if c.caller, err = a.authenticate(ctx, c.Request()); err != nil {
		return err
	}
	a.noteUse(ctx, c)
	service := ""
	if ofService {
		if service = c.Param("svc"); !c.caller.sees(service) {
			return noSuchService()
		}
	}
	if err := c.caller.may(n); err != nil {
		return err
	}
	if ofService {
		if !domain.ValidID(domain.PrefixService, service) {
			return noSuchService()
		}
		if c.service, err = a.Directory.Service(ctx, service); err != nil {
			return err
		}
		if !c.service.Exists() {
			return noSuchService()
		}
	}
	if err := a.admitUser(ctx, c); err != nil {
		return err
	}
	id := c.Response().Header()[headerRequestID][0]
	c.cause = eventlog.Cause{Actor: c.caller.actor(), CorrelationID: id, CausationID: id}
	if c.Request().Header.Get(headerRequestID) == id {
		// The caller's own id may come again with another request, ours does not: it tells one command's events from
		// another's.
		c.cause.CausationID = "req_" + a.NewID()
	}
	return nil
}

// noteUse remembers when, from where and for what a key was used.
func (a *API) noteUse(ctx context.Context, c *call) {
	if c.caller.admin {
		return
	}
	host, _, err := net.SplitHostPort(c.Request().RemoteAddr)
	if err != nil {
		host = c.Request().RemoteAddr
	}
	a.KeyUses.Note(ctx, c.caller.key.ID, projections.KeyUse{At: a.now(), From: host, Call: c.Request().Method + " " + c.Path()})
}

func noSuchService() error { return domain.Refuse(domain.NotFound, "", "no such service") }

// idOf is an id of the path; what does not have the form of one is unknown.
func (c *call) idOf(param, prefix, what string) (string, error) {
	id := c.Param(param)
	if !domain.ValidID(prefix, id) {
		return "", domain.Refuse(domain.NotFound, "", "no such %s", what)
	}
	return id, nil
}

// logCommand writes the one line that a command gets, unless it failed here: what it was about, never what was in it.
func (a *API) logCommand(ctx context.Context, c *call) {
	level := slog.LevelInfo
	if c.quiet && c.Response().Status < http.StatusBadRequest {
		level = slog.LevelDebug
	}
	if !a.Logger.Enabled(ctx, level) {
		return
	}
	attrs := requestAttrs(c, c.Response().Status, nil)
	attrs = append(attrs, slog.String("actor", c.cause.Actor))
	if c.at.version > 0 {
		attrs = append(attrs, slog.String("stream", c.at.stream.String()), slog.Uint64("version", uint64(c.at.version)))
	}
	a.Logger.LogAttrs(ctx, level, "command", attrs...)
}

func requestAttrs(c echo.Context, status int, err error) []slog.Attr {
	attrs := []slog.Attr{
		slog.String("method", c.Request().Method), slog.String("route", c.Path()), slog.Int("status", status),
		slog.String("request_id", c.Response().Header().Get(headerRequestID)),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	return attrs
}

// logLevelOf tells what is wrong here from what is merely full or slow.
func logLevelOf(status int) slog.Level {
	if status == http.StatusServiceUnavailable {
		return slog.LevelWarn
	}
	return slog.LevelError
}

// position is a version of a stream, as WebPlug-Position says it: "svc_1/ep_3@7".
type position struct {
	stream  eventlog.Stream
	version eventlog.Version
}

func (p position) String() string {
	return p.stream.String() + "@" + strconv.FormatUint(uint64(p.version), 10)
}

// now is the time of decisions; events get their own from the log.
func (a *API) now() time.Time { return a.Clock().UTC() }
