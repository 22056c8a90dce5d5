package dynamo_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/oklog/ulid/v2"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/infra/dynamo"
	"webplug/projections"
)

// After an outage of over a day the stream has lost what was appended before it: the whole log is read, which may fail for a
// while too, and nothing is missing then.
func TestALongOutageIsCaughtUpByAScan(t *testing.T) {
	t.Parallel()
	w := newBilled(t, domain.StandardWebhooks)
	for range 5 {
		w.webhook() // whom nobody hands on
	}
	store, network := faulty(w.o)
	stream := &streamed{
		next: network, shards: []fakeShard{{id: "shard-9"}}, refused: map[string][]string{"GetShardIterator": {"TrimmedDataAccessException", "TrimmedDataAccessException"}},
	}
	o := w.o
	o.AWS.HTTPClient = &http.Client{Transport: stream}
	log := eventlog.New(store, domain.Events(), nil, time.Now, func() string { return ulid.Make().String() })
	batches := projections.NewBatches(log, store.Views(), time.Now, slog.New(slog.DiscardHandler))
	if _, err := batches.Open(t.Context(), store, false); err != nil {
		t.Fatal(err)
	}
	tries, caughtUp := 0, make(chan struct{})
	pumping(t, dynamo.New(o), dynamo.PumpOptions{
		Handle: func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
			return events.DynamoDBEventResponse{}, nil
		},
		Lost: func(ctx context.Context) error {
			if tries++; tries == 1 {
				network.then(always(broke)...) // the outage goes on within the catching up
			} else {
				network.then(throttled, nil, reset, nil, answerLost)
			}
			err := batches.CatchUp(ctx, store)
			if err == nil && tries > 1 {
				close(caughtUp)
			}
			return err
		},
	})
	select {
	case <-caughtUp:
	case <-t.Context().Done():
		t.Fatal("it never caught up")
	}
	network.then()
	queries := projections.NewQueriesOf(log, store.Views(), batches, func(context.Context) error { return nil })
	page, err := queries.Messages(t.Context(), w.target.Service, projections.MessageFilter{}, projections.PageRequest{Limit: 100})
	if err != nil || len(page.Data) != 5 {
		t.Fatalf("%d of 5 messages are listed, %v", len(page.Data), err)
	}
	for _, m := range page.Data {
		if m.Status != domain.Delivered {
			t.Errorf("%s is %s", m.ID, m.Status)
		}
	}
}

// No partition takes a write for each webhook of a service: it takes 1,000 a second, whatever the table takes.
func TestNoPartitionTakesTheTrafficOfAService(t *testing.T) {
	t.Parallel()
	const batchesOf, perBatch = 6, 25
	w := newBilled(t, domain.SNS)
	for range batchesOf {
		var records []eventlog.Record
		for i := range perBatch {
			if i%2 == 0 {
				records = append(records, w.webhook()...)
				continue
			}
			message, accepted := w.publish()
			w.dispatch(accepted)
			w.fail(message)
			records = append(records, w.trail(message)...)
		}
		w.project(records)
	}
	for table, most := range map[string]int{
		w.o.LogTable:   3, // a message's own, and its delivery's
		w.o.ViewsTable: 4 * batchesOf,
	} {
		items := map[string]int{}
		pages := dynamodb.NewScanPaginator(raw(w.o), &dynamodb.ScanInput{TableName: aws.String(table), ProjectionExpression: aws.String("p")})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				items[item["p"].(*types.AttributeValueMemberS).Value]++
			}
		}
		for partition, n := range items {
			if n > most {
				t.Errorf("%s: %d of %d webhooks lie in the partition %s, more than %d", table, n, batchesOf*perBatch, partition, most)
			}
		}
	}
}

// fail lets a delivery fail for good.
func (w *billed) fail(message string) {
	w.t.Helper()
	stream := domain.DeliveryStream(w.target.Service, message, w.target.ID)
	step := eventlog.On(stream, domain.RecordReport{
		Report: domain.Report{AttemptID: ulid.Make().String(), URL: hook, StatusCode: 404, Cause: domain.CauseOfStatus(404), At: time.Now()}, Attempts: 1,
	})
	w.must(eventlog.ExecuteAll(w.t.Context(), w.log, w.cause, step))
}
