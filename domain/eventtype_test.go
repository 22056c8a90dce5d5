package domain_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
	"webplug/domain/eventlog/spec"
)

var (
	amountSchema     = jsontext.Value(`{"type":"object","required":["amount"],"properties":{"amount":{"type":"integer"}}}`)
	amountExample    = jsontext.Value(`{"amount":12}`)
	null             = jsontext.Value(`null`)
	eventTypeCreated = domain.EventTypeCreated{
		Name: "card_issued", Description: "A card was issued.", Schema: amountSchema, Example: amountExample, Request: "body 1",
	}
)

// Schemas that are refused.
var badSchemas = map[string]jsontext.Value{
	"is not JSON":                 jsontext.Value(`{"type":`),
	"is no schema":                jsontext.Value(`{"type":"card"}`),
	"is a number":                 jsontext.Value(`7`),
	"is a text":                   jsontext.Value(`"object"`),
	"is a list":                   jsontext.Value(`[]`),
	"has a name twice":            jsontext.Value(`{"type":"object","type":"string"}`),
	"is not UTF-8":                jsontext.Value("{\"title\":\"\xff\"}"),
	"refers to the network":       jsontext.Value(`{"$ref":"http://example.com/card.json"}`),
	"refers to a file":            jsontext.Value(`{"$ref":"file:///etc/hostname"}`),
	"refers to a path":            jsontext.Value(`{"$ref":"/etc/hostname"}`),
	"refers to a relative path":   jsontext.Value(`{"$ref":"card.json"}`),
	"refers to nothing in itself": jsontext.Value(`{"$ref":"#/$defs/card"}`),
	"has a pattern that is none":  jsontext.Value(`{"pattern":"("}`),
}

