package domain

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// MaxSchema is the largest schema, and MaxExample the largest example, in bytes.
const (
	MaxSchema  = 64 * 1024
	MaxExample = 64 * 1024
)

// Schema is a compiled JSON Schema (2020-12). Safe for concurrent use.
type Schema struct{ compiled *jsonschema.Schema }

// schemaURL is where a schema stands while it is compiled; it is never visited.
const schemaURL = "webplug:schema"

// noRemote refuses to load anything: a schema must stand on its own.
type noRemote struct{}

func (noRemote) Load(url string) (any, error) {
	return nil, fmt.Errorf("refers to %q; a schema may not refer outside itself", url)
}

// CompileSchema reads a JSON Schema 2020-12 without references outside itself. nil compiles to a nil Schema, which takes
// everything.
func CompileSchema(schema jsontext.Value) (*Schema, error) {
	if present(schema) == nil {
		return nil, nil
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return nil, Refuse(Invalid, "schema", "is not JSON: %v", err)
	}
	switch doc.(type) {
	case map[string]any, bool:
	default:
		return nil, Refuse(Invalid, "schema", "must be a JSON Schema: an object, true or false")
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(noRemote{})
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, Refuse(Invalid, "schema", "%s", oneLine(err))
	}
	compiled, err := c.Compile(schemaURL)
	if err != nil {
		return nil, Refuse(Invalid, "schema", "%s", oneLine(err))
	}
	return &Schema{compiled}, nil
}

func oneLine(err error) string {
	s := strings.ReplaceAll(err.Error(), schemaURL, "the schema")
	return strings.Join(strings.Fields(s), " ")
}

// Check refuses a value that does not fit, naming the place in it: field, then the path ("payload.amount").
func (s *Schema) Check(field string, value jsontext.Value) error {
	if s == nil {
		return nil
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(value))
	if err != nil {
		return Refuse(Malformed, field, "is not JSON: %v", err)
	}
	var failed *jsonschema.ValidationError
	switch err := s.compiled.Validate(doc); {
	case err == nil:
		return nil
	case errors.As(err, &failed):
		leaf := deepest(failed)
		place := strings.Join(append([]string{field}, leaf.InstanceLocation...), ".")
		return Refuse(Invalid, place, "does not fit the event type's schema: %s",
			leaf.ErrorKind.LocalizedString(message.NewPrinter(language.English)))
	default:
		return Refuse(Invalid, field, "does not fit the event type's schema")
	}
}

// deepest is the most telling of a failure's causes: the first that has no further cause.
func deepest(e *jsonschema.ValidationError) *jsonschema.ValidationError {
	for len(e.Causes) > 0 {
		e = e.Causes[0]
	}
	return e
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
	return compiled.Check("example", example)
}
