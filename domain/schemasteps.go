package domain

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A schema of a kilobyte can take for ever to check: subschemas that refer to others twice, fifty deep, or recursion that
// branches. The validator knows no end, so its steps are counted.

// MaxSchemaSteps is how many subschemas may be applied to check one payload.
const MaxSchemaSteps = 500_000

// meter counts down one validation's steps.
type meter struct{ left int }

// exhausted is what a meter panics with; Schema.Check recovers it.
type exhausted struct{}

func (m *meter) step() {
	if m.left--; m.left < 0 {
		panic(exhausted{})
	}
}

// install makes every subschema count, where its format is checked: that is before its own subschemas are applied.
func (m *meter) install(s *jsonschema.Schema, seen map[*jsonschema.Schema]bool) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	s.Format = m.counting(s.Format)
	for _, below := range subschemas(s) {
		m.install(below, seen)
	}
}

// counting is a format, or nil, that counts a step first.
func (m *meter) counting(f *jsonschema.Format) *jsonschema.Format {
	counts := &jsonschema.Format{Validate: func(any) error { m.step(); return nil }}
	if f != nil {
		counts.Name = f.Name
		counts.Validate = func(v any) error { m.step(); return f.Validate(v) }
	}
	return counts
}

// subschemas are the schemas that a schema may apply, but those behind a dynamic reference.
func subschemas(s *jsonschema.Schema) []*jsonschema.Schema {
	all := []*jsonschema.Schema{
		s.Ref, s.RecursiveRef, s.Not, s.If, s.Then, s.Else, s.PropertyNames, s.UnevaluatedProperties,
		s.Contains, s.Items2020, s.UnevaluatedItems, s.ContentSchema,
	}
	if s.DynamicRef != nil {
		all = append(all, s.DynamicRef.Ref)
	}
	all = slices.Concat(all, s.AllOf, s.AnyOf, s.OneOf, s.PrefixItems)
	all = slices.AppendSeq(all, maps.Values(s.Properties))
	all = slices.AppendSeq(all, maps.Values(s.PatternProperties))
	all = slices.AppendSeq(all, maps.Values(s.DependentSchemas))
	for _, either := range []any{s.AdditionalProperties, s.Items, s.AdditionalItems} { // older drafts' too
		all = append(all, schemasIn(either)...)
	}
	for _, either := range s.Dependencies {
		all = append(all, schemasIn(either)...)
	}
	return all
}

func schemasIn(either any) []*jsonschema.Schema {
	switch v := either.(type) {
	case *jsonschema.Schema:
		return []*jsonschema.Schema{v}
	case []*jsonschema.Schema:
		return v
	}
	return nil
}

// dynamicAnchors are the places in a schema, as JSON pointers (RFC 6901), that dynamic references may lead to.
func dynamicAnchors(doc any, place string) (places []string) {
	switch v := doc.(type) {
	case map[string]any:
		_, dynamic := v["$dynamicAnchor"]
		_, recursive := v["$recursiveAnchor"]
		if dynamic || recursive {
			places = append(places, place)
		}
		for name, below := range v {
			places = append(places, dynamicAnchors(below, place+"/"+strings.NewReplacer("~", "~0", "/", "~1", "%", "%25").Replace(name))...)
		}
	case []any:
		for i, below := range v {
			places = append(places, dynamicAnchors(below, place+"/"+strconv.Itoa(i))...)
		}
	}
	return places
}
