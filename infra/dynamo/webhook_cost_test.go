package dynamo_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/oklog/ulid/v2"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/infra/dynamo"
	"webplug/projections"
)

// ordinary is a payload of about 1 KB, as a bank would send it.
func ordinary() []byte {
	text := `{"transaction":{"id":"b7c1f0de-1d1f-4c47-9d39-6a52f1b0c9aa","account":"DE89370400440532013000","amount":{"value":"125.50","currency":"EUR"},` +
		`"status":"booked","booked_at":"2026-11-24T10:52:38Z","merchant":{"name":"Coffee House Berlin","category":"5814","city":"Berlin","country":"DE"},` +
		`"card":{"id":"card_7f3e","last4":"4242","network":"visa","type":"debit"},"balance_after":{"value":"1893.20","currency":"EUR"}},"lines":[`
	for i := range 5 {
		text += fmt.Sprintf(`{"position":%d,"description":"Flat white, large","quantity":1,"unit_price":{"value":"4.%02d","currency":"EUR"}},`, i+1, i*7)
	}
	return []byte(strings.TrimSuffix(text, ",") + `]}`)
}

// billed is WebPlug in AWS as far as it writes, on tables whose costs are noted: what API, dispatch, queue, reports and views
// do to one webhook. SNS takes everything.
type billed struct {
	t       *testing.T
	o       dynamo.Options
	store   *dynamo.Store
	log     *eventlog.Log
	batches *projections.Batches
	reports *projections.SNSReports
	reader  *projections.StreamDispatch
	bill    bill
	cause   eventlog.Cause
	kind    domain.EventType
	target  domain.Endpoint
	bodies  []string // that were published
}

const (
	topicARN = "arn:aws:sns:eu-central-1:123456789012:webplug-prod-typ_1-0"
	queueARN = "arn:aws:sqs:eu-central-1:123456789012:webplug-prod-attempts"
	hook     = "https://bank.example/hooks/webplug"
)

func newBilled(t *testing.T, format domain.Format) *billed {
	t.Helper()
	w := &billed{t: t, o: options(t)}
	open(t, w.o)
	w.o.Spent = w.bill.add
	w.store = dynamo.New(w.o)
	sealer, err := eventlog.NewSealer(w.store, make([]byte, eventlog.MasterKeySize), rand.Reader)
	w.must(err)
	w.log = eventlog.New(w.store, domain.Events(), sealer, time.Now, func() string { return ulid.Make().String() })
	logger := slog.New(slog.NewTextHandler(t.Output(), nil))
	w.batches = projections.NewBatches(w.log, w.store.Views(), time.Now, logger)
	_, err = w.batches.Open(t.Context(), w.store, false)
	w.must(err)
	id := func(prefix string) string { return prefix + ulid.Make().String() }
	svc, typ := id("svc_"), id("typ_")
	w.cause = eventlog.Cause{Actor: id("key_"), CorrelationID: id("req_"), CausationID: id("req_")}
	kind, err := eventlog.Execute(t.Context(), w.log, domain.EventTypeStream(svc, typ), domain.CreateEventType{Name: "card_debited"}, w.cause)
	w.must(err)
	w.kind = kind.State
	w.target = domain.Endpoint{ID: id("ep_"), Service: svc, UserID: id("usr_"), URL: hook, Format: format, Status: domain.EndpointActive, Version: 1}
	topics := domain.TopicsStream(svc, typ)
	_, err = eventlog.Execute(t.Context(), w.log, topics, domain.RecordTopic{TopicARN: topicARN}, w.cause)
	w.must(err)
	_, err = eventlog.Execute(t.Context(), w.log, topics, domain.RecordQueue{TopicARN: topicARN, QueueARN: queueARN, SubscriptionARN: topicARN + ":1"}, w.cause)
	w.must(err)
	if format == domain.SNS {
		w.target.Subscriptions = []domain.Subscription{{EventTypeID: typ, Link: domain.Link{TopicARN: topicARN, SubscriptionARN: topicARN + ":2", Slot: "123456789012", URL: hook}}}
	}
	mappings := projections.NewMappings(w.store.Views(), time.Now)
	w.reports = &projections.SNSReports{
		Log: w.log, Views: w.store.Views(), Mappings: mappings, Endpoints: w, Retries: w, Now: time.Now, Logger: logger,
	}
	w.reader = projections.NewStreamDispatch(projections.StreamDispatch{
		Log: w.log, Formats: projections.NewFormats(w), QueueARN: queueARN, Now: time.Now, Logger: logger,
		Publisher: &projections.SNSPublisher{Log: w.log, Endpoints: w, Transport: w, Mappings: projections.NewMappings(w.store.Views(), time.Now)},
		Later:     unasked{t}, Tasks: unasked{t}, Park: w.batches.Park,
	})
	return w
}

