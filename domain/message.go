package domain

import (
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain/eventlog"
)

// MessageAccepted is the promise to deliver: the message, and who gets it and who does not, decided once.
type MessageAccepted struct {
	EventTypeID string          `json:"event_type_id"`
	EventName   string          `json:"event_type"`
	UserID      string          `json:"user_id,omitzero"`  // "" for all users
	Payload     eventlog.Sealed `json:"-"`                 // sealed
	Targets     []string        `json:"targets,omitempty"` // endpoints
	Skipped     []Skip          `json:"skipped,omitempty"`
	More        string          `json:"more,omitzero"` // Candidate.Place of the last one that was looked at; "" where none is left
	Test        bool            `json:"test,omitzero"`
	Request     string          `json:"request,omitzero"`
}

// EventType is the stored name.
func (MessageAccepted) EventType() string { return "MessageAccepted" }

// SealedFields names what is sealed.
func (e *MessageAccepted) SealedFields() []eventlog.SealedField {
	return []eventlog.SealedField{{Name: "payload", Sealed: &e.Payload}}
}

// Skip is why an endpoint that matches does not get a message, and who caused it. Without endpoint it stands for "no
// endpoint matches".
type Skip struct {
	EndpointID string     `json:"endpoint_id,omitzero"`
	Reason     SkipReason `json:"reason"`
	Since      time.Time  `json:"since,omitzero"`
	By         string     `json:"by,omitzero"`
}

// SkipReason is a word of a fixed vocabulary.
type SkipReason string

// The reasons.
const (
	SkippedNoSubscription SkipReason = "no_subscription" // nobody subscribed
	SkippedPaused         SkipReason = "paused"          // the endpoint is paused
	SkippedGone           SkipReason = "gone"            // the endpoint answered 410 and was paused for it
	SkippedRemoved        SkipReason = "removed"         // the endpoint was removed in the last 30 days
	SkippedUnsubscribed   SkipReason = "unsubscribed"    // the subscription was removed in the last 30 days
	SkippedUserArchived   SkipReason = "user_archived"   // the endpoint's user is archived
	SkippedUnconfirmed    SkipReason = "unconfirmed"     // the endpoint has not confirmed the subscription yet (sns)
	SkippedExpired        SkipReason = "expired"         // it did not confirm it in time (sns)
	SkippedFailed         SkipReason = "failed"          // SNS does not take the subscription (sns)
)

// MaxPayload is the largest payload in bytes: SNS's 256 KB must hold the envelope and the targets too.
const MaxPayload = 240 * 1024

// TestEventName is the event type's name of a test webhook where no other is given.
const TestEventName = "webplug.test"

// MessageStream is the stream of a message, or of a chunk of it by its root.
func MessageStream(service, root string) eventlog.Stream {
	return eventlog.Stream{Service: service, Root: root}
}

// PayloadKey names the data key of a payload, or of an endpoint's answer: of the message's user ("" for all), or of the
// endpoint's, and the month.
func PayloadKey(service, user string, at time.Time) string {
	if user == "" {
		user = "-"
	}
	return service + "/" + user + "/" + at.UTC().Format("2006-01")
}

// Message is one published occurrence of an event type; or a further chunk of its audience, which has no payload.
type Message struct {
	ID            string // the message's, in each of its chunks
	Chunk         int    // 0 is the first, MessageAccepted's
	Accepted      MessageAccepted
	AcceptedAt    time.Time
	RoutedAt      time.Time // when the chunk was decided; of the first, when it was accepted
	After         string    // where the chunk before ended; "" for the first
	By            string    // the actor that published it; of a further chunk, that routed it
	EventID       string    // of MessageAccepted, or of MessageRouted: what its deliveries are caused by
	CorrelationID string
	Published     []Publication // to SNS topics, oldest first
	Version       eventlog.Version
}

// Exists says whether the message was accepted.
func (m Message) Exists() bool { return m.Version > 0 }

