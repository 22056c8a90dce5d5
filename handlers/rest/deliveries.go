package rest

import (
	"context"
	"net/http"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// reasoned is the body of what a person does to a delivery.
type reasoned struct {
	Reason string `json:"reason"`
}

// retryDelivery asks for one delivery to be tried again.
func (a *API) retryDelivery(ctx context.Context, c *call) error {
	return a.changeDelivery(ctx, c, func(m domain.Message, id, reason string) (eventlog.Command[domain.Delivery], error) {
		if err := c.service.AcceptsCommands(); err != nil {
			return nil, err
		}
		endpoint, err := a.Directory.Endpoint(ctx, c.service.ID, id)
		endpoint.ID = id // an endpoint that never was has no delivery either
		retry := domain.RetryDelivery{Message: m, Endpoint: endpoint, Reason: reason}
		if err != nil || endpoint.Format != domain.SNS || m.Accepted.EventTypeID == "" {
			return retry, err
		}
		t, err := a.Directory.EventType(ctx, c.service.ID, m.Accepted.EventTypeID)
		retry.TopicGone = domain.TopicGone(t, c.service, a.Clock())
		return retry, err
	})
}

// discardDelivery ends one delivery that shall not be tried again.
func (a *API) discardDelivery(ctx context.Context, c *call) error {
	return a.changeDelivery(ctx, c, func(m domain.Message, id, reason string) (eventlog.Command[domain.Delivery], error) {
		return domain.DiscardDelivery{Message: m, EndpointID: id, Reason: reason}, nil
	})
}

func (a *API) changeDelivery(
	ctx context.Context, c *call, build func(m domain.Message, endpoint, reason string) (eventlog.Command[domain.Delivery], error),
) error {
	var body reasoned
	if err := c.decodeIfAny(&body); err != nil {
		return err
	}
	m, endpoint, err := a.chunkOfDelivery(ctx, c)
	if err != nil {
		return err
	}
	cmd, err := build(m, endpoint, body.Reason)
	if err != nil {
		return err
	}
	d, _, err := execute(ctx, a, c, false, domain.DeliveryStream(c.service.ID, m.Root(), endpoint), cmd, noClaims)
	if err != nil {
		return err
	}
	if d.Version > 0 {
		c.did(d.Stream, d.Version)
	} else { // nothing has happened to it but its acceptance
		c.did(domain.MessageStream(c.service.ID, m.Root()), m.Version)
	}
	return c.json(http.StatusAccepted, projections.NewDeliveryRow(m, endpoint, d.State))
}

// chunkOfDelivery is the chunk of the path's message that decided on the path's endpoint; if none did, any.
func (a *API) chunkOfDelivery(ctx context.Context, c *call) (m domain.Message, endpoint string, err error) {
	if _, err := c.messageID(); err != nil {
		return m, "", err
	}
	if endpoint, err = c.endpointID(); err != nil {
		return m, "", err
	}
	if m, err = a.message(ctx, c); err != nil || m.Accepted.More == "" {
		return m, endpoint, err
	}
	within, err := a.within(ctx, c, projections.DeliveryFilter{EndpointID: endpoint})
	if err != nil {
		return m, endpoint, err
	}
	for chunk, err := range projections.ChunksOf(ctx, a.Log, c.service.ID, m, within) {
		return chunk, endpoint, err
	}
	return m, endpoint, nil
}
