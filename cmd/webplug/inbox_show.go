package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/cmd/webplug/output"
)

const clock = "15:04:05.000"

// showText writes an arrival as one line and its body beneath it, indented.
func showText(out io.Writer, p output.Palette) func(arrival) {
	return func(a arrival) {
		var b strings.Builder
		part := func(colour, format string, args ...any) {
			b.WriteString(colour)
			fmt.Fprintf(&b, format, args...)
			if colour != "" {
				b.WriteString(p.Plain)
			}
		}
		part(p.Dim, "%s", a.Time.Format(clock))
		part(p.Bold, "  %s", label(a.Type, "(no type)"))
		part("", "  %s", label(a.ID, "(no webhook-id)"))
		switch a.Signature {
		case signatureValid:
			part(p.Good, "  signature valid")
		case signatureInvalid:
			part(p.Bad, "  signature invalid: %s", a.Reason)
		default:
			part(p.Note, "  signature not checked: %s", a.Reason)
		}
		if a.Note != "" {
			part(p.Note, "  %s", strings.ReplaceAll(output.Visible(a.Note), "\n", " "))
		}
		if first := a.RepeatOf; first != nil {
			part(p.Note, "  repeat of %s, answered %d", first.Time.Format(clock), first.Status)
		}
		answered := p.Good
		if a.Status > 299 {
			answered = p.Bad
		}
		part(answered, "  ▶ %d", a.Status)
		b.WriteByte('\n')
		if text := pretty(a); text != "" {
			for line := range strings.Lines(text) {
				b.WriteString("  " + strings.TrimSuffix(line, "\n") + "\n")
			}
		}
		_, _ = io.WriteString(out, b.String())
	}
}

// pretty is a body as people read it: JSON with its own order, numbers and escapes, other texts as they are.
func pretty(a arrival) string {
	if a.Body == nil {
		return output.Visible(a.Text)
	}
	value := a.Body.Clone()
	if err := value.Indent(jsontext.WithIndent("  ")); err != nil {
		return output.Visible(string(a.Body))
	}
	return output.Visible(string(value))
}

// label is a short text of unknown origin, for one line.
func label(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return output.Line(s, 100)
}

// showJSON writes an arrival as one line of JSON.
func showJSON(out io.Writer) func(arrival) {
	return func(a arrival) {
		line, err := json.Marshal(a, jsontext.AllowInvalidUTF8(true))
		if err != nil {
			line, _ = json.Marshal(map[string]string{"error": err.Error()})
		}
		_, _ = out.Write(append(line, '\n'))
	}
}
