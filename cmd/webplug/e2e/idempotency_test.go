package e2e

import (
	"strings"
	"testing"
)

// creating are the POSTs that create, each with a body, another body, and what changes afterwards what was made.
func creating(s service) map[string]struct {
	path        string
	body, other members
	status      int
	change      func(id string)
} {
	u := s.user()
	s.eventType("card_issued", members{"example": members{"card": "4242"}})
	s.eventType("card_debited", members{"example": members{"card": "4242"}})
	e := s.endpoint(u.ID, "https://example.com/tested")
	type creation = struct {
		path        string
		body, other members
		status      int
		change      func(id string)
	}
	return map[string]creation{
		"a service": {
			"/v1/services", members{"name": "first of " + s.id}, members{"name": "other of " + s.id}, 201,
			func(id string) {
				c := client{s.t, s.server, s.key, "/v1/services/" + id}
				c.patch("", members{"name": "renamed of " + s.id}).is(200)
				c.delete("").is(204)
			},
		},
		"a user": {
			"/users", members{"name": "Ada", "external_id": "cust-7", "metadata": members{"a": "1", "b": "2"}}, members{"name": "Ada", "external_id": "cust-8"}, 201,
			func(id string) {
				s.patch("/users/"+id, members{"name": "renamed", "external_id": nil}).is(200)
				s.delete("/users/" + id).is(204)
			},
		},
		"an event type": {
			"/event-types", members{"name": "made_once", "description": "d"}, members{"name": "made_once", "description": "e"}, 201,
			func(id string) { s.delete("/event-types/" + id).is(204) },
		},
		"an endpoint": {
			"/endpoints", members{"user_id": u.ID, "url": "https://example.com/once", "event_types": []string{"card_issued"}},
			members{"user_id": u.ID, "url": "https://example.com/once"}, 201,
			func(id string) {
				s.patch("/endpoints/"+id, members{"url": "https://example.com/moved"}).is(200)
				s.post("/subscriptions", members{"user_id": u.ID, "event_type": "card_debited", "endpoint": id}).is(201)
				s.delete("/endpoints/" + id).is(204)
			},
		},
		"a subscription": {
			"/subscriptions", members{"user_id": u.ID, "event_type": "card_issued", "endpoint": "https://example.com/subscribed"},
			members{"user_id": u.ID, "event_type": "card_debited", "endpoint": "https://example.com/subscribed"}, 201,
			func(id string) {
				at := of[subscriptionRow](s.get("/subscriptions/" + id).is(200)).EndpointID
				s.delete("/subscriptions/" + id).is(204)
				s.post("/subscriptions", members{"user_id": u.ID, "event_type": "card_issued", "endpoint": at}).is(201)
				s.patch("/endpoints/"+at, members{"url": "https://example.com/elsewhere"}).is(200)
				s.delete("/endpoints/" + at).is(204)
			},
		},
		"a message": {
			"/messages", message("card_issued", u.ID), message("card_debited", u.ID), 202,
			func(string) {
				s.post("/subscriptions", members{"user_id": u.ID, "event_type": "card_issued", "endpoint": e.ID}).is(201)
			},
		},
		"a test webhook": {
			"/endpoints/" + e.ID + "/test", members{"event_type": "card_issued"}, members{"event_type": "card_debited"}, 202,
			func(string) { s.post("/endpoints/"+e.ID+"/pause", nil).is(200) },
		},
	}
}

func TestARepeatedCreationGetsTheFirstAnswer(t *testing.T) {
	ofStandardWebhooks(t, "test webhook to an endpoint without a confirmed subscription")
	t.Parallel()
	s := newService(t)
	for name, c := range creating(s) {
		t.Run(name, func(t *testing.T) {
			at := s.client
			at.t = t
			if strings.HasPrefix(c.path, "/v1") {
				at.base = ""
			}
			key := newToken(name)
			first := at.post(c.path, c.body, once(key)).is(c.status)
			id := of[row](first).ID
			repeats := func(when string, body any) {
				t.Helper()
				again := at.post(c.path, body, once(key)).is(c.status)
				if string(again.body) != string(first.body) || again.position() != first.position() {
					t.Errorf("%s: %s at %s\nfirst: %s at %s", when, again.body, again.position(), first.body, first.position())
				}
			}
			s.changesNothing(func() {
				repeats("at once", c.body)
				repeats("with space in the body", text(strings.NewReplacer(`":`, "\" :\n", `,"`, " ,\t\"").Replace(string(encode(c.body)))))
				for _, p := range []problem{
					at.post(c.path, c.other, once(key)).refused(422, "invalid", "Idempotency-Key"),
					at.post(c.path, members{"unknown": 1}, once(key), wrong).refused(422, "invalid", "unknown"),
				} {
					if p.ID != "" {
						t.Errorf("refused with an id: %+v", p)
					}
				}
			})
			c.change(id)
			s.changesNothing(func() {
				repeats("after it was changed", c.body)
				at.post(c.path, c.other, once(key)).refused(422, "invalid", "Idempotency-Key")
			})
		})
	}
}

