package domain_test

import (
	"strings"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/domain/eventlog/spec"
)

const answerKey = "svc_given/usr_1/2026-01"

// report is what came of an attempt: a status code, or a cause where there was no answer.
func report(attempt string, code int, cause domain.Cause) domain.Report {
	r := domain.Report{AttemptID: attempt, URL: "https://example.com/hooks", StatusCode: code, Cause: cause, Duration: 250 * time.Millisecond, At: given(1)}
	if cause == "" && (code < 200 || code > 299) {
		r.Cause = domain.CauseOfStatus(code)
	}
	return r
}

// outcome is the command that records a report of a plan's attempt.
func outcome(plan eventlog.Version, r domain.Report) domain.RecordOutcome {
	return domain.RecordOutcome{Report: r, Plan: plan, EndpointVersion: 3, Schedule: domain.DefaultSchedule, AnswerKey: answerKey}
}

// attempt is what an outcome event keeps of it.
func attempt(n int, plan eventlog.Version, r domain.Report) domain.AttemptRecord {
	return domain.AttemptRecord{
		AttemptID: r.AttemptID, Attempt: n, Plan: plan, EndpointVersion: 3, URL: r.URL, StatusCode: r.StatusCode, Cause: r.Cause,
		DurationMS: 250, At: r.At,
	}
}

// failed is an attempt that failed with 503, the nth of a delivery, planning the next.
func failed(n int, plan eventlog.Version, id string) domain.AttemptFailed {
	r := report(id, 503, "")
	return domain.AttemptFailed{AttemptRecord: attempt(n, plan, r), Next: r.At.Add(r.Duration + domain.DefaultSchedule[n])}
}

var (
	succeeded = domain.DeliverySucceeded{AttemptRecord: attempt(1, 0, report("a1", 204, ""))}
	ended     = domain.DeliveryFailed{AttemptRecord: attempt(1, 0, report("a1", 410, ""))}
	retried   = domain.RetryRequested{Reason: "fixed"}
	discarded = domain.DeliveryDiscarded{Reason: "wrong"}
)

func delivery(t *testing.T, past ...eventlog.Event) spec.Scenario[domain.Delivery] {
	t.Helper()
	return spec.Given[domain.Delivery](t, past...)
}

