package e2e

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func TestAnEventTypeIsCreatedShownChangedAndArchived(t *testing.T) {
	t.Parallel()
	s := newService(t)
	schema := `{"type":"object","required":["card"],"properties":{"card":{"type":"string"}}}`
	made := s.post("/event-types", members{
		"name": "card.issued_v1-a", "description": "A card was issued", "schema": jsontext.Value(schema), "example": members{"card": "4242"},
	}).is(201).fresh()
	kind := of[eventTypeRow](made)
	if kind.Name != "card.issued_v1-a" || kind.Description != "A card was issued" || compact(kind.Schema) != schema || compact(kind.Example) != `{"card":"4242"}` {
		t.Errorf("created %s", made.body)
	}
	if want := s.id + "/" + kind.ID + "@1"; made.position() != want || !strings.HasPrefix(kind.ID, "typ_") {
		t.Errorf("position %s, want %s", made.position(), want)
	}
	at := "/event-types/" + kind.ID
	if shown := s.get(at).is(200); string(shown.body) != string(made.body) {
		t.Errorf("created %s\nshown   %s", made.body, shown.body)
	}

	s.patch(at, members{"description": "Issued", "example": members{"card": "1"}}).is(200)
	s.changesNothing(func() {
		s.patch(at, members{"name": "renamed"}, wrong).refused(422, "invalid", "name") // receivers know the type by it
		s.patch(at, members{"example": 7}).refused(422, "invalid", "example")
		s.patch(at, members{"schema": members{"type": "string"}}).refused(422, "invalid", "example") // which would not fit any more
	})
	bare := of[eventTypeRow](s.patch(at, members{"description": nil, "schema": nil, "example": nil}).is(200))
	if bare.Description != "" || bare.Schema.Kind() != 'n' || bare.Example.Kind() != 'n' {
		t.Errorf("null took away to %+v", bare)
	}

	gone := s.delete(at).is(204)
	if got := of[eventTypeRow](s.get(at).is(200)); got.ArchivedAt == nil || got.Name != kind.Name {
		t.Errorf("archived, but shown as %+v", got)
	}
	s.changesNothing(func() {
		if again := s.delete(at).is(204); again.position() != gone.position() {
			t.Errorf("archived at %s, and again at %s", gone.position(), again.position())
		}
		s.patch(at, members{"description": "late"}).refused(409, "conflict", "")
	})
}

func TestAnEventTypeNameIsUniqueUntilItIsFree(t *testing.T) {
	t.Parallel()
	s, other := newService(t), newService(t)
	kind := s.eventType("card_issued")
	if p := s.post("/event-types", members{"name": "card_issued"}).refused(409, "conflict", "name"); p.ID != kind.ID {
		t.Errorf("409 with the id %q, want %s", p.ID, kind.ID)
	}
	s.eventType("Card_issued") // another name
	other.eventType("card_issued")
	s.delete("/event-types/" + kind.ID).is(204)
	again := s.eventType("card_issued")
	if again.ID == kind.ID {
		t.Error("the archived type came back")
	}
	if found := first[eventTypeRow](s.client, "/event-types", where("name", "card_issued")); len(found) != 2 || found[0].ID != again.ID {
		t.Errorf("the name finds %+v", found)
	}
}

func TestASubscriptionEndsWithItsArchivedTypeAndNotWithTheNextOfTheName(t *testing.T) {
	t.Parallel()
	s := newService(t)
	old, u := s.eventType("card_issued"), s.user()
	e := s.endpoint(u.ID, "https://example.com/hook", "card_issued")
	s.delete("/event-types/" + old.ID).is(204)
	s.changesNothing(func() {
		s.post("/messages", message("card_issued", u.ID)).refused(422, "invalid", "event_type")
		s.post("/subscriptions", members{"user_id": u.ID, "event_type": "card_issued", "endpoint": e.ID}).refused(422, "invalid", "event_type")
	})
	if sub := of[subscriptionRow](s.get("/subscriptions/" + e.Subscriptions[0].ID).is(200)); sub.ArchivedAt == nil {
		t.Errorf("the subscription to an archived type: %+v", sub)
	}
	s.eventType("card_issued")
	if got := s.publish("card_issued", u.ID); got.Deliveries != 0 {
		t.Errorf("the next type of the name reached %d endpoints", got.Deliveries)
	}
}

func TestPayloadsMustFitTheSchema(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.user()
	s.eventType("card_issued", members{"schema": jsontext.Value(`{
		"type": "object", "required": ["card", "owner"], "additionalProperties": false,
		"properties": {"card": {"type": "string"}, "owner": {"type": "object", "properties": {"age": {"type": "integer", "minimum": 18}}}}
	}`)})
	send := func(payload string) answer {
		return s.post("/messages", text(`{"event_type":"card_issued","user_id":"`+u.ID+`","payload":`+payload+`}`))
	}
	send(`{"card":"` + canary + `","owner":{"age":18}}`).is(202)
	s.changesNothing(func() {
		send(`{"card":"4242"}`).refused(422, "invalid", "payload.owner")
		send(`{"card":4242,"owner":{}}`).refused(422, "invalid", "payload.card")
		send(`{"card":"4242","owner":{"age":17}}`).refused(422, "invalid", "payload.owner.age")
		send(`{"card":"4242","owner":{"age":18.5}}`).refused(422, "invalid", "payload.owner.age")
		send(`{"card":"4242","owner":{},"more":1}`).refused(422, "invalid", "payload")
		send(`null`).refused(422, "invalid", "payload")
	})
}

func TestASchemaMustStandOnItsOwn(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for name, schema := range map[string]string{
		"remote": `{"$ref":"https://example.com/schema.json"}`, "local file": `{"$ref":"file:///etc/passwd"}`,
		"relative": `{"$ref":"other.json"}`, "unknown type": `{"type":"strin"}`, "no schema": `{"required":"card"}`,
		"bad pattern": `{"pattern":"("}`, "remote dialect": `{"$schema":"https://example.com/dialect"}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := s
			c.t = t
			c.changesNothing(func() {
				c.post("/event-types", members{"name": "t", "schema": jsontext.Value(schema)}).refused(422, "invalid", "schema")
			})
		})
	}
	s.eventType("within", members{"schema": jsontext.Value(`{"$ref":"#/$defs/card","$defs":{"card":{"type":"string"}}}`)})
	s.eventType("nothing", members{"schema": false})
	s.post("/messages", members{"event_type": "nothing", "payload": 1}).refused(422, "invalid", "payload")
}
