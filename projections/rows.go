package projections

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// The rows are what the API serves, as it serves it: each is a function of one aggregate.

// ServiceRow is a service.
type ServiceRow struct {
	ID            string           `json:"id"`
	Name          string           `json:"name"`
	DefaultFormat domain.Format    `json:"default_format"`
	CreatedAt     time.Time        `json:"created_at"`
	UpdatedAt     time.Time        `json:"updated_at"`
	ArchivedAt    *time.Time       `json:"archived_at"`
	Version       eventlog.Version `json:"version"`
}

// NewServiceRow makes the row of a service.
func NewServiceRow(s domain.Service) ServiceRow {
	return ServiceRow{s.ID, s.Name, s.DefaultFormat, s.CreatedAt, s.UpdatedAt, moment(s.ArchivedAt), s.Version}
}

// UserRow is a user.
type UserRow struct {
	ID         string            `json:"id"`
	ServiceID  string            `json:"service_id"`
	Name       string            `json:"name"`
	ExternalID *string           `json:"external_id"`
	Metadata   map[string]string `json:"metadata"`
	CreatedAt  time.Time         `json:"created_at"`
	UpdatedAt  time.Time         `json:"updated_at"`
	ArchivedAt *time.Time        `json:"archived_at"`
	Version    eventlog.Version  `json:"version"`
}

// NewUserRow makes the row of a user.
func NewUserRow(service string, u domain.User) UserRow {
	row := UserRow{
		u.ID, service, u.Name, nil, u.Metadata, u.CreatedAt, u.UpdatedAt, moment(u.ArchivedAt), u.Version,
	}
	if u.ExternalID != "" {
		row.ExternalID = &u.ExternalID
	}
	return row
}

// EventTypeRow is an event type.
type EventTypeRow struct {
	ID          string           `json:"id"`
	ServiceID   string           `json:"service_id"`
	Name        string           `json:"name"`
	Description string           `json:"description"`
	Schema      jsontext.Value   `json:"schema"`
	Example     jsontext.Value   `json:"example"`
	CreatedAt   time.Time        `json:"created_at"`
	UpdatedAt   time.Time        `json:"updated_at"`
	ArchivedAt  *time.Time       `json:"archived_at"`
	Version     eventlog.Version `json:"version"`
}

// NewEventTypeRow makes the row of an event type.
func NewEventTypeRow(service string, t domain.EventType) EventTypeRow {
	return EventTypeRow{
		t.ID, service, t.Name, t.Description, t.Schema, t.Example, t.CreatedAt, t.UpdatedAt, moment(t.ArchivedAt), t.Version,
	}
}

// EndpointRow is an endpoint with its subscriptions. It has no secret.
type EndpointRow struct {
	ID                  string                `json:"id"`
	ServiceID           string                `json:"service_id"`
	UserID              string                `json:"user_id"`
	URL                 string                `json:"url"`
	Format              domain.Format         `json:"format"`
	Description         string                `json:"description"`
	Status              domain.EndpointStatus `json:"status"`
	Reason              *domain.PauseReason   `json:"reason"` // while paused
	StatusChanged       domain.Stamp          `json:"status_changed"`
	PreviousSecretUntil *time.Time            `json:"previous_secret_until"` // the former secret signs too until then
	CreatedAt           time.Time             `json:"created_at"`
	UpdatedAt           time.Time             `json:"updated_at"`
	RemovedAt           *time.Time            `json:"removed_at"`
	Version             eventlog.Version      `json:"version"`
	Subscriptions       []SubscriptionRow     `json:"subscriptions"`
}

