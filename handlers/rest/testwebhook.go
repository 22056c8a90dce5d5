package rest

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
)

// testPayload is what a test webhook carries where no event type gives an example.
const testPayload = `{"message":"This is a test webhook. Nothing has happened."}`

// testEndpoint publishes an event type's example, or a small webhook of no type, to this endpoint alone.
func (a *API) testEndpoint(ctx context.Context, c *call) error {
	var body struct {
		EventType *string `json:"event_type"`
	}
	if err := c.decodeIfAny(&body); err != nil {
		return err
	}
	endpoint, err := a.endpoint(ctx, c)
	if err != nil {
		return err
	}
	n, err := a.creation(c, domain.PrefixMessage, c.service.ID, "test", endpoint.ID)
	if err != nil {
		return err
	}
	return a.accept(ctx, c, n, func() (domain.PublishMessage, error) {
		if err := a.receives(ctx, c, endpoint); err != nil {
			return domain.PublishMessage{}, err
		}
		cmd := domain.PublishMessage{
			Test: true, UserID: endpoint.UserID, Payload: jsontext.Value(testPayload),
			PayloadKey: domain.PayloadKey(c.service.ID, endpoint.UserID, a.now()),
			Routed:     domain.Routed{Targets: []string{endpoint.ID}},
		}
		if body.EventType == nil {
			return cmd, reaches(endpoint, "")
		}
		if cmd.EventType, err = a.eventTypeNamed(ctx, c.service.ID, "event_type", *body.EventType); err != nil {
			return cmd, err
		}
		if cmd.Payload = cmd.EventType.Example; cmd.Payload == nil {
			return cmd, domain.Refuse(domain.Invalid, "event_type", "has no example to send; give it one, or leave event_type out")
		}
		return cmd, reaches(endpoint, cmd.EventType.ID)
	})
}

// reaches refuses an endpoint of the format sns that SNS does not send to.
func reaches(e domain.Endpoint, eventType string) error {
	if e.Format == domain.SNS && !e.Reachable(eventType) {
		return domain.Refuse(domain.Conflict, "", "the endpoint has no confirmed subscription to send it by")
	}
	return nil
}

// receives refuses an endpoint that nothing is sent to now.
func (a *API) receives(ctx context.Context, c *call, e domain.Endpoint) error {
	if err := c.service.AcceptsCommands(); err != nil {
		return err
	}
	if err := e.AcceptsCommands(""); err != nil {
		return err
	}
	if e.Status == domain.EndpointStatusPaused {
		return domain.Refuse(domain.Conflict, "", "the endpoint is paused (%s); resume it first", e.PauseReason)
	}
	user, err := a.Directory.User(ctx, c.service.ID, e.UserID)
	if err == nil && user.Archived() {
		err = domain.Refuse(domain.Conflict, "", "the endpoint's user is archived")
	}
	return err
}
