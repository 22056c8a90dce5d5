package e2e

import (
	"fmt"
	"testing"
)

// racers is how many want the same thing at once.
const racers = 16

// oneWins demands one 201 and else 409 with the id of what the winner made.
func oneWins(t *testing.T, answers []answer) {
	t.Helper()
	winner := ""
	for _, a := range answers {
		if a.status == 201 {
			winner = of[row](a).ID
		}
	}
	for _, a := range answers {
		if a.status == 409 && of[problem](a).ID != winner {
			t.Errorf("409 with the id %q, want %s", of[problem](a).ID, winner)
		}
	}
	if got := statuses(answers); got[201] != 1 || got[409] != racers-1 {
		t.Errorf("%v, want one 201 and fifteen 409", got)
	}
}

func TestOfSixteenCreatesOfOneNameOneWins(t *testing.T) {
	t.Parallel()
	s, c := newService(t), admin(t)
	u := s.user()
	for name, post := range map[string]func(int) answer{
		"service":     func(int) answer { return c.post("/services", members{"name": "the one of " + s.id}) },
		"event type":  func(int) answer { return s.post("/event-types", members{"name": "card_issued"}) },
		"external id": func(i int) answer { return s.post("/users", members{"name": fmt.Sprint(i), "external_id": "cust-7"}) },
		"URL": func(int) answer {
			return s.post("/endpoints", members{"user_id": u.ID, "url": "https://example.com/hook"})
		},
	} {
		t.Run(name, func(t *testing.T) { oneWins(t, together(racers, post)) })
	}
}

func TestOfSixteenEqualSubscriptionsThereIsOne(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.user()
	s.eventType("card_issued")
	s.eventType("card_debited")
	e := s.endpoint(u.ID, "https://example.com/there")
	for name, endpoint := range map[string]string{"endpoint": e.ID, "new URL": "https://example.com/new"} {
		t.Run(name, func(t *testing.T) {
			oneWins(t, together(racers, func(int) answer {
				return s.post("/subscriptions", members{"user_id": u.ID, "event_type": "card_issued", "endpoint": endpoint})
			}))
		})
	}
	if n := len(first[endpointRow](s.client, "/endpoints")); n != 2 {
		t.Errorf("%d endpoints, want 2", n)
	}
	t.Run("with one Idempotency-Key all get the same answer", func(t *testing.T) {
		same(t, together(racers, func(int) answer {
			return s.post("/subscriptions", members{"user_id": u.ID, "event_type": "card_debited", "endpoint": "https://example.com/new"}, once("k"))
		}), 201)
		if n := len(first[subscriptionRow](s.client, "/subscriptions", where("event_type", "card_debited"))); n != 1 {
			t.Errorf("%d subscriptions", n)
		}
	})
}

// same demands that all answers are equal, byte for byte, position included.
func same(t *testing.T, answers []answer, status int) {
	t.Helper()
	for _, a := range answers {
		a.is(status)
		if string(a.body) != string(answers[0].body) || a.position() != answers[0].position() {
			t.Errorf("%s at %s, another got %s at %s", a.body, a.position(), answers[0].body, answers[0].position())
		}
	}
}

func TestOfSixteenPublishesWithOneKeyThereIsOneMessage(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	var receivers []*receiver
	for range 3 {
		r := receive(t, nil)
		s.endpoint(s.user().ID, r.url(), "card_issued")
		receivers = append(receivers, r)
	}
	for round := range 5 {
		answers := together(racers, func(int) answer {
			return s.post("/messages", message("card_issued", ""), once(fmt.Sprint("order-", round)))
		})
		same(t, answers, 202)
		m := of[acceptedRow](answers[0])
		if m.Deliveries != len(receivers) {
			t.Errorf("%d deliveries", m.Deliveries)
		}
		for _, d := range s.deliveries(m.ID) {
			s.awaitDelivery(m.ID, d.EndpointID, "delivered")
		}
		if n := len(ofType(s.historyOf(m.ID), "MessageAccepted")); n != 1 {
			t.Errorf("accepted %d times", n)
		}
	}
	if n := len(first[messageRow](s.client, "/messages")); n != 5 {
		t.Errorf("%d messages, want 5", n)
	}
	for _, r := range receivers {
		if n := len(r.got()); n != 5 {
			t.Errorf("an endpoint got %d webhooks, want 5", n)
		}
	}
}

func TestOfSixteenRequestsWithOneKeyTheFirstHolds(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	for path, body := range map[string]func(i int) members{
		"/users":    func(i int) members { return members{"name": fmt.Sprint("Ada ", i)} },
		"/messages": func(i int) members { return merged(message("card_issued", ""), members{"payload": i}) },
	} {
		answers := together(racers, func(i int) answer { return s.post(path, body(i), once("one")) })
		for _, a := range answers {
			if a.status == 422 {
				a.refused(422, "invalid", "Idempotency-Key")
			}
		}
		if got := statuses(answers); got[201]+got[202] != 1 || got[422] != racers-1 {
			t.Errorf("%s: %v, want one success and fifteen 422", path, got)
		}
	}
}

func TestSubscribingToAURLWhileItsEndpointComesAndGoes(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.user()
	s.eventType("card_issued")
	body := members{"user_id": u.ID, "event_type": "card_issued", "endpoint": "https://example.com/hook"}
	for range 10 {
		e := of[subscriptionRow](s.post("/subscriptions", body).is(201)).EndpointID
		answers := together(racers, func(i int) answer {
			if i%4 == 0 {
				return s.delete("/endpoints/" + e)
			}
			return s.post("/subscriptions", body)
		})
		got := statuses(answers)
		if got[204] != racers/4 || got[201] > 1 || got[201]+got[409] != racers-racers/4 {
			t.Fatalf("removals and subscriptions at once: %v", got)
		}
		active := first[endpointRow](s.client, "/endpoints", where("status", "active"))
		if len(active) != got[201] {
			t.Fatalf("%d subscriptions were made, and %d endpoints are there", got[201], len(active))
		}
		for _, e := range active {
			s.delete("/endpoints/" + e.ID).is(204)
		}
	}
}

func TestOfSixteenRetriesOfOneDeliveryTheEndpointGetsWhatTheHistoryTells(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	r := receive(t, nil)
	e := s.endpoint(s.user().ID, r.url(), "card_issued")
	m := s.publish("card_issued", "")
	s.awaitDelivery(m.ID, e.ID, "delivered")

	for _, a := range together(racers, func(int) answer {
		return s.post("/messages/"+m.ID+"/deliveries/"+e.ID+"/retry", nil)
	}) {
		a.is(202)
	}
	s.awaitDelivery(m.ID, e.ID, "delivered")
	events := s.historyOf(m.ID)
	attempts := len(ofType(events, "DeliverySucceeded")) + len(ofType(events, "AttemptFailed"))
	if d := s.delivery(m.ID, e.ID); d.Attempts != attempts || len(r.got()) != attempts {
		t.Errorf("%d attempts in the history, %d in the delivery, %d webhooks", attempts, d.Attempts, len(r.got()))
	}
	if asked := len(ofType(events, "RetryRequested")); asked < 1 || asked > attempts-1 {
		t.Errorf("%d retries and %d attempts", asked, attempts)
	}
}
