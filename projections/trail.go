package projections

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// MessageTrail is a message and all that became of it, folded from its root in the log. Its zero value is a message that
// does not exist.
type MessageTrail struct {
	service    string
	message    domain.Message
	deliveries map[string]domain.Delivery // by endpoint; a target without an entry is still as MessageAccepted planned it
	events     []eventlog.Recorded        // as the log gives them: stream by stream
}

// LoadTrail reads a message's root. A message that does not exist gives a trail whose Message does not.
func LoadTrail(ctx context.Context, l *eventlog.Log, service, message string) (MessageTrail, error) {
	trail, err := foldTrail(service, l.Trail(ctx, service, message))
	if err != nil {
		return MessageTrail{}, fmt.Errorf("load the trail of %s/%s: %w", service, message, err)
	}
	return trail, nil
}

func foldTrail(service string, events iter.Seq2[eventlog.Recorded, error]) (MessageTrail, error) {
	t := MessageTrail{service: service, deliveries: map[string]domain.Delivery{}}
	for r, err := range events {
		if err != nil {
			return MessageTrail{}, err
		}
		t.events = append(t.events, r)
		if r.Stream.Leaf == "" {
			t.message = t.message.Evolve(r)
		} else {
			t.deliveries[r.Stream.Leaf] = t.deliveries[r.Stream.Leaf].Evolve(r)
		}
	}
	return t, nil
}

// Part is the trail as one user may see it: the deliveries to the user's own endpoints alone. meets is as PartOf's.
func (t MessageTrail) Part(user string, owns func(endpoint string) (bool, error)) (part MessageTrail, meets bool, err error) {
	accepted, meets, err := PartOf(t.message.Accepted, user, owns)
	if err != nil || !meets || t.message.Accepted.UserID != "" {
		return t, meets, err
	}
	t.message.Accepted = accepted
	events := t.events
	t.events = nil
	for _, r := range events {
		switch {
		case r.Stream.Leaf == "":
			switch m := r.Event.(type) {
			case domain.MessageAccepted:
				m.Targets, m.Skipped = accepted.Targets, accepted.Skipped
				r.Event = m
			case domain.MessagePublished:
				if r.Event, err = publishedPart(m, owns); err != nil {
					return t, false, err
				}
			}
		case !t.message.Targets(r.Stream.Leaf):
			continue
		}
		t.events = append(t.events, r)
	}
	return t, true, nil
}

// Message is the message itself.
func (t MessageTrail) Message() domain.Message { return t.message }

// Delivery is the state of one of the message's deliveries; ok is false where there is none.
func (t MessageTrail) Delivery(endpoint string) (d domain.Delivery, ok bool) {
	return t.deliveries[endpoint], t.message.Targets(endpoint)
}

// Row is the message as lists show it.
func (t MessageTrail) Row() MessageRow {
	m := t.message
	row := MessageRow{
		ID: m.ID, ServiceID: t.service, EventTypeID: present(m.Accepted.EventTypeID), EventType: m.Accepted.EventName,
		UserID: present(m.Accepted.UserID), Deliveries: map[domain.DeliveryStatus]int{}, Test: m.Accepted.Test,
		CreatedAt: m.AcceptedAt, By: m.By,
	}
	if n := len(m.Accepted.Skipped); n > 0 {
		row.Deliveries[domain.Skipped] = n
	}
	for _, endpoint := range m.Accepted.Targets {
		row.Deliveries[t.deliveries[endpoint].Status()]++
	}
	statuses := make([]domain.DeliveryStatus, 0, len(row.Deliveries))
	for s := range row.Deliveries {
		statuses = append(statuses, s)
	}
	row.Status = domain.Worst(statuses)
	return row
}

// Deliveries is a row for each endpoint that gets the message or was skipped, ordered by endpoint. Where no endpoint
// matched there is one skipped row without endpoint.
func (t MessageTrail) Deliveries() []DeliveryRow {
	rows := make([]DeliveryRow, 0, len(t.message.Accepted.Targets)+len(t.message.Accepted.Skipped))
	for _, endpoint := range t.message.Accepted.Targets {
		rows = append(rows, NewDeliveryRow(t.message, endpoint, t.deliveries[endpoint]))
	}
	for _, s := range t.message.Accepted.Skipped {
		rows = append(rows, NewSkippedRow(t.message, s))
	}
	slices.SortStableFunc(rows, func(a, b DeliveryRow) int { return strings.Compare(value(a.EndpointID), value(b.EndpointID)) })
	return rows
}

// Events is the webhook's whole history, oldest first. Clocks of different writers may agree to the microsecond or
// disagree; an event still comes after the one it answers, and after its stream's earlier ones.
func (t MessageTrail) Events() []eventlog.Recorded { return inOrder(t.events) }

// inOrder sorts events by time, then root before leaf, then pulls before each event what it depends on. The input has
// each stream's events in order of version.
func inOrder(events []eventlog.Recorded) []eventlog.Recorded {
	byTime := make([]int, len(events))
	byID := make(map[string]int, len(events))
	for i, r := range events {
		byTime[i], byID[r.ID] = i, i
	}
	slices.SortStableFunc(byTime, func(a, b int) int {
		return cmp.Or(events[a].Time.Compare(events[b].Time), strings.Compare(events[a].Stream.Leaf, events[b].Stream.Leaf))
	})
	out := make([]eventlog.Recorded, 0, len(events))
	placed := make([]bool, len(events))
	var place func(i int)
	place = func(i int) {
		if placed[i] {
			return
		}
		placed[i] = true
		if i > 0 && events[i-1].Stream == events[i].Stream {
			place(i - 1)
		}
		if cause, ok := byID[events[i].CausationID]; ok {
			place(cause)
		}
		out = append(out, events[i])
	}
	for _, i := range byTime {
		place(i)
	}
	return out
}
