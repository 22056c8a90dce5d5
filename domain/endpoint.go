package domain

import (
	"slices"
	"time"

	"webplug/domain/eventlog"
)

// The events of an endpoint's stream, which also holds its subscriptions (see subscription.go).
type (
	// EndpointAdded says that a user has a URL that gets webhooks.
	EndpointAdded struct {
		UserID      string          `json:"user_id"`
		URL         string          `json:"url"`
		Format      Format          `json:"format"`
		Description string          `json:"description,omitzero"`
		Secret      eventlog.Sealed `json:"-"` // sealed
		Request     string          `json:"request,omitzero"`
	}
	// EndpointUpdated changes what is not nil.
	EndpointUpdated struct {
		URL         *string `json:"url,omitzero"`
		Description *string `json:"description,omitzero"`
	}
	// EndpointPaused says that nothing is sent until it is resumed.
	EndpointPaused struct {
		Reason PauseReason `json:"reason"`
	}
	// EndpointResumed ends a pause.
	EndpointResumed struct{}
	// EndpointRemoved ends the endpoint for good, its subscriptions with it.
	EndpointRemoved struct{}
	// SecretRotated gives the endpoint a new signing secret.
	SecretRotated struct {
		Secret eventlog.Sealed `json:"-"` // sealed
		// PreviousUntil is when the secret before this one stops signing.
		PreviousUntil time.Time `json:"previous_until"`
	}
	// SecretRead says that somebody was shown the secret. It has a stream of its own, so that an endpoint's does not grow
	// with every program that starts.
	SecretRead struct{}
)

// EventType is the stored name.
func (EndpointAdded) EventType() string { return "EndpointAdded" }

// EventType is the stored name.
func (EndpointUpdated) EventType() string { return "EndpointUpdated" }

// EventType is the stored name.
func (EndpointPaused) EventType() string { return "EndpointPaused" }

// EventType is the stored name.
func (EndpointResumed) EventType() string { return "EndpointResumed" }

// EventType is the stored name.
func (EndpointRemoved) EventType() string { return "EndpointRemoved" }

// EventType is the stored name.
func (SecretRotated) EventType() string { return "SecretRotated" }

// EventType is the stored name.
func (SecretRead) EventType() string { return "SecretRead" }

// SealedFields names what is sealed.
func (e *EndpointAdded) SealedFields() []eventlog.SealedField {
	return []eventlog.SealedField{{Name: "secret", Sealed: &e.Secret}}
}

// SealedFields names what is sealed.
func (e *SecretRotated) SealedFields() []eventlog.SealedField {
	return []eventlog.SealedField{{Name: "secret", Sealed: &e.Secret}}
}

// SecretOverlap is how long the former secret signs beside the new one after a rotation.
const SecretOverlap = 24 * time.Hour

// SecretsKey is the data key that a service's signing secrets are sealed with.
func SecretsKey(service string) string { return service + "/secrets" }

// PauseReason is why an endpoint is paused.
type PauseReason string

// The reasons.
const (
	PausedManually PauseReason = "manual"
	PausedGone     PauseReason = "gone" // it answered 410
)

// EndpointStream is the stream of an endpoint and its subscriptions.
func EndpointStream(service, id string) eventlog.Stream {
	return eventlog.Stream{Service: service, Root: id}
}

// EndpointStatus is the state of an endpoint.
type EndpointStatus string

// The states: active ⇄ paused, either ▶ removed.
const (
	EndpointActive       EndpointStatus = "active"
	EndpointStatusPaused EndpointStatus = "paused"
	EndpointStatusGone   EndpointStatus = "removed"
)

// Stamp is who did something and when.
type Stamp struct {
	By string    `json:"by"` // the event's actor
	At time.Time `json:"at"`
}

// Endpoint is a user's URL.
type Endpoint struct {
	ID            string
	Service       string
	UserID        string
	URL           string
	Format        Format
	Description   string
	Status        EndpointStatus
	PauseReason   PauseReason // while paused
	Changed       Stamp       // who brought it into its status, and when
	Secrets       []SigningSecret
	Subscriptions []Subscription // in the order in which they were first added
	Request       string
	CreatedAt     time.Time
	UpdatedAt     time.Time
	Version       eventlog.Version
}

// SigningSecret is one of an endpoint's secrets.
type SigningSecret struct {
	Sealed eventlog.Sealed
	Until  time.Time // when it stops signing; zero for the current one
}

// At is the version that the state is of.
func (e Endpoint) At() eventlog.Version { return e.Version }

// Exists says whether the endpoint was ever added.
func (e Endpoint) Exists() bool { return e.Version > 0 }

// Removed says whether it is gone for good.
func (e Endpoint) Removed() bool { return e.Status == EndpointStatusGone }

