package projections

import (
	"context"
	"errors"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// verifySlice is how many records a slice of a verification checks, at least.
const verifySlice = 20_000

// verify checks the hash chains of the next part of the log.
func (j *Jobs) verify(ctx context.Context, job *eventlog.Loaded[domain.Job]) error {
	part, err := j.Log.Verify(ctx, j.Scanner, eventlog.Checkpoint(job.State.Progress.Next), verifySlice)
	if err != nil {
		return err
	}
	cmd := domain.AdvanceJob{
		Done: part.Events, Streams: part.Streams, Damaged: len(part.Damage), Next: string(part.Next), Finished: part.Done,
	}
	for _, d := range part.Damage[:min(len(part.Damage), domain.MaxDamage)] {
		cmd.Damage = append(cmd.Damage, domain.Damage{Stream: d.Stream.String(), Version: d.Version, Reason: string(d.Reason)})
	}
	return j.advance(ctx, job, cmd)
}

// errNoRebuild says that this home makes its read models anew in another way.
var errNoRebuild = errors.New("the read models cannot be made anew here")

// rebuild makes the read models anew, in one slice: if it breaks off it begins again, and so does the count.
func (j *Jobs) rebuild(ctx context.Context, job *eventlog.Loaded[domain.Job]) error {
	if j.RebuildSlice != nil {
		next, events, finished, err := j.RebuildSlice(ctx, job.Stream, job.State.Progress.Next)
		if err != nil {
			return err
		}
		return j.advance(ctx, job, domain.AdvanceJob{Done: events, Next: next, Finished: finished})
	}
	if j.Rebuild == nil {
		return errNoRebuild
	}
	err := j.Rebuild(ctx, func(ctx context.Context, events int) error {
		return j.advance(ctx, job, domain.AdvanceJob{Done: events - job.State.Progress.Done, Next: job.State.Progress.Next})
	})
	if err != nil {
		return err
	}
	return j.advance(ctx, job, domain.AdvanceJob{Next: job.State.Progress.Next, Finished: true})
}
