package dynamo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"webplug/domain/eventlog"
)

// PumpOptions says where a pump hands the stream on.
type PumpOptions struct {
	// Reader names the pump's checkpoints, which lie in the views' table.
	Reader string
	// Handle takes a batch as a Lambda function does that is mapped to the stream with ReportBatchItemFailures.
	Handle func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error)
	// Lost is told that the stream no longer has all that came after the checkpoint, as it keeps 24 hours. What it does is
	// done before the stream goes on; its error comes again a moment later.
	Lost func(context.Context) error
	// Appended, if not nil, tells that something was appended by this process, so that the stream need not be asked often.
	Appended <-chan struct{}
	Logger   *slog.Logger
}

// Pump does on one machine what Lambda does in AWS: it reads the log's stream, shard by shard and parents before their
// children, hands batches on, and keeps how far it has come. What is handed on twice after a crash is what came since the
// last checkpoint. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
type Pump struct {
	s      *Store
	o      PumpOptions
	client streamsClient
	shards map[string]*shard
	order  []*shard
	saved  map[string]checkpointItem // by shard
}

// streamsClient is what a pump asks of DynamoDB Streams.
type streamsClient interface {
	DescribeStream(context.Context, *dynamodbstreams.DescribeStreamInput, ...func(*dynamodbstreams.Options)) (*dynamodbstreams.DescribeStreamOutput, error)
	GetShardIterator(context.Context, *dynamodbstreams.GetShardIteratorInput, ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetShardIteratorOutput, error)
	GetRecords(context.Context, *dynamodbstreams.GetRecordsInput, ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetRecordsOutput, error)
}

// NewPump makes a pump of the log's stream.
func (s *Store) NewPump(o PumpOptions) *Pump {
	client := dynamodbstreams.NewFromConfig(s.o.AWS, func(c *dynamodbstreams.Options) {
		c.Retryer = s.retry
		c.HTTPClient = bounded(s.o.AWS.HTTPClient)
	})
	return &Pump{s: s, o: o, client: client, shards: map[string]*shard{}}
}

const (
	// An idle stream is asked again after shortestIdle, then ever later up to longestIdle, and soon after an append. One that
	// is not idle is given so long to gather a batch: each batch costs as much as a record of its own.
	shortestIdle = 15 * time.Millisecond
	longestIdle  = 250 * time.Millisecond
	// lookEvery is how often a pump looks for new shards, apart from when one ends. They live for about four hours.
	lookEvery = 10 * time.Second
	// troubled is how long it waits, with jitter, after what failed; doubled each time up to so many doublings.
	troubled      = 100 * time.Millisecond
	mostDoublings = 6
)

// Run reads the stream until ctx ends. What fails is logged and done again.
func (p *Pump) Run(ctx context.Context) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	failures, idle := 0, shortestIdle
	known := false
	for ctx.Err() == nil {
		var busy, ended bool
		var err error
		if !known {
			err = p.discover(ctx)
		}
		if known = err == nil; known {
			busy, ended, err = p.pass(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			p.o.Logger.Warn("the log's stream cannot be read; it is tried again", "error", err)
			failures++
			p.pause(ctx, p.jitter(failures))
			continue
		case ended:
			known = false
		case busy:
			idle = shortestIdle
			p.pause(ctx, shortestIdle)
		default:
			idle = p.rest(ctx, idle)
		}
		failures = 0
		select {
		case <-look.C:
			known = false
		default:
		}
	}
}

func (p *Pump) jitter(failures int) time.Duration {
	if p.s.o.Backoff != nil {
		return p.s.o.Backoff(failures)
	}
	return troubled/2 + fullJitter(min(failures, mostDoublings))
}

// rest waits for an append, a little while at most, and says how long the next rest is.
func (p *Pump) rest(ctx context.Context, idle time.Duration) time.Duration {
	t := time.NewTimer(idle)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-p.o.Appended:
		p.pause(ctx, shortestIdle)
		return shortestIdle
	case <-t.C:
	}
	return min(2*idle, longestIdle)
}

func (p *Pump) pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// pass reads once from each shard whose parent is read to its end.
func (p *Pump) pass(ctx context.Context) (busy, ended bool, err error) {
	for _, sh := range p.order {
		if sh.done || !p.after(sh.parent) {
			continue
		}
		n, err := p.poll(ctx, sh)
		if err != nil {
			return busy, ended, fmt.Errorf("shard %s: %w", sh.id, err)
		}
		busy = busy || n > 0
		ended = ended || sh.done
	}
	return busy, ended, nil
}

