package e2e

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// liveRow is an event of the live feed.
type liveRow struct {
	event
	MessageID  *string `json:"message_id"`
	EndpointID *string `json:"endpoint_id"`
	EventType  *string `json:"event_type"`
	UserID     *string `json:"user_id"`
}

// livePage is an answer of the feed.
type livePage struct {
	Data []liveRow `json:"data"`
	Next string    `json:"next_cursor"`
}

// live asks for what came after a cursor.
func (s service) live(cursor string, o ...option) livePage {
	s.t.Helper()
	if cursor != "" {
		o = append(o, where("cursor", cursor))
	}
	return of[livePage](s.get("/live", o...).is(200))
}

// liveUntil reads on until there are so many events, and answers them with the last cursor.
func (s service) liveUntil(cursor string, n int, o ...option) ([]liveRow, string) {
	s.t.Helper()
	var got []liveRow
	eventually(s.t, "the live feed has it all", func() bool {
		page := s.live(cursor, append(o, where("wait", "1"))...)
		got, cursor = append(got, page.Data...), page.Next
		return len(got) >= n
	})
	return got, cursor
}

func liveTypes(rows []liveRow) []string {
	var out []string
	for _, r := range rows {
		out = append(out, r.Type)
	}
	return out
}

func TestLiveTellsAMessageAndItsOutcomes(t *testing.T) {
	ofStandardWebhooks(t, "outcome right after the acceptance")
	t.Parallel()
	s := newService(t)
	u := s.user()
	s.eventType("card_issued")
	to := receive(t, nil)
	e := s.endpoint(u.ID, to.url(), "card_issued")
	begin := s.live("")
	if len(begin.Data) != 0 || begin.Next == "" {
		t.Fatalf("without a cursor it begins now, with a cursor: %+v", begin)
	}
	m := s.publish("card_issued", u.ID)
	got, next := s.liveUntil(begin.Next, 2)
	if !slices.Equal(liveTypes(got), []string{"MessageAccepted", "DeliverySucceeded"}) {
		t.Fatalf("it gave %v", liveTypes(got))
	}
	accepted, delivered := got[0], got[1]
	for _, r := range got {
		if value(r.MessageID) != m.ID || value(r.EventType) != "card_issued" || value(r.UserID) != u.ID {
			t.Errorf("it is about %+v", r)
		}
	}
	if value(delivered.EndpointID) != e.ID || accepted.EndpointID != nil {
		t.Errorf("endpoints: %v and %v", accepted.EndpointID, delivered.EndpointID)
	}
	var data struct {
		Payload jsontext.Value `json:"payload"`
	}
	if err := json.Unmarshal(accepted.Data, &data); err != nil || !strings.Contains(string(data.Payload), canary) {
		t.Errorf("payload %s, %v", data.Payload, err)
	}
	if history := s.historyOf(m.ID); history[0].Hash != accepted.Hash || history[0].ID != accepted.ID {
		t.Errorf("history has %+v, the feed %+v", history[0], accepted)
	}
	if again := s.live(next); len(again.Data) != 0 {
		t.Errorf("what was given came again: %v", liveTypes(again.Data))
	}
	if late, _ := s.liveUntil(begin.Next, 2); !slices.Equal(liveTypes(late), liveTypes(got)) {
		t.Errorf("an old cursor gave %v", liveTypes(late))
	}
}

func TestLiveFilters(t *testing.T) {
	ofStandardWebhooks(t, "outcome right after the acceptance")
	t.Parallel()
	s := newService(t)
	ada, bob := s.user(), s.user()
	s.eventType("card_issued")
	s.eventType("card_debited")
	to := receive(t, nil)
	ofAda := s.endpoint(ada.ID, to.url()+"/ada", "card_issued", "card_debited")
	ofBob := s.endpoint(bob.ID, to.url()+"/bob", "card_issued")
	cursor := s.live("").Next
	one := s.publish("card_issued", ada.ID)
	two := s.publish("card_debited", ada.ID)
	three := s.publish("card_issued", "")
	four := s.publish("card_issued", bob.ID)
	s.liveUntil(cursor, 9)
	for name, c := range map[string]struct {
		filter []string
		want   []string
	}{
		"type":        {[]string{"type", "MessageAccepted"}, []string{one.ID, two.ID, three.ID, four.ID}},
		"event type":  {[]string{"event_type", "card_debited"}, []string{two.ID, two.ID}},
		"user":        {[]string{"user_id", bob.ID}, []string{three.ID, three.ID, four.ID, four.ID}},
		"endpoint":    {[]string{"endpoint_id", ofAda.ID, "type", "DeliverySucceeded"}, []string{one.ID, two.ID, three.ID}},
		"both":        {[]string{"endpoint_id", ofBob.ID, "type", "MessageAccepted,DeliverySucceeded"}, []string{three.ID, three.ID, four.ID, four.ID}},
		"nothing":     {[]string{"event_type", "none"}, nil},
		"other types": {[]string{"type", "DeliveryFailed"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for next := cursor; ; {
				page := s.live(next, where(c.filter...))
				for _, r := range page.Data {
					got = append(got, value(r.MessageID))
				}
				if page.Next == next {
					break
				}
				next = page.Next
			}
			slices.Sort(got)
			slices.Sort(c.want)
			if !slices.Equal(got, c.want) {
				t.Errorf("it gave %v, want %v", got, c.want)
			}
		})
	}
}

