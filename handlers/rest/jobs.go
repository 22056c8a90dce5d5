package rest

import (
	"context"
	"net/http"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// jobsOf is whose jobs the path is about: its service's, or those that are no single service's.
func (c *call) jobsOf() string {
	if c.service.Exists() {
		return c.service.ID
	}
	return eventlog.Above
}

func (a *API) listJobs(ctx context.Context, c *call) error {
	q := c.query()
	filter := projections.JobFilter{Status: word(q, "status", domain.JobStatuses...), Kind: word(q, "kind", domain.JobKinds...)}
	request := q.page()
	if err := a.settle(ctx, c, q); err != nil {
		return err
	}
	page, err := a.Queries.Jobs(ctx, c.jobsOf(), filter, request)
	if err != nil {
		return err
	}
	return list(c, page, asItIs)
}

func (c *call) jobID() (string, error) { return c.idOf("job", domain.PrefixJob, "job") }

// getJob answers from the log: whoever has just asked for a job finds it.
func (a *API) getJob(ctx context.Context, c *call) error {
	if err := c.query().done(); err != nil {
		return err
	}
	id, err := c.jobID()
	if err != nil {
		return err
	}
	job, err := eventlog.Load[domain.Job](ctx, a.Log, domain.JobStream(c.jobsOf(), id))
	if err == nil && !job.State.Exists() {
		err = domain.Refuse(domain.NotFound, "", "no such job")
	}
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, projections.NewJobRow(job.State))
}

func (a *API) cancelJob(ctx context.Context, c *call) error {
	var body reasoned
	if err := c.decodeIfAny(&body); err != nil {
		return err
	}
	id, err := c.jobID()
	if err != nil {
		return err
	}
	job, _, err := execute(ctx, a, c, false, domain.JobStream(c.jobsOf(), id), domain.CancelJob{Reason: body.Reason}, noClaims)
	if err != nil {
		return err
	}
	c.did(job.Stream, job.Version)
	return c.json(http.StatusAccepted, projections.NewJobRow(job.State))
}

// rebuild makes all read models anew.
func (a *API) rebuild(ctx context.Context, c *call) error {
	return a.startLogJob(ctx, c, domain.JobRebuild, func(jobs []projections.JobRow) error {
		for _, j := range jobs {
			if j.Kind == domain.JobRebuild && j.EndedAt == nil {
				running := domain.Refuse(domain.Conflict, "", "a rebuild runs already: %s", j.ID)
				running.ID = j.ID
				return running
			}
		}
		return nil
	})
}

// verifyLog checks the hash chain of every stream.
func (a *API) verifyLog(ctx context.Context, c *call) error {
	return a.startLogJob(ctx, c, domain.JobVerify, func([]projections.JobRow) error { return nil })
}

// startLogJob asks for a job that reads the whole log. How much that is it takes from the last such job that has finished.
func (a *API) startLogJob(ctx context.Context, c *call, kind domain.JobKind, check func([]projections.JobRow) error) error {
	if err := c.decodeIfAny(&struct{}{}); err != nil {
		return err
	}
	return a.startJob(ctx, c, eventlog.Above, []string{string(kind)}, func() (domain.RequestJob, error) {
		cmd := domain.RequestJob{Kind: kind}
		page, err := a.Queries.Jobs(ctx, eventlog.Above, projections.JobFilter{}, projections.PageRequest{Limit: maxLimit})
		if err == nil {
			err = check(page.Data)
		}
		for _, j := range page.Data {
			if j.Status == domain.JobStatusFinished {
				cmd.Total = j.Done
				break
			}
		}
		return cmd, err
	})
}
