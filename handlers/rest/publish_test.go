package rest_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"webplug/domain"
	"webplug/domain/eventlog"
)

func TestPublish(t *testing.T) {
	publish := func(s *shop, body obj) answer { s.Helper(); return s.post(s.path+"/messages", body) }

	t.Run("answers how many endpoints get it", func(t *testing.T) {
		s := newShop(t)
		a := publish(s, obj{"event_type": "card_issued", "user_id": s.user, "payload": obj{"n": 1}}).want(202)
		if want := `{"id":"` + a.id() + `","deliveries":1,"skipped":[]}` + "\n"; a.text != want {
			t.Fatalf("the answer is %s", a.text)
		}
		if a.wrote != 1 || a.position() != s.service+"/"+a.id()+"@1" {
			t.Fatalf("%d events, at %s", a.wrote, a.position())
		}
	})

	t.Run("keeps the payload byte for byte", func(t *testing.T) {
		for _, payload := range []string{
			`{"b": 12345678901234567890,  "a":1.0e0, "html":"<a>&\u0026\/"}`, `[ ]`, `"text"`, `0`, `-0.0`, `null`, `true`, "{\n\t\"ä\":\t[1 , 2]}", `1E+2`,
		} {
			s := newShop(t)
			a := s.post(s.path+"/messages", ` {"event_type":"card_issued" , "payload" : `+payload+` ,"user_id":null} `).want(202)
			if got := s.payloadOf(a.id()); got != payload {
				t.Errorf("%s became %s", payload, got)
			}
		}
	})

	t.Run("says why not: every endpoint that matches and gets nothing, and who caused it", func(t *testing.T) {
		s := newShop(t)
		_, text := s.key(s.service, "manage")
		s.send(request{key: text, method: "POST", path: s.path + "/endpoints/" + s.endpoint + "/pause"}).want(200)
		a := publish(s, obj{"event_type": "card_issued", "payload": 1}).want(202)
		skipped := a.list("skipped")[0].(obj)
		if a.at("deliveries") != "0" || skipped["endpoint_id"] != s.endpoint || skipped["reason"] != "paused" || !strings.HasPrefix(skipped["by"].(string), "key_") || skipped["since"] == nil {
			t.Fatal(a.text)
		}
		s.delete(s.path + "/subscriptions/" + s.sub).want(204)
		if a := publish(s, obj{"event_type": "card_issued", "payload": 1}).want(202); a.list("skipped")[0].(obj)["reason"] != "unsubscribed" {
			t.Fatal(a.text)
		}
		s.post(s.path+"/event-types", obj{"name": "b"}).want(201)
		if a := publish(s, obj{"event_type": "b", "payload": 1}).want(202); !strings.HasSuffix(a.text, `"skipped":[{"reason":"no_subscription"}]}`+"\n") {
			t.Fatal(a.text)
		} else if d := s.get(s.path + "/messages/" + a.id() + "/deliveries").want(200).list("data")[0].(obj); d["endpoint_id"] != nil {
			t.Fatalf("a delivery to nobody is %v", d)
		}
	})

	t.Run("goes to one user, or to all of them", func(t *testing.T) {
		s := newShop(t)
		other := s.post(s.path+"/users", obj{"name": "other"}).want(201).id()
		s.post(s.path+"/subscriptions", obj{"user_id": other, "event_type": "card_issued", "endpoint": hook}).want(201)
		for user, want := range map[any]string{s.user: "1", other: "1", nil: "2"} {
			if a := publish(s, obj{"event_type": "card_issued", "user_id": user, "payload": 1}).want(202); a.at("deliveries") != want {
				t.Errorf("to %v: %s", user, a.text)
			}
		}
	})

	t.Run("is told of every place where the payload breaks a rule", func(t *testing.T) {
		s := newShop(t)
		s.post(s.path+"/event-types", `{"name":"strict","schema":{"properties":{"a":{"type":"integer"},"b":{"type":"integer"}},"required":["c"]}}`).want(201)
		publish(s, obj{"event_type": "strict", "payload": obj{"a": "1", "b": "2"}}).refused(422, "payload.a", "payload.b", "payload.c")
	})

	t.Run("is refused where a field breaks a rule", func(t *testing.T) {
		s := newShop(t)
		other := s.post("/v1/services", obj{"name": "other"}).want(201).id()
		stranger := s.post("/v1/services/"+other+"/users", obj{"name": "x"}).want(201).id()
		s.post(s.path+"/event-types", `{"name":"strict","schema":{"properties":{"items":{"items":{"type":"integer"}}},"required":["items"]}}`).want(201)
		for field, bodies := range map[string][]obj{
			"event_type":      {{"payload": 1}, {"event_type": "unknown", "payload": 1}, {"event_type": s.kind, "payload": 1}, {"event_type": 1, "payload": 1}},
			"payload":         {{"event_type": "card_issued"}},
			"payload.items":   {{"event_type": "strict", "payload": obj{}}},
			"payload.items.1": {{"event_type": "strict", "payload": obj{"items": []any{1, "2"}}}},
			"user_id":         {{"event_type": "card_issued", "payload": 1, "user_id": stranger}, {"event_type": "card_issued", "payload": 1, "user_id": "x"}, {"event_type": "card_issued", "payload": 1, "user_id": 7}},
			"to":              {{"event_type": "card_issued", "payload": 1, "to": "x"}},
		} {
			for _, body := range bodies {
				publish(s, body).refused(422, field)
			}
		}
		s.delete(s.path + "/users/" + s.user).want(204)
		publish(s, obj{"event_type": "card_issued", "payload": 1, "user_id": s.user}).refused(409, "user_id")
	})

	t.Run("takes 240 KB and no more", func(t *testing.T) {
		s := newShop(t)
		text := func(n int) string { return `"` + strings.Repeat("x", n-2) + `"` }
		s.post(s.path+"/messages", `{"event_type":"card_issued","payload":`+text(domain.MaxPayload)+`}`).want(202)
		s.post(s.path+"/messages", `{"event_type":"card_issued","payload":`+text(domain.MaxPayload+1)+`}`).refused(413, "payload")
		s.post(s.path+"/messages", `{"event_type":"card_issued","payload":`+text(2*domain.MaxPayload)+`}`).refused(413)
	})

	t.Run("writes one line only where somebody looks for it", func(t *testing.T) {
		s := newShop(t)
		before := s.lines.String()
		s.publish()
		if got := strings.TrimPrefix(s.lines.String(), before); got != "" {
			t.Fatalf("it logged %s", got)
		}
		publish(s, obj{"event_type": "unknown", "payload": 1}).want(422)
		if got := strings.TrimPrefix(s.lines.String(), before); !strings.Contains(got, `"status":422`) {
			t.Fatalf("a refusal logged %q", got)
		}
		before = s.lines.String()
		s.memory.full = errors.New("the disk's own words")
		publish(s, obj{"event_type": "card_issued", "payload": 1}).want(500)
		got := strings.TrimPrefix(s.lines.String(), before)
		if strings.Count(got, "\n") != 1 || !strings.Contains(got, "own words") || !strings.Contains(got, `"actor":"admin"`) {
			t.Fatalf("a failure logged %q", got)
		}
	})
}

