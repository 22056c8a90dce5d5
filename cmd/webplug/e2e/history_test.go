package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAMessagesHistoryTellsItsWholeLife(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	u := s.user()
	r, other := receive(t, always(503)), receive(t, always(200))
	e := s.endpoint(u.ID, r.url(), "card_issued")
	o := s.endpoint(u.ID, other.url(), "card_issued")
	publisher := newKey(s.client, s.id, "publish")
	sent := s.by(publisher.Key).post("/messages", message("card_issued", u.ID), header("X-Request-Id", "order-4711")).is(202)
	m := of[acceptedRow](sent)
	s.awaitDelivery(m.ID, o.ID, "delivered")
	s.awaitDelivery(m.ID, e.ID, "retrying")
	r.fromNowOn(always(200))
	s.post("/messages/"+m.ID+"/deliveries/"+e.ID+"/retry", members{"reason": "they mended it"}).is(202)
	s.awaitDelivery(m.ID, e.ID, "delivered")

	events := s.historyOf(m.ID)
	order := newOrder()
	for _, ev := range events {
		if err := ev.whole(); err != nil {
			t.Error(err)
		}
		if err := order.next(ev); err != nil {
			t.Error(err)
		}
	}
	byStream := map[string][]string{}
	for _, ev := range events {
		byStream[ev.Stream] = append(byStream[ev.Stream], ev.Type)
	}
	root := s.id + "/" + m.ID
	for stream, want := range map[string]string{
		root: "MessageAccepted", root + "/" + o.ID: "DeliverySucceeded", root + "/" + e.ID: "AttemptFailed RetryRequested DeliverySucceeded",
	} {
		if got := strings.Join(byStream[stream], " "); got != want {
			t.Errorf("%s has %s, want %s", stream, got, want)
		}
	}

	accepted := events[0]
	if accepted.Type != "MessageAccepted" || accepted.Actor != publisher.ID || accepted.CorrelationID != "order-4711" {
		t.Errorf("it begins with %+v", accepted)
	}
	if accepted.says("payload") != `{"card":"`+canary+`"}` || accepted.says("event_type") != `"card_issued"` || accepted.says("user_id") != `"`+u.ID+`"` {
		t.Errorf("accepted %s", accepted.Data)
	}
	for _, ev := range events[1:] {
		if ev.Type == "RetryRequested" {
			if ev.Actor != "admin" || ev.says("reason") != `"they mended it"` {
				t.Errorf("asked for by %+v", ev)
			}
			continue
		}
		if ev.Actor != "dispatch" || ev.CorrelationID != "order-4711" {
			t.Errorf("an outcome by %s with the correlation id %s", ev.Actor, ev.CorrelationID)
		}
		if !strings.Contains(ev.says("answer"), canary) || ev.says("url") == "" || ev.number("duration_ms") <= 0 || ev.says("attempt_id") == "" {
			t.Errorf("an outcome: %s", ev.Data)
		}
	}

	t.Run("page by page it is the same", func(t *testing.T) {
		paged := all[event](s.client, "/messages/"+m.ID+"/history", where("limit", "1"))
		if !slices.EqualFunc(paged, events, func(a, b event) bool { return a.ID == b.ID && a.Hash == b.Hash }) {
			t.Errorf("%v, whole %v", types(paged), types(events))
		}
	})
	t.Run("the service's history has the same events", func(t *testing.T) {
		if found := s.history(where("stream", s.id+"/"+m.ID)); len(found) != len(events) {
			t.Errorf("of the message and its deliveries: %v, want %v", types(found), types(events))
		}
		for _, ev := range events {
			found := s.history(where("stream", ev.Stream, "type", ev.Type))
			if len(found) != 1 || found[0].Hash != ev.Hash || string(found[0].Data) != string(ev.Data) {
				t.Errorf("%s of %s: %+v", ev.Type, ev.Stream, found)
			}
		}
	})
}

func TestPayloadsAndAnswersAreOpenedForTheScopeRead(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	e := s.endpoint(s.user().ID, receive(t, always(200)).url(), "card_issued")
	m := s.publish("card_issued", "")
	s.awaitDelivery(m.ID, e.ID, "delivered")
	s.post("/endpoints/"+e.ID+"/secret/rotate", nil).is(200)
	reader := newKey(s.client, s.id, "read", "secrets")
	for _, key := range []string{reader.Key, s.key} {
		history := string(s.by(key).get("/history", where("limit", "100")).is(200).body)
		trail := string(s.by(key).get("/messages/" + m.ID + "/history").is(200).body)
		for _, shown := range []string{history, trail} {
			if !strings.Contains(shown, `"payload":{"card":"`+canary+`"}`) || !strings.Contains(shown, `"answer":"`+canary) {
				t.Errorf("payload and answer are not shown: %s", shown)
			}
		}
		if n := strings.Count(history, `"secret":"sealed"`); n != 2 {
			t.Errorf("%d secrets are sealed, want 2", n)
		}
	}
}

