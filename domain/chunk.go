package domain

import (
	"strconv"
	"strings"
	"time"

	"webplug/domain/eventlog"
)

// A message's audience is decided in chunks of MaxAudience. The first stands in MessageAccepted; each further one is a root
// of its own, so that no partition takes the outcomes of 50,000 deliveries. Its aggregate is a Message like the first's,
// but for the payload.

// MaxAudience is how many endpoints one chunk of a message has: targets and skipped ones together.
const MaxAudience = 500

// MessageRouted is a further chunk of a message's audience, by the subscriptions of the moment when it was decided.
type MessageRouted struct {
	EventTypeID string    `json:"event_type_id"`
	EventName   string    `json:"event_type"`
	UserID      string    `json:"user_id,omitzero"` // "" for all users
	AcceptedAt  time.Time `json:"accepted_at"`      // when the message was accepted
	After       string    `json:"after"`            // Candidate.Place of the last one that the chunk before looked at
	Targets     []string  `json:"targets,omitempty"`
	Skipped     []Skip    `json:"skipped,omitempty"`
	More        string    `json:"more,omitzero"` // Candidate.Place of the last one that was looked at; "" where none is left
}

// EventType is the stored name.
func (MessageRouted) EventType() string { return "MessageRouted" }

// ChunkRoot is the root of a message's chunk: the message's own for 0, "msg_2~1" for the next.
func ChunkRoot(message string, chunk int) string {
	if chunk == 0 {
		return message
	}
	return message + "~" + strconv.Itoa(chunk)
}

// MessageOf is the message that a root belongs to, and which chunk of it the root is. What is no chunk's root is 0 of itself.
func MessageOf(root string) (message string, chunk int) {
	at := strings.LastIndexByte(root, '~')
	if at < 0 {
		return root, 0
	}
	n, err := strconv.Atoi(root[at+1:])
	if err != nil || n < 1 || ChunkRoot(root[:at], n) != root {
		return root, 0
	}
	return root[:at], n
}

// Audience is what a chunk's first event decided; ok is false for other events.
func Audience(e eventlog.Event) (targets []string, skipped []Skip, ok bool) {
	switch e := e.(type) {
	case MessageAccepted:
		return e.Targets, e.Skipped, true
	case MessageRouted:
		return e.Targets, e.Skipped, true
	}
	return nil, nil, false
}

// RouteMessage decides a further chunk of a message.
type RouteMessage struct {
	Message Message // the first chunk
	After   string  // where the chunk before ended
	Routed  Routed
}

// Decide leaves a chunk that is there as it is: somebody else was quicker.
func (c RouteMessage) Decide(m Message) ([]eventlog.Event, error) {
	if m.Exists() {
		return nil, nil
	}
	if !c.Message.Exists() {
		return nil, Refuse(NotFound, "", "no such message")
	}
	a := c.Message.Accepted
	return []eventlog.Event{MessageRouted{
		EventTypeID: a.EventTypeID, EventName: a.EventName, UserID: a.UserID, AcceptedAt: c.Message.AcceptedAt,
		After: c.After, Targets: c.Routed.Targets, Skipped: c.Routed.Skipped, More: c.Routed.More,
	}}, nil
}