func TestCreateEventType(t *testing.T) {
	create := domain.CreateEventType(eventTypeCreated)
	t.Run("creates it", func(t *testing.T) {
		spec.Given[domain.EventType](t).When(create).Then(eventTypeCreated)
	})
	t.Run("needs a name alone", func(t *testing.T) {
		spec.Given[domain.EventType](t).When(domain.CreateEventType{Name: "a.B-c_9"}).Then(domain.EventTypeCreated{Name: "a.B-c_9"})
	})
	t.Run("takes null for no schema and no example", func(t *testing.T) {
		spec.Given[domain.EventType](t).When(domain.CreateEventType{Name: "a", Schema: null, Example: null}).Then(domain.EventTypeCreated{Name: "a"})
	})
	t.Run("takes true, false and {} as schemas", func(t *testing.T) {
		for _, schema := range []jsontext.Value{jsontext.Value("true"), jsontext.Value("false"), jsontext.Value("{}")} {
			spec.Given[domain.EventType](t).When(domain.CreateEventType{Name: "a", Schema: schema}).Then(domain.EventTypeCreated{Name: "a", Schema: schema})
		}
	})
	t.Run("keeps schema and example as they will be read back", func(t *testing.T) {
		spec.Given[domain.EventType](t).
			When(domain.CreateEventType{Name: "a", Schema: jsontext.Value("{ \"title\" : \"\\u00fc\\/\" ,\n \"minimum\":1.50 }"), Example: jsontext.Value(" 2.0 ")}).
			Then(domain.EventTypeCreated{Name: "a", Schema: jsontext.Value(`{"title":"ü/","minimum":1.50}`), Example: jsontext.Value("2.0")})
	})
	t.Run("repeated with its Idempotency-Key adds nothing", func(t *testing.T) {
		spec.Given[domain.EventType](t, eventTypeCreated).When(create).ThenNothing()
	})
	t.Run("with another request's Idempotency-Key is refused", func(t *testing.T) {
		spec.Given[domain.EventType](t, eventTypeCreated).When(domain.CreateEventType{Name: "b", Request: "body 2"}).ThenRefused(invalid("Idempotency-Key"))
	})
	for what, name := range badNames {
		t.Run("with a name "+what+" is refused", func(t *testing.T) {
			spec.Given[domain.EventType](t).When(domain.CreateEventType{Name: name}).ThenRefused(invalid("name"))
		})
	}
	for _, name := range []string{"card issued", "card/issued", "kärte", "card\"", "card*", "a,b", "<b>", "webplug.", "webplug.test", "webplug.test.card"} {
		t.Run("with the name "+name+" is refused", func(t *testing.T) {
			spec.Given[domain.EventType](t).When(domain.CreateEventType{Name: name}).ThenRefused(invalid("name"))
		})
	}
	for _, name := range []string{"webplug", "webplug_test", "my.webplug.test"} {
		t.Run("with the name "+name+" is not mistaken for one of WebPlug's own", func(t *testing.T) {
			spec.Given[domain.EventType](t).When(domain.CreateEventType{Name: name}).Then(domain.EventTypeCreated{Name: name})
		})
	}
	t.Run("with a description too long is refused", func(t *testing.T) {
		long := strings.Repeat("ü", domain.MaxDescription+1)
		spec.Given[domain.EventType](t).When(domain.CreateEventType{Name: "a", Description: long}).ThenRefused(invalid("description"))
	})
	for what, schema := range badSchemas {
		t.Run("with a schema that "+what+" is refused", func(t *testing.T) {
			spec.Given[domain.EventType](t).When(domain.CreateEventType{Name: "a", Schema: schema}).ThenRefused(invalid("schema"))
		})
	}
	t.Run("with a schema too large is refused", func(t *testing.T) {
		large := jsontext.Value(`{"title":"` + strings.Repeat("x", domain.MaxSchema) + `"}`)
		spec.Given[domain.EventType](t).When(domain.CreateEventType{Name: "a", Schema: large}).ThenRefused(tooLarge("schema"))
	})
	t.Run("with an example too large is refused", func(t *testing.T) {
		large := jsontext.Value(`"` + strings.Repeat("x", domain.MaxExample) + `"`)
		spec.Given[domain.EventType](t).When(domain.CreateEventType{Name: "a", Example: large}).ThenRefused(tooLarge("example"))
	})
	t.Run("with an example that does not fit its schema is refused, naming the place", func(t *testing.T) {
		spec.Given[domain.EventType](t).
			When(domain.CreateEventType{Name: "a", Schema: amountSchema, Example: jsontext.Value(`{"amount":"12"}`)}).
			ThenRefused(invalid("example.amount"))
	})
	t.Run("with an example that is not JSON is refused", func(t *testing.T) {
		for _, example := range []string{`{`, `{"a":1,"a":2}`, "\"\xff\"", `1 2`} {
			spec.Given[domain.EventType](t).When(domain.CreateEventType{Name: "a", Example: jsontext.Value(example)}).ThenRefused(invalid("example"))
		}
	})
}

