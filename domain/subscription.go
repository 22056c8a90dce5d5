package domain

import (
	"slices"
	"time"

	"webplug/domain/eventlog"
)

// The events of a subscription, an entry in its endpoint's stream.
type (
	// SubscriptionAdded says that the endpoint wants an event type, for the first time or again.
	SubscriptionAdded struct {
		EventTypeID string `json:"event_type_id"`
		Request     string `json:"request,omitzero"`
		Key         string `json:"key,omitzero"` // hash of the Idempotency-Key
	}
	// SubscriptionRemoved says that it wants it no more.
	SubscriptionRemoved struct {
		EventTypeID string `json:"event_type_id"`
	}
)

// EventType is the stored name.
func (SubscriptionAdded) EventType() string { return "SubscriptionAdded" }

// EventType is the stored name.
func (SubscriptionRemoved) EventType() string { return "SubscriptionRemoved" }

// MaxSubscriptions bounds the event types of one endpoint at a time.
const MaxSubscriptions = 1000

// Subscription is an endpoint's wish for an event type.
type Subscription struct {
	ID          string
	EventTypeID string
	Removed     bool
	Changed     Stamp // who added or removed it last, and when
	CreatedAt   time.Time
	Request     string
	Key         string
	Version     eventlog.Version // of the endpoint's stream when it last changed

	// In format sns, else all zero:
	State     SubscriptionState // unless Removed
	Reason    FailReason        // why SNS refused last; also of an active one whose new URL is refused
	Link      Link              // confirmed: where its messages go
	Handshake Link              // to be confirmed
	Until     time.Time         // when the handshake's token expires
	Lapsed    string            // URL of the handshake that expired last, until another is wanted
	Asked     bool              // somebody wants a new handshake
	Others    []Link            // what SNS may have of former times, to be taken down
}

// Subscription finds the endpoint's subscription to an event type.
func (e Endpoint) Subscription(eventType string) (Subscription, bool) {
	i := slices.IndexFunc(e.Subscriptions, func(s Subscription) bool { return s.EventTypeID == eventType })
	if i < 0 {
		return Subscription{}, false
	}
	return e.Subscriptions[i], true
}

// evolveSubscriptions never changes the list that an older state holds.
func evolveSubscriptions(endpoint string, f Format, subs []Subscription, r eventlog.Recorded) []Subscription {
	stamp := Stamp{By: r.Actor, At: r.Time}
	switch e := r.Event.(type) {
	case SubscriptionAdded:
		s := Subscription{
			ID: SubscriptionID(endpoint, e.EventTypeID), EventTypeID: e.EventTypeID,
			Changed: stamp, CreatedAt: r.Time, Request: e.Request, Key: e.Key, Version: r.Version,
		}
		if f == SNS {
			s.State = SubscriptionRequested
		}
		if i := slices.IndexFunc(subs, func(s Subscription) bool { return s.EventTypeID == e.EventTypeID }); i >= 0 {
			s.Others = subs[i].Held()
			subs = slices.Clone(subs)
			subs[i] = s
			return subs
		}
		return append(slices.Clip(subs), s)
	case SubscriptionRemoved:
		subs = slices.Clone(subs)
		for i := range subs {
			if subs[i].EventTypeID == e.EventTypeID {
				subs[i].Removed, subs[i].Changed, subs[i].Version = true, stamp, r.Version
			}
		}
	default:
		eventType, ok := eventTypeOf(r.Event)
		i := slices.IndexFunc(subs, func(s Subscription) bool { return s.EventTypeID == eventType })
		if !ok || i < 0 {
			return subs
		}
		subs = slices.Clone(subs)
		subs[i] = subs[i].handshaken(r)
	}
	return subs
}

// eventTypeOf is which subscription an event of a handshake is about.
func eventTypeOf(e eventlog.Event) (string, bool) {
	switch e := e.(type) {
	case HandshakeRequested:
		return e.EventTypeID, true
	case SubscriptionPending:
		return e.EventTypeID, true
	case SubscriptionConfirmed:
		return e.EventTypeID, true
	case SubscriptionExpired:
		return e.EventTypeID, true
	case SubscriptionFailed:
		return e.EventTypeID, true
	case SubscriptionReleased:
		return e.EventTypeID, true
	}
	return "", false
}

// AddSubscription subscribes an endpoint to an event type.
type AddSubscription struct {
	EventTypeID string
	Request     string
	Key         string // hash of the Idempotency-Key, or ""
}

// Decide refuses a second one of the same type; with the key of the first it is a repeat.
func (c AddSubscription) Decide(e Endpoint) ([]eventlog.Event, error) {
	if err := e.check("endpoint"); err != nil {
		return nil, err
	}
	if s, ok := e.Subscription(c.EventTypeID); ok {
		if c.Key != "" && c.Key == s.Key {
			return nil, repeated(c.Request, s.Request)
		}
		if !s.Removed {
			return nil, taken("event_type", s.ID, "the endpoint is subscribed to this event type already")
		}
	}
	if e.subscribed() >= MaxSubscriptions {
		return nil, Refuse(Conflict, "endpoint", "the endpoint has %d subscriptions already", MaxSubscriptions)
	}
	return []eventlog.Event{SubscriptionAdded(c)}, nil
}

// subscribed counts the subscriptions that are not removed.
func (e Endpoint) subscribed() int {
	n := 0
	for _, s := range e.Subscriptions {
		if !s.Removed {
			n++
		}
	}
	return n
}

// RemoveSubscription ends a subscription.
type RemoveSubscription struct{ EventTypeID string }

// Decide is repeatable, also on an endpoint that is removed.
func (c RemoveSubscription) Decide(e Endpoint) ([]eventlog.Event, error) {
	s, ok := e.Subscription(c.EventTypeID)
	switch {
	case !ok:
		return nil, Refuse(NotFound, "", "no such subscription")
	case s.Removed, e.Removed():
		return nil, nil
	}
	return []eventlog.Event{SubscriptionRemoved(c)}, nil
}

// SubscriptionKey is what is kept of a subscription's Idempotency-Key.
func SubscriptionKey(service, key string) string { return hashed("subscription", service, key) }
