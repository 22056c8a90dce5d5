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

// accepted reads a message, or a chunk of it, with its webhook.
func (d *Dispatcher) accepted(ctx context.Context, s eventlog.Stream) (acceptedMessage, error) {
	return d.messages.get(s, func() (a acceptedMessage, weight int, err error) {
		loaded, err := eventlog.Load[domain.Message](ctx, d.Log, s)
		if err != nil {
			return a, 0, err
		}
		a.message = loaded.State
		weight = 1024 + 64*len(a.message.Accepted.Targets)
		if a.message.Chunk > 0 {
			first, err := d.accepted(ctx, domain.MessageStream(s.Service, a.message.ID))
			a.body = first.body
			return a, weight, err
		}
		payload, err := d.Log.Reveal(ctx, a.message.Accepted.Payload)
		if err != nil {
			return a, 0, fmt.Errorf("open the payload of %s: %w", s.Root, err)
		}
		a.body = domain.Webhook(s.Root, a.message.Accepted.EventName, a.message.AcceptedAt, payload)
		a.message.Accepted.Payload, a.message.Accepted.Skipped = eventlog.Sealed{}, nil
		return a, weight + len(a.body), nil
	})
}

// webhook is the body of a message whose first event, or a further chunk's, has just been appended.
func (d *Dispatcher) webhook(ctx context.Context, r eventlog.Recorded) ([]byte, error) {
	e, ok := r.Event.(domain.MessageAccepted)
	if !ok {
		message, _ := domain.MessageOf(r.Stream.Root)
		first, err := d.accepted(ctx, domain.MessageStream(r.Stream.Service, message))
		return first.body, err
	}
	payload, err := d.Log.Reveal(ctx, e.Payload)
	if err != nil {
		return nil, err
	}
	return domain.Webhook(r.Stream.Root, e.EventName, r.Time, payload), nil
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
			Actor: DispatchActor, CorrelationID: m.message.CorrelationID, CausationID: m.message.EventID, After: m.message.RoutedAt,
		},
		State: &state,
	}
	if state.State.PlannedBy != "" {
		p.Cause.CausationID = state.State.PlannedBy
	}
	return p, true, nil
}