func TestRecordOutcome(t *testing.T) {
	t.Run("a success ends the delivery", func(t *testing.T) {
		delivery(t).When(outcome(0, report("a1", 204, ""))).Then(succeeded)
	})
	t.Run("a failure plans the next attempt", func(t *testing.T) {
		delivery(t).When(outcome(0, report("a1", 503, ""))).Then(failed(1, 0, "a1"))
	})
	t.Run("the next attempt is planned from the end of the one before", func(t *testing.T) {
		r := report("a1", 0, domain.CauseTimeout)
		r.Duration = 15 * time.Second
		want := domain.AttemptFailed{AttemptRecord: attempt(1, 0, r), Next: given(1).Add(20 * time.Second)}
		want.DurationMS = 15000
		delivery(t).When(outcome(0, r)).Then(want)
	})
	t.Run("the next attempt is at a microsecond, and not before it is planned", func(t *testing.T) {
		r := report("a1", 503, "")
		r.Duration = 1500 * time.Nanosecond
		want := domain.AttemptFailed{AttemptRecord: attempt(1, 0, r), Next: given(1).Add(5*time.Second + 2*time.Microsecond)}
		want.DurationMS = 0.001
		delivery(t).When(outcome(0, r)).Then(want)
	})
	t.Run("the time of an attempt is stored as it will be read back", func(t *testing.T) {
		r := report("a1", 204, "")
		r.At = given(1).Add(999).In(time.FixedZone("Tokyo", 9*3600))
		delivery(t).When(outcome(0, r)).Then(succeeded)
	})
	t.Run("Retry-After is kept and honoured", func(t *testing.T) {
		r := report("a1", 429, "")
		r.RetryAfter = 8 * time.Second
		want := domain.AttemptFailed{AttemptRecord: attempt(1, 0, r), Next: given(1).Add(8*time.Second + 250*time.Millisecond)}
		want.RetryAfterS = 8
		delivery(t).When(outcome(0, r)).Then(want)
	})
	t.Run("jitter comes on top", func(t *testing.T) {
		c := outcome(0, report("a1", 503, ""))
		c.Jitter = 0.5
		want := failed(1, 0, "a1")
		want.Next = want.Next.Add(250 * time.Millisecond)
		delivery(t).When(c).Then(want)
	})
	t.Run("the answer is sealed", func(t *testing.T) {
		r := report("a1", 200, "")
		r.Answer = []byte("thanks")
		want := domain.DeliverySucceeded{AttemptRecord: attempt(1, 0, r)}
		want.Answer = eventlog.Sealed{Key: answerKey, Plain: []byte("thanks")}
		delivery(t).When(outcome(0, r)).Then(want)
	})
	t.Run("the last failure ends the delivery", func(t *testing.T) {
		var past []eventlog.Event
		for n := 1; n < len(domain.DefaultSchedule); n++ {
			past = append(past, failed(n, eventlog.Version(n-1), "a"+string(rune('0'+n))))
		}
		want := domain.DeliveryFailed{AttemptRecord: attempt(8, 7, report("a8", 503, ""))}
		delivery(t, past...).When(outcome(7, report("a8", 503, ""))).Then(want)
	})
	t.Run("without a schedule the first failure ends the delivery", func(t *testing.T) {
		c := outcome(0, report("a1", 410, ""))
		c.Schedule = nil
		delivery(t).When(c).Then(ended)
	})
	t.Run("410 ends the delivery", func(t *testing.T) {
		c := outcome(0, report("a1", 410, ""))
		delivery(t).When(c).Then(ended)
		if !c.Gone() || outcome(0, report("a1", 503, "")).Gone() {
			t.Error("gone is 410 alone")
		}
	})
	t.Run("a report that comes twice is recorded once", func(t *testing.T) {
		for _, past := range []eventlog.Event{succeeded, ended, failed(1, 0, "a1")} {
			for _, code := range []int{204, 410, 503} {
				delivery(t, past).When(outcome(0, report("a1", code, ""))).ThenNothing()
				delivery(t, past, retried).When(outcome(0, report("a1", code, ""))).ThenNothing()
			}
		}
	})
	t.Run("a failure of an older plan is recorded and plans nothing", func(t *testing.T) {
		want := domain.AttemptFailed{AttemptRecord: attempt(2, 0, report("a2", 503, ""))}
		delivery(t, failed(1, 0, "a1")).When(outcome(0, report("a2", 503, ""))).Then(want)
		delivery(t, failed(1, 0, "a1"), retried).When(outcome(0, report("a2", 410, ""))).
			Then(domain.AttemptFailed{AttemptRecord: attempt(2, 0, report("a2", 410, ""))})
	})
	t.Run("a success of an older plan ends the delivery", func(t *testing.T) {
		want := domain.DeliverySucceeded{AttemptRecord: attempt(2, 0, report("a2", 200, ""))}
		delivery(t, failed(1, 0, "a1")).When(outcome(0, report("a2", 200, ""))).Then(want)
	})
	t.Run("after the end a failure is recorded and changes nothing", func(t *testing.T) {
		for _, past := range []eventlog.Event{succeeded, ended} {
			want := domain.AttemptFailed{AttemptRecord: attempt(2, 0, report("a2", 503, ""))}
			delivery(t, past).When(outcome(0, report("a2", 503, ""))).Then(want)
			after := delivery(t, past, want).State()
			before := delivery(t, past).State()
			if after.Status() != before.Status() || after.Attempts != 2 || after.Cause != before.Cause || !after.EndedAt.Equal(before.EndedAt) {
				t.Errorf("after %T: %+v", past, after)
			}
		}
	})
	t.Run("after failure or discard a success still counts", func(t *testing.T) {
		for _, past := range []eventlog.Event{ended, discarded} {
			r := report("a2", 200, "")
			n := 1 + delivery(t, past).State().Attempts
			delivery(t, past).When(outcome(0, r)).Then(domain.DeliverySucceeded{AttemptRecord: attempt(n, 0, r)})
		}
	})
}

func TestEndDelivery(t *testing.T) {
	end := func(plan eventlog.Version) domain.EndDelivery {
		return domain.EndDelivery{Plan: plan, Cause: domain.CauseEndpointPaused, EndpointVersion: 3}
	}
	without := func(plan eventlog.Version) domain.DeliveryFailed {
		return domain.DeliveryFailed{AttemptRecord: domain.AttemptRecord{Plan: plan, Cause: domain.CauseEndpointPaused, EndpointVersion: 3}}
	}
	t.Run("ends a pending one without a request", func(t *testing.T) { delivery(t).When(end(0)).Then(without(0)) })
	t.Run("ends a retrying one without a request", func(t *testing.T) {
		delivery(t, failed(1, 0, "a1")).When(end(1)).Then(without(1))
		d := delivery(t, failed(1, 0, "a1"), without(1)).State()
		if d.Status() != domain.Failed || d.Attempts != 1 || d.StatusCode != 503 || d.Cause != domain.CauseEndpointPaused {
			t.Fatalf("%+v", d)
		}
	})
	t.Run("leaves a newer plan as it is", func(t *testing.T) {
		delivery(t, failed(1, 0, "a1")).When(end(0)).ThenNothing()
		delivery(t, ended, retried).When(end(0)).ThenNothing()
	})
	t.Run("leaves what has ended as it is", func(t *testing.T) {
		for _, past := range []eventlog.Event{succeeded, ended, discarded} {
			delivery(t, past).When(end(0)).ThenNothing()
		}
	})
}

