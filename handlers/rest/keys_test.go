package rest_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"webplug/domain"
)

func TestKey(t *testing.T) {
	t.Run("is shown once, and works", func(t *testing.T) {
		w := newWorld(t)
		a := w.post("/v1/keys", obj{"name": "backend", "scopes": []string{"read", "manage"}}).want(201)
		id, secret, ok := domain.SplitKeyText(a.at("key"))
		if !ok || id != a.id() || len(secret) < 43 {
			t.Fatal(a.text)
		}
		got := w.get("/v1/keys/" + id).want(200)
		listed := w.get("/v1/keys").want(200)
		for _, shown := range []answer{got, listed, w.get("/v1/history").want(200)} {
			if strings.Contains(shown.text, secret) {
				t.Fatalf("%s shows the key's secret", shown.asked.path)
			}
		}
		if got.at("name") != "backend" || len(listed.list("data")) != 1 {
			t.Fatal(got.text)
		}
		w.send(request{key: a.at("key"), method: "GET", path: "/v1/services"}).want(200)
	})

	t.Run("is revoked at once and once", func(t *testing.T) {
		w := newWorld(t)
		id, text := w.key("", "read")
		w.delete("/v1/keys/" + id).want(204)
		if a := w.send(request{key: text, method: "GET", path: "/v1/services"}).refused(401); a.at("type") != "key-revoked" {
			t.Fatal(a.text)
		}
		if again := w.delete("/v1/keys/" + id).want(204); again.wrote != 0 {
			t.Fatal("revoked twice")
		}
		if w.get("/v1/keys/"+id).want(200).at("revoked_at") == "" {
			t.Fatal("revoked_at is missing")
		}
	})

	t.Run("that is missing, malformed or wrong is refused, and says which", func(t *testing.T) {
		w := newWorld(t)
		id, text := w.key("", "read")
		for header, want := range map[string]string{
			"": "key-missing", "Bearer": "key-missing", "Bearer ": "key-missing", "Basic " + adminKey: "key-missing", adminKey: "key-missing",
			"Bearer x": "key-unknown", "Bearer " + text + "0": "key-unknown", "Bearer " + text[:len(text)-1]: "key-unknown",
			"Bearer " + adminKey + "x": "key-unknown", "Bearer wpk_00000000000000000000000000_x": "key-unknown",
			"Bearer " + domain.KeyText(id, ""): "key-unknown", "Bearer " + domain.KeyText(id, strings.Repeat("0", 64)): "key-unknown",
		} {
			a := w.send(request{key: "none", method: "GET", path: "/v1/services", headers: map[string]string{"Authorization": header}})
			if a.refused(401); a.at("type") != want || a.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%q: %s", header, a.text)
			}
		}
		w.send(request{key: "none", method: "GET", path: "/v1/services", headers: map[string]string{"Authorization": "bearer " + text}}).want(200)
	})

	t.Run("is refused where a field breaks a rule", func(t *testing.T) {
		w := newWorld(t)
		archived := w.post("/v1/services", obj{"name": "x"}).want(201).id()
		w.delete("/v1/services/" + archived).want(204)
		for field, bodies := range map[string][]obj{
			"name":        {{"scopes": []string{"read"}}},
			"scopes":      {{"name": "x"}, {"name": "x", "scopes": []string{}}, {"name": "x", "scopes": []string{"all"}}, {"name": "x", "scopes": []string{"read", "read"}}, {"name": "x", "scopes": "read"}},
			"scopes.0":    {{"name": "x", "scopes": []int{1}}},
			"service_id":  {{"name": "x", "scopes": []string{"read"}, "service_id": "svc_00000000000000000000000000"}, {"name": "x", "scopes": []string{"read"}, "service_id": "x"}},
			"holder.name": {{"name": "x", "scopes": []string{"read"}, "holder": obj{"kind": "person"}}, {"name": "x", "scopes": []string{"read"}, "holder": obj{}}},
			"holder.kind": {{"name": "x", "scopes": []string{"read"}, "holder": obj{"name": "Ada", "kind": "robot"}}},
			"holder.age":  {{"name": "x", "scopes": []string{"read"}, "holder": obj{"name": "Ada", "kind": "person", "age": 1}}},
			"user_id":     {{"name": "x", "scopes": []string{"read"}, "user_id": "usr_x"}},
		} {
			for _, body := range bodies {
				w.post("/v1/keys", body).refused(422, field)
			}
		}
		w.post("/v1/keys", obj{"name": "x", "scopes": []string{"read"}, "service_id": archived}).refused(409, "service_id")
		for _, id := range []string{"key_00000000000000000000000000", "key_1"} {
			w.get("/v1/keys/" + id).refused(404)
			w.delete("/v1/keys/" + id).refused(404)
		}
	})

	t.Run("created again with its Idempotency-Key is not shown again", func(t *testing.T) {
		w := newWorld(t)
		body := obj{"name": "x", "scopes": []string{"read"}}
		a := w.post("/v1/keys", body, "k").want(201)
		if again := w.post("/v1/keys", body, "k").refused(409, "Idempotency-Key"); again.id() != a.id() {
			t.Fatalf("the refusal names %q", again.id())
		}
		w.post("/v1/keys", obj{"name": "y", "scopes": []string{"read"}}, "k").refused(422, "Idempotency-Key")
	})
}

