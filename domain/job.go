package domain

import (
	"slices"
	"time"

	"webplug/domain/eventlog"
)

// The events of a job's stream: what takes too long for one request, and is done in slices.
type (
	// JobRequested says what is to be done.
	JobRequested struct {
		Kind    JobKind          `json:"kind"`
		Filter  DeadLetterFilter `json:"filter,omitzero"` // of what it acts on
		Reason  string           `json:"reason,omitzero"`
		Total   int              `json:"total,omitzero"` // how many there were to do when it was asked for; 0 may be unknown
		Request string           `json:"request,omitzero"`
	}
	// JobProgressed is a slice that is done. The numbers are of the whole job so far.
	JobProgressed struct {
		Done    int      `json:"done"`
		Skipped int      `json:"skipped,omitzero"`
		Failed  int      `json:"failed,omitzero"`
		Streams int      `json:"streams,omitzero"`
		Damaged int      `json:"damaged,omitzero"`
		Damage  []Damage `json:"damage,omitempty"` // that this slice found
		Next    string   `json:"next,omitzero"`    // where the next slice begins; only for whoever does the job
	}
	// JobFinished says that all is done.
	JobFinished struct{}
	// JobFailed ends a job that cannot go on.
	JobFailed struct {
		Error string `json:"error"`
	}
	// JobCancelled ends a job at somebody's wish. What it had done stays done.
	JobCancelled struct {
		Reason string `json:"reason,omitzero"`
	}
)

// EventType is the stored name.
func (JobRequested) EventType() string { return "JobRequested" }

// EventType is the stored name.
func (JobProgressed) EventType() string { return "JobProgressed" }

// EventType is the stored name.
func (JobFinished) EventType() string { return "JobFinished" }

// EventType is the stored name.
func (JobFailed) EventType() string { return "JobFailed" }

// EventType is the stored name.
func (JobCancelled) EventType() string { return "JobCancelled" }

// DeadLetterFilter chooses failed deliveries. A zero field does not filter.
type DeadLetterFilter struct {
	MessageID  string    `json:"message_id,omitzero"`
	EndpointID string    `json:"endpoint_id,omitzero"`
	UserID     string    `json:"user_id,omitzero"`    // that the message was published for; a broadcast has none
	EventType  string    `json:"event_type,omitzero"` // the type's name
	Cause      Cause     `json:"cause,omitzero"`
	Since      time.Time `json:"since,omitzero"` // failed at or after
	Until      time.Time `json:"until,omitzero"` // failed before
}

// Damage is a place of the event log that is not what was written.
type Damage struct {
	Stream  string           `json:"stream"`
	Version eventlog.Version `json:"version"`
	Reason  string           `json:"reason"` // see eventlog.Damage
}

// MaxDamage is how many damaged places one job keeps; more are only counted.
const MaxDamage = 100

// JobKind is what a job does.
type JobKind string

// The kinds.
const (
	JobRecover JobKind = "recover" // retries an endpoint's dead letters since a time
	JobRetry   JobKind = "retry"   // retries the dead letters of a filter
	JobDiscard JobKind = "discard" // discards the dead letters of a filter
	JobRebuild JobKind = "rebuild" // makes the read models anew
	JobVerify  JobKind = "verify"  // checks the event log's hash chains
)

// JobKinds are all kinds.
var JobKinds = []JobKind{JobRecover, JobRetry, JobDiscard, JobRebuild, JobVerify}

// ActsOnDeadLetters says whether a job of the kind belongs to a service and acts on its dead letters. The others are the
// whole log's.
func (k JobKind) ActsOnDeadLetters() bool { return k == JobRecover || k == JobRetry || k == JobDiscard }

// JobStatus is the state of a job.
type JobStatus string

// The states.
const (
	JobStatusQueued    JobStatus = "queued" // nothing is done yet
	JobStatusRunning   JobStatus = "running"
	JobStatusFinished  JobStatus = "finished"
	JobStatusFailed    JobStatus = "failed"
	JobStatusCancelled JobStatus = "cancelled"
)

// JobStatuses are all states.
var JobStatuses = []JobStatus{JobStatusQueued, JobStatusRunning, JobStatusFinished, JobStatusFailed, JobStatusCancelled}

// JobStream is the stream of a service's job, or, with eventlog.Above, of one that is no single service's.
func JobStream(service, id string) eventlog.Stream {
	return eventlog.Stream{Service: service, Root: id}
}

// Job is a piece of work that is done in slices.
type Job struct {
	ID            string
	Service       string // or eventlog.Above
	Kind          JobKind
	Filter        DeadLetterFilter
	Reason        string // given with the request, or with the cancel
	Request       string
	Total         int
	Progress      JobProgressed // the newest, but for its Damage
	Damage        []Damage      // all that are kept
	Status        JobStatus
	Error         string
	By            string // the actor that asked for it
	CorrelationID string
	RequestedAt   time.Time
	UpdatedAt     time.Time
	EndedAt       time.Time
	Version       eventlog.Version
}

// Exists says whether the job was ever asked for.
func (j Job) Exists() bool { return j.Version > 0 }

// Ended says whether nothing more is done.
func (j Job) Ended() bool { return !j.EndedAt.IsZero() }

// Evolve folds one event.
func (j Job) Evolve(r eventlog.Recorded) Job {
	j.Version, j.UpdatedAt = r.Version, r.Time
	switch e := r.Event.(type) {
	case JobRequested:
		j.ID, j.Service, j.Kind, j.Filter, j.Reason, j.Total, j.Request = r.Stream.Root, r.Stream.Service, e.Kind, e.Filter, e.Reason, e.Total, e.Request
		j.Status, j.By, j.CorrelationID, j.RequestedAt = JobStatusQueued, r.Actor, r.CorrelationID, r.Time
	case JobProgressed:
		j.Damage = append(slices.Clip(j.Damage), e.Damage...)
		e.Damage = nil
		j.Progress, j.Status = e, JobStatusRunning
	case JobFinished:
		j.Status, j.EndedAt = JobStatusFinished, r.Time
	case JobFailed:
		j.Status, j.Error, j.EndedAt = JobStatusFailed, e.Error, r.Time
	case JobCancelled:
		j.Status, j.EndedAt = JobStatusCancelled, r.Time
		if e.Reason != "" {
			j.Reason = e.Reason
		}
	}
	return j
}
