package snslocal_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/go-json-experiment/json"

	"webplug/infra/snslocal"
)

// world is a local SNS with AWS's own client, and one endpoint that keeps what it gets.
type world struct {
	*testing.T
	server   *snslocal.Server
	sns      *sns.Client
	public   *httptest.Server
	endpoint *endpoint
	status   *records
}

func start(t *testing.T, change func(*snslocal.Options)) *world {
	t.Helper()
	w := &world{T: t, endpoint: newEndpoint(t), status: &records{}}
	w.public = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.server.Public().ServeHTTP(rw, r) }))
	w.public.StartTLS()
	t.Cleanup(w.public.Close)
	o := snslocal.Options{
		Dir: "sns", FS: vfs.NewMem(), PublicURL: w.public.URL + "/sns", Now: time.Now, Random: rand.Reader, Status: w.status.take,
	}
	if change != nil {
		change(&o)
	}
	w.server = open(t, o)
	w.sns = client(w.server.RoundTripper(), "http://sns.local")
	return w
}

// open runs a server until the test ends.
func open(t *testing.T, o snslocal.Options) *snslocal.Server {
	t.Helper()
	server, err := snslocal.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); server.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		<-ended
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func client(transport http.RoundTripper, url string) *sns.Client {
	return sns.New(sns.Options{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""), BaseEndpoint: &url,
		HTTPClient: &http.Client{Transport: transport}, Retryer: aws.NopRetryer{},
	})
}

// records keeps status records.
type records struct {
	mu   sync.Mutex
	all  []string
	fail int // how many are refused first
}

func (r *records) take(_ context.Context, record []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail > 0 {
		r.fail--
		return errors.New("not now")
	}
	r.all = append(r.all, string(record))
	return nil
}

func (r *records) list() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all
}

// endpoint answers the statuses it is told to, 200 at the end.
type endpoint struct {
	*httptest.Server
	mu       sync.Mutex
	statuses []int
	got      []request
}

type request struct {
	Header http.Header
	Body   []byte
}

func newEndpoint(t *testing.T, statuses ...int) *endpoint {
	e := &endpoint{statuses: statuses}
	e.Server = httptest.NewServer(e)
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) answer(statuses ...int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.statuses = statuses
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.got = append(e.got, request{r.Header, body})
	status := http.StatusOK
	if len(e.statuses) > 0 && r.Header.Get("X-Amz-Sns-Message-Type") == "Notification" {
		status, e.statuses = e.statuses[0], e.statuses[1:]
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte("answered " + http.StatusText(status)))
}

// requests are those of a type that came so far.
func (e *endpoint) requests(kind string) []request {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []request
	for _, r := range e.got {
		if r.Header.Get("X-Amz-Sns-Message-Type") == kind {
			out = append(out, r)
		}
	}
	return out
}

// envelope is the body of a request.
func (r request) envelope(t *testing.T) map[string]any {
	t.Helper()
	var e map[string]any
	if err := json.Unmarshal(r.Body, &e); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	return e
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// got waits for the nth request of a type.
func (w *world) got(kind string, n int) request {
	w.Helper()
	eventually(w.T, kind, func() bool { return len(w.endpoint.requests(kind)) >= n })
	return w.endpoint.requests(kind)[n-1]
}

func (w *world) topic(attributes map[string]string) string {
	w.Helper()
	out, err := w.sns.CreateTopic(w.Context(), &sns.CreateTopicInput{Name: aws.String("webplug-dev-typ_1-0"), Attributes: attributes})
	if err != nil {
		w.Fatal(err)
	}
	return *out.TopicArn
}

func (w *world) subscribe(topic string, attributes map[string]string) string {
	w.Helper()
	out, err := w.sns.Subscribe(w.Context(), &sns.SubscribeInput{
		TopicArn: &topic, Protocol: aws.String("http"), Endpoint: aws.String(w.endpoint.URL + "/hook"), Attributes: attributes, ReturnSubscriptionArn: true,
	})
	if err != nil {
		w.Fatal(err)
	}
	return *out.SubscriptionArn
}

// confirmed subscribes the endpoint and confirms, signed.
func (w *world) confirmed(topic string, attributes map[string]string) string {
	w.Helper()
	before := len(w.endpoint.requests("SubscriptionConfirmation"))
	arn := w.subscribe(topic, attributes)
	token := w.got("SubscriptionConfirmation", before+1).envelope(w.T)["Token"].(string)
	_, err := w.sns.ConfirmSubscription(w.Context(), &sns.ConfirmSubscriptionInput{TopicArn: &topic, Token: &token, AuthenticateOnUnsubscribe: aws.String("true")})
	if err != nil {
		w.Fatal(err)
	}
	return arn
}

func (w *world) publish(topic, text string, slots ...string) string {
	w.Helper()
	in := &sns.PublishInput{TopicArn: &topic, Message: &text}
	if len(slots) > 0 {
		list, _ := json.Marshal(slots)
		in.MessageAttributes = map[string]types.MessageAttributeValue{"to": {DataType: aws.String("String.Array"), StringValue: aws.String(string(list))}}
	}
	out, err := w.sns.Publish(w.Context(), in)
	if err != nil {
		w.Fatal(err)
	}
	return *out.MessageId
}

// visit asks without credentials, as an endpoint does.
func (w *world) visit(url string) (int, string) {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), http.MethodGet, url, nil)
	if err != nil {
		w.Fatal(err)
	}
	answer, err := w.public.Client().Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var body bytes.Buffer
	if _, err := body.ReadFrom(answer.Body); err != nil {
		w.Fatal(err)
	}
	return answer.StatusCode, body.String()
}

// code is the error code that SNS answered, "" for none.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}
