package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"webplug/domain"
	"webplug/domain/eventlog"
	handlers "webplug/handlers/lambda"
	"webplug/infra/sqs"
	"webplug/infra/stage"
	"webplug/projections"
)

// scheduleActor is who asks for what the schedule does by itself.
const scheduleActor = "schedule"

// schedule makes the role that looks, each minute, after what nobody else is told of.
func (p *parts) schedule(ctx context.Context) (lambda.Handler, error) {
	if err := p.begin(ctx); err != nil {
		return nil, err
	}
	directory := p.directory()
	attempts, work := p.queues()
	batches := p.park()
	queries := projections.NewRemoteQueries(p.log, p.rows, batches.RetryStuck, p.now)
	reports := p.snsReports(directory)
	overdue := &projections.Overdue{
		Log: p.log, Views: p.rows, Queries: queries, Formats: projections.NewFormats(directory), Later: attempts, Tasks: work,
		Park: batches.Park, Now: p.now, Logger: p.logger,
	}
	drift := &projections.Drift{Views: p.rows, Queries: queries, Tasks: work, Now: p.now}
	rebuilds := &projections.Rebuilds{
		Log: p.log, Views: p.rows, Scanner: p.store, Now: p.now, Settle: stage.LongestInvocation, Logger: p.logger,
	}
	jobs := &projections.JobSlices{Open: queries.OpenJobs, Logger: p.logger, Jobs: &projections.Jobs{
		Log: p.log, Now: p.now, Endpoints: directory, Letters: queries, Scanner: p.store, RebuildSlice: rebuilds.Slice, Logger: p.logger,
	}}
	letters := sqs.Undelivered{Queue: sqs.Queue{Client: awssqs.NewFromConfig(p.aws), URL: p.settings.deadLetters.url, Now: p.now}}
	s := &handlers.Schedule{Logger: p.logger, Steps: []handlers.Step{
		{Name: "attempts that are overdue", Do: overdue.Planned},
		{Name: "messages without an outcome", Do: overdue.Accepted},
		{Name: "reports that wait", Do: reports.Retry},
		{Name: "what SNS could not deliver", Do: func(ctx context.Context) error { return reports.TakeUndelivered(ctx, letters) }},
		{Name: "handshakes under way", Do: drift.Unsettled},
		{Name: "what was changed at SNS", Do: drift.All},
		{Name: "jobs", Do: jobs.Do},
		{Name: "read models of another version", Do: func(ctx context.Context) error { return p.renew(ctx, rebuilds, jobs) }},
		{Name: "what a rebuild left", Do: rebuilds.Tidy},
		{Name: "figures of closed hours", Do: batches.RollUpShared},
		{Name: "how much is set aside", Do: func(ctx context.Context) error { return p.figures.parked(batches.Stuck(ctx)) }},
	}}
	return lambda.NewHandler(func(ctx context.Context, _ any) error { return s.Handle(ctx) }), nil
}

// renew makes the read models anew where they are of another version of the program. Queries cannot list jobs then, so that it
// does the slices of its own job.
func (p *parts) renew(ctx context.Context, r *projections.Rebuilds, jobs *projections.JobSlices) error {
	outdated, err := r.Outdated(ctx)
	if err != nil || !outdated {
		return err
	}
	job, err := r.UnderWay(ctx)
	if err != nil {
		return err
	}
	if job == (eventlog.Stream{}) {
		job = domain.JobStream(eventlog.Above, domain.PrefixJob+p.newID())
		cause := eventlog.Cause{Actor: scheduleActor, CorrelationID: "upgrade_" + version, CausationID: "upgrade_" + version}
		if _, err := eventlog.Execute(ctx, p.log, job, domain.RequestJob{Kind: domain.JobRebuild}, cause); err != nil {
			return fmt.Errorf("ask for the read models: %w", err)
		}
	}
	return jobs.One(ctx, job)
}
