package projections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// AttemptQueue makes the attempts that a queue asks for: those of a message as its topic handed it on, and those of wakes. It
// keeps nothing that matters: what was asked for twice, or too late, the log tells. An error says that the record is to come
// again.
type AttemptQueue struct {
	Dispatcher *Dispatcher
	Formats    *Formats
	Later      Later
	// Park sets a delivery aside, as a row: its attempt cannot be made, or its outcome not be recorded.
	Park func(context.Context, eventlog.Stream, eventlog.Version, error) error
	// Patience is how long one attempt with its record may take: nothing is begun that the context's deadline would end.
	Patience time.Duration

	places chan struct{}
}

// attemptsAtOnce bounds the requests that are under way in one process: each has a file descriptor, of which a function has
// 1,024 (AWS Lambda Developer Guide, "Lambda quotas").
const attemptsAtOnce = 256

// NewAttemptQueue makes it ready.
func NewAttemptQueue(q AttemptQueue) *AttemptQueue {
	q.Dispatcher.messages.most = acceptedBytes
	q.places = make(chan struct{}, attemptsAtOnce)
	return &q
}

// early is how much before its time an attempt may be made: that of the clocks' difference and of what whole seconds make.
const early = 50 * time.Millisecond

// Wake makes the attempts of a wake whose plans still stand. One that comes before its time is handed on again.
func (q *AttemptQueue) Wake(ctx context.Context, w Wake) error {
	now := q.Dispatcher.Now()
	if now.Add(early).Before(w.At) || len(w.To) > MaxWake {
		return q.Later.Later(ctx, split(w)...)
	}
	return q.each(ctx, len(w.To), func(ctx context.Context, i int) error {
		to := w.To[i]
		if format, err := q.Formats.Of(ctx, w.Service, to.Endpoint); err != nil {
			return q.setAside(ctx, w.Service, w.Message, to.Endpoint, err)
		} else if format == domain.SNS {
			return nil // SNS makes its requests
		}
		p, ok, err := q.Dispatcher.Replan(ctx, w.Service, w.Message, to.Endpoint, now.Add(early))
		if err != nil {
			return q.setAside(ctx, w.Service, w.Message, to.Endpoint, err)
		}
		if !ok || p.Plan != to.Plan {
			return nil // it moved on
		}
		return q.attempt(ctx, p)
	})
}

// Published makes the first attempts of a message that its topic handed on. More than one invocation's work is handed on as
// wakes.
func (q *AttemptQueue) Published(ctx context.Context, service, message string) error {
	log := q.Dispatcher.Log
	chunk, err := loadChunk(ctx, log, service, message)
	if err != nil {
		if transient(err) {
			return err
		}
		return q.Park(ctx, domain.MessageStream(service, message), 1, err)
	}
	m := chunk.message
	if !m.Exists() { // nobody else may write to the queue
		q.Dispatcher.Logger.Error("a message came that is not in the log", "service", service, "message", message)
		return nil
	}
	planned, _, err := q.Formats.sort(ctx, service, chunk.untouched(m.Accepted.Targets))
	switch {
	case err != nil && transient(err):
		return err
	case err != nil:
		return q.Park(ctx, domain.MessageStream(service, message), 1, err)
	case len(planned) == 0:
		return nil
	case len(planned) > MaxWake:
		return q.Later.Later(ctx, wakesTo(service, message, planned)...)
	}
	payload, err := log.Reveal(ctx, m.Accepted.Payload)
	if err != nil {
		if transient(err) {
			return err
		}
		return q.Park(ctx, domain.MessageStream(service, message), 1, fmt.Errorf("open the payload of %s: %w", message, err))
	}
	body := domain.Webhook(message, m.Accepted.EventName, m.AcceptedAt, payload)
	return q.each(ctx, len(planned), func(ctx context.Context, i int) error {
		return q.attempt(ctx, Planned{
			Service: service, Message: message, Endpoint: planned[i], Body: body, Cause: publishCause(m),
			State: &eventlog.Loaded[domain.Delivery]{Stream: domain.DeliveryStream(service, message, planned[i])},
		})
	})
}

// each does something side by side, as far as there is room in the process.
func (q *AttemptQueue) each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	errs := make([]error, n)
	var group errgroup.Group
	for i := range n {
		group.Go(func() error {
			select {
			case q.places <- struct{}{}:
			case <-ctx.Done():
				errs[i] = ctx.Err()
				return nil
			}
			defer func() { <-q.places }()
			errs[i] = do(ctx, i)
			return nil
		})
	}
	_ = group.Wait() // each has its own
	return errors.Join(errs...)
}

// errNoTime says that an invocation has too little time left for a further attempt.
var errNoTime = fmt.Errorf("too little time is left for an attempt: %w", context.DeadlineExceeded)

// remaining is how long it is until a context's deadline.
func remaining(deadline time.Time) time.Duration { return time.Until(deadline) }

func (q *AttemptQueue) attempt(ctx context.Context, p Planned) error {
	if end, ok := ctx.Deadline(); ok && remaining(end) < q.Patience {
		return errNoTime
	}
	o, err := q.Dispatcher.Attempt(ctx, p)
	var hindered *hinderedError
	switch {
	case errors.As(err, &hindered):
		return err
	case err != nil:
		return q.setAside(ctx, p.Service, p.Message, p.Endpoint, err)
	case ctx.Err() != nil: // what the report says is not the endpoint's doing
		return ctx.Err()
	}
	o.planned.Body = nil
	if q.Dispatcher.recordUntil(ctx, o) {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("an outcome could not be recorded in time: %w", ctx.Err())
	}
	return q.setAside(ctx, p.Service, p.Message, p.Endpoint, errNotRecorded)
}

// setAside parks a delivery, unless the same may succeed another time.
func (q *AttemptQueue) setAside(ctx context.Context, service, message, endpoint string, why error) error {
	if transient(why) {
		return why
	}
	return q.Park(ctx, domain.DeliveryStream(service, message, endpoint), 0, why)
}
