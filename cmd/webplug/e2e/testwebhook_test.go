package e2e

import (
	"slices"
	"testing"
)

func TestATestWebhookGoesToOneEndpointAlone(t *testing.T) {
	ofStandardWebhooks(t, "test webhook to an endpoint without a confirmed subscription")
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued", members{"example": members{"card": "4242", "limit": 500}})
	s.eventType("bare")
	u := s.user()
	r, other := receive(t, nil), receive(t, nil)
	e := s.endpoint(u.ID, r.url()) // subscribed to nothing
	s.endpoint(u.ID, other.url(), "card_issued")
	at := "/endpoints/" + e.ID + "/test"

	t.Run("of no type", func(t *testing.T) {
		m := of[acceptedRow](s.post(at, nil).is(202))
		if m.Deliveries != 1 || len(m.Skipped) != 0 {
			t.Errorf("accepted %+v", m)
		}
		h := r.await(1)[0]
		if h.Type != "webplug.test" || h.ID != m.ID || h.Data.Kind() != '{' {
			t.Errorf("arrived %s", h.body)
		}
		if err := h.signedBy(s.secret(e.ID)); err != nil {
			t.Error(err)
		}
		s.awaitDelivery(m.ID, e.ID, "delivered")
		shown := of[messageRow](s.get("/messages/" + m.ID).is(200))
		if !shown.Test || shown.EventType != "webplug.test" || value(shown.UserID) != u.ID {
			t.Errorf("shown %+v", shown)
		}
		if got := types(s.historyOf(m.ID)); !slices.Equal(got, []string{"MessageAccepted", "DeliverySucceeded"}) {
			t.Errorf("history: %v", got)
		}
		if found := first[messageRow](s.client, "/messages", where("event_type", "webplug.test")); len(found) != 1 {
			t.Errorf("listed: %+v", found)
		}
	})
	t.Run("of a type with an example", func(t *testing.T) {
		of[acceptedRow](s.post(at, members{"event_type": "card_issued"}).is(202))
		h := r.await(2)[1]
		if h.Type != "card_issued" || string(h.Data) != `{"card":"4242","limit":500}` {
			t.Errorf("arrived %s", h.body)
		}
	})
	t.Run("it is refused", func(*testing.T) {
		s.changesNothing(func() {
			s.post(at, members{"event_type": "bare"}).refused(422, "invalid", "event_type")
			s.post(at, members{"event_type": "unknown"}).refused(422, "invalid", "event_type")
			s.post(at, members{"event_type": ""}).refused(422, "invalid", "event_type")
			s.post(at, members{"payload": 1}, wrong).refused(422, "invalid", "payload")
		})
		s.post("/endpoints/"+e.ID+"/pause", nil).is(200)
		s.post(at, nil).refused(409, "conflict", "")
	})
	if n := len(other.got()); n != 0 {
		t.Errorf("another endpoint got %d", n)
	}
}
