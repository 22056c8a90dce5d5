package projections

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// SNS is the format sns on one machine: it follows the feed, reconciles topics and subscriptions, publishes messages, and on
// a schedule looks for what was missed. What it has in memory may be dropped: the log and the due rows have all of it.
type SNS struct {
	Reconciler *Reconciler
	Publisher  *SNSPublisher
	Reports    *SNSReports
	Directory  *Directory
	Rows       DueRows
	Log        *eventlog.Log
	Now        eventlog.Clock
	Park       func(eventlog.Stream, error) // told of deliveries that cannot be read
	Logger     *slog.Logger

	rings *rings
	lanes publishLanes
}

const (
	// overdueEvery is how often deliveries that SNS told nothing of are looked for, and waiting reports tried again.
	overdueEvery = time.Minute
	// reportsEvery is how often reports that have just begun to wait are tried again.
	reportsEvery = 2 * time.Second
	// driftEvery is how often confirmed subscriptions are looked at.
	driftEvery = time.Hour
	// sweepLimit bounds what is taken from one endpoint's due rows at once.
	sweepLimit = 50_000
)

// Prepare comes before Run, and before anything is taken from the transport.
func (s *SNS) Prepare() {
	s.rings = newRings()
	s.lanes = publishLanes{sns: s, lanes: map[ringKey]*publishLane{}, active: map[string]eventlog.Version{}, places: make(chan struct{}, publishers)}
	s.Publisher.Lost = func(service, endpoint string) { s.rings.ring(ringKey{service, endpoint}, s.Now(), true) }
	s.Reports.Proved = func(service, endpoint string) { s.rings.ring(ringKey{service, endpoint}, s.Now(), false) }
}

// Run follows the feed until ctx ends, and waits for what is under way.
func (s *SNS) Run(ctx context.Context, feed eventlog.Feed) error {
	var working sync.WaitGroup
	defer working.Wait()
	defer s.lanes.wait()
	working.Go(func() { s.rings.run(ctx, s.Now, s.reconcile) })
	working.Go(func() {
		// The directory may be behind the log after a crash; what it does not know yet would not ring.
		for s.Directory.settled(ctx) != nil {
			if !sleep(ctx, time.Second) {
				return
			}
		}
		s.ringAll(false)
		s.schedule(ctx)
	})
	for {
		from := feed.Head()
		err := s.sweep(ctx, true)
		if err == nil {
			err = feed.Follow(ctx, from, s.takeAll)
		}
		if ctx.Err() != nil {
			return nil
		}
		s.Logger.Error("publishing to topics waits for the event log", "error", err)
		if !sleep(ctx, time.Second) {
			return nil
		}
	}
}

func (s *SNS) schedule(ctx context.Context) {
	drift, next := s.Now().Add(driftEvery), s.Now().Add(overdueEvery)
	for sleep(ctx, reportsEvery) {
		now := s.Now()
		if now.Before(next) {
			if !s.Reports.hurried() {
				continue
			}
			if err := s.Reports.Retry(ctx); err != nil && ctx.Err() == nil {
				s.Logger.Error("waiting reports cannot be tried again", "error", err)
			}
			continue
		}
		next = now.Add(overdueEvery)
		if err := s.Tick(ctx, !now.Before(drift)); err != nil && ctx.Err() == nil {
			s.Logger.Error("what is overdue cannot be read", "error", err)
		}
		if !now.Before(drift) {
			drift = now.Add(driftEvery)
		}
	}
}

// Tick does what the schedule does each time: it ends deliveries that SNS told nothing of, and tries waiting reports again.
// With drift it also has everything looked at that SNS has.
func (s *SNS) Tick(ctx context.Context, drift bool) error {
	err := s.sweep(ctx, s.lanes.takeBehind())
	err = errors.Join(err, s.Reports.Retry(ctx))
	if drift {
		s.ringAll(true)
	}
	return err
}

// ringAll rings every endpoint of the format sns, and their event types.
func (s *SNS) ringAll(drift bool) {
	now := s.Now()
	for _, e := range s.Directory.AllViaSNS() {
		s.rings.ring(ringKey{e.Service, e.ID}, now, drift)
		for _, sub := range e.Subscriptions {
			s.rings.ring(ringKey{e.Service, sub.EventTypeID}, now, drift)
		}
	}
}

func (s *SNS) reconcile(ctx context.Context, key ringKey, drift bool) (next time.Time, err error) {
	if strings.HasPrefix(key.id, domain.PrefixEndpoint) {
		next, err = s.Reconciler.Endpoint(ctx, key.service, key.id, drift)
	} else {
		next, err = s.Reconciler.EventType(ctx, key.service, key.id, drift)
	}
	if err != nil && ctx.Err() == nil {
		s.Logger.Warn("SNS is not as it shall be; it is tried again", "service", key.service, "id", key.id, "error", err)
	}
	return next, err
}

// Confirm hands a token back, and has what the subscription replaces taken down.
func (s *SNS) Confirm(ctx context.Context, service, endpoint, eventType, token string, cause eventlog.Cause) (eventlog.Loaded[domain.Endpoint], error) {
	after, err := s.Reconciler.Confirm(ctx, service, endpoint, eventType, token, cause)
	s.rings.ring(ringKey{service, endpoint}, s.Now(), false)
	return after, err
}