// after says whether a shard is read to its end, or gone.
func (p *Pump) after(parent string) bool {
	sh, known := p.shards[parent]
	return !known || sh.done
}

// batchRecords is how many records a batch has at most, and what GetRecords gives.
const batchRecords = 1000

// poll reads a shard from where it is, and hands on what is there.
func (p *Pump) poll(ctx context.Context, sh *shard) (n int, err error) {
	if sh.iterator == nil {
		if err := p.iterate(ctx, sh); err != nil || sh.done {
			return 0, err
		}
	}
	out, err := p.client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: sh.iterator, Limit: aws.Int32(batchRecords)})
	var expired *streams.ExpiredIteratorException
	var trimmed *streams.TrimmedDataAccessException
	switch {
	case errors.As(err, &expired): // after 15 minutes
		sh.iterator = nil
		return 0, nil
	case errors.As(err, &trimmed) && !sh.doubted: // an iterator may be too old while what is after its place is there
		sh.iterator, sh.doubted = nil, true
		return 0, nil
	case errors.As(err, &trimmed):
		return 0, p.lost(ctx, sh)
	case err != nil:
		sh.iterator = nil
		return 0, p.s.failed(ctx, "reading the log's stream", err)
	}
	sh.doubted = false
	batch := sh.fresh(out.Records)
	if len(batch) > 0 {
		if err := p.hand(ctx, sh, batch); err != nil {
			sh.iterator = nil
			return len(batch), err
		}
	}
	if sh.iterator = out.NextShardIterator; sh.iterator == nil {
		sh.done = true
		return len(batch), p.save(ctx, sh)
	}
	return len(batch), nil
}

// errComesAgain says that a part of a batch was not taken.
var errComesAgain = errors.New("not all of the batch was taken")

// hand gives a batch to the handler and keeps how much of it is done.
func (p *Pump) hand(ctx context.Context, sh *shard, batch []events.DynamoDBEventRecord) error {
	answer, err := p.o.Handle(ctx, events.DynamoDBEvent{Records: batch})
	if err != nil {
		return err
	}
	done := len(batch)
	for _, f := range answer.BatchItemFailures {
		for i, r := range batch {
			if r.Change.SequenceNumber == f.ItemIdentifier {
				done = min(done, i)
			}
		}
		if f.ItemIdentifier == "" { // as Lambda takes it: all of the batch
			done = 0
		}
	}
	if done > 0 {
		sh.at = batch[done-1].Change.SequenceNumber
		if err := p.save(ctx, sh); err != nil {
			return err
		}
	}
	if done < len(batch) {
		return errComesAgain
	}
	return nil
}

// lost goes on with what the stream still has.
func (p *Pump) lost(ctx context.Context, sh *shard) error {
	p.o.Logger.Error("the stream has lost what was appended over 24 hours ago; the whole log is read", "shard", sh.id)
	if err := p.o.Lost(ctx); err != nil {
		return fmt.Errorf("catch up by the log: %w", err)
	}
	sh.at, sh.iterator = "", nil
	return nil
}

// iterate finds the place of a shard that is to be read.
func (p *Pump) iterate(ctx context.Context, sh *shard) error {
	in := &dynamodbstreams.GetShardIteratorInput{
		StreamArn: sh.stream, ShardId: aws.String(sh.id), ShardIteratorType: streams.ShardIteratorTypeTrimHorizon,
	}
	if sh.at != "" {
		in.ShardIteratorType, in.SequenceNumber = streams.ShardIteratorTypeAfterSequenceNumber, aws.String(sh.at)
	}
	out, err := p.client.GetShardIterator(ctx, in)
	var trimmed *streams.TrimmedDataAccessException
	var gone *streams.ResourceNotFoundException
	switch {
	case errors.As(err, &trimmed):
		return p.lost(ctx, sh)
	case errors.As(err, &gone): // it ended more than a day ago
		sh.done = true
		return p.lost(ctx, sh)
	case err != nil:
		return p.s.failed(ctx, "finding the place in the log's stream", err)
	}
	sh.iterator = out.ShardIterator
	return nil
}

// stream finds the log's stream.
func (p *Pump) stream(ctx context.Context) (*string, error) {
	out, err := p.s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(p.s.o.LogTable)})
	if err != nil {
		return nil, p.s.failed(ctx, "looking for the log's stream", err)
	}
	if out.Table.LatestStreamArn == nil {
		return nil, fmt.Errorf("table %s has no stream: it must have one with new images: %w", p.s.o.LogTable, eventlog.ErrUnavailable)
	}
	return out.Table.LatestStreamArn, nil
}
