package projections

import (
	"context"
	"errors"
	"log/slog"

	"webplug/domain/eventlog"
)

// JobSlices does jobs where nobody may work for long: each call does slices of all that are open, until its context ends.
type JobSlices struct {
	Jobs   *Jobs
	Open   func(context.Context) ([]eventlog.Stream, error)
	Logger *slog.Logger
}

// Do does slices, side by side, of each job until it has ended, has to wait, or the time is over. What is left is the next
// call's.
func (j *JobSlices) Do(ctx context.Context) error {
	streams, err := j.Open(ctx)
	if err != nil {
		return err
	}
	failed := make([]error, len(streams))
	err = each(ctx, indices(len(streams)), func(ctx context.Context, i int) error {
		failed[i] = j.One(ctx, streams[i])
		return nil
	})
	return errors.Join(append(failed, err)...)
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// One does slices of one job.
func (j *JobSlices) One(ctx context.Context, s eventlog.Stream) error {
	before := eventlog.Version(0)
	for ctx.Err() == nil {
		job, err := j.Jobs.Slice(ctx, s)
		switch {
		case err != nil:
			return err
		case job.Ended():
			j.Logger.Info("a job has ended", "job", s.String(), "kind", job.Kind, "status", job.Status)
			return nil
		case job.Version == before: // it waits
			return nil
		}
		before = job.Version
	}
	return ctx.Err()
}
