package rest_test

import (
	"strings"
	"sync"
	"testing"
)

// creating lists the requests that take an Idempotency-Key, keys' own apart.
func creating(s *shop) map[string]request {
	post := func(path string, body any) request { return request{method: "POST", path: path, body: body} }
	return map[string]request{
		"service":                        post("/v1/services", obj{"name": "n"}),
		"user":                           post(s.path+"/users", obj{"name": "n", "external_id": "e"}),
		"event type":                     post(s.path+"/event-types", obj{"name": "n"}),
		"endpoint":                       post(s.path+"/endpoints", obj{"user_id": s.user, "url": "https://n.example", "event_types": []string{"card_issued"}}),
		"subscription of a new URL":      post(s.path+"/subscriptions", obj{"user_id": s.user, "event_type": "card_issued", "endpoint": "https://n.example"}),
		"subscription of a known URL":    post(s.path+"/subscriptions", obj{"user_id": s.user, "event_type": "other", "endpoint": hook}),
		"subscription of an endpoint id": post(s.path+"/subscriptions", obj{"user_id": s.user, "event_type": "other", "endpoint": s.endpoint}),
		"message":                        post(s.path+"/messages", obj{"user_id": s.user, "event_type": "card_issued", "payload": obj{"n": 1}}),
		"test webhook":                   post(s.path+"/endpoints/"+s.endpoint+"/test", obj{}),
	}
}

func newShopOfTwo(t *testing.T) *shop {
	t.Helper()
	s := newShop(t)
	s.post(s.path+"/event-types", obj{"name": "other"}).want(201)
	return s
}

func (r request) withKey() request {
	r.headers = map[string]string{"Idempotency-Key": "k"}
	return r
}

func TestIdempotencyKey(t *testing.T) {
	for name := range creating(&shop{}) {
		t.Run(name, func(t *testing.T) {
			t.Run("repeated gives the first answer, whatever has happened since", func(t *testing.T) {
				s := newShopOfTwo(t)
				r := creating(s)[name].withKey()
				first := s.send(r)
				if first.status != 201 && first.status != 202 {
					first.want(201)
				}
				repeat := func(after string) {
					t.Helper()
					a := s.send(r).want(first.status)
					if a.text != first.text || a.position() != first.position() || a.wrote != 0 {
						t.Fatalf("after %s the answer is %s at %s (%d events), first it was %s at %s",
							after, a.text, a.position(), a.wrote, first.text, first.position())
					}
				}
				repeat("nothing")
				s.disturb(name, first)
				repeat("a change")
				s.delete(s.path + "/users/" + s.user).want(204)
				s.delete(s.path + "/event-types/" + s.kind).want(204)
				repeat("its parents' end")
				s.delete(s.path).want(204)
				repeat("the service's end")
			})

			t.Run("with another body is refused", func(t *testing.T) {
				s := newShopOfTwo(t)
				r := creating(s)[name].withKey()
				s.send(r)
				other := r
				other.body = obj{"name": "another"}
				switch {
				case strings.HasPrefix(name, "subscription"):
					other.body = obj{"user_id": s.user, "event_type": "other", "endpoint": "https://another.example"}
				case name == "endpoint":
					other.body = obj{"user_id": s.user, "url": "https://another.example"}
				case name == "message":
					other.body = obj{"user_id": s.user, "event_type": "card_issued", "payload": obj{"n": 2}}
				case name == "test webhook":
					other.body = obj{"event_type": "card_issued"}
				}
				s.send(other).refused(422, "Idempotency-Key")
			})

			t.Run("by 16 at once makes one, and all get the same answer", func(t *testing.T) {
				s := newShopOfTwo(t)
				before := s.events()
				answers := s.atOnce(func(int) request { return creating(s)[name].withKey() })
				made := s.events() - before
				for _, a := range answers {
					if a.status != answers[0].status || a.text != answers[0].text || a.position() != answers[0].position() {
						t.Fatalf("%d %s\n%d %s", answers[0].status, answers[0].text, a.status, a.text)
					}
				}
				if answers[0].status >= 300 {
					t.Fatal(answers[0].text)
				}
				alone := newShopOfTwo(t)
				if one := alone.send(creating(alone)[name].withKey()).wrote; made != one {
					t.Fatalf("%d events came of it, one request alone writes %d", made, one)
				}
			})
		})
	}

	t.Run("is of its service and its resource alone", func(t *testing.T) {
		s := newShopOfTwo(t)
		other := s.post("/v1/services", obj{"name": "other"}, "k").want(201).id()
		s.post(s.path+"/users", obj{"name": "x"}, "k").want(201)
		s.post("/v1/services/"+other+"/users", obj{"name": "y"}, "k").want(201)
		s.post(s.path+"/event-types", obj{"name": "x"}, "k").want(201)
		s.post(s.path+"/endpoints", obj{"user_id": s.user, "url": "https://k.example"}, "k").want(201)
		s.post(s.path+"/subscriptions", obj{"user_id": s.user, "event_type": "x", "endpoint": "https://l.example"}, "k").want(201)
	})

	t.Run("does not mind how the same JSON is written, but minds every digit", func(t *testing.T) {
		s := newShop(t)
		first := s.post(s.path+"/messages", `{"event_type":"card_issued","payload":{"a":1,"b":9007199254740993}}`, "k").want(202)
		if again := s.post(s.path+"/messages", ` { "payload":{"b":9007199254740993, "\u0061":1}, "event_type":"card_issued" } `, "k").want(202); again.text != first.text {
			t.Fatal(again.text)
		}
		s.post(s.path+"/messages", `{"event_type":"card_issued","payload":{"a":1,"b":9007199254740992}}`, "k").refused(422, "Idempotency-Key")
	})

	t.Run("must be 1 to 255 printable ASCII characters, once", func(t *testing.T) {
		s := newShop(t)
		for _, key := range []string{"", strings.Repeat("x", 256), "a\tb", "ü"} {
			s.post(s.path+"/users", obj{"name": "x"}, key).refused(422, "Idempotency-Key")
		}
		s.post(s.path+"/users", obj{"name": "x"}, strings.Repeat("x", 255)).want(201)
	})

	t.Run("tells its request's events from others with the same X-Request-Id", func(t *testing.T) {
		s := newShop(t)
		r := request{method: "POST", path: s.path + "/users", body: obj{"name": "x"}, headers: map[string]string{"Idempotency-Key": "k", "X-Request-Id": "same"}}
		first := s.send(r).want(201)
		s.send(request{method: "PATCH", path: s.path + "/users/" + first.id(), body: obj{"name": "y"}, headers: map[string]string{"X-Request-Id": "same"}}).want(200)
		if again := s.send(r).want(201); again.text != first.text {
			t.Fatalf("the answer has become %s", again.text)
		}
	})

	t.Run("of a refused request can be used again", func(t *testing.T) {
		s := newShop(t)
		s.post(s.path+"/users", obj{"name": ""}, "k").refused(422, "name")
		s.post(s.path+"/users", obj{"name": "x"}, "k").want(201)
	})
}

