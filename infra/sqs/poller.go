package sqs

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// PollerOptions says where a poller hands records on.
type PollerOptions struct {
	// Handle takes a batch as a Lambda function does that is mapped to the queue with ReportBatchItemFailures.
	Handle func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)
	// Timeout is the function's: how long one batch may take.
	Timeout time.Duration
	// Wait is how long a request waits for a message, up to 20 s; in whole seconds.
	Wait time.Duration
	// AtOnce is how many batches are handled at once; 0 is 1.
	AtOnce int
	Logger *slog.Logger
}

// Poller does on one machine what Lambda does in AWS: it receives a queue's messages, hands them on, and deletes those that
// are done. What is not done comes again when the queue's visibility timeout is over.
type Poller struct {
	q Queue
	o PollerOptions
}

// NewPoller makes a poller of a queue.
func (q Queue) NewPoller(o PollerOptions) *Poller { return &Poller{q, o} }

// Run polls until ctx ends, and waits for what is under way.
func (p *Poller) Run(ctx context.Context) {
	var working sync.WaitGroup
	defer working.Wait()
	places := make(chan struct{}, max(p.o.AtOnce, 1))
	for failures := 0; ctx.Err() == nil; {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			return
		}
		batch, err := p.receive(ctx)
		if err != nil || len(batch) == 0 {
			<-places
			if err != nil && ctx.Err() == nil {
				failures++
				p.o.Logger.Warn("a queue cannot be read; it is tried again", "queue", p.q.URL, "error", err)
				pause(ctx, min(100*time.Millisecond<<min(failures, 6), 5*time.Second))
			}
			continue
		}
		failures = 0
		working.Go(func() {
			defer func() { <-places }()
			p.handle(context.WithoutCancel(ctx), batch)
		})
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

func (p *Poller) receive(ctx context.Context) ([]types.Message, error) {
	out, err := p.q.Client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &p.q.URL, MaxNumberOfMessages: batchEntries, WaitTimeSeconds: int32(p.o.Wait / time.Second),
		MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	})
	if err != nil {
		return nil, failed(ctx, "receive from "+p.q.URL, err)
	}
	return out.Messages, nil
}

// handle hands a batch on, and deletes what is done.
func (p *Poller) handle(ctx context.Context, batch []types.Message) {
	ctx, cancel := context.WithTimeout(ctx, p.o.Timeout)
	defer cancel()
	var e events.SQSEvent
	for _, m := range batch {
		e.Records = append(e.Records, record(m))
	}
	answer, err := p.o.Handle(ctx, e)
	if err != nil {
		p.o.Logger.Error("a batch of a queue comes again", "queue", p.q.URL, "error", err)
		return
	}
	again := map[string]bool{}
	for _, f := range answer.BatchItemFailures {
		again[f.ItemIdentifier] = true
	}
	var done []types.DeleteMessageBatchRequestEntry
	for i, m := range batch {
		if !again[aws.ToString(m.MessageId)] {
			done = append(done, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle})
		}
	}
	if err := p.delete(context.WithoutCancel(ctx), done); err != nil {
		p.o.Logger.Warn("messages of a queue come again, although they are done", "queue", p.q.URL, "error", err)
	}
}

func (p *Poller) delete(ctx context.Context, done []types.DeleteMessageBatchRequestEntry) error {
	if len(done) == 0 {
		return nil
	}
	out, err := p.q.Client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &p.q.URL, Entries: done})
	if err != nil {
		return failed(ctx, "delete from "+p.q.URL, err)
	}
	for _, refused := range out.Failed {
		return fmt.Errorf("delete: %w", refusal(refused))
	}
	return nil
}

// record is a message as Lambda shows it.
func record(m types.Message) events.SQSMessage {
	out := events.SQSMessage{
		MessageId: aws.ToString(m.MessageId), ReceiptHandle: aws.ToString(m.ReceiptHandle), Body: aws.ToString(m.Body),
		Md5OfBody: aws.ToString(m.MD5OfBody), EventSource: "aws:sqs", Attributes: m.Attributes,
		MessageAttributes: map[string]events.SQSMessageAttribute{},
	}
	for name, a := range m.MessageAttributes {
		out.MessageAttributes[name] = events.SQSMessageAttribute{StringValue: a.StringValue, BinaryValue: a.BinaryValue, DataType: aws.ToString(a.DataType)}
	}
	return out
}
