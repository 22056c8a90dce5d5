package rest

import (
	"context"
	"time"

	"webplug/domain"
	"webplug/projections"
)

// Archiving is one event on what is archived and none on its children: they answer their parent's archived_at, joined
// here when they are shown.

// archivedWith is a thing's own archived_at, else that of the first parent that has one.
func archivedWith(own *time.Time, parents ...time.Time) *time.Time {
	for _, p := range parents {
		if own == nil && !p.IsZero() {
			own = &p
		}
	}
	return own
}

// endpointAnswer is an endpoint as the API shows it.
type endpointAnswer struct {
	projections.EndpointRow
	ArchivedAt *time.Time `json:"archived_at"` // of its user or service
}

// subscriptionAnswer is a subscription as the API shows it.
type subscriptionAnswer struct {
	projections.SubscriptionRow
	EventType  string     `json:"event_type"`  // the type's name
	ArchivedAt *time.Time `json:"archived_at"` // of its event type, user or service
}

// parents remembers what one answer's rows have in common.
type parents struct {
	directory Directory
	service   domain.Service
	users     map[string]domain.User
	types     map[string]domain.EventType
}

func (a *API) parents(c *call) *parents {
	return &parents{a.Directory, c.service, map[string]domain.User{}, map[string]domain.EventType{}}
}

func (p *parents) user(ctx context.Context, id string) (domain.User, error) {
	u, ok := p.users[id]
	if ok {
		return u, nil
	}
	u, err := p.directory.User(ctx, p.service.ID, id)
	p.users[id] = u
	return u, err
}

func (p *parents) eventType(ctx context.Context, id string) (domain.EventType, error) {
	t, ok := p.types[id]
	if ok {
		return t, nil
	}
	t, err := p.directory.EventType(ctx, p.service.ID, id)
	p.types[id] = t
	return t, err
}

func (p *parents) showEndpoint(ctx context.Context, row projections.EndpointRow) (endpointAnswer, error) {
	user, err := p.user(ctx, row.UserID)
	return endpointAnswer{row, archivedWith(nil, user.ArchivedAt, p.service.ArchivedAt)}, err
}

func (p *parents) showSubscription(ctx context.Context, row projections.SubscriptionRow) (subscriptionAnswer, error) {
	user, err := p.user(ctx, row.UserID)
	if err != nil {
		return subscriptionAnswer{}, err
	}
	kind, err := p.eventType(ctx, row.EventTypeID)
	archived := archivedWith(nil, kind.ArchivedAt, user.ArchivedAt, p.service.ArchivedAt)
	return subscriptionAnswer{row, kind.Name, archived}, err
}
