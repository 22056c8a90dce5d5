package lambda_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/go-json-experiment/json"

	"webplug/handlers/lambda"
	"webplug/projections"
)

// worker notes what it is asked for, and fails or panics as it is told.
type worker struct {
	mu    sync.Mutex
	asked []string
	fail  map[string]error
	panic string
}

func (w *worker) ask(what string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, what)
	if what == w.panic {
		panic(what)
	}
	return w.fail[what]
}

func (w *worker) Published(_ context.Context, service, message string) error {
	return w.ask("published " + service + "/" + message)
}

func (w *worker) Wake(_ context.Context, one projections.Wake) error {
	return w.ask(fmt.Sprintf("wake %s/%s %v", one.Service, one.Message, one.To))
}

func (w *worker) Do(ctx context.Context, t projections.Task) error {
	if end, ok := ctx.Deadline(); ok {
		t.Tries = int(time.Until(end).Round(time.Second).Seconds())
	}
	return w.ask(fmt.Sprintf("%s %s/%s %d", t.Kind, t.Service, t.ID, t.Tries))
}

// records are messages of a queue, with their places as ids.
func records(bodies ...string) (e events.SQSEvent) {
	for i, body := range bodies {
		e.Records = append(e.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: body})
	}
	return e
}

func again(t *testing.T, q *lambda.Queue, ctx context.Context, e events.SQSEvent) (ids []string) { //nolint:revive // a test first
	t.Helper()
	out, err := q.Handle(ctx, e)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range out.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	return ids
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestEachRecordOfAQueueComesAgainByItself(t *testing.T) {
	w := &worker{fail: map[string]error{"wake s/m2 [{e 0}]": errors.New("throttled")}, panic: "wake s/m4 [{e 7}]"}
	e := records(
		`{"service":"s","message":"m1","to":[{"endpoint":"e"}]}`,
		`{"service":"s","message":"m2","to":[{"endpoint":"e"}]}`,
		`not even JSON`,
		`{"service":"s","message":"m4","to":[{"endpoint":"e","plan":7}],"at":"2026-01-02T03:04:05Z"}`,
		`{"service":"s","message":"m5","to":[],"of_a_newer_program":1}`,
		`{"service":"s","message":"m6","to":[]}`,
	)
	if ids := again(t, lambda.AttemptsQueue(w, quiet()), t.Context(), e); !slices.Equal(ids, []string{"1", "2", "3", "4", "5"}) {
		t.Errorf("come again: %v", ids)
	}
	slices.Sort(w.asked)
	if want := []string{"wake s/m1 [{e 0}]", "wake s/m2 [{e 0}]", "wake s/m4 [{e 7}]"}; !slices.Equal(w.asked, want) {
		t.Errorf("asked for %v", w.asked)
	}
}

// A webhook as SNS hands it on raw: the body is the message's, its attributes are beside it. The document is as AWS's
// documentation shows it (Lambda Developer Guide, "Using Lambda with Amazon SQS").
func TestAWebhookFromItsTopic(t *testing.T) {
	const document = `{"Records":[{"messageId":"059f36b4-87a3-44ab-83d2-661975830a7d","receiptHandle":"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
		"body":"{\"id\":\"msg_1\",\"type\":\"card_issued\",\"timestamp\":\"2026-01-02T03:04:05.000000Z\",\"data\":{\"id\":\"other\",\"n\":12345678901234567890}}",
		"attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1545082649183","SenderId":"AIDAIENQZJOLO23YVJ4VO","ApproximateFirstReceiveTimestamp":"1545082649185"},
		"messageAttributes":{"service":{"stringValue":"svc_1","dataType":"String"},"to":{"stringValue":"[\"0\"]","dataType":"String.Array"},"first":{"stringValue":"true","dataType":"String"}},
		"md5OfBody":"e4e68fb7bd0e697a0ae8f1bb342846b3","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-2:123456789012:my-queue","awsRegion":"us-east-2"}]}`
	var e events.SQSEvent
	if err := json.Unmarshal([]byte(document), &e); err != nil {
		t.Fatal(err)
	}
	w := &worker{}
	if ids := again(t, lambda.AttemptsQueue(w, quiet()), t.Context(), e); ids != nil || !slices.Equal(w.asked, []string{"published svc_1/msg_1"}) {
		t.Fatalf("asked for %v, come again: %v", w.asked, ids)
	}
	e.Records[0].Body = `{"type":"without an id"}`
	if ids := again(t, lambda.AttemptsQueue(w, quiet()), t.Context(), e); len(ids) != 1 {
		t.Fatalf("come again: %v", ids)
	}
}

func TestTasksHaveTheInvocationsTimeButTheReserve(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 60500*time.Millisecond)
	defer cancel()
	w := &worker{}
	if ids := again(t, lambda.WorkQueue(w, quiet()), ctx, records(`{"kind":"reconcile","service":"s","id":"ep_1","drift":true}`)); ids != nil {
		t.Fatal(ids)
	}
	if !slices.Equal(w.asked, []string{"reconcile s/ep_1 60"}) {
		t.Fatalf("%v", w.asked)
	}
}
