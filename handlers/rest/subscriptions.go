package rest

import (
	"context"
	"fmt"
	"net/http"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// keyStream is where the Idempotency-Key of a subscription is claimed for it.
func (n creation) keyStream(service string) eventlog.Stream {
	return eventlog.Stream{Service: service, Root: domain.DerivedID("name_", service, "subscription "+n.key)}
}

// firstSubscription is the endpoint as the first request with this Idempotency-Key left it, or version 0 if there was
// none. Another request with the same key is refused.
func (a *API) firstSubscription(ctx context.Context, c *call, s *subscribing) (first eventlog.Loaded[domain.Endpoint], err error) {
	if s.key == "" {
		return first, nil
	}
	name, err := eventlog.Load[domain.Name](ctx, a.Log, s.keyStream(c.service.ID))
	if err != nil || name.State.Holder == "" {
		return first, err
	}
	var endpoint string
	endpoint, s.typeID, _ = domain.SplitSubscriptionID(name.State.Holder)
	first.Stream = domain.EndpointStream(c.service.ID, endpoint)
	key := domain.SubscriptionKey(c.service.ID, s.key)
	var added eventlog.Recorded
	for r, err := range a.Log.Read(ctx, first.Stream, 0) {
		if err != nil {
			return first, fmt.Errorf("read %s: %w", first.Stream, err)
		}
		if added.ID != "" && !sameCommand(added, r) {
			break
		}
		first.State, first.Version = first.State.Evolve(r), r.Version
		if e, ok := r.Event.(domain.SubscriptionAdded); ok && e.Key == key {
			if e.Request != s.request {
				return first, reused()
			}
			added = r
		}
	}
	return first, nil
}

// getSubscription shows a subscription as routing sees it.
func (a *API) getSubscription(ctx context.Context, c *call) error {
	if err := c.query().done(); err != nil {
		return err
	}
	endpointID, typeID, err := c.subscriptionID()
	if err != nil {
		return err
	}
	endpoint, err := a.Directory.Endpoint(ctx, c.service.ID, endpointID)
	if err != nil {
		return err
	}
	shown, err := a.shownSubscription(ctx, c, endpoint, typeID)
	if err != nil {
		return err
	}
	a.inForce(ctx, c, endpoint)
	return c.json(http.StatusOK, shown)
}

func (a *API) shownSubscription(ctx context.Context, c *call, e domain.Endpoint, typeID string) (subscriptionAnswer, error) {
	for _, row := range projections.NewEndpointRow(e).Subscriptions {
		if row.EventTypeID == typeID {
			return a.parents(c).showSubscription(ctx, row)
		}
	}
	return subscriptionAnswer{}, noSuchSubscription()
}

func noSuchSubscription() error { return domain.Refuse(domain.NotFound, "", "no such subscription") }

// subscriptionID takes the path's id apart.
func (c *call) subscriptionID() (endpoint, eventType string, err error) {
	endpoint, eventType, ok := domain.SplitSubscriptionID(c.Param("sub"))
	if !ok {
		return "", "", noSuchSubscription()
	}
	return endpoint, eventType, nil
}

func (a *API) unsubscribe(ctx context.Context, c *call) error {
	endpointID, typeID, err := c.subscriptionID()
	if err != nil {
		return err
	}
	stream := domain.EndpointStream(c.service.ID, endpointID)
	endpoint, _, err := execute(ctx, a, c, false, stream, domain.RemoveSubscription{EventTypeID: typeID}, endpointClaims)
	if err != nil {
		return err
	}
	c.did(endpoint.Stream, endpoint.Version)
	return a.changed(ctx, c, http.StatusNoContent, nil)
}

func (a *API) listSubscriptions(ctx context.Context, c *call) error {
	q := c.query()
	filter := projections.SubscriptionFilter{
		UserID: c.onlyUser(q.id("user_id", domain.PrefixUser)), EndpointID: q.id("endpoint_id", domain.PrefixEndpoint),
		Status: word(q, "status", projections.SubscriptionActive, projections.SubscriptionRemoved, projections.SubscriptionRequested,
			projections.SubscriptionPending, projections.SubscriptionExpired, projections.SubscriptionFailed),
	}
	eventType, request := q.text("event_type"), q.page()
	if err := a.settle(ctx, c, q); err != nil {
		return err
	}
	p := a.parents(c)
	show := func(r projections.SubscriptionRow) (subscriptionAnswer, error) { return p.showSubscription(ctx, r) }
	if eventType != "" {
		kind, err := a.Directory.EventTypeNamed(ctx, c.service.ID, eventType)
		if err != nil {
			return err
		}
		if !kind.Exists() { // what does not exist matches nothing
			return list(c, projections.Page[projections.SubscriptionRow]{}, show)
		}
		filter.EventTypeID = kind.ID
	}
	page, err := a.Queries.Subscriptions(ctx, c.service.ID, filter, request)
	if err != nil {
		return err
	}
	return list(c, page, show)
}
