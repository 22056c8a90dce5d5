package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/infra/snslocal"
	"webplug/projections"
)

// crash goes on as a process does that was killed, and whose machine lost what was not synced, at the time of the clones.
func (w *snsWorld) crash(logDisk, snsDisk *vfs.MemFS) {
	w.t.Helper()
	w.end()
	w.logDisk, w.snsDisk, w.publish, w.status = logDisk, snsDisk, nil, nil
	w.begin()
}

func (w *snsWorld) clones() (logDisk, snsDisk *vfs.MemFS) {
	return w.logDisk.CrashClone(vfs.CrashCloneCfg{}), w.snsDisk.CrashClone(vfs.CrashCloneCfg{})
}

// legal demands that a message's history has one acceptance, ends well, and that nothing is left over.
func (c customer) legal(message string, endpoints ...string) {
	c.t.Helper()
	for _, endpoint := range endpoints {
		c.awaitDelivery(message, endpoint, "delivered")
	}
	if types := c.types(message); types[0] != "MessageAccepted" || slices.Contains(types[1:], "MessageAccepted") {
		c.t.Errorf("%v", types)
	}
	if err := c.topics.reports.Retry(c.t.Context()); err != nil {
		c.t.Error(err)
	}
	if n := c.call("GET", "/history?type=ReportUnmatched", nil, 200)["data"].([]any); len(n) > 0 {
		c.t.Errorf("%v", n)
	}
}

func TestSNSKilled(t *testing.T) {
	// killed at a moment of a publish: SNS, the log and the mappings are as they were then.
	killed := func(t *testing.T, before bool) {
		w := newSNSWorld(t, nil)
		c := w.customer()
		endpoint, _ := c.active(c.usr, hookURL)
		other, _ := c.active(c.usr, otherURL)
		var once sync.Once
		var logDisk, snsDisk *vfs.MemFS
		taken := make(chan struct{})
		w.publish = func(do func() ([]projections.Receipt, error)) ([]projections.Receipt, error) {
			if before {
				once.Do(func() { logDisk, snsDisk = w.clones(); close(taken) })
			}
			receipts, err := do()
			once.Do(func() { logDisk, snsDisk = w.clones(); close(taken) })
			return receipts, err
		}
		message, _ := c.send()
		<-taken
		c.awaitDelivery(message, endpoint, "delivered") // in the life that is forgotten
		w.crash(logDisk, snsDisk)
		c.legal(message, endpoint, other)
		for _, url := range []string{hookURL, otherURL} {
			for _, a := range c.endpoints.arrived(url, "Notification") {
				if !strings.Contains(a.Message, message) {
					t.Errorf("%s got %s", url, a.Message)
				}
			}
		}
		// SNS may deliver again what it had not noted as delivered; nothing is published again.
		published := func() int {
			return len(slices.DeleteFunc(c.types(message), func(of string) bool { return of != "MessagePublished" }))
		}
		w.end() // it may be published once more while the report comes; an end in good order waits for the record
		w.begin()
		n := published()
		w.crash(w.clones())
		c.legal(message, endpoint, other)
		if again := published(); again != n {
			t.Errorf("published %d times, then %d", n, again)
		}
	}
	t.Run("between the mapping and the publish it is published by the next process", func(t *testing.T) { killed(t, true) })
	t.Run("between the publish and its record it is published again, and reports of both fit", func(t *testing.T) { killed(t, false) })
	t.Run("between the outcome and its record it is reported again", func(t *testing.T) {
		w := newSNSWorld(t, nil)
		var once sync.Once
		var logDisk, snsDisk *vfs.MemFS
		taken := make(chan struct{})
		w.status = func(take func() error) error {
			once.Do(func() { logDisk, snsDisk = w.clones(); close(taken) })
			return take()
		}
		c := w.customer()
		endpoint, _ := c.active(c.usr, hookURL)
		message, _ := c.send()
		<-taken
		w.crash(logDisk, snsDisk)
		c.legal(message, endpoint)
	})
	t.Run("with a handshake under way it goes on", func(t *testing.T) {
		w := newSNSWorld(t, nil)
		c := w.customer()
		_, sub := c.subscribe(c.usr, hookURL)
		link := c.handshake(hookURL, 1).SubscribeURL
		c.awaitSubscription(sub, "pending_confirmation")
		w.crash(w.clones())
		if status := c.visit(link); status != http.StatusOK {
			t.Fatal(status)
		}
		c.awaitSubscription(sub, "active")
	})
}