func (w *billed) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// unasked is a queue that nobody needs here.
type unasked struct{ t *testing.T }

func (u unasked) Later(_ context.Context, w ...projections.Wake) error {
	for _, one := range w {
		u.t.Errorf("asked for %v", one)
	}
	return nil
}

func (u unasked) Ask(_ context.Context, tasks ...projections.Task) error {
	for _, one := range tasks {
		u.t.Errorf("asked for %v", one)
	}
	return nil
}

// Endpoint implements projections.Endpoints. In AWS it is a consistent read of the endpoint's stream from its last known
// version on: a read unit more.
func (w *billed) Endpoint(context.Context, string, string) (domain.Endpoint, error) {
	return w.target, nil
}

// Reconcile, Publish, Attempts and Delay stand for SNS.
func (w *billed) Reconcile(context.Context, projections.Wanted) (projections.Found, error) {
	w.t.Error("SNS is asked for more than to publish")
	return projections.Found{}, nil
}

// Publish takes everything.
func (w *billed) Publish(_ context.Context, _ string, messages []projections.Outgoing) ([]projections.Receipt, error) {
	receipts := make([]projections.Receipt, len(messages))
	for i, m := range messages {
		w.bodies = append(w.bodies, m.Body)
		receipts[i].MessageID = fmt.Sprint("sns-", len(w.bodies))
	}
	return receipts, nil
}

// Attempts is how often SNS tries.
func (w *billed) Attempts() int { return 10 }

// Delay is how long it waits.
func (w *billed) Delay(int) time.Duration { return time.Second }

// publish is what the API appends, once it has decided.
func (w *billed) publish() (message string, accepted []eventlog.Record) {
	w.t.Helper()
	message = "msg_" + ulid.Make().String()
	step := eventlog.On(domain.MessageStream(w.target.Service, message), domain.PublishMessage{
		EventType: w.kind, UserID: w.target.UserID, Payload: ordinary(), PayloadKey: domain.PayloadKey(w.target.Service, w.target.UserID, time.Now()),
		Routed: domain.Routed{Targets: []string{w.target.ID}},
	}).Fresh()
	w.must(eventlog.ExecuteAll(w.t.Context(), w.log, w.cause, step))
	return message, w.trail(message)
}

// trail is what the log has of a message, as its stream gives it; it is not billed.
func (w *billed) trail(message string) (out []eventlog.Record) {
	w.t.Helper()
	w.bill.mu.Lock()
	before := w.bill.items
	w.bill.mu.Unlock()
	for r, err := range w.store.Trail(w.t.Context(), w.target.Service, message) {
		w.must(err)
		out = append(out, r.Forget())
	}
	w.bill.mu.Lock()
	defer w.bill.mu.Unlock()
	w.bill.items = before
	return out
}

func (w *billed) dispatch(records []eventlog.Record) {
	w.t.Helper()
	if done, err := w.reader.Take(w.t.Context(), records); err != nil || done != len(records) {
		w.t.Fatalf("%d are dispatched: %v", done, err)
	}
}

func (w *billed) project(records []eventlog.Record) {
	w.t.Helper()
	if done, err := w.batches.Take(w.t.Context(), records); err != nil || done != len(records) {
		w.t.Fatalf("%d are projected: %v", done, err)
	}
}

// outcome is what becomes of the webhook: the role queue's record of its attempt, or SNS's report of its own.
func (w *billed) outcome(message string) {
	w.t.Helper()
	if w.target.Format == domain.SNS {
		w.must(w.reports.Take(w.t.Context(), fmt.Appendf(nil, `{"notification":{"messageMD5Sum":%q,"messageId":"sns-%d","topicArn":%q,"timestamp":"2026-11-24 10:52:38.904"},`+
			`"delivery":{"deliveryId":%q,"destination":%q,"providerResponse":"ok","dwellTimeMs":87,"attempts":1,"statusCode":200},"status":"SUCCESS"}`,
			projections.MD5(w.bodies[len(w.bodies)-1]), len(w.bodies), topicARN, ulid.Make(), hook)))
		return
	}
	stream := domain.DeliveryStream(w.target.Service, message, w.target.ID)
	step := eventlog.On(stream, domain.RecordOutcome{
		Report:   domain.Report{AttemptID: ulid.Make().String(), URL: hook, StatusCode: 200, Answer: []byte("ok"), Duration: time.Millisecond, At: time.Now()},
		Schedule: domain.DefaultSchedule, EndpointVersion: 1, AnswerKey: domain.PayloadKey(w.target.Service, w.target.UserID, time.Now()),
	}).From(eventlog.Loaded[domain.Delivery]{Stream: stream})
	w.must(eventlog.ExecuteAll(w.t.Context(), w.log, w.cause, step))
}

// webhook brings one all the way, but for its projection.
func (w *billed) webhook() []eventlog.Record {
	message, accepted := w.publish()
	w.dispatch(accepted)
	w.outcome(message)
	return w.trail(message)
}

