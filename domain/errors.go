// Package domain is what WebPlug is about: services, users, event types, endpoints with their subscriptions, messages,
// deliveries, keys and jobs, each an event-sourced aggregate of pure functions. It does no I/O and knows no clock.
package domain

import "fmt"

// Kind sorts refusals by what the caller can do about them; the HTTP layer maps each to one status.
type Kind string

// The kinds of refusal.
const (
	Malformed    Kind = "malformed"    // cannot be decoded at all
	Invalid      Kind = "invalid"      // a field or a rule
	Unauthorized Kind = "unauthorized" // no key, or not a valid one
	Forbidden    Kind = "forbidden"    // the key may not do that
	NotFound     Kind = "not-found"    // unknown, or another service's
	Conflict     Kind = "conflict"     // taken, archived, or not possible in this state
	TooLarge     Kind = "too-large"
	NotJSON      Kind = "not-json"
	TooMany      Kind = "too-many"    // as many as are allowed at once are under way
	Unavailable  Kind = "unavailable" // try again later
)

// Error is a refusal: nothing was changed.
type Error struct {
	Kind    Kind
	Code    string // a finer word than Kind where clients tell cases apart: "key-revoked"; "" else
	Field   string // the input's field, dotted ("holder.kind"), or ""
	Message string // for the caller alone: it may quote the input, so it is not logged
	ID      string // of what is in the way, for Conflict
	More    []Flaw // of further fields, beside Field
}

// Flaw is what is wrong with a field of an input.
type Flaw struct{ Field, Message string }

// Error says field and message.
func (e *Error) Error() string {
	if e.Field == "" {
		return e.Message
	}
	return e.Field + ": " + e.Message
}

// Is makes errors.Is compare what a test or a caller cares for: kind, field, and code where the target has one.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Kind == e.Kind && t.Field == e.Field && (t.Code == "" || t.Code == e.Code)
}

// Refuse makes a refusal about a field ("" if it is about none).
func Refuse(kind Kind, field, format string, args ...any) *Error {
	return &Error{Kind: kind, Field: field, Message: fmt.Sprintf(format, args...)}
}

func taken(field, id, format string, args ...any) *Error {
	e := Refuse(Conflict, field, format, args...)
	e.ID = id
	return e
}
