package projections

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// toPublish is a message, or a further chunk of one, that is to go to some of its endpoints by the format sns.
type toPublish struct {
	service, message string // message is the root
	eventType        string // whose lane it is in; "" for a test webhook of no type
	targets          []target
	again            bool // it may have been published before
	tries            int
	err              error // of the last try

	firstTopic string             // the topic that it is published to whoever is there; "" for none but its targets'
	queue      bool               // there also for WebPlug's own queue
	accepted   *eventlog.Recorded // its MessageAccepted, where it is at hand
	partOf     *toPublish         // what was asked for, where this is what is left of it
}

// whole is what was asked for.
func (t *toPublish) whole() *toPublish {
	if t.partOf != nil {
		return t.partOf
	}
	return t
}

// target is one endpoint of it. Plan is the round that asks for it.
type target struct {
	endpoint string
	plan     eventlog.Version
}

// SNSPublisher publishes messages to the topics of their event types, and records what SNS took. Who calls it when is
// another's care.
type SNSPublisher struct {
	Log       *eventlog.Log
	Endpoints Endpoints
	Transport Transport
	Mappings  *Mappings
	// Lost is told of an endpoint whose topic or subscription SNS does not have any more.
	Lost func(service, endpoint string)
}

// prepared is a message with its targets in one topic.
type prepared struct {
	item    *toPublish
	message eventlog.Loaded[domain.Message]
	body    string
	cause   eventlog.Cause
	to      []domain.PublishedTo
	first   bool // it is the topic's in any case
}

func (p prepared) outgoing() Outgoing {
	out := Outgoing{Body: p.body, First: p.first}
	for _, to := range p.to {
		out.To = append(out.To, to.Slot)
	}
	if p.first && p.item.queue {
		out.To, out.Service = append(out.To, domain.QueueSlot), p.item.service
	}
	return out
}

// publish publishes messages. It gives those that are to be tried again, each with why and with the targets that are left.
func (p *SNSPublisher) publish(ctx context.Context, items []*toPublish) (again []*toPublish) {
	byTopic := map[string][]prepared{}
	var mu sync.Mutex
	var preparing, sending errgroup.Group
	preparing.SetLimit(publishers)
	for _, item := range items {
		preparing.Go(func() error {
			parts, err := p.prepare(ctx, item)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				item.err, item.again = err, true
				item.tries++
				again = append(again, item)
			}
			for topic, part := range parts {
				byTopic[topic] = append(byTopic[topic], part)
			}
			return nil
		})
	}
	_ = preparing.Wait() // errors are kept with their items
	sending.SetLimit(publishers)
	for topic, list := range byTopic {
		for len(list) > 0 {
			n := fitting(list)
			now := list[:n]
			list = list[n:]
			sending.Go(func() error {
				left := p.send(ctx, topic, now)
				mu.Lock()
				defer mu.Unlock()
				again = append(again, left...)
				return nil
			})
		}
	}
	_ = sending.Wait()
	return again
}

// fitting is how many of the first messages fit one publish; at least one.
func fitting(list []prepared) int {
	size := 0
	for i, m := range list {
		size += m.outgoing().Size()
		if i > 0 && (i == MaxPublish || size > PublishBytes) {
			return i
		}
	}
	return len(list)
}

// prepare sorts a message's targets by topic. A target that needs no publish any more is ended here.
func (p *SNSPublisher) prepare(ctx context.Context, item *toPublish) (byTopic map[string]prepared, err error) {
	m, deliveries, err := p.load(ctx, item)
	if err != nil {
		return nil, err
	}
	links := map[string][]domain.PublishedTo{}
	for _, t := range item.targets {
		d, err := deliveries(domain.DeliveryStream(item.service, m.State.Root(), t.endpoint))
		if err != nil {
			return nil, err
		}
		link, ok, err := p.place(ctx, item.service, m.State, t, d)
		if err != nil {
			return nil, err
		}
		if ok {
			links[link.TopicARN] = append(links[link.TopicARN], domain.PublishedTo{EndpointID: t.endpoint, Slot: link.Slot, URL: link.URL, Plan: t.plan})
		}
	}
	if item.firstTopic != "" && links[item.firstTopic] == nil {
		links[item.firstTopic] = nil
	}
	if len(links) == 0 {
		return nil, nil
	}
	body, err := p.webhook(ctx, item.service, m.State)
	if err != nil {
		return nil, err
	}
	byTopic = make(map[string]prepared, len(links))
	for topic, to := range links {
		byTopic[topic] = prepared{item, m, body, publishCause(m.State), to, topic == item.firstTopic}
	}
	return byTopic, nil
}

