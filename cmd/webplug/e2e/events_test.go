package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// event is one of the log, as histories show it.
type event struct {
	ID            string         `json:"id"`
	Stream        string         `json:"stream"`
	Version       int            `json:"version"`
	Type          string         `json:"type"`
	Time          time.Time      `json:"time"`
	Actor         string         `json:"actor"`
	ActorName     string         `json:"actor_name"`
	CorrelationID string         `json:"correlation_id"`
	CausationID   string         `json:"causation_id"`
	Data          jsontext.Value `json:"data"`
	Hash          string         `json:"hash"`
}

var (
	sha256Form  = regexp.MustCompile(`^[0-9a-f]{64}$`)
	openSecret  = regexp.MustCompile(`"secret":"([^"]*)"`)
	eventIDForm = regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{26}$`)
)

// whole says what an event lacks.
func (e event) whole() error {
	wrong := func(what string) error { return fmt.Errorf("%s@%d (%s): %s", e.Stream, e.Version, e.Type, what) }
	for name, value := range map[string]string{
		"id": e.ID, "stream": e.Stream, "type": e.Type, "actor": e.Actor, "actor_name": e.ActorName,
		"correlation_id": e.CorrelationID, "causation_id": e.CausationID,
	} {
		if value == "" {
			return wrong("has no " + name)
		}
	}
	if !sha256Form.MatchString(e.Hash) {
		return wrong("has the hash " + e.Hash)
	}
	if e.Version < 1 || e.Time.IsZero() || e.Data.Kind() != '{' {
		return wrong("has no version, time or data")
	}
	if m := openSecret.FindSubmatch(e.Data); m != nil && string(m[1]) != "sealed" {
		return wrong("shows a secret")
	}
	return nil
}

// order says whether events come in the order that histories promise: by time, a stream's by version, and none before
// its cause.
type order struct {
	given    map[string]bool
	versions map[string]int
	last     time.Time
	causes   map[string]string // events that are not there yet, and who they caused
}

func newOrder() *order {
	return &order{given: map[string]bool{}, versions: map[string]int{}, causes: map[string]string{}}
}

func (o *order) next(e event) error {
	name := fmt.Sprintf("%s@%d (%s)", e.Stream, e.Version, e.Type)
	if effect, ok := o.causes[e.ID]; ok {
		return fmt.Errorf("%s comes before its cause %s", effect, name)
	}
	if eventIDForm.MatchString(e.CausationID) && !o.given[e.CausationID] {
		o.causes[e.CausationID] = name
	}
	switch {
	case o.given[e.ID]:
		return fmt.Errorf("%s comes twice", name)
	case e.Version != o.versions[e.Stream]+1:
		return fmt.Errorf("%s comes after version %d", name, o.versions[e.Stream])
	case e.Time.Before(o.last):
		return fmt.Errorf("%s of %s comes after an event of %s", name, e.Time, o.last)
	}
	o.given[e.ID], o.versions[e.Stream], o.last = true, e.Version, e.Time
	return nil
}

// types are the events' types, in order.
func types(events []event) []string { return each(events, func(e event) string { return e.Type }) }

// ofType are the events of one type.
func ofType(events []event, name string) []event {
	var out []event
	for _, e := range events {
		if e.Type == name {
			out = append(out, e)
		}
	}
	return out
}

// last is the newest event of a type; the zero event if there is none.
func last(events []event, name string) event {
	found := ofType(events, name)
	if len(found) == 0 {
		return event{}
	}
	return found[len(found)-1]
}

// says reads a member of an event's data, as JSON; "" if it is not there.
func (e event) says(name string) string {
	dec := jsontext.NewDecoder(strings.NewReader(string(e.Data)))
	_, _ = dec.ReadToken()
	for dec.PeekKind() == '"' {
		key, err := dec.ReadToken()
		if err != nil {
			return ""
		}
		found := key.String() == name
		value, err := dec.ReadValue()
		if err != nil {
			return ""
		}
		if found {
			return string(value)
		}
	}
	return ""
}
