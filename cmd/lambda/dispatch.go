package main

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"webplug/domain"
	handlers "webplug/handlers/lambda"
	"webplug/infra/dynamo"
	"webplug/infra/sender"
	"webplug/infra/sqs"
	"webplug/projections"
)

// queues are the attempts queue and the work queue.
func (p *parts) queues() (sqs.Attempts, sqs.Work) {
	client := awssqs.NewFromConfig(p.aws)
	return sqs.Attempts{Queue: sqs.Queue{Client: client, URL: p.settings.attempts.url, Now: p.now}},
		sqs.Work{Queue: sqs.Queue{Client: client, URL: p.settings.workURL, Now: p.now}}
}

// publisher publishes messages. What it finds lost is reconciled by whoever does tasks.
func (p *parts) publisher(endpoints projections.Endpoints) *projections.SNSPublisher {
	return &projections.SNSPublisher{Log: p.log, Endpoints: endpoints, Transport: p.transport(), Mappings: projections.NewMappings(p.rows, p.now)}
}

// reconciler makes topics and subscriptions as the log wants them.
func (p *parts) reconciler() *projections.Reconciler {
	return &projections.Reconciler{
		Log: p.log, Transport: p.transport(), Stage: p.settings.stage, Now: p.now, Random: p.random, QueueARN: p.settings.attempts.arn,
	}
}

// park sets a stream aside, as a row.
func (p *parts) park() *projections.Batches {
	return projections.NewBatches(p.log, p.rows, p.now, p.logger)
}

// dispatch makes the role that publishes what the log's stream brings, and leaves the rest to queues.
func (p *parts) dispatch(context.Context) (lambda.Handler, error) {
	directory := p.directory()
	attempts, work := p.queues()
	reader := projections.NewStreamDispatch(projections.StreamDispatch{
		Log: p.log, Formats: projections.NewFormats(directory), Publisher: p.publisher(directory), QueueARN: p.settings.attempts.arn,
		Later: attempts, Tasks: work, Park: p.park().Park, Now: p.now, Logger: p.logger,
	})
	feed := &handlers.Feed{Decode: dynamo.Decode, Reader: reader, Logger: p.logger}
	return lambda.NewHandler(feed.Handle), nil
}

// patience is the sender's time for an attempt, and what its record may take.
const patience = sender.DefaultTimeout + 10*time.Second

// queue makes the role that makes attempts.
func (p *parts) queue(context.Context) (lambda.Handler, error) {
	directory := p.directory()
	attempts, _ := p.queues()
	out := sender.New(sender.Options{Guard: p.guard, Version: version})
	q := projections.NewAttemptQueue(projections.AttemptQueue{
		Dispatcher: &projections.Dispatcher{
			Log: p.log, Endpoints: directory, Sender: out, Schedule: domain.DefaultSchedule, Now: p.now, NewID: p.newID, Jitter: p.jitter,
			Logger: p.logger,
		},
		Formats: projections.NewFormats(directory), Later: attempts, Park: p.park().Park, Patience: patience,
	})
	return lambda.NewHandler(handlers.AttemptsQueue(q, p.logger).Handle), nil
}

// work makes the role that does tasks.
func (p *parts) work(context.Context) (lambda.Handler, error) {
	directory := p.directory()
	attempts, work := p.queues()
	router := &projections.Router{Log: p.log, Candidates: directory, Now: p.now}
	worker := &projections.Worker{
		Log: p.log, Formats: projections.NewFormats(directory), Reconciler: p.reconciler(), Publisher: p.publisher(directory),
		Later: attempts, Tasks: work, Route: router.RouteOn, Park: p.park().Park, Now: p.now, Logger: p.logger,
	}
	return lambda.NewHandler(handlers.WorkQueue(worker, p.logger).Handle), nil
}
