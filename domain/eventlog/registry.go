package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ErrUnknownEvent says that a stored event's type or schema version is newer than this program knows. Nothing may be
// decided on a state folded without it.
var ErrUnknownEvent = errors.New("event is of a type or schema version that this program does not know")

// Upcast turns an event's stored JSON from one schema version into the next. It is pure and total over everything that
// was ever stored with that version.
type Upcast func(jsontext.Value) (jsontext.Value, error)

// Definition is all the log knows of one event type. Define makes it.
type Definition struct {
	name    string
	upcasts []Upcast
	decode  func(data []byte, boxes []box) (Event, error)
	encode  func(Event) (data []byte, sealed []SealedField, err error)
	sealed  func(Event) []SealedField
	zero    Event
}

// Schema is the schema version that new events of the type are stored with.
func (d Definition) Schema() int { return 1 + len(d.upcasts) }

// Name is the event type's stored name.
func (d Definition) Name() string { return d.name }

// Sealing is implemented by pointers to events that have sealed fields.
type Sealing interface {
	SealedFields() []SealedField
}

// SealedField is one sealed field of an event, and the name that is stored with it.
type SealedField struct {
	Name string
	*Sealed
}

// Appender is implemented by pointers to events that write their stored JSON themselves: those that every webhook has,
// since the JSON library's reflection costs more than everything else the log does with them. What they append must be
// what the library would.
type Appender interface {
	AppendJSON([]byte) ([]byte, error)
}

// Define declares an event type once. Its schema version is one more than the number of upcasts, the first of which
// turns version 1 into 2.
func Define[T Event](upcasts ...Upcast) Definition {
	var zero T
	return Definition{
		name:    zero.EventType(),
		upcasts: upcasts,
		zero:    zero,
		sealed: func(event Event) []SealedField {
			e, ok := event.(T)
			if !ok {
				return nil
			}
			return collect(&e)
		},
		decode: func(data []byte, boxes []box) (Event, error) {
			e := new(T)
			// A member that is unknown was added by a newer program that should have raised the schema version.
			if err := json.Unmarshal(data, e, json.RejectUnknownMembers(true)); errors.Is(err, json.ErrUnknownName) {
				return nil, fmt.Errorf("%w: %w", ErrUnknownEvent, err)
			} else if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
			}
			if err := attach(e, boxes); err != nil {
				return nil, err
			}
			return *e, nil
		},
		encode: func(event Event) ([]byte, []SealedField, error) {
			e, ok := event.(T)
			if !ok {
				return nil, nil, fmt.Errorf("%T is stored under the name of %T", event, zero)
			}
			data, err := storedJSON(&e)
			return data, collect(&e), err
		},
	}
}

// FieldsOf gives an event's sealed fields that are present, by their stored names.
func (r *Registry) FieldsOf(e Event) map[string]Sealed {
	d, ok := r.byName[e.EventType()]
	if !ok {
		return nil
	}
	fields := map[string]Sealed{}
	for _, f := range d.sealed(e) {
		fields[f.Name] = *f.Sealed
	}
	return fields
}

// storedSize is room for the JSON of an ordinary event.
const storedSize = 384

func storedJSON(event any) ([]byte, error) {
	if a, ok := event.(Appender); ok {
		return a.AppendJSON(make([]byte, 0, storedSize))
	}
	return json.Marshal(event, json.Deterministic(true))
}

// collect gives the sealed fields that are present, in the order of their names.
func collect(event any) []SealedField {
	s, ok := event.(Sealing)
	if !ok {
		return nil
	}
	fields := slices.DeleteFunc(s.SealedFields(), func(f SealedField) bool { return f.Key == "" })
	slices.SortFunc(fields, func(a, b SealedField) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

func attach(event any, boxes []box) error {
	if len(boxes) == 0 {
		return nil
	}
	s, ok := event.(Sealing)
	if !ok {
		return fmt.Errorf("sealed field %q in an event without any: %w", boxes[0].field, ErrUnknownEvent)
	}
	fields := s.SealedFields()
	for _, b := range boxes {
		i := slices.IndexFunc(fields, func(f SealedField) bool { return f.Name == b.field })
		if i < 0 {
			return fmt.Errorf("unknown sealed field %q: %w", b.field, ErrUnknownEvent)
		}
		*fields[i].Sealed = Sealed{Key: b.key, stored: b}
	}
	return nil
}

// Registry is every event type of a product.
type Registry struct{ byName map[string]Definition }

// NewRegistry lists the event types. Two of one name are a mistake of the program's author: it panics.
func NewRegistry(definitions ...Definition) *Registry {
	r := &Registry{byName: make(map[string]Definition, len(definitions))}
	for _, d := range definitions {
		if _, twice := r.byName[d.name]; twice || d.name == "" {
			panic(fmt.Sprintf("event type %q is defined twice or has no name", d.name))
		}
		r.byName[d.name] = d
	}
	return r
}

// Names lists the event types' names, sorted.
func (r *Registry) Names() []string {
	return slices.Sorted(maps.Keys(r.byName))
}

// Definition finds an event type by its stored name.
func (r *Registry) Definition(name string) (Definition, bool) {
	d, ok := r.byName[name]
	return d, ok
}

// Zero is the type's Go value, for tests that walk the registry.
func (d Definition) Zero() Event { return d.zero }

// Encode gives an event's JSON as it is stored, and the names of its sealed fields that are present.
func (r *Registry) Encode(e Event) (data jsontext.Value, sealed []string, err error) {
	_, data, fields, err := r.encodeEvent(e)
	for _, f := range fields {
		sealed = append(sealed, f.Name)
	}
	return data, sealed, err
}

// Decode turns stored JSON of any schema version into today's event. Its sealed fields are absent: Log.Decode has them.
func (r *Registry) Decode(name string, schema int, data jsontext.Value) (Event, error) {
	return r.decodeEvent(name, schema, data, nil)
}

// decodeEvent turns stored JSON of any schema version into today's event.
func (r *Registry) decodeEvent(name string, schema int, data []byte, boxes []box) (Event, error) {
	d, ok := r.byName[name]
	if !ok || schema > d.Schema() || schema < 1 {
		return nil, fmt.Errorf("%s, schema %d: %w", name, schema, ErrUnknownEvent)
	}
	if schema < d.Schema() {
		data = bytes.Clone(data) // an upcast may rearrange what it is given; the record must stay as it is
	}
	for v := schema; v < d.Schema(); v++ {
		up, err := d.upcasts[v-1](data)
		if err != nil {
			return nil, fmt.Errorf("upcast %s from schema %d: %w: %w", name, v, ErrDamaged, err)
		}
		data = up
	}
	e, err := d.decode(data, boxes)
	if err != nil {
		return nil, fmt.Errorf("decode %s, schema %d: %w", name, schema, err)
	}
	return e, nil
}

// encodeEvent gives the event's JSON, without its sealed fields, and these.
func (r *Registry) encodeEvent(e Event) (Definition, []byte, []SealedField, error) {
	d, ok := r.byName[e.EventType()]
	if !ok {
		return d, nil, nil, fmt.Errorf("encode %T: %q is not in the registry", e, e.EventType())
	}
	data, sealed, err := d.encode(e)
	if err != nil {
		return d, nil, nil, fmt.Errorf("encode %s: %w", d.name, err)
	}
	return d, data, sealed, nil
}
