package rest

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// Limits of a list's page.
const (
	maxLimit     = 100
	defaultLimit = 50
)

// query reads a request's query strictly: each parameter once, none that nobody asked for. The first refusal stands.
type query struct {
	values url.Values
	asked  map[string]bool
	err    error
}

func (c *call) query() *query {
	values, err := url.ParseQuery(c.Request().URL.RawQuery)
	q := &query{values: values, asked: map[string]bool{}}
	if err != nil {
		q.err = domain.Refuse(domain.Malformed, "", "the query is not properly escaped")
	}
	return q
}

func (q *query) refuse(field, format string, args ...any) {
	if q.err == nil {
		q.err = domain.Refuse(domain.Invalid, field, format, args...)
	}
}

// text is a parameter's value, "" if it is not given.
func (q *query) text(name string) string {
	q.asked[name] = true
	switch v := q.values[name]; len(v) {
	case 0:
		return ""
	case 1:
		if v[0] == "" {
			q.refuse(name, "is empty")
		} else if strings.ToValidUTF8(v[0], "") != v[0] {
			q.refuse(name, "is not valid UTF-8")
		}
		return v[0]
	default:
		q.refuse(name, "is there twice")
		return ""
	}
}

// id is a filter by an id. One that does not exist matches nothing; what has not the form of one is refused.
func (q *query) id(name, prefix string) string {
	id := q.text(name)
	if id != "" && !domain.ValidID(prefix, id) {
		q.refuse(name, "must be an id that begins with %s", prefix)
	}
	return id
}

// word is a filter of a fixed vocabulary.
func word[T ~string](q *query, name string, words ...T) T {
	v := T(q.text(name))
	if v == "" {
		return ""
	}
	all := make([]string, 0, len(words))
	for _, w := range words {
		if w == v {
			return v
		}
		all = append(all, string(w))
	}
	q.refuse(name, "must be one of %s", strings.Join(all, ", "))
	return ""
}

// cause is a filter by a cause of failure.
func (q *query) cause(name string) domain.Cause {
	v := q.text(name)
	c, ok := domain.ParseCause(v)
	if v != "" && !ok {
		q.refuse(name, "is not a cause of failure")
	}
	return c
}

// span reads since and until.
func (q *query) span() (since, until time.Time) {
	since, until = q.time("since"), q.time("until")
	if !since.IsZero() && !until.IsZero() && until.Before(since) {
		q.refuse("until", "is before since")
	}
	return since, until
}

func (q *query) time(name string) time.Time {
	v := q.text(name)
	if v == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, v)
	if err != nil {
		q.refuse(name, "must be a time like 2026-01-02T03:04:05Z (RFC 3339)")
	}
	return t.UTC()
}

// limit is how many rows to answer; absent is the default given.
func (q *query) limit(absent int) int {
	v := q.text("limit")
	if v == "" {
		return absent
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > maxLimit || v[0] == '+' {
		q.refuse("limit", "must be a number from 1 to %d", maxLimit)
	}
	return n
}

func (q *query) page() projections.PageRequest {
	return projections.PageRequest{Limit: q.limit(defaultLimit), Cursor: q.text("cursor")}
}

// done refuses what was wrong, and every parameter that nobody asked for.
func (q *query) done() error {
	for name := range q.values {
		if !q.asked[name] {
			q.refuse(shorten(name), "is not a parameter here")
		}
	}
	return q.err
}

// settle waits, where the query asks for it with after=<position>, until lists show what was done there.
func (a *API) settle(ctx context.Context, c *call, q *query) error {
	text := q.text("after")
	if err := q.done(); err != nil || text == "" {
		return err
	}
	p, ok := parsePosition(text)
	if !ok || !c.caller.sees(p.stream.Service) {
		return domain.Refuse(domain.Invalid, "after", "is not a position; take one from the header WebPlug-Position")
	}
	fresh, err := a.Queries.After(ctx, p.stream, p.version)
	if err == nil && !fresh {
		c.Response().Header()[headerStale] = valueTrue
	}
	return err
}

func parsePosition(text string) (position, bool) {
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return position{}, false
	}
	stream, err := eventlog.ParseStream(text[:at])
	version, err2 := strconv.ParseUint(text[at+1:], 10, 63)
	return position{stream, eventlog.Version(version)}, err == nil && err2 == nil && version > 0
}
