// Package output shows what commands have to say: tables and timelines for people, JSON for programs. Whatever comes from
// outside is made harmless to a terminal first. It knows neither commands nor the API.
package output

import (
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

	"github.com/mattn/go-isatty"
)

// Palette is how the parts of a text are set off; all empty where there are no colours.
type Palette struct{ Dim, Bold, Good, Bad, Note, Plain string }

// PaletteFor gives colours to a terminal, unless NO_COLOR (https://no-color.org) or TERM=dumb asks for none.
func PaletteFor(out io.Writer) Palette {
	if !IsTerminal(out) || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return Palette{}
	}
	return Palette{Dim: "\x1b[2m", Bold: "\x1b[1m", Good: "\x1b[32m", Bad: "\x1b[31m", Note: "\x1b[33m", Plain: "\x1b[0m"}
}

// Paint sets off a text by one of the palette's colours.
func (p Palette) Paint(colour, text string) string {
	if colour == "" || text == "" {
		return text
	}
	return colour + text + p.Plain
}

// IsTerminal says whether a reader or writer is a terminal, at which a person sits.
func IsTerminal(stream any) bool {
	file, isFile := stream.(*os.File)
	return isFile && isatty.IsTerminal(file.Fd())
}

// Visible writes out what a terminal might obey or hide: control characters, directions, bytes that are no text. Line
// breaks and tabs stay.
func Visible(s string) string {
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

// Line is a text of unknown origin on one line, of at most so many characters.
func Line(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most-1]) + "…"
	}
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(Visible(s))
}
