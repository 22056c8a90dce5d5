package dynamo

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"webplug/domain/eventlog"
	"webplug/projections"
)

// Views are the read models in a table of their own. It implements projections.Views, and holds nothing but which names
// of lists it has written, and how far it dropped a generation.
//
// A row is one item, and each place of it in a list another (an entry), so that a list is one Query, or one for each of
// its shards:
//
//	p                      s         holds
//	<g>/r/<view>/<id>      "r"       v version, r lists and body (rowitem.go)
//	<g>/l/<view>/<n>/<list> sort key v version of the row that put it there, i the row's id, d what the entry says itself
//	<g>/n/<view>           "="<list> that the list had an entry once
//	<g>/c                  "c"       n the checkpoint
//	current                "c"       n the generation that is read
//
// What may be forgotten has ttl as well (TTLAttribute).
//
// g is the generation in base 36, n the shard: a list that takes all the traffic of a service has several
// (projections.Busy), since one partition takes 1,000 writes a second (Developer Guide, "Best practices for designing
// partition keys").
//
// The row is what counts, and an entry only a hint: one that its row does not name is not seen. So no transaction is
// needed (views_apply.go).
type Views struct {
	s     *Store
	names names
	drops drops
}

var _ projections.Views = (*Views)(nil)

// Views are the read models in Options.ViewsTable.
func (s *Store) Views() *Views { return &Views{s: s} }

// listShards is how many partitions a busy list is spread over.
const listShards = 4

const (
	rowSort    = "r"
	numberSort = "c"
	currentKey = "current"
)

func generationKey(g projections.Generation) string { return strconv.FormatUint(uint64(g), 36) + "/" }

func rowPartition(g projections.Generation, view projections.View, id string) string {
	return generationKey(g) + "r/" + string(view) + "/" + id
}

func listPartition(g projections.Generation, view projections.View, shard int, list string) string {
	return generationKey(g) + "l/" + string(view) + "/" + strconv.Itoa(shard) + "/" + list
}

func namesPartition(g projections.Generation, view projections.View) string {
	return generationKey(g) + "n/" + string(view)
}

func pointPartition(g projections.Generation) string { return generationKey(g) + "c" }

func key(p, s string) attributes {
	return attributes{"p": &types.AttributeValueMemberS{Value: p}, "s": &types.AttributeValueMemberS{Value: s}}
}

// Get implements projections.Views by a consistent read.
func (v *Views) Get(ctx context.Context, g projections.Generation, view projections.View, id string) (projections.Row, error) {
	doing := fmt.Sprintf("reading row %s of %s", id, view)
	out, err := v.s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:              aws.String(v.s.o.ViewsTable),
		Key:                    key(rowPartition(g, view, id), rowSort),
		ConsistentRead:         aws.Bool(true),
		ReturnConsumedCapacity: v.s.asked(),
	})
	if err != nil {
		return projections.Row{}, v.s.failed(ctx, doing, err)
	}
	v.s.spentReading(ctx, "read row", 1, one(out.ConsumedCapacity)...)
	if out.Item == nil {
		return projections.Row{}, fmt.Errorf("%s: %w", doing, projections.ErrNoRow)
	}
	r, err := openRow(out.Item)
	if err != nil {
		return projections.Row{}, fmt.Errorf("%s: %w", doing, err)
	}
	if r.body == nil {
		return projections.Row{}, fmt.Errorf("%s: %w", doing, projections.ErrNoRow)
	}
	return r.row(view, id), nil
}

// number is an item with a number that is not made of a stream.
type number struct {
	Partition string `dynamodbav:"p"`
	Sort      string `dynamodbav:"s"`
	N         uint64 `dynamodbav:"n"`
}

// Checkpoint implements projections.Views.
func (v *Views) Checkpoint(ctx context.Context, g projections.Generation) (eventlog.Position, error) {
	n, err := v.number(ctx, pointPartition(g))
	return eventlog.Position(n), err
}

// Current implements projections.Views.
func (v *Views) Current(ctx context.Context) (projections.Generation, error) {
	n, err := v.number(ctx, currentKey)
	return projections.Generation(n), err
}

// Switch implements projections.Views.
func (v *Views) Switch(ctx context.Context, g projections.Generation) error {
	return v.setNumber(ctx, currentKey, uint64(g))
}

func (v *Views) number(ctx context.Context, p string) (uint64, error) {
	out, err := v.s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:              aws.String(v.s.o.ViewsTable),
		Key:                    key(p, numberSort),
		ConsistentRead:         aws.Bool(true),
		ReturnConsumedCapacity: v.s.asked(),
	})
	if err != nil {
		return 0, v.s.failed(ctx, "reading the read models' state", err)
	}
	v.s.spentReading(ctx, "read state", 1, one(out.ConsumedCapacity)...)
	var n number
	if err := attributevalue.UnmarshalMap(out.Item, &n); err != nil {
		return 0, fmt.Errorf("reading the read models' state: %w: %w", eventlog.ErrDamaged, err)
	}
	return n.N, nil
}

func (v *Views) setNumber(ctx context.Context, p string, n uint64) error {
	item, err := attributevalue.MarshalMap(number{p, numberSort, n})
	if err != nil {
		return err
	}
	out, err := v.s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(v.s.o.ViewsTable), Item: item, ReturnConsumedCapacity: v.s.asked(),
	})
	if err != nil {
		return v.s.failed(ctx, "writing the read models' state", err)
	}
	v.s.spentWriting(ctx, "write state", 1, one(out.ConsumedCapacity)...)
	return nil
}
