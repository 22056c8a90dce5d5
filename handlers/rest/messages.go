package rest

import (
	"context"
	"net/http"

	"github.com/go-json-experiment/json"
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
		Status:     word(q, "status", deliveryStates...), Cause: q.cause("cause"), Audience: c.caller.user(),
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
	body, err := wholeMessage(trail.Row(), payload)
	if err != nil {
		return err
	}
	writeBody(c.Response(), http.StatusOK, "application/json", body)
	return nil
}

// wholeMessage is one message with its payload, which lists leave out. The payload goes in byte for byte, as endpoints get
// it: an encoder would write its spaces and escapes anew.
func wholeMessage(row projections.MessageRow, payload jsontext.Value) ([]byte, error) {
	body, err := json.Marshal(row, json.Deterministic(true))
	if err != nil {
		return nil, err
	}
	body = append(body[:len(body)-1], `,"payload":`...)
	return append(append(body, payload...), '}', '\n'), nil
}

// trail is the trail of the path's message.
func (a *API) trail(ctx context.Context, c *call) (projections.MessageTrail, error) {
	id, err := c.messageID()
	if err != nil {
		return projections.MessageTrail{}, err
	}
	var trail projections.MessageTrail
	if user := c.caller.user(); user != "" {
		trail, err = projections.LoadTrailOf(ctx, a.Log, c.service.ID, id, projections.Within{User: user})
	} else {
		trail, err = projections.LoadTrail(ctx, a.Log, c.service.ID, id)
	}
	if err != nil {
		return trail, err
	}
	if !trail.Message().Exists() {
		return trail, domain.Refuse(domain.NotFound, "", "no such message")
	}
	return a.ownPart(ctx, c, trail)
}

// ownPart is a trail as the caller may see it.
func (a *API) ownPart(ctx context.Context, c *call, trail projections.MessageTrail) (projections.MessageTrail, error) {
	user := c.caller.user()
	if user == "" {
		return trail, nil
	}
	part, _, err := trail.Part(user, func(e string) (bool, error) { return a.owns(ctx, c, e) })
	return part, err
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
