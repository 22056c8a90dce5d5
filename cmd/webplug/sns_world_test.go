package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/cmd/internal/process"
	"webplug/domain"
	"webplug/infra/dynamo"
	"webplug/infra/sns"
	"webplug/infra/snslocal"
	"webplug/projections"
)

// snsWorld is a home with a local SNS, on disks in memory, and endpoints that are functions. What is between them can be
// made to fail.
type snsWorld struct {
	t         *testing.T
	home      product
	topics    *topics
	sns       *projections.SNS
	tables    *dynamo.Store // nil: the log is on logDisk
	aws       *aws.Config   // of queues, with tables: delivery by functions and queues
	visible   time.Duration // of what lies in queues
	cut       *cut          // nil: the process is not killed
	sender    projections.Sender
	local     *snslocal.Server
	client    *awssns.Client
	logDisk   *vfs.MemFS
	snsDisk   *vfs.MemFS
	endpoints *snsEndpoints
	clock     *snsClock
	// between home and SNS:
	publish func(do func() ([]projections.Receipt, error)) ([]projections.Receipt, error) // nil: do it
	status  func(take func() error) error                                                 // nil: take it
	limits  snslocal.Limits
	every   bool                // a record of each attempt
	record  func([]byte) []byte // what becomes of a record on its way; nil: nothing
	slots   int                 // of a topic, and
	shards  int                 // topics of a type; 0 is as ever
	stop    func()
}

// snsClock is the time, put forward by tests.
type snsClock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *snsClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *snsClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// snsEndpoints are customers' endpoints, by URL. Each keeps what it gets and answers as it is told, 200 at the end.
type snsEndpoints struct {
	mu       sync.Mutex
	got      map[string][]snsArrival
	statuses map[string][]int
}

// RoundTrip takes what SNS sends.
func (e *snsEndpoints) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := arrivalOf(r)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	at := r.URL.String()
	e.got[at] = append(e.got[at], a)
	status := http.StatusOK
	if list := e.statuses[at]; a.Type == "Notification" && len(list) > 0 {
		status, e.statuses[at] = list[0], list[1:]
	}
	if status == 0 {
		return nil, fmt.Errorf("connection refused")
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("thanks")), Request: r}, nil
}

func (e *snsEndpoints) answer(url string, statuses ...int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.statuses[url] = statuses
}

// arrived is what came to a URL, of a type.
func (e *snsEndpoints) arrived(url, kind string) []snsArrival {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []snsArrival
	for _, a := range e.got[url] {
		if a.Type == kind {
			out = append(out, a)
		}
	}
	return out
}

// newSNSWorld starts a home; change makes the world another one first.
func newSNSWorld(t *testing.T, change func(*snsWorld)) *snsWorld {
	t.Helper()
	w := &snsWorld{
		t: t, logDisk: vfs.NewCrashableMem(), snsDisk: vfs.NewCrashableMem(), clock: &snsClock{},
		endpoints: &snsEndpoints{got: map[string][]snsArrival{}, statuses: map[string][]int{}},
	}
	if change != nil {
		change(w)
	}
	w.begin()
	t.Cleanup(func() { w.end() })
	return w
}

const snsAdminKey = "the admin key of a test of sns"

// begin opens the disks and lets everything run.
func (w *snsWorld) begin() {
	w.t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	if w.sender == nil {
		w.sender = noSender{}
	}
	o := homeOptions{
		dir: "home", fs: w.logDisk, keys: keyring{bytes.Repeat([]byte{7}, 32), snsAdminKey}, sender: w.sender,
		checkURL: func(context.Context, string) error { return nil }, now: w.clock.now, newID: process.NewIDs(w.clock.now), random: rand.Reader,
		jitter: func() float64 { return 0 }, schedule: domain.DefaultSchedule, defaultFormat: domain.SNS, logger: quiet,
		fail:  func(err error) { w.t.Errorf("the log cannot go on: %v", err) },
		stage: "test", openTopics: w.openTopics,
	}
	if w.aws != nil {
		o.openQueues = func(ctx context.Context) (*queues, error) {
			return openQueues(ctx, *w.aws, o.stage, w.visible, process.SystemClock)
		}
	}
	if w.tables != nil {
		h, err := openDynamoHome(context.Background(), o, w.tables)
		if err != nil {
			w.t.Fatal(err)
		}
		w.home, w.topics, w.sns = h, h.topics, h.sns
	} else {
		h, err := openHome(context.Background(), o)
		if err != nil {
			w.t.Fatal(err)
		}
		w.home, w.topics, w.sns = h, h.topics, h.sns
	}
	w.sns.Reconciler.MaxSlots, w.sns.Reconciler.MaxShards = w.slots, w.shards
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	h := w.home
	go func() { ended <- h.run(ctx) }()
	<-h.ready()
	w.stop = func() {
		stop()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
		if err := h.close(); err != nil {
			w.t.Error(err)
		}
	}
}

