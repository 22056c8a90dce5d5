package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"webplug/cmd/webplug/output"
)

const tailHelp = `Shows messages and what becomes of them as it happens, until it is interrupted: accepted, attempts, delivered, failed, retried,
discarded. It survives restarts of the server and sleep of this machine without missing an event. When it ends it says
with which --cursor to go on. With --output json each event is a line.`

// tailing is what tail takes.
type tailing struct {
	types  []string
	wants  *inputs
	cursor string
	until  bool
}

func (a *app) tailCommand() *cobra.Command {
	var t tailing
	c := &cobra.Command{
		Use: "tail", Short: "Follow messages and their outcomes live", Long: tailHelp,
		Example: "  webplug tail --since 10m\n  webplug tail --type DeliveryFailed --output json | jq .message_id",
	}
	c.RunE = a.run(func(s *session, _ []string) error { return t.run(s) })
	c.Flags().StringSliceVar(&t.types, "type", nil, "only these types of events, or all where it is all; messages and outcomes if left out")
	t.wants = take(c.Flags(), []field{
		userFilter, eventTypeFilter, endpointFilter,
		{name: "since", kind: timeKind, usage: "begin at this time, or so long ago; now if it is left out"},
	}, 0)
	c.Flags().StringVar(&t.cursor, "cursor", "", "go on where a tail ended")
	c.Flags().BoolVar(&t.until, "no-follow", false, "end when there is nothing more")
	return c
}

func (t tailing) run(s *session) error {
	q, err := t.wants.query()
	if err == nil {
		err = s.idsOf(q)
	}
	if err != nil {
		return err
	}
	if types := strings.Join(t.types, ","); types != "" && types != "all" {
		q.Set("type", types)
	}
	f, err := s.feed(q, t.cursor)
	if err != nil {
		return err
	}
	f.hurry = t.until
	err = f.follow(s.ctx, func(events []jsontext.Value, next string) error {
		for _, raw := range events {
			if len(t.types) == 0 && !slices.Contains(story, output.Plain(output.Find(raw, "type"))) {
				continue
			}
			if err := s.showLive(raw); err != nil {
				return err
			}
		}
		if t.until && len(events) == 0 {
			f.cursor = next
			return errNothingMore
		}
		return nil
	})
	if errors.Is(err, errNothingMore) {
		err = nil
	}
	if f.cursor != "" {
		s.tellCursor(f.cursor)
	}
	return err
}

var errNothingMore = errors.New("nothing more")

// tellCursor says where to go on.
func (s *session) tellCursor(cursor string) {
	if s.json {
		o := newObject()
		o.set("next_cursor", text(cursor))
		_ = output.JSONLine(s.err, o.value()) // if nobody reads it, nobody needs it
		return
	}
	s.tell("to go on: --cursor %s", cursor)
}

// showLive writes an event as a line.
func (s *session) showLive(raw jsontext.Value) error {
	if s.json {
		return output.JSONLine(s.out, raw)
	}
	live, err := readLive(raw)
	if err != nil {
		return err
	}
	e := live.entry()
	p := s.colours
	parts := []string{p.Paint(p.Dim, e.at.Local().Format("15:04:05.000")), p.Paint(e.colour(p), output.Line(e.what, 60))}
	for _, about := range []string{live.EventType, live.MessageID, live.EndpointID} {
		if about != "" {
			parts = append(parts, output.Line(about, 60))
		}
	}
	details := e.details
	if e.kind == "MessageAccepted" && len(details) > 0 && live.UserID == "" {
		details = append([]string{"for all users"}, details[1:]...)
	}
	parts = append(parts, p.Paint(p.Dim, strings.Join(details, "; ")))
	_, err = fmt.Fprintln(s.out, strings.TrimRight(strings.Join(parts, "  "), " "))
	return err
}