func TestLiveSinceATimeGivesAllOfIt(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.user()
	s.eventType("card_issued")
	events := s.history()
	got, next := s.liveUntil("", len(events)-1, where("since", events[1].Time.Format(time.RFC3339Nano), "limit", "2"))
	if len(got) < 2 || got[0].ID != events[1].ID {
		t.Fatalf("it gave %v", liveTypes(got))
	}
	s.eventType("card_debited")
	more, _ := s.liveUntil(next, 1, where("type", "EventTypeCreated"))
	if len(more) != 1 {
		t.Errorf("then it gave %v", liveTypes(more))
	}
}

func TestLiveRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	s, other := newService(t), newService(t)
	for field, query := range map[string][]string{
		"cursor": {"cursor", "nonsense"}, "type": {"type", "MessageAccepted,None"}, "wait": {"wait", "11"},
		"since": {"since", "yesterday"}, "limit": {"limit", "0"}, "endpoint_id": {"endpoint_id", "ep_1"}, "until": {"until", "2026-01-01T00:00:00Z"},
	} {
		s.get("/live", where(query...), wrong).refused(422, "invalid", field)
	}
	s.get("/live", where("cursor", other.live("").Next), wrong).refused(422, "invalid", "cursor")
	s.get("/live", header("Last-Event-ID", "nonsense"), header("Accept", "text/event-stream"), wrong).refused(422, "invalid", "cursor")
}

// sse is one event of a stream.
type sse struct{ id, event, data string }

// stream opens a stream of the feed; it ends with the test.
func (s service) stream(last string, query ...string) (events <-chan sse, end func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.server.url+s.base+"/live", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	values := url.Values{}
	for i := 0; i < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	req.URL.RawQuery = values.Encode()
	req.Header.Set("Authorization", "Bearer "+s.key)
	req.Header.Set("Accept", "text/event-stream")
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	got, err := (&http.Client{}).Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = got.Body.Close() })
	if got.StatusCode != 200 || got.Header.Get("Content-Type") != "text/event-stream" {
		s.t.Fatalf("the stream is answered %d as %s", got.StatusCode, got.Header.Get("Content-Type"))
	}
	out := make(chan sse, 100)
	go func() {
		defer close(out)
		var e sse
		for lines := bufio.NewScanner(got.Body); lines.Scan(); {
			name, text, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				e.id = text
			case "event":
				e.event = text
			case "data":
				e.data = text
			case "":
				if lines.Text() == "" {
					out <- e
					e = sse{}
				}
			}
		}
	}()
	return out, cancel
}

// next is a stream's next event; comments are passed over, their ids kept in last.
func next(t testing.TB, events <-chan sse, last *string) (sse, liveRow) {
	t.Helper()
	for {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatal("the stream has ended")
			}
			if e.id != "" {
				*last = e.id
			}
			if e.data == "" {
				continue
			}
			var row liveRow
			if err := json.Unmarshal([]byte(e.data), &row); err != nil {
				t.Fatal(err)
			}
			return e, row
		case <-time.After(waitLimit):
			t.Fatal("the stream has no event")
		}
	}
}

func TestAStreamGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.user()
	s.eventType("card_issued")
	events, end := s.stream("", "type", "MessageAccepted")
	last := (<-events).id
	if last == "" {
		t.Fatal("a stream begins without a place to go on from")
	}
	first := s.publish("card_issued", u.ID)
	if _, row := next(t, events, &last); value(row.MessageID) != first.ID {
		t.Fatalf("it gave %+v", row)
	}
	end()
	asleep := []string{}
	for range 3 {
		asleep = append(asleep, s.publish("card_issued", u.ID).ID)
	}
	events, _ = s.stream(last, "type", "MessageAccepted")
	for _, want := range asleep {
		if _, row := next(t, events, &last); value(row.MessageID) != want {
			t.Fatalf("after the sleep it gave %+v, want %s", row, want)
		}
	}
}

func TestAStreamEndsWithItsKeyAndIsOneOfFew(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	k := newKey(s.client, s.id, "read")
	mine := s.by(k.Key)
	var all []<-chan sse
	for range 16 {
		events, _ := mine.stream("")
		all = append(all, events)
	}
	mine.get("/live", header("Accept", "text/event-stream")).refused(429, "too-many-streams", "")
	s.revoke(k.ID)
	s.publish("card_issued", "")
	for _, events := range all {
		end := sse{}
		for e := range events {
			end = e
		}
		if end.event != "end" || !strings.Contains(end.data, `"key-revoked"`) {
			t.Fatalf("it ended with %+v", end)
		}
	}
}

func TestAStreamEndsWithItsServerAndGoesOnWithTheNext(t *testing.T) {
	t.Parallel()
	key := newToken("admin")
	server, err := start(startOptions{adminKey: key, private: true})
	if err != nil {
		t.Fatal(err)
	}
	s := serviceOf(client{t: t, server: server, key: key, base: "/v1"})
	s.eventType("card_issued")
	events, _ := s.stream("")
	last := (<-events).id
	one := s.publish("card_issued", "")
	if _, row := next(t, events, &last); value(row.MessageID) != one.ID {
		t.Fatalf("it gave %+v", row)
	}
	if err := server.stop(); err != nil {
		t.Fatal(err)
	}
	end := sse{}
	for e := range events {
		end = e
	}
	if end.event != "end" || !strings.Contains(end.data, `"shutdown"`) {
		t.Fatalf("it ended with %+v", end)
	}
	again, err := start(startOptions{adminKey: key, private: true, dir: server.dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(again.dir) }()
	s.server = again
	two := s.publish("card_issued", "")
	events, _ = s.stream(last)
	if _, row := next(t, events, &last); value(row.MessageID) != two.ID {
		t.Errorf("after the restart it gave %+v", row)
	}
	if err := again.stop(); err != nil {
		t.Error(err)
	}
}
