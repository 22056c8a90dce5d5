package projections

import (
	"context"
	"errors"

	"webplug/domain"
)

// Transport is a publish and subscribe service with topics, which makes the requests to endpoints itself and reports of them
// later: Amazon SNS. Its errors are *TransportError.
type Transport interface {
	// Reconcile makes one topic or subscription as it is wanted, whatever it was before, and says what it found. It is
	// repeatable.
	Reconcile(context.Context, Wanted) (Found, error)
	// Publish hands messages to a topic, up to MaxPublish with PublishBytes together. They are taken, not yet delivered. A
	// receipt is at its message's index; an error of all is an error of each.
	Publish(ctx context.Context, topicARN string, messages []Outgoing) ([]Receipt, error)
}

// Confirmer is a Transport whose subscriptions have a handshake: it takes the token that an endpoint was sent, and answers
// the subscription's ARN. An unknown token is a TransportError with Token set.
type Confirmer interface {
	Confirm(ctx context.Context, topicARN, token string) (subscriptionARN string, err error)
}

// Limits of one publish (Amazon SNS API Reference, PublishBatch).
const (
	MaxPublish   = 10
	PublishBytes = 256 << 10
)

// Wanted is one thing that a transport shall have, or have no more: one of both is set.
type Wanted struct {
	Topic        *WantedTopic
	Subscription *WantedSubscription
}

// WantedTopic is a topic with all that belongs to it: it may be used once Reconcile has answered.
type WantedTopic struct {
	Name string
	Tags map[string]string
	Gone string // ARN of a topic that is to be taken down; the rest is empty
}

// WantedSubscription is a subscription of a URL to a topic; with Queue the URL is a queue's ARN, and the queue gets the bodies
// alone, with their attributes beside them.
type WantedSubscription struct {
	Do              SubscriptionDo
	Queue           bool
	TopicARN        string
	URL             string
	Slot            string // of its filter policy
	SubscriptionARN string // where it is known: needed for Look and Drop
}

// SubscriptionDo is what is to be done to a subscription.
type SubscriptionDo int

// What can be done.
const (
	Look SubscriptionDo = iota // nothing: say what is there
	Ask                        // make it; if it is pending, send the endpoint a new handshake
	Drop                       // take it down; what is pending cannot be
)

// Found is what a transport has of what was wanted.
type Found struct {
	TopicARN        string
	SubscriptionARN string // "" if there is none
	Pending         bool
	Authenticated   bool // only the account can end it
}

// Outgoing is a message on its way to a topic.
type Outgoing struct {
	Body string
	To   []string // slots
	// First marks the one publish that each message has to its event type's first topic, for whoever else has subscribed to it.
	First bool
	// Service is told to WebPlug's own queue, which finds the message by it; "" where the queue is not among the slots.
	Service string
}

// The attributes that a message has in a topic.
const (
	AttributeTo      = "to"      // String.Array: its slots
	AttributeFirst   = "first"   // String "true"
	AttributeService = "service" // String
)

// Size is what a message counts for in a publish, in bytes.
func (o Outgoing) Size() int {
	n := len(o.Body) + 96 + len(o.Service)
	for _, slot := range o.To {
		n += len(slot) + 3
	}
	return n
}

// Receipt is what became of a message in a publish.
type Receipt struct {
	MessageID string // the transport's own
	Err       error  // nil if it was taken
}

// TransportError is why a transport does not do what it is asked.
type TransportError struct {
	Reason  domain.FailReason
	NoTopic bool // the topic does not exist
	Token   bool // the token is not one of this topic
	Final   bool // the same again is refused again
	Err     error
}

// Error is the transport's own words.
func (e *TransportError) Error() string { return string(e.Reason) + ": " + e.Err.Error() }

// Unwrap is the transport's own error.
func (e *TransportError) Unwrap() error { return e.Err }

// asTransport is an error as a TransportError: one that is none is unavailability.
func asTransport(err error) *TransportError {
	var e *TransportError
	if errors.As(err, &e) {
		return e
	}
	return &TransportError{Reason: domain.FailUnavailable, Err: err}
}
