package domain_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/domain/eventlog/spec"
)

// Refusals as tests name them: kind and field.
func invalid(field string) error  { return domain.Refuse(domain.Invalid, field, "") }
func conflict(field string) error { return domain.Refuse(domain.Conflict, field, "") }
func tooLarge(field string) error { return domain.Refuse(domain.TooLarge, field, "") }

var notFound error = domain.Refuse(domain.NotFound, "", "")

// Texts that a name may not be.
var badNames = map[string]string{
	"without anything":         "",
	"of 201 characters":        strings.Repeat("ü", domain.MaxName+1),
	"with a newline":           "a\nb",
	"with a NUL":               "a\x00b",
	"with DEL":                 "a\x7fb",
	"with a C1 control":        "a\u0085b",
	"with a line separator":    "a\u2028b",
	"with a bidi override":     "a\u202eb",
	"with a bidi isolate":      "a\u2066b",
	"with space before":        " a",
	"with space behind":        "a\u00a0",
	"of space":                 "   ",
	"that is not UTF-8":        "a\xff",
	"with half a UTF-8 letter": "a\xc3",
}

// Stamped as the spec stamps the nth given event (1 is the first).
func given(n int) time.Time { return spec.Start.Add(time.Duration(n-1) * time.Second) }

func p[T any](v T) *T { return &v }

func secret(s string) eventlog.Sealed {
	return eventlog.Sealed{Key: "svc_given/secrets", Plain: []byte(s)}
}

// told is what a command did, in a word: the events' types, "-" for nothing, or the refusal's kind and field.
func told(events []eventlog.Event, err error) string {
	var refused *domain.Error
	switch {
	case errors.As(err, &refused) && refused.Field != "":
		return fmt.Sprintf("%s (%s)", refused.Kind, refused.Field)
	case errors.As(err, &refused):
		return string(refused.Kind)
	case err != nil:
		return err.Error()
	case len(events) == 0:
		return "-"
	}
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = e.EventType()
	}
	return strings.Join(names, "+")
}

func fold[S eventlog.State[S]](t *testing.T, past ...eventlog.Event) S {
	t.Helper()
	return spec.Given[S](t, past...).State()
}
