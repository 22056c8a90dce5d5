package projections_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"webplug/domain"
)

// hangs keeps a request for as long as an attempt may take, and counts how many it keeps.
func hangs(now, most *atomic.Int64) func(domain.Attempt) domain.Report {
	return func(domain.Attempt) domain.Report {
		n := now.Add(1)
		defer now.Add(-1)
		for seen := most.Load(); n > seen && !most.CompareAndSwap(seen, n); seen = most.Load() {
		}
		time.Sleep(15 * time.Second)
		return domain.Report{Cause: domain.CauseTimeout}
	}
}

// TestHangingEndpointsLeaveTurnsToOthers has far more requests that hang than may be under way.
func TestHangingEndpointsLeaveTurnsToOthers(t *testing.T) {
	inWorld(t, func(w *world) {
		const atOnce = 64
		w.lanes.AtOnce(atOnce)
		came := map[string]time.Time{}
		healthy := func(a domain.Attempt) domain.Report { came[a.MessageID] = time.Now(); return accepts(a) }
		known := w.endpoint("known", healthy)
		w.publish()
		w.later(time.Second)
		var now, most atomic.Int64
		for i := range 120 {
			w.endpoint(fmt.Sprintf("hangs%d", i), hangs(&now, &most))
		}
		for range 20 {
			msg := w.publish()
			at := time.Now()
			w.later(time.Second)
			w.wantStatus(msg, known, domain.Delivered)
			if late := came[msg].Sub(at); late > 100*time.Millisecond {
				t.Fatalf("a healthy endpoint got its message %s late", late)
			}
		}
		if n := most.Load(); n > atOnce*3/4 || n < atOnce/2 {
			t.Fatalf("%d requests hung at once, of %d that may be under way", n, atOnce)
		}
		// By now those that hang are known, and a new endpoint need not wait for them.
		w.later(5 * time.Minute)
		fresh := w.endpoint("fresh", accepts)
		msg := w.publish()
		w.later(time.Second)
		w.wantStatus(msg, fresh, domain.Delivered)
		if _, _, waiting := w.lanes.UnderWay(); waiting < 60 {
			t.Fatalf("%d endpoints wait for their turn", waiting)
		}
	})
}

// TestEveryEndpointHasItsTurn has more endpoints than requests that may be under way.
func TestEveryEndpointHasItsTurn(t *testing.T) {
	inWorld(t, func(w *world) {
		w.lanes.AtOnce(8)
		var all []string
		for i := range 50 {
			all = append(all, w.endpoint(fmt.Sprintf("e%d", i), func(a domain.Attempt) domain.Report {
				if i%2 == 0 {
					time.Sleep(5 * time.Second)
				}
				return accepts(a)
			}))
		}
		var messages []string
		for range 10 {
			messages = append(messages, w.publish())
		}
		w.later(10 * time.Minute)
		for _, msg := range messages {
			for _, ep := range all {
				w.wantStatus(msg, ep, domain.Delivered)
			}
		}
		if now, _, waiting := w.lanes.UnderWay(); now != 0 || waiting != 0 {
			t.Fatalf("%d turns are taken and %d endpoints wait, after all is done", now, waiting)
		}
		if n := len(w.made()); n != len(all)*len(messages) {
			t.Fatalf("%d attempts for %d deliveries", n, len(all)*len(messages))
		}
	})
}

// TestShortageOfThisMachineIsNoOutcome has no file descriptor left for a while.
func TestShortageOfThisMachineIsNoOutcome(t *testing.T) {
	inWorld(t, func(w *world) {
		short := errors.New("socket: too many open files")
		until := time.Now().Add(20 * time.Second)
		ep := w.endpoint("ok", func(a domain.Attempt) domain.Report {
			if time.Now().Before(until) {
				return domain.Report{Cause: domain.CauseConnectFailed, Hindered: short}
			}
			return accepts(a)
		})
		var all []string
		for range 40 {
			all = append(all, w.publish())
		}
		w.later(10 * time.Second)
		if err := w.lanes.Health(); !errors.Is(err, short) {
			t.Fatalf("health says %v", err)
		}
		if w.lanes.Postponed() == 0 {
			t.Fatal("nothing was postponed")
		}
		w.later(12 * time.Second)
		for _, msg := range all {
			w.wantStatus(msg, ep, domain.Delivered)
			if got, want := w.story(msg), "MessageAccepted DeliverySucceeded "; got != want {
				t.Fatalf("the story is %s, want %s", got, want)
			}
		}
		w.later(time.Minute)
		if err := w.lanes.Health(); err != nil {
			t.Fatalf("health says %v after it is over", err)
		}
	})
}
