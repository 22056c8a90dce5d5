package e2e

import (
	"strings"
	"testing"
	"time"
)

func TestADeliveryIsRetriedByHand(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	r := receive(t, always(503))
	bystander := receive(t, nil)
	u := s.user()
	e := s.endpoint(u.ID, r.url(), "card_issued")
	other := s.endpoint(u.ID, bystander.url(), "card_issued")
	person := of[keyRow](admin(t).post("/keys", members{
		"name": "support", "scopes": []string{"manage", "read"}, "service_id": s.id, "holder": members{"name": "Grace Hopper", "kind": "person"},
	}).is(201))
	m := s.publish("card_issued", u.ID)
	s.awaitDelivery(m.ID, other.ID, "delivered")
	at := "/messages/" + m.ID + "/deliveries/" + e.ID

	t.Run("while it is retrying", func(t *testing.T) {
		before := s.awaitDelivery(m.ID, e.ID, "retrying")
		got := s.by(person.Key).post(at+"/retry", members{"reason": "the customer asked"}).is(202)
		if d := of[deliveryRow](got); d.Status != "pending" || d.Attempts != 1 || d.NextAttemptAt == nil || d.NextAttemptAt.After(*before.NextAttemptAt) {
			t.Errorf("asked for a retry: %+v", d)
		}
		if want := s.id + "/" + m.ID + "/" + e.ID + "@2"; got.position() != want {
			t.Errorf("position %s, want %s", got.position(), want)
		}
		r.await(2)
		asked := last(s.historyOf(m.ID), "RetryRequested")
		if asked.Actor != person.ID || asked.ActorName != "Grace Hopper" || asked.says("reason") != `"the customer asked"` {
			t.Errorf("the history says %+v", asked)
		}
	})
	t.Run("the whole schedule begins again, and attempts are counted on", func(t *testing.T) {
		var failed event
		eventually(t, "the second attempt has failed", func() bool {
			failed = last(s.historyOf(m.ID), "AttemptFailed")
			return failed.number("attempt") == 2
		})
		if !near(failed.delay(), firstRetry, firstRetry+jitter) {
			t.Errorf("the attempt after a retry was planned after %s", failed.delay())
		}
		if asked := last(s.historyOf(m.ID), "RetryRequested"); failed.CausationID != asked.ID || failed.number("plan") != float64(asked.Version) {
			t.Errorf("the attempt does not name its retry: %+v", failed)
		}
	})
	t.Run("once it is discarded", func(t *testing.T) {
		got := s.post(at+"/discard", members{"reason": "obsolete"}).is(202)
		if d := of[deliveryRow](got); d.Status != "discarded" || d.NextAttemptAt != nil || d.EndedAt == nil {
			t.Errorf("discarded: %+v", d)
		}
		if e := last(s.historyOf(m.ID), "DeliveryDiscarded"); e.says("reason") != `"obsolete"` || e.Actor != "admin" {
			t.Errorf("the history says %+v", e)
		}
		s.changesNothing(func() {
			if again := s.post(at+"/discard", members{"reason": "again"}).is(202); again.position() != got.position() {
				t.Errorf("discarded at %s, and again at %s", got.position(), again.position())
			}
		})
		r.fromNowOn(always(200))
		s.retry(m.ID, e.ID).is(202)
		if hooks := r.await(3); hooks[2].ID != m.ID {
			t.Errorf("another message: %s", hooks[2].ID)
		}
		s.awaitDelivery(m.ID, e.ID, "delivered")
	})
	t.Run("once it is delivered", func(t *testing.T) {
		s.retry(m.ID, e.ID).is(202)
		r.await(4)
		s.awaitDelivery(m.ID, e.ID, "delivered")
		s.post(at+"/discard", nil).refused(409, "conflict", "")
	})
	t.Run("while it is pending nothing is added", func(t *testing.T) {
		hold := make(chan struct{})
		defer close(hold)
		r.fromNowOn(func(int) reply { return reply{status: 200, hold: hold} })
		s.retry(m.ID, e.ID).is(202)
		r.await(5)
		s.changesNothing(func() {
			first, second := s.retry(m.ID, e.ID).is(202), s.post(at+"/retry", members{"reason": "now!"}).is(202)
			if first.position() != second.position() || of[deliveryRow](second).Status != "pending" {
				t.Errorf("retried at %s and %s: %s", first.position(), second.position(), second.body)
			}
		})
	})
	t.Run("only the endpoint concerned gets it", func(t *testing.T) {
		s.awaitDelivery(m.ID, e.ID, "delivered")
		if n := len(bystander.got()); n != 1 {
			t.Errorf("the other endpoint got %d webhooks", n)
		}
		if n := len(r.got()); n != 5 {
			t.Errorf("%d webhooks, want 5", n)
		}
	})
}

