package e2e

import (
	"strings"
	"testing"
)

func TestAnswer410FailsForGoodAndPausesTheEndpoint(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	r := receive(t, func(int) reply {
		return reply{status: 410, header: map[string]string{"Retry-After": "1"}, body: canary}
	})
	e := s.endpoint(s.user().ID, r.url(), "card_issued")
	m := s.publish("card_issued", "")
	d := s.awaitDelivery(m.ID, e.ID, "failed")
	if d.Attempts != 1 || value(d.LastStatusCode) != 410 || value(d.Cause) != "http_410" || d.NextAttemptAt != nil || d.EndedAt == nil {
		t.Errorf("the delivery: %+v", d)
	}
	shown := of[endpointRow](s.get("/endpoints/" + e.ID).is(200))
	if shown.Status != "paused" || value(shown.Reason) != "gone" || shown.StatusChanged.By != outcomesBy() {
		t.Errorf("the endpoint: %+v", shown)
	}
	paused := last(s.history(where("type", "EndpointPaused")), "EndpointPaused")
	if accepted := s.historyOf(m.ID)[0]; paused.CorrelationID != accepted.CorrelationID || paused.Actor != outcomesBy() || paused.says("reason") != `"gone"` {
		t.Errorf("paused by %+v", paused)
	}
	s.changesNothing(func() {
		s.retry(m.ID, e.ID).refused(409, "conflict", "")
		s.post("/endpoints/"+e.ID+"/test", nil).refused(409, "conflict", "")
	})
	r.fromNowOn(always(204))
	s.post("/endpoints/"+e.ID+"/resume", nil).is(200)
	s.retry(m.ID, e.ID).is(202)
	s.awaitDelivery(m.ID, e.ID, "delivered")
}

func (s service) retry(message, endpoint string) answer {
	s.t.Helper()
	return s.post("/messages/"+message+"/deliveries/"+endpoint+"/retry", nil)
}

func TestAPausedOrRemovedEndpointsDeliveryFailsWhenItIsDue(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	r := receive(t, failing(1))
	paused := s.endpoint(s.user().ID, r.url(), "card_issued")
	other := receive(t, failing(1))
	removed := s.endpoint(s.user().ID, other.url(), "card_issued")
	m := s.publish("card_issued", "")
	s.awaitDelivery(m.ID, paused.ID, "retrying")
	s.awaitDelivery(m.ID, removed.ID, "retrying")
	s.post("/endpoints/"+paused.ID+"/pause", nil).is(200)
	s.delete("/endpoints/" + removed.ID).is(204)

	for endpoint, cause := range map[string]string{paused.ID: "endpoint_paused", removed.ID: "endpoint_removed"} {
		d := s.awaitDelivery(m.ID, endpoint, "failed")
		if value(d.Cause) != cause || d.Attempts != 1 {
			t.Errorf("a delivery that ended by %s: %+v", cause, d)
		}
		s.retry(m.ID, endpoint).refused(409, "conflict", "")
	}
	if len(r.got())+len(other.got()) != 2 {
		t.Error("a paused or removed endpoint was sent to")
	}
	s.post("/endpoints/"+paused.ID+"/resume", nil).is(200)
	s.retry(m.ID, paused.ID).is(202)
	s.awaitDelivery(m.ID, paused.ID, "delivered")
}

func TestAnAttemptUsesTheURLAndTheSecretsOfItsMoment(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	before, after := receive(t, always(503)), receive(t, nil)
	e := s.endpoint(s.user().ID, before.url(), "card_issued")
	old := s.secret(e.ID)
	m := s.publish("card_issued", "")
	s.awaitDelivery(m.ID, e.ID, "retrying")
	s.patch("/endpoints/"+e.ID, members{"url": after.url()}).is(200)
	s.post("/endpoints/"+e.ID+"/secret/rotate", nil).is(200)
	h := after.await(1)[0]
	if err := h.signedBy(s.secret(e.ID)); err != nil {
		t.Error(err)
	}
	if err := h.signedBy(old); err != nil {
		t.Errorf("the former secret does not sign: %v", err)
	}
	s.awaitDelivery(m.ID, e.ID, "delivered")
	events := s.historyOf(m.ID)
	failed, delivered := events[1], events[2]
	if failed.says("url") != `"`+before.url()+`"` || delivered.says("url") != `"`+after.url()+`"` {
		t.Errorf("attempts at %s and %s", failed.says("url"), delivered.says("url"))
	}
	if v := delivered.number("endpoint_version"); v <= failed.number("endpoint_version") || v == 0 {
		t.Errorf("endpoint versions %s and %s", failed.says("endpoint_version"), delivered.says("endpoint_version"))
	}
	if len(before.got()) != 1 {
		t.Error("the old URL got more")
	}
}

func TestOnlyTheFirstFourKBOfAnAnswerAreKept(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	r := receive(t, func(int) reply { return reply{status: 200, body: canary + strings.Repeat("ü", 100_000)} })
	e := s.endpoint(s.user().ID, r.url(), "card_issued")
	m := s.publish("card_issued", "")
	s.awaitDelivery(m.ID, e.ID, "delivered")
	kept := last(s.historyOf(m.ID), "DeliverySucceeded").says("answer")
	if !strings.HasPrefix(kept, `"`+canary+"üü") || len(kept) > 4096+10 || len(kept) < 4096 {
		t.Errorf("kept %d bytes: %.60s…", len(kept), kept)
	}
}