// disturb changes what a creating request has made.
func (s *shop) disturb(name string, made answer) {
	s.Helper()
	switch {
	case name == "service":
		s.patch("/v1/services/"+made.id(), obj{"name": "renamed"}).want(200)
		s.post("/v1/services", obj{"name": "n"}).want(201)
	case name == "user":
		s.patch(s.path+"/users/"+made.id(), obj{"name": "renamed", "external_id": "moved"}).want(200)
		s.post(s.path+"/users", obj{"name": "n", "external_id": "e"}).want(201)
	case name == "event type":
		s.delete(s.path + "/event-types/" + made.id()).want(204)
		s.post(s.path+"/event-types", obj{"name": "n"}).want(201)
	case name == "endpoint", strings.HasPrefix(name, "subscription"):
		endpoint := made.at("endpoint_id")
		if name == "endpoint" {
			endpoint = made.id()
		} else {
			s.delete(s.path + "/subscriptions/" + made.id()).want(204)
		}
		s.patch(s.path+"/endpoints/"+endpoint, obj{"url": "https://moved.example"}).want(200)
		s.post(s.path+"/endpoints/"+endpoint+"/pause", nil).want(200)
		s.delete(s.path + "/endpoints/" + endpoint).want(204)
		for _, url := range []string{"https://n.example", hook} {
			s.post(s.path+"/endpoints", obj{"user_id": s.user, "url": url})
		}
	default:
		s.report(made.id(), 500, true)
		s.delete(s.path + "/endpoints/" + s.endpoint).want(204)
	}
}

// atOnce makes 16 requests at the same time.
func (w *world) atOnce(r func(int) request) []answer {
	w.Helper()
	answers := make([]answer, 16)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			<-start
			answers[i] = w.send(r(i))
		})
	}
	close(start)
	wg.Wait()
	return answers
}

