package e2e

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"
)

// write is a call that takes a body, with one that it would take.
type write struct {
	method, path string
	body         members
	// any are the members that may be any JSON; null those that may be null.
	any, null []string
}

// writes are all calls with a body of a service. They are only ever sent with something wrong.
func writes(s service) map[string]write {
	u, kind := s.user(), s.eventType("there")
	e := s.endpoint(u.ID, "https://example.com/there")
	s.endpoint(s.user().ID, receive(s.t, nil).url(), "there")
	m := s.publish("there", "")
	d := s.deliveries(m.ID)[0]
	s.awaitDelivery(m.ID, d.EndpointID, "delivered")
	return map[string]write{
		"a new service":    {"POST", "", members{"name": "n", "default_format": *formatFlag}, nil, []string{"default_format"}},
		"a service":        {"PATCH", "", members{"name": "n", "default_format": *formatFlag}, nil, nil},
		"a new user":       {"POST", "/users", members{"name": "n", "external_id": "x", "metadata": members{"a": "b"}}, nil, []string{"external_id", "metadata"}},
		"a user":           {"PATCH", "/users/" + u.ID, members{"name": "n", "external_id": "x", "metadata": members{"a": "b"}}, nil, []string{"external_id", "metadata"}},
		"a new event type": {"POST", "/event-types", members{"name": "n", "description": "d", "schema": true, "example": 1}, []string{"example"}, []string{"description", "schema"}},
		"an event type":    {"PATCH", "/event-types/" + kind.ID, members{"description": "d", "schema": true, "example": 1}, []string{"example"}, []string{"description", "schema"}},
		"a new endpoint":   {"POST", "/endpoints", members{"user_id": u.ID, "url": "https://example.com/x", "format": *formatFlag, "description": "d", "event_types": []string{"there"}}, nil, []string{"description", "event_types", "format"}},
		"an endpoint":      {"PATCH", "/endpoints/" + e.ID, members{"url": "https://example.com/x", "description": "d"}, nil, []string{"description"}},
		"a subscription":   {"POST", "/subscriptions", members{"user_id": u.ID, "event_type": "there", "endpoint": e.ID, "format": *formatFlag}, nil, []string{"format"}},
		"a message":        {"POST", "/messages", members{"event_type": "there", "payload": 1, "user_id": u.ID}, []string{"payload"}, []string{"user_id"}},
		"a batch":          {"POST", "/messages/batch", members{"messages": []any{members{"event_type": "there", "payload": 1}}}, nil, nil},
		"a recovery":       {"POST", "/endpoints/" + e.ID + "/recover", members{"since": "2026-01-02T03:04:05Z"}, nil, nil},
		"many retries":     {"POST", "/dead-letters/retry", members{"filter": members{}, "reason": "r", "dry_run": true}, nil, []string{"reason", "dry_run"}},
		"many discards":    {"POST", "/dead-letters/discard", members{"filter": members{}, "reason": "r", "dry_run": true}, nil, []string{"reason", "dry_run"}},
		"a rebuild":        {"POST", "/v1/rebuild", members{}, nil, nil},
		"a verification":   {"POST", "/v1/audit/verify", members{}, nil, nil},
		"a test":           {"POST", "/endpoints/" + e.ID + "/test", members{"event_type": "there"}, nil, []string{"event_type"}},
		"a retry":          {"POST", "/messages/" + m.ID + "/deliveries/" + d.EndpointID + "/retry", members{"reason": "r"}, nil, []string{"reason"}},
		"a discard":        {"POST", "/messages/" + m.ID + "/deliveries/" + d.EndpointID + "/discard", members{"reason": "r"}, nil, []string{"reason"}},
		"a pause":          {"POST", "/endpoints/" + e.ID + "/pause", members{}, nil, nil},
		"a resume":         {"POST", "/endpoints/" + e.ID + "/resume", members{}, nil, nil},
		"a rotation":       {"POST", "/endpoints/" + e.ID + "/secret/rotate", members{}, nil, nil},
		"a confirmation":   {"POST", "/subscriptions/" + s.endpoint(u.ID, "https://example.com/confirmed", "there").Subscriptions[0].ID + "/confirm", members{"token": "t", "subscribe_url": "https://example.com/"}, nil, []string{"token", "subscribe_url"}},
		"a new key":        {"POST", "/v1/keys", members{"name": "n", "scopes": []string{"read"}, "service_id": s.id, "holder": members{"name": "n", "kind": "person"}}, nil, []string{"service_id", "holder"}},
	}
}

// forEach runs a test of every call with a body.
func forEach(t *testing.T, test func(t *testing.T, send func(body any, o ...option) answer, w write)) {
	s := newService(t)
	calls := writes(s)
	s.changesNothing(func() {
		for _, name := range slices.Sorted(maps.Keys(calls)) {
			w := calls[name]
			t.Run(name, func(t *testing.T) {
				c := s.client
				c.t = t
				if name == "a new service" {
					c.base = "/v1/services"
				}
				if strings.HasPrefix(w.path, "/v1") {
					c.base = ""
				}
				test(t, func(body any, o ...option) answer {
					t.Helper()
					return c.send(w.method, w.path, body, append(o, wrong)...)
				}, w)
			})
		}
	})
}

