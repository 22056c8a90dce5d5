package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Worker does tasks: what dispatch leaves to somebody with more time. Doing one twice, or two at once, makes no difference.
type Worker struct {
	Log        *eventlog.Log
	Formats    *Formats
	Reconciler *Reconciler
	Publisher  *SNSPublisher
	Later      Later
	Tasks      Tasks
	// Route decides further parts of a message's audience, and says whether it is decided whole.
	Route func(ctx context.Context, service, message string) (done bool, err error)
	Park  func(context.Context, eventlog.Stream, eventlog.Version, error) error
	Now   eventlog.Clock
	// Logger is told what is put off.
	Logger *slog.Logger
}

const (
	// tasksPutOff is how often a task is put off, further and further; then its queue's own count ends it among the dead, where
	// an alarm tells of it. The schedule asks again for what the log still wants.
	tasksPutOff = 10
	// looksAfter is how often an endpoint is looked at again soon after it was changed; then it is the schedule's. Most
	// endpoints confirm within seconds.
	looksAfter = 5
)

// Do does a task. An error says that it is to come again.
func (w *Worker) Do(ctx context.Context, t Task) error {
	if w.Now().Before(t.At) {
		return w.Tasks.Ask(ctx, t) // a queue waits a quarter of an hour at most
	}
	err := w.do(ctx, t)
	if err == nil || t.Tries >= tasksPutOff || ctx.Err() != nil {
		return err
	}
	w.Logger.Warn("a task is put off", "task", t.Kind, "service", t.Service, "id", t.ID, "tries", t.Tries, "error", err)
	var refused *TransportError
	t.Drift = t.Drift || errors.As(err, &refused) && refused.NoTopic
	t.Tries++
	t.At = w.Now().Add(putOff(t.Tries))
	return w.Tasks.Ask(ctx, t)
}

// putOff is how long a task waits: 5 s, doubled with each try, a quarter of an hour at most.
func putOff(tries int) time.Duration {
	return min(5*time.Second<<min(tries-1, 10), 15*time.Minute)
}

func (w *Worker) do(ctx context.Context, t Task) error {
	switch t.Kind {
	case TaskReconcile:
		return w.reconcile(ctx, t)
	case TaskPublish:
		return w.publish(ctx, t)
	case TaskRoute:
		return w.route(ctx, t)
	}
	return fmt.Errorf("a task of kind %q is not known to this version", t.Kind)
}

func (w *Worker) reconcile(ctx context.Context, t Task) error {
	if !strings.HasPrefix(t.ID, domain.PrefixEndpoint) {
		next, err := w.Reconciler.EventType(ctx, t.Service, t.ID, t.Drift)
		if err == nil && !next.IsZero() { // its topics go two hours after it
			err = w.Tasks.Ask(ctx, Task{Kind: TaskReconcile, Service: t.Service, ID: t.ID, At: next})
		}
		return err
	}
	next, err := w.Reconciler.Endpoint(ctx, t.Service, t.ID, t.Drift)
	if err != nil || next.IsZero() || t.Tries >= looksAfter {
		return err
	}
	again := Task{Kind: TaskReconcile, Service: t.Service, ID: t.ID, At: later(next, w.Now().Add(putOff(t.Tries+1))), Tries: t.Tries + 1}
	return w.Tasks.Ask(ctx, again)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (w *Worker) route(ctx context.Context, t Task) error {
	for {
		done, err := w.Route(ctx, t.Service, t.ID)
		if err != nil || done {
			return err
		}
		if end, ok := ctx.Deadline(); ok && remaining(end) < routeTime {
			return w.Tasks.Ask(ctx, Task{Kind: TaskRoute, Service: t.Service, ID: t.ID})
		}
	}
}

// routeTime is how much of an invocation is left for a further part of an audience to be begun.
const routeTime = 10 * time.Second

// publish publishes what is still to be published of a message, once its topic stands.
func (w *Worker) publish(ctx context.Context, t Task) error {
	chunk, err := loadChunk(ctx, w.Log, t.Service, t.ID)
	if err != nil {
		return w.setAside(ctx, t, err)
	}
	m := chunk.message
	if !m.Exists() {
		return fmt.Errorf("%s is not in the log: %w", t.ID, eventlog.ErrDamaged)
	}
	queued, viaSNS, err := w.Formats.sort(ctx, t.Service, m.Accepted.Targets)
	if err != nil {
		return w.setAside(ctx, t, err)
	}
	if t.Drift { // their subscriptions may be gone with the topic
		for _, endpoint := range viaSNS {
			if _, err := w.Reconciler.Endpoint(ctx, t.Service, endpoint, true); err != nil {
				return w.setAside(ctx, t, err)
			}
		}
	}
	item := &toPublish{service: t.Service, message: t.ID, eventType: m.Accepted.EventTypeID, again: true}
	for _, endpoint := range viaSNS {
		if d := chunk.deliveries[endpoint]; d.Open() {
			item.targets = append(item.targets, target{endpoint, d.Round})
		}
	}
	queued = chunk.untouched(queued)
	gone, err := w.topicGone(ctx, t, m.Accepted.EventTypeID)
	if err != nil {
		return w.setAside(ctx, t, err)
	}
	if t.First && forTopic(m.Accepted) {
		if !gone {
			topics, err := w.Reconciler.provide(ctx, t.Service, m.Accepted.EventTypeID, t.Drift)
			if err != nil {
				return fmt.Errorf("make ready the topic of %s: %w", m.Accepted.EventTypeID, err)
			}
			item.firstTopic, _ = topics.First()
		}
		if item.queue = len(queued) > 0; item.queue && item.firstTopic == "" { // the type is gone, its topic with it
			item.queue = false
			if err := w.Later.Later(ctx, wakesTo(t.Service, t.ID, queued)...); err != nil {
				return err
			}
		}
	}
	if item.firstTopic == "" && len(item.targets) == 0 {
		return nil
	}
	var failed error
	for _, left := range w.Publisher.publish(ctx, []*toPublish{item}) {
		var refused *TransportError
		if errors.As(left.err, &refused) && refused.Final && left.queue {
			failed = errors.Join(failed, w.Later.Later(ctx, wakesTo(t.Service, t.ID, queued)...))
			continue
		}
		if errors.As(left.err, &refused) && refused.NoTopic && gone {
			for _, to := range left.targets {
				failed = errors.Join(failed, w.Publisher.refuse(ctx, left, m, to.endpoint))
			}
			continue
		}
		failed = errors.Join(failed, w.setAside(ctx, t, left.err))
	}
	return failed
}

// untouched are the endpoints that no attempt was made to.
func (c chunkTrail) untouched(endpoints []string) (out []string) {
	for _, endpoint := range endpoints {
		if c.deliveries[endpoint].Version == 0 {
			out = append(out, endpoint)
		}
	}
	return out
}

// topicGone says whether an event type's topics are gone for good; a test webhook may be of no type.
func (w *Worker) topicGone(ctx context.Context, t Task, typ string) (bool, error) {
	if typ == "" {
		return false, nil
	}
	archived, err := w.Reconciler.archivedAt(ctx, t.Service, typ)
	return err == nil && !archived.IsZero() && !w.Now().Before(archived.Add(domain.TopicAfterlife)), err
}

// setAside parks a message's stream, unless the same may succeed another time.
func (w *Worker) setAside(ctx context.Context, t Task, why error) error {
	var refused *TransportError
	if transient(why) || errors.As(why, &refused) || errors.Is(why, eventlog.ErrConflict) {
		return why
	}
	return w.Park(ctx, domain.MessageStream(t.Service, t.ID), 1, why)
}
