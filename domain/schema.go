package domain

import (
	"bytes"
	"encoding/json" // the validator's numbers are its Number
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// MaxSchema is the largest schema, and MaxExample the largest example, in bytes.
const (
	MaxSchema  = 64 * 1024
	MaxExample = 64 * 1024
)

// Schema is a compiled JSON Schema (2020-12). Safe for concurrent use.
type Schema struct{ idle sync.Pool } // of *metered: one for each that checks at the same time

// metered is a compiled schema whose steps are counted.
type metered struct {
	meter
	compiled *jsonschema.Schema
}

// schemaURL is where a schema stands while it is compiled; it is never visited. It has a path, so that a relative
// reference leads out of the schema and is refused; against a URL without one it would lead back to the schema itself.
const (
	schemaURL    = schemaScheme + "/schema"
	schemaScheme = "webplug://"
)

// noRemote refuses to load anything: a schema must stand on its own.
type noRemote struct{}

func (noRemote) Load(url string) (any, error) {
	return nil, fmt.Errorf("refers to %q; a schema may not refer outside itself", strings.TrimPrefix(url, schemaScheme))
}

// CompileSchema reads a JSON Schema 2020-12 without references outside itself. nil compiles to a nil Schema, which takes
// everything.
func CompileSchema(schema jsontext.Value) (*Schema, error) {
	if present(schema) == nil {
		return nil, nil
	}
	if !schema.IsValid() { // stricter than the compiler: no name twice, no invalid UTF-8, since it could not be stored
		return nil, Refuse(Invalid, "schema", "is not JSON, or has a name twice")
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, Refuse(Invalid, "schema", "is not JSON: %s", oneLine(err))
	}
	if place, ok := unreasonable(doc, nil); ok {
		return nil, Refuse(Invalid, strings.Join(append([]string{"schema"}, place...), "."), tooFine)
	}
	switch doc.(type) {
	case map[string]any, bool:
	default:
		return nil, Refuse(Invalid, "schema", "must be a JSON Schema: an object, true or false")
	}
	first, err := compile(doc)
	if err != nil {
		return nil, Refuse(Invalid, "schema", "%s", schemaFlaw(err))
	}
	s := &Schema{}
	s.idle.New = func() any {
		m, err := compile(doc)
		if err != nil { // it went well before
			panic(err)
		}
		return m
	}
	s.idle.Put(first)
	return s, nil
}

func compile(doc any) (*metered, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(noRemote{})
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, err
	}
	compiled, err := c.Compile(schemaURL)
	if err != nil {
		return nil, err
	}
	m := &metered{compiled: compiled}
	seen := map[*jsonschema.Schema]bool{}
	m.install(compiled, seen)
	for _, place := range dynamicAnchors(doc, "") {
		if there, err := c.Compile(schemaURL + "#" + place); err == nil { // else it is no place of a schema: a const's value
			m.install(there, seen)
		}
	}
	return m, nil
}

// validate fails with the validator's error, or is exhausted.
func (m *metered) validate(doc any) (tooLong bool, err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case exhausted{}:
			tooLong = true
		default:
			panic(p)
		}
	}()
	m.left = MaxSchemaSteps
	return false, m.compiled.Validate(doc)
}

// Check refuses a value that does not fit, naming the places in it: field, then the path ("payload.amount").
func (s *Schema) Check(field string, value jsontext.Value) error {
	if s == nil {
		return nil
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		return Refuse(Malformed, field, "is not JSON: %s", oneLine(err))
	}
	if place, ok := unreasonable(doc, nil); ok {
		return Refuse(Invalid, strings.Join(append([]string{field}, place...), "."), tooFine)
	}
	m := s.idle.Get().(*metered)
	defer s.idle.Put(m)
	var failed *jsonschema.ValidationError
	switch tooLong, err := m.validate(doc); {
	case tooLong:
		return Refuse(Invalid, field, "takes more than %d steps to check against the event type's schema", MaxSchemaSteps)
	case err == nil:
		return nil
	case errors.As(err, &failed):
		return misfit(field, failed)
	default:
		return Refuse(Invalid, field, "does not fit the event type's schema")
	}
}

// Numbers are compared exactly, as fractions. One with an exponent of a million takes megabytes and milliseconds, and a
// larger one has no fraction at all and would make the validator panic.
const (
	maxNumberChars    = 1000
	maxNumberExponent = 400 // an IEEE 754 double ends at 308
	tooFine           = "has a number that is too long, too large or too fine to be checked"
)

// unreasonable finds the place of a number that is not checked.
func unreasonable(doc any, place []string) ([]string, bool) {
	switch v := doc.(type) {
	case json.Number:
		return place, !reasonable(string(v))
	case []any:
		for i, item := range v {
			if found, ok := unreasonable(item, append(place, strconv.Itoa(i))); ok {
				return found, true
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if found, ok := unreasonable(v[name], append(place, name)); ok {
				return found, true
			}
		}
	}
	return nil, false
}

func reasonable(number string) bool {
	if len(number) > maxNumberChars {
		return false
	}
	i := strings.IndexAny(number, "eE")
	if i < 0 {
		return true
	}
	exponent, err := strconv.Atoi(number[i+1:])
	return err == nil && -maxNumberExponent <= exponent && exponent <= maxNumberExponent
}

// normal is a schema or example as it is stored and read back: without space between, strings in their shortest form.
func normal(v jsontext.Value) jsontext.Value {
	if v == nil {
		return nil
	}
	out, err := jsontext.AppendFormat(nil, v)
	if err != nil { // it has been checked
		return v
	}
	return out
}

func checkSchema(schema, example jsontext.Value) error {
	if len(schema) > MaxSchema {
		return Refuse(TooLarge, "schema", "has more than %d bytes", MaxSchema)
	}
	if len(example) > MaxExample {
		return Refuse(TooLarge, "example", "has more than %d bytes", MaxExample)
	}
	compiled, err := CompileSchema(schema)
	if err != nil || example == nil {
		return err
	}
	if !example.IsValid() {
		return Refuse(Invalid, "example", "is not JSON, or has a name twice")
	}
	return compiled.Check("example", example)
}
