package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"webplug/cmd/internal/process"
	"webplug/domain"
	"webplug/infra/dynamo"
	"webplug/infra/dynamo/local"
	"webplug/infra/moto"
	"webplug/projections"
)

// dynamoServer is one DynamoDB Local for all tests of this package that need it.
var (
	startedServer *local.Server
	dynamoServer  = sync.OnceValues(func() (*local.Server, error) {
		var err error
		startedServer, err = local.Start(context.Background(), local.Options{Progress: func(string) {}})
		return startedServer, err
	})
)

func TestMain(m *testing.M) {
	code := m.Run()
	if startedServer != nil {
		_ = startedServer.Close()
	}
	os.Exit(code)
}

// cloudWorld is the AWS home on one machine: DynamoDB Local, moto's SNS and SQS, and endpoints that are functions.
type cloudWorld struct {
	t     *testing.T
	aws   aws.Config
	store *dynamo.Store
	home  *dynamoHome
	stage string
	// publish, if not nil, stands between home and SNS.
	publish func(do func() ([]projections.Receipt, error)) ([]projections.Receipt, error)

	mu       sync.Mutex
	attempts []domain.Attempt
	answer   func(domain.Attempt) domain.Report
}

// Attempt implements projections.Sender.
func (w *cloudWorld) Attempt(_ context.Context, a domain.Attempt) domain.Report {
	w.mu.Lock()
	w.attempts = append(w.attempts, a)
	answer := w.answer
	w.mu.Unlock()
	r := domain.Report{StatusCode: 200}
	if answer != nil {
		r = answer(a)
	}
	r.AttemptID, r.URL, r.At, r.Duration = a.ID, a.URL, a.At, time.Millisecond
	if r.Cause == "" && (r.StatusCode < 200 || r.StatusCode > 299) {
		r.Cause = domain.CauseOfStatus(r.StatusCode)
	}
	return r
}

// got are the attempts to a URL.
func (w *cloudWorld) got(url string) (out []domain.Attempt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.attempts {
		if a.URL == url {
			out = append(out, a)
		}
	}
	return out
}

