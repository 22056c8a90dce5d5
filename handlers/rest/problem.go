package rest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Problem is an error as the API answers it (RFC 9457, application/problem+json).
type Problem struct {
	Type      string       `json:"type"` // a word for programs: "key-revoked", "conflict"; a relative reference
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail"`
	Errors    []FieldError `json:"errors,omitempty"`
	ID        string       `json:"id,omitzero"` // of what is in the way
	RequestID string       `json:"request_id"`
}

// FieldError names what is wrong with an input's field, "holder.kind".
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// statusOf is the only place where refusals become HTTP statuses.
func statusOf(k domain.Kind) int {
	switch k {
	case domain.Malformed:
		return http.StatusBadRequest
	case domain.Unauthorized:
		return http.StatusUnauthorized
	case domain.Forbidden:
		return http.StatusForbidden
	case domain.NotFound:
		return http.StatusNotFound
	case domain.Conflict:
		return http.StatusConflict
	case domain.TooLarge:
		return http.StatusRequestEntityTooLarge
	case domain.NotJSON:
		return http.StatusUnsupportedMediaType
	case domain.Invalid:
		return http.StatusUnprocessableEntity
	case domain.TooMany:
		return http.StatusTooManyRequests
	case domain.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// problemOf is what the caller is told of an error. What is not a refusal is told without its reason.
func problemOf(err error) Problem {
	var refused *domain.Error
	var routed *echo.HTTPError
	switch {
	case errors.As(err, &refused):
		return problemOfRefusal(refused)
	case errors.As(err, &routed):
		return problemOfRouting(routed.Code)
	case errors.Is(err, eventlog.ErrTooLarge):
		return problemOfRefusal(domain.Refuse(domain.TooLarge, "", "this is more than one write can hold"))
	case errors.Is(err, eventlog.ErrUnavailable):
		return problemOfRefusal(domain.Refuse(domain.Unavailable, "", "the event log takes nothing now; try again"))
	case errors.Is(err, eventlog.ErrConflict), errors.Is(err, errMoved):
		return problemOfRefusal(domain.Refuse(domain.Unavailable, "", "too many others change this at once; try again"))
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return problemOfRefusal(domain.Refuse(domain.Unavailable, "", "this took too long; try again"))
	}
	return Problem{
		Type: "internal", Title: http.StatusText(http.StatusInternalServerError), Status: http.StatusInternalServerError,
		Detail: "something went wrong here; the server's log has the request id",
	}
}

func problemOfRefusal(e *domain.Error) Problem {
	status := statusOf(e.Kind)
	p := Problem{Type: string(e.Kind), Title: http.StatusText(status), Status: status, Detail: e.Error(), ID: e.ID}
	if e.Code != "" {
		p.Type = e.Code
	}
	if e.Field != "" {
		p.Errors = []FieldError{{e.Field, e.Message}}
	}
	for _, flaw := range e.More {
		p.Errors = append(p.Errors, FieldError(flaw))
	}
	return p
}

func problemOfRouting(status int) Problem {
	p := Problem{Title: http.StatusText(status), Status: status}
	switch status {
	case http.StatusNotFound:
		p.Type, p.Detail = string(domain.NotFound), "there is nothing at this path"
	case http.StatusMethodNotAllowed:
		p.Type, p.Detail = "method-not-allowed", "this path does not take this method"
	default:
		p.Type, p.Detail = "http", http.StatusText(status)
	}
	return p
}

// fail answers an error, and says whether it has logged that: an error of ours gets a line, with the attributes given.
func (a *API) fail(c echo.Context, err error, with ...slog.Attr) (logged bool) {
	if c.Response().Committed {
		return false
	}
	p := problemOf(err)
	if a.lost(c, p) {
		return false
	}
	h := c.Response().Header()
	p.RequestID = h.Get(headerRequestID)
	switch p.Status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		h.Set("Retry-After", "1")
	}
	logged = p.Status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled)
	if logged {
		attrs := append(requestAttrs(c, p.Status, err), with...)
		a.Logger.LogAttrs(c.Request().Context(), logLevelOf(p.Status), "request failed", attrs...)
	}
	writeJSON(c.Response(), p.Status, "application/problem+json", p)
	return logged
}
