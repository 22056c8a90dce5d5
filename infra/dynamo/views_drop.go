package dynamo

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"webplug/projections"
)

// drops is how far generations were dropped: a Scan of a large table takes longer than a function may, and what it passed, which
// is paid for, need not be read again. Nobody writes to a generation that is dropped, so nothing comes behind.
type drops struct {
	mu sync.Mutex
	at map[projections.Generation]attributes // the last key that was passed
}

func (d *drops) from(g projections.Generation) attributes {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at[g]
}

// passed notes a place; none is the end of the table.
func (d *drops) passed(g projections.Generation, at attributes) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(at) == 0 {
		delete(d.at, g)
		return
	}
	if d.at == nil {
		d.at = map[projections.Generation]attributes{}
	}
	d.at[g] = at
}

// Drop implements projections.Views by a Scan of the whole table: it comes once with each rebuild. One that did not come to the
// end goes on where it was, in this process; another's begins anew.
func (v *Views) Drop(ctx context.Context, g projections.Generation) error {
	for at := v.drops.from(g); ; {
		out, err := v.s.client.Scan(ctx, &dynamodb.ScanInput{
			TableName:                 aws.String(v.s.o.ViewsTable),
			ConsistentRead:            aws.Bool(true),
			ExclusiveStartKey:         at,
			ProjectionExpression:      aws.String("p, s"),
			FilterExpression:          aws.String("begins_with(p, :g)"),
			ExpressionAttributeValues: attributes{":g": &types.AttributeValueMemberS{Value: generationKey(g)}},
			ReturnConsumedCapacity:    v.s.asked(),
		})
		if err != nil {
			return v.s.failed(ctx, "dropping a generation", err)
		}
		v.s.spentReading(ctx, "drop", len(out.Items), one(out.ConsumedCapacity)...)
		if err := v.dropItems(ctx, out.Items); err != nil {
			return err
		}
		at = out.LastEvaluatedKey
		if v.drops.passed(g, at); len(at) == 0 {
			break
		}
	}
	v.names.forget()
	return nil
}

func (v *Views) dropItems(ctx context.Context, keys []map[string]types.AttributeValue) error {
	for len(keys) > 0 {
		n := min(len(keys), batchPuts)
		batch := make([]types.WriteRequest, n)
		for i, key := range keys[:n] {
			batch[i] = types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: key}}
		}
		if err := v.writeBatch(ctx, "drop", batch); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

func (n *names) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen = nil
}
