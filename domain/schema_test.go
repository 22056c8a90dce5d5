package domain_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
)

func compile(t testing.TB, schema string) *domain.Schema {
	t.Helper()
	s, err := domain.CompileSchema(jsontext.Value(schema))
	if err != nil {
		t.Fatalf("%s: %v", schema, err)
	}
	return s
}

func TestSchemaCheck_names_every_place(t *testing.T) {
	many := `{"items":{"type":"string"}}`
	for _, c := range []struct{ name, schema, value, want string }{
		{"a member that is required, by its own", `{"required":["amount"]}`, `{}`, "payload.amount: is required"},
		{"all of them, in order", `{"required":["z","a"],"properties":{"b":{"type":"string"},"c":{"required":["d"]}}}`, `{"b":1,"c":{}}`,
			"payload.a: is required; payload.b: got number, want string; payload.c.d: is required; payload.z: is required"},
		{"once, though two rules say so", `{"required":["a"],"allOf":[{"required":["a"]}]}`, `{}`, "payload.a: is required"},
		{"that breaks two rules, twice", `{"minLength":5,"pattern":"^x"}`, `"abc"`, "payload: minLength: got 3, want 5; payload: 'abc' does not match pattern '^x'"},
		{"of the first alternative", `{"anyOf":[{"required":["a","b"]},{"type":"array"}]}`, `{}`, "payload.a: is required; payload.b: is required"},
		{"up to ten", many, `[` + strings.Repeat("1,", 50) + `1]`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var refused *domain.Error
			if err := compile(t, c.schema).Check("payload", jsontext.Value(c.value)); !errors.As(err, &refused) {
				t.Fatalf("%v", err)
			}
			told := []string{refused.Error()}
			for _, flaw := range refused.More {
				told = append(told, flaw.Field+": "+flaw.Message)
			}
			got := strings.ReplaceAll(strings.Join(told, "; "), "does not fit the event type's schema: ", "")
			got = strings.ReplaceAll(got, " by the event type's schema", "")
			if c.want != "" && got != c.want || c.want == "" && len(told) != 10 {
				t.Fatalf("%s\nwant %s", got, c.want)
			}
		})
	}
}

func TestCompileSchema_says_where_it_is_wrong(t *testing.T) {
	for schema, want := range map[string]string{
		`{"type":"card"}`:                                     "schema: is no JSON Schema at type: value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'",
		`{"properties":{"a":{"required":"x"}}}`:               "schema: is no JSON Schema at properties.a.required: got string, want array",
		`{"$ref":"#/$defs/card"}`:                             "schema: refers to #/$defs/card, which it does not have",
		`{"$ref":"#card"}`:                                    "schema: refers to #card, which it does not have",
		`{"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}}`: "schema: has the anchor x twice",
	} {
		if _, err := domain.CompileSchema(jsontext.Value(schema)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", schema, err, want)
		}
	}
}

func TestCompileSchema(t *testing.T) {
	t.Run("of none takes everything", func(t *testing.T) {
		for _, none := range []jsontext.Value{nil, {}, null} {
			s, err := domain.CompileSchema(none)
			if s != nil || err != nil {
				t.Fatalf("%q: %v, %v", none, s, err)
			}
			if err := s.Check("payload", jsontext.Value(`{"any":"thing"}`)); err != nil {
				t.Fatal(err)
			}
		}
	})
	for what, schema := range badSchemas {
		t.Run("refuses one that "+what, func(t *testing.T) {
			if _, err := domain.CompileSchema(schema); !errors.Is(err, invalid("schema")) {
				t.Fatalf("%v", err)
			}
		})
	}
	t.Run("says what is wrong, in one short line", func(t *testing.T) {
		for _, schema := range badSchemas {
			_, err := domain.CompileSchema(schema)
			if text := err.Error(); strings.Contains(text, "webplug:") || strings.Contains(text, "metaschema") || strings.Contains(text, "the schema#") || strings.Contains(text, "\n") || utf8.RuneCountInString(text) > 600 {
				t.Errorf("%s: %q", schema, text)
			}
		}
	})
	t.Run("never looks outside", func(t *testing.T) {
		for _, ref := range []string{
			"http://127.0.0.1:1/a", "https://example.com/a#/b", "file:///etc/passwd", "/etc/passwd", "../a", "a.json", "//example.com/a", "?a", "urn:a:b",
			"ftp://example.com/a", "webplug:other", "https://json-schema.org/draft/2020-12/unknown",
		} {
			for _, schema := range []string{
				`{"$ref":"` + ref + `"}`, `{"$dynamicRef":"` + ref + `"}`, `{"$schema":"` + ref + `"}`,
				`{"properties":{"a":{"items":{"$ref":"` + ref + `"}}}}`, `{"$id":"https://example.com/x/y","allOf":[{"$ref":"` + ref + `"}]}`,
			} {
				if _, err := domain.CompileSchema(jsontext.Value(schema)); !errors.Is(err, invalid("schema")) {
					t.Errorf("%s: %v", schema, err)
				}
			}
		}
	})
}