func TestSNSReportsComeTwiceAndInAnyOrder(t *testing.T) {
	var mu sync.Mutex
	var held []func() error
	w := newSNSWorld(t, func(w *snsWorld) {
		w.every = true
		w.status = func(take func() error) error {
			mu.Lock()
			defer mu.Unlock()
			held = append(held, take, take)
			return nil
		}
	})
	c := w.customer()
	endpoint, _ := c.active(c.usr, hookURL)
	c.endpoints.answer(hookURL, 503, 429, 200)
	message, _ := c.send()
	c.eventually("three records, twice", func() bool { mu.Lock(); defer mu.Unlock(); return len(held) == 6 })
	slices.Reverse(held) // the success first
	for _, take := range held {
		if err := take(); err != nil {
			t.Fatal(err)
		}
	}
	d := c.awaitDelivery(message, endpoint, "delivered")
	if types := c.types(message); d["attempts"].(float64) < 3 || len(types) != 5 || d["cause"] != nil {
		t.Fatalf("%v: %v", types, d)
	}
}

func TestSNSTransportRefuses(t *testing.T) {
	t.Run("a publish that is throttled is made again", func(t *testing.T) {
		n := 0
		w := newSNSWorld(t, func(w *snsWorld) {
			w.publish = func(do func() ([]projections.Receipt, error)) ([]projections.Receipt, error) {
				if n++; n < 3 {
					return nil, &projections.TransportError{Reason: "throttled", Err: fmt.Errorf("rate exceeded")}
				}
				return do()
			}
		})
		c := w.customer()
		endpoint, _ := c.active(c.usr, hookURL)
		message, _ := c.send()
		c.legal(message, endpoint)
	})
	t.Run("a publish that SNS refuses for good ends the delivery", func(t *testing.T) {
		w := newSNSWorld(t, func(w *snsWorld) {
			w.publish = func(func() ([]projections.Receipt, error)) ([]projections.Receipt, error) {
				return []projections.Receipt{{Err: &projections.TransportError{Final: true, Reason: "endpoint_refused", Err: fmt.Errorf("invalid")}}}, nil
			}
		})
		c := w.customer()
		endpoint, _ := c.active(c.usr, hookURL)
		message, _ := c.send()
		if d := c.awaitDelivery(message, endpoint, "failed"); d["cause"] != "publish_refused" {
			t.Fatalf("%v", d)
		}
	})
	// retried waits until a refusal is overcome after room was made: reconcile asks again after five minutes.
	retried := func(c customer, sub string, room snslocal.Limits) {
		c.local.SetLimits(room)
		c.clock.pass(6 * time.Minute)
		c.eventually("it is asked for again", func() bool {
			if err := c.sns.Tick(t.Context(), true); err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Millisecond)
			return c.subscription(sub)["status"] == "pending_confirmation"
		})
	}
	t.Run("where a topic is full a further one is made", func(t *testing.T) {
		c := newSNSWorld(t, func(w *snsWorld) { w.limits.PoliciesPerTopic = 1 }).customer()
		first, _ := c.active(c.usr, hookURL)
		second, _ := c.active(c.usr, otherURL)
		message, answer := c.send()
		if answer["deliveries"] != 2.0 {
			t.Fatalf("%v", answer)
		}
		c.legal(message, first, second)
		if all := c.subscriptionsAtSNS(); !slices.Contains(all, hookURL+" 0") || !slices.Contains(all, otherURL+" 1") {
			t.Fatalf("%v", all)
		}
	})
	for name, c := range map[string]struct {
		limits snslocal.Limits
		reason string
	}{
		"where the account's policies are used up":  {snslocal.Limits{PoliciesPerAccount: 1}, "policy_limit"},
		"where too many confirmations are pending":  {snslocal.Limits{Pending: 1}, "pending_limit"},
		"where no further topic may be made":        {snslocal.Limits{PoliciesPerTopic: 1, Topics: 1}, "topic_limit"},
		"where subscribing is throttled for a time": {snslocal.Limits{SubscribesPerSecond: -1}, "throttled"},
	} {
		t.Run(name+" it fails clearly, and is tried again", func(t *testing.T) {
			cu := newSNSWorld(t, func(w *snsWorld) { w.limits = c.limits }).customer()
			if c.reason != "throttled" {
				_, first := cu.subscribe(cu.usr, hookURL)
				cu.awaitSubscription(first, "pending_confirmation")
			}
			_, sub := cu.subscribe(cu.usr, otherURL)
			s := cu.awaitSubscription(sub, "failed")
			if s["reason"] != c.reason {
				t.Fatalf("%v", s)
			}
			_, answer := cu.send()
			found := false
			for _, skip := range answer["skipped"].([]any) {
				found = found || skip.(map[string]any)["reason"] == "failed"
			}
			if !found {
				t.Fatalf("%v", answer)
			}
			retried(cu, sub, snslocal.Limits{})
		})
	}
	t.Run("where our own bound of a topic's slots is reached a further one is made, up to the bound of topics", func(t *testing.T) {
		c := newSNSWorld(t, func(w *snsWorld) { w.slots, w.shards = 1, 2 }).customer()
		first, _ := c.active(c.usr, hookURL)
		second, _ := c.active(c.usr, otherURL)
		if all := c.subscriptionsAtSNS(); !slices.Contains(all, hookURL+" 0") || !slices.Contains(all, otherURL+" 1") {
			t.Fatalf("%v", all)
		}
		const third = "https://third.example/hook"
		_, sub := c.subscribe(c.usr, third)
		if s := c.awaitSubscription(sub, "failed"); s["reason"] != "policy_limit" {
			t.Fatalf("%v", s)
		}
		message, answer := c.send()
		if answer["deliveries"] != 2.0 || len(answer["skipped"].([]any)) != 1 {
			t.Fatalf("%v", answer)
		}
		c.legal(message, first, second)
	})
	t.Run("where every topic up to the bound is full at SNS it fails clearly, and is tried again", func(t *testing.T) {
		c := newSNSWorld(t, func(w *snsWorld) { w.limits.PoliciesPerTopic, w.shards = 1, 2 }).customer()
		c.active(c.usr, hookURL)
		c.active(c.usr, otherURL)
		_, sub := c.subscribe(c.usr, "https://third.example/hook")
		if s := c.awaitSubscription(sub, "failed"); s["reason"] != "policy_limit" {
			t.Fatalf("%v", s)
		}
		retried(c, sub, snslocal.Limits{})
	})
	t.Run("where confirmations are pending one that is made leaves room for the next", func(t *testing.T) {
		c := newSNSWorld(t, func(w *snsWorld) { w.limits.Pending = 1 }).customer()
		_, first := c.subscribe(c.usr, hookURL)
		c.awaitSubscription(first, "pending_confirmation")
		_, second := c.subscribe(c.usr, otherURL)
		c.awaitSubscription(second, "failed")
		c.call("POST", "/services/"+c.svc+"/subscriptions/"+first+"/confirm", map[string]any{"token": c.handshake(hookURL, 1).Token}, 200)
		retried(c, second, snslocal.Limits{Pending: 1})
	})
	t.Run("where subscribing is throttled all have their turn", func(t *testing.T) {
		c := newSNSWorld(t, func(w *snsWorld) { w.limits.SubscribesPerSecond = 2 }).customer()
		const n = 8
		subs := make([]string, n)
		for i := range subs {
			_, subs[i] = c.subscribe(c.usr, fmt.Sprintf("https://%d.example/hook", i))
		}
		c.eventually("each has got its handshake", func() bool {
			c.clock.pass(time.Second)
			if err := c.sns.Tick(t.Context(), true); err != nil {
				t.Fatal(err)
			}
			for _, sub := range subs {
				if c.subscription(sub)["status"] != "pending_confirmation" {
					return false
				}
			}
			return true
		})
	})
	t.Run("where confirming finds the account's policies used up it fails clearly, and can be confirmed later", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		c.active(c.usr, hookURL)
		_, sub := c.subscribe(c.usr, otherURL)
		token := c.handshake(otherURL, 1).Token
		c.awaitSubscription(sub, "pending_confirmation")
		c.local.SetLimits(snslocal.Limits{PoliciesPerAccount: 1})
		confirm := func(want int) {
			c.call("POST", "/services/"+c.svc+"/subscriptions/"+sub+"/confirm", map[string]any{"token": token}, want)
		}
		confirm(409)
		if s := c.awaitSubscription(sub, "failed"); s["reason"] != "policy_limit" {
			t.Fatalf("%v", s)
		}
		c.local.SetLimits(snslocal.Limits{})
		confirm(200)
		c.awaitSubscription(sub, "active")
	})
}