// scopeOf is what each route asks of its caller: a scope, "unlimited" manage, or the admin key; "any" is any key, "" is open to all.
var scopeOf = map[string]string{
	"POST /v1/services": "unlimited", "GET /v1/services": "read", "GET /v1/services/:svc": "read",
	"PATCH /v1/services/:svc": "manage", "DELETE /v1/services/:svc": "manage",

	"POST /v1/services/:svc/users": "manage", "GET /v1/services/:svc/users": "read", "GET /v1/services/:svc/users/:usr": "read",
	"PATCH /v1/services/:svc/users/:usr": "manage", "DELETE /v1/services/:svc/users/:usr": "manage",

	"POST /v1/services/:svc/event-types": "manage", "GET /v1/services/:svc/event-types": "read",
	"GET /v1/services/:svc/event-types/:typ": "read", "PATCH /v1/services/:svc/event-types/:typ": "manage",
	"DELETE /v1/services/:svc/event-types/:typ": "manage",

	"POST /v1/services/:svc/endpoints": "manage", "GET /v1/services/:svc/endpoints": "read",
	"GET /v1/services/:svc/endpoints/:ep": "read", "PATCH /v1/services/:svc/endpoints/:ep": "manage",
	"DELETE /v1/services/:svc/endpoints/:ep": "manage", "POST /v1/services/:svc/endpoints/:ep/pause": "manage",
	"POST /v1/services/:svc/endpoints/:ep/resume": "manage", "POST /v1/services/:svc/endpoints/:ep/test": "manage",
	"GET /v1/services/:svc/endpoints/:ep/secret": "secrets", "POST /v1/services/:svc/endpoints/:ep/secret/rotate": "manage",

	"POST /v1/services/:svc/subscriptions": "manage", "GET /v1/services/:svc/subscriptions": "read",
	"GET /v1/services/:svc/subscriptions/:sub": "read", "DELETE /v1/services/:svc/subscriptions/:sub": "manage",
	"POST /v1/services/:svc/subscriptions/:sub/confirm":   "manage",
	"POST /v1/services/:svc/subscriptions/:sub/handshake": "manage",

	"POST /v1/services/:svc/messages": "publish", "GET /v1/services/:svc/messages": "read",
	"GET /v1/services/:svc/messages/:msg": "read", "GET /v1/services/:svc/messages/:msg/history": "read",
	"GET /v1/services/:svc/messages/:msg/deliveries":              "read",
	"POST /v1/services/:svc/messages/:msg/deliveries/:ep/retry":   "manage",
	"POST /v1/services/:svc/messages/:msg/deliveries/:ep/discard": "manage",
	"GET /v1/services/:svc/dead-letters":                          "read", "GET /v1/services/:svc/history": "read",
	"GET /v1/services/:svc/live": "read", "GET /v1/services/:svc/stats": "read",

	"POST /v1/services/:svc/messages/batch": "publish", "POST /v1/services/:svc/endpoints/:ep/recover": "manage",
	"GET /v1/services/:svc/dead-letters/groups": "read", "POST /v1/services/:svc/dead-letters/retry": "manage",
	"POST /v1/services/:svc/dead-letters/discard": "manage",
	"GET /v1/services/:svc/jobs":                  "read", "GET /v1/services/:svc/jobs/:job": "read", "POST /v1/services/:svc/jobs/:job/cancel": "manage",

	"POST /v1/rebuild": "admin", "POST /v1/audit/verify": "admin",
	"GET /v1/jobs": "admin", "GET /v1/jobs/:job": "admin", "POST /v1/jobs/:job/cancel": "admin",

	"POST /v1/keys": "admin", "GET /v1/keys": "admin", "GET /v1/keys/:key": "admin", "DELETE /v1/keys/:key": "admin",
	"GET /v1/history": "admin", "GET /v1/system": "admin", "GET /v1/stuck": "admin", "POST /v1/stuck/:id/retry": "admin",

	"GET /v1/whoami": "any",

	"GET /healthz": "", "GET /readyz": "", "GET /metrics": "", "GET /openapi.json": "", "GET /docs": "",
}

