package projections

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"time"

	"crypto/rand"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// ReconcileActor is who records what SNS was found to have.
const ReconcileActor = "reconcile"

// Reconciler makes topics and subscriptions as the log wants them: it loads what is wanted, looks at what the transport has,
// acts, and appends what it found. Never one effect for one event: repeated and reordered events make no difference, and what
// was changed behind our back is mended.
type Reconciler struct {
	Log       *eventlog.Log
	Transport Transport
	Stage     string // stands in the names of topics, so that two deployments can share an account
	Now       eventlog.Clock
	Random    io.Reader // for slots
	MaxSlots  int       // filter policies of a topic; 0 is 200 (SNS's quota)
	MaxShards int       // topics of an event type; 0 is 50
	// QueueARN is WebPlug's own queue, which gets the webhooks of the format standard-webhooks from each type's first topic.
	// "": they go another way, and a topic is only made where an endpoint needs it.
	QueueARN string
}

const (
	defaultSlots  = 200
	defaultShards = 50
)

// causeOf is what reconcile's events come from: the newest event of the stream that wants them.
func (r *Reconciler) causeOf(stream eventlog.Stream, v eventlog.Version) eventlog.Cause {
	id := fmt.Sprintf("%s@%d", stream, v)
	return eventlog.Cause{Actor: ReconcileActor, CorrelationID: id, CausationID: id}
}

