package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// CreateTables makes the tables that are missing, on demand and the log's with a stream of new images, and waits until
// they can be used. It is for DynamoDB Local: in an AWS account the stack makes them, with backups and protection.
func (s *Store) CreateTables(ctx context.Context) error {
	log := &dynamodb.CreateTableInput{
		TableName:            aws.String(s.o.LogTable),
		KeySchema:            logShape(),
		AttributeDefinitions: texts("p", "s"),
		BillingMode:          types.BillingModePayPerRequest,
		StreamSpecification: &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewImage,
		},
	}
	keys := &dynamodb.CreateTableInput{
		TableName:            aws.String(s.o.KeysTable),
		KeySchema:            keysShape(),
		AttributeDefinitions: texts("p"),
		BillingMode:          types.BillingModePayPerRequest,
	}
	views := &dynamodb.CreateTableInput{
		TableName:            aws.String(s.o.ViewsTable),
		KeySchema:            logShape(),
		AttributeDefinitions: texts("p", "s"),
		BillingMode:          types.BillingModePayPerRequest,
	}
	for _, in := range []*dynamodb.CreateTableInput{log, keys, views} {
		if err := s.createTable(ctx, in); err != nil {
			return err
		}
	}
	return s.checkTables(ctx)
}

func logShape() []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: aws.String("p"), KeyType: types.KeyTypeHash},
		{AttributeName: aws.String("s"), KeyType: types.KeyTypeRange},
	}
}

func keysShape() []types.KeySchemaElement { return logShape()[:1] }

func texts(names ...string) []types.AttributeDefinition {
	var all []types.AttributeDefinition
	for _, n := range names {
		all = append(all, types.AttributeDefinition{AttributeName: aws.String(n), AttributeType: types.ScalarAttributeTypeS})
	}
	return all
}

func (s *Store) createTable(ctx context.Context, in *dynamodb.CreateTableInput) error {
	doing := "creating table " + *in.TableName
	out, err := s.client.CreateTable(ctx, in)
	var there *types.ResourceInUseException
	switch {
	case errors.As(err, &there):
	case err != nil:
		return s.failed(ctx, doing, err)
	case out.TableDescription.TableStatus == types.TableStatusActive:
		return nil
	}
	waiter := dynamodb.NewTableExistsWaiter(s.client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 100*time.Millisecond, 5*time.Second
	})
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: in.TableName}, 5*time.Minute); err != nil {
		return s.failed(ctx, doing, err)
	}
	return nil
}

func (s *Store) checkTables(ctx context.Context) error {
	log, err := s.checkTable(ctx, s.o.LogTable, logShape())
	if err != nil {
		return err
	}
	if err := checkStream(log); err != nil {
		return err
	}
	if _, err := s.checkTable(ctx, s.o.KeysTable, keysShape()); err != nil {
		return err
	}
	_, err = s.checkTable(ctx, s.o.ViewsTable, logShape())
	return err
}

// checkStream sees that what is appended is handed on whole: without it nothing is delivered, and nobody is told.
func checkStream(log *types.TableDescription) error {
	spec := log.StreamSpecification
	if spec == nil || !aws.ToBool(spec.StreamEnabled) {
		return fmt.Errorf("table %s has no stream: read models and deliveries follow it; turn it on, with new images", *log.TableName)
	}
	if spec.StreamViewType != types.StreamViewTypeNewImage && spec.StreamViewType != types.StreamViewTypeNewAndOldImages {
		return fmt.Errorf("the stream of table %s holds %s and must hold new images: it has to be turned off and on again with NEW_IMAGE, "+
			"which makes a new stream", *log.TableName, spec.StreamViewType)
	}
	return nil
}

func (s *Store) checkTable(ctx context.Context, name string, want []types.KeySchemaElement) (*types.TableDescription, error) {
	out, err := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(name)})
	if err != nil {
		return nil, s.failed(ctx, "looking at table "+name, err)
	}
	kinds := map[string]types.ScalarAttributeType{}
	for _, d := range out.Table.AttributeDefinitions {
		kinds[aws.ToString(d.AttributeName)] = d.AttributeType
	}
	same := len(out.Table.KeySchema) == len(want)
	for i := 0; same && i < len(want); i++ {
		k := out.Table.KeySchema[i]
		same = aws.ToString(k.AttributeName) == *want[i].AttributeName && k.KeyType == want[i].KeyType &&
			kinds[*want[i].AttributeName] == types.ScalarAttributeTypeS
	}
	if !same {
		return nil, fmt.Errorf("table %s is not WebPlug's: its key must be %s; use another name, or remove it if nothing else uses it",
			name, describe(want))
	}
	return out.Table, nil
}

func describe(shape []types.KeySchemaElement) string {
	text := ""
	for _, k := range shape {
		text += fmt.Sprintf(", %s (text, %s)", *k.AttributeName, k.KeyType)
	}
	return text[2:]
}