func TestRetryDelivery(t *testing.T) {
	message, target := fold[domain.Message](t, accepted), domain.Endpoint{ID: "ep_1", Status: domain.EndpointActive, Version: 1}
	retry := domain.RetryDelivery{Message: message, Endpoint: target, Reason: "fixed"}
	for name, past := range map[string]eventlog.Event{
		"a retrying one": failed(1, 0, "a1"), "a failed one": ended, "a discarded one": discarded, "a delivered one": succeeded,
	} {
		t.Run("of "+name+" is a new plan", func(t *testing.T) { delivery(t, past).When(retry).Then(retried) })
	}
	t.Run("needs no reason", func(t *testing.T) {
		delivery(t, ended).When(domain.RetryDelivery{Message: message, Endpoint: target}).Then(domain.RetryRequested{})
	})
	t.Run("of a pending one adds nothing", func(t *testing.T) {
		delivery(t).When(retry).ThenNothing()
		delivery(t, ended, retried).When(retry).ThenNothing()
	})
	refused := func(name string, change func(*domain.RetryDelivery), want error) {
		t.Run(name+" is refused", func(t *testing.T) {
			c := retry
			change(&c)
			delivery(t, ended).When(c).ThenRefused(want)
		})
	}
	refused("of an unknown message", func(c *domain.RetryDelivery) { c.Message = domain.Message{} }, notFound)
	refused("to an endpoint that is no target", func(c *domain.RetryDelivery) { c.Endpoint.ID = "ep_4" }, notFound)
	refused("to no endpoint", func(c *domain.RetryDelivery) { c.Endpoint = domain.Endpoint{} }, notFound)
	refused("to a skipped endpoint", func(c *domain.RetryDelivery) { c.Endpoint.ID = "ep_3" }, conflict(""))
	refused("to a paused endpoint", func(c *domain.RetryDelivery) { c.Endpoint.Status = domain.EndpointStatusPaused }, conflict(""))
	refused("to a removed endpoint", func(c *domain.RetryDelivery) { c.Endpoint.Status = domain.EndpointStatusGone }, conflict(""))
	refused("by SNS where the topic is gone", func(c *domain.RetryDelivery) { c.Endpoint.Format, c.TopicGone = domain.SNS, true }, conflict(""))
	refused("with a reason too long", func(c *domain.RetryDelivery) { c.Reason = strings.Repeat("ü", domain.MaxReason+1) }, invalid("reason"))
	refused("with control characters in its reason", func(c *domain.RetryDelivery) { c.Reason = "a\nb" }, invalid("reason"))
	t.Run("begins the whole schedule anew, attempt numbers going on", func(t *testing.T) {
		past := []eventlog.Event{ended, retried}
		for n := 1; n < len(domain.DefaultSchedule); n++ {
			r := report("b"+string(rune('0'+n)), 503, "")
			plan := eventlog.Version(len(past))
			want := domain.AttemptFailed{AttemptRecord: attempt(n+1, plan, r), Next: r.At.Add(r.Duration + domain.DefaultSchedule[n])}
			delivery(t, past...).When(outcome(plan, r)).Then(want)
			past = append(past, want)
		}
		r := report("b8", 503, "")
		delivery(t, past...).When(outcome(eventlog.Version(len(past)), r)).
			Then(domain.DeliveryFailed{AttemptRecord: attempt(9, eventlog.Version(len(past)), r)})
	})
}

func TestDiscardDelivery(t *testing.T) {
	discard := domain.DiscardDelivery{Message: fold[domain.Message](t, accepted), EndpointID: "ep_1", Reason: "wrong"}
	for name, past := range map[string][]eventlog.Event{"a pending one": nil, "a retrying one": {failed(1, 0, "a1")}, "a failed one": {ended}} {
		t.Run("ends "+name, func(t *testing.T) { delivery(t, past...).When(discard).Then(discarded) })
	}
	t.Run("repeated adds nothing", func(t *testing.T) { delivery(t, discarded).When(discard).ThenNothing() })
	t.Run("of a delivered one is refused", func(t *testing.T) { delivery(t, succeeded).When(discard).ThenRefused(conflict("")) })
	refused := func(name string, change func(*domain.DiscardDelivery), want error) {
		t.Run(name+" is refused", func(t *testing.T) {
			c := discard
			change(&c)
			delivery(t, ended).When(c).ThenRefused(want)
		})
	}
	refused("of an unknown message", func(c *domain.DiscardDelivery) { c.Message = domain.Message{} }, notFound)
	refused("to an endpoint that is no target", func(c *domain.DiscardDelivery) { c.EndpointID = "ep_4" }, notFound)
	refused("to a skipped endpoint", func(c *domain.DiscardDelivery) { c.EndpointID = "ep_3" }, conflict(""))
	refused("with a reason too long", func(c *domain.DiscardDelivery) { c.Reason = strings.Repeat("ü", domain.MaxReason+1) }, invalid("reason"))
}
