package rest_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"webplug/domain"
)

func TestEndpoint(t *testing.T) {
	t.Run("is added with its first subscriptions in one write", func(t *testing.T) {
		s := newShop(t)
		s.post(s.path+"/event-types", obj{"name": "b"}).want(201)
		a := s.post(s.path+"/endpoints", obj{
			"user_id": s.user, "url": "https://a.example/x?y=z", "description": "d", "event_types": []string{"card_issued", "b", "b"},
		}).want(201)
		if a.at("url") != "https://a.example/x?y=z" || a.at("format") != "standard-webhooks" || a.at("status") != "active" {
			t.Fatal(a.text)
		}
		if n := len(a.list("subscriptions")); n != 2 || a.wrote != 4 {
			t.Fatalf("%d subscriptions, %d events: %s", n, a.wrote, a.text)
		}
		if got := s.get(s.path + "/endpoints/" + a.id()).want(200); got.text != a.text {
			t.Fatalf("GET shows %s", got.text)
		}
		if strings.Contains(a.text, "secret\"") || strings.Contains(a.text, "whsec_") {
			t.Fatal("the answer has a secret")
		}
	})

	t.Run("has a URL that the user has once, until it is changed or removed", func(t *testing.T) {
		s := newShop(t)
		add := func(user, url string) answer {
			return s.post(s.path+"/endpoints", obj{"user_id": user, "url": url})
		}
		if taken := add(s.user, hook).refused(409, "url"); taken.id() != s.endpoint {
			t.Fatalf("the refusal names %q", taken.id())
		}
		other := s.post(s.path+"/users", obj{"name": "other"}).want(201).id()
		add(other, hook).want(201)
		s.patch(s.path+"/endpoints/"+s.endpoint, obj{"url": "https://moved.example"}).want(200)
		again := add(s.user, hook).want(201)
		add(s.user, "https://moved.example").refused(409, "url")
		s.patch(s.path+"/endpoints/"+again.id(), obj{"url": "https://moved.example"}).refused(409, "url")
		s.delete(s.path + "/endpoints/" + s.endpoint).want(204)
		add(s.user, "https://moved.example").want(201)
	})

	t.Run("is refused where a field breaks a rule", func(t *testing.T) {
		s := newShop(t)
		s.refused["https://internal.example"] = errors.New("is an internal address")
		s.refused["https://told.example"] = domain.Refuse(domain.Invalid, "host", "does not resolve")
		for _, url := range []any{
			"", nil, "hooks.example.com", "/in", "ftp://a.example", "javascript:alert(1)", "https://", "https://:80", "http:a.example",
			"https://ada:pass@a.example", "https://ada@a.example", "https://a.example/#x", "https://a.example#", "https://a b.example",
			"https://a.example/\n", "https://a.example:0", "https://a.example:99999", "https://a.example:", "https://%zz", "https://a.example/\u007f",
			"https://a.example/" + strings.Repeat("x", 2048), "https://internal.example", "https://told.example", "//a.example",
		} {
			a := s.post(s.path+"/endpoints", obj{"user_id": s.user, "url": url}).refused(422, "url")
			s.patch(s.path+"/endpoints/"+s.endpoint, obj{"url": url}).refused(422, "url")
			if url != nil && url != "" {
				s.post(s.path+"/subscriptions", obj{"user_id": s.user, "event_type": "card_issued", "endpoint": url}).refused(422, "endpoint")
			}
			if strings.Contains(a.text, "ada:pass") {
				t.Error("the refusal repeats the credentials")
			}
		}
		for field, body := range map[string]obj{
			"user_id":       {"url": "https://a.example"},
			"format":        {"user_id": s.user, "url": "https://a.example", "format": "carrier-pigeon"},
			"description":   {"user_id": s.user, "url": "https://a.example", "description": strings.Repeat("x", 2001)},
			"event_types.1": {"user_id": s.user, "url": "https://a.example", "event_types": []any{"card_issued", "unknown"}},
			"event_types.0": {"user_id": s.user, "url": "https://a.example", "event_types": []any{1}},
			"event_types":   {"user_id": s.user, "url": "https://a.example", "event_types": make([]string, 1001)},
			"secret":        {"user_id": s.user, "url": "https://a.example", "secret": "whsec_x"},
		} {
			s.post(s.path+"/endpoints", body).refused(422, field)
		}
		s.patch(s.path+"/endpoints/"+s.endpoint, obj{"format": "sns"}).refused(422, "format")
	})

	t.Run("needs a user that is of the service and not archived", func(t *testing.T) {
		s := newShop(t)
		other := "/v1/services/" + s.post("/v1/services", obj{"name": "other"}).want(201).id()
		for _, user := range []string{"usr_00000000000000000000000000", "usr_1", s.endpoint, "\u0000"} {
			s.post(s.path+"/endpoints", obj{"user_id": user, "url": "https://a.example"}).refused(422, "user_id")
		}
		s.post(other+"/endpoints", obj{"user_id": s.user, "url": "https://a.example"}).refused(422, "user_id")
		s.delete(s.path + "/users/" + s.user).want(204)
		s.post(s.path+"/endpoints", obj{"user_id": s.user, "url": "https://a.example"}).refused(409, "user_id")
		if s.get(s.path+"/endpoints/"+s.endpoint).want(200).at("archived_at") == "" {
			t.Fatal("the archived user's endpoint does not say so")
		}
	})

	t.Run("is paused and resumed, each once", func(t *testing.T) {
		s := newShop(t)
		path := s.path + "/endpoints/" + s.endpoint
		a := s.post(path+"/pause", nil).want(200)
		if a.at("status") != "paused" || a.at("reason") != "manual" {
			t.Fatal(a.text)
		}
		if again := s.post(path+"/pause", obj{}).want(200); again.wrote != 0 || again.position() != a.position() {
			t.Fatal("paused twice")
		}
		if b := s.post(path+"/resume", nil).want(200); b.at("status") != "active" || b.at("reason") != "" {
			t.Fatal(b.text)
		}
		if again := s.post(path+"/resume", nil).want(200); again.wrote != 0 {
			t.Fatal("resumed twice")
		}
		s.post(path+"/pause", obj{"for": "ever"}).refused(422, "for")
	})

	t.Run("is removed once, shows when, and takes nothing after", func(t *testing.T) {
		s := newShop(t)
		path := s.path + "/endpoints/" + s.endpoint
		s.delete(path).want(204)
		if again := s.delete(path).want(204); again.wrote != 0 {
			t.Fatal("removed twice")
		}
		if got := s.get(path).want(200); got.at("status") != "removed" || got.at("removed_at") == "" {
			t.Fatal(got.text)
		}
		if got := s.get(s.path + "/subscriptions/" + s.sub).want(200); got.at("status") != "removed" || got.at("removed_at") == "" {
			t.Fatal(got.text)
		}
		s.patch(path, obj{"description": "x"}).refused(409)
		for _, command := range []string{"/pause", "/resume", "/secret/rotate", "/test"} {
			s.post(path+command, nil).refused(409)
		}
		s.get(path + "/secret").refused(409)
		s.post(s.path+"/subscriptions", obj{"user_id": s.user, "event_type": "card_issued", "endpoint": s.endpoint}).refused(409, "endpoint")
	})

	t.Run("of another service is unknown to every command", func(t *testing.T) {
		s := newShop(t)
		other := "/v1/services/" + s.post("/v1/services", obj{"name": "other"}).want(201).id() + "/endpoints/"
		for _, id := range []string{s.endpoint, "ep_00000000000000000000000000", "ep_1"} {
			s.get(other + id).refused(404)
			s.get(other + id + "/secret").refused(404)
			s.patch(other+id, obj{"description": "x"}).refused(404)
			s.delete(other + id).refused(404)
			for _, command := range []string{"/pause", "/resume", "/secret/rotate", "/test"} {
				s.post(other+id+command, nil).refused(404)
			}
		}
	})

	t.Run("is found by user, status and URL", func(t *testing.T) {
		s := newShop(t)
		other := s.post(s.path+"/users", obj{"name": "other"}).want(201).id()
		b := s.post(s.path+"/endpoints", obj{"user_id": other, "url": "https://b.example"}).want(201).id()
		s.post(s.path+"/endpoints/"+b+"/pause", nil).want(200)
		for filter, want := range map[string]string{
			"user_id=" + s.user: s.endpoint, "user_id=" + other: b, "status=paused": b, "status=active": s.endpoint,
			"url=https://b.example": b, "status=removed": "", "user_id=usr_00000000000000000000000000": "",
		} {
			if got := strings.Join(s.get(s.path+"/endpoints?"+filter).want(200).members("id"), " "); got != want {
				t.Errorf("%s finds %q, want %q", filter, got, want)
			}
		}
	})
}

