package domain

import (
	"maps"
	"time"

	"webplug/domain/eventlog"
)

// The events of a user's stream.
type (
	// UserRegistered says that the service has a new customer.
	UserRegistered struct {
		Name       string            `json:"name"`
		ExternalID string            `json:"external_id,omitzero"`
		Metadata   map[string]string `json:"metadata,omitempty"`
		Request    string            `json:"request,omitzero"`
	}
	// UserUpdated changes what is not nil.
	UserUpdated struct {
		Name       *string            `json:"name,omitzero"`
		ExternalID *string            `json:"external_id,omitzero"` // "" takes it away
		Metadata   *map[string]string `json:"metadata,omitzero"`
	}
	// UserArchived says that the user gets no new messages.
	UserArchived struct{}
)

// EventType is the stored name.
func (UserRegistered) EventType() string { return "UserRegistered" }

// EventType is the stored name.
func (UserUpdated) EventType() string { return "UserUpdated" }

// EventType is the stored name.
func (UserArchived) EventType() string { return "UserArchived" }

// UserStream is the stream of a user.
func UserStream(service, id string) eventlog.Stream {
	return eventlog.Stream{Service: service, Root: id}
}

// User is a customer of a service.
type User struct {
	ID         string
	Name       string
	ExternalID string
	Metadata   map[string]string
	Request    string
	CreatedAt  time.Time
	UpdatedAt  time.Time
	ArchivedAt time.Time
	ArchivedBy string
	Version    eventlog.Version
}

// At is the version that the state is of.
func (u User) At() eventlog.Version { return u.Version }

// Exists says whether the user was ever registered.
func (u User) Exists() bool { return u.Version > 0 }

// Archived says whether the user gets nothing new.
func (u User) Archived() bool { return !u.ArchivedAt.IsZero() }

// Evolve folds one event.
func (u User) Evolve(r eventlog.Recorded) User {
	u.Version, u.UpdatedAt = r.Version, r.Time
	switch e := r.Event.(type) {
	case UserRegistered:
		u.ID, u.Name, u.ExternalID, u.Metadata, u.Request, u.CreatedAt =
			r.Stream.Root, e.Name, e.ExternalID, e.Metadata, e.Request, r.Time
	case UserUpdated:
		set(&u.Name, e.Name)
		set(&u.ExternalID, e.ExternalID)
		set(&u.Metadata, e.Metadata)
	case UserArchived:
		u.ArchivedAt, u.ArchivedBy = r.Time, r.Actor
	}
	return u
}

// RegisterUser makes a user under a new id.
type RegisterUser struct {
	Name       string
	ExternalID string
	Metadata   map[string]string
	Request    string
}

// Decide refuses bad texts, and another request under the same id.
func (c RegisterUser) Decide(u User) ([]eventlog.Event, error) {
	if u.Exists() {
		return nil, repeated(c.Request, u.Request)
	}
	if err := checkName("name", c.Name); err != nil {
		return nil, err
	}
	if err := checkText("external_id", c.ExternalID, MaxExternalID); err != nil {
		return nil, err
	}
	if err := checkMetadata("metadata", c.Metadata); err != nil {
		return nil, err
	}
	if len(c.Metadata) == 0 {
		c.Metadata = nil // as it is read back
	}
	return []eventlog.Event{UserRegistered(c)}, nil
}

// UpdateUser changes what is not nil; an external id of "" is taken away.
type UpdateUser struct {
	Name       *string
	ExternalID *string
	Metadata   *map[string]string
}

// Decide leaves out what is so already.
func (c UpdateUser) Decide(u User) ([]eventlog.Event, error) {
	if err := u.check(""); err != nil {
		return nil, err
	}
	if c.Name != nil {
		if err := checkName("name", *c.Name); err != nil {
			return nil, err
		}
	}
	if c.ExternalID != nil {
		if err := checkText("external_id", *c.ExternalID, MaxExternalID); err != nil {
			return nil, err
		}
	}
	e := UserUpdated{Name: changed(u.Name, c.Name), ExternalID: changed(u.ExternalID, c.ExternalID)}
	if c.Metadata != nil {
		if err := checkMetadata("metadata", *c.Metadata); err != nil {
			return nil, err
		}
		if !maps.Equal(*c.Metadata, u.Metadata) {
			e.Metadata = c.Metadata
			if *e.Metadata == nil {
				e.Metadata = &map[string]string{} // as it is read back
			}
		}
	}
	if e == (UserUpdated{}) {
		return nil, nil
	}
	return []eventlog.Event{e}, nil
}

// ArchiveUser stops acceptance for the user.
type ArchiveUser struct{}

// Decide is repeatable.
func (ArchiveUser) Decide(u User) ([]eventlog.Event, error) {
	switch {
	case !u.Exists():
		return nil, Refuse(NotFound, "", "no such user")
	case u.Archived():
		return nil, nil
	}
	return []eventlog.Event{UserArchived{}}, nil
}

// check refuses an unknown or archived user: by path where field is "", else as a field of the request.
func (u User) check(field string) error {
	switch {
	case !u.Exists() && field == "":
		return Refuse(NotFound, "", "no such user")
	case !u.Exists():
		return Refuse(Invalid, field, "no such user")
	case u.Archived():
		return Refuse(Conflict, field, "the user is archived")
	}
	return nil
}

// AcceptsCommands refuses what is to happen under an unknown or archived user, naming the request's field.
func (u User) AcceptsCommands(field string) error { return u.check(field) }
