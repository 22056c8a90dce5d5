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

// DeadLetterSource is where jobs find what they act on.
type DeadLetterSource interface {
	// FailedAfter gives dead letters behind a place, oldest first.
	FailedAfter(ctx context.Context, service string, f DeliveryFilter, after string, limit int) (Letters, error)
}

// Jobs does jobs, slice by slice. Who calls it when is another's care: a goroutine on one machine, a schedule elsewhere.
// A slice that is repeated, or done by two at once, does nothing twice.
type Jobs struct {
	Log       *eventlog.Log
	Endpoints Endpoints
	Now       eventlog.Clock // for when topics of archived types go; nil: they stay
	Letters   DeadLetterSource
	Scanner   eventlog.Scanner
	// Rebuild makes the read models anew, and tells of the events that it has read. It is the one slice of its job.
	Rebuild func(ctx context.Context, progress func(ctx context.Context, events int) error) error
	// RebuildSlice does a part of it in its place, where that takes longer than one may work (Rebuilds.Slice).
	RebuildSlice func(ctx context.Context, job eventlog.Stream, at string) (next string, events int, finished bool, err error)
	Logger       *slog.Logger
}

// Slice does a part of a job, and gives the job as it is then; once that has ended there is no more to do. An error is
// one that may pass: the slice can be tried again. What cannot pass ends the job.
func (j *Jobs) Slice(ctx context.Context, s eventlog.Stream) (domain.Job, error) {
	job, err := eventlog.Load[domain.Job](ctx, j.Log, s)
	if err != nil || !job.State.Exists() || job.State.Ended() {
		return job.State, err
	}
	err = j.do(ctx, &job)
	var refused *domain.Error
	switch {
	case err == nil:
		return job.State, nil
	case errors.As(err, &refused) && refused.Kind == domain.Conflict: // it was cancelled, or somebody else did the slice
		job, err = eventlog.Load[domain.Job](ctx, j.Log, s)
		return job.State, err
	case transient(err), errors.Is(err, eventlog.ErrConflict):
		return job.State, fmt.Errorf("do a slice of %s: %w", s, err)
	}
	j.Logger.Error("a job cannot go on", "job", s.String(), "kind", job.State.Kind, "error", err)
	after, failed := eventlog.Execute(ctx, j.Log, s, domain.FailJob{Error: err.Error()}, causeOf(job.State))
	return after.State, failed
}

