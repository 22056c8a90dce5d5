package rest

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"webplug/domain"
	"webplug/projections"
)

// liveEvent is an event of the live feed as the API shows it.
type liveEvent struct {
	eventAnswer
	MessageID  *string `json:"message_id"`
	EndpointID *string `json:"endpoint_id"`
	EventType  *string `json:"event_type"`
	UserID     *string `json:"user_id"`
	cursor     string  // of what follows it
}

// longestWait bounds how long a request waits for an event; it is shorter than Timeout.
const longestWait = 10 * time.Second

// live answers a service's newest events, or begins a stream of them.
func (a *API) live(ctx context.Context, c *call) error {
	q := c.query()
	filter := projections.LiveFilter{
		Types: a.eventNames(q), EventType: q.text("event_type"), EndpointID: q.id("endpoint_id", domain.PrefixEndpoint),
		UserID: q.id("user_id", domain.PrefixUser), Audience: c.caller.user(),
	}
	request := projections.LiveRequest{
		Cursor: q.text("cursor"), Since: q.time("since"), Limit: q.limit(defaultLimit), Wait: q.wait(), Eager: true,
	}
	if id := c.Request().Header.Get("Last-Event-ID"); id != "" {
		request.Cursor = id
	}
	if err := q.done(); err != nil {
		return err
	}
	if wantsStream(c.Request()) && !a.Function {
		return a.stream(c, filter, request)
	}
	page, err := a.Queries.Live(ctx, c.service.ID, filter, request)
	if err != nil {
		return err
	}
	shown, err := a.showLive(ctx, c, page)
	if err != nil {
		return err
	}
	return list(c, projections.Page[liveEvent]{Data: shown, Next: page.Next, Stale: page.Stale}, asItIs)
}

// showLive shows a part of the feed.
func (a *API) showLive(ctx context.Context, c *call, page projections.LivePage) ([]liveEvent, error) {
	events := a.events(ctx, c)
	shown := make([]liveEvent, 0, len(page.Data))
	for _, e := range page.Data {
		event, err := events.show(e.Recorded)
		if err != nil {
			return nil, err
		}
		shown = append(shown, liveEvent{event, present(e.MessageID), present(e.EndpointID), present(e.EventType), present(e.UserID), e.Cursor})
	}
	return shown, nil
}

// present is nil for "".
func present(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// eventNames reads a list of events' types.
func (a *API) eventNames(q *query) []string {
	text := q.text("type")
	if text == "" {
		return nil
	}
	names, known := strings.Split(text, ","), a.Log.Registry().Names()
	for _, n := range names {
		if !slices.Contains(known, n) {
			q.refuse("type", "must be types of events, with commas between them: %s", strings.Join(known, ", "))
		}
	}
	return names
}

// wait reads for how long to wait.
func (q *query) wait() time.Duration {
	v := q.text("wait")
	if v == "" {
		return 0
	}
	n, err := strconv.Atoi(v)
	if most := int(longestWait.Seconds()); err != nil || n < 0 || n > most || v[0] == '+' {
		q.refuse("wait", "must be a number of seconds from 0 to %d", most)
	}
	return time.Duration(n) * time.Second
}

// wantsStream says whether a request asks for server-sent events.
func wantsStream(r *http.Request) bool {
	for media := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		name, _, _ := strings.Cut(media, ";")
		if strings.EqualFold(strings.TrimSpace(name), "text/event-stream") {
			return true
		}
	}
	return false
}
