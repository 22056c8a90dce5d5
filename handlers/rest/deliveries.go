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
		return domain.RetryDelivery{Message: m, Endpoint: endpoint, Reason: reason}, err
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
	message, err := c.messageID()
	if err != nil {
		return err
	}
	endpoint, err := c.endpointID()
	if err != nil {
		return err
	}
	m, err := eventlog.Load[domain.Message](ctx, a.Log, domain.MessageStream(c.service.ID, message))
	if err != nil {
		return err
	}
	cmd, err := build(m.State, endpoint, body.Reason)
	if err != nil {
		return err
	}
	d, _, err := execute(ctx, a, c, false, domain.DeliveryStream(c.service.ID, message, endpoint), cmd, noClaims)
	if err != nil {
		return err
	}
	if d.Version > 0 {
		c.did(d.Stream, d.Version)
	} else { // nothing has happened to it but its acceptance
		c.did(m.Stream, m.Version)
	}
	return c.json(http.StatusAccepted, projections.NewDeliveryRow(m.State, endpoint, d.State))
}
