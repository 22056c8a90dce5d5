package dynamo_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"webplug/domain/eventlog"
	"webplug/infra/dynamo"
)

func wantSentence(t testing.TB, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not say %q", err, w)
		}
	}
	if errors.Is(err, eventlog.ErrUnavailable) || errors.Is(err, eventlog.ErrDamaged) {
		t.Errorf("%q is taken for something that passes, or for damage", err)
	}
}

func TestCreatedTables(t *testing.T) {
	t.Parallel()
	o := options(t)
	open(t, o)
	log, err := raw(o).DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(o.LogTable)})
	if err != nil {
		t.Fatal(err)
	}
	if b := log.Table.BillingModeSummary; b == nil || b.BillingMode != types.BillingModePayPerRequest {
		t.Error("the log is not billed on demand")
	}
	if s := log.Table.StreamSpecification; s == nil || s.StreamViewType != types.StreamViewTypeNewImage {
		t.Error("the log has no stream of new images")
	}
	keys, err := raw(o).DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(o.KeysTable)})
	if err != nil {
		t.Fatal(err)
	}
	if s := keys.Table.StreamSpecification; s != nil && aws.ToBool(s.StreamEnabled) {
		t.Error("data keys are streamed")
	}
	again := open(t, o) // as a second start does
	mustAppend(t, again, write("svc_1/a", 0, "1"))
	if _, err := dynamo.Open(t.Context(), o); err != nil {
		t.Errorf("tables just made are refused: %v", err)
	}
	wantTexts(t, open(t, o), "svc_1/a", "1")
}

func TestMissingTables(t *testing.T) {
	t.Parallel()
	o := options(t)
	_, err := dynamo.Open(t.Context(), o)
	wantSentence(t, err, o.LogTable, "does not exist", "region local")
	s := dynamo.New(o)
	wantSentence(t, s.Append(t.Context(), batch(write("svc_1/a", 0, "1"))), o.LogTable, "does not exist")
	_, err = texts(s.Read(t.Context(), write("svc_1/a", 0).Stream, 0))
	wantSentence(t, err, o.LogTable, "does not exist")
	_, err = s.LoadKey(t.Context(), "svc_1")
	wantSentence(t, err, o.KeysTable, "does not exist")
	if errors.Is(err, eventlog.ErrNoKey) {
		t.Error("a missing table is taken for a missing key, for which a new one would be made")
	}
}

func TestTablesOfAnotherShape(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]*dynamodb.CreateTableInput{
		"other names": {
			KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
			AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
		},
		"a number": {
			KeySchema: []types.KeySchemaElement{
				{AttributeName: aws.String("p"), KeyType: types.KeyTypeHash}, {AttributeName: aws.String("s"), KeyType: types.KeyTypeRange},
			},
			AttributeDefinitions: []types.AttributeDefinition{
				{AttributeName: aws.String("p"), AttributeType: types.ScalarAttributeTypeS},
				{AttributeName: aws.String("s"), AttributeType: types.ScalarAttributeTypeN},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			in := *other
			in.TableName, in.BillingMode = aws.String(o.LogTable), types.BillingModePayPerRequest
			if _, err := raw(o).CreateTable(t.Context(), &in); err != nil {
				t.Fatal(err)
			}
			_, err := dynamo.Open(t.Context(), o)
			wantSentence(t, err, o.LogTable, "is not WebPlug's", "p (text, HASH), s (text, RANGE)")
			wantSentence(t, dynamo.New(o).CreateTables(t.Context()), o.LogTable, "is not WebPlug's")
			wantSentence(t, dynamo.New(o).Append(t.Context(), batch(write("svc_1/a", 0, "1"))), o.LogTable, "shape")
		})
	}
}

// A log whose stream does not hold what was appended would take messages and deliver none.
func TestALogWithoutAStreamOfNewImages(t *testing.T) {
	t.Parallel()
	for words, stream := range map[string]*types.StreamSpecification{
		"has no stream": nil,
		"KEYS_ONLY":     {StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeKeysOnly},
		"OLD_IMAGE":     {StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeOldImage},
	} {
		o := options(t)
		_, err := raw(o).CreateTable(t.Context(), &dynamodb.CreateTableInput{
			TableName: aws.String(o.LogTable), BillingMode: types.BillingModePayPerRequest, StreamSpecification: stream,
			KeySchema: []types.KeySchemaElement{
				{AttributeName: aws.String("p"), KeyType: types.KeyTypeHash}, {AttributeName: aws.String("s"), KeyType: types.KeyTypeRange},
			},
			AttributeDefinitions: []types.AttributeDefinition{
				{AttributeName: aws.String("p"), AttributeType: types.ScalarAttributeTypeS},
				{AttributeName: aws.String("s"), AttributeType: types.ScalarAttributeTypeS},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		wantSentence(t, dynamo.New(o).CreateTables(t.Context()), o.LogTable, words)
		_, err = dynamo.Open(t.Context(), o)
		wantSentence(t, err, o.LogTable, words, "new images")
	}
}