func TestEveryRouteIsDescribedAndInTheTable(t *testing.T) {
	w := newWorld(t)
	doc, err := openapi3.NewLoader().LoadFromData([]byte(w.get("/openapi.json").want(200).text))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	parameter := regexp.MustCompile(`\{(\w+)\}`)
	described := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			described[method+" "+parameter.ReplaceAllString(path, ":$1")] = true
		}
	}
	routes := w.api.Routes()
	for _, r := range routes {
		if _, ok := scopeOf[r]; !ok {
			t.Errorf("%s is not in the table of this test", r)
		}
		if !described[r] {
			t.Errorf("%s is not described", r)
		}
	}
	if len(routes) != len(scopeOf) || len(routes) != len(described) {
		t.Errorf("the table has %d routes, the description %d, the API %d", len(scopeOf), len(described), len(routes))
	}
}

// TestNoKeySeesWhatIsNotItsOwn tries every route with every kind of key.
func TestNoKeySeesWhatIsNotItsOwn(t *testing.T) {
	for route, scope := range scopeOf {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			method, pattern, _ := strings.Cut(route, " ")
			keyID, _ := s.key(s.service, "read")
			message := s.publish()
			job := s.post(s.path+"/dead-letters/retry", obj{"filter": obj{}}).want(202).at("job_id")
			path := strings.NewReplacer(":job", job, ":svc", s.service, ":usr", s.user, ":typ", s.kind, ":ep", s.endpoint, ":sub", s.sub,
				":msg", message, ":key", keyID, ":id", "stuck").Replace(pattern)
			with := func(key string) answer {
				t.Helper()
				r := request{key: key, method: method, path: path}
				if method == "POST" || method == "PATCH" {
					r.body = `{"not": "a field"}`
				}
				return s.send(r)
			}
			if scope == "" {
				with("none").want(200)
				return
			}

			if a := with("none").refused(401); a.at("type") != "key-missing" {
				t.Fatal(a.text)
			}
			if a := with("wpk_00000000000000000000000000_0").refused(401); a.at("type") != "key-unknown" {
				t.Fatal(a.text)
			}
			revoked, text := s.key("", "publish", "manage", "read", "secrets")
			s.delete("/v1/keys/" + revoked).want(204)
			if a := with(text).refused(401); a.at("type") != "key-revoked" {
				t.Fatal(a.text)
			}

			other := s.post("/v1/services", obj{"name": "other"}).want(201).id()
			_, stranger := s.key(other, "publish", "manage", "read", "secrets")
			if strings.Contains(pattern, ":svc") {
				a := with(stranger).refused(404)
				if strings.Contains(a.text, "Card company") || strings.Contains(a.text, s.user) {
					t.Fatalf("another service's key is told %s", a.text)
				}
			} else if scope == "admin" || scope == "unlimited" {
				with(stranger).refused(403)
			}

			keys := map[string]bool{} // key: may it?
			for _, has := range domain.Scopes {
				for _, service := range []string{"", s.service} {
					_, text := s.key(service, string(has))
					keys[text] = scope == "any" || scope == string(has) || (scope == "unlimited" && has == "manage" && service == "")
				}
			}
			for key, may := range keys {
				if !may {
					with(key).refused(403)
				} else if a := with(key); a.status == 401 || a.status == 403 || a.status == 404 {
					t.Errorf("a key that may answers %d: %s", a.status, a.text)
				}
			}
		})
	}
}

