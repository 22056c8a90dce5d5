package rest

import (
	"context"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// deliveryStates are the states that messages and deliveries can be filtered by.
var deliveryStates = []domain.DeliveryStatus{
	domain.Pending, domain.Retrying, domain.Delivered, domain.Failed, domain.Discarded, domain.Skipped,
}

func (a *API) listMessages(ctx context.Context, c *call) error {
	q := c.query()
	filter := projections.MessageFilter{
		UserID: q.id("user_id", domain.PrefixUser), EventType: q.text("event_type"),
		EndpointID: q.id("endpoint_id", domain.PrefixEndpoint),
		Status:     word(q, "status", deliveryStates...), Cause: q.cause("cause"),
	}
	filter.Since, filter.Until = q.span()
	request := q.page()
	if err := a.settle(ctx, c, q); err != nil {
		return err
	}
	page, err := a.Queries.Messages(ctx, c.service.ID, filter, request)
	if err != nil {
		return err
	}
	return list(c, page, asItIs)
}

func (a *API) getMessage(ctx context.Context, c *call) error {
	if err := c.query().done(); err != nil {
		return err
	}
	trail, err := a.trail(ctx, c)
	if err != nil {
		return err
	}
	payload, err := a.events(ctx, c).reveal("payload", trail.Message().Accepted.Payload)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, messageAnswer{trail.Row(), payload})
}

// messageAnswer is one message whole; lists leave the payload out.
type messageAnswer struct {
	projections.MessageRow
	Payload jsontext.Value `json:"payload"`
}

// trail is the trail of the path's message.
func (a *API) trail(ctx context.Context, c *call) (projections.MessageTrail, error) {
	id, err := c.messageID()
	if err != nil {
		return projections.MessageTrail{}, err
	}
	trail, err := projections.LoadTrail(ctx, a.Log, c.service.ID, id)
	if err == nil && !trail.Message().Exists() {
		err = domain.Refuse(domain.NotFound, "", "no such message")
	}
	return trail, err
}

func (c *call) messageID() (string, error) { return c.idOf("msg", domain.PrefixMessage, "message") }

// messageHistory answers every event of the message, unless the query asks for pages.
func (a *API) messageHistory(ctx context.Context, c *call) error {
	q := c.query()
	request := projections.PageRequest{Limit: q.limit(0), Cursor: q.text("cursor")}
	if err := q.done(); err != nil {
		return err
	}
	trail, err := a.trail(ctx, c)
	if err != nil {
		return err
	}
	page, err := pageOf(trail.Events(), request, func(r eventlog.Recorded) string { return r.ID }, all)
	if err != nil {
		return err
	}
	return list(c, page, a.events(ctx, c).show)
}

func all[T any](T) bool { return true }

func (a *API) listDeliveries(ctx context.Context, c *call) error {
	q := c.query()
	status, cause := word(q, "status", deliveryStates...), q.cause("cause")
	endpoint, request := q.id("endpoint_id", domain.PrefixEndpoint), q.page()
	if err := q.done(); err != nil {
		return err
	}
	trail, err := a.trail(ctx, c)
	if err != nil {
		return err
	}
	page, err := pageOf(trail.Deliveries(), request,
		func(r projections.DeliveryRow) string { return or(r.EndpointID, "") },
		func(r projections.DeliveryRow) bool {
			return (status == "" || r.Status == status) && (endpoint == "" || or(r.EndpointID, "") == endpoint) &&
				(cause == "" || (r.Cause != nil && *r.Cause == cause))
		})
	if err != nil {
		return err
	}
	return list(c, page, asItIs)
}
