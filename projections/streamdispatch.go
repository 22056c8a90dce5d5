package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// StreamDispatch delivers where the log pushes its records (DynamoDB Streams ▶ Lambda), and keeps nothing between batches:
// each message goes to its event type's topic, once, for both formats; retries and later attempts go to the attempts queue;
// what may take long goes to the work queue. What is done twice because a batch came again is a message that an endpoint gets
// twice at most. It never asks SNS for anything but to publish, so that a throttled call holds nothing up.
type StreamDispatch struct {
	Log       *eventlog.Log
	Formats   *Formats
	Publisher *SNSPublisher
	QueueARN  string // of the attempts queue, as the Reconciler has it
	Later     Later
	Tasks     Tasks
	// Park sets a stream aside, as a row: what it asks for cannot be done. Only its failure keeps a batch from being done.
	Park   func(context.Context, eventlog.Stream, eventlog.Version, error) error
	Now    eventlog.Clock
	Logger *slog.Logger

	topics *firstTopics
}

// NewStreamDispatch makes it ready.
func NewStreamDispatch(d StreamDispatch) *StreamDispatch {
	d.topics = newFirstTopics(d.Log, d.QueueARN)
	return &d
}

// dispatched is what a batch asks for. Each has the place of the record that asks.
type dispatched struct {
	publish  []*toPublish
	at       map[*toPublish]int
	wakes    []Wake
	wakesAt  []int
	tasks    []Task
	tasksAt  []int
	upto     int   // the first record that was not looked at
	failed   error // why not
	reported map[Task]bool
}

func (w *dispatched) wake(at int, wakes ...Wake) {
	for _, one := range wakes {
		w.wakes, w.wakesAt = append(w.wakes, one), append(w.wakesAt, at)
	}
}

func (w *dispatched) task(at int, t Task) {
	if !w.reported[t] {
		w.reported[t] = true
		w.tasks, w.tasksAt = append(w.tasks, t), append(w.tasksAt, at)
	}
}

// Take implements the reader of handlers/lambda.Feed.
func (d *StreamDispatch) Take(ctx context.Context, records []eventlog.Record) (done int, err error) {
	work := &dispatched{at: map[*toPublish]int{}, reported: map[Task]bool{}, upto: len(records)}
	for i, rec := range records {
		if err := d.look(ctx, i, rec, work); err != nil {
			work.upto, work.failed = i, err
			break
		}
	}
	d.publish(ctx, work)
	if err := d.Later.Later(ctx, work.wakes...); len(work.wakes) > 0 && err != nil {
		work.end(work.wakesAt, fmt.Errorf("hand attempts to the queue: %w", err))
	}
	if err := d.Tasks.Ask(ctx, work.tasks...); len(work.tasks) > 0 && err != nil {
		work.end(work.tasksAt, fmt.Errorf("leave work to the queue: %w", err))
	}
	return work.upto, work.failed
}

// end says that what the first of some records asked for is not done.
func (w *dispatched) end(at []int, err error) {
	for _, i := range at {
		if i < w.upto {
			w.upto, w.failed = i, err
		}
	}
}

// look notes what one record asks for. What cannot be done is set aside; an error is what may be done another time.
func (d *StreamDispatch) look(ctx context.Context, at int, rec eventlog.Record, work *dispatched) (err error) {
	switch kindOf(rec.Stream) {
	case kindMessage, kindDelivery, kindEndpoint, kindEventType:
	default:
		return nil
	}
	r, err := d.Log.Decode(rec)
	if err == nil {
		err = d.ask(ctx, at, r, work)
	}
	if err == nil || transient(err) {
		return err
	}
	return d.Park(ctx, rec.Stream, rec.Version, err)
}

func (d *StreamDispatch) ask(ctx context.Context, at int, r eventlog.Recorded, work *dispatched) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			d.Logger.Error("dispatch panicked", "stream", r.Stream.String(), "stack", string(debug.Stack()))
			err = fmt.Errorf("dispatch panicked: %v", broken)
		}
	}()
	service := r.Stream.Service
	switch e := r.Event.(type) {
	case domain.MessageAccepted:
		if e.More != "" {
			work.task(at, Task{Kind: TaskRoute, Service: service, ID: r.Stream.Root})
		}
		return d.accepted(ctx, at, r, e, work)
	case domain.MessageRouted:
		return d.routed(ctx, at, r, e.Targets, work)
	case domain.AttemptFailed:
		if e.Next.IsZero() {
			return nil
		}
		format, err := d.Formats.Of(ctx, service, r.Stream.Leaf)
		if err == nil && format != domain.SNS { // SNS tries again by itself
			work.wake(at, Wake{Service: service, Message: r.Stream.Root, To: []WakeTo{{r.Stream.Leaf, r.Version}}, At: e.Next})
		}
		return err
	case domain.RetryRequested:
		switch format, err := d.Formats.Of(ctx, service, r.Stream.Leaf); {
		case err != nil:
			return err
		case format == domain.SNS:
			work.add(at, &toPublish{service: service, message: r.Stream.Root, targets: []target{{r.Stream.Leaf, r.Version}}, again: true})
		default:
			work.wake(at, Wake{Service: service, Message: r.Stream.Root, To: []WakeTo{{r.Stream.Leaf, r.Version}}})
		}
	case domain.EventTypeCreated, domain.EventTypeArchived:
		work.task(at, Task{Kind: TaskReconcile, Service: service, ID: r.Stream.Root})
	case domain.EndpointAdded, domain.EndpointUpdated, domain.EndpointRemoved, domain.SubscriptionAdded, domain.SubscriptionRemoved,
		domain.HandshakeRequested, domain.SubscriptionConfirmed: // which may replace another
		format, err := d.Formats.Of(ctx, service, r.Stream.Root)
		if err == nil && format == domain.SNS {
			work.task(at, Task{Kind: TaskReconcile, Service: service, ID: r.Stream.Root})
		}
		return err
	}
	return nil
}