func TestBodiesThatCannotBeReadAreRefused(t *testing.T) {
	t.Parallel()
	forEach(t, func(_ *testing.T, send func(any, ...option) answer, _ write) {
		for _, body := range []string{
			`{`, `{"name"`, `{"name":}`, `{"name":"x",}`, `{'name':'x'}`, `{name:"x"}`, `{"name":"x"} x`, `{"name":"x"}{"name":"y"}`, `{"name":01}`, `{"name":.5}`,
			`{"name":NaN}`, `{"name":"` + "\n" + `"}`, `{"name":"\x"}`, "\ufeff{}", `not JSON`, `<xml/>`, `name=x`, "\x00", `{"a":"\ud800"}`,
			`[]`, `"x"`, `7`, `null`, `true`, `[{"name":"x"}]`, strings.Repeat("[", 200), strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200),
			`{"name":` + strings.Repeat("[", 150) + strings.Repeat("]", 150) + `}`,
		} {
			p := of[problem](send(text(body)).is(400))
			if p.Type != "malformed" {
				send(text(body)).refused(400, "malformed", "")
			}
		}
		send(text(`{"a":1,"a":2}`)).refused(400, "malformed", "a") // twice: which one holds?
		send(text("{\"a\":\"\xff\"}")).refused(400, "malformed", "a")
		send(text("{\"a\":\"\xed\xa0\x80\"}")).refused(400, "malformed", "a") // half a surrogate pair
		send(text("{\"a\":\"\xc0\x80\"}")).refused(400, "malformed", "a")     // an overlong NUL
	})
}

func TestAnEmptyBodyIsTakenOnlyWhereNothingNeedBeSaid(t *testing.T) {
	ofStandardWebhooks(t, "test webhook to an endpoint without a confirmed subscription")
	t.Parallel()
	s := newService(t)
	e := s.endpoint(s.user().ID, receive(t, nil).url())
	for _, path := range []string{"/pause", "/resume", "/secret/rotate"} {
		s.post("/endpoints/"+e.ID+path, nil).is(200)
		s.post("/endpoints/"+e.ID+path, members{}).is(200)
		s.post("/endpoints/"+e.ID+path, nil, header("Content-Type", "application/json")).is(200)
	}
	m := of[acceptedRow](s.post("/endpoints/"+e.ID+"/test", nil).is(202))
	s.awaitDelivery(m.ID, e.ID, "delivered")
	s.retry(m.ID, e.ID).is(202)
	s.awaitDelivery(m.ID, e.ID, "delivered")
	s.changesNothing(func() {
		for _, path := range []string{"/users", "/event-types", "/endpoints", "/subscriptions", "/messages"} {
			s.post(path, nil, wrong).refused(400, "malformed", "")
			s.post(path, text("  \n"), wrong).refused(400, "malformed", "")
		}
		s.patch("", nil, wrong).refused(400, "malformed", "")
	})
}

func TestMembersThatNobodyKnowsAreRefused(t *testing.T) {
	t.Parallel()
	forEach(t, func(_ *testing.T, send func(any, ...option) answer, w write) {
		for _, name := range []string{"unknown", "id", "Name", "created_at", "version", "", "$where", "__proto__", "a.b", "ü"} {
			send(merged(members{name: "x"}, w.body)).is(422)
			p := of[problem](send(merged(members{name: "x"}, w.body)))
			if len(p.Errors) != 1 || p.Errors[0].Field != cmp.Or(name, `""`) || p.Type != "invalid" {
				t.Errorf("an unknown member %q: %+v", name, p)
			}
		}
		long := strings.Repeat("x", 5000)
		if got := send(merged(members{long: "x"}, w.body)).is(422); len(got.body) > 1000 {
			t.Errorf("the answer repeats all of a long name: %d bytes", len(got.body))
		}
	})
}

func TestMembersOfTheWrongTypeAreRefused(t *testing.T) {
	t.Parallel()
	kinds := map[string]any{"null": nil, "string": "text", "number": 7, "bool": true, "list": []any{}, "object": members{}}
	kindOf := func(v any) string {
		switch v.(type) {
		case nil:
			return "null"
		case string:
			return "string"
		case bool:
			return "bool"
		case int:
			return "number"
		case []string, []any:
			return "list"
		}
		return "object"
	}
	forEach(t, func(t *testing.T, send func(any, ...option) answer, w write) {
		for name, good := range w.body {
			for kind, bad := range kinds {
				nullable := kind == "null" && slices.Contains(w.null, name)
				schema := name == "schema" && (kind == "object" || kind == "bool")
				if kind == kindOf(good) || slices.Contains(w.any, name) || nullable || schema {
					continue
				}
				body := merged(members{}, w.body)
				body[name] = bad
				got := send(body)
				p := of[problem](got)
				named := len(p.Errors) == 1 && (p.Errors[0].Field == name || strings.HasPrefix(p.Errors[0].Field, name+"."))
				if kind == "null" && w.method == "POST" && (got.status == 201 || got.status == 202 || got.status == 409) {
					t.Errorf("%s: null is taken for %s", got.name(), name)
				} else if got.status != 422 || p.Type != "invalid" || !named {
					t.Errorf("%s: %s as a %s: %s", got.name(), name, kind, got.body)
				}
			}
		}
	})
}
