package cli

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/output"
)

// feed reads a service's events as they happen, from a cursor on. It asks again and again, each time waiting in the server
// for the next event: there is no stream that could go stale while a machine sleeps, and the cursor says what comes next.
type feed struct {
	s      *session
	path   string
	query  url.Values // filters, and since where there is no cursor yet
	cursor string
	hurry  bool // ask without waiting for what is yet to happen
}

const (
	longPoll    = 10 * time.Second // the API's most
	asleep      = time.Minute      // more than any question takes: this process or machine did not run
	awayFirst   = 250 * time.Millisecond
	awayLongest = 5 * time.Second
)

func (s *session) feed(query url.Values, cursor string) (*feed, error) {
	path, err := s.within("live")
	if err != nil {
		return nil, err
	}
	query.Set("limit", strconv.Itoa(api.MaxPage))
	return &feed{s: s, path: path, query: query, cursor: cursor}, nil
}

// follow gives each page to take, until ctx ends, which is no error, or take fails. The cursor is behind a page only when
// take has done with it. A server that is away for a while, but not at the start, is asked again until it is back.
func (f *feed) follow(ctx context.Context, take func(events []jsontext.Value, next string) error) error {
	reached, away := false, 0
	for ctx.Err() == nil {
		asked := time.Now()
		page, err := f.ask(ctx, reached)
		if slept := wall(time.Now()).Sub(wall(asked)); slept > asleep {
			f.s.tell("back after %s; going on where it stopped", output.Duration(slept.Truncate(time.Second)))
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && (!reached || !api.Passing(err)):
			return err
		case err != nil:
			if away == 0 {
				f.s.tell("%v; asking again until it is back", err)
			}
			if api.Wait(ctx, api.Doubled(awayFirst, awayLongest, away)) != nil {
				return nil
			}
			away++
			continue
		}
		if away > 0 {
			f.s.tell("the server is back")
		}
		reached, away = true, 0
		if err := take(page.Data, *page.Next); err != nil {
			return err
		}
		f.cursor = *page.Next
	}
	return nil
}

// wall is a time without the monotonic clock, which stands still while a machine sleeps.
func wall(t time.Time) time.Time { return t.Round(0) }

func (f *feed) ask(ctx context.Context, patiently bool) (api.Page, error) {
	q := url.Values{}
	for name, values := range f.query {
		q[name] = values
	}
	if f.cursor != "" {
		q.Set("cursor", f.cursor)
		q.Del("since")
	}
	if patiently && !f.hurry {
		q.Set("wait", strconv.Itoa(int(min(longPoll, f.s.timeout/2).Seconds())))
	}
	page, err := f.s.Page(ctx, f.path, q)
	if err == nil && page.Next == nil {
		err = failed("the live feed gave no cursor to go on with")
	}
	return page, err
}

// liveEvent is what is needed of one.
type liveEvent struct {
	event
	ID         string `json:"id"`
	MessageID  string `json:"message_id"`
	EndpointID string `json:"endpoint_id"`
	EventType  string `json:"event_type"`
	UserID     string `json:"user_id"`
}

func readLive(raw jsontext.Value) (liveEvent, error) {
	var e liveEvent
	return e, (api.Answer{Status: http.StatusOK, Body: raw}).Into(&e)
}

// story are the events that tell of messages and their outcomes.
var story = []string{
	"MessageAccepted", "AttemptFailed", "DeliverySucceeded", "DeliveryFailed", "DeliveryUnreported", "RetryRequested", "DeliveryDiscarded",
}
