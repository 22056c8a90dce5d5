package domain

import "webplug/domain/eventlog"

// NameReserved says that a unique value belongs to one aggregate: the stream's name is made of the value.
type NameReserved struct {
	What   string `json:"what"` // "service name", …, for people
	Holder string `json:"holder"`
}

// NameReleased says that the value is free again.
type NameReleased struct {
	Holder string `json:"holder"`
}

// EventType is the stored name.
func (NameReserved) EventType() string { return "NameReserved" }

// EventType is the stored name.
func (NameReleased) EventType() string { return "NameReleased" }

// ServiceName is the reservation stream of a service's name.
func ServiceName(name string) eventlog.Stream { return nameStream(eventlog.Above, "service", name) }

// EventTypeName is the reservation stream of an event type's name within its service.
func EventTypeName(service, name string) eventlog.Stream { return nameStream(service, "type", name) }

// ExternalID is the reservation stream of a user's external id within its service.
func ExternalID(service, id string) eventlog.Stream { return nameStream(service, "external", id) }

// EndpointURL is the reservation stream of a URL with its format within a user.
func EndpointURL(service, user, url string, format Format) eventlog.Stream {
	return nameStream(service, "url", user, url, string(format))
}

func nameStream(scope string, parts ...string) eventlog.Stream {
	return eventlog.Stream{Service: scope, Root: "name_" + hashed(append([]string{"name"}, parts...)...)}
}

// Name is a reservation: who holds the value, or "".
type Name struct{ Holder string }

// Evolve folds one event.
func (n Name) Evolve(r eventlog.Recorded) Name {
	switch e := r.Event.(type) {
	case NameReserved:
		n.Holder = e.Holder
	case NameReleased:
		n.Holder = ""
	}
	return n
}

// ReserveName takes the value for a holder, or is refused naming who has it.
type ReserveName struct {
	What, Holder string
	Field        string // of the request that wants it
}

// Decide refuses a value that another holds.
func (c ReserveName) Decide(n Name) ([]eventlog.Event, error) {
	switch n.Holder {
	case c.Holder:
		return nil, nil
	case "":
		return []eventlog.Event{NameReserved{What: c.What, Holder: c.Holder}}, nil
	}
	return nil, taken(c.Field, n.Holder, "this %s is taken by %s", c.What, n.Holder)
}

// ReleaseName frees the value if the holder has it.
type ReleaseName struct{ Holder string }

// Decide leaves another holder's reservation alone.
func (c ReleaseName) Decide(n Name) ([]eventlog.Event, error) {
	if n.Holder == "" || n.Holder != c.Holder {
		return nil, nil
	}
	return []eventlog.Event{NameReleased(c)}, nil
}
