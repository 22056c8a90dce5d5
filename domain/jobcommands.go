package domain

import (
	"slices"
	"time"

	"webplug/domain/eventlog"
)

// RequestJob asks for a job under a new id.
type RequestJob struct {
	Kind    JobKind
	Filter  DeadLetterFilter
	Reason  string
	Total   int
	Request string
}

// Decide refuses what no job can do, and another request under the same id.
func (c RequestJob) Decide(j Job) ([]eventlog.Event, error) {
	if j.Exists() {
		return nil, repeated(c.Request, j.Request)
	}
	if err := CheckReason(c.Reason); err != nil {
		return nil, err
	}
	switch f := c.Filter; {
	case !slices.Contains(JobKinds, c.Kind):
		return nil, Refuse(Invalid, "kind", "is none of the kinds of jobs")
	case !c.Kind.ActsOnDeadLetters() && f != DeadLetterFilter{}:
		return nil, Refuse(Invalid, "filter", "is nothing that this kind of job has")
	case c.Kind == JobRecover && f.Since.IsZero():
		return nil, Refuse(Invalid, "since", "is required")
	case !f.Since.IsZero() && !f.Until.IsZero() && f.Until.Before(f.Since):
		return nil, Refuse(Invalid, "filter.until", "is before since")
	}
	return []eventlog.Event{JobRequested(c)}, nil
}

// AdvanceJob records a slice.
type AdvanceJob struct {
	// From is where the slice began: the job's Next as it was loaded. If the job is elsewhere by now, another did the slice.
	From string
	// Done, Skipped, Failed, Streams and Damaged are added to what the job had.
	Done, Skipped, Failed, Streams, Damaged int
	Damage                                  []Damage
	Next                                    string
	Finished                                bool
}

// Decide refuses a slice of a job that has ended or gone on without it: what the slice did must then not be written
// either.
func (c AdvanceJob) Decide(j Job) ([]eventlog.Event, error) {
	switch {
	case !j.Exists():
		return nil, Refuse(NotFound, "", "no such job")
	case j.Ended():
		return nil, Refuse(Conflict, "", "the job has ended (%s)", j.Status)
	case j.Progress.Next != c.From:
		return nil, Refuse(Conflict, "", "the job has gone on")
	}
	p := j.Progress
	p.Done, p.Skipped, p.Failed = p.Done+c.Done, p.Skipped+c.Skipped, p.Failed+c.Failed
	p.Streams, p.Damaged, p.Next = p.Streams+c.Streams, p.Damaged+c.Damaged, c.Next
	p.Damage = c.Damage[:min(len(c.Damage), max(0, MaxDamage-len(j.Damage)))]
	if len(p.Damage) == 0 {
		p.Damage = nil
	}
	var events []eventlog.Event
	if c.Done != 0 || c.Skipped != 0 || c.Failed != 0 || c.Streams != 0 || c.Damaged != 0 || c.Next != c.From {
		events = append(events, p)
	}
	if c.Finished {
		events = append(events, JobFinished{})
	}
	return events, nil
}

// FailJob ends a job that cannot go on.
type FailJob struct{ Error string }

// Decide leaves a job that has ended as it is.
func (c FailJob) Decide(j Job) ([]eventlog.Event, error) {
	switch {
	case !j.Exists():
		return nil, Refuse(NotFound, "", "no such job")
	case j.Ended():
		return nil, nil
	}
	return []eventlog.Event{JobFailed(c)}, nil
}

// CancelJob ends a job before it is done.
type CancelJob struct{ Reason string }

// Decide is repeatable.
func (c CancelJob) Decide(j Job) ([]eventlog.Event, error) {
	if err := CheckReason(c.Reason); err != nil {
		return nil, err
	}
	switch {
	case !j.Exists():
		return nil, Refuse(NotFound, "", "no such job")
	case j.Status == JobStatusCancelled:
		return nil, nil
	case j.Ended():
		return nil, Refuse(Conflict, "", "the job has ended (%s)", j.Status)
	}
	return []eventlog.Event{JobCancelled(c)}, nil
}

// ActOnFailed is what a job does to one delivery: a retry or a discard of what had failed when the job was asked for.
// What has been tried since then, by this job or by anybody, is left alone, however it ended: so it can be repeated.
type ActOnFailed struct {
	Command eventlog.Command[Delivery] // RetryDelivery or DiscardDelivery
	Before  time.Time
}

// Decide leaves other deliveries as they are.
func (c ActOnFailed) Decide(d Delivery) ([]eventlog.Event, error) {
	if d.Status() != Failed || !d.EndedAt.Before(c.Before) {
		return nil, nil
	}
	return c.Command.Decide(d)
}
