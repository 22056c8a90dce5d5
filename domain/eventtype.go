package domain

import (
	"bytes"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain/eventlog"
)

// The events of an event type's stream.
type (
	// EventTypeCreated says that a service has a kind of message. Its name never changes: consumers know it by it.
	EventTypeCreated struct {
		Name        string         `json:"name"`
		Description string         `json:"description,omitzero"`
		Schema      jsontext.Value `json:"schema,omitzero"`
		Example     jsontext.Value `json:"example,omitzero"`
		Request     string         `json:"request,omitzero"`
	}
	// EventTypeUpdated changes what is not nil.
	EventTypeUpdated struct {
		Description *string        `json:"description,omitzero"`
		Schema      jsontext.Value `json:"schema,omitzero"`  // null takes it away
		Example     jsontext.Value `json:"example,omitzero"` // null takes it away
	}
	// EventTypeArchived says that no message of the type is accepted any more.
	EventTypeArchived struct{}
)

// EventType is the stored name.
func (EventTypeCreated) EventType() string { return "EventTypeCreated" }

// EventType is the stored name.
func (EventTypeUpdated) EventType() string { return "EventTypeUpdated" }

// EventType is the stored name.
func (EventTypeArchived) EventType() string { return "EventTypeArchived" }

// EventTypeStream is the stream of an event type.
func EventTypeStream(service, id string) eventlog.Stream {
	return eventlog.Stream{Service: service, Root: id}
}

// EventType is a kind of message that a service publishes.
type EventType struct {
	ID          string
	Name        string
	Description string
	Schema      jsontext.Value // JSON Schema 2020-12, or nil
	Example     jsontext.Value // or nil
	Request     string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	ArchivedAt  time.Time
	Version     eventlog.Version
}

// At is the version that the state is of.
func (t EventType) At() eventlog.Version { return t.Version }

// Exists says whether the type was ever created.
func (t EventType) Exists() bool { return t.Version > 0 }

// Archived says whether it takes no new messages.
func (t EventType) Archived() bool { return !t.ArchivedAt.IsZero() }

// Evolve folds one event.
func (t EventType) Evolve(r eventlog.Recorded) EventType {
	t.Version, t.UpdatedAt = r.Version, r.Time
	switch e := r.Event.(type) {
	case EventTypeCreated:
		t.ID, t.Name, t.Description, t.Request, t.CreatedAt = r.Stream.Root, e.Name, e.Description, e.Request, r.Time
		t.Schema, t.Example = present(e.Schema), present(e.Example)
	case EventTypeUpdated:
		set(&t.Description, e.Description)
		if e.Schema != nil {
			t.Schema = present(e.Schema)
		}
		if e.Example != nil {
			t.Example = present(e.Example)
		}
	case EventTypeArchived:
		t.ArchivedAt = r.Time
	}
	return t
}

// present is nil for JSON's null.
func present(v jsontext.Value) jsontext.Value {
	if len(v) == 0 || v.Kind() == 'n' {
		return nil
	}
	return v
}

// CreateEventType makes an event type under a new id.
type CreateEventType struct {
	Name        string
	Description string
	Schema      jsontext.Value
	Example     jsontext.Value
	Request     string
}

// Decide refuses bad names, schemas that do not compile, and examples that do not fit their schema.
func (c CreateEventType) Decide(t EventType) ([]eventlog.Event, error) {
	if t.Exists() {
		return nil, repeated(c.Request, t.Request)
	}
	if err := checkEventTypeName("name", c.Name); err != nil {
		return nil, err
	}
	if err := checkText("description", c.Description, MaxDescription); err != nil {
		return nil, err
	}
	c.Schema, c.Example = present(c.Schema), present(c.Example)
	if err := checkSchema(c.Schema, c.Example); err != nil {
		return nil, err
	}
	c.Schema, c.Example = normal(c.Schema), normal(c.Example)
	return []eventlog.Event{EventTypeCreated(c)}, nil
}

// UpdateEventType changes what is not nil; JSON's null takes schema or example away.
type UpdateEventType struct {
	Description *string
	Schema      jsontext.Value
	Example     jsontext.Value
}

// Decide checks the type as it will be.
func (c UpdateEventType) Decide(t EventType) ([]eventlog.Event, error) {
	if err := t.check(""); err != nil {
		return nil, err
	}
	e := EventTypeUpdated{Description: changed(t.Description, c.Description)}
	if c.Description != nil {
		if err := checkText("description", *c.Description, MaxDescription); err != nil {
			return nil, err
		}
	}
	schema, example := t.Schema, t.Example
	if c.Schema != nil {
		schema = normal(present(c.Schema))
	}
	if c.Example != nil {
		example = normal(present(c.Example))
	}
	if !bytes.Equal(schema, t.Schema) {
		e.Schema = orNull(schema)
	}
	if !bytes.Equal(example, t.Example) {
		e.Example = orNull(example)
	}
	if e.Description == nil && e.Schema == nil && e.Example == nil {
		return nil, nil
	}
	if err := checkSchema(schema, example); err != nil {
		return nil, err
	}
	return []eventlog.Event{e}, nil
}

// orNull is how an update says that something is taken away.
func orNull(v jsontext.Value) jsontext.Value {
	if v == nil {
		return jsontext.Value("null")
	}
	return v
}

// ArchiveEventType stops acceptance of messages of the type.
type ArchiveEventType struct{}

// Decide is repeatable.
func (ArchiveEventType) Decide(t EventType) ([]eventlog.Event, error) {
	switch {
	case !t.Exists():
		return nil, Refuse(NotFound, "", "no such event type")
	case t.Archived():
		return nil, nil
	}
	return []eventlog.Event{EventTypeArchived{}}, nil
}

func (t EventType) check(field string) error {
	switch {
	case !t.Exists() && field == "":
		return Refuse(NotFound, "", "no such event type")
	case !t.Exists():
		return Refuse(Invalid, field, "no such event type")
	case t.Archived():
		return Refuse(Conflict, field, "the event type is archived")
	}
	return nil
}

// AcceptsCommands refuses an unknown or archived event type, naming the request's field.
func (t EventType) AcceptsCommands(field string) error { return t.check(field) }