// SigningAt lists the secrets that sign at a time, newest first.
func (e Endpoint) SigningAt(t time.Time) []eventlog.Sealed {
	var out []eventlog.Sealed
	for _, s := range slices.Backward(e.Secrets) {
		if s.Until.IsZero() || t.Before(s.Until) {
			out = append(out, s.Sealed)
		}
	}
	return out
}

// PreviousUntil is when the overlap of a rotation ends, or zero if none is open at a time.
func (e Endpoint) PreviousUntil(t time.Time) time.Time {
	var last time.Time
	for _, s := range e.Secrets {
		if s.Until.After(t) && s.Until.After(last) {
			last = s.Until
		}
	}
	return last
}

// Evolve folds one event. It never changes a slice of the state before.
func (e Endpoint) Evolve(r eventlog.Recorded) Endpoint {
	e.Version, e.UpdatedAt = r.Version, r.Time
	stamp := Stamp{By: r.Actor, At: r.Time}
	switch ev := r.Event.(type) {
	case EndpointAdded:
		e.ID, e.Service, e.UserID, e.URL, e.Format, e.Description = r.Stream.Root, r.Stream.Service, ev.UserID, ev.URL, ev.Format, ev.Description
		e.Secrets, e.Request, e.CreatedAt = []SigningSecret{{Sealed: ev.Secret}}, ev.Request, r.Time
		e.Status, e.Changed = EndpointActive, stamp
	case EndpointUpdated:
		if ev.URL != nil {
			e.Subscriptions = slices.Clone(e.Subscriptions)
			for i, s := range e.Subscriptions {
				e.Subscriptions[i] = s.moved(r)
			}
		}
		set(&e.URL, ev.URL)
		set(&e.Description, ev.Description)
	case EndpointPaused:
		e.Status, e.PauseReason, e.Changed = EndpointStatusPaused, ev.Reason, stamp
	case EndpointResumed:
		e.Status, e.PauseReason, e.Changed = EndpointActive, "", stamp
	case EndpointRemoved:
		e.Status, e.PauseReason, e.Changed = EndpointStatusGone, "", stamp
	case SecretRotated:
		e.Secrets = rotate(e.Secrets, ev, r.Time)
	default:
		e.Subscriptions = evolveSubscriptions(e.ID, e.Format, e.Subscriptions, r)
	}
	return e
}

// rotate drops secrets that have stopped signing, so that the state does not grow.
func rotate(secrets []SigningSecret, e SecretRotated, at time.Time) []SigningSecret {
	var out []SigningSecret
	for _, s := range secrets {
		if s.Until.IsZero() {
			s.Until = e.PreviousUntil
		}
		if s.Until.After(at) {
			out = append(out, s)
		}
	}
	return append(out, SigningSecret{Sealed: e.Secret})
}

// AddEndpoint makes an endpoint under a new id. The URL has been checked where names can be resolved.
type AddEndpoint struct {
	UserID      string
	URL         string
	Format      Format // not ""
	Description string
	Secret      eventlog.Sealed
	EventTypes  []string // ids to subscribe to
	Request     string
}

// Decide adds the endpoint and its first subscriptions.
func (c AddEndpoint) Decide(e Endpoint) ([]eventlog.Event, error) {
	if e.Exists() {
		return nil, repeated(c.Request, e.Request)
	}
	if err := checkStoredFormat("format", c.Format); err != nil {
		return nil, err
	}
	if err := checkText("description", c.Description, MaxDescription); err != nil {
		return nil, err
	}
	if len(c.EventTypes) > MaxSubscriptions {
		return nil, Refuse(Invalid, "event_types", "has more than %d event types", MaxSubscriptions)
	}
	events := []eventlog.Event{EndpointAdded{
		UserID: c.UserID, URL: c.URL, Format: c.Format, Description: c.Description, Secret: c.Secret, Request: c.Request,
	}}
	for i, t := range c.EventTypes {
		if slices.Contains(c.EventTypes[:i], t) {
			continue
		}
		events = append(events, SubscriptionAdded{EventTypeID: t})
	}
	return events, nil
}

// UpdateEndpoint changes what is not nil.
type UpdateEndpoint struct {
	URL         *string
	Description *string
}

// Decide leaves out what is so already.
func (c UpdateEndpoint) Decide(e Endpoint) ([]eventlog.Event, error) {
	if err := e.check(""); err != nil {
		return nil, err
	}
	if c.Description != nil {
		if err := checkText("description", *c.Description, MaxDescription); err != nil {
			return nil, err
		}
	}
	ev := EndpointUpdated{URL: changed(e.URL, c.URL), Description: changed(e.Description, c.Description)}
	if ev == (EndpointUpdated{}) {
		return nil, nil
	}
	return []eventlog.Event{ev}, nil
}

