package projections

import (
	"context"
	"fmt"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// acceptedMessage is what the attempts of one message share.
type acceptedMessage struct {
	message domain.Message // without payload and skipped ones
	body    []byte         // the webhook
}

// acceptedBytes bounds the messages that are kept for the next of their deliveries.
const acceptedBytes = 16 << 20

// accepted reads a message with its webhook.
func (d *Dispatcher) accepted(ctx context.Context, s eventlog.Stream) (acceptedMessage, error) {
	return d.messages.get(s, func() (a acceptedMessage, weight int, err error) {
		loaded, err := eventlog.Load[domain.Message](ctx, d.Log, s)
		if err != nil {
			return a, 0, err
		}
		a.message = loaded.State
		payload, err := d.Log.Reveal(ctx, a.message.Accepted.Payload)
		if err != nil {
			return a, 0, fmt.Errorf("open the payload of %s: %w", s.Root, err)
		}
		a.body = domain.Webhook(s.Root, a.message.Accepted.EventName, a.message.AcceptedAt, payload)
		a.message.Accepted.Payload, a.message.Accepted.Skipped = eventlog.Sealed{}, nil
		return a, 1024 + len(a.body) + 64*len(a.message.Accepted.Targets), nil
	})
}

// Replan reads a delivery from the log and plans its next attempt, if one is planned for a time at or before now.
func (d *Dispatcher) Replan(ctx context.Context, service, message, endpoint string, now time.Time) (Planned, bool, error) {
	state, err := eventlog.Load[domain.Delivery](ctx, d.Log, domain.DeliveryStream(service, message, endpoint))
	if err != nil || !state.State.Open() || state.State.Due.After(now) {
		return Planned{}, false, err
	}
	m, err := d.accepted(ctx, domain.MessageStream(service, message))
	if err != nil || !m.message.Targets(endpoint) {
		return Planned{}, false, err
	}
	p := Planned{
		Service: service, Message: message, Endpoint: endpoint, Plan: state.State.Plan, Body: m.body,
		Cause: eventlog.Cause{
			Actor: DispatchActor, CorrelationID: m.message.CorrelationID, CausationID: m.message.EventID, After: m.message.AcceptedAt,
		},
		State: &state,
	}
	if state.State.PlannedBy != "" {
		p.Cause.CausationID = state.State.PlannedBy
	}
	return p, true, nil
}