func TestRaces(t *testing.T) {
	count := func(answers []answer) map[int]int {
		statuses := map[int]int{}
		for _, a := range answers {
			statuses[a.status]++
		}
		return statuses
	}

	t.Run("16 creates of one name make one, and tell the others its id", func(t *testing.T) {
		for _, name := range []string{
			"service", "user", "event type", "endpoint", "subscription of a new URL", "subscription of a known URL", "subscription of an endpoint id",
		} {
			t.Run(name, func(t *testing.T) {
				s := newShopOfTwo(t)
				before := s.events()
				answers := s.atOnce(func(int) request { return creating(s)[name] })
				made := s.events() - before
				if got := count(answers); got[201] != 1 || got[409] != 15 {
					t.Fatalf("the statuses are %v", got)
				}
				for _, a := range answers {
					if a.id() != answers[0].id() {
						t.Fatalf("%s, %s", a.text, answers[0].text)
					}
				}
				alone := newShopOfTwo(t)
				if one := alone.send(creating(alone)[name]).wrote; made != one {
					t.Fatalf("%d events came of it, one request alone writes %d", made, one)
				}
			})
		}
	})

	t.Run("16 subscriptions of different types to one new URL make one endpoint", func(t *testing.T) {
		s := newShop(t)
		for i := range 16 {
			s.post(s.path+"/event-types", obj{"name": string(rune('a' + i))}).want(201)
		}
		answers := s.atOnce(func(i int) request {
			return request{method: "POST", path: s.path + "/subscriptions", body: obj{
				"user_id": s.user, "event_type": string(rune('a' + i)), "endpoint": "https://n.example",
			}}
		})
		if got := count(answers); got[201] != 16 {
			t.Fatalf("the statuses are %v", got)
		}
		for _, a := range answers {
			if a.at("endpoint_id") != answers[0].at("endpoint_id") {
				t.Fatal("there is more than one endpoint")
			}
		}
	})

	t.Run("16 renames of one service leave no name behind", func(t *testing.T) {
		s := newShop(t)
		name := func(i int) string { return "name " + string(rune('a'+i)) }
		answers := s.atOnce(func(i int) request { return request{method: "PATCH", path: s.path, body: obj{"name": name(i)}} })
		if got := count(answers); got[200] != 16 {
			t.Fatalf("the statuses are %v", got)
		}
		last := s.get(s.path).want(200).at("name")
		for i := range 16 {
			a := s.post("/v1/services", obj{"name": name(i)})
			if taken := name(i) == last; taken != (a.status == 409) {
				t.Errorf("%q answers %d; the service is %q", name(i), a.status, last)
			}
		}
		s.post("/v1/services", obj{"name": "Card company"}).want(201)
	})

	t.Run("a URL that is moved and removed at once is free in the end", func(t *testing.T) {
		s := newShop(t)
		path := s.path + "/endpoints/" + s.endpoint
		s.atOnce(func(i int) request {
			if i == 7 {
				return request{method: "DELETE", path: path}
			}
			return request{method: "PATCH", path: path, body: obj{"url": "https://" + string(rune('a'+i)) + ".example"}}
		})
		for i := range 16 {
			s.post(s.path+"/endpoints", obj{"user_id": s.user, "url": "https://" + string(rune('a'+i)) + ".example"}).want(201)
		}
		s.post(s.path+"/endpoints", obj{"user_id": s.user, "url": hook}).want(201)
	})

	t.Run("16 different requests with one Idempotency-Key make one, and refuse the others naming it", func(t *testing.T) {
		s := newShop(t)
		for _, path := range []string{"/users", "/subscriptions"} {
			answers := s.atOnce(func(i int) request {
				body := obj{"name": string(rune('a' + i))}
				if path == "/subscriptions" {
					body = obj{"user_id": s.user, "event_type": "card_issued", "endpoint": "https://" + string(rune('a'+i)) + ".example"}
				}
				return request{method: "POST", path: s.path + path, body: body}.withKey()
			})
			if got := count(answers); got[201] != 1 || got[422] != 15 {
				t.Fatalf("%s: the statuses are %v", path, got)
			}
			for _, a := range answers {
				if a.status == 422 && !strings.Contains(a.text, `"field":"Idempotency-Key"`) {
					t.Fatal(a.text)
				}
			}
		}
	})

	t.Run("16 retries of one delivery are one", func(t *testing.T) {
		s := newShop(t)
		m := s.publish()
		s.report(m, 500, true)
		before := s.events()
		answers := s.atOnce(func(int) request {
			return request{method: "POST", path: s.path + "/messages/" + m + "/deliveries/" + s.endpoint + "/retry"}
		})
		if got := count(answers); got[202] != 16 || s.events() != before+1 {
			t.Fatalf("the statuses are %v, %d events", got, s.events()-before)
		}
	})
}
