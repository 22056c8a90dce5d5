package rest

import (
	"context"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// Directory answers look-ups that must be consistent: who may do what, who gets a message. It sees every command that
// was answered before, or says that it does not (Settled). What does not exist is a zero value, never an error.
type Directory interface {
	Service(ctx context.Context, id string) (domain.Service, error)
	User(ctx context.Context, service, id string) (domain.User, error)
	EventType(ctx context.Context, service, id string) (domain.EventType, error)
	// EventTypeNamed finds an event type that is not archived.
	EventTypeNamed(ctx context.Context, service, name string) (domain.EventType, error)
	// Schema is an event type's compiled schema, nil if it has none. Whoever implements it keeps what it compiled.
	Schema(domain.EventType) (*domain.Schema, error)
	projections.Candidates
	Endpoint(ctx context.Context, service, id string) (domain.Endpoint, error)
	Key(ctx context.Context, id string) (domain.APIKey, error)
	// Learn tells of a key as a command has just left it.
	Learn(domain.APIKey)
	// Settled waits until the directory has a stream as of a version, which was acknowledged before the call; false after
	// 2 s.
	Settled(ctx context.Context, s eventlog.Stream, v eventlog.Version) bool
}

// Queries answers lists, eventually consistent with the log. A cursor that is none of its own is a domain.Error of the
// kind Invalid on the field "cursor".
type Queries interface {
	Services(context.Context, projections.PageRequest) (projections.Page[projections.ServiceRow], error)
	Users(ctx context.Context, service string, f projections.UserFilter, p projections.PageRequest) (projections.Page[projections.UserRow], error)
	EventTypes(ctx context.Context, service string, f projections.EventTypeFilter, p projections.PageRequest) (projections.Page[projections.EventTypeRow], error)
	Endpoints(ctx context.Context, service string, f projections.EndpointFilter, p projections.PageRequest) (projections.Page[projections.EndpointRow], error)
	Subscriptions(ctx context.Context, service string, f projections.SubscriptionFilter, p projections.PageRequest) (projections.Page[projections.SubscriptionRow], error)
	Keys(context.Context, projections.PageRequest) (projections.Page[projections.KeyRow], error)
	Messages(ctx context.Context, service string, f projections.MessageFilter, p projections.PageRequest) (projections.Page[projections.MessageRow], error)
	// DeadLetters are failed deliveries that nobody retried or discarded, newest first.
	DeadLetters(ctx context.Context, service string, f projections.DeliveryFilter, p projections.PageRequest) (projections.Page[projections.DeliveryRow], error)
	// DeadLetterGroups counts them by endpoint and cause.
	DeadLetterGroups(ctx context.Context, service string, f projections.DeliveryFilter) (projections.Groups, error)
	// CountDeadLetters is how many there are, up to 100,000.
	CountDeadLetters(ctx context.Context, service string, f projections.DeliveryFilter) (int, error)
	// Jobs are a service's, or with eventlog.Above those that are no single service's, newest first.
	Jobs(ctx context.Context, service string, f projections.JobFilter, p projections.PageRequest) (projections.Page[projections.JobRow], error)
	// History is events of one service, or of all with service "".
	History(ctx context.Context, service string, f projections.HistoryFilter, p projections.PageRequest) (projections.Page[eventlog.Recorded], error)
	// Live is a service's events as they arrive. A cursor that is none of the feed's is a domain.Error of the kind Invalid on
	// the field "cursor".
	Live(ctx context.Context, service string, f projections.LiveFilter, r projections.LiveRequest) (projections.LivePage, error)
	Stats(ctx context.Context, service string, f projections.StatsFilter) (projections.Stats, error)
	Stuck(context.Context, projections.PageRequest) (projections.Page[projections.StuckRow], error)
	// RetryStuck gives a parked event to its consumer again; an unknown id is a domain.Error of the kind NotFound.
	RetryStuck(ctx context.Context, id string) error
	// After waits, for 2 s at most, until lists show a stream as of a version, and says whether they do.
	After(ctx context.Context, stream eventlog.Stream, version eventlog.Version) (fresh bool, err error)
}

// Handshakes confirms subscriptions whose format has a handshake. It asks the transport in the request and records the
// answer: the one effect that a command waits for.
type Handshakes interface {
	// Confirm hands a token back, and answers the endpoint after it. A token that SNS does not take is a domain.Error of the
	// kind Invalid on the field "token".
	Confirm(ctx context.Context, service, endpoint, eventType, token string, cause eventlog.Cause) (eventlog.Loaded[domain.Endpoint], error)
}

// KeyUses knows when each API key was used last.
type KeyUses interface {
	// Note tells of a use. It is called on each request, and must cost next to nothing.
	Note(ctx context.Context, key string, u projections.KeyUse)
	// Of is a key's newest known use; ok is false if there is none.
	Of(ctx context.Context, key string) (u projections.KeyUse, ok bool, err error)
}

// System is how this WebPlug is and how it does.
type System struct {
	Version    string     `json:"version"`
	Store      string     `json:"store"` // pebble, dynamodb
	StartedAt  time.Time  `json:"started_at"`
	Generation uint64     `json:"generation"`  // how often the read models were made anew
	RowsFormat uint64     `json:"rows_format"` // of the read models
	Position   uint64     `json:"log_position"`
	Consumers  []Consumer `json:"consumers"`
	Stuck      int        `json:"stuck"`   // streams that are set aside
	Waiting    int        `json:"waiting"` // attempts in memory
}

// Consumer is one who follows the event log.
type Consumer struct {
	Name string `json:"name"`
	Lag  uint64 `json:"lag"` // commits that it has not taken
	// LagMS is how long ago it was last seen to have none to take; 0 if it has none, nil if it was never seen so.
	LagMS *float64 `json:"lag_ms"`
}

// Check is one of the things that must be well for this process to be of use.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitzero"` // why not
}
