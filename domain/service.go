package domain

import (
	"time"

	"webplug/domain/eventlog"
)

// The events of a service's stream.
type (
	// ServiceCreated says that there is a new service.
	ServiceCreated struct {
		Name          string `json:"name"`
		DefaultFormat Format `json:"default_format"`
		Request       string `json:"request,omitzero"` // fingerprint of a request with an Idempotency-Key
	}
	// ServiceUpdated changes what is not nil.
	ServiceUpdated struct {
		Name          *string `json:"name,omitzero"`
		DefaultFormat *Format `json:"default_format,omitzero"`
	}
	// ServiceArchived says that the service and all under it take nothing new.
	ServiceArchived struct{}
)

// EventType is the stored name.
func (ServiceCreated) EventType() string { return "ServiceCreated" }

// EventType is the stored name.
func (ServiceUpdated) EventType() string { return "ServiceUpdated" }

// EventType is the stored name.
func (ServiceArchived) EventType() string { return "ServiceArchived" }

// ServiceStream is the stream of a service.
func ServiceStream(id string) eventlog.Stream {
	return eventlog.Stream{Service: id, Root: "service"}
}

// Service is the operator's application.
type Service struct {
	ID            string
	Name          string
	DefaultFormat Format
	Request       string
	CreatedAt     time.Time
	UpdatedAt     time.Time
	ArchivedAt    time.Time // zero while it is active
	Version       eventlog.Version
}

// At is the version that the state is of.
func (s Service) At() eventlog.Version { return s.Version }

// Exists says whether the service was ever created.
func (s Service) Exists() bool { return s.Version > 0 }

// Archived says whether it takes nothing new.
func (s Service) Archived() bool { return !s.ArchivedAt.IsZero() }

// Evolve folds one event.
func (s Service) Evolve(r eventlog.Recorded) Service {
	s.Version, s.UpdatedAt = r.Version, r.Time
	switch e := r.Event.(type) {
	case ServiceCreated:
		s.ID, s.Name, s.DefaultFormat, s.Request, s.CreatedAt = r.Stream.Service, e.Name, e.DefaultFormat, e.Request, r.Time
	case ServiceUpdated:
		set(&s.Name, e.Name)
		set(&s.DefaultFormat, e.DefaultFormat)
	case ServiceArchived:
		s.ArchivedAt = r.Time
	}
	return s
}

// CreateService makes a service under a new id.
type CreateService struct {
	Name          string
	DefaultFormat Format // not ""
	Request       string
}

// Decide refuses bad names and formats, and another request under the same id.
func (c CreateService) Decide(s Service) ([]eventlog.Event, error) {
	if s.Exists() {
		return nil, repeated(c.Request, s.Request)
	}
	if err := checkName("name", c.Name); err != nil {
		return nil, err
	}
	if err := checkStoredFormat("default_format", c.DefaultFormat); err != nil {
		return nil, err
	}
	return []eventlog.Event{ServiceCreated(c)}, nil
}

// UpdateService changes what is not nil.
type UpdateService struct {
	Name          *string
	DefaultFormat *Format
}

// Decide leaves out what is so already.
func (c UpdateService) Decide(s Service) ([]eventlog.Event, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if c.Name != nil {
		if err := checkName("name", *c.Name); err != nil {
			return nil, err
		}
	}
	if c.DefaultFormat != nil {
		if err := checkStoredFormat("default_format", *c.DefaultFormat); err != nil {
			return nil, err
		}
	}
	e := ServiceUpdated{Name: changed(s.Name, c.Name), DefaultFormat: changed(s.DefaultFormat, c.DefaultFormat)}
	if e == (ServiceUpdated{}) {
		return nil, nil
	}
	return []eventlog.Event{e}, nil
}

// ArchiveService stops acceptance for the service and all that is under it.
type ArchiveService struct{}

// Decide is repeatable.
func (ArchiveService) Decide(s Service) ([]eventlog.Event, error) {
	switch {
	case !s.Exists():
		return nil, Refuse(NotFound, "", "no such service")
	case s.Archived():
		return nil, nil
	}
	return []eventlog.Event{ServiceArchived{}}, nil
}

// check refuses an unknown or archived service.
func (s Service) check() error {
	switch {
	case !s.Exists():
		return Refuse(NotFound, "", "no such service")
	case s.Archived():
		return Refuse(Conflict, "", "the service is archived")
	}
	return nil
}

// AcceptsCommands refuses what is to happen under an unknown or archived service.
func (s Service) AcceptsCommands() error { return s.check() }

// repeated decides on a creating request whose id exists: the same request is a repeat, another one a misuse of its key.
func repeated(request, first string) error {
	if request != "" && request == first {
		return nil
	}
	return Refuse(Invalid, "Idempotency-Key", "was used before with another request")
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// changed gives the new value if there is one and it is another.
func changed[T comparable](old T, value *T) *T {
	if value == nil || *value == old {
		return nil
	}
	return value
}
