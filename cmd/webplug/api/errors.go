package api

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"unicode"
)

// Problem is a refusal as the API answers it (RFC 9457).
type Problem struct {
	Type      string       `json:"type"` // a word for programs, like "key-revoked"
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail"`
	Errors    []FieldError `json:"errors"`
	ID        string       `json:"id"` // of what is in the way
	RequestID string       `json:"request_id"`
}

// FieldError says what is wrong with a field, "holder.kind".
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (p *Problem) Error() string {
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	for _, e := range p.Errors {
		if said := e.Field + ": " + e.Message; !strings.Contains(text, e.Message) {
			text += "; " + said
		}
	}
	return text
}

// UnexpectedError says that something answered that is not WebPlug's API, or not in the way that it does.
type UnexpectedError struct {
	Status    int
	RequestID string // "" if the answer names none
	What      string // what was unexpected
}

func (e *UnexpectedError) Error() string {
	return fmt.Sprintf("this is no answer of WebPlug's API: HTTP %d, %s", e.Status, e.What)
}

// UnreachableError says that no answer came.
type UnreachableError struct {
	URL     string
	Refused bool // nobody listens there
	Err     error
}

func (e *UnreachableError) Error() string {
	if e.Refused {
		return "nothing listens at " + e.URL
	}
	return fmt.Sprintf("no answer from %s: %v", e.URL, e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

func (c *Client) unreachable(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		if wrapped.Timeout() {
			return &UnreachableError{URL: c.URL(), Err: fmt.Errorf("it took longer than %s", c.options.Timeout)}
		}
		err = wrapped.Err // without method and query
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		err = fmt.Errorf("it took longer than %s", c.options.Timeout)
	}
	return &UnreachableError{URL: c.URL(), Refused: errors.Is(err, syscall.ECONNREFUSED), Err: err}
}

// unexpected tells what an answer is that is none of WebPlug's.
func unexpected(answer *http.Response, kind string, body []byte) error {
	e := &UnexpectedError{Status: answer.StatusCode, RequestID: answer.Header.Get("X-Request-Id")}
	switch {
	case answer.StatusCode >= 300 && answer.StatusCode <= 399:
		e.What = "a redirect to " + printable(answer.Header.Get("Location"), 200)
	case kind == "":
		e.What = "without a Content-Type"
	case kind == "application/json" || kind == "application/problem+json":
		e.What = kind + " that cannot be read"
	default:
		e.What = kind
	}
	if text := printable(string(body), 120); text != "" && answer.StatusCode >= 400 {
		e.What += ", which begins with: " + text
	}
	return e
}

// printable is the beginning of a text of unknown origin, on one line.
func printable(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return s
}