// do does a slice. A panic is that job's end, not the process's.
func (j *Jobs) do(ctx context.Context, job *eventlog.Loaded[domain.Job]) (err error) {
	defer func() {
		if p := recover(); p != nil {
			j.Logger.Error("a job panicked", "job", job.Stream.String(), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	switch kind := job.State.Kind; {
	case kind.ActsOnDeadLetters():
		return j.actOnDeadLetters(ctx, job)
	case kind == domain.JobVerify:
		return j.verify(ctx, job)
	case kind == domain.JobRebuild:
		return j.rebuild(ctx, job)
	default:
		return fmt.Errorf("no such kind of job: %s", kind)
	}
}

// causeOf is the cause of what a job does: it names the job, and who asked for it.
func causeOf(job domain.Job) eventlog.Cause {
	return eventlog.Cause{Actor: job.By, CorrelationID: job.CorrelationID, CausationID: job.ID, After: job.RequestedAt}
}

func (j *Jobs) advance(ctx context.Context, job *eventlog.Loaded[domain.Job], cmd domain.AdvanceJob) error {
	cmd.From = job.State.Progress.Next
	return eventlog.ExecuteAll(ctx, j.Log, causeOf(job.State), eventlog.On(job.Stream, cmd).From(*job).Into(job))
}

const (
	// jobSlice is how many dead letters a slice looks for.
	jobSlice = 480
	// jobBatch is how many of them are acted on in one write, with the job's progress.
	jobBatch = eventlog.MaxWriteStreams - 1
)

// actOnDeadLetters acts on the next dead letters. Those that fail from now on are not the job's, so that it ends, and
// does not retry what its own retry came to.
func (j *Jobs) actOnDeadLetters(ctx context.Context, job *eventlog.Loaded[domain.Job]) error {
	filter := DeliveryFilterOf(job.State.Filter)
	if filter.Until.IsZero() || filter.Until.After(job.State.RequestedAt) {
		filter.Until = job.State.RequestedAt
	}
	letters, err := j.Letters.FailedAfter(ctx, job.State.Service, filter, job.State.Progress.Next, jobSlice)
	if err != nil {
		return err
	}
	for len(letters.Data) > jobBatch {
		if err := j.act(ctx, job, letters.Data[:jobBatch], letters.Data[jobBatch-1].Sort, false); err != nil {
			return err
		}
		letters.Data = letters.Data[jobBatch:]
	}
	next := letters.Next
	if next == "" && len(letters.Data) > 0 {
		next = letters.Data[len(letters.Data)-1].Sort
	} else if next == "" {
		next = job.State.Progress.Next
	}
	return j.act(ctx, job, letters.Data, next, letters.Next == "")
}

// act acts on some dead letters and records the progress in one write: so each is counted once, and nothing is done once
// the job is cancelled.
func (j *Jobs) act(ctx context.Context, job *eventlog.Loaded[domain.Job], letters []DeadLetter, next string, finished bool) error {
	t := &progress{next: next, from: job.State.Progress.Next, finished: finished}
	steps := make([]eventlog.Step, 0, len(letters)+1)
	for _, d := range letters {
		step, err := j.step(ctx, job.State, d, t)
		switch {
		case err == nil:
			steps = append(steps, step)
		case transient(err):
			return err
		default:
			j.Logger.Error("a job leaves out a delivery", "job", job.Stream.String(), "message", d.Message, "endpoint", d.Endpoint, "error", err)
			t.failed++
		}
	}
	steps = append(steps, eventlog.On(job.Stream, t).From(*job).Into(job))
	return eventlog.ExecuteAll(ctx, j.Log, causeOf(job.State), steps...)
}

// step is what is to be done to one dead letter.
func (j *Jobs) step(ctx context.Context, job domain.Job, d DeadLetter, t *progress) (eventlog.Step, error) {
	stream := domain.DeliveryStream(job.Service, d.Message, d.Endpoint)
	m, err := eventlog.Load[domain.Message](ctx, j.Log, domain.MessageStream(job.Service, d.Message))
	if err != nil {
		return nil, err
	}
	delivery, err := eventlog.Load[domain.Delivery](ctx, j.Log, stream)
	if err != nil {
		return nil, err
	}
	cmd := domain.ActOnFailed{Before: job.RequestedAt}
	if job.Kind == domain.JobDiscard {
		cmd.Command = domain.DiscardDelivery{Message: m.State, EndpointID: d.Endpoint, Reason: job.Reason}
	} else {
		endpoint, err := j.Endpoints.Endpoint(ctx, job.Service, d.Endpoint)
		if err != nil {
			return nil, err
		}
		retry := domain.RetryDelivery{Message: m.State, Endpoint: endpoint, Reason: job.Reason}
		if endpoint.Format == domain.SNS && m.State.Accepted.EventTypeID != "" && j.Now != nil {
			t, err := eventlog.Load[domain.EventType](ctx, j.Log, domain.EventTypeStream(job.Service, m.State.Accepted.EventTypeID))
			if err != nil {
				return nil, err
			}
			retry.TopicGone = domain.TopicGone(t.State, domain.Service{}, j.Now())
		}
		cmd.Command = retry
	}
	return eventlog.On(stream, t.item(cmd)).From(delivery), nil
}

// progress is the last step of a write: it counts what the others came to, each time they are decided.
type progress struct {
	items      []*jobItem
	failed     int
	from, next string
	finished   bool
}

type jobItem struct {
	command domain.ActOnFailed
	acted   bool
}

func (t *progress) item(cmd domain.ActOnFailed) *jobItem {
	i := &jobItem{command: cmd}
	t.items = append(t.items, i)
	return i
}

// Decide takes a refusal (the endpoint is paused, say) as nothing to do.
func (i *jobItem) Decide(d domain.Delivery) ([]eventlog.Event, error) {
	events, err := i.command.Decide(d)
	var refused *domain.Error
	if errors.As(err, &refused) {
		events, err = nil, nil
	}
	i.acted = len(events) > 0
	return events, err
}

// Decide counts.
func (t *progress) Decide(j domain.Job) ([]eventlog.Event, error) {
	cmd := domain.AdvanceJob{From: t.from, Next: t.next, Finished: t.finished, Failed: t.failed}
	for _, i := range t.items {
		if i.acted {
			cmd.Done++
		} else {
			cmd.Skipped++
		}
	}
	return cmd.Decide(j)
}
