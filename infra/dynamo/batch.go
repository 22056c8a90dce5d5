package dynamo

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"webplug/domain/eventlog"
	"webplug/projections"
)

// The limits of one request (Developer Guide, "Service, account, and table quotas"); a BatchGetItem beyond its 16 MB
// answers with the rest as unprocessed.
const (
	batchPuts     = 25
	batchPutBytes = 12 << 20 // of 16 MB
	batchGets     = 100
)

// patience is how often what DynamoDB left unprocessed is asked for again: it does so where it throttles.
const patience = 10

// putAll puts items without a condition, as many in a request as it takes.
func (v *Views) putAll(ctx context.Context, operation string, items []any) error {
	var batch []types.WriteRequest
	size := 0
	flush := func() error {
		err := v.writeBatch(ctx, operation, batch)
		batch, size = nil, 0
		return err
	}
	for _, item := range items {
		values, err := attributevalue.MarshalMap(item)
		if err != nil {
			return err
		}
		n := len(contentOf(values))
		if len(batch) == batchPuts || size+n > batchPutBytes {
			if err := flush(); err != nil {
				return err
			}
		}
		batch, size = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: values}}), size+n
	}
	return flush()
}

// contentOf is the part of an item that can be large.
func contentOf(values attributes) []byte {
	if b, ok := values["r"].(*types.AttributeValueMemberB); ok {
		return b.Value
	}
	return nil
}

func (v *Views) writeBatch(ctx context.Context, operation string, batch []types.WriteRequest) error {
	for try := 1; len(batch) > 0; try++ {
		out, err := v.s.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems:           map[string][]types.WriteRequest{v.s.o.ViewsTable: batch},
			ReturnConsumedCapacity: v.s.asked(),
		})
		if err != nil {
			return v.s.failed(ctx, "writing rows", err)
		}
		left := out.UnprocessedItems[v.s.o.ViewsTable]
		v.s.spentWriting(ctx, operation, len(batch)-len(left), out.ConsumedCapacity...)
		if batch = left; len(batch) == 0 {
			return nil
		}
		if err := v.s.wait(ctx, "writing rows", try); err != nil {
			return err
		}
	}
	return nil
}

// wait lets time pass before what was left is tried again, and gives up at last.
func (s *Store) wait(ctx context.Context, doing string, try int) error {
	if try >= patience {
		return fmt.Errorf("%s: DynamoDB is throttling: %w", doing, eventlog.ErrUnavailable)
	}
	t := time.NewTimer(s.backoff(min(try, attempts)))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return s.failed(ctx, doing, ctx.Err())
	case <-t.C:
		return nil
	}
}

// stored reads the items of rows, by partition key; a row that was never written is missing.
func (v *Views) stored(ctx context.Context, g projections.Generation, rows []projections.Row) (map[string]*openedRow, error) {
	keys := make([]string, len(rows))
	for i, r := range rows {
		keys[i] = rowPartition(g, r.View, r.ID)
	}
	return v.rowsAt(ctx, keys)
}

func (v *Views) rowsAt(ctx context.Context, partitions []string) (map[string]*openedRow, error) {
	out := make(map[string]*openedRow, len(partitions))
	for len(partitions) > 0 {
		n := min(len(partitions), batchGets)
		if err := v.readBatch(ctx, partitions[:n], out); err != nil {
			return nil, err
		}
		partitions = partitions[n:]
	}
	return out, nil
}

func (v *Views) readBatch(ctx context.Context, partitions []string, into map[string]*openedRow) error {
	keys := make([]attributes, 0, len(partitions))
	seen := make(map[string]bool, len(partitions)) // a key that is asked for twice is refused
	for _, p := range partitions {
		if _, there := into[p]; !there && !seen[p] {
			seen[p] = true
			keys = append(keys, key(p, rowSort))
		}
	}
	for try := 1; len(keys) > 0; {
		out, err := v.s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{
				v.s.o.ViewsTable: {Keys: keys, ConsistentRead: aws.Bool(true)},
			},
			ReturnConsumedCapacity: v.s.asked(),
		})
		if err != nil {
			return v.s.failed(ctx, "reading rows", err)
		}
		items := out.Responses[v.s.o.ViewsTable]
		v.s.spentReading(ctx, "read rows", len(items), out.ConsumedCapacity...)
		for _, item := range items {
			r, err := openRow(item)
			if err != nil {
				return err
			}
			into[text(item["p"])] = &r
		}
		keys = out.UnprocessedKeys[v.s.o.ViewsTable].Keys
		if len(keys) == 0 {
			return nil
		}
		if len(items) > 0 { // it was full, not throttled
			try = 1
			continue
		}
		if err := v.s.wait(ctx, "reading rows", try); err != nil {
			return err
		}
		try++
	}
	return nil
}

func text(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// inParallel does n things, so many at a time, and answers the first error; after one, no further is begun.
func inParallel(ctx context.Context, width, n int, do func(context.Context, int) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		working sync.WaitGroup
		once    sync.Once
		failure error
		slots   = make(chan struct{}, width)
	)
	for i := range n {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		working.Add(1)
		go func() {
			defer func() { <-slots; working.Done() }()
			if err := do(ctx, i); err != nil {
				once.Do(func() { failure = err; cancel() })
			}
		}()
	}
	working.Wait()
	if failure == nil {
		return ctx.Err()
	}
	return failure
}