// load reads a message, and says how its deliveries are found: where it is published for the first time, both are one
// reading of its root. One that goes to no endpoint by SNS is as its event has it.
func (p *SNSPublisher) load(ctx context.Context, item *toPublish) (
	m eventlog.Loaded[domain.Message], deliveries func(eventlog.Stream) (eventlog.Loaded[domain.Delivery], error), err error,
) {
	stream := domain.MessageStream(item.service, item.message)
	switch {
	case len(item.targets) == 0 && item.accepted != nil:
		return eventlog.Loaded[domain.Message]{Stream: stream, State: domain.Message{}.Evolve(*item.accepted)}, nil, nil
	case len(item.targets) == 1 && item.again:
		m, err = eventlog.Load[domain.Message](ctx, p.Log, stream)
		return m, func(s eventlog.Stream) (eventlog.Loaded[domain.Delivery], error) {
			return eventlog.Load[domain.Delivery](ctx, p.Log, s)
		}, err
	}
	var trail []eventlog.Recorded
	for r, err := range p.Log.Trail(ctx, item.service, item.message) {
		if err != nil {
			return m, nil, fmt.Errorf("load the trail of %s: %w", stream, err)
		}
		trail = append(trail, r)
	}
	m, err = eventlog.LoadFrom[domain.Message](trail, stream)
	return m, func(s eventlog.Stream) (eventlog.Loaded[domain.Delivery], error) {
		return eventlog.LoadFrom[domain.Delivery](trail, s)
	}, err
}

// webhook is what a message's endpoints get: all chunks the same.
func (p *SNSPublisher) webhook(ctx context.Context, service string, m domain.Message) (string, error) {
	if m.Chunk > 0 {
		first, err := eventlog.Load[domain.Message](ctx, p.Log, domain.MessageStream(service, m.ID))
		if err != nil {
			return "", err
		}
		m = first.State
	}
	payload, err := p.Log.Reveal(ctx, m.Accepted.Payload)
	if err != nil {
		return "", fmt.Errorf("open its payload: %w", err)
	}
	return string(domain.Webhook(m.ID, m.Accepted.EventName, m.AcceptedAt, payload)), nil
}

// publishCause is what the dispatcher's events of a message come from.
func publishCause(m domain.Message) eventlog.Cause {
	return eventlog.Cause{Actor: DispatchActor, CorrelationID: m.CorrelationID, CausationID: m.EventID, After: m.RoutedAt}
}

// place says where a target gets the message, or that it does not any more.
func (p *SNSPublisher) place(
	ctx context.Context, service string, m domain.Message, t target, d eventlog.Loaded[domain.Delivery],
) (link domain.Link, ok bool, err error) {
	if _, published := m.PublishedFor(t.endpoint, t.plan); published || !m.Targets(t.endpoint) || !d.State.Open() || d.State.Round != t.plan {
		return link, false, nil
	}
	e, err := p.Endpoints.Endpoint(ctx, service, t.endpoint)
	if err != nil {
		return link, false, err
	}
	var ended domain.Cause
	switch {
	case e.Removed():
		ended = domain.CauseEndpointRemoved
	case e.Status == domain.EndpointStatusPaused:
		ended = domain.CauseEndpointPaused
	default:
		if link, ok = e.LinkFor(m); ok {
			return link, true, nil
		}
		ended = domain.CauseUnconfirmed
	}
	return link, false, p.end(ctx, d, m, ended, e.Version)
}

func (p *SNSPublisher) end(ctx context.Context, d eventlog.Loaded[domain.Delivery], m domain.Message, cause domain.Cause, v eventlog.Version) error {
	step := eventlog.On(d.Stream, domain.EndDelivery{Plan: d.State.Plan, Cause: cause, EndpointVersion: v}).From(d).Lazy()
	return eventlog.ExecuteAll(ctx, p.Log, publishCause(m), step)
}

