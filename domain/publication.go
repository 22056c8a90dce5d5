package domain

import (
	"time"

	"webplug/domain/eventlog"
)

// MessagePublished says that SNS took a message for some of its targets, in one publish to one topic. It is in the
// message's own stream.
type MessagePublished struct {
	TopicARN     string        `json:"topic_arn"`
	SNSMessageID string        `json:"sns_message_id"`
	To           []PublishedTo `json:"to,omitempty"`
}

// EventType is the stored name.
func (MessagePublished) EventType() string { return "MessagePublished" }

// PublishedTo is one target of a publish.
type PublishedTo struct {
	EndpointID string           `json:"endpoint_id"`
	Slot       string           `json:"slot"`
	URL        string           `json:"url"`
	Plan       eventlog.Version `json:"plan"` // what planned it: 0 for MessageAccepted, else a RetryRequested of the delivery
}

// Publication is a publish that SNS took.
type Publication struct {
	Event MessagePublished
	At    time.Time
}

// PublishedFor finds the newest publish to an endpoint by a plan.
func (m Message) PublishedFor(endpoint string, plan eventlog.Version) (Publication, bool) {
	for i := len(m.Published) - 1; i >= 0; i-- {
		for _, to := range m.Published[i].Event.To {
			if to.EndpointID == endpoint && to.Plan == plan {
				return m.Published[i], true
			}
		}
	}
	return Publication{}, false
}

// LinkFor is where an endpoint gets a message: through its subscription to the message's event type, or, for a test
// webhook of no type, through any that is confirmed.
func (e Endpoint) LinkFor(m Message) (Link, bool) { return e.linkFor(m.Accepted.EventTypeID) }

// Reachable says whether SNS sends the endpoint messages of an event type, "" for any.
func (e Endpoint) Reachable(eventType string) bool {
	_, ok := e.linkFor(eventType)
	return ok
}

func (e Endpoint) linkFor(eventType string) (Link, bool) {
	for _, s := range e.Subscriptions {
		if !s.Removed && s.Link.Exists() && (eventType == "" || s.EventTypeID == eventType) {
			return s.Link, true
		}
	}
	return Link{}, false
}

// RecordPublish records that SNS took a message.
type RecordPublish struct{ Published MessagePublished }

// Decide records each of SNS's messages once.
func (c RecordPublish) Decide(m Message) ([]eventlog.Event, error) {
	for _, p := range m.Published {
		if p.Event.SNSMessageID == c.Published.SNSMessageID {
			return nil, nil
		}
	}
	if !m.Exists() {
		return nil, Refuse(NotFound, "", "no such message")
	}
	return []eventlog.Event{c.Published}, nil
}
