package projections

import (
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// PageRequest asks for a part of a list.
type PageRequest struct {
	Limit  int    // rows, 1 to 100
	Cursor string // Next of the page before; "" is the beginning
}

// Page is a part of a list. It may have fewer rows than asked for, even none, and still have a Next.
type Page[T any] struct {
	Data []T
	Next string // cursor of what follows; "" at the end
	// Stale says that what was acknowledged last may be missing, since it cannot be written now.
	Stale bool
}

// The filters of lists. A zero field does not filter; what does not exist matches nothing. Text is what a person types to
// find something: the beginning of a word of its name, external id or URL, or its id. By its words is found what is
// neither archived nor removed.
type (
	// UserFilter chooses users.
	UserFilter struct {
		ExternalID string
		Text       string
	}
	// EventTypeFilter chooses event types.
	EventTypeFilter struct {
		Name string // of unarchived and archived ones
		Text string
	}
	// EndpointFilter chooses endpoints.
	EndpointFilter struct {
		UserID string
		Status domain.EndpointStatus
		URL    string
		Text   string
	}
	// SubscriptionFilter chooses subscriptions.
	SubscriptionFilter struct {
		UserID      string
		EventTypeID string
		EndpointID  string
		Status      SubscriptionStatus
	}
	// MessageFilter chooses messages. Status is the message's (the worst of its deliveries); Cause and EndpointID are
	// those of one of its deliveries.
	MessageFilter struct {
		UserID       string // that they were published for; a broadcast has none
		EventTypeID  string
		EventType    string // the type's name; also of archived types, and "webplug.test"
		EndpointID   string
		Status       domain.DeliveryStatus
		Cause        domain.Cause
		Since, Until time.Time // accepted at or after Since, before Until
		Audience     string    // a user whose part alone is shown
	}
	// DeliveryFilter chooses deliveries. Since and Until compare when they ended.
	DeliveryFilter struct {
		MessageID    string
		UserID       string
		EventTypeID  string
		EventType    string
		EndpointID   string
		Cause        domain.Cause
		Since, Until time.Time
		Audience     string // a user whose endpoints' deliveries alone are shown
	}
	// HistoryFilter chooses events.
	HistoryFilter struct {
		Stream       string // the stream's name, whole
		Type         string // event type
		Actor        string
		Since, Until time.Time // events' times: at or after Since, before Until
		NewestFirst  bool
		Audience     string // a user whose part alone is shown
	}
)

// StuckRow is an event that a consumer could not take. It is set aside, so that the rest goes on.
type StuckRow struct {
	ID       string           `json:"id"`
	Consumer string           `json:"consumer"` // "views" or "dispatch"
	Stream   string           `json:"stream"`
	Version  eventlog.Version `json:"version"`
	Error    string           `json:"error"`
	Since    time.Time        `json:"since"`
	Tries    int              `json:"tries"`
}
