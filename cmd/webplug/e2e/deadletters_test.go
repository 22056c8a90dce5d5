package e2e

import (
	"slices"
	"testing"
	"time"
)

// letters is a service with failed deliveries, in the order in which they failed.
type letters struct {
	service
	failed []deliveryRow
}

// lose publishes a message to an endpoint that answers 410, and waits until it has failed.
func (l *letters) lose(e endpointRow, eventType, user string) deliveryRow {
	l.t.Helper()
	l.post("/endpoints/"+e.ID+"/resume", nil).is(200)
	m := l.publish(eventType, user)
	d := l.awaitDelivery(m.ID, e.ID, "failed")
	l.failed = append(l.failed, d)
	return d
}

func message1(d deliveryRow) string { return d.MessageID }

func TestDeadLettersAreFailedDeliveriesThatNobodyCaredFor(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	l := &letters{service: newService(t)}
	ada, eve := l.user(), l.user()
	l.eventType("card_issued")
	l.eventType("card_debited")
	gone := receive(t, always(410))
	a := l.endpoint(ada.ID, gone.url(), "card_issued", "card_debited")
	b := l.endpoint(eve.ID, receive(t, always(410)).url(), "card_issued", "card_debited")
	busy := receive(t, always(503))
	c := l.endpoint(eve.ID, busy.url(), "card_debited")

	l.lose(a, "card_issued", ada.ID)
	l.lose(a, "card_debited", ada.ID)
	l.lose(b, "card_issued", eve.ID)
	l.lose(a, "card_issued", "")
	m := l.publish("card_debited", eve.ID)
	l.awaitDelivery(m.ID, c.ID, "retrying")
	l.post("/endpoints/"+c.ID+"/pause", nil).is(200)
	l.failed = append(l.failed, l.awaitDelivery(m.ID, c.ID, "failed"))

	// want are the dead letters that a filter finds, newest first.
	want := func(wants func(deliveryRow) bool) []string {
		found := []string{}
		for _, d := range slices.Backward(l.failed) {
			if wants(d) {
				found = append(found, d.MessageID)
			}
		}
		return found
	}
	middle := l.failed[2].EndedAt.Format(time.RFC3339Nano)
	for name, f := range map[string]struct {
		by    []string
		wants func(deliveryRow) bool
	}{
		"all":         {nil, func(deliveryRow) bool { return true }},
		"user_id":     {[]string{"user_id", ada.ID}, func(d deliveryRow) bool { return value(d.UserID) == ada.ID }},
		"event_type":  {[]string{"event_type", "card_debited"}, func(d deliveryRow) bool { return d.EventType == "card_debited" }},
		"endpoint_id": {[]string{"endpoint_id", a.ID}, func(d deliveryRow) bool { return d.EndpointID == a.ID }},
		"cause":       {[]string{"cause", "endpoint_paused"}, func(d deliveryRow) bool { return value(d.Cause) == "endpoint_paused" }},
		"410":         {[]string{"cause", "http_410"}, func(d deliveryRow) bool { return value(d.Cause) == "http_410" }},
		"since":       {[]string{"since", middle}, func(d deliveryRow) bool { return !d.EndedAt.Before(*l.failed[2].EndedAt) }},
		"until":       {[]string{"until", middle}, func(d deliveryRow) bool { return d.EndedAt.Before(*l.failed[2].EndedAt) }},
		"combined": {[]string{"endpoint_id", a.ID, "event_type", "card_issued", "until", middle, "cause", "http_410"},
			func(d deliveryRow) bool { return d.MessageID == l.failed[0].MessageID }},
	} {
		for _, limit := range []string{"1", "2", "100"} {
			got := each(all[deliveryRow](l.client, "/dead-letters", where(append(f.by, "limit", limit)...)), message1)
			if wanted := want(f.wants); !slices.Equal(got, wanted) {
				t.Errorf("%s by %s: %v, want %v", name, limit, got, wanted)
			}
		}
	}
	for _, d := range first[deliveryRow](l.client, "/dead-letters") {
		if d.Status != "failed" || d.EndedAt == nil || d.Cause == nil || d.NextAttemptAt != nil {
			t.Errorf("a dead letter: %+v", d)
		}
	}

	t.Run("a retried one leaves, and a discarded one", func(t *testing.T) {
		retried, discarded := l.failed[4], l.failed[3]
		l.post("/endpoints/"+c.ID+"/resume", nil).is(200)
		position := l.retry(retried.MessageID, retried.EndpointID).is(202).position()
		left := each(first[deliveryRow](l.client, "/dead-letters", where("after", position)), message1)
		if slices.Contains(left, retried.MessageID) {
			t.Errorf("it was retried, and still there: %v", left)
		}
		position = l.discard(discarded.MessageID, discarded.EndpointID).position()
		left = each(first[deliveryRow](l.client, "/dead-letters", where("after", position)), message1)
		if len(left) != 3 || slices.Contains(left, discarded.MessageID) {
			t.Errorf("left are %v", left)
		}
		l.awaitDelivery(retried.MessageID, retried.EndpointID, "retrying")
		l.discard(retried.MessageID, retried.EndpointID)
	})
}

func TestDeadLettersOfARemovedEndpointStay(t *testing.T) {
	t.Parallel()
	l := &letters{service: newService(t)}
	l.eventType("card_issued")
	e := l.endpoint(l.user().ID, receive(t, always(410)).url(), "card_issued")
	d := l.lose(e, "card_issued", "")
	l.delete("/endpoints/" + e.ID).is(204)
	if left := first[deliveryRow](l.client, "/dead-letters"); len(left) != 1 || left[0].MessageID != d.MessageID {
		t.Errorf("left are %+v", left)
	}
	l.discard(d.MessageID, e.ID)
	if left := first[deliveryRow](l.client, "/dead-letters"); len(left) != 0 {
		t.Errorf("left are %+v", left)
	}
}
