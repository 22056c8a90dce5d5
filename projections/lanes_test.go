package projections_test

import (
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

func TestDelivery(t *testing.T) {
	inWorld(t, func(w *world) {
		ep := w.endpoint("ok", accepts)
		msg := w.publish()
		w.later(time.Second)
		w.wantStatus(msg, ep, domain.Delivered)
		if got, want := w.story(msg), "MessageAccepted DeliverySucceeded "; got != want {
			t.Fatalf("the story is %s, want %s", got, want)
		}
		a := w.made()[0]
		if a.MessageID != msg || string(a.Secrets[0]) != "secret of ok" || len(a.Secrets) != 1 {
			t.Fatalf("attempt %+v", a)
		}
	})
}

func TestRetrySchedule(t *testing.T) {
	inWorld(t, func(w *world) {
		ep := w.endpoint("down", fails)
		start := time.Now()
		msg := w.publish()
		w.later(30 * time.Hour)
		w.wantStatus(msg, ep, domain.Failed)
		var at time.Duration
		for i, a := range w.made() {
			at += domain.DefaultSchedule[i]
			if got := a.At.Sub(start); got < at || got > at+time.Minute {
				t.Errorf("attempt %d at %s, want %s", i+1, got, at)
			}
		}
		if n := len(w.made()); n != len(domain.DefaultSchedule) {
			t.Fatalf("%d attempts, want %d", n, len(domain.DefaultSchedule))
		}
	})
}

func TestRetryScheduleWithRestarts(t *testing.T) {
	inWorld(t, func(w *world) {
		ep := w.endpoint("down", fails)
		start := time.Now()
		msg := w.publish()
		var at time.Duration
		for i, delay := range domain.DefaultSchedule {
			at += delay
			w.later(delay + 100*time.Millisecond)
			if n := len(w.made()); n != i+1 {
				t.Fatalf("%d attempts by %s, want %d", n, at, i+1)
			}
			if got := w.made()[i].At.Sub(start); got < at {
				t.Fatalf("attempt %d at %s, before %s", i+1, got, at)
			}
			w.crash()
		}
		w.later(24 * time.Hour)
		w.wantStatus(msg, ep, domain.Failed)
		if n := len(w.made()); n != len(domain.DefaultSchedule) {
			t.Fatalf("%d attempts, want %d", n, len(domain.DefaultSchedule))
		}
	})
}

func TestGonePauses(t *testing.T) {
	inWorld(t, func(w *world) {
		ep := w.endpoint("gone", gone)
		msg := w.publish()
		w.later(time.Second)
		w.wantStatus(msg, ep, domain.Failed)
		e, _ := w.projector.Directory().Endpoint(t.Context(), svc, ep)
		if e.Status != domain.EndpointStatusPaused || e.PauseReason != domain.PausedGone {
			t.Fatalf("the endpoint is %s (%s)", e.Status, e.PauseReason)
		}
		next := w.publish()
		trail, err := projections.LoadTrail(t.Context(), w.log, svc, next)
		w.must(err)
		skip, ok := trail.Message().SkippedFor(ep)
		if !ok || skip.Reason != domain.SkippedGone || skip.By != projections.DispatchActor {
			t.Fatalf("skipped: %+v, %v", skip, ok)
		}
	})
}

func TestPausedWhileRetrying(t *testing.T) {
	inWorld(t, func(w *world) {
		ep := w.endpoint("down", fails)
		msg := w.publish()
		w.later(time.Second)
		w.wantStatus(msg, ep, domain.Retrying)
		w.do(eventlog.On(domain.EndpointStream(svc, ep), domain.PauseEndpoint{Reason: domain.PausedManually}))
		w.later(10 * time.Second)
		w.wantStatus(msg, ep, domain.Failed)
		if d := w.delivery(msg, ep); d.Cause != domain.CauseEndpointPaused || d.Attempts != 1 {
			t.Fatalf("cause %s after %d attempts", d.Cause, d.Attempts)
		}
	})
}

func TestRetryByHand(t *testing.T) {
	inWorld(t, func(w *world) {
		up := false
		ep := w.endpoint("down", func(a domain.Attempt) domain.Report {
			if up {
				return accepts(a)
			}
			return fails(a)
		})
		msg := w.publish()
		w.later(48 * time.Hour)
		w.wantStatus(msg, ep, domain.Failed)
		page, err := w.queries.DeadLetters(t.Context(), svc, projections.DeliveryFilter{}, projections.PageRequest{Limit: 10})
		if err != nil || len(page.Data) != 1 {
			t.Fatalf("dead letters: %+v, %v", page, err)
		}
		up = true
		m, err := eventlog.Load[domain.Message](t.Context(), w.log, domain.MessageStream(svc, msg))
		w.must(err)
		e, err := eventlog.Load[domain.Endpoint](t.Context(), w.log, domain.EndpointStream(svc, ep))
		w.must(err)
		w.do(eventlog.On(domain.DeliveryStream(svc, msg, ep), domain.RetryDelivery{Message: m.State, Endpoint: e.State}))
		w.later(time.Second)
		w.wantStatus(msg, ep, domain.Delivered)
		if page, err = w.queries.DeadLetters(t.Context(), svc, projections.DeliveryFilter{}, projections.PageRequest{Limit: 10}); err != nil || len(page.Data) != 0 {
			t.Fatalf("dead letters after the retry: %+v, %v", page, err)
		}
	})
}

// TestRetryWhileAnAttemptIsMade asks for a retry while the attempt of the plan before it is under way.
func TestRetryWhileAnAttemptIsMade(t *testing.T) {
	inWorld(t, func(w *world) {
		n := 0
		ep := w.endpoint("slow", func(a domain.Attempt) domain.Report {
			if n++; n > 2 {
				return accepts(a)
			}
			time.Sleep(time.Duration(n-1) * 10 * time.Second) // the second one takes long
			return fails(a)
		})
		msg := w.publish()
		w.later(8 * time.Second)
		w.wantStatus(msg, ep, domain.Retrying)
		m, err := eventlog.Load[domain.Message](t.Context(), w.log, domain.MessageStream(svc, msg))
		w.must(err)
		e, err := eventlog.Load[domain.Endpoint](t.Context(), w.log, domain.EndpointStream(svc, ep))
		w.must(err)
		w.do(eventlog.On(domain.DeliveryStream(svc, msg, ep), domain.RetryDelivery{Message: m.State, Endpoint: e.State}))
		w.later(8 * time.Second) // the second attempt has failed after 15 s
		w.wantStatus(msg, ep, domain.Delivered)
		if got, want := w.story(msg), "MessageAccepted AttemptFailed RetryRequested AttemptFailed DeliverySucceeded "; got != want {
			t.Fatalf("the story is %s, want %s", got, want)
		}
	})
}

func TestSlowEndpointDelaysNoOther(t *testing.T) {
	inWorld(t, func(w *world) {
		w.endpoint("slow", func(domain.Attempt) domain.Report {
			time.Sleep(15 * time.Second)
			return domain.Report{Cause: domain.CauseTimeout, Duration: 15 * time.Second}
		})
		ok := w.endpoint("ok", accepts)
		var last string
		for range 2000 {
			last = w.publish()
		}
		w.later(time.Second)
		w.wantStatus(last, ok, domain.Delivered)
	})
}

// TestBacklogOutgrowsMemory fills an endpoint's queue many times over: the rest waits in rows, and none is sent twice.
func TestBacklogOutgrowsMemory(t *testing.T) {
	inWorld(t, func(w *world) {
		ep := w.endpoint("slow", func(a domain.Attempt) domain.Report {
			time.Sleep(100 * time.Millisecond)
			return accepts(a)
		})
		var all []string
		for range 3000 {
			all = append(all, w.publish())
		}
		w.later(time.Minute)
		for _, msg := range all {
			w.wantStatus(msg, ep, domain.Delivered)
		}
		if n := len(w.made()); n != len(all) {
			t.Fatalf("%d attempts for %d messages", n, len(all))
		}
	})
}

func TestCrashLosesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		ep := w.endpoint("ok", accepts)
		var all []string
		for i := range 200 {
			all = append(all, w.publish())
			if i%40 == 39 {
				w.crash()
			}
		}
		w.later(time.Minute)
		for _, msg := range all {
			w.wantStatus(msg, ep, domain.Delivered)
		}
	})
}

func TestRebuildGivesTheSame(t *testing.T) {
	inWorld(t, func(w *world) {
		w.endpoint("ok", accepts)
		w.endpoint("down", fails)
		w.endpoint("gone", gone)
		for range 50 {
			w.publish()
			w.later(time.Minute)
		}
		before := w.everyList()
		w.reopen(true)
		w.settle()
		if after := w.everyList(); after != before {
			t.Fatalf("before\n%s\nafter\n%s", before, after)
		}
	})
}
