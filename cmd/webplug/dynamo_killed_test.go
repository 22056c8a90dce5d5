package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	awssns "github.com/aws/aws-sdk-go-v2/service/sns"

	"webplug/domain"
	"webplug/infra/dynamo"
	"webplug/infra/moto"
	"webplug/projections"
)

// cut is the end of a process, as the world sees it: from then on nothing that it says is heard.
type cut struct {
	dead atomic.Bool
	// fault, if not nil, may answer a call of SNS's in its place.
	fault atomic.Pointer[func(action string) (status int, code string)]
}

// failing answers a call of SNS's with an error of its (Amazon SNS API Reference, "Common Errors"), if it is to fail.
func (c *cut) failing(r *http.Request) (*http.Response, error) {
	fault := c.fault.Load()
	if fault == nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return nil, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	status, code := (*fault)(form.Get("Action"))
	if status == 0 {
		return nil, nil
	}
	text := `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>` + code +
		`</Code><Message>as a test says</Message></Error><RequestId>1</RequestId></ErrorResponse>`
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

var errKilled = errors.New("the process is killed")

// over puts it between a process and a part of the world.
func (c *cut) over(next http.RoundTripper) *http.Client {
	return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if c.dead.Load() {
			return nil, errKilled
		}
		if answer, err := c.failing(r); answer != nil || err != nil {
			return answer, err
		}
		return next.RoundTrip(r)
	})}
}

type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip calls the function.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// killable is a world of functions and queues whose process can be killed, with an endpoint of each format.
type killable struct {
	customer
	viaSNS, queued string // endpoints
	mu             sync.Mutex
	requests       []domain.Attempt
	// attempted is called after a request was made.
	attempted func()
}

const queuedURL = "http://customer.test/queued"

// Attempt implements projections.Sender.
func (k *killable) Attempt(_ context.Context, a domain.Attempt) domain.Report {
	k.mu.Lock()
	k.requests = append(k.requests, a)
	attempted := k.attempted
	k.mu.Unlock()
	if attempted != nil {
		attempted()
	}
	return domain.Report{AttemptID: a.ID, URL: a.URL, StatusCode: 200, At: a.At, Duration: time.Millisecond}
}

func newKillable(t *testing.T) *killable {
	t.Helper()
	k := &killable{}
	at := moto.Config(moto.Start(t))
	server, err := dynamoServer()
	if err != nil {
		t.Fatal(err)
	}
	tables := onDynamo(t)
	w := newSNSWorld(t, func(w *snsWorld) {
		tables(w)
		w.cut = &cut{}
		o := w.tables.Options()
		o.AWS, o.Backoff = server.Config(), func(int) time.Duration { return 0 }
		o.AWS.HTTPClient = w.cut.over(http.DefaultTransport)
		w.tables = dynamo.New(o)
		at.HTTPClient = w.cut.over(http.DefaultTransport)
		w.aws, w.visible, w.sender = &at, 3*time.Second, k
	})
	k.customer = w.customer()
	k.viaSNS, _ = k.active(k.usr, hookURL)
	k.queued = k.call("POST", "/services/"+k.svc+"/subscriptions", map[string]any{
		"user_id": k.usr, "event_type": "card_issued", "endpoint": queuedURL, "format": "standard-webhooks",
	}, 201)["endpoint_id"].(string)
	return k
}

// restart begins another process on what the killed one left.
func (k *killable) restart() {
	k.t.Helper()
	k.publish = nil
	k.mu.Lock()
	k.attempted = nil
	k.mu.Unlock()
	k.end()
	k.cut.dead.Store(false)
	k.begin()
}