func TestUpdateEventType(t *testing.T) {
	given := func(t *testing.T) spec.Scenario[domain.EventType] {
		return spec.Given[domain.EventType](t, eventTypeCreated)
	}
	t.Run("changes the description", func(t *testing.T) {
		given(t).When(domain.UpdateEventType{Description: p("New.")}).Then(domain.EventTypeUpdated{Description: p("New.")})
	})
	t.Run("takes the description away", func(t *testing.T) {
		given(t).When(domain.UpdateEventType{Description: p("")}).Then(domain.EventTypeUpdated{Description: p("")})
	})
	t.Run("changes schema and example together", func(t *testing.T) {
		schema, example := jsontext.Value(`{"type":"string"}`), jsontext.Value(`"x"`)
		given(t).When(domain.UpdateEventType{Schema: schema, Example: example}).Then(domain.EventTypeUpdated{Schema: schema, Example: example})
	})
	for what, none := range map[string]jsontext.Value{"null": null, "an empty value": {}, "null with space": jsontext.Value(" null ")} {
		t.Run("takes schema and example away with "+what, func(t *testing.T) {
			given(t).When(domain.UpdateEventType{Schema: none, Example: none}).Then(domain.EventTypeUpdated{Schema: null, Example: null})
		})
		t.Run("of no schema and no example to "+what+" adds nothing", func(t *testing.T) {
			spec.Given[domain.EventType](t, domain.EventTypeCreated{Name: "a"}).When(domain.UpdateEventType{Schema: none, Example: none}).ThenNothing()
		})
	}
	t.Run("to what it is already adds nothing", func(t *testing.T) {
		given(t).When(domain.UpdateEventType{Description: p("A card was issued."), Schema: amountSchema, Example: amountExample}).ThenNothing()
	})
	t.Run("to the same schema with other space adds nothing", func(t *testing.T) {
		spaced := amountSchema.Clone()
		if err := spaced.Indent(); err != nil {
			t.Fatal(err)
		}
		given(t).When(domain.UpdateEventType{Schema: spaced, Example: jsontext.Value(` {"amount": 12}`)}).ThenNothing()
	})
	t.Run("of nothing adds nothing", func(t *testing.T) {
		given(t).When(domain.UpdateEventType{}).ThenNothing()
	})
	t.Run("to a schema that the standing example does not fit is refused", func(t *testing.T) {
		given(t).When(domain.UpdateEventType{Schema: jsontext.Value(`{"type":"string"}`)}).ThenRefused(invalid("example"))
	})
	t.Run("to an example that does not fit the standing schema is refused", func(t *testing.T) {
		given(t).When(domain.UpdateEventType{Example: jsontext.Value(`{}`)}).ThenRefused(invalid("example.amount"))
	})
	for what, schema := range badSchemas {
		t.Run("to a schema that "+what+" is refused", func(t *testing.T) {
			given(t).When(domain.UpdateEventType{Schema: schema, Example: null}).ThenRefused(invalid("schema"))
		})
	}
	t.Run("to a description with control characters is refused", func(t *testing.T) {
		given(t).When(domain.UpdateEventType{Description: p("a\x00b")}).ThenRefused(invalid("description"))
	})
	t.Run("of an unknown one is refused", func(t *testing.T) {
		spec.Given[domain.EventType](t).When(domain.UpdateEventType{Description: p("x")}).ThenRefused(notFound)
	})
	t.Run("of an archived one is refused", func(t *testing.T) {
		spec.Given[domain.EventType](t, eventTypeCreated, domain.EventTypeArchived{}).When(domain.UpdateEventType{Description: p("x")}).ThenRefused(conflict(""))
	})
}

func TestArchiveEventType(t *testing.T) {
	t.Run("archives it", func(t *testing.T) {
		spec.Given[domain.EventType](t, eventTypeCreated).When(domain.ArchiveEventType{}).Then(domain.EventTypeArchived{})
	})
	t.Run("repeated adds nothing", func(t *testing.T) {
		spec.Given[domain.EventType](t, eventTypeCreated, domain.EventTypeArchived{}).When(domain.ArchiveEventType{}).ThenNothing()
	})
	t.Run("of an unknown one is refused", func(t *testing.T) {
		spec.Given[domain.EventType](t).When(domain.ArchiveEventType{}).ThenRefused(notFound)
	})
}

func TestAnEventType(t *testing.T) {
	typ := fold[domain.EventType](t, eventTypeCreated,
		domain.EventTypeUpdated{Schema: null, Description: p("New.")}, domain.EventTypeUpdated{Example: jsontext.Value(`7`)}, domain.EventTypeArchived{})
	want := domain.EventType{
		ID: "given", Name: "card_issued", Description: "New.", Example: jsontext.Value(`7`), Request: "body 1",
		CreatedAt: given(1), UpdatedAt: given(4), ArchivedAt: given(4), Version: 4,
	}
	if !reflect.DeepEqual(typ, want) || !typ.Exists() || !typ.Archived() {
		t.Fatalf("%+v, want %+v", typ, want)
	}
	for name, c := range map[string]struct {
		typ  domain.EventType
		want string
	}{
		"unknown":  {domain.EventType{}, "invalid (event_type)"},
		"active":   {fold[domain.EventType](t, eventTypeCreated), "-"},
		"archived": {typ, "conflict (event_type)"},
	} {
		if got := told(nil, c.typ.AcceptsCommands("event_type")); got != c.want {
			t.Errorf("of an %s type: %s, want %s", name, got, c.want)
		}
	}
}
