package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

func TestAMessageSaysWhoDoesNotGetItAndWhy(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ops := of[keyRow](admin(t).post("/keys", members{"name": "ops", "scopes": []string{"manage", "read"}, "service_id": s.id}).is(201))
	byOps := s.by(ops.Key)
	s.eventType("card_issued")
	gets := receive(t, nil)
	good := s.endpoint(s.user().ID, gets.url(), "card_issued")

	paused := s.endpoint(s.user().ID, "https://example.com/paused", "card_issued")
	byOps.post("/endpoints/"+paused.ID+"/pause", nil).is(200)
	removed := s.endpoint(s.user().ID, "https://example.com/removed", "card_issued")
	byOps.delete("/endpoints/" + removed.ID).is(204)
	unsubscribed := s.endpoint(s.user().ID, "https://example.com/unsubscribed", "card_issued")
	byOps.delete("/subscriptions/" + unsubscribed.Subscriptions[0].ID).is(204)
	leaver := s.user()
	archived := s.endpoint(leaver.ID, "https://example.com/archived", "card_issued")
	byOps.delete("/users/" + leaver.ID).is(204)
	leaving := receive(t, always(410))
	gone := s.endpoint(s.user().ID, leaving.url(), "card_issued")
	s.awaitDelivery(s.publish("card_issued", gone.UserID).ID, gone.ID, "failed")

	since := func(types ...string) map[string]event {
		found := map[string]event{}
		for _, e := range s.history() {
			if slices.Contains(types, e.Type) {
				found[e.Stream] = e
			}
		}
		return found
	}("EndpointPaused", "EndpointRemoved", "SubscriptionRemoved", "UserArchived")
	want := map[string]skip{
		paused.ID:       {paused.ID, "paused", since[s.id+"/"+paused.ID].Time, ops.ID},
		removed.ID:      {removed.ID, "removed", since[s.id+"/"+removed.ID].Time, ops.ID},
		unsubscribed.ID: {unsubscribed.ID, "unsubscribed", since[s.id+"/"+unsubscribed.ID].Time, ops.ID},
		archived.ID:     {archived.ID, "user_archived", since[s.id+"/"+leaver.ID].Time, ops.ID},
		gone.ID:         {gone.ID, "gone", since[s.id+"/"+gone.ID].Time, outcomesBy()},
	}

	m := s.publish("card_issued", "")
	t.Run("in the answer", func(t *testing.T) { expectSkipped(t, m.Skipped, want) })
	t.Run("in the event", func(t *testing.T) {
		var skipped []skip
		if err := json.Unmarshal([]byte(last(s.historyOf(m.ID), "MessageAccepted").says("skipped")), &skipped); err != nil {
			t.Fatal(err)
		}
		expectSkipped(t, skipped, want)
	})
	t.Run("as deliveries", func(t *testing.T) {
		var skipped []skip
		for _, d := range s.deliveries(m.ID, where("status", "skipped")) {
			if d.Attempts != 0 || d.NextAttemptAt != nil || d.Cause != nil || d.EndedAt != nil {
				t.Errorf("skipped, and yet %+v", d)
			}
			skipped = append(skipped, skip{d.EndpointID, value(d.Reason), value(d.Since), value(d.By)})
		}
		expectSkipped(t, skipped, want)
	})
	t.Run("and the others get it", func(t *testing.T) {
		if m.Deliveries != 1 {
			t.Errorf("%d deliveries, want 1", m.Deliveries)
		}
		s.awaitDelivery(m.ID, good.ID, "delivered")
		if n := len(gets.got()); n != 1 {
			t.Errorf("%d webhooks", n)
		}
		if shown := of[messageRow](s.get("/messages/" + m.ID).is(200)); shown.Deliveries["skipped"] != 5 || shown.Deliveries["delivered"] != 1 || shown.Status != "delivered" {
			t.Errorf("the message: %+v", shown)
		}
	})
	t.Run("retry and discard of a skipped one are refused", func(*testing.T) {
		s.changesNothing(func() {
			for id := range want {
				p := s.post("/messages/"+m.ID+"/deliveries/"+id+"/retry", nil).refused(409, "conflict", "")
				if !strings.Contains(p.Detail, "publish it again with user_id") {
					t.Errorf("it names no way out: %s", p.Detail)
				}
				s.post("/messages/"+m.ID+"/deliveries/"+id+"/discard", nil).refused(409, "conflict", "")
			}
		})
	})
}