// keys are the sort keys of a message's items in the log, with names of endpoints shortened.
func (w *billed) keys(message string) (out []string) {
	w.t.Helper()
	found, err := raw(w.o).Query(w.t.Context(), &dynamodb.QueryInput{
		TableName: aws.String(w.o.LogTable), KeyConditionExpression: aws.String("p = :p"), ProjectionExpression: aws.String("s"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":p": &types.AttributeValueMemberS{Value: w.target.Service + "/" + message}},
	})
	w.must(err)
	for _, item := range found.Items {
		out = append(out, strings.Replace(item["s"].(*types.AttributeValueMemberS).Value, w.target.ID, "endpoint", 1))
	}
	return out
}

// One webhook to one endpoint, delivered at once, in AWS: the items that it becomes and the units that it costs, by name. On
// reading an endpoint see billed.Endpoint; the role api reads key, service, user, type and routes besides, a unit each.
func TestCostOfAWebhook(t *testing.T) {
	t.Parallel()
	const one = "append: 1 items, 1 W, 0 R\n"
	for format, want := range map[domain.Format]struct {
		items            []string
		publish, outcome string
		journal          float64 // of each webhook, in a batch of 100
	}{
		domain.StandardWebhooks: {
			items:   []string{"#a1", "endpoint#a1"}, // MessageAccepted, with its routing; DeliverySucceeded
			publish: "",                             // it is at hand, and its outcome tells that it was published
			outcome: one,
			journal: 0.3,
		},
		domain.SNS: {
			items: []string{"#a1", "#a2", "endpoint#a1"}, // and MessagePublished
			// What of it was published or ended before; the mapping; MessagePublished.
			publish: "trail: 1 items, 0 W, 1 R\nwrite row: 1 items, 1 W, 0 R\n" + one,
			outcome: "read row: 1 items, 0 W, 1 R\n" + one, // the mapping; DeliverySucceeded
			journal: 0.3,
		},
	} {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			w := newBilled(t, format)
			w.project(w.webhook()) // makes data keys, and the row of the hour; proves that reports are found by MD5
			if format == domain.SNS {
				w.reader.Publisher.Mappings = w.reports.Mappings // as every process knows a few seconds later
			}
			spent := func(what, want string) {
				t.Helper()
				if got := w.bill.since(); got != want {
					t.Errorf("%s spent\n%swant\n%s", what, got, want)
				}
			}
			w.bill.since()
			message, accepted := w.publish()
			spent("accepting and routing", one)
			w.dispatch(accepted)
			spent("publishing", want.publish)
			w.outcome(message)
			spent("the outcome", want.outcome)
			if got := w.keys(message); !slices.Equal(got, want.items) {
				t.Errorf("the log has the items %q, want %q", got, want.items)
			}
			w.project(w.trail(message))
			// A page is a row, and is found by its newest fact, by its oldest, by its arrival, and among those with messages; the
			// generation's pointer is read once a batch.
			spent("a batch of one webhook", "read state: 1 items, 0 W, 1 R\nwrite rows: 5 items, 5 W, 0 R\n")

			var many []eventlog.Record
			for range 100 {
				many = append(many, w.webhook()...)
			}
			w.bill.since()
			w.project(many)
			units := writes(w.bill.since())
			t.Logf("the journal of 100 webhooks takes %g write units", units)
			if units > 100*want.journal {
				t.Errorf("the journal takes %g write units of 100 webhooks, more than %g each", units, want.journal)
			}
		})
	}
}

// The first publishes, until a report has shown that they are found by MD5, keep SNS's own ids too.
func TestSNSIDsAreKeptUntilReportsAreFoundByMD5(t *testing.T) {
	t.Parallel()
	w := newBilled(t, domain.SNS)
	w.reader.Publisher.Mappings = w.reports.Mappings
	message, accepted := w.publish()
	w.bill.since()
	w.dispatch(accepted)
	if got := strings.Count(w.bill.since(), "write row: 1 items, 1 W"); got != 2 {
		t.Errorf("%d mappings are written, want one by MD5 and one by SNS's id", got)
	}
	w.outcome(message)
	_, accepted = w.publish()
	w.bill.since()
	w.dispatch(accepted)
	if got := strings.Count(w.bill.since(), "write row: 1 items, 1 W"); got != 1 {
		t.Errorf("%d mappings are written, want one", got)
	}
}

// writes adds up write units.
func writes(bill string) float64 {
	sum := 0.0
	for line := range strings.Lines(bill) {
		var items int
		var w float64
		if _, rest, ok := strings.Cut(line, ": "); ok {
			if _, err := fmt.Sscanf(rest, "%d items, %g W", &items, &w); err == nil {
				sum += w
			}
		}
	}
	return sum
}