// payloadOf is a message's payload as the log has it.
func (w *shop) payloadOf(message string) string {
	w.Helper()
	m, err := eventlog.Load[domain.Message](context.Background(), w.log, domain.MessageStream(w.service, message))
	if err != nil {
		w.Fatal(err)
	}
	plain, err := w.log.Reveal(context.Background(), m.State.Accepted.Payload)
	if err != nil {
		w.Fatal(err)
	}
	return string(bytes.Clone(plain))
}

func TestTestWebhook(t *testing.T) {
	t.Run("is a message to this endpoint alone, with a history", func(t *testing.T) {
		s := newShop(t)
		s.post(s.path+"/subscriptions", obj{"user_id": s.user, "event_type": "card_issued", "endpoint": "https://b.example"}).want(201)
		for body, want := range map[string]string{`{}`: "webplug.test", "": "webplug.test", `{"event_type":"card_issued"}`: "card_issued", `{"event_type":null}`: "webplug.test"} {
			var b any
			if body != "" {
				b = body
			}
			a := s.post(s.path+"/endpoints/"+s.endpoint+"/test", b).want(202)
			m := s.get(s.path + "/messages/" + a.id()).want(200)
			if a.at("deliveries") != "1" || m.at("event_type") != want || m.at("test") != "true" || m.at("user_id") != s.user {
				t.Fatalf("%s: %s", body, m.text)
			}
			if got := s.get(s.path + "/messages/" + a.id() + "/deliveries").want(200).members("endpoint_id"); len(got) != 1 || got[0] != s.endpoint {
				t.Fatalf("it goes to %v", got)
			}
			if d := s.get(s.path + "/messages/" + a.id() + "/deliveries").list("data")[0].(obj); (d["event_type_id"] == nil) != (want == "webplug.test") {
				t.Fatalf("the delivery is %v", d)
			}
			if want == "card_issued" && s.payloadOf(a.id()) != `{"card":1}` {
				t.Fatalf("the payload is %s", s.payloadOf(a.id()))
			}
		}
	})

	t.Run("needs an endpoint that is active and a type that has an example", func(t *testing.T) {
		s := newShop(t)
		path := s.path + "/endpoints/" + s.endpoint
		s.post(s.path+"/event-types", obj{"name": "bare"}).want(201)
		s.post(path+"/test", obj{"event_type": "bare"}).refused(422, "event_type")
		s.post(path+"/test", obj{"event_type": "unknown"}).refused(422, "event_type")
		s.post(path+"/test", obj{"event_type": ""}).refused(422, "event_type")
		s.post(path+"/test", obj{"payload": 1}).refused(422, "payload")
		s.post(path+"/pause", nil).want(200)
		s.post(path+"/test", nil).refused(409)
		s.post(path+"/resume", nil).want(200)
		s.delete(s.path + "/users/" + s.user).want(204)
		s.post(path+"/test", nil).refused(409)
	})
}
