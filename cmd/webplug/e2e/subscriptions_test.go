package e2e

import (
	"slices"
	"strings"
	"testing"
)

func TestASubscriptionIsMadeShownAndRemoved(t *testing.T) {
	ofStandardWebhooks(t, "subscription that is active at once")
	t.Parallel()
	s := newService(t)
	u, kind := s.user(), s.eventType("card_issued")
	e := s.endpoint(u.ID, "https://example.com/hook")
	body := members{"user_id": u.ID, "event_type": "card_issued", "endpoint": e.ID}

	made := s.post("/subscriptions", body).is(201).fresh()
	sub := of[subscriptionRow](made)
	if sub.EndpointID != e.ID || sub.UserID != u.ID || sub.EventTypeID != kind.ID || sub.EventType != "card_issued" || sub.Status != "active" {
		t.Errorf("made %s", made.body)
	}
	if want := "sub_" + strings.TrimPrefix(e.ID, "ep_") + strings.TrimPrefix(kind.ID, "typ_"); sub.ID != want {
		t.Errorf("the id %s does not hold the endpoint's and the type's", sub.ID)
	}
	if want := s.id + "/" + e.ID + "@2"; made.position() != want {
		t.Errorf("position %s, want %s: it is in its endpoint's stream", made.position(), want)
	}
	at := "/subscriptions/" + sub.ID
	if shown := s.get(at).is(200); string(shown.body) != string(made.body) {
		t.Errorf("made  %s\nshown %s", made.body, shown.body)
	}
	s.changesNothing(func() {
		if p := s.post("/subscriptions", body).refused(409, "conflict", "event_type"); p.ID != sub.ID {
			t.Errorf("409 with the id %q, want %s", p.ID, sub.ID)
		}
	})

	gone := s.delete(at).is(204)
	if got := of[subscriptionRow](s.get(at).is(200)); got.Status != "removed" || got.RemovedAt == nil || got.StatusChanged.By != "admin" {
		t.Errorf("removed, but shown as %+v", got)
	}
	s.changesNothing(func() {
		if again := s.delete(at).is(204); again.position() != gone.position() {
			t.Errorf("removed at %s, and again at %s", gone.position(), again.position())
		}
	})
	t.Run("added again it is the same one", func(t *testing.T) {
		again := of[subscriptionRow](s.post("/subscriptions", body).is(201))
		if again.ID != sub.ID || again.Status != "active" || again.RemovedAt != nil {
			t.Errorf("added again: %+v", again)
		}
	})
	t.Run("it needs no confirmation in this format", func(*testing.T) {
		s.post(at+"/confirm", members{"token": "abc"}).refused(409, "conflict", "")
	})
}

func TestASubscriptionFindsOrMakesTheEndpointOfItsURL(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, eve := s.user(), s.user()
	s.eventType("card_issued")
	s.eventType("card_debited")
	to := func(user, kind, url string) members {
		return members{"user_id": user, "event_type": kind, "endpoint": url}
	}
	made := of[subscriptionRow](s.post("/subscriptions", to(ada.ID, "card_issued", "https://example.com/hook")).is(201))
	e := of[endpointRow](s.get("/endpoints/" + made.EndpointID).is(200))
	if e.URL != "https://example.com/hook" || e.UserID != ada.ID || e.Format != *formatFlag {
		t.Errorf("it made %+v", e)
	}
	found := of[subscriptionRow](s.post("/subscriptions", to(ada.ID, "card_debited", "https://example.com/hook")).is(201))
	if found.EndpointID != e.ID {
		t.Errorf("a second type made the endpoint %s beside %s", found.EndpointID, e.ID)
	}
	if p := s.post("/subscriptions", to(ada.ID, "card_issued", "https://example.com/hook")).refused(409, "conflict", "event_type"); p.ID != made.ID {
		t.Errorf("409 with the id %q, want %s", p.ID, made.ID)
	}
	hers := of[subscriptionRow](s.post("/subscriptions", to(eve.ID, "card_issued", "https://example.com/hook")).is(201))
	if hers.EndpointID == e.ID {
		t.Error("another user's subscription found the endpoint")
	}
	t.Run("a removed endpoint is not found", func(t *testing.T) {
		s.delete("/endpoints/" + e.ID).is(204)
		again := of[subscriptionRow](s.post("/subscriptions", to(ada.ID, "card_issued", "https://example.com/hook")).is(201))
		if again.EndpointID == e.ID {
			t.Error("it was added to a removed endpoint")
		}
	})
}