func (w *snsWorld) openTopics(context.Context) (*topics, error) {
	t := &topics{policy: sns.Policy{Shortest: time.Second, Longest: time.Second, AtOnce: 2}}
	var err error
	t.local, err = snslocal.Open(snslocal.Options{
		Dir: "sns", FS: w.snsDisk, PublicURL: "http://webplug.test" + localPath, Now: w.clock.now, Random: rand.Reader, Limits: w.limits,
		RoundTripper: w.endpoints, EveryAttempt: w.every,
		Status: func(ctx context.Context, record []byte) error {
			if w.record != nil {
				record = w.record(record)
			}
			take := func() error { return t.reports.Take(ctx, record) }
			if w.status != nil {
				return w.status(take)
			}
			return take()
		},
		Queue: func(ctx context.Context, arn, body string, attributes map[string]snslocal.Attribute) error {
			return t.queue(ctx, arn, body, attributes)
		},
	})
	if err != nil {
		return nil, err
	}
	w.local = t.local
	w.client = awssns.New(awssns.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://sns.local"), HTTPClient: &http.Client{Transport: t.local.RoundTripper()},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""), Retryer: aws.NopRetryer{},
	})
	client := w.client
	if w.cut != nil {
		client = awssns.New(w.client.Options(), func(o *awssns.Options) { o.HTTPClient = w.cut.over(t.local.RoundTripper()) })
	}
	t.transport = between{sns.New(sns.Options{Client: client, Policy: t.policy, FeedbackRoleARN: localRole}), w}
	return t, nil
}

// between is the transport with what a test puts between.
type between struct {
	*sns.Transport
	w *snsWorld
}

// Publish does as the test says.
func (b between) Publish(ctx context.Context, topic string, messages []projections.Outgoing) ([]projections.Receipt, error) {
	do := func() ([]projections.Receipt, error) { return b.Transport.Publish(ctx, topic, messages) }
	if b.w.publish != nil {
		return b.w.publish(do)
	}
	return do()
}

// end stops everything in good order.
func (w *snsWorld) end() {
	if w.stop != nil {
		w.stop()
		w.stop = nil
	}
}

// noSender says that nothing of the format sns is the sender's.
type noSender struct{}

// Attempt fails.
func (noSender) Attempt(_ context.Context, a domain.Attempt) domain.Report {
	panic("the sender was asked to send to " + a.URL)
}

// call asks the API and decodes its answer.
func (w *snsWorld) call(method, path string, body any, want int) map[string]any {
	w.t.Helper()
	return callAPI(w.t, w.home, method, path, body, want)
}

// visit follows a link as an endpoint does, without a key.
func (w *snsWorld) visit(link string) int {
	w.t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		w.t.Fatal(err)
	}
	answer := httptest.NewRecorder()
	w.home.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, u.RequestURI(), nil))
	return answer.Code
}

// eventually waits for a condition.
func (w *snsWorld) eventually(what string, holds func() bool) {
	w.t.Helper()
	eventually(w.t, 30*time.Second, what, holds)
}

// customer is a service with one user, one event type and what hangs on them.
type customer struct {
	*snsWorld
	svc, usr, typ string
}