func TestSecret(t *testing.T) {
	t.Run("is shown as the specification writes it, and the reading recorded", func(t *testing.T) {
		s := newShop(t)
		a := s.get(s.path + "/endpoints/" + s.endpoint + "/secret").want(200)
		text, ok := strings.CutPrefix(a.at("secret"), "whsec_")
		raw, err := base64.StdEncoding.DecodeString(text)
		if !ok || err != nil || len(raw) < 24 || len(raw) > 64 {
			t.Fatalf("%s: %v", a.text, err)
		}
		if a.wrote != 1 {
			t.Fatalf("it wrote %d events", a.wrote)
		}
		h := s.get(s.path + "/history?type=SecretRead").want(200)
		if got := h.members("stream"); len(got) != 1 || !strings.HasPrefix(got[0], s.service+"/"+s.endpoint+"/read_") {
			t.Fatalf("the history has %s", h.text)
		}
	})

	t.Run("is another one after a rotation, which does not show it", func(t *testing.T) {
		s := newShop(t)
		path := s.path + "/endpoints/" + s.endpoint + "/secret"
		before := s.get(path).want(200)
		a := s.post(path+"/rotate", nil).want(200)
		if a.at("previous_secret_until") == "" || strings.Contains(a.text, "whsec_") {
			t.Fatal(a.text)
		}
		after := s.get(path).want(200)
		if after.at("secret") == before.at("secret") || after.at("previous_secret_until") == "" {
			t.Fatal(after.text)
		}
	})

	t.Run("is nowhere in histories, in no spelling", func(t *testing.T) {
		s := newShop(t)
		secret := s.get(s.path + "/endpoints/" + s.endpoint + "/secret").want(200).at("secret")
		s.post(s.path+"/endpoints/"+s.endpoint+"/secret/rotate", nil).want(200)
		for _, path := range []string{"/v1/history?limit=100", s.path + "/history?limit=100"} {
			h := s.get(path).want(200)
			if strings.Contains(h.text, strings.TrimPrefix(secret, "whsec_")) {
				t.Fatalf("%s has the secret", path)
			}
			if strings.Count(h.text, `"secret":"sealed"`) != 2 {
				t.Fatalf("%s does not say that there are two sealed secrets", path)
			}
		}
	})
}
