package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/mattn/go-isatty"
)

// palette is how the parts of a text are set off; all empty where there are no colours.
type palette struct{ dim, bold, good, bad, note, plain string }

// paletteFor gives colours to a terminal, unless NO_COLOR (https://no-color.org) or TERM=dumb asks for none.
func paletteFor(out io.Writer) palette {
	file, isFile := out.(*os.File)
	if !isFile || !isatty.IsTerminal(file.Fd()) || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return palette{}
	}
	return palette{dim: "\x1b[2m", bold: "\x1b[1m", good: "\x1b[32m", bad: "\x1b[31m", note: "\x1b[33m", plain: "\x1b[0m"}
}

const clock = "15:04:05.000"

// showText writes an arrival as one line and its body beneath it, indented.
func showText(out io.Writer, p palette) func(arrival) {
	return func(a arrival) {
		var b strings.Builder
		part := func(colour, format string, args ...any) {
			b.WriteString(colour)
			fmt.Fprintf(&b, format, args...)
			if colour != "" {
				b.WriteString(p.plain)
			}
		}
		part(p.dim, "%s", a.Time.Format(clock))
		part(p.bold, "  %s", label(a.Type, "(no type)"))
		part("", "  %s", label(a.ID, "(no webhook-id)"))
		switch a.Signature {
		case signatureValid:
			part(p.good, "  signature valid")
		case signatureInvalid:
			part(p.bad, "  signature invalid: %s", a.Reason)
		default:
			part(p.note, "  signature not checked: %s", a.Reason)
		}
		if a.Note != "" {
			part(p.note, "  %s", strings.ReplaceAll(visible(a.Note), "\n", " "))
		}
		if first := a.RepeatOf; first != nil {
			part(p.note, "  repeat of %s, answered %d", first.Time.Format(clock), first.Status)
		}
		answered := p.good
		if a.Status > 299 {
			answered = p.bad
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
		return visible(a.Text)
	}
	value := a.Body.Clone()
	if err := value.Indent(jsontext.WithIndent("  ")); err != nil {
		return visible(string(a.Body))
	}
	return visible(string(value))
}

// label is a short text of unknown origin, for one line.
func label(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	if runes := []rune(s); len(runes) > 100 {
		s = string(runes[:99]) + "…"
	}
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(visible(s))
}

// visible writes out what a terminal might obey or hide: control characters, directions, bytes that are no text.
func visible(s string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return b.String()
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
