package projections

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// MessageTrail is a message and all that became of it, folded from its roots in the log: its own, and one of each further
// chunk of its audience. Its zero value is a message that does not exist.
type MessageTrail struct {
	service string
	chunks  []chunkTrail // in order; those of other users may be missing (LoadTrailOf)
	// narrowed says that it is one user's part.
	narrowed bool
}

// chunkTrail is what a root has.
type chunkTrail struct {
	message    domain.Message
	deliveries map[string]domain.Delivery // by endpoint; a target without an entry is still as the chunk's first event planned it
	events     []eventlog.Recorded        // as the log gives them: stream by stream
}

// chunksAtOnce is how many roots of a message are read side by side.
const chunksAtOnce = 8

// LoadTrail reads a message's roots. A message that does not exist gives a trail whose Message does not.
func LoadTrail(ctx context.Context, l *eventlog.Log, service, message string) (MessageTrail, error) {
	first, err := loadChunk(ctx, l, service, message)
	if err != nil || !first.message.Exists() {
		return MessageTrail{}, err
	}
	t := MessageTrail{service: service, chunks: []chunkTrail{first}}
	for n := 1; t.last().Accepted.More != ""; n += chunksAtOnce {
		next := make([]chunkTrail, chunksAtOnce)
		var group errgroup.Group
		for i := range next {
			group.Go(func() (err error) {
				next[i], err = loadChunk(ctx, l, service, domain.ChunkRoot(message, n+i))
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return MessageTrail{}, err
		}
		there := slices.IndexFunc(next, func(c chunkTrail) bool { return !c.message.Exists() })
		if there >= 0 {
			t.chunks = append(t.chunks, next[:there]...)
			break
		}
		t.chunks = append(t.chunks, next...)
	}
	return t, nil
}

// LoadTrailOf reads a message's first root, and of the further ones those that hold a part of its audience.
func LoadTrailOf(ctx context.Context, l *eventlog.Log, service, message string, w Within) (MessageTrail, error) {
	first, err := loadChunk(ctx, l, service, message)
	if err != nil || !first.message.Exists() {
		return MessageTrail{}, err
	}
	t := MessageTrail{service: service, chunks: []chunkTrail{first}}
	for m, err := range ChunksOf(ctx, l, service, first.message, w) {
		if err != nil {
			return MessageTrail{}, err
		}
		if m.Chunk == 0 {
			continue
		}
		chunk, err := loadChunk(ctx, l, service, m.Root())
		if err != nil {
			return MessageTrail{}, err
		}
		t.chunks = append(t.chunks, chunk)
	}
	return t, nil
}

// LoadChunk reads one chunk of a message.
func LoadChunk(ctx context.Context, l *eventlog.Log, service string, m domain.Message) (MessageTrail, error) {
	chunk, err := loadChunk(ctx, l, service, m.Root())
	return MessageTrail{service: service, chunks: []chunkTrail{chunk}}, err
}

// loadChunk reads one root.
func loadChunk(ctx context.Context, l *eventlog.Log, service, root string) (chunkTrail, error) {
	chunk, err := foldChunk(l.Trail(ctx, service, root))
	if err != nil {
		return chunkTrail{}, fmt.Errorf("load the trail of %s/%s: %w", service, root, err)
	}
	return chunk, nil
}

func foldChunk(events iter.Seq2[eventlog.Recorded, error]) (chunkTrail, error) {
	c := chunkTrail{deliveries: map[string]domain.Delivery{}}
	for r, err := range events {
		if err != nil {
			return chunkTrail{}, err
		}
		c.events = append(c.events, r)
		if r.Stream.Leaf == "" {
			c.message = c.message.Evolve(r)
		} else {
			c.deliveries[r.Stream.Leaf] = c.deliveries[r.Stream.Leaf].Evolve(r)
		}
	}
	return c, nil
}

// Part is the trail as one user may see it: the deliveries to the user's own endpoints alone. meets is as PartOf's.
func (t MessageTrail) Part(user string, owns func(endpoint string) (bool, error)) (part MessageTrail, meets bool, err error) {
	if to := t.Message().Accepted.UserID; to != "" || len(t.chunks) == 0 {
		return t, to == user && len(t.chunks) > 0, nil
	}
	part = MessageTrail{service: t.service, narrowed: true, chunks: make([]chunkTrail, 0, len(t.chunks))}
	for _, c := range t.chunks {
		c, of, err := c.part(user, owns)
		if err != nil {
			return part, false, err
		}
		if of || c.message.Chunk == 0 {
			part.chunks = append(part.chunks, c)
		}
		meets = meets || of
	}
	return part, meets, nil
}

func (c chunkTrail) part(user string, owns func(endpoint string) (bool, error)) (part chunkTrail, meets bool, err error) {
	accepted, meets, err := PartOf(c.message.Accepted, user, owns)
	if err != nil {
		return c, false, err
	}
	c.message.Accepted = accepted
	events := c.events
	c.events = nil
	for _, r := range events {
		switch m := r.Event.(type) {
		case domain.MessageAccepted:
			m.Targets, m.Skipped, m.More = accepted.Targets, accepted.Skipped, ""
			r.Event = m
		case domain.MessageRouted:
			m.Targets, m.Skipped, m.After, m.More = accepted.Targets, accepted.Skipped, "", ""
			r.Event = m
		case domain.MessagePublished:
			if r.Event, err = publishedPart(m, owns); err != nil {
				return c, false, err
			}
		default:
			if !c.message.Targets(r.Stream.Leaf) {
				continue
			}
		}
		c.events = append(c.events, r)
	}
	return c, meets, nil
}

// Message is the message itself, its first chunk.
func (t MessageTrail) Message() domain.Message {
	if len(t.chunks) == 0 {
		return domain.Message{}
	}
	return t.chunks[0].message
}

// last is the last chunk.
func (t MessageTrail) last() domain.Message { return t.chunks[len(t.chunks)-1].message }

// Delivery is the state of one of the message's deliveries; ok is false where there is none.
func (t MessageTrail) Delivery(endpoint string) (d domain.Delivery, ok bool) {
	for _, c := range t.chunks {
		if c.message.Targets(endpoint) {
			return c.deliveries[endpoint], true
		}
	}
	return domain.Delivery{}, false
}

// Row is the message as lists show it.
func (t MessageTrail) Row() MessageRow {
	m := t.Message()
	row := MessageRow{
		ID: m.ID, ServiceID: t.service, EventTypeID: present(m.Accepted.EventTypeID), EventType: m.Accepted.EventName,
		UserID: present(m.Accepted.UserID), Deliveries: map[domain.DeliveryStatus]int{}, Test: m.Accepted.Test,
		CreatedAt: m.AcceptedAt, By: m.By, More: !t.narrowed && t.last().Accepted.More != "",
	}
	for _, c := range t.chunks {
		if n := len(c.message.Accepted.Skipped); n > 0 {
			row.Deliveries[domain.Skipped] += n
		}
		for _, endpoint := range c.message.Accepted.Targets {
			row.Deliveries[c.deliveries[endpoint].Status()]++
		}
	}
	statuses := make([]domain.DeliveryStatus, 0, len(row.Deliveries))
	for s := range row.Deliveries {
		statuses = append(statuses, s)
	}
	row.Status = domain.Worst(statuses)
	return row
}

// Deliveries is a row for each endpoint that gets the message or was skipped, chunk by chunk, there ordered by endpoint.
// Where no endpoint matched there is one skipped row without endpoint.
func (t MessageTrail) Deliveries() []DeliveryRow {
	var rows []DeliveryRow
	for _, c := range t.chunks {
		rows = append(rows, c.rows()...)
	}
	return rows
}

func (c chunkTrail) rows() []DeliveryRow {
	rows := make([]DeliveryRow, 0, len(c.message.Accepted.Targets)+len(c.message.Accepted.Skipped))
	for _, endpoint := range c.message.Accepted.Targets {
		rows = append(rows, NewDeliveryRow(c.message, endpoint, c.deliveries[endpoint]))
	}
	for _, s := range c.message.Accepted.Skipped {
		rows = append(rows, NewSkippedRow(c.message, s))
	}
	slices.SortStableFunc(rows, func(a, b DeliveryRow) int { return strings.Compare(value(a.EndpointID), value(b.EndpointID)) })
	return rows
}

// Events is the webhook's whole history, oldest first. Clocks of different writers may agree to the microsecond or
// disagree; an event still comes after the one it answers, and after its stream's earlier ones.
func (t MessageTrail) Events() []eventlog.Recorded {
	if len(t.chunks) == 1 {
		return inOrder(t.chunks[0].events)
	}
	var all []eventlog.Recorded
	for _, c := range t.chunks {
		all = append(all, c.events...)
	}
	return inOrder(all)
}

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
