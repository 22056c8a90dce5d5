package e2e

import (
	"strings"
	"testing"
)

// steered is a receiver that answers each webhook when, and as, the test says.
type steered struct {
	*receiver
	answers chan reply
}

func steer(t testing.TB) steered {
	answers := make(chan reply)
	return steered{receive(t, func(int) reply { return reply{later: answers} }), answers}
}

func TestARetryAskedForWhileAnAttemptIsUnderWayIsMade(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	r := steer(t)
	e := s.endpoint(s.user().ID, r.url(), "card_issued")
	m := s.publish("card_issued", "")
	r.await(1)
	r.answers <- reply{status: 503}
	s.awaitDelivery(m.ID, e.ID, "retrying")
	r.await(2) // the first retry, after 5 s, which is not answered yet
	if d := s.delivery(m.ID, e.ID); d.Status != "retrying" || d.Attempts != 1 {
		t.Fatalf("while the second attempt is under way: %+v", d)
	}
	s.retry(m.ID, e.ID).is(202)
	r.answers <- reply{status: 500}
	r.await(3)
	r.answers <- reply{status: 204}
	s.awaitDelivery(m.ID, e.ID, "delivered")

	events := s.historyOf(m.ID)
	if got := strings.Join(types(events), " "); got != "MessageAccepted AttemptFailed RetryRequested AttemptFailed DeliverySucceeded" {
		t.Fatalf("history: %s", got)
	}
	if stale := events[3]; stale.says("next") != "" || stale.number("plan") != 1 || stale.says("status_code") != "500" {
		t.Errorf("the outcome of an older plan: %s", stale.Data)
	}
	if made := events[4]; made.number("plan") != 2 || made.number("attempt") != 3 || made.CausationID != events[2].ID {
		t.Errorf("the attempt that was asked for: %+v", made)
	}
}

func TestASuccessEndsEveryPlan(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	r := steer(t)
	e := s.endpoint(s.user().ID, r.url(), "card_issued")
	m := s.publish("card_issued", "")
	r.await(1)
	r.answers <- reply{status: 503}
	s.awaitDelivery(m.ID, e.ID, "retrying")
	r.await(2)
	s.retry(m.ID, e.ID).is(202)
	r.answers <- reply{status: 200}
	d := s.awaitDelivery(m.ID, e.ID, "delivered")
	if d.NextAttemptAt != nil || d.Attempts != 2 {
		t.Errorf("delivered by an older plan: %+v", d)
	}
}

func TestADiscardWhileAnAttemptIsUnderWay(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	for outcome, want := range map[int]string{503: "discarded", 200: "delivered"} { // a success wins
		s := newService(t)
		s.eventType("card_issued")
		r := steer(t)
		e := s.endpoint(s.user().ID, r.url(), "card_issued")
		m := s.publish("card_issued", "")
		r.await(1)
		if d := of[deliveryRow](s.discard(m.ID, e.ID)); d.Status != "discarded" {
			t.Errorf("discarded: %+v", d)
		}
		r.answers <- reply{status: outcome}
		eventually(t, "the outcome is recorded", func() bool { return s.delivery(m.ID, e.ID).Attempts == 1 })
		if d := s.delivery(m.ID, e.ID); d.Status != want || d.NextAttemptAt != nil {
			t.Errorf("after %d: %+v", outcome, d)
		}
	}
}

func TestWhatWasAcceptedGoesOnThoughItsParentsAreArchived(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	for what, archive := range map[string]func(service, endpointRow, eventTypeRow){
		"the user":       func(s service, e endpointRow, _ eventTypeRow) { s.delete("/users/" + e.UserID).is(204) },
		"the event type": func(s service, _ endpointRow, k eventTypeRow) { s.delete("/event-types/" + k.ID).is(204) },
		"the subscription": func(s service, e endpointRow, _ eventTypeRow) {
			s.delete("/subscriptions/" + e.Subscriptions[0].ID).is(204)
		},
		"the service": func(s service, _ endpointRow, _ eventTypeRow) { s.delete("").is(204) },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			kind := s.eventType("card_issued")
			r := receive(t, failing(1))
			e := s.endpoint(s.user().ID, r.url(), "card_issued")
			m := s.publish("card_issued", e.UserID)
			s.awaitDelivery(m.ID, e.ID, "retrying")
			archive(s, e, kind)
			r.await(2)
			s.awaitDelivery(m.ID, e.ID, "delivered")
		})
	}
}

func TestANewSubscriptionGetsNothingOfBefore(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	u := s.user()
	before := s.publish("card_issued", u.ID)
	r := receive(t, nil)
	e := s.endpoint(u.ID, r.url(), "card_issued")
	after := s.publish("card_issued", u.ID)
	s.awaitDelivery(after.ID, e.ID, "delivered")
	if hooks := r.got(); len(hooks) != 1 || hooks[0].ID != after.ID {
		t.Errorf("it got %+v", hooks)
	}
	s.retry(before.ID, e.ID).refused(404, "not-found", "")
}
