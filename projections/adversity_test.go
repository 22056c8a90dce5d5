package projections_test

import (
	"crypto/rand"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

func (w *world) retryByHand(msg, ep string) {
	w.t.Helper()
	m, err := eventlog.Load[domain.Message](w.t.Context(), w.log, domain.MessageStream(svc, msg))
	w.must(err)
	e, err := eventlog.Load[domain.Endpoint](w.t.Context(), w.log, domain.EndpointStream(svc, ep))
	w.must(err)
	w.do(eventlog.On(domain.DeliveryStream(svc, msg, ep), domain.RetryDelivery{Message: m.State, Endpoint: e.State}))
}

func (w *world) publishBig(n int) string {
	w.t.Helper()
	ctx, d := w.t.Context(), w.projector.Directory()
	id := domain.PrefixMessage + w.id()
	kind, err := d.EventType(ctx, svc, typ)
	w.must(err)
	routed, err := projections.RouteFirst(ctx, d, svc, typ, "", time.Now())
	w.must(err)
	_, err = eventlog.Execute(ctx, w.log, domain.MessageStream(svc, id), domain.PublishMessage{
		EventType: kind, Payload: []byte(`"` + strings.Repeat("x", n) + `"`), PayloadKey: domain.PayloadKey(svc, "", time.Now()),
		Routed: routed,
	}, eventlog.Cause{Actor: "admin", CorrelationID: "req_" + id})
	w.must(err)
	return id
}

func (w *world) poisoned(s eventlog.Stream) {
	w.t.Helper()
	sealer, err := eventlog.NewSealer(w.store, make([]byte, 32), rand.Reader)
	w.must(err)
	l := eventlog.New(w.store, eventlog.NewRegistry(append(known(), eventlog.Define[tomorrow]())...), sealer, time.Now, w.id)
	_, err = eventlog.Execute(w.t.Context(), l, s, add{tomorrow{}}, eventlog.Cause{Actor: "newer", CorrelationID: "req"})
	w.must(err)
	w.settle()
}

func TestRetryByHandWhileAnAttemptIsUnderWay(t *testing.T) {
	inWorld(t, func(w *world) {
		var n atomic.Int32
		ep := w.endpoint("flaky", func(a domain.Attempt) domain.Report {
			switch n.Add(1) {
			case 1:
				return fails(a)
			case 2:
				time.Sleep(10 * time.Second)
				return fails(a)
			}
			return accepts(a)
		})
		msg := w.publish()
		w.later(7 * time.Second) // the second attempt hangs
		w.wantStatus(msg, ep, domain.Retrying)
		w.retryByHand(msg, ep)
		w.later(24 * time.Hour)
		w.wantStatus(msg, ep, domain.Delivered)
	})
}

func TestCrashLeavesNoPhantom(t *testing.T) {
	inWorld(t, func(w *world) {
		w.endpoint("slow", func(a domain.Attempt) domain.Report { time.Sleep(20 * time.Second); return accepts(a) })
		ep := w.endpoint("down", fails)
		msg := w.publish()
		w.later(1200 * time.Millisecond) // a flush wrote its row; the slow one is held back
		m, err := eventlog.Load[domain.Message](t.Context(), w.log, domain.MessageStream(svc, msg))
		w.must(err)
		w.do(eventlog.On(domain.DeliveryStream(svc, msg, ep), domain.DiscardDelivery{Message: m.State, EndpointID: ep}))
		w.crash()
		w.settle()
		w.wantStatus(msg, ep, domain.Discarded)
		due, err := w.queries.Due(t.Context(), svc, ep, 10)
		w.must(err)
		if len(due) != 0 {
			t.Fatalf("a discarded delivery is due: %+v", due)
		}
	})
}

func TestPoisonBlocksNotItsLane(t *testing.T) {
	inWorld(t, func(w *world) {
		var n atomic.Int32
		ep := w.endpoint("flaky", func(a domain.Attempt) domain.Report {
			if n.Add(1) <= 2 {
				return fails(a)
			}
			return accepts(a)
		})
		bad := w.publish()
		w.settle()
		time.Sleep(10 * time.Millisecond)
		good := w.publish()
		w.later(time.Second)
		w.poisoned(domain.DeliveryStream(svc, bad, ep))
		w.later(time.Hour)
		w.wantStatus(good, ep, domain.Delivered)
	})
}

func TestStuckEndpointIsNotRemoved(t *testing.T) {
	inWorld(t, func(w *world) {
		ep := w.endpoint("down", fails)
		msg := w.publish()
		w.later(time.Second)
		w.poisoned(domain.EndpointStream(svc, ep))
		w.reopen(true)
		w.later(time.Minute)
		d := w.delivery(msg, ep)
		if d.Cause == domain.CauseEndpointRemoved {
			t.Fatalf("status %s, cause %s: nobody removed it (%s)", d.Status(), d.Cause, w.story(msg))
		}
	})
}

func TestWakesDoNotPileUp(t *testing.T) {
	inWorld(t, func(w *world) {
		var mu atomic.Value
		mu.Store("")
		seen := map[string]int{}
		var first string
		w.endpoint("flaky", func(a domain.Attempt) domain.Report {
			if first == "" {
				first = a.MessageID
			}
			seen[a.MessageID]++
			if a.MessageID == first || seen[a.MessageID] == 1 {
				return fails(a)
			}
			return accepts(a)
		})
		w.publish()
		w.later(8 * time.Hour) // the first waits hours now
		for range 500 {
			w.publish()
			w.later(7 * time.Second)
		}
		if n := w.lanes.Wakes(); n > 10 {
			t.Fatalf("%d wake-ups in memory for one lane with one delivery that waits", n)
		}
	})
}

func TestManySubscriptions(t *testing.T) {
	inWorld(t, func(w *world) {
		var types []string
		for range domain.MaxSubscriptions {
			types = append(types, domain.PrefixEventType+w.id())
		}
		id := domain.PrefixEndpoint + w.id()
		w.do(eventlog.On(domain.EndpointStream(svc, id), domain.AddEndpoint{
			UserID: usr, URL: "https://x.example/", Format: domain.StandardWebhooks, EventTypes: types,
			Secret: eventlog.Sealed{Key: domain.SecretsKey(svc), Plain: []byte("s")},
		}))
	})
}

// TestFullMemoryDelaysNoOther counts how long a healthy endpoint waits while dead ones fill the memory.
func TestFullMemoryDelaysNoOther(t *testing.T) {
	inWorld(t, func(w *world) {
		dead := func(domain.Attempt) domain.Report {
			time.Sleep(15 * time.Second)
			return domain.Report{Cause: domain.CauseTimeout, Duration: 15 * time.Second}
		}
		w.endpoint("dead1", dead)
		w.endpoint("dead2", dead)
		var came = map[string]time.Time{}
		w.endpoint("ok", func(a domain.Attempt) domain.Report { came[a.MessageID] = time.Now(); return accepts(a) })
		for range 400 {
			w.publishBig(230 << 10)
			w.settle()
		}
		sent := map[string]time.Time{}
		for range 300 {
			sent[w.publish()] = time.Now()
			w.later(time.Second)
		}
		worst, late, never := time.Duration(0), 0, 0
		for m, at := range sent {
			c, ok := came[m]
			if !ok {
				never++
				continue
			}
			d := c.Sub(at)
			worst = max(worst, d)
			if d > time.Second {
				late++
			}
		}
		if late+never > 0 {
			t.Fatalf("of 300 small messages to a healthy endpoint %d came later than 1 s (worst %s), %d have not come at all", late, worst, never)
		}
	})
}

// TestRecentCommitsAreBounded looks at what the feed keeps in memory.
func TestRecentCommitsAreBounded(t *testing.T) {
	inWorld(t, func(w *world) {
		w.endpoint("ok", accepts)
		for range 800 {
			w.publishBig(230 << 10)
			w.settle()
		}
		w.mu.Lock()
		w.attempts = nil
		w.mu.Unlock()
		w.later(time.Minute)
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if m.HeapAlloc > 100<<20 {
			t.Fatalf("%d MB live after 800 messages of 230 KB were delivered", m.HeapAlloc>>20)
		}
	})
}

func TestStuckVersionAfterRebuild(t *testing.T) {
	inWorld(t, func(w *world) {
		ep := w.endpoint("ok", accepts)
		w.poisoned(domain.EndpointStream(svc, ep))
		before := w.stuck()[0]
		w.reopen(true)
		if after := w.stuck()[0]; after.Version != before.Version || after.Tries != before.Tries {
			t.Fatalf("before the rebuild version %d (%d tries), after version %d (%d tries)", before.Version, before.Tries, after.Version, after.Tries)
		}
	})
}
