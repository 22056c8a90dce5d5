package rest

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// secretAnswer is an endpoint's signing secret, as the Standard Webhooks specification writes it.
type secretAnswer struct {
	Secret              string     `json:"secret"`
	PreviousSecretUntil *time.Time `json:"previous_secret_until"` // the former secret signs too until then
}

// readSecret shows the secret that signs now, and records who was shown it before it is.
func (a *API) readSecret(ctx context.Context, c *call) error {
	if err := c.query().done(); err != nil {
		return err
	}
	id, err := c.endpointID()
	if err != nil {
		return err
	}
	endpoint, err := eventlog.Load[domain.Endpoint](ctx, a.Log, domain.EndpointStream(c.service.ID, id))
	if err != nil {
		return err
	}
	var reading eventlog.Loaded[domain.SecretReading]
	record := eventlog.On(domain.SecretReadingStream(c.service.ID, id, a.NewID()), domain.ReadSecret{Of: endpoint.State})
	if err := eventlog.ExecuteAll(ctx, a.Log, c.cause, record.Fresh().Into(&reading)); err != nil {
		return err
	}
	now := a.now()
	secret, err := a.Log.Reveal(ctx, endpoint.State.SigningAt(now)[0])
	if err != nil {
		return err
	}
	answer := secretAnswer{Secret: "whsec_" + base64.StdEncoding.EncodeToString(secret)}
	if until := endpoint.State.PreviousUntil(now); !until.IsZero() {
		answer.PreviousSecretUntil = &until
	}
	c.did(reading.Stream, reading.Version)
	return c.json(http.StatusOK, answer)
}