// Endpoint reconciles all subscriptions of an endpoint. With drift it looks at the confirmed ones, too. It answers when to
// look again, zero for when something happens. An error says that some of it is to be tried again.
func (r *Reconciler) Endpoint(ctx context.Context, service, id string, drift bool) (next time.Time, err error) {
	loaded, err := eventlog.Load[domain.Endpoint](ctx, r.Log, domain.EndpointStream(service, id))
	if err != nil || loaded.State.Format != domain.SNS {
		return next, err
	}
	for _, s := range loaded.State.Subscriptions {
		one := reconciling{Reconciler: r, service: service, endpoint: loaded.State, sub: s, cause: r.causeOf(loaded.Stream, loaded.Version), drift: drift}
		at, failed := one.run(ctx)
		next = earlier(next, at)
		err = errors.Join(err, failed)
	}
	return next, err
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// reconciling is one subscription on its way to what is wanted.
type reconciling struct {
	*Reconciler
	service  string
	endpoint domain.Endpoint
	sub      domain.Subscription
	cause    eventlog.Cause
	drift    bool
}

func (r *reconciling) stream() eventlog.Stream {
	return domain.EndpointStream(r.service, r.endpoint.ID)
}

func (r *reconciling) typ() string { return r.sub.EventTypeID }

// unwanted says whether nothing of the subscription shall be left.
func (r *reconciling) unwanted() bool { return r.endpoint.Removed() || r.sub.Removed }

func (r *reconciling) run(ctx context.Context) (time.Time, error) {
	next, err := r.dropOthers(ctx)
	if err != nil || r.unwanted() {
		return next, err
	}
	archived, err := r.archivedAt(ctx, r.service, r.typ())
	if err != nil || !archived.IsZero() {
		return next, err
	}
	at, err := r.keep(ctx)
	return earlier(next, at), err
}

// keep makes sure that there is a subscription at the endpoint's URL.
func (r *reconciling) keep(ctx context.Context) (time.Time, error) {
	s, url := r.sub, r.endpoint.URL
	switch {
	case s.Link.Exists() && s.Link.URL == url:
		return r.keepConfirmed(ctx)
	case s.Handshake.Exists() && s.Handshake.URL == url && !s.Asked:
		return r.awaitConfirmation(ctx)
	case s.Lapsed == url && !s.Asked:
		return time.Time{}, nil // until somebody asks for a new handshake
	}
	return r.subscribe(ctx)
}

// keepConfirmed looks whether what is in use is still there.
func (r *reconciling) keepConfirmed(ctx context.Context) (time.Time, error) {
	if !r.drift && r.sub.Reason == "" {
		return time.Time{}, nil
	}
	found, err := r.look(ctx, r.sub.Link, Look)
	switch {
	case err != nil:
		return time.Time{}, err
	case found.SubscriptionARN == "":
		return r.subscribe(ctx)
	case found.Pending:
		return r.pending(ctx, r.sub.Link)
	}
	return time.Time{}, r.confirmed(ctx, r.sub.Link, found)
}

// awaitConfirmation asks about a handshake under way: SNS tells nobody when it is confirmed.
func (r *reconciling) awaitConfirmation(ctx context.Context) (time.Time, error) {
	found, err := r.look(ctx, r.sub.Handshake, Look)
	switch {
	case err != nil:
		return time.Time{}, err
	case found.SubscriptionARN == "" && r.Now().Before(r.sub.Until.Add(-time.Minute)):
		return r.subscribe(ctx) // taken away behind our back
	case found.SubscriptionARN == "":
		return time.Time{}, r.record(ctx, domain.RecordExpiry{EventTypeID: r.typ(), Link: r.sub.Handshake, Seen: r.sub.Version})
	case found.Pending:
		return r.Now().Add(r.pollAfter()), nil
	}
	if err := r.confirmed(ctx, r.sub.Handshake, found); err != nil {
		return time.Time{}, err
	}
	return r.Now(), nil // what it replaces is to be taken down
}

// pollAfter is how long to wait before a pending one is asked about again: the older it is, the longer.
func (r *reconciling) pollAfter() time.Duration {
	age := r.Now().Sub(r.sub.Until.Add(-domain.HandshakeLife))
	return min(max(age/4, time.Second), 5*time.Minute)
}

func (r *reconciling) look(ctx context.Context, l domain.Link, do SubscriptionDo) (Found, error) {
	return r.Transport.Reconcile(ctx, Wanted{Subscription: &WantedSubscription{
		Do: do, TopicARN: l.TopicARN, URL: l.URL, Slot: l.Slot, SubscriptionARN: l.SubscriptionARN,
	}})
}

func (r *reconciling) record(ctx context.Context, c eventlog.Command[domain.Endpoint]) error {
	_, err := eventlog.Execute(ctx, r.Log, r.stream(), c, r.cause)
	return err
}

func (r *reconciling) confirmed(ctx context.Context, l domain.Link, found Found) error {
	return r.record(ctx, domain.RecordConfirmation{EventTypeID: r.typ(), Link: l, Authenticated: found.Authenticated})
}

func (r *reconciling) pending(ctx context.Context, l domain.Link) (time.Time, error) {
	until := r.Now().Add(domain.HandshakeLife)
	return r.Now().Add(time.Second), r.record(ctx, domain.RecordHandshake{EventTypeID: r.typ(), Link: l, Until: until, Seen: r.sub.Version})
}

// dropOthers takes down what is wanted no more. What is pending cannot be: it is looked at again, in case that it is
// confirmed after all, until SNS has forgotten it.
func (r *reconciling) dropOthers(ctx context.Context) (next time.Time, err error) {
	links := r.sub.Others
	if r.unwanted() {
		links = r.sub.Held()
	}
	for _, l := range links {
		if !r.unwanted() && l.URL == r.endpoint.URL && !r.sub.Link.Exists() {
			continue // it was added again: it is about to be taken up
		}
		found, failed := r.look(ctx, l, Drop)
		switch {
		case failed != nil:
			err = errors.Join(err, failed)
		case found.SubscriptionARN != "":
			next = earlier(next, r.Now().Add(time.Minute))
		default:
			err = errors.Join(err, r.released(ctx, l))
		}
	}
	return next, err
}

func (r *reconciling) released(ctx context.Context, l domain.Link) error {
	release := domain.ReleaseSlot{EndpointID: r.endpoint.ID, URL: l.URL, Name: l.Slot}
	return eventlog.ExecuteAll(ctx, r.Log, r.cause,
		eventlog.On(r.stream(), domain.RecordRelease{EventTypeID: r.typ(), Link: l}),
		eventlog.On(domain.TopicsStream(r.service, r.typ()), release))
}

// archivedAt is when an event type, or its service, was archived.
func (r *Reconciler) archivedAt(ctx context.Context, service, typ string) (time.Time, error) {
	t, err := eventlog.Load[domain.EventType](ctx, r.Log, domain.EventTypeStream(service, typ))
	if err != nil || t.State.Archived() {
		return t.State.ArchivedAt, err
	}
	s, err := eventlog.Load[domain.Service](ctx, r.Log, domain.ServiceStream(service))
	return s.State.ArchivedAt, err
}

// newSlot makes the name of a slot: 12 random digits, in no order, since receivers see them.
func (r *Reconciler) newSlot() (string, error) {
	n, err := rand.Int(r.Random, big.NewInt(1e12))
	if err != nil {
		return "", fmt.Errorf("make a slot: %w", err)
	}
	return fmt.Sprintf("%012d", n), nil
}

// EventType makes an event type's first topic, where there is a queue to be fed from it, and takes down all of its topics two
// hours after it was archived. With drift it looks also at what seems well. It answers when to look again.
func (r *Reconciler) EventType(ctx context.Context, service, typ string, drift bool) (time.Time, error) {
	archived, err := r.archivedAt(ctx, service, typ)
	if err != nil {
		return time.Time{}, err
	}
	if archived.IsZero() {
		if r.QueueARN != "" {
			_, err = r.provide(ctx, service, typ, drift)
		}
		return time.Time{}, err
	}
	if at := archived.Add(domain.TopicAfterlife); r.Now().Before(at) {
		return at, nil
	}
	stream := domain.TopicsStream(service, typ)
	topics, err := eventlog.Load[domain.Topics](ctx, r.Log, stream)
	if err != nil {
		return time.Time{}, err
	}
	for _, shard := range slices.Sorted(maps.Keys(topics.State.ARNs)) {
		if _, err := r.Transport.Reconcile(ctx, Wanted{Topic: &WantedTopic{Gone: topics.State.ARNs[shard]}}); err != nil {
			return time.Time{}, err
		}
		if _, err := eventlog.Execute(ctx, r.Log, stream, domain.RecordTopicGone{Shard: shard}, r.causeOf(stream, topics.Version)); err != nil {
			return time.Time{}, err
		}
	}
	return time.Time{}, nil
}