// Evolve folds one event.
func (m Message) Evolve(r eventlog.Recorded) Message {
	m.Version = r.Version
	switch e := r.Event.(type) {
	case MessagePublished:
		m.Published = append(slices.Clip(m.Published), Publication{e, r.Time})
	case MessageAccepted:
		m.ID, m.Accepted, m.AcceptedAt, m.RoutedAt = r.Stream.Root, e, r.Time, r.Time
		m.EventID, m.CorrelationID, m.By = r.ID, r.CorrelationID, r.Actor
	case MessageRouted:
		m.ID, m.Chunk = MessageOf(r.Stream.Root)
		m.Accepted = MessageAccepted{
			EventTypeID: e.EventTypeID, EventName: e.EventName, UserID: e.UserID, Targets: e.Targets, Skipped: e.Skipped, More: e.More,
		}
		m.AcceptedAt, m.RoutedAt, m.After = e.AcceptedAt, r.Time, e.After
		m.EventID, m.CorrelationID, m.By = r.ID, r.CorrelationID, r.Actor
	}
	return m
}

// Root is the root of the chunk's streams.
func (m Message) Root() string { return ChunkRoot(m.ID, m.Chunk) }

// Targets says whether an endpoint was chosen to get the message.
func (m Message) Targets(endpoint string) bool { return slices.Contains(m.Accepted.Targets, endpoint) }

// SkippedFor finds why an endpoint does not get the message.
func (m Message) SkippedFor(endpoint string) (Skip, bool) {
	i := slices.IndexFunc(m.Accepted.Skipped, func(s Skip) bool { return s.EndpointID == endpoint })
	if i < 0 || endpoint == "" {
		return Skip{}, false
	}
	return m.Accepted.Skipped[i], true
}

// PublishMessage accepts a message that has been routed.
type PublishMessage struct {
	EventType  EventType // as it is now
	Schema     *Schema   // compiled from EventType's, or nil
	UserID     string
	Payload    jsontext.Value // valid JSON: whoever decoded the request has seen to it
	PayloadKey string
	Routed     Routed
	Test       bool // a test webhook may be of no event type
	Request    string
}

// Decide refuses a payload that does not fit, and another request under the same id.
func (c PublishMessage) Decide(m Message) ([]eventlog.Event, error) {
	if m.Exists() {
		return nil, repeated(c.Request, m.Accepted.Request)
	}
	name := c.EventType.Name
	if c.Test && !c.EventType.Exists() {
		name = TestEventName
	} else if err := c.EventType.check("event_type"); err != nil {
		return nil, err
	}
	switch {
	case len(c.Payload) == 0:
		return nil, Refuse(Invalid, "payload", "is required")
	case len(c.Payload) > MaxPayload:
		return nil, Refuse(TooLarge, "payload", "has more than %d bytes", MaxPayload)
	}
	if err := c.Schema.Check("payload", c.Payload); err != nil {
		return nil, err
	}
	return []eventlog.Event{MessageAccepted{
		EventTypeID: c.EventType.ID, EventName: name, UserID: c.UserID,
		Payload: eventlog.Sealed{Key: c.PayloadKey, Plain: c.Payload},
		Targets: c.Routed.Targets, Skipped: c.Routed.Skipped, More: c.Routed.More, Test: c.Test, Request: c.Request,
	}}, nil
}

// Webhook is the body that every endpoint of a message gets, the same bytes on every attempt. The payload goes in byte
// for byte.
func Webhook(id, eventType string, at time.Time, payload []byte) []byte {
	out := make([]byte, 0, len(payload)+len(id)+len(eventType)+80)
	out = append(out, `{"id":"`...)
	out = append(out, id...)
	out = append(out, `","type":"`...) // names have no characters that JSON escapes
	out = append(out, eventType...)
	out = append(out, `","timestamp":"`...)
	out = at.UTC().AppendFormat(out, "2006-01-02T15:04:05.000000Z")
	out = append(out, `","data":`...)
	out = append(out, payload...)
	return append(out, '}')
}
