package rest_test

import (
	"strings"
	"testing"
)

func TestService(t *testing.T) {
	t.Run("is created with the deployment's default format written out", func(t *testing.T) {
		w := newWorld(t)
		a := w.post("/v1/services", obj{"name": "Card company"}).want(201)
		if a.at("name") != "Card company" || a.at("default_format") != "standard-webhooks" || a.at("version") != "1" {
			t.Fatal(a.text)
		}
		if want := a.id() + "/service@1"; a.position() != want {
			t.Fatalf("the position is %q, want %q", a.position(), want)
		}
		if got := w.get("/v1/services/" + a.id()).want(200); got.text != a.text {
			t.Fatalf("GET shows %s, POST answered %s", got.text, a.text)
		}
	})

	t.Run("has a name that no other has, until it is archived", func(t *testing.T) {
		w := newWorld(t)
		first := w.post("/v1/services", obj{"name": "x"}).want(201)
		taken := w.post("/v1/services", obj{"name": "x"}).refused(409, "name")
		if taken.id() != first.id() {
			t.Fatalf("the refusal names %q, not %q", taken.id(), first.id())
		}
		w.delete("/v1/services/" + first.id()).want(204)
		w.post("/v1/services", obj{"name": "x"}).want(201)
	})

	t.Run("takes a new name and frees the old one", func(t *testing.T) {
		w := newWorld(t)
		a := w.post("/v1/services", obj{"name": "old"}).want(201)
		b := w.post("/v1/services", obj{"name": "other"}).want(201)
		w.patch("/v1/services/"+a.id(), obj{"name": "other"}).refused(409, "name")
		if got := w.patch("/v1/services/"+a.id(), obj{"name": "new"}).want(200); got.at("name") != "new" || got.at("version") != "2" {
			t.Fatal(got.text)
		}
		w.patch("/v1/services/"+b.id(), obj{"name": "old"}).want(200)
		w.post("/v1/services", obj{"name": "new"}).refused(409, "name")
	})

	t.Run("changed into what it is adds no event and answers the same position", func(t *testing.T) {
		w := newWorld(t)
		a := w.post("/v1/services", obj{"name": "x"}).want(201)
		for _, body := range []obj{{}, {"name": "x"}, {"default_format": "standard-webhooks"}} {
			if got := w.patch("/v1/services/"+a.id(), body).want(200); got.wrote != 0 || got.position() != a.position() || got.text != a.text {
				t.Fatalf("%v wrote %d events, at %s", body, got.wrote, got.position())
			}
		}
	})

	t.Run("is archived once, shows when, and takes nothing after", func(t *testing.T) {
		s := newShop(t)
		gone := s.delete(s.path).want(204)
		if again := s.delete(s.path).want(204); again.wrote != 0 || again.position() != gone.position() {
			t.Fatalf("the second DELETE wrote %d events", again.wrote)
		}
		when := s.get(s.path).want(200).at("archived_at")
		if when == "" {
			t.Fatal("archived_at is missing")
		}
		for path, body := range map[string]obj{
			"/users":                               {"name": "x"},
			"/event-types":                         {"name": "x"},
			"/endpoints":                           {"user_id": s.user, "url": "https://a.example"},
			"/subscriptions":                       {"user_id": s.user, "event_type": "card_issued", "endpoint": "https://b.example"},
			"/messages":                            {"event_type": "card_issued", "payload": 1},
			"/endpoints/" + s.endpoint + "/test":   {},
			"/endpoints/" + s.endpoint + "/resume": {},
			"/endpoints/" + s.endpoint + "/secret/rotate": {},
		} {
			s.post(s.path+path, body).refused(409)
		}
		for path, body := range map[string]obj{
			"": {"name": "x"}, "/users/" + s.user: {"name": "x"}, "/event-types/" + s.kind: {"description": "x"},
			"/endpoints/" + s.endpoint: {"description": "x"},
		} {
			s.patch(s.path+path, body).refused(409)
		}
		for _, child := range []string{
			"/users/" + s.user, "/event-types/" + s.kind, "/endpoints/" + s.endpoint, "/subscriptions/" + s.sub,
		} {
			if got := s.get(s.path + child).want(200).at("archived_at"); got != when {
				t.Errorf("%s answers archived_at %q, its service has %q", child, got, when)
			}
		}
		s.delete(s.path + "/endpoints/" + s.endpoint).want(204)
	})

	t.Run("is refused with a name or format that breaks a rule", func(t *testing.T) {
		w := newWorld(t)
		id := w.post("/v1/services", obj{"name": "x"}).want(201).id()
		for _, name := range []any{"", strings.Repeat("x", 201), "a\u0000b", "a\nb", " a", nil, "a\u202eb"} {
			w.post("/v1/services", obj{"name": name}).refused(422, "name")
			w.patch("/v1/services/"+id, obj{"name": name}).refused(422, "name")
		}
		w.post("/v1/services", obj{}).refused(422, "name")
		for _, format := range []string{"carrier pigeon"} {
			w.post("/v1/services", obj{"name": "y", "default_format": format}).refused(422, "default_format")
			w.patch("/v1/services/"+id, obj{"default_format": format}).refused(422, "default_format")
		}
		w.post("/v1/services", obj{"name": strings.Repeat("ü", 200)}).want(201)
	})

	t.Run("that does not exist is unknown", func(t *testing.T) {
		w := newWorld(t)
		for _, id := range []string{"svc_00000000000000000000000000", "svc_1", "usr_00000000000000000000000000", "..%2F..", "%00"} {
			w.get("/v1/services/" + id).refused(404)
			w.get("/v1/services/" + id + "/users").refused(404)
			w.patch("/v1/services/"+id, obj{"name": "x"}).refused(404)
			w.delete("/v1/services/" + id).refused(404)
		}
	})

	t.Run("is listed in pages", func(t *testing.T) {
		w := newWorld(t)
		for _, name := range []string{"a", "b", "c"} {
			w.post("/v1/services", obj{"name": name}).want(201)
		}
		first := w.get("/v1/services?limit=2").want(200)
		rest := w.get("/v1/services?limit=2&cursor=" + first.at("next_cursor")).want(200)
		got := append(first.members("name"), rest.members("name")...)
		if strings.Join(got, "") != "abc" || rest.at("next_cursor") != "" {
			t.Fatalf("the pages are %v", got)
		}
	})
}