// send publishes to one topic. Mappings are written before, so that no report comes before them; a crash between the
// publish and the append publishes again, and reports of both are matched.
func (p *SNSPublisher) send(ctx context.Context, topic string, list []prepared) (again []*toPublish) {
	receipts := make([]Receipt, len(list))
	err := p.remember(ctx, topic, list)
	if err == nil {
		out := make([]Outgoing, len(list))
		for i, m := range list {
			out[i] = m.outgoing()
		}
		var taken []Receipt
		if taken, err = p.Transport.Publish(ctx, topic, out); err == nil {
			receipts = taken
		}
	}
	if err != nil && len(list) > 1 && asTransport(err).Final { // one of them is the reason
		for i := range list {
			again = append(again, p.send(ctx, topic, list[i:i+1])...)
		}
		return again
	}
	left := make([]*toPublish, len(list))
	var settling errgroup.Group
	for i, m := range list {
		if err != nil {
			receipts[i].Err = err
		}
		settling.Go(func() error {
			if err := p.settle(ctx, topic, m, receipts[i]); err != nil {
				left[i] = m.rest(err)
			}
			return nil
		})
	}
	_ = settling.Wait() // errors are kept with what is left
	return append(again, slices.DeleteFunc(left, func(t *toPublish) bool { return t == nil })...)
}

func (p *SNSPublisher) remember(ctx context.Context, topic string, list []prepared) error {
	rows, repeated := map[string]Mapping{}, false
	for _, m := range list {
		if len(m.to) == 0 {
			continue // no report will come
		}
		sum := mappingOf(m.body, m.message.State.Chunk)
		mapping, twice := rows[sum]
		if !twice {
			mapping = m.mapping(topic)
		}
		for _, to := range m.to {
			mapping.Targets[mappedAt(topic, to.URL)] = MappedTarget{to.EndpointID, to.Plan}
			repeated = repeated || to.Plan > 0
		}
		rows[sum] = mapping
		repeated = repeated || m.item.again || len(m.item.targets) > len(m.to) // in another topic
	}
	if len(rows) == 0 {
		return nil
	}
	return p.Mappings.Add(ctx, repeated, rows)
}

// mapping is what reports of a publish to a topic are found by.
func (p prepared) mapping(topic string) Mapping {
	m := Mapping{
		Service: p.item.service, Message: p.item.message, Targets: make(map[string]MappedTarget, len(p.to)),
		CorrelationID: p.cause.CorrelationID, CausationID: p.cause.CausationID, After: p.cause.After,
		UserID: p.message.State.Accepted.UserID,
	}
	for _, to := range p.to {
		m.Targets[mappedAt(topic, to.URL)] = MappedTarget{to.EndpointID, to.Plan}
	}
	return m
}

// settle records what SNS took, or ends what it refuses for good. An error says that it is to be tried again.
func (p *SNSPublisher) settle(ctx context.Context, topic string, m prepared, r Receipt) error {
	if r.Err == nil && len(m.to) == 0 {
		return nil // its outcomes tell that it was published
	}
	if r.Err == nil {
		event := domain.MessagePublished{TopicARN: topic, SNSMessageID: r.MessageID, To: m.to}
		step := eventlog.On(m.message.Stream, domain.RecordPublish{Published: event}).From(m.message).Lazy()
		if err := eventlog.ExecuteAll(ctx, p.Log, m.cause, step); err != nil {
			return err
		}
		return p.Mappings.Published(ctx, r.MessageID, m.mapping(topic))
	}
	failed := asTransport(r.Err)
	if failed.NoTopic && p.Lost != nil {
		for _, to := range m.to {
			p.Lost(m.item.service, to.EndpointID)
		}
	}
	if !failed.Final {
		return r.Err
	}
	for _, to := range m.to {
		if err := p.refuse(ctx, m.item, m.message.State, to.EndpointID); err != nil {
			return err
		}
	}
	if m.first && m.item.queue {
		return r.Err // the queue must get it another way
	}
	return nil
}

// refuse ends a delivery that SNS never takes.
func (p *SNSPublisher) refuse(ctx context.Context, item *toPublish, m domain.Message, endpoint string) error {
	d, err := eventlog.Load[domain.Delivery](ctx, p.Log, domain.DeliveryStream(item.service, item.message, endpoint))
	if err != nil {
		return err
	}
	return p.end(ctx, d, m, domain.CausePublishRefused, 0)
}

// rest is a message with the targets that it has in one topic, to be tried again.
func (p prepared) rest(err error) *toPublish {
	left := *p.item
	left.again, left.tries, left.err, left.targets, left.partOf = true, p.item.tries+1, err, nil, p.item.whole()
	if !p.first {
		left.firstTopic, left.queue = "", false
	}
	for _, to := range p.to {
		left.targets = append(left.targets, target{to.EndpointID, to.Plan})
	}
	return &left
}
