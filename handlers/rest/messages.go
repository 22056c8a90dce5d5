package rest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

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
	trail, err := projections.LoadTrail(ctx, a.Log, c.service.ID, id)
	if err == nil && !trail.Message().Exists() {
		err = domain.Refuse(domain.NotFound, "", "no such message")
	}
	if user := c.caller.user(); err == nil && user != "" {
		trail, _, err = trail.Part(user, func(e string) (bool, error) { return a.owns(ctx, c, e) })
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
	f := projections.DeliveryFilter{
		UserID: q.id("user_id", domain.PrefixUser), EventType: q.text("event_type"),
		EndpointID: q.id("endpoint_id", domain.PrefixEndpoint), Cause: q.cause("cause"),
	}
	status, request := word(q, "status", deliveryStates...), q.page()
	f.Since, f.Until = q.span()
	if err := q.done(); err != nil {
		return err
	}
	trail, err := a.trail(ctx, c)
	if err != nil {
		return err
	}
	var failed error
	page, err := pageOf(trail.Deliveries(), request,
		func(r projections.DeliveryRow) string { return or(r.EndpointID, "") },
		func(r projections.DeliveryRow) bool {
			ok, err := a.wantsDelivery(ctx, c, f, r)
			failed = errors.Join(failed, err)
			return ok && (status == "" || r.Status == status)
		})
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	return list(c, page, asItIs)
}

// wantsDelivery says whether a filter wants a delivery of one message.
func (a *API) wantsDelivery(ctx context.Context, c *call, f projections.DeliveryFilter, r projections.DeliveryRow) (bool, error) {
	changed := slices.MaxFunc([]time.Time{r.AcceptedAt, or(r.LastAttemptAt, r.AcceptedAt), or(r.EndedAt, r.AcceptedAt)}, time.Time.Compare)
	switch endpoint := or(r.EndpointID, ""); {
	case f.EndpointID != "" && endpoint != f.EndpointID, f.EventType != "" && r.EventType != f.EventType,
		f.Cause != "" && or(r.Cause, "") != f.Cause, changed.Before(f.Since), !f.Until.IsZero() && !changed.Before(f.Until):
		return false, nil
	case f.UserID == "":
		return true, nil
	default:
		e, err := a.Directory.Endpoint(ctx, c.service.ID, endpoint)
		return e.Exists() && e.UserID == f.UserID, err
	}
}