func (w *dispatched) add(at int, item *toPublish) {
	w.publish, w.at[item] = append(w.publish, item), at
}

// forTopic says whether a message is for whoever has subscribed to its event type's first topic. A test webhook, which may be
// of no type, goes to its endpoint alone: others would take it for a real one.
func forTopic(e domain.MessageAccepted) bool { return !e.Test && e.EventTypeID != "" }

// accepted publishes a message.
func (d *StreamDispatch) accepted(ctx context.Context, at int, r eventlog.Recorded, e domain.MessageAccepted, work *dispatched) error {
	if !forTopic(e) {
		return d.routed(ctx, at, r, e.Targets, work)
	}
	queued, viaSNS, err := d.Formats.sort(ctx, r.Stream.Service, e.Targets)
	if err != nil {
		return err
	}
	item := &toPublish{service: r.Stream.Service, message: r.Stream.Root, eventType: e.EventTypeID, queue: len(queued) > 0, accepted: &r}
	item.to(viaSNS)
	if item.firstTopic, err = d.topics.of(ctx, item.service, e.EventTypeID); err != nil {
		return err
	}
	if item.firstTopic == "" { // its topic is made first
		work.task(at, Task{Kind: TaskPublish, Service: item.service, ID: item.message, First: true})
		return nil
	}
	work.add(at, item)
	return nil
}

// routed sends a message to some of its endpoints and nobody else: a further part of its audience, or a test webhook.
func (d *StreamDispatch) routed(ctx context.Context, at int, r eventlog.Recorded, targets []string, work *dispatched) error {
	queued, viaSNS, err := d.Formats.sort(ctx, r.Stream.Service, targets)
	if err != nil {
		return err
	}
	work.wake(at, wakesTo(r.Stream.Service, r.Stream.Root, queued)...)
	if len(viaSNS) > 0 {
		item := &toPublish{service: r.Stream.Service, message: r.Stream.Root}
		item.to(viaSNS)
		work.add(at, item)
	}
	return nil
}

// to adds endpoints that no plan but the first asks for.
func (t *toPublish) to(endpoints []string) {
	for _, endpoint := range endpoints {
		t.targets = append(t.targets, target{endpoint: endpoint})
	}
}

// wakesTo asks for the first attempts of a message.
func wakesTo(service, message string, endpoints []string) []Wake {
	if len(endpoints) == 0 {
		return nil
	}
	w := Wake{Service: service, Message: message}
	for _, endpoint := range endpoints {
		w.To = append(w.To, WakeTo{Endpoint: endpoint})
	}
	return split(w)
}

// publish publishes what a batch asks for, and leaves what SNS did not take to the work queue. What it never takes goes to
// the attempts queue without it.
func (d *StreamDispatch) publish(ctx context.Context, work *dispatched) {
	if len(work.publish) == 0 {
		return
	}
	for _, item := range d.Publisher.publish(ctx, work.publish) {
		at := work.at[item.whole()]
		var refused *TransportError
		switch taken := errors.As(item.err, &refused); {
		case taken && refused.Final && item.queue:
			queued, _, err := d.Formats.sort(ctx, item.service, item.accepted.Event.(domain.MessageAccepted).Targets)
			if err != nil {
				work.end([]int{at}, err)
				continue
			}
			work.wake(at, wakesTo(item.service, item.message, queued)...)
		case taken && refused.NoTopic:
			d.topics.forget(item.service, item.eventType)
			work.task(at, Task{Kind: TaskPublish, Service: item.service, ID: item.message, First: item.firstTopic != "", Drift: true})
		case taken, transient(item.err), errors.Is(item.err, eventlog.ErrConflict):
			d.Logger.Warn("a message is not published yet; it is tried again", "message", item.message, "error", item.err)
			work.task(at, Task{Kind: TaskPublish, Service: item.service, ID: item.message, First: item.firstTopic != "", At: d.Now().Add(againSoon)})
		default:
			if err := d.Park(ctx, domain.MessageStream(item.service, item.message), 1, fmt.Errorf("publish: %w", item.err)); err != nil {
				work.end([]int{at}, err)
			}
		}
	}
}

// ParkUnread implements the reader of handlers/lambda.Feed: the item's stream is set aside by the read models' reader too.
func (d *StreamDispatch) ParkUnread(ctx context.Context, s eventlog.Stream, v eventlog.Version, why error) error {
	return d.Park(ctx, s, v, why)
}
