package rest_test

import (
	"strings"
	"testing"
)

func TestEventType(t *testing.T) {
	const card = `{"type":"object","required":["amount"],"properties":{"amount":{"type":"integer"}}}`

	t.Run("is created, shown, changed and archived", func(t *testing.T) {
		s := newShop(t)
		a := s.post(s.path+"/event-types", `{"name":"card_debited","description":"d","schema":`+card+`,"example":{"amount":12345678901234567890}}`).want(201)
		if !strings.Contains(a.text, `"schema":`+card) || !strings.Contains(a.text, `{"amount":12345678901234567890}`) {
			t.Fatalf("schema and example are not as given: %s", a.text)
		}
		path := s.path + "/event-types/" + a.id()
		if got := s.get(path).want(200); got.text != a.text {
			t.Fatalf("GET shows %s", got.text)
		}
		if same := s.patch(path, `{"schema":`+card+`,"description":"d"}`).want(200); same.wrote != 0 {
			t.Fatal("a change into what it is wrote an event")
		}
		if b := s.patch(path, obj{"schema": nil, "example": nil, "description": nil}).want(200); b.at("schema") != "" || b.at("example") != "" || b.at("description") != "" {
			t.Fatal(b.text)
		}
		s.delete(path).want(204)
		if again := s.delete(path).want(204); again.wrote != 0 {
			t.Fatal("archived twice")
		}
		if s.get(path).want(200).at("archived_at") == "" {
			t.Fatal("archived_at is missing")
		}
		s.patch(path, obj{"description": "x"}).refused(409)
		s.post(s.path+"/messages", obj{"event_type": "card_debited", "payload": 1}).refused(422, "event_type")
		if got := s.get(s.path + "/subscriptions/" + s.sub).want(200).at("archived_at"); got != "" {
			t.Fatalf("another type's subscription is archived: %s", got)
		}
		s.delete(s.path + "/event-types/" + s.kind).want(204)
		if got := s.get(s.path + "/subscriptions/" + s.sub).want(200).at("archived_at"); got == "" {
			t.Fatal("the archived type's subscription does not say so")
		}
	})

	t.Run("has a name that no other has, until it is archived", func(t *testing.T) {
		s := newShop(t)
		if taken := s.post(s.path+"/event-types", obj{"name": "card_issued"}).refused(409, "name"); taken.id() != s.kind {
			t.Fatalf("the refusal names %q", taken.id())
		}
		s.delete(s.path + "/event-types/" + s.kind).want(204)
		s.post(s.path+"/event-types", obj{"name": "card_issued"}).want(201)
	})

	t.Run("is refused where a field breaks a rule", func(t *testing.T) {
		s := newShop(t)
		for field, bodies := range map[string][]string{
			"name":        {`{"name":"has space"}`, `{"name":"ü"}`, `{"name":"a/b"}`, `{}`, `{"name":"` + strings.Repeat("x", 201) + `"}`},
			"description": {`{"name":"x","description":"` + strings.Repeat("x", 2001) + `"}`},
			"schema": {
				`{"name":"x","schema":"string"}`, `{"name":"x","schema":{"type":"strin"}}`,
				`{"name":"x","schema":{"$ref":"https://example.com/schema"}}`, `{"name":"x","schema":{"$ref":"file:///etc/passwd"}}`,
			},
			"example.amount": {`{"name":"x","schema":` + card + `,"example":{"amount":"1"}}`, `{"name":"x","schema":` + card + `,"example":{}}`},
		} {
			for _, body := range bodies {
				s.post(s.path+"/event-types", body).refused(422, field)
			}
		}
		s.patch(s.path+"/event-types/"+s.kind, obj{"name": "y"}).refused(422, "name")
		s.patch(s.path+"/event-types/"+s.kind, `{"schema":`+card+`}`).refused(422, "example.amount")
		s.post(s.path+"/event-types", obj{"name": "x", "schema": obj{"description": strings.Repeat("x", 64*1024)}}).refused(413, "schema")
		s.post(s.path+"/event-types", obj{"name": "x", "example": strings.Repeat("x", 64*1024)}).refused(413, "example")
	})

	t.Run("of another service is unknown", func(t *testing.T) {
		s := newShop(t)
		other := "/v1/services/" + s.post("/v1/services", obj{"name": "other"}).want(201).id()
		s.get(other + "/event-types/" + s.kind).refused(404)
		s.delete(other + "/event-types/" + s.kind).refused(404)
		s.post(other+"/messages", obj{"event_type": "card_issued", "payload": 1}).refused(422, "event_type")
		if got := s.get(other + "/event-types").want(200).members("id"); len(got) != 0 {
			t.Fatalf("the other service lists %v", got)
		}
	})

	t.Run("is found by its name", func(t *testing.T) {
		s := newShop(t)
		s.post(s.path+"/event-types", obj{"name": "b"}).want(201)
		if got := s.get(s.path + "/event-types?name=card_issued").want(200).members("id"); len(got) != 1 || got[0] != s.kind {
			t.Fatalf("found %v", got)
		}
	})
}
