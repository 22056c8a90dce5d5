package output

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Column is one of a table: its title, and where a row's JSON has the value.
type Column struct {
	Title string
	Path  string // dotted, "holder.name"
	As    Format // nil is Plain
	State bool   // it is a status, which has its colour
}

// maxCell bounds what a cell shows, in characters.
const maxCell = 80

func (c Column) text(row jsontext.Value) string {
	as := c.As
	if as == nil {
		as = Plain
	}
	text := as(Find(row, c.Path))
	if text == "" {
		text = none
	}
	return Line(text, maxCell)
}

// Table writes rows beneath titles. The last column is not filled up, so no line ends in spaces.
func Table(out io.Writer, p Palette, columns []Column, rows []jsontext.Value) error {
	cells := make([][]string, 0, len(rows)+1)
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.Title
	}
	cells = append(cells, titles)
	for _, row := range rows {
		line := make([]string, len(columns))
		for i, c := range columns {
			line[i] = c.text(row)
		}
		cells = append(cells, line)
	}
	return Grid(out, cells, func(row, column int, text string) string {
		switch {
		case row == 0:
			return p.Dim
		case columns[column].State:
			return p.OfState(text)
		}
		return ""
	}, p)
}

// Grid writes lines of cells in columns as wide as their widest cell. Texts must be harmless already.
func Grid(out io.Writer, cells [][]string, colour func(row, column int, text string) string, p Palette) error {
	var widths []int
	for _, line := range cells {
		for i, text := range line {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	var b strings.Builder
	for row, line := range cells {
		for i, text := range line {
			b.WriteString(p.Paint(colour(row, i, text), text))
			if i < len(line)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text)+2))
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// OfState is a status's colour.
func (p Palette) OfState(state string) string {
	switch state {
	case "delivered", "active", "done", "succeeded", "valid":
		return p.Good
	case "failed", "removed", "archived", "revoked", "invalid":
		return p.Bad
	case "retrying", "pending", "paused", "skipped", "running", "discarded", "cancelled", "pending_confirmation", "expired":
		return p.Note
	}
	return ""
}

// Card writes all members of one object beneath each other, in its own order. Times are shown as Moment does, objects and
// lists of objects as indented JSON.
func Card(out io.Writer, p Palette, object jsontext.Value) error {
	members := Members(object)
	width := 0
	for _, m := range members {
		width = max(width, utf8.RuneCountInString(m.Name))
	}
	var b strings.Builder
	for _, m := range members {
		b.WriteString(p.Paint(p.Dim, m.Name))
		b.WriteString(strings.Repeat(" ", width-utf8.RuneCountInString(m.Name)+2))
		text := cardText(m.Value)
		if m.Name == "status" {
			text = p.Paint(p.OfState(text), text)
		}
		b.WriteString(strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", width+2)))
		b.WriteByte('\n')
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func cardText(v jsontext.Value) string {
	structured := v.Kind() == '{' || v.Kind() == '[' && strings.Contains(string(v), "{")
	if !structured {
		return Visible(Moment(v))
	}
	v = v.Clone()
	if err := v.Indent(jsontext.WithIndent("  ")); err != nil {
		return Visible(string(v))
	}
	return Visible(string(v))
}

// JSON writes a value as it is, byte for byte, and ends the line.
func JSON(out io.Writer, v jsontext.Value) error {
	_, err := out.Write(append(bytes.TrimRight(v, "\n"), '\n'))
	return err
}

// JSONLine writes a value on one line: spaces between its parts go, numbers, escapes and order stay.
func JSONLine(out io.Writer, v jsontext.Value) error {
	v = v.Clone()
	if err := v.Compact(); err != nil {
		return err
	}
	return JSON(out, v)
}
