package projections

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// JobRow is a job with its progress.
type JobRow struct {
	ID          string           `json:"id"`
	ServiceID   *string          `json:"service_id"` // null of those that are no single service's
	Kind        domain.JobKind   `json:"kind"`
	Status      domain.JobStatus `json:"status"`
	Filter      *JobFilterRow    `json:"filter"` // null where the kind has none
	Reason      *string          `json:"reason"`
	Total       int              `json:"total"`
	Done        int              `json:"done"`
	Skipped     int              `json:"skipped"`
	Failed      int              `json:"failed"`
	Streams     int              `json:"streams"`
	Damaged     int              `json:"damaged"`
	Damage      []domain.Damage  `json:"damage"`
	Error       *string          `json:"error"`
	RequestedBy string           `json:"requested_by"`
	RequestedAt time.Time        `json:"requested_at"`
	UpdatedAt   time.Time        `json:"updated_at"`
	EndedAt     *time.Time       `json:"ended_at"`
	Version     eventlog.Version `json:"version"`
}

// JobFilterRow is what a job acts on.
type JobFilterRow struct {
	MessageID  *string       `json:"message_id"`
	EndpointID *string       `json:"endpoint_id"`
	UserID     *string       `json:"user_id"`
	EventType  *string       `json:"event_type"`
	Cause      *domain.Cause `json:"cause"`
	Since      *time.Time    `json:"since"`
	Until      *time.Time    `json:"until"`
}

// NewJobRow makes the row of a job.
func NewJobRow(j domain.Job) JobRow {
	row := JobRow{
		ID: j.ID, Kind: j.Kind, Status: j.Status, Reason: present(j.Reason), Total: j.Total, Done: j.Progress.Done,
		Skipped: j.Progress.Skipped, Failed: j.Progress.Failed, Streams: j.Progress.Streams, Damaged: j.Progress.Damaged,
		Damage: j.Damage, Error: present(j.Error), RequestedBy: j.By, RequestedAt: j.RequestedAt, UpdatedAt: j.UpdatedAt,
		EndedAt: moment(j.EndedAt), Version: j.Version,
	}
	if row.Damage == nil {
		row.Damage = []domain.Damage{}
	}
	if j.Service != eventlog.Above {
		row.ServiceID = &j.Service
	}
	if f := j.Filter; j.Kind.ActsOnDeadLetters() {
		row.Filter = &JobFilterRow{
			present(f.MessageID), present(f.EndpointID), present(f.UserID), present(f.EventType), present(f.Cause),
			moment(f.Since), moment(f.Until),
		}
	}
	return row
}

// Names of lists.
func listJobs(service string) string { return "jobs/" + service }
func listOpenJobs() string           { return "open-jobs" }

// jobs folds jobs in memory: they have many events, which come one by one.
type jobs struct {
	log    *eventlog.Log
	states map[eventlog.Stream]*folded
}

type folded struct {
	job   domain.Job
	dirty bool
}

func newJobs(l *eventlog.Log) *jobs { return &jobs{l, map[eventlog.Stream]*folded{}} }

// take folds the next event of a job; on a gap the stream is read from the log.
func (p *jobs) take(ctx context.Context, r eventlog.Recorded) error {
	f := p.states[r.Stream]
	switch {
	case f == nil && r.Version == 1:
		p.states[r.Stream] = &folded{domain.Job{}.Evolve(r), true}
		return nil
	case f != nil && r.Version <= f.job.Version:
		return nil
	case f != nil && r.Version == f.job.Version+1:
		f.job, f.dirty = f.job.Evolve(r), true
		return nil
	}
	loaded, err := eventlog.Load[domain.Job](ctx, p.log, r.Stream)
	if err == nil {
		p.states[r.Stream] = &folded{loaded.State, true}
	}
	return err
}

func (p *jobs) rows() ([]Row, error) {
	var out []Row
	for s, f := range p.states {
		if !f.dirty {
			continue
		}
		body, err := json.Marshal(NewJobRow(f.job))
		if err != nil {
			return nil, err
		}
		sort := byCreation(f.job.RequestedAt, f.job.ID)
		row := Row{View: ViewJobs, ID: s.String(), Version: f.job.Version, Body: body, Lists: []Entry{{listJobs(s.Service), sort}}}
		if !f.job.Ended() {
			row.Lists = append(row.Lists, Entry{listOpenJobs(), sort})
		}
		out = append(out, row)
	}
	return out, nil
}

// flushed says that what rows gave is written. One that has ended gets no more events.
func (p *jobs) flushed() {
	for s, f := range p.states {
		if f.dirty = false; f.job.Ended() {
			delete(p.states, s)
		}
	}
}

// JobFilter chooses jobs.
type JobFilter struct {
	Kind   domain.JobKind
	Status domain.JobStatus
}

// Jobs lists a service's jobs, or with eventlog.Above those that are no single service's, newest first.
func (q *Queries) Jobs(ctx context.Context, service string, f JobFilter, r PageRequest) (Page[JobRow], error) {
	return list(ctx, q, ViewJobs, listJobs(service), r, func(j JobRow) bool { return is(f.Kind, j.Kind) && is(f.Status, j.Status) })
}

// OpenJobs are the streams of the jobs that have not ended, oldest first.
func (q *Queries) OpenJobs(ctx context.Context) ([]eventlog.Stream, error) {
	at, err := q.fresh(ctx)
	if err != nil {
		return nil, err
	}
	defer at.release()
	var out []eventlog.Stream
	err = at.walk(ctx, ListQuery{View: ViewJobs, List: listOpenJobs(), Limit: 100}, func(l Listed) error {
		s, err := eventlog.ParseStream(l.ID)
		out = append(out, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read open jobs: %w", err)
	}
	return out, nil
}