func TestAKeyIsToldWhatItMayDo(t *testing.T) {
	s := newShop(t)
	if a := s.get("/v1/whoami").want(200); a.object()["admin"] != true || a.id() != "admin" || a.object()["service_id"] != nil {
		t.Fatal(a.text)
	}
	id, text := s.key(s.service, "read", "publish")
	a := s.send(request{key: text, method: "GET", path: "/v1/whoami"}).want(200)
	scopes, _ := a.object()["scopes"].([]any)
	if a.object()["user_id"] != nil {
		t.Fatal(a.text)
	}
	if a.object()["admin"] != false || a.id() != id || a.at("service_id") != s.service || len(scopes) != 2 {
		t.Fatal(a.text)
	}
}

func TestKeyOfOneService(t *testing.T) {
	s := newShop(t)
	other := s.post("/v1/services", obj{"name": "other"}).want(201).id()
	_, text := s.key(other, "publish", "manage", "read", "secrets")
	send := func(method, path string, body any) answer {
		return s.send(request{key: text, method: method, path: path, body: body})
	}
	path := "/v1/services/" + other

	t.Run("sees that service alone in the list", func(t *testing.T) {
		s.T = t
		if got := send("GET", "/v1/services", nil).want(200).members("id"); len(got) != 1 || got[0] != other {
			t.Fatalf("it sees %v", got)
		}
		send("GET", "/v1/services?cursor=x", nil).refused(422, "cursor")
	})

	t.Run("finds nothing of others under its own", func(t *testing.T) {
		s.T = t
		message := s.publish()
		for _, theirs := range []string{
			"/users/" + s.user, "/event-types/" + s.kind, "/endpoints/" + s.endpoint, "/endpoints/" + s.endpoint + "/secret",
			"/subscriptions/" + s.sub, "/messages/" + message, "/messages/" + message + "/history", "/messages/" + message + "/deliveries",
		} {
			send("GET", path+theirs, nil).refused(404)
		}
		for _, list := range []string{"/users", "/event-types", "/endpoints", "/subscriptions", "/messages", "/dead-letters"} {
			if got := send("GET", path+list, nil).want(200).list("data"); len(got) != 0 {
				t.Errorf("%s lists %v", list, got)
			}
		}
		if got := send("GET", path+"/history", nil).want(200).text; strings.Contains(got, s.service) || strings.Contains(got, "_/") {
			t.Errorf("the history has others' events: %s", got)
		}
		if got := send("GET", path+"/history?stream="+s.service+"/service", nil).want(200).list("data"); len(got) != 0 {
			t.Errorf("the history gives another service's stream: %v", got)
		}
	})

	t.Run("cannot name what is of others in its bodies", func(t *testing.T) {
		s.T = t
		mine := send("POST", path+"/users", obj{"name": "x"}).want(201).id()
		send("POST", path+"/event-types", obj{"name": "card_issued"}).want(201)
		send("POST", path+"/endpoints", obj{"user_id": s.user, "url": hook}).refused(422, "user_id")
		send("POST", path+"/subscriptions", obj{"user_id": s.user, "event_type": "card_issued", "endpoint": hook}).refused(422, "user_id")
		send("POST", path+"/subscriptions", obj{"user_id": mine, "event_type": "card_issued", "endpoint": s.endpoint}).refused(422, "endpoint")
		send("POST", path+"/messages", obj{"user_id": s.user, "event_type": "card_issued", "payload": 1}).refused(422, "user_id")
	})

	t.Run("cannot ask for positions of others", func(t *testing.T) {
		s.T = t
		send("GET", "/v1/services?after="+s.service+"/service@1", nil).refused(422, "after")
		send("GET", path+"/users?after=_/key_1@1", nil).refused(422, "after")
		send("GET", path+"/users?after="+other+"/service@1", nil).want(200)
	})

	t.Run("may change the service that it is of", func(t *testing.T) {
		s.T = t
		send("PATCH", path, obj{"name": "renamed"}).want(200)
		send("DELETE", path, nil).want(204)
	})
}
