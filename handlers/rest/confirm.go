package rest

import (
	"context"
	"net/http"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// confirmSubscription is for formats with a handshake: it hands back the token that the endpoint was sent.
func (a *API) confirmSubscription(ctx context.Context, c *call) error {
	var body struct {
		Token        string `json:"token"`
		SubscribeURL string `json:"subscribe_url"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	endpoint, typeID, err := a.handshaking(ctx, c)
	if err != nil {
		return err
	}
	if err := endpoint.Confirmable(typeID); err != nil {
		return err
	}
	token, err := domain.HandshakeToken(endpoint, typeID, body.Token, body.SubscribeURL)
	if err != nil {
		return err
	}
	if a.Handshakes == nil {
		return domain.Refuse(domain.Unavailable, "", "there is no SNS to confirm it with")
	}
	confirmed, err := a.Handshakes.Confirm(ctx, c.service.ID, endpoint.ID, typeID, token, c.cause)
	if err != nil {
		return err
	}
	return a.handshaken(ctx, c, http.StatusOK, confirmed, typeID)
}

// requestHandshake asks for a new SubscriptionConfirmation; reconcile sees to it.
func (a *API) requestHandshake(ctx context.Context, c *call) error {
	if err := c.decodeIfAny(&struct{}{}); err != nil {
		return err
	}
	if err := c.service.AcceptsCommands(); err != nil {
		return err
	}
	endpoint, typeID, err := a.handshaking(ctx, c)
	if err != nil {
		return err
	}
	stream := domain.EndpointStream(c.service.ID, endpoint.ID)
	after, _, err := execute(ctx, a, c, false, stream, domain.RequestHandshake{EventTypeID: typeID}, endpointClaims)
	if err != nil {
		return err
	}
	return a.handshaken(ctx, c, http.StatusAccepted, after, typeID)
}

// handshaking is the endpoint of the path's subscription.
func (a *API) handshaking(ctx context.Context, c *call) (domain.Endpoint, string, error) {
	endpointID, typeID, err := c.subscriptionID()
	if err != nil {
		return domain.Endpoint{}, "", err
	}
	endpoint, err := a.Directory.Endpoint(ctx, c.service.ID, endpointID)
	if err != nil {
		return endpoint, "", err
	}
	if _, ok := endpoint.Subscription(typeID); !ok {
		return endpoint, "", noSuchSubscription()
	}
	return endpoint, typeID, nil
}

func (a *API) handshaken(ctx context.Context, c *call, status int, e eventlog.Loaded[domain.Endpoint], typeID string) error {
	c.did(e.Stream, e.Version)
	shown, err := a.shownSubscription(ctx, c, e.State, typeID)
	if err != nil {
		return err
	}
	return a.changed(ctx, c, status, shown)
}
