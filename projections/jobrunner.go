package projections

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"webplug/domain/eventlog"
)

// JobRunner does jobs on one machine: each that is open, also from before this process began, in a goroutine of its own.
type JobRunner struct {
	jobs   *Jobs
	open   func(context.Context) ([]eventlog.Stream, error)
	logger *slog.Logger
	wake   chan struct{} // has one when there may be a new job

	mu      sync.Mutex
	running map[eventlog.Stream]bool
	waiting bool // one was not begun since too many are running
}

// maxJobs is how many jobs are done at once; more wait until one ends.
const maxJobs = 8

// NewJobRunner makes a runner. open lists the jobs that have not ended.
func NewJobRunner(j *Jobs, open func(context.Context) ([]eventlog.Stream, error), logger *slog.Logger) *JobRunner {
	return &JobRunner{jobs: j, open: open, logger: logger, wake: make(chan struct{}, 1), running: map[eventlog.Stream]bool{}}
}

// Wake tells that there may be a new job.
func (r *JobRunner) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run does jobs until ctx ends. What is not done then is gone on with by the next process.
func (r *JobRunner) Run(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	for {
		streams, err := r.open(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			r.logger.Error("jobs cannot be looked for", "error", err)
			if !sleep(ctx, time.Second) {
				return
			}
			continue
		}
		for _, s := range streams {
			if r.begin(s) {
				all.Go(func() {
					r.do(ctx, s)
					r.end(s)
				})
			}
		}
		select {
		case <-r.wake:
		case <-ctx.Done():
			return
		}
	}
}

func (r *JobRunner) begin(s eventlog.Stream) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running[s] {
		return false
	}
	if len(r.running) >= maxJobs {
		r.waiting = true
		return false
	}
	r.running[s] = true
	return true
}

func (r *JobRunner) end(s eventlog.Stream) {
	r.mu.Lock()
	delete(r.running, s)
	waiting := r.waiting
	r.waiting = false
	r.mu.Unlock()
	if waiting {
		r.Wake()
	}
}

// do does a job until it has ended.
func (r *JobRunner) do(ctx context.Context, s eventlog.Stream) {
	level := slog.LevelWarn
	for ctx.Err() == nil {
		job, err := r.jobs.Slice(ctx, s)
		switch {
		case err == nil && (job.Ended() || !job.Exists()):
			r.logger.Info("a job has ended", "job", s.String(), "kind", job.Kind, "status", job.Status)
			return
		case err == nil:
			level = slog.LevelWarn
		case ctx.Err() == nil:
			r.logger.Log(ctx, level, "a job waits", "job", s.String(), "error", err)
			level = slog.LevelDebug
			sleep(ctx, time.Second)
		}
	}
}
