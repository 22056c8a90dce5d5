package e2e

import (
	"slices"
	"strings"
	"testing"
)

func TestAnEndpointIsAddedShownChangedAndRemoved(t *testing.T) {
	ofStandardWebhooks(t, "subscription that is active at once")
	t.Parallel()
	s := newService(t)
	u := s.user()
	s.eventType("card_issued")
	s.eventType("card_debited")
	made := s.post("/endpoints", members{
		"user_id": u.ID, "url": "https://example.com/hook?a=1&b=2", "description": "books", "event_types": []string{"card_issued", "card_debited", "card_issued"},
	}).is(201).fresh()
	e := of[endpointRow](made)
	if e.UserID != u.ID || e.URL != "https://example.com/hook?a=1&b=2" || e.Description != "books" || e.Format != *formatFlag ||
		e.Status != "active" || e.Reason != nil || e.RemovedAt != nil || e.PreviousSecretUntil != nil {
		t.Errorf("added %s", made.body)
	}
	if e.StatusChanged.By != "admin" || len(e.Subscriptions) != 2 {
		t.Errorf("added %s", made.body)
	}
	if strings.Contains(string(made.body), "whsec_") {
		t.Error("the secret is shown without being asked for")
	}
	at := "/endpoints/" + e.ID
	if shown := s.get(at).is(200); string(shown.body) != string(made.body) {
		t.Errorf("added %s\nshown %s", made.body, shown.body)
	}

	moved := of[endpointRow](s.patch(at, members{"url": "https://example.com/other"}).is(200).fresh())
	if moved.URL != "https://example.com/other" || moved.Description != "books" || moved.Status != "active" {
		t.Errorf("moved to %+v", moved)
	}
	if bare := of[endpointRow](s.patch(at, members{"description": nil}).is(200)); bare.Description != "" {
		t.Errorf("null left the description %q", bare.Description)
	}

	gone := s.delete(at).is(204)
	got := of[endpointRow](s.get(at).is(200))
	if got.RemovedAt == nil || got.Status != "removed" || got.StatusChanged.By != "admin" {
		t.Errorf("removed, but shown as %+v", got)
	}
	for _, sub := range got.Subscriptions {
		if sub.Status != "removed" || sub.RemovedAt == nil {
			t.Errorf("its subscription is %+v", sub)
		}
	}
	s.changesNothing(func() {
		if again := s.delete(at).is(204); again.position() != gone.position() {
			t.Errorf("removed at %s, and again at %s", gone.position(), again.position())
		}
		s.patch(at, members{"description": "late"}).refused(409, "conflict", "")
		s.post(at+"/pause", nil).refused(409, "conflict", "")
		s.post(at+"/resume", nil).refused(409, "conflict", "")
		s.post(at+"/test", nil).refused(409, "conflict", "")
		s.post(at+"/secret/rotate", nil).refused(409, "conflict", "")
		s.get(at+"/secret").refused(409, "conflict", "")
		s.post("/subscriptions", members{"user_id": u.ID, "event_type": "card_issued", "endpoint": e.ID}).refused(409, "conflict", "endpoint")
	})
}

func TestAnEndpointIsPausedAndResumed(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	e := s.endpoint(s.user().ID, "https://example.com/hook", "card_issued")
	pauser := newKey(s.client, s.id, "manage", "read")
	at := "/endpoints/" + e.ID

	paused := of[endpointRow](s.by(pauser.Key).post(at+"/pause", nil).is(200).fresh())
	if paused.Status != "paused" || value(paused.Reason) != "manual" || paused.StatusChanged.By != pauser.ID {
		t.Errorf("paused: %+v", paused)
	}
	s.changesNothing(func() {
		first := s.get(at).is(200)
		again := s.post(at+"/pause", members{}).is(200)
		if string(again.body) != string(first.body) {
			t.Errorf("paused twice: %s, before %s", again.body, first.body)
		}
	})
	resumed := of[endpointRow](s.post(at+"/resume", nil).is(200))
	if resumed.Status != "active" || resumed.Reason != nil || resumed.StatusChanged.By != "admin" {
		t.Errorf("resumed: %+v", resumed)
	}
	s.changesNothing(func() { s.post(at+"/resume", nil).is(200) })
}

func TestAURLIsUniqueWithinAUser(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, eve := s.user(), s.user()
	e := s.endpoint(ada.ID, "https://example.com/hook")
	s.changesNothing(func() {
		if p := s.post("/endpoints", members{"user_id": ada.ID, "url": "https://example.com/hook"}).refused(409, "conflict", "url"); p.ID != e.ID {
			t.Errorf("409 with the id %q, want %s", p.ID, e.ID)
		}
	})
	s.endpoint(eve.ID, "https://example.com/hook")
	other := s.endpoint(ada.ID, "https://example.com/other")
	if p := s.patch("/endpoints/"+other.ID, members{"url": "https://example.com/hook"}).refused(409, "conflict", "url"); p.ID != e.ID {
		t.Errorf("409 with the id %q, want %s", p.ID, e.ID)
	}
	t.Run("moving frees it", func(*testing.T) {
		s.patch("/endpoints/"+e.ID, members{"url": "https://example.com/third"}).is(200)
		s.patch("/endpoints/"+other.ID, members{"url": "https://example.com/hook"}).is(200)
	})
	t.Run("removing frees it", func(t *testing.T) {
		s.delete("/endpoints/" + other.ID).is(204)
		if again := s.endpoint(ada.ID, "https://example.com/hook"); again.ID == other.ID {
			t.Error("the removed endpoint came back")
		}
	})
}

func TestEndpointsAreFilteredByUserStatusAndURL(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, eve := s.user(), s.user()
	a := s.endpoint(ada.ID, "https://example.com/a")
	b := s.endpoint(ada.ID, "https://example.com/b")
	c := s.endpoint(eve.ID, "https://example.com/a")
	d := s.endpoint(eve.ID, "https://example.com/d")
	s.post("/endpoints/"+b.ID+"/pause", nil).is(200)
	s.delete("/endpoints/" + d.ID).is(204)
	for _, filter := range []struct {
		by   []string
		want []string
	}{
		{nil, []string{d.ID, c.ID, b.ID, a.ID}},
		{[]string{"user_id", ada.ID}, []string{b.ID, a.ID}},
		{[]string{"status", "paused"}, []string{b.ID}},
		{[]string{"status", "active"}, []string{c.ID, a.ID}},
		{[]string{"status", "removed"}, []string{d.ID}},
		{[]string{"url", "https://example.com/a"}, []string{c.ID, a.ID}},
		{[]string{"url", "https://example.com/a", "user_id", eve.ID}, []string{c.ID}},
		{[]string{"user_id", eve.ID, "status", "paused"}, []string{}},
	} {
		got := each(first[endpointRow](s.client, "/endpoints", where(filter.by...)), func(e endpointRow) string { return e.ID })
		if !slices.Equal(got, filter.want) {
			t.Errorf("%v: %v, want %v", filter.by, got, filter.want)
		}
	}
}
