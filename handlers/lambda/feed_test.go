package lambda_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/go-json-experiment/json"

	"webplug/domain/eventlog"
	"webplug/handlers/lambda"
)

// reader takes records until it is told not to.
type reader struct {
	took    []string
	upto    int // records that it takes; below 0: all
	parked  []string
	parking error
}

func (r *reader) Take(ctx context.Context, records []eventlog.Record) (int, error) {
	for i, rec := range records {
		if ctx.Err() != nil {
			return i, ctx.Err()
		}
		if len(r.took) == r.upto {
			return i, fmt.Errorf("throttled: %w", eventlog.ErrUnavailable)
		}
		r.took = append(r.took, fmt.Sprintf("%s@%d", rec.Stream, rec.Version))
	}
	return len(records), nil
}

func (r *reader) ParkUnread(_ context.Context, s eventlog.Stream, v eventlog.Version, _ error) error {
	if r.parking == nil {
		r.parked = append(r.parked, fmt.Sprintf("%s@%d", s, v))
	}
	return r.parking
}

// decode gives as many records as the item's text has letters; an item "bad" is damaged, one without a key too.
func decode(image map[string]events.DynamoDBAttributeValue) ([]eventlog.Record, error) {
	s, ok := image["s"]
	if !ok {
		return nil, fmt.Errorf("no key: %w", eventlog.ErrDamaged)
	}
	stream := eventlog.Stream{Service: "svc_1", Root: s.String()}
	if s.String() == "bad" {
		return nil, &eventlog.RecordError{Stream: stream, Version: 7, Err: eventlog.ErrDamaged}
	}
	var out []eventlog.Record
	for i := range len(s.String()) {
		out = append(out, eventlog.Record{Stream: stream, Version: eventlog.Version(i + 1)})
	}
	return out, nil
}

func batch(items ...string) events.DynamoDBEvent {
	var e events.DynamoDBEvent
	for i, text := range items {
		r := events.DynamoDBEventRecord{EventName: "INSERT", Change: events.DynamoDBStreamRecord{SequenceNumber: fmt.Sprint(100 + i)}}
		if text != "" {
			r.Change.NewImage = map[string]events.DynamoDBAttributeValue{"s": events.NewStringAttribute(text)}
		}
		e.Records = append(e.Records, r)
	}
	return e
}

// answered is the sequence number to begin with again, "" for none.
func answered(ctx context.Context, t *testing.T, r *reader, e events.DynamoDBEvent) string {
	t.Helper()
	f := lambda.Feed{Decode: decode, Reader: r, Logger: slog.New(slog.DiscardHandler)}
	res, err := f.Handle(ctx, e)
	if err != nil || len(res.BatchItemFailures) > 1 {
		t.Fatalf("answered %+v, %v", res, err)
	}
	if len(res.BatchItemFailures) == 0 {
		return ""
	}
	return res.BatchItemFailures[0].ItemIdentifier
}

func TestABatchIsTakenInOrder(t *testing.T) {
	r := &reader{upto: -1}
	if again := answered(t.Context(), t, r, batch("a", "bb", "c")); again != "" {
		t.Fatalf("%s is to come again", again)
	}
	if want := []string{"svc_1/a@1", "svc_1/bb@1", "svc_1/bb@2", "svc_1/c@1"}; !slices.Equal(r.took, want) {
		t.Fatalf("took %v", r.took)
	}
}

// What was not taken comes again from the item on that has the first such record.
func TestAPartComesAgain(t *testing.T) {
	for upto, want := range []string{"100", "101", "101", "102", ""} {
		r := &reader{upto: upto}
		if again := answered(t.Context(), t, r, batch("a", "bb", "c")); again != want {
			t.Errorf("after %d records %q is to come again, want %q", upto, again, want)
		}
	}
}

func TestALongBatchIsTakenInParts(t *testing.T) {
	items := make([]string, 1000)
	for i := range items {
		items[i] = "x"
	}
	r := &reader{upto: 700}
	if again := answered(t.Context(), t, r, batch(items...)); again != "800" {
		t.Fatalf("%s is to come again", again)
	}
}

func TestAnItemThatCannotBeReadIsParked(t *testing.T) {
	r := &reader{upto: -1}
	if again := answered(t.Context(), t, r, batch("a", "bad", "", "c")); again != "" {
		t.Fatalf("%s is to come again", again)
	}
	if want := []string{"svc_1/bad@7", "_/item_102@1"}; !slices.Equal(r.parked, want) || len(r.took) != 2 {
		t.Fatalf("parked %v, took %v", r.parked, r.took)
	}
}

func TestOnlyFailingToParkFailsTheBatch(t *testing.T) {
	r := &reader{upto: -1, parking: errors.New("throttled")}
	if again := answered(t.Context(), t, r, batch("a", "bad", "c")); again != "101" || len(r.took) != 1 {
		t.Fatalf("%s is to come again, after %v", again, r.took)
	}
}

func TestChangesByAnotherHandAreNotTaken(t *testing.T) {
	e := batch("a", "b", "c")
	e.Records[0].EventName, e.Records[2].EventName = "MODIFY", "REMOVE"
	r := &reader{upto: -1}
	if again := answered(t.Context(), t, r, e); again != "" || !slices.Equal(r.took, []string{"svc_1/b@1"}) {
		t.Fatalf("%s is to come again, took %v", again, r.took)
	}
}

// An invocation answers before it is ended: its batch would come again whole.
func TestAnInvocationKeepsTimeToAnswer(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	r := &reader{upto: -1}
	if again := answered(ctx, t, r, batch("a")); again != "100" || ctx.Err() != nil {
		t.Fatalf("%q is to come again, and the time is over: %v", again, ctx.Err())
	}
}

// The document is as AWS's documentation shows it (Lambda Developer Guide, "Process Amazon DynamoDB records with Lambda").
func TestAWSsDocumentIsRead(t *testing.T) {
	const document = `{"Records":[{"eventID":"1","eventVersion":"1.0","dynamodb":{
		"Keys":{"p":{"S":"svc_1/a"},"s":{"S":"a"}},"NewImage":{"p":{"S":"svc_1/a"},"s":{"S":"a"},"r":{"B":"AQID"}},
		"StreamViewType":"NEW_IMAGE","SequenceNumber":"111","SizeBytes":26},"awsRegion":"us-west-2","eventName":"INSERT",
		"eventSourceARN":"arn:aws:dynamodb:us-east-2:123456789012:table/my-table/stream/2024-06-10T19:26:16.525","eventSource":"aws:dynamodb"}]}`
	var e events.DynamoDBEvent
	if err := json.Unmarshal([]byte(document), &e); err != nil {
		t.Fatal(err)
	}
	r := &reader{upto: 0}
	if again := answered(t.Context(), t, r, e); again != "111" {
		t.Fatalf("%s is to come again", again)
	}
}
