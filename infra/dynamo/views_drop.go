package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"webplug/projections"
)

// Drop implements projections.Views by a Scan of the whole table: it comes once with each rebuild.
func (v *Views) Drop(ctx context.Context, g projections.Generation) error {
	pages := dynamodb.NewScanPaginator(v.s.client, &dynamodb.ScanInput{
		TableName:                 aws.String(v.s.o.ViewsTable),
		ConsistentRead:            aws.Bool(true),
		ProjectionExpression:      aws.String("p, s"),
		FilterExpression:          aws.String("begins_with(p, :g)"),
		ExpressionAttributeValues: attributes{":g": &types.AttributeValueMemberS{Value: generationKey(g)}},
		ReturnConsumedCapacity:    v.s.asked(),
	})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return v.s.failed(ctx, "dropping a generation", err)
		}
		v.s.spentReading(ctx, "drop", len(out.Items), one(out.ConsumedCapacity)...)
		var batch []types.WriteRequest
		for i, item := range out.Items {
			batch = append(batch, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: item}})
			if len(batch) < batchPuts && i < len(out.Items)-1 {
				continue
			}
			if err := v.writeBatch(ctx, "drop", batch); err != nil {
				return err
			}
			batch = nil
		}
	}
	v.names.forget()
	return nil
}

func (n *names) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen = nil
}