func TestSchemaCheck(t *testing.T) {
	const (
		defs = `{"$defs":{"name":{"type":"string","minLength":1}},"type":"object","properties":{"name":{"$ref":"#/$defs/name"},"list":{"items":{"$ref":"#/$defs/name"}}}}`
		tree = `{"type":"object","properties":{"children":{"type":"array","items":{"$ref":"#"}}},"additionalProperties":false}`
	)
	for _, c := range []struct{ name, schema, value, field string }{ // field: "" if it fits
		{"a definition of its own", defs, `{"name":"Ann","list":["Bob"]}`, ""},
		{"a definition of its own, not met", defs, `{"name":""}`, "payload.name"},
		{"the place in a list", defs, `{"list":["a","b",7]}`, "payload.list.2"},
		{"the first of two places, whatever the order", defs, `{"name":7,"list":[7]}`, "payload.list.0"},
		{"a schema that refers to itself", tree, `{"children":[{"children":[]},{}]}`, ""},
		{"a schema that refers to itself, not met deep inside", tree, `{"children":[{"children":[{"x":1}]}]}`, "payload.children.0.children.0"},
		{"a schema that is nothing but itself", `{"$ref":"#"}`, `1`, "payload"},
		{"an anchor", `{"$ref":"#a","$defs":{"x":{"$anchor":"a","type":"string"}}}`, `7`, "payload"},
		{"an id of its own", `{"$id":"https://example.com/a","$defs":{"x":{"$id":"b","type":"string"}},"$ref":"b"}`, `7`, "payload"},
		{"the schema of schemas", `{"$ref":"https://json-schema.org/draft/2020-12/schema"}`, `{"type":"nothing"}`, "payload.type"},
		{"an older draft", `{"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"a":{"type":"string"}},"$ref":"#/definitions/a"}`, `7`, "payload"},
		{"true", `true`, `7`, ""},
		{"false", `false`, `7`, "payload"},

		{"a pattern is not anchored", `{"pattern":"b+"}`, `"abc"`, ""},
		{"a pattern, not met", `{"pattern":"^b+$"}`, `"abc"`, "payload"},
		{"a pattern over code points", `{"pattern":"^.$"}`, `"ü"`, ""},
		{"length in characters", `{"maxLength":2}`, `"üü"`, ""},
		{"length in characters, not met", `{"maxLength":2}`, `"üüü"`, "payload"},
		{"format is an annotation in 2020-12", `{"format":"email"}`, `"nobody"`, ""},
		{"format holds in draft 7", `{"$schema":"http://json-schema.org/draft-07/schema#","format":"email"}`, `"nobody"`, "payload"},
		{"an unknown format is an annotation", `{"$schema":"http://json-schema.org/draft-07/schema#","format":"card"}`, `"x"`, ""},
		{"an unknown keyword is an annotation", `{"x-card":1}`, `7`, ""},

		{"an integer written as a fraction", `{"type":"integer"}`, `12.0`, ""},
		{"a big integer", `{"type":"integer","minimum":9007199254740993}`, `9007199254740993`, ""},
		{"a big integer, one too small", `{"type":"integer","minimum":9007199254740993}`, `9007199254740992`, "payload"},
		{"exact decimals", `{"multipleOf":0.01}`, `4.35`, ""},
		{"the first alternative tells", `{"anyOf":[{"properties":{"z":{"type":"string"}}},{"type":"array"}]}`, `{"z":1}`, "payload.z"},
		{"a large exponent", `{"minimum":0}`, `1e400`, ""},
		{"too large an exponent", `{"minimum":0}`, `1e401`, "payload"},
		{"one that has no fraction", `{"minimum":0}`, `1e9999999`, "payload"},
		{"one that overflows", `{"minimum":0}`, `1E+99999999999999999999`, "payload"},
		{"too fine an exponent", `{"minimum":0}`, `{"a":[0,1e-1000000]}`, "payload.a.1"},
		{"too long a number", `{"minimum":0}`, strings.Repeat("9", 1001), "payload"},
		{"too large ones in a list of unique ones", `{"uniqueItems":true}`, `[` + strings.Repeat("1e9999999,", 30) + `1]`, "payload.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := compile(t, c.schema).Check("payload", jsontext.Value(c.value))
			if (c.field == "") != (err == nil) || (c.field != "" && !errors.Is(err, invalid(c.field))) {
				t.Fatalf("%v; want a refusal of %q", err, c.field)
			}
		})
	}
	t.Run("large numbers are fine where there is no schema", func(t *testing.T) {
		if err := compile(t, "null").Check("payload", jsontext.Value("1e9999999")); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("large numbers in a schema are refused", func(t *testing.T) {
		for _, schema := range []string{`{"minimum":1e9999999}`, `{"minimum":1e1000}`, `{"minimum":-1e-1000}`} {
			if _, err := domain.CompileSchema(jsontext.Value(schema)); !errors.Is(err, invalid("schema.minimum")) {
				t.Errorf("%s: %v", schema, err)
			}
		}
	})
}

// A pattern takes time linear in the text (RE2), and one that would need more memory is refused when it is compiled.
func TestNoPatternIsCatastrophic(t *testing.T) {
	text := jsontext.Value(`"` + strings.Repeat("a", 100_000) + `!"`)
	for _, pattern := range []string{`^(a+)+$`, `^(a|aa)+$`, `^(a|a)*b$`, `(.*)*(.*)*(.*)*x$`, `^(([a-z])+.)+[A-Z]([a-z])+$`} {
		if err := compile(t, `{"pattern":"`+pattern+`"}`).Check("payload", text); !errors.Is(err, invalid("payload")) {
			t.Errorf("%s: %v", pattern, err)
		}
	}
	for _, pattern := range []string{`(a{1000}){1000}`, `((a{100}){100}){100}`, `(?=a)b`, `(a)\\1`} {
		if _, err := domain.CompileSchema(jsontext.Value(`{"pattern":"` + pattern + `"}`)); !errors.Is(err, invalid("schema")) {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}

func TestADeepPayload(t *testing.T) {
	s := compile(t, `{"items":{"$ref":"#"}}`)
	nested := func(n int) jsontext.Value { return jsontext.Value(strings.Repeat("[", n) + strings.Repeat("]", n)) }
	if err := s.Check("payload", nested(9_000)); err != nil {
		t.Fatal(err)
	}
	var refused *domain.Error
	if err := s.Check("payload", nested(100_000)); !errors.As(err, &refused) || refused.Kind != domain.Malformed {
		t.Fatalf("%v", err)
	}
}

func TestAComplaintIsShort(t *testing.T) {
	long := jsontext.Value(`"` + strings.Repeat("ü", 100_000) + `"`)
	for _, schema := range []string{`{"pattern":"^x"}`, `{"const":"x"}`, `{"type":"integer"}`, `{"enum":["x"]}`} {
		err := compile(t, schema).Check("payload", long)
		if err == nil || utf8.RuneCountInString(err.Error()) > 600 || !utf8.ValidString(err.Error()) {
			t.Errorf("%s: %d bytes", schema, len(err.Error()))
		}
	}
}

func TestASchemaIsSharedByManyCallers(t *testing.T) {
	s := compile(t, string(amountSchema))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if err := s.Check("payload", jsontext.Value(`{"amount":1}`)); err != nil {
					t.Error(err)
				}
				if err := s.Check("payload", jsontext.Value(`{"amount":"1"}`)); !errors.Is(err, invalid("payload.amount")) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// Whatever is given as schema and value, the answer is a refusal or none, never a panic.
func FuzzSchema(f *testing.F) {
	for _, schema := range badSchemas {
		f.Add([]byte(schema), []byte(`{"a":[1,2.5e3,"x",null,true]}`))
	}
	f.Add([]byte(amountSchema), []byte(`{"amount":1e9999999}`))
	f.Add([]byte(`{"uniqueItems":true,"contains":{"multipleOf":0.1},"unevaluatedItems":false}`), []byte(`[1,2,3]`))
	f.Add([]byte(`{"if":{"not":{"type":"object"}},"then":{"oneOf":[true,false]},"else":{"dependentRequired":{"a":["b"]}}}`), []byte(`{"a":1}`))
	f.Fuzz(func(t *testing.T, schema, value []byte) {
		if len(schema) > 1000 || len(value) > 1000 {
			return
		}
		s, err := domain.CompileSchema(schema)
		var refused *domain.Error
		if err != nil {
			if !errors.As(err, &refused) {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		if err := s.Check("payload", value); err != nil && !errors.As(err, &refused) {
			t.Fatalf("%T %v", err, err)
		}
	})
}
