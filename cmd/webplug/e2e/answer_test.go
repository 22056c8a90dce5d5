package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// answer is what came of a request.
type answer struct {
	t testing.TB
	exchange
}

func (a answer) name() string {
	return fmt.Sprintf("%s %s %.300s", a.request.Method, a.request.URL.RequestURI(), a.sent)
}

// is demands a status.
func (a answer) is(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s\nanswered %d, want %d: %.1000s", a.name(), a.status, status, a.body)
	}
	return a
}

// position is what the command did, by the header WebPlug-Position.
func (a answer) position() string {
	a.t.Helper()
	p := a.header.Get("WebPlug-Position")
	if p == "" {
		a.t.Fatalf("%s: the answer has no position", a.name())
	}
	return p
}

// fresh demands that everything that was acknowledged before shows in the answer.
func (a answer) fresh() answer {
	a.t.Helper()
	if a.header.Get("WebPlug-Stale") != "" {
		a.t.Fatalf("%s: the answer is stale", a.name())
	}
	return a
}

// problem is an error as the API answers it (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"errors"`
	ID        string `json:"id"`
	RequestID string `json:"request_id"`
}

// refused demands a refusal: status, the type's word, and the field that it names ("" for none).
func (a answer) refused(status int, kind, field string) problem {
	a.t.Helper()
	p := of[problem](a.is(status))
	named := ""
	if len(p.Errors) > 0 {
		named = p.Errors[0].Field
	}
	switch {
	case a.header.Get("Content-Type") != "application/problem+json":
		a.t.Errorf("%s: refused as %q", a.name(), a.header.Get("Content-Type"))
	case p.Status != status || p.Title != http.StatusText(status) || p.RequestID != a.header.Get("X-Request-Id"):
		a.t.Errorf("%s: refused inconsistently: %s", a.name(), a.body)
	case p.Type != kind:
		a.t.Errorf("%s: refused as %s, want %s: %s", a.name(), p.Type, kind, a.body)
	case named != field:
		a.t.Errorf("%s: refused for the field %q, want %q: %s", a.name(), named, field, a.body)
	case p.Detail == "" || field != "" && (p.Errors[0].Message == "" || !strings.Contains(p.Detail, field)):
		a.t.Errorf("%s: refused without saying why: %s", a.name(), a.body)
	case a.header.Get("WebPlug-Position") != "":
		a.t.Errorf("%s: refused, and yet has a position", a.name())
	}
	return p
}

// of reads an answer's body as a value.
func of[T any](a answer) T {
	a.t.Helper()
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		a.t.Fatalf("%s: %v in %s", a.name(), err, a.body)
	}
	return v
}

func decodeAny(body []byte) any {
	var v any
	_ = json.Unmarshal(body, &v)
	return v
}

// page is a part of a list.
type page[T any] struct {
	Data []T     `json:"data"`
	Next *string `json:"next_cursor"`
}

// all reads a list to its end, page by page.
func all[T any](c client, path string, o ...option) []T {
	c.t.Helper()
	var out []T
	options := o
	for {
		p := of[page[T]](c.get(path, options...).is(200))
		out = append(out, p.Data...)
		if p.Next == nil {
			return out
		}
		options = append(o[:len(o):len(o)], where("cursor", *p.Next))
	}
}

// first reads a list's first page.
func first[T any](c client, path string, o ...option) []T {
	c.t.Helper()
	return of[page[T]](c.get(path, o...).is(200)).Data
}

// each collects a value of each row.
func each[T, V any](rows []T, value func(T) V) []V {
	out := make([]V, 0, len(rows))
	for _, r := range rows {
		out = append(out, value(r))
	}
	return out
}