// whole demands that a message reached both endpoints, each under its own id, and that its history is legal.
func (k *killable) whole(message string, mostRequests int) {
	k.t.Helper()
	k.legal(message, k.viaSNS, k.queued)
	for _, a := range k.endpoints.arrived(hookURL, "Notification") {
		if !strings.Contains(a.Message, `{"id":"`+message+`"`) {
			k.t.Errorf("the endpoint of SNS got %s", a.Message)
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, a := range k.requests {
		if a.URL != queuedURL || a.MessageID != message || !strings.Contains(string(a.Body), `{"id":"`+message+`"`) {
			k.t.Errorf("a request to %s with webhook-id %s has %s", a.URL, a.MessageID, a.Body)
		}
	}
	if n := len(k.requests); n < 1 || n > mostRequests {
		k.t.Errorf("%d requests were made", n)
	}
}

func TestFunctionsKilled(t *testing.T) {
	// killed kills the process at a moment of the first publish.
	killed := func(t *testing.T, before bool) (*killable, string) {
		k := newKillable(t)
		done := make(chan struct{})
		var once sync.Once
		k.publish = func(do func() ([]projections.Receipt, error)) (receipts []projections.Receipt, err error) {
			once.Do(func() {
				if !before {
					_, err = do()
				}
				k.cut.dead.Store(true)
				close(done)
			})
			return nil, errors.Join(err, errKilled)
		}
		message, _ := k.send()
		<-done
		k.restart()
		return k, message
	}
	t.Run("between mapping and publish: the stream gives the message again", func(t *testing.T) {
		k, message := killed(t, true)
		k.whole(message, 1)
	})
	t.Run("between publish and its record: it is published again, and reports of both fit", func(t *testing.T) {
		k, message := killed(t, false)
		k.whole(message, 2)
		published := func() int {
			return len(slices.DeleteFunc(k.types(message), func(of string) bool { return of != "MessagePublished" }))
		}
		if n := published(); n != 1 {
			t.Errorf("published %d times, as far as the log knows", n)
		}
	})
	t.Run("between attempt and its record: the queue gives it again, under the same webhook-id", func(t *testing.T) {
		k := newKillable(t)
		done := make(chan struct{})
		var once sync.Once
		k.attempted = func() { once.Do(func() { k.cut.dead.Store(true); close(done) }) }
		message, _ := k.send()
		<-done
		k.restart()
		k.whole(message, 3)
		outcomes := 0
		for _, of := range k.types(message) {
			if of == "DeliverySucceeded" {
				outcomes++
			}
		}
		if outcomes < 2 {
			t.Error(fmt.Sprint(k.types(message)))
		}
	})
}

// What SNS refuses, at the SDK's HTTP layer: nothing is lost, and what never goes by SNS goes without it. It takes 30 s: what is
// throttled is put off for ten.
func TestFunctionsRefused(t *testing.T) {
	k := newKillable(t)
	message, _ := k.send()
	k.whole(message, 1)
	for _, c := range []struct {
		name, code string
		status     int
		times      int32 // that PublishBatch fails
		viaSNS     string
	}{
		{"throttled it is published by the work queue", "Throttled", http.StatusTooManyRequests, 2, "delivered"},
		{"out of order it is published by the work queue", "InternalError", http.StatusInternalServerError, 1, "delivered"},
		{"never taken it fails for SNS, and goes to the queue without it", "InvalidParameter", http.StatusBadRequest, 1000, "failed"},
		{"too long it fails for SNS, and goes to the queue without it", "BatchRequestTooLong", http.StatusBadRequest, 1000, "failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var left atomic.Int32
			left.Store(c.times)
			fault := func(action string) (int, string) {
				if action == "PublishBatch" && left.Add(-1) >= 0 {
					return c.status, c.code
				}
				return 0, ""
			}
			k.cut.fault.Store(&fault)
			defer k.cut.fault.Store(nil)
			message, _ := k.send()
			k.awaitDelivery(message, k.queued, "delivered")
			d := k.awaitDelivery(message, k.viaSNS, c.viaSNS)
			if c.viaSNS == "failed" && d["cause"] != "publish_refused" {
				t.Errorf("%v", d)
			}
		})
	}
	t.Run("a topic that somebody deletes is made anew, for both formats", func(t *testing.T) {
		topic := "arn:aws:sns:us-east-1:000000000000:webplug-test-" + k.typ + "-0"
		if _, err := k.client.DeleteTopic(t.Context(), &awssns.DeleteTopicInput{TopicArn: &topic}); err != nil {
			t.Fatal(err)
		}
		message, _ := k.send()
		k.awaitDelivery(message, k.queued, "delivered")
		if d := k.awaitDelivery(message, k.viaSNS, "failed"); d["cause"] != "unconfirmed" { // it has to confirm again
			t.Errorf("%v", d)
		}
	})
}