// SubscriptionRow is an endpoint's subscription to an event type.
type SubscriptionRow struct {
	ID          string             `json:"id"`
	ServiceID   string             `json:"service_id"`
	EndpointID  string             `json:"endpoint_id"`
	UserID      string             `json:"user_id"`
	EventTypeID string             `json:"event_type_id"`
	Status      SubscriptionStatus `json:"status"`
	Changed     domain.Stamp       `json:"status_changed"`
	// Of the format sns, else null:
	Reason       *domain.FailReason `json:"reason"`
	ConfirmUntil *time.Time         `json:"confirm_until"`
	SNS          *domain.Link       `json:"sns"` // where its messages go, else what is to be confirmed, else what is to be taken down

	CreatedAt time.Time        `json:"created_at"`
	RemovedAt *time.Time       `json:"removed_at"`
	Version   eventlog.Version `json:"version"` // of the endpoint's stream when it last changed
}

// SubscriptionStatus is the state of a subscription.
type SubscriptionStatus string

// The states.
const (
	SubscriptionActive  SubscriptionStatus = "active"
	SubscriptionRemoved SubscriptionStatus = "removed"
	// Of the format sns: see domain.SubscriptionState.
	SubscriptionRequested SubscriptionStatus = "requested"
	SubscriptionPending   SubscriptionStatus = "pending_confirmation"
	SubscriptionExpired   SubscriptionStatus = "expired"
	SubscriptionFailed    SubscriptionStatus = "failed"
)

// NewEndpointRow makes the row of an endpoint. previous_secret_until is the newest overlap's end, past or not.
func NewEndpointRow(e domain.Endpoint) EndpointRow {
	row := EndpointRow{
		ID: e.ID, ServiceID: e.Service, UserID: e.UserID, URL: e.URL, Format: e.Format, Description: e.Description,
		Status: e.Status, StatusChanged: e.Changed, PreviousSecretUntil: moment(e.PreviousUntil(time.Time{})),
		CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt, Version: e.Version,
		Subscriptions: make([]SubscriptionRow, 0, len(e.Subscriptions)),
	}
	if e.PauseReason != "" {
		row.Reason = &e.PauseReason
	}
	if e.Removed() {
		row.RemovedAt = moment(e.Changed.At)
	}
	for _, s := range e.Subscriptions {
		row.Subscriptions = append(row.Subscriptions, newSubscriptionRow(e, s))
	}
	return row
}

func newSubscriptionRow(e domain.Endpoint, s domain.Subscription) SubscriptionRow {
	row := SubscriptionRow{
		ID: s.ID, ServiceID: e.Service, EndpointID: e.ID, UserID: e.UserID, EventTypeID: s.EventTypeID,
		Status: SubscriptionActive, Changed: s.Changed, CreatedAt: s.CreatedAt, Version: s.Version,
	}
	if s.Removed || e.Removed() {
		row.Status = SubscriptionRemoved
		if !s.Removed {
			row.Changed = e.Changed
		}
		row.RemovedAt = moment(row.Changed.At)
	} else if s.State != "" {
		row.Status, row.Reason, row.ConfirmUntil = SubscriptionStatus(s.State), present(s.Reason), moment(s.Until)
	}
	if held := s.Held(); len(held) > 0 {
		row.SNS = &held[0]
	}
	return row
}

// KeyRow is an API key, without its secret.
type KeyRow struct {
	ID        string           `json:"id"`
	Name      string           `json:"name"`
	Scopes    []domain.Scope   `json:"scopes"`
	ServiceID *string          `json:"service_id"`
	UserID    *string          `json:"user_id"`
	Holder    *domain.Holder   `json:"holder"`
	CreatedAt time.Time        `json:"created_at"`
	RevokedAt *time.Time       `json:"revoked_at"`
	Version   eventlog.Version `json:"version"`
}

// NewKeyRow makes the row of a key.
func NewKeyRow(k domain.APIKey) KeyRow {
	row := KeyRow{
		ID: k.ID, Name: k.Name, Scopes: k.Scopes, ServiceID: present(k.ServiceID), UserID: present(k.UserID),
		CreatedAt: k.CreatedAt, RevokedAt: moment(k.RevokedAt), Version: k.Version,
	}
	if k.Holder != (domain.Holder{}) {
		row.Holder = &k.Holder
	}
	return row
}