func newCloudWorld(t *testing.T) *cloudWorld {
	t.Helper()
	url := moto.Start(t)
	server, err := dynamoServer()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "moto")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "moto")
	t.Setenv(snsVariable, url)
	w := &cloudWorld{t: t, aws: moto.Config(url), stage: "test"}
	tables := "t" + strings.ToLower(rand.Text())[:12]
	w.store = dynamo.New(dynamo.Options{AWS: server.Config(), LogTable: tables + "-log", KeysTable: tables + "-keys", ViewsTable: tables + "-views"})
	if err := w.store.CreateTables(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// begin starts a process on what there is; end ends it.
func (w *cloudWorld) begin() (end func()) {
	w.t.Helper()
	logger := slog.New(slog.NewTextHandler(w.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	var err error
	w.home, err = openDynamoHome(w.t.Context(), homeOptions{
		keys: keyring{bytes.Repeat([]byte{7}, 32), snsAdminKey}, sender: w, checkURL: func(context.Context, string) error { return nil },
		now: process.SystemClock, newID: process.NewIDs(process.SystemClock), random: rand.Reader, jitter: func() float64 { return 0 },
		schedule: domain.Schedule{0, time.Second, 2 * time.Second}, defaultFormat: domain.StandardWebhooks, logger: logger, stage: w.stage,
		openTopics: func(ctx context.Context) (*topics, error) {
			t, err := openTopics(ctx, topicsOptions{getenv: func(name string) string {
				return map[string]string{snsVariable: *w.aws.BaseEndpoint}[name]
			}})
			if err == nil {
				t.transport = cloudBetween{t.transport, w}
			}
			return t, err
		},
		openQueues: func(ctx context.Context) (*queues, error) {
			return openQueues(ctx, w.aws, w.stage, visible, process.SystemClock)
		},
	}, w.store)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(w.t.Context()))
	ended := make(chan error, 1)
	h := w.home
	go func() { ended <- h.run(ctx) }()
	<-h.ready()
	return func() {
		stop()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
	}
}

// cloudBetween is the transport with what a test puts between.
type cloudBetween struct {
	projections.Transport
	w *cloudWorld
}

// Publish does as the test says.
func (b cloudBetween) Publish(ctx context.Context, topic string, messages []projections.Outgoing) ([]projections.Receipt, error) {
	do := func() ([]projections.Receipt, error) { return b.Transport.Publish(ctx, topic, messages) }
	if b.w.publish != nil {
		return b.w.publish(do)
	}
	return do()
}

func (w *cloudWorld) call(method, path string, body any, want int) map[string]any {
	w.t.Helper()
	return callAPI(w.t, w.home, method, path, body, want)
}

func (w *cloudWorld) eventually(what string, holds func() bool) {
	w.t.Helper()
	eventually(w.t, time.Minute, what, holds)
}

// bank is a service with a user and an event type.
type bank struct {
	*cloudWorld
	svc, usr, typ string
}

func (w *cloudWorld) bank() bank {
	w.t.Helper()
	b := bank{cloudWorld: w}
	b.svc = w.call("POST", "/services", map[string]any{"name": "bank"}, 201)["id"].(string)
	b.typ = w.call("POST", "/services/"+b.svc+"/event-types", map[string]any{"name": "card_issued"}, 201)["id"].(string)
	b.usr = w.call("POST", "/services/"+b.svc+"/users", map[string]any{"name": "Ada"}, 201)["id"].(string)
	return b
}

func (b bank) subscribe(url string) (endpoint string) {
	b.t.Helper()
	return b.call("POST", "/services/"+b.svc+"/subscriptions", map[string]any{"user_id": b.usr, "event_type": "card_issued", "endpoint": url}, 201)["endpoint_id"].(string)
}

func (b bank) send() string {
	b.t.Helper()
	return b.call("POST", "/services/"+b.svc+"/messages", map[string]any{"event_type": "card_issued", "payload": map[string]any{"card": "4242"}}, 202)["id"].(string)
}

func (b bank) status(message, endpoint string) string {
	b.t.Helper()
	for _, d := range b.call("GET", "/services/"+b.svc+"/messages/"+message+"/deliveries", nil, 200)["data"].([]any) {
		if d := d.(map[string]any); d["endpoint_id"] == endpoint {
			return d["status"].(string)
		}
	}
	b.t.Fatalf("%s has no delivery to %s", message, endpoint)
	return ""
}

func (b bank) await(message, endpoint, status string) {
	b.t.Helper()
	defer func() {
		if b.t.Failed() {
			b.t.Logf("history: %v, status %s", b.types(message), b.status(message, endpoint))
		}
	}()
	b.eventually("the delivery is "+status, func() bool { return b.status(message, endpoint) == status })
}

func (b bank) types(message string) (out []string) {
	b.t.Helper()
	for _, e := range b.call("GET", "/services/"+b.svc+"/messages/"+message+"/history", nil, 200)["data"].([]any) {
		out = append(out, e.(map[string]any)["type"].(string))
	}
	return out
}

// watch subscribes a queue of the operator's own to the event type's topic, for each message once, and gives what it got.
func (b bank) watch() func() []string {
	b.t.Helper()
	c := awssqs.NewFromConfig(b.aws)
	made, err := c.CreateQueue(b.t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String("operators-own")})
	if err != nil {
		b.t.Fatal(err)
	}
	topic := fmt.Sprintf("arn:aws:sns:eu-central-1:123456789012:webplug-%s-%s-0", b.stage, b.typ)
	b.eventually("the topic stands", func() bool {
		_, err = awssns.NewFromConfig(b.aws).Subscribe(b.t.Context(), &awssns.SubscribeInput{
			TopicArn: &topic, Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:eu-central-1:123456789012:operators-own"),
			Attributes: map[string]string{"FilterPolicy": `{"first":["true"]}`, "RawMessageDelivery": "true"},
		})
		return err == nil
	})
	var got []string
	return func() []string {
		out, err := c.ReceiveMessage(b.t.Context(), &awssqs.ReceiveMessageInput{
			QueueUrl: made.QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
		})
		if err != nil {
			b.t.Fatal(err)
		}
		for _, m := range out.Messages {
			got = append(got, *m.Body)
		}
		return got
	}
}

// The way of a webhook in an AWS account: command ▶ event ▶ stream ▶ topic ▶ SQS ▶ attempt ▶ outcome ▶ read model.
func TestQueues(t *testing.T) {
	w := newCloudWorld(t)
	defer w.begin()()
	b := w.bank()
	own := b.watch()
	const url = "https://customer.test/hook"

	t.Run("a message without endpoints is for the operator's own queue alone", func(t *testing.T) {
		message := b.send()
		b.eventually("it is there", func() bool { return len(own()) == 1 })
		if got := own()[0]; !strings.HasPrefix(got, `{"id":"`+message+`","type":"card_issued",`) || !strings.HasSuffix(got, `"data":{"card":"4242"}}`) {
			t.Fatal(got)
		}
	})
	endpoint := b.subscribe(url)
	t.Run("a webhook is delivered, and costs no event but its own two", func(t *testing.T) {
		message := b.send()
		b.await(message, endpoint, "delivered")
		got := b.got(url)
		if len(got) != 1 || got[0].MessageID != message || !strings.Contains(string(got[0].Body), message) || len(got[0].Secrets) != 1 {
			t.Fatalf("%+v", got)
		}
		if types := b.types(message); len(types) != 2 || types[1] != "DeliverySucceeded" {
			t.Fatalf("%v", types)
		}
		b.eventually("the operator has it too, once", func() bool { return len(own()) == 2 })
	})
	t.Run("what fails is tried again after a delay", func(t *testing.T) {
		n := 0
		w.mu.Lock()
		w.answer = func(domain.Attempt) domain.Report {
			if n++; n < 3 {
				return domain.Report{StatusCode: http.StatusServiceUnavailable}
			}
			return domain.Report{StatusCode: 200}
		}
		w.mu.Unlock()
		message := b.send()
		b.await(message, endpoint, "delivered")
		if types := b.types(message); fmt.Sprint(types) != "[MessageAccepted AttemptFailed AttemptFailed DeliverySucceeded]" {
			t.Fatalf("%v", types)
		}
		b.eventually("the operator has it once", func() bool { return len(own()) == 3 })
	})
	t.Run("a retry goes straight to the queue", func(t *testing.T) {
		w.mu.Lock()
		w.answer = func(domain.Attempt) domain.Report { return domain.Report{StatusCode: 400} }
		w.mu.Unlock()
		message := b.send()
		b.await(message, endpoint, "failed")
		w.mu.Lock()
		w.answer = nil
		w.mu.Unlock()
		b.call("POST", "/services/"+b.svc+"/messages/"+message+"/deliveries/"+endpoint+"/retry", nil, 202)
		b.await(message, endpoint, "delivered")
		b.eventually("the operator has it once", func() bool { return len(own()) == 4 })
	})
	t.Run("a test webhook is its endpoint's alone", func(t *testing.T) {
		message := b.call("POST", "/services/"+b.svc+"/endpoints/"+endpoint+"/test", nil, 202)["id"].(string)
		b.await(message, endpoint, "delivered")
		if n := len(own()); n != 4 {
			t.Fatalf("the operator has %d", n)
		}
	})
}
