package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"webplug/domain"
	"webplug/infra/dynamo"
	"webplug/infra/moto"
	"webplug/projections"
)

// cut is the end of a process, as the world sees it: from then on nothing that it says is heard.
type cut struct{ dead atomic.Bool }

var errKilled = errors.New("the process is killed")

// over puts it between a process and a part of the world.
func (c *cut) over(next http.RoundTripper) *http.Client {
	return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if c.dead.Load() {
			return nil, errKilled
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