func TestASubscriptionIsRefused(t *testing.T) {
	t.Parallel()
	s, other := newService(t), newService(t)
	ada, eve, archived := s.user(), s.user(), s.user()
	s.eventType("card_issued")
	e := s.endpoint(ada.ID, "https://example.com/hook")
	theirs := other.endpoint(other.user().ID, "https://example.com/hook")
	s.delete("/users/" + archived.ID).is(204)
	with := func(change members) members {
		return merged(members{"user_id": ada.ID, "event_type": "card_issued", "endpoint": e.ID}, change)
	}
	s.changesNothing(func() {
		s.post("/subscriptions", with(members{"user_id": archived.ID})).refused(409, "conflict", "user_id")
		s.post("/subscriptions", with(members{"user_id": "usr_00000000000000000000000000"})).refused(422, "invalid", "user_id")
		s.post("/subscriptions", with(members{"event_type": "unknown"})).refused(422, "invalid", "event_type")
		s.post("/subscriptions", with(members{"endpoint": "ep_00000000000000000000000000"})).refused(422, "invalid", "endpoint")
		s.post("/subscriptions", with(members{"endpoint": theirs.ID})).refused(422, "invalid", "endpoint")
		s.post("/subscriptions", with(members{"user_id": eve.ID})).refused(422, "invalid", "endpoint")
		s.post("/subscriptions", with(members{"endpoint": "example.com/hook"})).refused(422, "invalid", "endpoint")
		s.post("/subscriptions", with(members{"format": otherFormat()})).refused(422, "invalid", "format")
	})
	s.get("/subscriptions/sub_1").refused(404, "not-found", "")
	s.delete("/subscriptions/sub_"+strings.Repeat("0", 52)).refused(404, "not-found", "")
}

func TestSubscriptionsAreFiltered(t *testing.T) {
	ofStandardWebhooks(t, "subscription that is active at once")
	t.Parallel()
	s := newService(t)
	ada, eve := s.user(), s.user()
	s.eventType("card_issued")
	s.eventType("card_debited")
	a := s.endpoint(ada.ID, "https://example.com/a", "card_issued", "card_debited")
	b := s.endpoint(eve.ID, "https://example.com/b", "card_issued")
	gone := a.Subscriptions[1]
	s.delete("/subscriptions/" + gone.ID).is(204)
	issued, debited, hers := a.Subscriptions[0].ID, gone.ID, b.Subscriptions[0].ID
	for _, filter := range []struct{ by, want []string }{
		{nil, []string{hers, issued, debited}},
		{[]string{"user_id", ada.ID}, []string{issued, debited}},
		{[]string{"event_type", "card_issued"}, []string{hers, issued}},
		{[]string{"event_type", "unknown"}, []string{}},
		{[]string{"endpoint_id", b.ID}, []string{hers}},
		{[]string{"status", "removed"}, []string{debited}},
		{[]string{"status", "active", "user_id", ada.ID}, []string{issued}},
		{[]string{"event_type", "card_issued", "endpoint_id", a.ID, "user_id", ada.ID, "status", "active"}, []string{issued}},
	} {
		got := each(first[subscriptionRow](s.client, "/subscriptions", where(filter.by...)), func(r subscriptionRow) string { return r.ID })
		if !slices.Equal(got, filter.want) {
			t.Errorf("%v: %v, want %v", filter.by, got, filter.want)
		}
		paged := each(all[subscriptionRow](s.client, "/subscriptions", where(append(filter.by, "limit", "1")...)), func(r subscriptionRow) string { return r.ID })
		if !slices.Equal(paged, filter.want) {
			t.Errorf("%v, page by page: %v, want %v", filter.by, paged, filter.want)
		}
	}
}