func TestAServicesHistoryIsFiltered(t *testing.T) {
	t.Parallel()
	s := newService(t)
	manager := newKey(s.client, s.id, "manage")
	u := s.user()
	s.eventType("card_issued")
	v := of[userRow](s.by(manager.Key).post("/users", members{"name": "Eve"}).is(201))
	s.by(manager.Key).patch("/users/"+u.ID, members{"name": "Ada L."}).is(200)
	e := s.endpoint(u.ID, receive(t, nil).url(), "card_issued")
	m := s.publish("card_issued", "")
	s.awaitDelivery(m.ID, e.ID, "delivered")
	s.delete("/users/" + v.ID).is(204)

	whole := s.history()
	order := newOrder()
	for _, ev := range whole {
		if !strings.HasPrefix(ev.Stream, s.id+"/") {
			t.Errorf("it has %s", ev.Stream)
		}
		if err := order.next(ev); err != nil {
			t.Error(err)
		}
	}
	middle := whole[len(whole)/2].Time
	at := middle.Format(time.RFC3339Nano)
	for name, f := range map[string]struct {
		by    []string
		wants func(event) bool
	}{
		"type":             {[]string{"type", "UserRegistered"}, func(ev event) bool { return ev.Type == "UserRegistered" }},
		"actor":            {[]string{"actor", manager.ID}, func(ev event) bool { return ev.Actor == manager.ID }},
		"a component":      {[]string{"actor", "dispatch"}, func(ev event) bool { return ev.Actor == "dispatch" }},
		"stream":           {[]string{"stream", s.id + "/" + u.ID}, func(ev event) bool { return ev.Stream == s.id+"/"+u.ID }},
		"another's stream": {[]string{"stream", "svc_1/" + u.ID}, func(event) bool { return false }},
		"since":            {[]string{"since", at}, func(ev event) bool { return !ev.Time.Before(middle) }},
		"until":            {[]string{"until", at}, func(ev event) bool { return ev.Time.Before(middle) }},
		"combined": {[]string{"stream", s.id + "/" + u.ID, "type", "UserUpdated", "actor", manager.ID, "since", whole[0].Time.Format(time.RFC3339Nano)},
			func(ev event) bool { return ev.Type == "UserUpdated" }},
	} {
		for _, limit := range []string{"1", "100"} {
			got := all[event](s.client, "/history", where(append(f.by, "limit", limit)...))
			want := slices.DeleteFunc(slices.Clone(whole), func(ev event) bool { return !f.wants(ev) })
			if !slices.EqualFunc(got, want, func(a, b event) bool { return a.ID == b.ID }) {
				t.Errorf("%s by %s: %v, want %v", name, limit, types(got), types(want))
			}
		}
	}
	t.Run("an unknown type is refused", func(*testing.T) {
		s.get("/history", where("type", "Nothing"), wrong).refused(422, "invalid", "type")
	})
	t.Run("it may begin with the newest", func(t *testing.T) {
		slices.Reverse(whole)
		for _, limit := range []string{"1", "3", "100"} {
			got := all[event](s.client, "/history", where("order", "newest", "limit", limit))
			if !slices.EqualFunc(got, whole, func(a, b event) bool { return a.ID == b.ID }) {
				t.Errorf("newest first by %s: %v, want %v", limit, types(got), types(whole))
			}
		}
		s.get("/history", where("order", "random"), wrong).refused(422, "invalid", "order")
		cursor := *of[page[event]](s.get("/history", where("order", "newest", "limit", "1")).is(200)).Next
		s.get("/history", where("order", "oldest", "cursor", cursor)).refused(422, "invalid", "cursor")
	})
	t.Run("after a position it has what was done there", func(t *testing.T) {
		done := s.patch("/users/"+u.ID, members{"name": "Ada K."}).is(200)
		got := s.get("/history", where("after", done.position(), "type", "UserUpdated")).is(200).fresh()
		if n := len(of[page[event]](got).Data); n != 2 {
			t.Errorf("%d changes, want 2", n)
		}
	})
}

func TestTheWholeHistoryIsTheAdminsAlone(t *testing.T) {
	t.Parallel()
	c, s, other := admin(t), newService(t), newService(t)
	since := where("since", of[serviceRow](s.get("").is(200)).CreatedAt.Format(time.RFC3339Nano))
	k := newKey(c, "", "publish", "manage", "read", "secrets")
	s.user()
	other.user()
	seen := map[string]bool{}
	order := newOrder()
	for _, ev := range all[event](c, "/history", since, where("limit", "100")) {
		if err := ev.whole(); err != nil {
			t.Error(err)
		}
		if ev.Version > 1 && order.versions[ev.Stream] == 0 {
			order.versions[ev.Stream] = ev.Version - 1 // the stream began before
		}
		if err := order.next(ev); err != nil {
			t.Error(err)
		}
		service, _, _ := strings.Cut(ev.Stream, "/")
		seen[service] = true
		if ev.Stream == "_/"+k.ID {
			seen[k.ID] = true
			if strings.Contains(string(ev.Data), k.Key[len(k.Key)-64:]) {
				t.Error("the event of a key shows it")
			}
		}
	}
	for _, id := range []string{s.id, other.id, k.ID, "_"} {
		if !seen[id] {
			t.Errorf("nothing of %s is in it", id)
		}
	}
	c.with(k.Key).get("/history").refused(403, "forbidden", "")
	t.Run("in both orders", func(t *testing.T) {
		for range 3 {
			s.by(k.Key).user()
			other.by(k.Key).eventType(newToken("type"))
		}
		oldest := all[event](c, "/history", since, where("actor", k.ID, "limit", "2"))
		newest := all[event](c, "/history", since, where("actor", k.ID, "limit", "4", "order", "newest"))
		slices.Reverse(newest)
		if len(oldest) != 9 || !slices.EqualFunc(oldest, newest, func(a, b event) bool { return a.ID == b.ID }) {
			t.Errorf("oldest first %v, newest first, read backwards, %v", types(oldest), types(newest))
		}
	})
	if found := all[event](c, "/history", where("actor", "nobody")); len(found) != 0 {
		t.Errorf("by nobody: %+v", found)
	}
}

func TestReadsLeaveNoTrace(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.user()
	e := s.endpoint(u.ID, "https://example.com/hook")
	s.changesNothing(func() {
		for _, path := range []string{"", "/users", "/users/" + u.ID, "/endpoints", "/endpoints/" + e.ID, "/subscriptions", "/messages", "/dead-letters", "/history", "/event-types"} {
			s.get(path).is(200)
		}
	})
}