func TestARepeatedCreationGetsTheFirstAnswerInAnArchivedService(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.user()
	s.eventType("card_issued")
	sent := s.post("/messages", message("card_issued", u.ID), once("k")).is(202)
	made := s.post("/users", members{"name": "Eve"}, once("k")).is(201)
	s.delete("/users/" + u.ID).is(204)
	s.delete("").is(204)
	if again := s.post("/messages", message("card_issued", u.ID), once("k")).is(202); string(again.body) != string(sent.body) {
		t.Errorf("%s, first %s", again.body, sent.body)
	}
	if again := s.post("/users", members{"name": "Eve"}, once("k")).is(201); string(again.body) != string(made.body) {
		t.Errorf("%s, first %s", again.body, made.body)
	}
}

func TestARepeatIsKnownThoughTheCallerGivesAllItsRequestsOneID(t *testing.T) {
	t.Parallel()
	s := newService(t)
	same := header("X-Request-Id", "job-1")
	made := s.post("/users", members{"name": "Ada"}, once("k"), same).is(201)
	s.patch("/users/"+of[row](made).ID, members{"name": "Eve"}, same).is(200)
	if again := s.post("/users", members{"name": "Ada"}, once("k"), same).is(201); string(again.body) != string(made.body) {
		t.Errorf("%s, first %s", again.body, made.body)
	}
}

func TestAnIdempotencyKeyIsOfOneKindOfThingInOneService(t *testing.T) {
	t.Parallel()
	s, other := newService(t), newService(t)
	u := of[row](s.post("/users", members{"name": "Ada"}, once("k")).is(201)).ID
	kind := of[row](s.post("/event-types", members{"name": "card_issued"}, once("k")).is(201)).ID
	body := members{"user_id": u, "url": "https://example.com/a"}
	e := of[row](s.post("/endpoints", body, once("k")).is(201)).ID
	m := of[row](s.post("/messages", message("card_issued", u), once("k")).is(202)).ID
	sub := of[subscriptionRow](s.post("/subscriptions", members{"user_id": u, "event_type": "card_issued", "endpoint": "https://example.com/b"}, once("k")).is(201))
	theirs := of[row](other.post("/users", members{"name": "Ada"}, once("k")).is(201)).ID
	seen := map[string]bool{}
	for _, id := range []string{u, kind, e, m, sub.ID, sub.EndpointID, theirs} {
		if seen[id[4:]] {
			t.Errorf("%s has the id of another", id)
		}
		seen[id[4:]] = true
	}
}

func TestAnIdempotencyKeyIsChecked(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.changesNothing(func() {
		for _, bad := range []string{"", strings.Repeat("k", 256), "kürzel", "a\tb"} {
			s.post("/users", members{"name": "Ada"}, once(bad), wrong).refused(422, "invalid", "Idempotency-Key")
		}
		s.post("/users", members{"name": "Ada"}, header("Idempotency-Key", "a", "b"), wrong).refused(422, "invalid", "Idempotency-Key")
	})
	s.post("/users", members{"name": "Ada"}, once(strings.Repeat("k", 255))).is(201)
	s.post("/users", members{"name": "Ada"}, once(`"8e03978e-40d5-43dd-bc93-6894a57f9324"`)).is(201)
	s.post("/users", members{"name": "Ada"}, once("~! ~")).is(201)
}

func TestARefusedCreationLeavesItsKeyFree(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.post("/users", members{"name": ""}, once("k"), wrong).refused(422, "invalid", "name")
	made := s.post("/users", members{"name": "Ada"}, once("k")).is(201)
	s.post("/event-types", members{"name": "card_issued"}).is(201)
	s.post("/event-types", members{"name": "card_issued"}, once("k")).refused(409, "conflict", "name")
	s.post("/event-types", members{"name": "card_debited"}, once("k")).is(201)
	s.post("/messages", message("unknown", ""), once("k")).refused(422, "invalid", "event_type")
	s.post("/messages", message("card_issued", ""), once("k")).is(202)
	if again := s.post("/users", members{"name": "Ada"}, once("k")).is(201); string(again.body) != string(made.body) {
		t.Errorf("%s, first %s", again.body, made.body)
	}
}

func TestLargeNumbersTellRequestsApart(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	send := func(number string) answer {
		return s.post("/messages", text(`{"event_type":"card_issued","payload":`+number+`}`), once("k"))
	}
	send("9007199254740993").is(202)
	send("9007199254740993").is(202)
	send("9007199254740992").refused(422, "invalid", "Idempotency-Key") // equal to it as a double
}

func TestAKeyIsShownOnlyOnce(t *testing.T) {
	t.Parallel()
	c := admin(t)
	body, key := members{"name": "the CI", "scopes": []string{"read"}}, newToken("key")
	made := of[keyRow](c.post("/keys", body, once(key)).is(201))
	again := c.post("/keys", body, once(key))
	if p := again.refused(409, "conflict", "Idempotency-Key"); p.ID != made.ID {
		t.Errorf("409 with the id %q, want %s", p.ID, made.ID)
	}
	if strings.Contains(string(again.body), made.Key) {
		t.Error("the key is shown again")
	}
	c.post("/keys", members{"name": "other", "scopes": []string{"read"}}, once(key)).refused(422, "invalid", "Idempotency-Key")
	c.delete("/keys/" + made.ID).is(204)
	c.post("/keys", body, once(key)).refused(409, "conflict", "Idempotency-Key")
	t.Run("also of sixteen at once", func(t *testing.T) {
		key := newToken("key")
		answers := together(racers, func(int) answer { return c.post("/keys", body, once(key)) })
		oneWins(t, answers)
	})
}
