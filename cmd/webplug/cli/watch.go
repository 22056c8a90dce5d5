package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"webplug/cmd/webplug/deploy"
	"webplug/cmd/webplug/output"
)

// newWatch shows what a deployment does: at a terminal as lines with a live part beneath them, elsewhere as a line for each
// event, among JSON not at all.
func newWatch(s *session) deploy.Watch {
	switch {
	case s.json:
		return noWatch{}
	case s.interactive():
		return &liveWatch{out: s.err, colours: output.PaletteFor(s.err), width: widthOf(s.err), now: time.Now}
	}
	return &logWatch{out: s.err, now: time.Now}
}

type noWatch struct{}

func (noWatch) Step(string)           {}
func (noWatch) Stack(deploy.Progress) {}

// widthOf reads how wide a terminal is, each time: it may change.
func widthOf(out io.Writer) func() int {
	file, ok := out.(*os.File)
	return func() int {
		const usual = 80
		if !ok {
			return usual
		}
		if w, _, err := term.GetSize(int(file.Fd())); err == nil && w > 0 {
			return w
		}
		return usual
	}
}

// heartbeat is how long a log is silent at most while a stack is at work.
const heartbeat = 30 * time.Second

// logWatch writes a line for each event.
type logWatch struct {
	out  io.Writer
	now  func() time.Time
	said time.Time
}

func (w *logWatch) Step(sentence string) { w.line(w.now(), sentence) }

func (w *logWatch) line(at time.Time, text string) {
	w.said = w.now()
	_, _ = fmt.Fprintf(w.out, "%s %s\n", at.UTC().Format(time.RFC3339), text)
}

func (w *logWatch) Stack(p deploy.Progress) {
	for _, e := range p.Events[p.New:] {
		text := fmt.Sprintf("%s %s %s", e.Status, e.Type, e.Resource)
		if e.Reason != "" {
			text += ": " + output.Line(e.Reason, 2000)
		}
		w.line(e.At, text)
	}
	if !p.Ended && w.now().Sub(w.said) >= heartbeat {
		v := viewOf(p, w.now())
		text := "still at work, " + v.figures()
		if len(v.working) > 0 {
			text += fmt.Sprintf("; the longest is %s for %s", v.working[0].name, seconds(v.working[0].took))
		}
		w.line(w.now(), text)
	}
}

// liveWatch draws at a terminal. What has ended stands above for good, what goes on beneath is drawn anew at each look.
type liveWatch struct {
	out     io.Writer
	colours output.Palette
	width   func() int
	now     func() time.Time
	drawn   int // lines of the live part
}

func (w *liveWatch) Step(sentence string) {
	w.draw([]string{sentence}, nil)
}

func (w *liveWatch) Stack(p deploy.Progress) {
	v := viewOf(p, w.now())
	width := w.width()
	var above []string
	for _, e := range p.Events[p.New:] {
		switch {
		case e.OfStack() && strings.HasSuffix(e.Status, "ROLLBACK_IN_PROGRESS"):
			above = append(above, output.Line("taking back what was done: "+e.Reason, 2000))
		case e.Ended() && !e.OfStack():
			above = append(above, w.ended(v, e, width))
		}
	}
	var beneath []string
	if !p.Ended {
		beneath = v.lines(width, w.colours)
	}
	w.draw(above, beneath)
}

// draw takes the live part away, writes lines that stay, and the live part again.
func (w *liveWatch) draw(above, beneath []string) {
	var b strings.Builder
	if w.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\r\x1b[J", w.drawn) // up to its first line, and all beneath cleared
	}
	for _, line := range above {
		b.WriteString(line + "\n")
	}
	for _, line := range beneath {
		b.WriteString(line + "\n")
	}
	w.drawn = len(beneath)
	_, _ = io.WriteString(w.out, b.String())
}

// ended is the line of a resource that is done with, as wide as the terminal; a reason may take more lines.
func (w *liveWatch) ended(v view, e deploy.Event, width int) string {
	mark, colour := "✓", w.colours.Good
	if e.Failed() {
		mark, colour = "✗", w.colours.Bad
	}
	took := ""
	if since, ok := v.began[e.Resource]; ok {
		took = "  " + seconds(e.At.Sub(since))
	}
	line := output.Line(fmt.Sprintf("%s %s (%s)%s", wordOf(e.Status), e.Resource, e.Type, took), max(width-3, 20))
	if e.Failed() && e.Reason != "" {
		line += "\n    " + output.Line(e.Reason, 2000)
	}
	return w.colours.Paint(colour, mark) + " " + line
}

// wordOf says in a word what a status means.
func wordOf(status string) string {
	for _, word := range []struct{ status, says string }{
		{"CREATE_COMPLETE", "made"}, {"UPDATE_COMPLETE", "changed"}, {"DELETE_COMPLETE", "deleted"}, {"DELETE_SKIPPED", "kept"},
		{"IMPORT_COMPLETE", "taken over"}, {"CREATE_FAILED", "not made"}, {"UPDATE_FAILED", "not changed"}, {"DELETE_FAILED", "not deleted"},
		{"IMPORT_FAILED", "not taken over"},
	} {
		if status == word.status {
			return word.says
		}
	}
	return strings.ToLower(strings.ReplaceAll(status, "_", " "))
}

// view is a stack at work as people see it.
type view struct {
	working []unit // the longest first
	done    int    // resources that have ended well
	total   int    // 0 if it is not known
	took    time.Duration
	began   map[string]time.Time
}

type unit struct {
	name, kind string
	took       time.Duration
}

func viewOf(p deploy.Progress, now time.Time) view {
	v := view{total: p.Total, began: map[string]time.Time{}}
	last := map[string]deploy.Event{}
	var order []string
	for i, e := range p.Events {
		if i == 0 {
			v.took = now.Sub(e.At).Truncate(time.Second)
		}
		if e.OfStack() {
			continue
		}
		before, seen := last[e.Resource]
		if !seen {
			order = append(order, e.Resource)
		}
		if !seen || before.Ended() {
			v.began[e.Resource] = e.At
		}
		last[e.Resource] = e
	}
	for _, name := range order {
		e := last[name]
		switch {
		case !e.Ended():
			v.working = append(v.working, unit{name: name, kind: e.Type, took: now.Sub(v.began[name]).Truncate(time.Second)})
		case !e.Failed():
			v.done++
		}
	}
	return v
}

func (v view) figures() string {
	text := fmt.Sprintf("%d done", v.done)
	if v.total > 0 {
		text = fmt.Sprintf("%d of %d", min(v.done, v.total), v.total)
	}
	return text + ", " + seconds(v.took)
}

// mostWorking bounds the live part, in resources.
const mostWorking = 6

// lines are the live part: how far it is, and what is being worked on. None is wider than the terminal, since one that wraps
// could not be taken away.
func (v view) lines(width int, p output.Palette) []string {
	width = max(width-1, 20)
	all := []string{p.Paint(p.Bold, output.Line("… "+v.figures(), width))}
	for i, u := range v.working {
		if i == mostWorking {
			all = append(all, p.Paint(p.Dim, output.Line(fmt.Sprintf("    and %d more", len(v.working)-i), width)))
			break
		}
		all = append(all, p.Paint(p.Dim, output.Line(fmt.Sprintf("    %s (%s)  %s", u.name, u.kind, seconds(u.took)), width)))
	}
	return all
}

// seconds is a duration to the second.
func seconds(d time.Duration) string {
	if d < time.Second {
		return "0 s"
	}
	return output.Duration(d.Truncate(time.Second))
}
