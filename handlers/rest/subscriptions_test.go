package rest_test

import (
	"errors"
	"strings"
	"testing"
)

func TestSubscription(t *testing.T) {
	subscribe := func(s *shop, kind, endpoint string, key ...string) answer {
		s.Helper()
		return s.post(s.path+"/subscriptions", obj{"user_id": s.user, "event_type": kind, "endpoint": endpoint}, key...)
	}

	t.Run("with a new URL makes the endpoint in the same write", func(t *testing.T) {
		s := newShop(t)
		a := subscribe(s, "card_issued", "https://new.example").want(201)
		if a.at("status") != "active" || a.at("event_type") != "card_issued" || a.wrote != 3 {
			t.Fatalf("%d events: %s", a.wrote, a.text)
		}
		e := s.get(s.path + "/endpoints/" + a.at("endpoint_id")).want(200)
		if e.at("url") != "https://new.example" || e.at("user_id") != s.user {
			t.Fatal(e.text)
		}
		if got := s.get(s.path + "/subscriptions/" + a.id()).want(200); got.text != a.text {
			t.Fatalf("GET shows %s, POST answered %s", got.text, a.text)
		}
	})

	t.Run("with a known URL, or an endpoint's id, is added to it", func(t *testing.T) {
		s := newShop(t)
		s.post(s.path+"/event-types", obj{"name": "b"}).want(201)
		s.post(s.path+"/event-types", obj{"name": "c"}).want(201)
		for kind, endpoint := range map[string]string{"b": hook, "c": s.endpoint} {
			if a := subscribe(s, kind, endpoint).want(201); a.at("endpoint_id") != s.endpoint || a.wrote != 1 {
				t.Fatalf("%d events: %s", a.wrote, a.text)
			}
		}
	})

	t.Run("is there once: a second one names the first", func(t *testing.T) {
		s := newShop(t)
		for _, endpoint := range []string{hook, s.endpoint} {
			if a := subscribe(s, "card_issued", endpoint).refused(409, "event_type"); a.id() != s.sub {
				t.Fatalf("the refusal names %q, not %q", a.id(), s.sub)
			}
		}
	})

	t.Run("is removed once, shows when, and has the same id when it is added again", func(t *testing.T) {
		s := newShop(t)
		path := s.path + "/subscriptions/" + s.sub
		s.delete(path).want(204)
		if again := s.delete(path).want(204); again.wrote != 0 {
			t.Fatal("removed twice")
		}
		if got := s.get(path).want(200); got.at("status") != "removed" || got.at("removed_at") == "" {
			t.Fatal(got.text)
		}
		if a := subscribe(s, "card_issued", hook).want(201); a.id() != s.sub || a.at("status") != "active" {
			t.Fatal(a.text)
		}
	})

	t.Run("whose URL moved to another endpoint is added to that one", func(t *testing.T) {
		s := newShop(t)
		s.patch(s.path+"/endpoints/"+s.endpoint, obj{"url": "https://moved.example"}).want(200)
		if a := subscribe(s, "card_issued", hook).want(201); a.at("endpoint_id") == s.endpoint {
			t.Fatal("it was added to the endpoint that has moved away")
		}
		if a := subscribe(s, "card_issued", "https://moved.example").refused(409, "event_type"); a.id() != s.sub {
			t.Fatalf("the refusal names %q", a.id())
		}
		s.delete(s.path + "/endpoints/" + s.endpoint).want(204)
		if a := subscribe(s, "card_issued", "https://moved.example").want(201); a.at("endpoint_id") == s.endpoint {
			t.Fatal("it was added to the removed endpoint")
		}
	})

	t.Run("is refused where a field breaks a rule", func(t *testing.T) {
		s := newShop(t)
		s.refuse("https://internal.example", "is internal")
		stranger := s.post(s.path+"/users", obj{"name": "stranger"}).want(201).id()
		for field, bodies := range map[string][]obj{
			"user_id":    {{"event_type": "card_issued", "endpoint": hook}, {"user_id": "usr_x", "event_type": "card_issued", "endpoint": hook}},
			"event_type": {{"user_id": s.user, "endpoint": hook}, {"user_id": s.user, "event_type": "unknown", "endpoint": hook}, {"user_id": s.user, "event_type": s.kind, "endpoint": hook}},
			"endpoint": {
				{"user_id": s.user, "event_type": "card_issued"}, {"user_id": s.user, "event_type": "card_issued", "endpoint": "ep_1"},
				{"user_id": s.user, "event_type": "card_issued", "endpoint": "ep_00000000000000000000000000"},
				{"user_id": stranger, "event_type": "card_issued", "endpoint": s.endpoint},
				{"user_id": s.user, "event_type": "card_issued", "endpoint": "https://internal.example"},
			},
			"format": {
				{"user_id": s.user, "event_type": "card_issued", "endpoint": hook, "format": "pigeon"},
				{"user_id": s.user, "event_type": "card_issued", "endpoint": s.endpoint, "format": "sns"},
				{"user_id": s.user, "event_type": "card_issued", "endpoint": "https://a.example", "format": "x"},
			},
		} {
			for _, body := range bodies {
				s.post(s.path+"/subscriptions", body).refused(422, field)
			}
		}
		s.delete(s.path + "/users/" + s.user).want(204)
		subscribe(s, "card_issued", hook).refused(409, "user_id")
	})

	t.Run("that is not there is unknown", func(t *testing.T) {
		s := newShop(t)
		other := "/v1/services/" + s.post("/v1/services", obj{"name": "other"}).want(201).id()
		unknown := "sub_" + strings.Repeat("0", 52)
		for _, path := range []string{other + "/subscriptions/" + s.sub, s.path + "/subscriptions/" + unknown, s.path + "/subscriptions/sub_1"} {
			s.get(path).refused(404)
			s.delete(path).refused(404)
			s.post(path+"/confirm", obj{"token": "x"}).refused(404)
		}
	})

	t.Run("of a format without handshake cannot be confirmed", func(t *testing.T) {
		s := newShop(t)
		s.post(s.path+"/subscriptions/"+s.sub+"/confirm", obj{"token": "x"}).refused(409)
		s.post(s.path+"/subscriptions/"+s.sub+"/confirm", obj{"subscribe_url": "https://x.example"}).refused(409)
		s.post(s.path+"/subscriptions/"+s.sub+"/confirm", obj{"tok": "x"}).refused(422, "tok")
	})

	t.Run("is found by user, event type, endpoint and status", func(t *testing.T) {
		s := newShop(t)
		s.post(s.path+"/event-types", obj{"name": "b"}).want(201)
		b := subscribe(s, "b", "https://b.example").want(201)
		s.delete(s.path + "/subscriptions/" + b.id()).want(204)
		for filter, want := range map[string]string{
			"event_type=b": b.id(), "event_type=card_issued": s.sub, "event_type=unknown": "", "endpoint_id=" + s.endpoint: s.sub,
			"status=active": s.sub, "status=removed": b.id(), "user_id=usr_00000000000000000000000000": "",
		} {
			if got := strings.Join(s.get(s.path+"/subscriptions?"+filter).want(200).members("id"), " "); got != want {
				t.Errorf("%s finds %q, want %q", filter, got, want)
			}
		}
	})
}

// refuse makes the guard of addresses refuse a URL.
func (w *world) refuse(url, reason string) { w.refused[url] = errors.New(reason) }
