package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"webplug/domain/eventlog"
)

// dataKey is a wrapped data key as its table holds it.
type dataKey struct {
	Name    string `dynamodbav:"p"`
	Wrapped []byte `dynamodbav:"k"`
}

// LoadKey implements eventlog.Keys.
func (s *Store) LoadKey(ctx context.Context, name string) ([]byte, error) {
	doing := "loading data key " + name
	if name == "" {
		return nil, fmt.Errorf("%s: a data key has a name", doing)
	}
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:              aws.String(s.o.KeysTable),
		Key:                    attributes{"p": &types.AttributeValueMemberS{Value: name}},
		ConsistentRead:         aws.Bool(true),
		ReturnConsumedCapacity: s.asked(),
	})
	if err != nil {
		return nil, s.failed(ctx, doing, err)
	}
	s.spentReading(ctx, "load key", 1, one(out.ConsumedCapacity)...)
	if out.Item == nil {
		return nil, fmt.Errorf("%s: %w", doing, eventlog.ErrNoKey)
	}
	return unwrapped(doing, out.Item)
}

// CreateKey implements eventlog.Keys. Of several callers at once the first put wins, and the failed condition of the
// others brings its key along.
func (s *Store) CreateKey(ctx context.Context, name string, wrapped []byte) ([]byte, error) {
	doing := "creating data key " + name
	if name == "" || len(wrapped) == 0 {
		return nil, fmt.Errorf("%s: a data key has a name and bytes", doing)
	}
	values, err := attributevalue.MarshalMap(dataKey{Name: name, Wrapped: wrapped})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	out, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                           aws.String(s.o.KeysTable),
		Item:                                values,
		ConditionExpression:                 aws.String(unlessThere),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		ReturnConsumedCapacity:              s.asked(),
	})
	var there *types.ConditionalCheckFailedException
	if errors.As(err, &there) {
		return unwrapped(doing, there.Item)
	}
	if err != nil {
		return nil, s.failed(ctx, doing, err)
	}
	s.spentWriting(ctx, "create key", 1, one(out.ConsumedCapacity)...)
	return append([]byte(nil), wrapped...), nil
}

func unwrapped(doing string, values attributes) ([]byte, error) {
	var k dataKey
	if err := attributevalue.UnmarshalMap(values, &k); err != nil || len(k.Wrapped) == 0 {
		return nil, fmt.Errorf("%s: the table holds no key there: %w", doing, errors.Join(eventlog.ErrDamaged, err))
	}
	return k.Wrapped, nil
}
