package rest

import (
	"context"
	"net/http"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

func (a *API) listDeadLetters(ctx context.Context, c *call) error {
	q := c.query()
	filter, request := q.deadLetters(), q.page()
	filter.Audience = c.caller.user()
	if err := a.settle(ctx, c, q); err != nil {
		return err
	}
	page, err := a.Queries.DeadLetters(ctx, c.service.ID, filter, request)
	if err != nil {
		return err
	}
	return list(c, page, asItIs)
}

// deadLetters reads the filters of dead letters.
func (q *query) deadLetters() projections.DeliveryFilter {
	filter := projections.DeliveryFilter{
		UserID: q.id("user_id", domain.PrefixUser), EventType: q.text("event_type"),
		EndpointID: q.id("endpoint_id", domain.PrefixEndpoint), Cause: q.cause("cause"),
	}
	filter.Since, filter.Until = q.span()
	return filter
}

// groupsAnswer are all groups.
type groupsAnswer struct {
	Data []projections.DeadLetterGroup `json:"data"`
	More bool                          `json:"more"` // the oldest dead letters are not counted
}

func (a *API) listDeadLetterGroups(ctx context.Context, c *call) error {
	q := c.query()
	filter := q.deadLetters()
	filter.Audience = c.caller.user()
	if err := a.settle(ctx, c, q); err != nil {
		return err
	}
	groups, err := a.Queries.DeadLetterGroups(ctx, c.service.ID, filter)
	if err != nil {
		return err
	}
	if groups.Stale {
		c.Response().Header()[headerStale] = valueTrue
	}
	return c.json(http.StatusOK, groupsAnswer{groups.Data, groups.More})
}

// letterFilter is a filter of dead letters as a body has it.
type letterFilter struct {
	MessageID  *string `json:"message_id"`
	EndpointID *string `json:"endpoint_id"`
	UserID     *string `json:"user_id"`
	EventType  *string `json:"event_type"`
	Cause      *string `json:"cause"`
	Since      *string `json:"since"`
	Until      *string `json:"until"`
}

// read checks the filter. What has the form of an id and does not exist matches nothing, as in a list's query; an empty
// text, a variable that the caller forgot to fill, must not act on everything.
func (f letterFilter) read() (out domain.DeadLetterFilter, err error) {
	id := func(field, prefix string, given *string) string {
		if given != nil && err == nil && !domain.ValidID(prefix, *given) {
			err = domain.Refuse(domain.Invalid, "filter."+field, "must be an id that begins with %s", prefix)
		}
		return or(given, "")
	}
	at := func(field string, given *string) (t time.Time) {
		if given != nil && err == nil {
			t, err = timeOf("filter."+field, *given)
		}
		return t
	}
	out = domain.DeadLetterFilter{
		MessageID: id("message_id", domain.PrefixMessage, f.MessageID), EndpointID: id("endpoint_id", domain.PrefixEndpoint, f.EndpointID),
		UserID: id("user_id", domain.PrefixUser, f.UserID), EventType: or(f.EventType, ""),
		Since: at("since", f.Since), Until: at("until", f.Until),
	}
	cause, known := domain.ParseCause(or(f.Cause, ""))
	out.Cause = cause
	switch {
	case err != nil:
	case f.Cause != nil && !known:
		err = domain.Refuse(domain.Invalid, "filter.cause", "is not a cause of failure")
	case f.EventType != nil && *f.EventType == "":
		err = domain.Refuse(domain.Invalid, "filter.event_type", "is empty; leave it out for all")
	}
	return out, err
}

// timeOf reads a time, to the microsecond, as events have it.
func timeOf(field, text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return t, domain.Refuse(domain.Invalid, field, "must be a time like 2026-01-02T03:04:05Z (RFC 3339)")
	}
	return t.UTC(), nil
}

func (a *API) retryDeadLetters(ctx context.Context, c *call) error {
	return a.actOnDeadLetters(ctx, c, domain.JobRetry)
}

func (a *API) discardDeadLetters(ctx context.Context, c *call) error {
	return a.actOnDeadLetters(ctx, c, domain.JobDiscard)
}

func (a *API) actOnDeadLetters(ctx context.Context, c *call, kind domain.JobKind) error {
	var body struct {
		Filter *letterFilter `json:"filter"`
		Reason string        `json:"reason"`
		DryRun bool          `json:"dry_run"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	if body.Filter == nil {
		return domain.Refuse(domain.Invalid, "filter", "is required; {} is all dead letters")
	}
	filter, err := body.Filter.read()
	if err != nil {
		return err
	}
	if body.DryRun {
		n, err := a.Queries.CountDeadLetters(ctx, c.service.ID, projections.DeliveryFilterOf(filter))
		if err != nil {
			return err
		}
		return c.json(http.StatusOK, map[string]int{"count": n})
	}
	return a.startJob(ctx, c, c.service.ID, []string{string(kind)}, func() (domain.RequestJob, error) {
		if kind == domain.JobRetry {
			if err := c.service.AcceptsCommands(); err != nil {
				return domain.RequestJob{}, err
			}
		}
		n, err := a.Queries.CountDeadLetters(ctx, c.service.ID, projections.DeliveryFilterOf(filter))
		return domain.RequestJob{Kind: kind, Filter: filter, Reason: body.Reason, Total: n}, err
	})
}

// recoverEndpoint retries all that failed for an endpoint since a time.
func (a *API) recoverEndpoint(ctx context.Context, c *call) error {
	var body struct {
		Since string `json:"since"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	if body.Since == "" {
		return domain.Refuse(domain.Invalid, "since", "is required")
	}
	since, err := timeOf("since", body.Since)
	if err != nil {
		return err
	}
	endpoint, err := a.endpoint(ctx, c)
	if err != nil {
		return err
	}
	filter := domain.DeadLetterFilter{EndpointID: endpoint.ID, Since: since}
	return a.startJob(ctx, c, c.service.ID, []string{"recover", endpoint.ID}, func() (domain.RequestJob, error) {
		if err := a.receives(ctx, c, endpoint); err != nil {
			return domain.RequestJob{}, err
		}
		n, err := a.Queries.CountDeadLetters(ctx, c.service.ID, projections.DeliveryFilterOf(filter))
		return domain.RequestJob{Kind: domain.JobRecover, Filter: filter, Total: n}, err
	})
}

// jobStarted is what a call answers that asked for a job.
type jobStarted struct {
	JobID string `json:"job_id"`
	Count int    `json:"count"`
}

// startJob asks for a job, once for each Idempotency-Key. parts tell apart requests that differ in more than their body.
func (a *API) startJob(ctx context.Context, c *call, service string, parts []string, build func() (domain.RequestJob, error)) error {
	n, err := a.creation(c, domain.PrefixJob, service, parts...)
	if err != nil {
		return err
	}
	job, err := create(ctx, a, c, n, domain.JobStream(service, n.id), func(j domain.Job) string { return j.Request }, noClaims,
		func() (eventlog.Command[domain.Job], error) {
			cmd, err := build()
			cmd.Request = n.request
			return cmd, err
		})
	if err != nil {
		return err
	}
	c.did(job.Stream, job.Version)
	return c.json(http.StatusAccepted, jobStarted{job.State.ID, job.State.Total})
}
