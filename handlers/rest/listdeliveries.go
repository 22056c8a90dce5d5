package rest

import (
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// listDeliveries lists a message's deliveries, chunk after chunk of its audience: a page reads the chunks that it shows.
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
	message, err := a.message(ctx, c)
	if err != nil {
		return err
	}
	from, last, err := readPlace(request.Cursor)
	if err != nil {
		return err
	}
	within, err := a.within(ctx, c, f)
	if err != nil {
		return err
	}
	within.From = from
	var page projections.Page[projections.DeliveryRow]
	for m, err := range projections.ChunksOf(ctx, a.Log, c.service.ID, message, within) {
		if err != nil {
			return err
		}
		if m.Chunk < from {
			return noSuchPlace()
		}
		rows, err := a.deliveriesOf(ctx, c, m)
		if err != nil {
			return err
		}
		if m.Chunk == from && request.Cursor != "" {
			after := slices.IndexFunc(rows, func(r projections.DeliveryRow) bool { return or(r.EndpointID, "") == last })
			if after < 0 {
				return noSuchPlace()
			}
			rows = rows[after+1:]
		}
		for _, r := range rows {
			wanted, err := a.wantsDelivery(ctx, c, f, r)
			if err != nil {
				return err
			}
			if !wanted || status != "" && r.Status != status {
				continue
			}
			if len(page.Data) == request.Limit {
				return list(c, page, asItIs)
			}
			page.Data = append(page.Data, r)
			page.Next = place(m.Chunk, or(r.EndpointID, ""))
		}
	}
	page.Next = ""
	return list(c, page, asItIs)
}

// message is the path's message, its first chunk.
func (a *API) message(ctx context.Context, c *call) (domain.Message, error) {
	id, err := c.messageID()
	if err != nil {
		return domain.Message{}, err
	}
	m, err := eventlog.Load[domain.Message](ctx, a.Log, domain.MessageStream(c.service.ID, id))
	if err == nil && !m.State.Exists() {
		err = domain.Refuse(domain.NotFound, "", "no such message")
	}
	return m.State, err
}

// within is the part of a message's audience that a filter, and the caller, leave.
func (a *API) within(ctx context.Context, c *call, f projections.DeliveryFilter) (projections.Within, error) {
	w := projections.Within{User: c.caller.user()}
	if f.EndpointID != "" {
		e, err := a.Directory.Endpoint(ctx, c.service.ID, f.EndpointID)
		if err != nil || !e.Exists() {
			return w, err
		}
		return projections.Within{User: e.UserID, Endpoint: e.ID}, nil
	}
	if w.User == "" {
		w.User = f.UserID
	}
	return w, nil
}

// deliveriesOf are the deliveries of a chunk that the caller may see.
func (a *API) deliveriesOf(ctx context.Context, c *call, m domain.Message) ([]projections.DeliveryRow, error) {
	trail, err := projections.LoadChunk(ctx, a.Log, c.service.ID, m)
	if err == nil {
		trail, err = a.ownPart(ctx, c, trail)
	}
	return trail.Deliveries(), err
}

// place is a cursor: a chunk, and the endpoint that was shown last.
func place(chunk int, endpoint string) string {
	if chunk > 0 {
		endpoint = strconv.Itoa(chunk) + "/" + endpoint
	}
	return base64.RawURLEncoding.EncodeToString([]byte(endpoint))
}

func readPlace(cursor string) (chunk int, endpoint string, err error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return 0, "", noSuchPlace()
	}
	number, rest, further := strings.Cut(string(text), "/")
	if !further {
		return 0, number, nil
	}
	if chunk, err = strconv.Atoi(number); err != nil || chunk < 1 {
		return 0, "", noSuchPlace()
	}
	return chunk, rest, nil
}

func noSuchPlace() error {
	return domain.Refuse(domain.Invalid, "cursor", "is not a cursor of this list")
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
