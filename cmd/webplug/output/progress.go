package output

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Progress is a bar on one line of a terminal, drawn again and again. One without a terminal draws nothing.
type Progress struct {
	out   io.Writer // nil: nothing is drawn
	now   func() time.Time
	began time.Time
	drawn time.Time
	shown bool
}

// NewProgress makes one; nothing is drawn unless out is a terminal and wanted.
func NewProgress(out io.Writer, now func() time.Time, wanted bool) *Progress {
	if !wanted || !IsTerminal(out) {
		out = nil
	}
	return &Progress{out: out, now: now, began: now()}
}

const (
	barWidth = 30
	redraw   = 100 * time.Millisecond // a terminal over a network is slow
)

// Show draws how far it is: done of total, which is 0 if it is not known, and what is to be said beside it.
func (p *Progress) Show(done, total int64, beside string) {
	now := p.now()
	if p.out == nil || now.Sub(p.drawn) < redraw {
		return
	}
	p.drawn, p.shown = now, true
	_, _ = fmt.Fprintf(p.out, "\r\x1b[K%s", Bar(done, total, now.Sub(p.began), beside))
}

// End takes the bar away.
func (p *Progress) End() {
	if p.shown {
		_, _ = io.WriteString(p.out, "\r\x1b[K")
	}
}

// Bar is a bar's text.
func Bar(done, total int64, took time.Duration, beside string) string {
	if total <= 0 {
		return fmt.Sprintf("%s, %s", beside, Duration(took.Truncate(time.Second)))
	}
	part := min(float64(done)/float64(total), 1)
	full := int(part * barWidth)
	text := fmt.Sprintf("%s%s %3.0f %%, %s", strings.Repeat("█", full), strings.Repeat("░", barWidth-full), part*100, beside)
	if part > 0 && part < 1 && took > time.Second {
		left := time.Duration(float64(took) * (1 - part) / part)
		text += fmt.Sprintf(", about %s left", Duration(left.Truncate(time.Second)))
	}
	return text
}