// PauseEndpoint stops sending to an endpoint until it is resumed.
type PauseEndpoint struct{ Reason PauseReason }

// Decide leaves a paused endpoint's reason as it is. An endpoint that was removed meanwhile needs no pause.
func (c PauseEndpoint) Decide(e Endpoint) ([]eventlog.Event, error) {
	if e.Removed() && c.Reason == PausedGone {
		return nil, nil
	}
	if err := e.check(""); err != nil {
		return nil, err
	}
	if e.Status == EndpointStatusPaused {
		return nil, nil
	}
	return []eventlog.Event{EndpointPaused(c)}, nil
}

// ResumeEndpoint ends a pause.
type ResumeEndpoint struct{}

// Decide is repeatable.
func (ResumeEndpoint) Decide(e Endpoint) ([]eventlog.Event, error) {
	if err := e.check(""); err != nil {
		return nil, err
	}
	if e.Status == EndpointActive {
		return nil, nil
	}
	return []eventlog.Event{EndpointResumed{}}, nil
}

// RemoveEndpoint takes an endpoint away for good, its subscriptions with it.
type RemoveEndpoint struct{}

// Decide is repeatable.
func (RemoveEndpoint) Decide(e Endpoint) ([]eventlog.Event, error) {
	switch {
	case !e.Exists():
		return nil, Refuse(NotFound, "", "no such endpoint")
	case e.Removed():
		return nil, nil
	}
	return []eventlog.Event{EndpointRemoved{}}, nil
}

// RotateSecret gives the endpoint a new secret; the old one signs too until PreviousUntil. Each call is a rotation of
// its own.
type RotateSecret struct {
	Secret        eventlog.Sealed
	PreviousUntil time.Time
}

// MaxSecrets bounds the secrets that sign at once.
const MaxSecrets = 10

// Decide refuses more rotations within one overlap than a receiver could follow.
func (c RotateSecret) Decide(e Endpoint) ([]eventlog.Event, error) {
	if err := e.check(""); err != nil {
		return nil, err
	}
	if len(e.SigningAt(c.PreviousUntil.Add(-SecretOverlap))) >= MaxSecrets {
		return nil, Refuse(Conflict, "", "the secret was rotated %d times within %s", MaxSecrets-1, SecretOverlap)
	}
	c.PreviousUntil = c.PreviousUntil.UTC().Truncate(time.Microsecond) // as it is read back
	return []eventlog.Event{SecretRotated(c)}, nil
}

// SecretReadingStream is the stream of one reading of an endpoint's secret, a leaf of the endpoint.
func SecretReadingStream(service, endpoint, id string) eventlog.Stream {
	return eventlog.Stream{Service: service, Root: endpoint, Leaf: "read_" + id}
}

// SecretReading is one reading of an endpoint's secret.
type SecretReading struct{ Version eventlog.Version }

// Evolve folds its one event.
func (SecretReading) Evolve(r eventlog.Recorded) SecretReading { return SecretReading{r.Version} }

// ReadSecret records that the secret of an endpoint, as it is now, is shown to somebody.
type ReadSecret struct{ Of Endpoint }

// Decide refuses an endpoint that is unknown or removed.
func (c ReadSecret) Decide(SecretReading) ([]eventlog.Event, error) {
	if err := c.Of.check(""); err != nil {
		return nil, err
	}
	return []eventlog.Event{SecretRead{}}, nil
}

// check refuses an unknown or removed endpoint: by path where field is "", else as a field of the request.
func (e Endpoint) check(field string) error {
	switch {
	case !e.Exists() && field == "":
		return Refuse(NotFound, "", "no such endpoint")
	case !e.Exists():
		return Refuse(Invalid, field, "no such endpoint")
	case e.Removed():
		return Refuse(Conflict, field, "the endpoint is removed")
	}
	return nil
}

// AcceptsCommands refuses an unknown or removed endpoint, naming the request's field.
func (e Endpoint) AcceptsCommands(field string) error { return e.check(field) }

// Unsettled says whether SNS does not have all of the endpoint as it shall be, as far as is known: a handshake is under way, a
// subscription was refused or is not made yet, or something is to be taken down.
func (e Endpoint) Unsettled() bool {
	if e.Format != SNS {
		return false
	}
	for _, s := range e.Subscriptions {
		unwanted := e.Removed() || s.Removed
		switch {
		case unwanted && len(s.Held()) > 0, len(s.Others) > 0:
			return true
		case unwanted:
		case s.State == SubscriptionRequested, s.State == SubscriptionHandshake, s.State == SubscriptionRefused, s.Asked, s.Handshake.Exists():
			return true
		}
	}
	return false
}