// DeliveryRow is a message's delivery to one endpoint.
type DeliveryRow struct {
	MessageID      string                `json:"message_id"`
	EndpointID     *string               `json:"endpoint_id"`   // null where no endpoint matched
	EventTypeID    *string               `json:"event_type_id"` // null of a test webhook of no type
	EventType      string                `json:"event_type"`
	UserID         *string               `json:"user_id"` // the message's; null for a broadcast
	Status         domain.DeliveryStatus `json:"status"`
	Attempts       int                   `json:"attempts"`
	LastStatusCode *int                  `json:"last_status_code"`
	LastAttemptAt  *time.Time            `json:"last_attempt_at"`
	Cause          *domain.Cause         `json:"cause"`
	NextAttemptAt  *time.Time            `json:"next_attempt_at"`
	AcceptedAt     time.Time             `json:"accepted_at"`
	EndedAt        *time.Time            `json:"ended_at"` // when it was delivered, failed or discarded
	Reason         *domain.SkipReason    `json:"reason"`   // of a skipped one, with since and by
	Since          *time.Time            `json:"since"`
	By             *string               `json:"by"`
	Plan           eventlog.Version      `json:"plan"` // version of the delivery's stream that made the standing plan
	Version        eventlog.Version      `json:"version"`
}

// NewDeliveryRow makes the row of a delivery.
func NewDeliveryRow(m domain.Message, endpoint string, d domain.Delivery) DeliveryRow {
	row := deliveryOf(m, endpoint)
	row.Status, row.Attempts, row.Plan, row.Version = d.Status(), d.Attempts, d.Plan, d.Version
	row.LastStatusCode, row.Cause = present(d.StatusCode), present(d.Cause)
	row.LastAttemptAt, row.EndedAt = moment(d.AttemptAt), moment(d.EndedAt)
	if d.Open() {
		due := d.Due
		if due.IsZero() {
			due = m.RoutedAt
		}
		row.NextAttemptAt = &due
	}
	return row
}

// NewSkippedRow makes the row of an endpoint that does not get the message.
func NewSkippedRow(m domain.Message, s domain.Skip) DeliveryRow {
	row := deliveryOf(m, s.EndpointID)
	row.Status, row.Reason, row.Since, row.By = domain.Skipped, &s.Reason, moment(s.Since), present(s.By)
	return row
}

func deliveryOf(m domain.Message, endpoint string) DeliveryRow {
	return DeliveryRow{
		MessageID: m.ID, EndpointID: present(endpoint), EventTypeID: present(m.Accepted.EventTypeID), EventType: m.Accepted.EventName,
		UserID: present(m.Accepted.UserID), AcceptedAt: m.AcceptedAt,
	}
}

// MessageRow is a message with what became of it.
type MessageRow struct {
	ID          string                        `json:"id"`
	ServiceID   string                        `json:"service_id"`
	EventTypeID *string                       `json:"event_type_id"`
	EventType   string                        `json:"event_type"`
	UserID      *string                       `json:"user_id"`
	Status      domain.DeliveryStatus         `json:"status"` // the worst of its deliveries
	Deliveries  map[domain.DeliveryStatus]int `json:"deliveries"`
	More        bool                          `json:"more,omitzero"` // further endpoints are yet to be decided on
	Test        bool                          `json:"test"`
	CreatedAt   time.Time                     `json:"created_at"`
	By          string                        `json:"by"`
	// Delivery is its part at one endpoint, in a list of what was sent to that one.
	Delivery *DeliveryRow `json:"delivery,omitzero"`
}

// total is how many deliveries a message has.
func (m MessageRow) total() (n int) {
	for _, count := range m.Deliveries {
		n += count
	}
	return n
}

// moment is nil for the zero time.
func moment(t time.Time) *time.Time { return present(t) }

// present is nil for a zero value.
func present[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