func TestAFailedDeliveryIsRetriedOnceItsEndpointIsThereAgain(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	r := receive(t, func(n int) reply {
		if n == 1 {
			return reply{status: 410}
		}
		return reply{status: 200}
	})
	e := s.endpoint(s.user().ID, r.url(), "card_issued")
	m := s.publish("card_issued", "")
	s.awaitDelivery(m.ID, e.ID, "failed")
	s.changesNothing(func() {
		p := s.retry(m.ID, e.ID).refused(409, "conflict", "")
		if !strings.Contains(p.Detail, "paused") || !strings.Contains(p.Detail, "resume") {
			t.Errorf("the refusal does not say what to do: %s", p.Detail)
		}
	})
	s.post("/endpoints/"+e.ID+"/resume", nil).is(200)
	s.retry(m.ID, e.ID).is(202)
	s.awaitDelivery(m.ID, e.ID, "delivered")
	s.delete("/endpoints/" + e.ID).is(204)
	s.changesNothing(func() {
		if p := s.retry(m.ID, e.ID).refused(409, "conflict", ""); !strings.Contains(p.Detail, "removed") {
			t.Errorf("the refusal does not say why: %s", p.Detail)
		}
	})
}

func TestADiscardedDeliveryIsNotTriedAgain(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	r := receive(t, always(503))
	// The other endpoint's second webhook tells that the time of the first one's next attempt is over.
	later := receive(t, func(int) reply { return reply{status: 503, header: map[string]string{"Retry-After": "8"}} })
	discarded := s.endpoint(s.user().ID, r.url(), "card_issued")
	marker := s.endpoint(s.user().ID, later.url(), "card_issued")
	m := s.publish("card_issued", discarded.UserID)
	s.awaitDelivery(m.ID, discarded.ID, "retrying")
	s.discard(m.ID, discarded.ID)
	mark := s.publish("card_issued", marker.UserID)
	hooks := later.await(2)
	if waited := hooks[1].at.Sub(hooks[0].at); waited < 8*time.Second {
		t.Errorf("a Retry-After of 8 s was waited for %s", waited)
	}
	if n := len(r.got()); n != 1 {
		t.Errorf("a discarded delivery was tried again: %d webhooks", n)
	}
	s.awaitDelivery(m.ID, discarded.ID, "discarded")
	s.awaitDelivery(mark.ID, marker.ID, "retrying")
	s.discard(mark.ID, marker.ID)
}

func TestRetryAndDiscardAreRefused(t *testing.T) {
	t.Parallel()
	s, other := newService(t), newService(t)
	s.eventType("card_issued")
	e := s.endpoint(s.user().ID, receive(t, nil).url(), "card_issued")
	stranger := s.endpoint(s.user().ID, "https://example.com/hook")
	m := s.publish("card_issued", "")
	s.awaitDelivery(m.ID, e.ID, "delivered")
	none, nobody := "msg_00000000000000000000000000", "ep_00000000000000000000000000"
	for _, do := range []string{"/retry", "/discard"} {
		s.changesNothing(func() {
			s.post("/messages/"+none+"/deliveries/"+e.ID+do, nil).refused(404, "not-found", "")
			s.post("/messages/"+m.ID+"/deliveries/"+nobody+do, nil).refused(404, "not-found", "")
			s.post("/messages/"+m.ID+"/deliveries/"+stranger.ID+do, nil).refused(404, "not-found", "")
			s.post("/messages/x/deliveries/"+e.ID+do, nil).refused(404, "not-found", "")
			s.post("/messages/"+m.ID+"/deliveries/x"+do, nil).refused(404, "not-found", "")
			other.post("/messages/"+m.ID+"/deliveries/"+e.ID+do, nil).refused(404, "not-found", "")
			at := "/messages/" + m.ID + "/deliveries/" + e.ID + do
			s.post(at, members{"reason": strings.Repeat("x", 501)}, wrong).refused(422, "invalid", "reason")
			s.post(at, members{"reason": "a\nb"}).refused(422, "invalid", "reason")
			s.post(at, members{"reason": 7}, wrong).refused(422, "invalid", "reason")
			s.post(at, members{"because": "x"}, wrong).refused(422, "invalid", "because")
		})
	}
}