func (w *snsWorld) customer() customer {
	w.t.Helper()
	svc := w.call("POST", "/services", map[string]any{"name": fmt.Sprintf("service %d", time.Now().UnixNano())}, 201)["id"].(string)
	c := customer{snsWorld: w, svc: svc}
	c.typ = w.call("POST", "/services/"+svc+"/event-types", map[string]any{"name": "card_issued"}, 201)["id"].(string)
	c.usr = c.user()
	return c
}

func (c customer) user() string {
	c.t.Helper()
	return c.call("POST", "/services/"+c.svc+"/users", map[string]any{"name": "Ada"}, 201)["id"].(string)
}

// subscribe adds an endpoint with a subscription, and gives both ids.
func (c customer) subscribe(user, url string) (endpoint, sub string) {
	c.t.Helper()
	s := c.call("POST", "/services/"+c.svc+"/subscriptions", map[string]any{"user_id": user, "event_type": "card_issued", "endpoint": url}, 201)
	return s["endpoint_id"].(string), s["id"].(string)
}

func (c customer) subscription(sub string) map[string]any {
	c.t.Helper()
	return c.call("GET", "/services/"+c.svc+"/subscriptions/"+sub, nil, 200)
}

func (c customer) awaitSubscription(sub, status string) map[string]any {
	c.t.Helper()
	var s map[string]any
	c.eventually("the subscription is "+status, func() bool {
		s = c.subscription(sub)
		return s["status"] == status
	})
	return s
}

// handshake is the nth SubscriptionConfirmation that a URL got.
func (c customer) handshake(url string, n int) snsArrival {
	c.t.Helper()
	c.eventually("a handshake at "+url, func() bool { return len(c.endpoints.arrived(url, "SubscriptionConfirmation")) >= n })
	return c.endpoints.arrived(url, "SubscriptionConfirmation")[n-1]
}

// active subscribes a URL and confirms by its token.
func (c customer) active(user, url string) (endpoint, sub string) {
	c.t.Helper()
	endpoint, sub = c.subscribe(user, url)
	token := c.handshake(url, 1).Token
	c.awaitSubscription(sub, "pending_confirmation")
	s := c.call("POST", "/services/"+c.svc+"/subscriptions/"+sub+"/confirm", map[string]any{"token": token}, 200)
	if s["status"] != "active" {
		c.t.Fatalf("%v", s)
	}
	return endpoint, sub
}

func (c customer) send() (message string, answer map[string]any) {
	c.t.Helper()
	answer = c.call("POST", "/services/"+c.svc+"/messages", map[string]any{"event_type": "card_issued", "payload": map[string]any{"card": "4242"}}, 202)
	return answer["id"].(string), answer
}

func (c customer) delivery(message, endpoint string) map[string]any {
	c.t.Helper()
	for _, d := range c.call("GET", "/services/"+c.svc+"/messages/"+message+"/deliveries", nil, 200)["data"].([]any) {
		if d := d.(map[string]any); d["endpoint_id"] == endpoint {
			return d
		}
	}
	c.t.Fatalf("%s has no delivery to %s", message, endpoint)
	return nil
}

func (c customer) awaitDelivery(message, endpoint, status string) map[string]any {
	c.t.Helper()
	var d map[string]any
	c.eventually("the delivery is "+status, func() bool {
		d = c.delivery(message, endpoint)
		return d["status"] == status
	})
	return d
}

// types are those of a message's events, oldest first.
func (c customer) types(message string) []string {
	c.t.Helper()
	var out []string
	for _, e := range c.call("GET", "/services/"+c.svc+"/messages/"+message+"/history", nil, 200)["data"].([]any) {
		out = append(out, e.(map[string]any)["type"].(string))
	}
	return out
}

// subscriptionsAtSNS lists the URLs that SNS has subscriptions of, with their topics.
func (w *snsWorld) subscriptionsAtSNS() (all []string) {
	w.t.Helper()
	out, err := w.client.ListSubscriptions(w.t.Context(), &awssns.ListSubscriptionsInput{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, s := range out.Subscriptions {
		all = append(all, *s.Endpoint+" "+(*s.TopicArn)[strings.LastIndexByte(*s.TopicArn, '-')+1:])
	}
	return all
}
