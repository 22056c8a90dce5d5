package cli

import (
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/output"
)

const historyHelp = `Shows a webhook's story, straight from the event log: when what happened, how long after what came before, by whom, and
what the endpoint said.`

func (a *app) historyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "history MESSAGE", Short: "Show a webhook's story", Long: historyHelp,
		RunE: a.run(func(s *session, args []string) error {
			path, err := s.messagePath(args[0], "history")
			if err != nil {
				return err
			}
			page, err := s.List(s.ctx, path, nil, 0)
			if err != nil {
				return err
			}
			if s.json {
				return output.JSON(s.out, pageJSON(page))
			}
			entries, err := timeline(page.Data)
			if err != nil {
				return err
			}
			return showTimeline(s.out, s.colours, args[0], entries)
		}),
	}
}

// showTimeline writes a story: the date once, then a line for each event and what is to be said of it beneath.
func showTimeline(out io.Writer, p output.Palette, message string, entries []entry) error {
	var head string
	var cells [][]string
	var beneath [][]string
	day := ""
	for i, e := range entries {
		at := e.at.Local()
		clock := at.Format("15:04:05.000")
		if d := at.Format("2006-01-02"); i > 0 && d != day {
			clock = at.Format("01-02 15:04:05.000")
		}
		day = at.Format("2006-01-02")
		gap := ""
		if i > 0 {
			gap = "+" + output.Duration(at.Sub(entries[i-1].at))
		} else {
			head = message + ", " + at.Format("Monday 2006-01-02, MST")
		}
		cells = append(cells, []string{clock, gap, e.what, e.where, "by " + e.who})
		beneath = append(beneath, e.details)
	}
	if _, err := io.WriteString(out, p.Paint(p.Bold, output.Line(head, 200))+"\n\n"); err != nil {
		return err
	}
	var table strings.Builder
	err := output.Grid(&table, cells, func(row, column int, _ string) string {
		switch column {
		case 0, 1, 4:
			return p.Dim
		case 2:
			return entries[row].colour(p)
		}
		return ""
	}, p)
	if err != nil {
		return err
	}
	var b strings.Builder
	for i, l := range strings.Split(strings.TrimSuffix(table.String(), "\n"), "\n") {
		b.WriteString(strings.TrimRight(l, " ") + "\n")
		for _, d := range beneath[i] {
			b.WriteString(strings.Repeat(" ", 14) + d + "\n")
		}
	}
	_, err = io.WriteString(out, b.String())
	return err
}

// entry is one event of a story, in words that are harmless to a terminal.
type entry struct {
	at      time.Time
	kind    string // the event's type
	what    string // "attempt 2 failed"
	where   string // the endpoint, if it is about one
	who     string
	details []string
}

func (e entry) colour(p output.Palette) string {
	switch e.kind {
	case "DeliverySucceeded":
		return p.Good
	case "DeliveryFailed", "DeliveryUnreported":
		return p.Bad
	case "AttemptFailed", "DeliveryDiscarded", "RetryRequested":
		return p.Note
	}
	return p.Bold
}

// event is what a story needs of one.
type event struct {
	Type      string         `json:"type"`
	Stream    string         `json:"stream"`
	Time      time.Time      `json:"time"`
	Actor     string         `json:"actor"`
	ActorName string         `json:"actor_name"`
	Data      jsontext.Value `json:"data"`
}

// timeline makes a story of a message's events, oldest first.
func timeline(events []jsontext.Value) ([]entry, error) {
	entries := make([]entry, 0, len(events))
	for _, raw := range events {
		var e event
		if err := (api.Answer{Status: 200, Body: raw}).Into(&e); err != nil {
			return nil, err
		}
		entries = append(entries, e.entry())
	}
	return entries, nil
}

func (e event) entry() entry {
	who := e.ActorName
	if who == "" {
		who = e.Actor
	} else if who != e.Actor && e.Actor != "" {
		who += " (" + e.Actor + ")"
	}
	told := entry{at: e.Time, kind: e.Type, who: output.Line(who, 100)}
	if parts := strings.Split(e.Stream, "/"); len(parts) == 3 {
		told.where = output.Line(parts[2], 60)
	}
	told.what, told.details = e.tell()
	for i, d := range told.details {
		told.details[i] = output.Line(d, 400)
	}
	return told
}