func expectSkipped(t *testing.T, got []skip, want map[string]skip) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d are skipped, want %d: %+v", len(got), len(want), got)
	}
	for _, g := range got {
		w := want[g.EndpointID]
		if g.Reason != w.Reason || g.By != w.By || !g.Since.Equal(w.Since) {
			t.Errorf("skipped %+v\nwant    %+v", g, w)
		}
	}
}

func TestAMessageThatNobodyWantsSaysSo(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	s.eventType("card_debited")
	ada, eve := s.user(), s.user()
	s.endpoint(ada.ID, "https://example.com/other", "card_debited")
	s.endpoint(eve.ID, "https://example.com/hers", "card_issued")

	m := s.publish("card_issued", ada.ID)
	if m.Deliveries != 0 || len(m.Skipped) != 1 || m.Skipped[0] != (skip{Reason: "no_subscription"}) {
		t.Errorf("accepted %+v", m)
	}
	rows := s.deliveries(m.ID)
	if len(rows) != 1 || rows[0].Status != "skipped" || value(rows[0].Reason) != "no_subscription" || rows[0].EndpointID != "" {
		t.Errorf("deliveries %+v", rows)
	}
	if shown := of[messageRow](s.get("/messages/" + m.ID).is(200)); shown.Status != "skipped" {
		t.Errorf("the message: %+v", shown)
	}
	if found := first[messageRow](s.client, "/messages", where("status", "skipped")); len(found) != 1 || found[0].ID != m.ID {
		t.Errorf("skipped messages: %+v", found)
	}
}

func TestWhoReadsActiveGetsAllAndWhoReadsPausedGetsNone(t *testing.T) {
	ofStandardWebhooks(t, "subscription that is active at once")
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	r := receive(t, nil)
	e := s.endpoint(s.user().ID, r.url(), "card_issued")
	sub := "/subscriptions/" + e.Subscriptions[0].ID
	sent := 0
	for range 15 {
		s.post("/endpoints/"+e.ID+"/pause", nil).is(200).fresh()
		if m := s.publish("card_issued", ""); m.Deliveries != 0 || m.Skipped[0].Reason != "paused" {
			t.Fatalf("published to a paused endpoint: %+v", m)
		}
		s.post("/endpoints/"+e.ID+"/resume", nil).is(200).fresh()
		if m := s.publish("card_issued", ""); m.Deliveries != 1 {
			t.Fatalf("published to an active endpoint: %+v", m)
		} else {
			s.awaitDelivery(m.ID, e.ID, "delivered") // before it is paused again
		}
		s.delete(sub).is(204).fresh()
		if m := s.publish("card_issued", ""); m.Deliveries != 0 || m.Skipped[0].Reason != "unsubscribed" {
			t.Fatalf("published without a subscription: %+v", m)
		}
		s.post("/subscriptions", members{"user_id": e.UserID, "event_type": "card_issued", "endpoint": e.ID}).is(201).fresh()
		if m := s.publish("card_issued", ""); m.Deliveries != 1 {
			t.Fatalf("published with a subscription: %+v", m)
		} else {
			s.awaitDelivery(m.ID, e.ID, "delivered")
		}
		sent += 2
	}
	if got := r.await(sent); len(got) != sent {
		t.Errorf("%d webhooks, want %d", len(got), sent)
	}
}
