package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"webplug/domain/eventlog"
	"webplug/handlers/lambda"
	"webplug/infra/dynamo"
	"webplug/infra/sender"
	"webplug/infra/snslocal"
	"webplug/infra/sqs"
	"webplug/infra/stage"
	"webplug/projections"
)

// queues is delivery as in an AWS account, on one machine: the log's stream ▶ topics ▶ SQS ▶ attempts, by the handlers that
// Lambda calls.
type queues struct {
	attempts    sqs.Attempts
	attemptsARN string
	work        sqs.Work

	pump     *dynamo.Pump
	pollers  []*sqs.Poller
	schedule *lambda.Schedule
}

// sqsVariable says where SQS is, for the SDK too.
const sqsVariable = "AWS_ENDPOINT_URL_SQS"

const (
	// patience is how long an attempt with its record may take.
	patience = sender.DefaultTimeout + 10*time.Second
	// queueTime is how long a batch of the attempts queue may take, and workTime one of the work queue. What is not done is
	// visible again after six times as long (AWS Lambda Developer Guide, "Configuring a queue to use with Lambda").
	queueTime   = 2 * patience
	workTime    = time.Minute
	visible     = 6 * queueTime
	pollAtOnce  = 8
	longPolling = time.Second
)

// openQueues finds the queues of a stage, or makes them.
func openQueues(ctx context.Context, c aws.Config, name string, visible time.Duration, now eventlog.Clock) (*queues, error) {
	client := awssqs.NewFromConfig(c)
	attempts, err := openQueue(ctx, client, stage.Name(name)+"-attempts", visible)
	if err != nil {
		return nil, err
	}
	work, err := openQueue(ctx, client, stage.Name(name)+"-work", visible)
	if err != nil {
		return nil, err
	}
	q := &queues{attempts: sqs.Attempts{Queue: attempts}, work: sqs.Work{Queue: work}}
	q.attempts.Now, q.work.Now = now, now
	got, err := client.GetQueueAttributes(ctx, &awssqs.GetQueueAttributesInput{
		QueueUrl: &attempts.URL, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return nil, fmt.Errorf("look at the queue %s: %w", attempts.URL, err)
	}
	q.attemptsARN = got.Attributes[string(types.QueueAttributeNameQueueArn)]
	return q, nil
}

func openQueue(ctx context.Context, client *awssqs.Client, name string, visible time.Duration) (sqs.Queue, error) {
	out, err := client.CreateQueue(ctx, &awssqs.CreateQueueInput{
		QueueName: aws.String(name), Attributes: map[string]string{"VisibilityTimeout": fmt.Sprint(int(visible.Seconds()))},
	})
	if err != nil {
		return sqs.Queue{}, fmt.Errorf("make the queue %s: %w", name, err)
	}
	return sqs.Queue{Client: client, URL: *out.QueueUrl}, nil
}

// join makes the three functions of delivery: dispatch reads the log's stream, the others poll their queues.
func (q *queues) join(h *dynamoHome, d *projections.Dispatcher, endpoints *projections.ConsistentDirectory, queries *projections.Queries) {
	o := h.options
	formats := projections.NewFormats(endpoints)
	dispatch := projections.NewStreamDispatch(projections.StreamDispatch{
		Log: h.log, Formats: formats, Publisher: h.sns.Publisher, QueueARN: q.attemptsARN, Later: q.attempts, Tasks: q.work,
		Park: h.batches.Park, Now: o.now, Logger: o.logger,
	})
	feed := &lambda.Feed{Decode: dynamo.Decode, Reader: dispatch, Logger: o.logger}
	q.pump = h.store.NewPump(dynamo.PumpOptions{
		Reader: "dispatch", Handle: feed.Handle, Logger: o.logger,
		Lost: func(context.Context) error { return nil }, // the schedule finds what was not delivered
	})
	attempts := lambda.AttemptsQueue(projections.NewAttemptQueue(projections.AttemptQueue{
		Dispatcher: d, Formats: formats, Later: q.attempts, Park: h.batches.Park, Patience: patience,
	}), o.logger)
	h.topics.queue = q.fromTopic
	h.sns.Reconciler.QueueARN = q.attemptsARN
	router := &projections.Router{Log: h.log, Candidates: endpoints, Now: o.now}
	work := lambda.WorkQueue(&projections.Worker{
		Log: h.log, Formats: formats, Reconciler: h.sns.Reconciler, Publisher: h.sns.Publisher, Later: q.attempts, Tasks: q.work,
		Route: router.RouteOn, Park: h.batches.Park, Now: o.now, Logger: o.logger,
	}, o.logger)
	q.schedule = q.scheduled(h, formats, queries)
	q.pollers = []*sqs.Poller{
		q.attempts.NewPoller(sqs.PollerOptions{Handle: attempts.Handle, Timeout: queueTime, Wait: longPolling, AtOnce: pollAtOnce, Logger: o.logger}),
		q.work.NewPoller(sqs.PollerOptions{Handle: work.Handle, Timeout: workTime, Wait: longPolling, AtOnce: pollAtOnce, Logger: o.logger}),
	}
}

// scheduled is what is looked after each minute.
func (q *queues) scheduled(h *dynamoHome, formats *projections.Formats, queries *projections.Queries) *lambda.Schedule {
	o, views := h.options, h.store.Views()
	overdue := &projections.Overdue{
		Log: h.log, Views: views, Queries: queries, Formats: formats, Later: q.attempts, Tasks: q.work, Park: h.batches.Park, Now: o.now, Logger: o.logger,
	}
	drift := &projections.Drift{Views: views, Queries: queries, Tasks: q.work, Now: o.now}
	return &lambda.Schedule{Logger: o.logger, Steps: []lambda.Step{
		{Name: "attempts that are overdue", Do: overdue.Planned},
		{Name: "messages without an outcome", Do: overdue.Accepted},
		{Name: "reports that wait", Do: h.topics.reports.Retry},
		{Name: "handshakes under way", Do: drift.Unsettled},
		{Name: "what was changed at SNS", Do: drift.All},
	}}
}

// scheduleEvery is how often the schedule is called in AWS, too.
const scheduleEvery = time.Minute

func (q *queues) keepSchedule(ctx context.Context) {
	tick := time.NewTicker(scheduleEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = q.schedule.Handle(ctx) // it logs what failed
		}
	}
}

// fromTopic puts a message into the attempts queue as SNS does, for the local SNS.
func (q *queues) fromTopic(ctx context.Context, arn, body string, attributes map[string]snslocal.Attribute) error {
	if arn != q.attemptsARN {
		return fmt.Errorf("%s is no queue of this stage", arn)
	}
	in := &awssqs.SendMessageInput{QueueUrl: &q.attempts.URL, MessageBody: &body, MessageAttributes: map[string]types.MessageAttributeValue{}}
	for name, a := range attributes {
		in.MessageAttributes[name] = types.MessageAttributeValue{DataType: &a.Type, StringValue: &a.Value}
	}
	_, err := q.attempts.Client.SendMessage(ctx, in)
	return err
}

// run delivers until ctx ends, and waits for what is under way.
func (q *queues) run(ctx context.Context) *sync.WaitGroup {
	var working sync.WaitGroup
	if q == nil {
		return &working
	}
	working.Go(func() { q.pump.Run(ctx) })
	working.Go(func() { q.keepSchedule(ctx) })
	for _, p := range q.pollers {
		working.Go(func() { p.Run(ctx) })
	}
	return &working
}

// everywhere says that no delivery is the lanes' care.
func everywhere(string, string) bool { return true }
