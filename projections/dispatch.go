package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Sender makes one HTTP request. It never fails: what went wrong is in the report.
type Sender interface {
	Attempt(context.Context, domain.Attempt) domain.Report
}

// Endpoints gives an endpoint as it is now; its secrets may be left out.
type Endpoints interface {
	Endpoint(ctx context.Context, service, id string) (domain.Endpoint, error)
}

// DispatchActor is who the dispatcher is in histories.
const DispatchActor = "dispatch"

// Dispatcher turns a planned attempt into a request and its report into an event. Who calls it when is another's care:
// queues and due rows on one machine.
type Dispatcher struct {
	Log       *eventlog.Log
	Endpoints Endpoints
	Sender    Sender
	Schedule  domain.Schedule
	Now       eventlog.Clock
	NewID     eventlog.IDs
	Jitter    func() float64 // in [0, 1)
	Logger    *slog.Logger
	Observe   func(domain.Report) // for metrics; may be nil
	secrets   secretCache
	messages  recently[eventlog.Stream, acceptedMessage]
}

// Planned is one attempt that is to be made.
type Planned struct {
	Service, Message, Endpoint string           // Message is the root of the chunk that the delivery is in
	Plan                       eventlog.Version // of the delivery's stream; 0 is MessageAccepted's
	Body                       []byte           // the webhook; nil in memory's need: it is read when the attempt begins
	Cause                      eventlog.Cause
	// State is the delivery as it is known to be: a delivery that was accepted a moment ago has had no outcome. nil: it
	// is read when its outcome is recorded.
	State *eventlog.Loaded[domain.Delivery]
	size  int // of the webhook
}

// ID tells planned deliveries apart.
func (p Planned) ID() string { return p.Message + "/" + p.Endpoint }

// outcome is an attempt that was made, or need not be made, and is yet to be recorded.
type outcome struct {
	planned  Planned
	report   domain.Report
	endpoint domain.Endpoint
	ended    domain.Cause // set where no request was made
}

// Attempt makes the request, unless the endpoint is paused or removed. What it gives must be recorded.
func (d *Dispatcher) Attempt(ctx context.Context, p Planned) (outcome, error) {
	e, err := d.Endpoints.Endpoint(ctx, p.Service, p.Endpoint)
	if err != nil {
		return outcome{}, fmt.Errorf("look up %s: %w", p.Endpoint, err)
	}
	o := outcome{planned: p, endpoint: e}
	switch {
	case !e.Exists():
		return o, fmt.Errorf("%s is not in the log: %w", p.Endpoint, eventlog.ErrDamaged)
	case e.Removed():
		o.ended = domain.CauseEndpointRemoved
		return o, nil
	case e.Status == domain.EndpointStatusPaused:
		o.ended = domain.CauseEndpointPaused
		return o, nil
	}
	now := d.Now()
	message, _ := domain.MessageOf(p.Message)
	secrets, err := d.secrets.at(ctx, d.Log, e, now)
	if err != nil {
		return o, fmt.Errorf("open the secrets of %s: %w", p.Endpoint, err)
	}
	o.report = d.Sender.Attempt(ctx, domain.Attempt{
		ID: d.NewID(), MessageID: message, URL: e.URL, Body: p.Body, Secrets: secrets, At: now,
	})
	if o.report.Hindered != nil {
		return o, &hinderedError{o.report.Hindered}
	}
	if d.Observe != nil {
		d.Observe(o.report)
	}
	return o, nil
}

// Record appends the event that an attempt came to. A 410 pauses the endpoint in the same write.
func (d *Dispatcher) Record(ctx context.Context, o outcome) (domain.Delivery, error) {
	p := o.planned
	stream := domain.DeliveryStream(p.Service, p.Message, p.Endpoint)
	var after eventlog.Loaded[domain.Delivery]
	if o.ended != "" {
		step := eventlog.On(stream, domain.EndDelivery{Plan: p.Plan, Cause: o.ended, EndpointVersion: o.endpoint.Version})
		err := eventlog.ExecuteAll(ctx, d.Log, p.Cause, step.Into(&after).Lazy())
		return after.State, err
	}
	record := domain.RecordOutcome{
		Report: o.report, Plan: p.Plan, EndpointVersion: o.endpoint.Version, Schedule: d.Schedule, Jitter: d.Jitter(),
	}
	if len(o.report.Answer) > 0 {
		record.AnswerKey = domain.PayloadKey(p.Service, o.endpoint.UserID, o.report.At)
	}
	step := eventlog.On(stream, record).Into(&after).Lazy()
	if p.State != nil {
		step = step.From(*p.State)
	}
	if !record.Gone() {
		err := eventlog.ExecuteAll(ctx, d.Log, p.Cause, step)
		return after.State, err
	}
	pause := eventlog.On(domain.EndpointStream(p.Service, p.Endpoint), domain.PauseEndpoint{Reason: domain.PausedGone})
	err := eventlog.ExecuteAll(ctx, d.Log, p.Cause, step, pause)
	return after.State, err
}

// recordUntil records an outcome, however long the log is unavailable, until ctx ends. The outcome of a request that was
// made is worth waiting for: without it the request would be made again.
func (d *Dispatcher) recordUntil(ctx context.Context, o outcome) bool {
	level := slog.LevelWarn
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		_, err := d.Record(ctx, o)
		switch {
		case err == nil:
			return true
		case errors.Is(err, eventlog.ErrUnavailable), errors.Is(err, eventlog.ErrConflict):
			d.Logger.Log(ctx, level, "an outcome waits for the event log", "message", o.planned.Message, "endpoint", o.planned.Endpoint, "error", err)
			level = slog.LevelDebug
		default:
			d.Logger.Error("an outcome could not be recorded", "message", o.planned.Message, "endpoint", o.planned.Endpoint, "error", err)
			return false
		}
		if !sleep(ctx, wait) {
			return false
		}
	}
}

// plan makes the first attempts that a chunk of a message asks for.
func plan(r eventlog.Recorded, targets []string, body []byte) []Planned {
	out := make([]Planned, len(targets))
	for i, endpoint := range targets {
		out[i] = Planned{
			Service: r.Stream.Service, Message: r.Stream.Root, Endpoint: endpoint, Body: body,
			Cause: eventlog.CausedBy(r, DispatchActor),
			State: &eventlog.Loaded[domain.Delivery]{Stream: domain.DeliveryStream(r.Stream.Service, r.Stream.Root, endpoint)},
		}
	}
	return out
}