func (s *SNS) takeAll(_ context.Context, _ eventlog.Position, records []eventlog.Record) error {
	unused := !s.Directory.AnyViaSNS() // then no message has one among its targets: they were chosen from the directory
	for _, rec := range records {
		switch k := kindOf(rec.Stream); k {
		case kindMessage, kindDelivery, kindEndpoint, kindEventType, kindService:
			if unused && (k == kindMessage || k == kindDelivery) {
				continue
			}
			if r, err := s.Log.Decode(rec); err == nil { // else the projector sets it aside
				s.take(r)
			}
		default: // nothing is sent to SNS for it
		}
	}
	return nil
}

// take acts on one event.
func (s *SNS) take(r eventlog.Recorded) {
	service := r.Stream.Service
	switch e := r.Event.(type) {
	case domain.MessageAccepted:
		s.takeAudience(r, e.EventTypeID)
	case domain.MessageRouted:
		s.takeAudience(r, e.EventTypeID)
	case domain.RetryRequested:
		if s.Directory.ViaSNS(service, r.Stream.Leaf) {
			s.lanes.add(&toPublish{service: service, message: r.Stream.Root, targets: []target{{r.Stream.Leaf, r.Version}}, again: true})
		}
	case domain.EndpointAdded, domain.EndpointUpdated, domain.EndpointRemoved, domain.SubscriptionAdded, domain.SubscriptionRemoved,
		domain.HandshakeRequested:
		s.rings.ring(ringKey{service, r.Stream.Root}, s.Now(), false)
	case domain.EventTypeArchived:
		s.rings.ring(ringKey{service, r.Stream.Root}, s.Now(), false)
	case domain.ServiceArchived:
		s.ringAll(false)
	}
}

// takeAudience queues a chunk of a message.
func (s *SNS) takeAudience(r eventlog.Recorded, eventType string) {
	item := &toPublish{service: r.Stream.Service, message: r.Stream.Root, eventType: eventType}
	targets, _, _ := domain.Audience(r.Event)
	for _, endpoint := range targets {
		if s.Directory.ViaSNS(r.Stream.Service, endpoint) {
			item.targets = append(item.targets, target{endpoint: endpoint})
		}
	}
	s.lanes.add(item)
}

// sweep looks through the due rows: with all set, for what was never published; else for what is overdue alone.
func (s *SNS) sweep(ctx context.Context, all bool) error {
	if all { // after a crash the directory may not know of an endpoint yet
		if err := s.Directory.settled(ctx); err != nil {
			return err
		}
	}
	if !s.Directory.AnyViaSNS() { // to look is to write all that is held back
		return nil
	}
	lanes, err := s.Rows.DueEndpoints(ctx)
	if err != nil {
		return err
	}
	missed := map[eventlog.Stream]*toPublish{} // whole messages: one publish serves all of a topic's endpoints
	for _, lane := range lanes {
		if !s.Directory.ViaSNS(lane.Service, lane.Endpoint) {
			continue
		}
		rows, err := s.Rows.Due(ctx, lane.Service, lane.Endpoint, sweepLimit)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if !all && s.Now().Sub(row.At) < domain.ReportLimit {
				break
			}
			if err := s.missed(ctx, row, missed); err != nil && transient(err) {
				return err
			} else if err != nil {
				s.Park(domain.DeliveryStream(row.Service, row.Message, row.Endpoint), err)
			}
		}
	}
	for _, item := range missed {
		s.lanes.add(item)
	}
	return nil
}

// missed collects a delivery that never was published, or ends one that SNS tells nothing of.
func (s *SNS) missed(ctx context.Context, row Due, unpublished map[eventlog.Stream]*toPublish) error {
	m, err := eventlog.Load[domain.Message](ctx, s.Log, domain.MessageStream(row.Service, row.Message))
	if err != nil {
		return err
	}
	stream := domain.DeliveryStream(row.Service, row.Message, row.Endpoint)
	d, err := eventlog.Load[domain.Delivery](ctx, s.Log, stream)
	if err != nil || !d.State.Open() || !m.State.Targets(row.Endpoint) {
		return err
	}
	published, ok := m.State.PublishedFor(row.Endpoint, d.State.Round)
	if !ok {
		item := unpublished[m.Stream]
		if item == nil {
			item = &toPublish{service: row.Service, message: row.Message, eventType: m.State.Accepted.EventTypeID, again: true}
			unpublished[m.Stream] = item
		}
		item.targets = append(item.targets, target{row.Endpoint, d.State.Round})
		return nil
	}
	if s.Now().Sub(published.At) < domain.ReportLimit {
		return nil
	}
	giveUp := domain.GiveUpReport{Plan: d.State.Round, PublishedAt: published.At}
	err = eventlog.ExecuteAll(ctx, s.Log, publishCause(m.State), eventlog.On(stream, giveUp).From(d))
	if errors.Is(err, eventlog.ErrConflict) {
		return nil // a report came
	}
	return err
}
