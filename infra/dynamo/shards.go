package dynamo

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"webplug/domain/eventlog"
)

// shard is a part of the stream, and how far it is read.
type shard struct {
	id, parent string
	stream     *string
	at         string // sequence number of the last record that is done; "" is before the first
	done       bool   // read to its end
	iterator   *string
	doubted    bool // the iterator before was refused as too old
}

// fresh gives the records that were not handed on before: a stream may repeat some.
func (sh *shard) fresh(records []streams.Record) []events.DynamoDBEventRecord {
	var out []events.DynamoDBEventRecord
	last := sh.at
	for _, r := range records {
		if r.Dynamodb == nil {
			continue
		}
		n := aws.ToString(r.Dynamodb.SequenceNumber)
		if !later(n, last) {
			continue
		}
		last = n
		out = append(out, events.DynamoDBEventRecord{
			EventID: aws.ToString(r.EventID), EventName: string(r.EventName), EventSource: "aws:dynamodb",
			EventVersion: aws.ToString(r.EventVersion), AWSRegion: aws.ToString(r.AwsRegion), EventSourceArn: aws.ToString(sh.stream),
			Change: events.DynamoDBStreamRecord{
				Keys: asEvent(r.Dynamodb.Keys), NewImage: asEvent(r.Dynamodb.NewImage), SequenceNumber: n,
				SizeBytes: aws.ToInt64(r.Dynamodb.SizeBytes), StreamViewType: string(r.Dynamodb.StreamViewType),
			},
		})
	}
	return out
}

// later compares sequence numbers, which are numbers of many digits.
func later(a, b string) bool {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}

// asEvent gives attributes the form in which Lambda gets them. Items of the log have texts and bytes alone.
func asEvent(values map[string]streams.AttributeValue) map[string]events.DynamoDBAttributeValue {
	out := make(map[string]events.DynamoDBAttributeValue, len(values))
	for name, v := range values {
		switch v := v.(type) {
		case *streams.AttributeValueMemberS:
			out[name] = events.NewStringAttribute(v.Value)
		case *streams.AttributeValueMemberB:
			out[name] = events.NewBinaryAttribute(v.Value)
		case *streams.AttributeValueMemberN:
			out[name] = events.NewNumberAttribute(v.Value)
		}
	}
	return out
}

// checkpointItem is how far a shard is read, as the views' table has it.
type checkpointItem struct {
	Partition string `dynamodbav:"p"`
	Shard     string `dynamodbav:"s"`
	At        string `dynamodbav:"q,omitempty"`
	Done      bool   `dynamodbav:"e,omitempty"`
}

func (p *Pump) partition() string { return "reader/" + p.o.Reader }

// discover looks which shards there are. Where a checkpoint's way on is gone, something was lost.
func (p *Pump) discover(ctx context.Context) error {
	if p.saved == nil {
		if err := p.load(ctx); err != nil {
			return err
		}
	}
	arn, err := p.stream(ctx)
	if err != nil {
		return err
	}
	found, err := p.describe(ctx, arn)
	if err != nil {
		return err
	}
	if p.broken(found) {
		if err := p.lost(ctx, &shard{id: "of the last checkpoint"}); err != nil {
			return err
		}
	}
	p.order = p.order[:0]
	there := map[string]bool{}
	for _, sh := range found {
		if known := p.shards[sh.id]; known != nil {
			sh = known
		}
		p.shards[sh.id] = sh
		p.order, there[sh.id] = append(p.order, sh), true
	}
	for id := range p.shards {
		if !there[id] {
			delete(p.shards, id)
		}
	}
	return p.forget(ctx, there)
}

// broken says whether a shard is there whose parent was neither read nor is there to be read.
func (p *Pump) broken(found []*shard) bool {
	if len(p.saved) == 0 {
		return false // the first time: there is no way that could be broken
	}
	there := map[string]bool{}
	known := false
	for _, sh := range found {
		there[sh.id] = true
		_, saved := p.saved[sh.id]
		known = known || saved
	}
	for _, sh := range found {
		_, saved := p.saved[sh.id]
		parent, read := p.saved[sh.parent]
		if !saved && sh.parent != "" && !there[sh.parent] && (!read || !parent.Done) {
			return true
		}
		known = known || read && parent.Done
	}
	return !known && len(found) > 0
}

func (p *Pump) describe(ctx context.Context, arn *string) ([]*shard, error) {
	var out []*shard
	in := &dynamodbstreams.DescribeStreamInput{StreamArn: arn}
	for {
		page, err := p.client.DescribeStream(ctx, in)
		if err != nil {
			return nil, p.s.failed(ctx, "looking for the stream's shards", err)
		}
		for _, s := range page.StreamDescription.Shards {
			sh := &shard{id: aws.ToString(s.ShardId), parent: aws.ToString(s.ParentShardId), stream: arn}
			c := p.saved[sh.id]
			sh.at, sh.done = c.At, c.Done
			out = append(out, sh)
		}
		if in.ExclusiveStartShardId = page.StreamDescription.LastEvaluatedShardId; in.ExclusiveStartShardId == nil {
			return out, nil
		}
	}
}

func (p *Pump) load(ctx context.Context) error {
	saved := map[string]checkpointItem{}
	pages := dynamodb.NewQueryPaginator(p.s.client, &dynamodb.QueryInput{
		TableName: aws.String(p.s.o.ViewsTable), ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("p = :p"),
		ExpressionAttributeValues: attributes{":p": &types.AttributeValueMemberS{Value: p.partition()}},
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return p.s.failed(ctx, "reading the stream's checkpoints", err)
		}
		for _, item := range out.Items {
			var c checkpointItem
			if err := attributevalue.UnmarshalMap(item, &c); err != nil {
				return fmt.Errorf("reading the stream's checkpoints: %w: %w", eventlog.ErrDamaged, err)
			}
			saved[c.Shard] = c
		}
	}
	p.saved = saved
	return nil
}

// save keeps how far a shard is read.
func (p *Pump) save(ctx context.Context, sh *shard) error {
	c := checkpointItem{Partition: p.partition(), Shard: sh.id, At: sh.at, Done: sh.done}
	item, err := attributevalue.MarshalMap(c)
	if err != nil {
		return err
	}
	// What is done is done, also where this process is asked to end.
	ctx = context.WithoutCancel(ctx)
	if _, err := p.s.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(p.s.o.ViewsTable), Item: item}); err != nil {
		return p.s.failed(ctx, "keeping the stream's checkpoint", err)
	}
	p.saved[sh.id] = c
	return nil
}

// forget takes away the checkpoints of shards that are gone, but for parents of those that are there: they tell that
// nothing was lost between.
func (p *Pump) forget(ctx context.Context, there map[string]bool) error {
	parents := map[string]bool{}
	for _, sh := range p.order {
		parents[sh.parent] = true
	}
	for id := range p.saved {
		if there[id] || parents[id] {
			continue
		}
		_, err := p.s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: aws.String(p.s.o.ViewsTable), Key: key(p.partition(), id),
		})
		if err != nil {
			return p.s.failed(ctx, "forgetting a shard", err)
		}
		delete(p.saved, id)
	}
	return nil
}
