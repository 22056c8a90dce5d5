package domain_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// course is a delivery whose commands come in any order: reports twice, late, swapped, of plans long gone, between
// retries and discards. It holds after each step what must always be true.
type course struct {
	t        *rapid.T
	state    domain.Delivery
	events   []eventlog.Recorded
	now      time.Time
	reports  []domain.RecordOutcome // every report made so far, to come again
	attempts map[string]int         // events by attempt id
}

func (c *course) decide(command eventlog.Command[domain.Delivery]) []eventlog.Event {
	events, err := command.Decide(c.state)
	if err != nil {
		return nil
	}
	for _, e := range events {
		before := c.state
		r := eventlog.Recorded{
			ID: fmt.Sprintf("event-%d", len(c.events)+1), Stream: domain.DeliveryStream("svc_1", "msg_1", "ep_1"),
			Version: eventlog.Version(len(c.events) + 1), Time: c.now, Event: e,
		}
		c.events = append(c.events, r)
		c.state = c.state.Evolve(r)
		c.check(before, e)
	}
	return events
}

func (c *course) check(before domain.Delivery, e eventlog.Event) {
	after := c.state
	if record, ok := attemptOf(e); ok && record.AttemptID != "" {
		c.attempts[record.AttemptID]++
		if c.attempts[record.AttemptID] > 1 {
			c.t.Fatalf("attempt %s has two events", record.AttemptID)
		}
		if record.Attempt != len(c.attempts) {
			c.t.Fatalf("attempt %s has number %d, it is the %d.", record.AttemptID, record.Attempt, len(c.attempts))
		}
	}
	if after.Attempts != len(c.attempts) {
		c.t.Fatalf("%d attempts are counted, %d were recorded", after.Attempts, len(c.attempts))
	}
	if !before.Open() && after.Open() {
		if _, ok := e.(domain.RetryRequested); !ok {
			c.t.Fatalf("%T opened a delivery that was %s", e, before.Status())
		}
	}
	if before.Status() == domain.Delivered && after.Status() != domain.Delivered {
		if _, ok := e.(domain.RetryRequested); !ok {
			c.t.Fatalf("%T made a delivered one %s", e, after.Status())
		}
	}
	if _, ok := e.(domain.DeliverySucceeded); ok && after.Status() != domain.Delivered {
		c.t.Fatalf("a success made it %s", after.Status())
	}
	if after.Tries > len(domain.DefaultSchedule)-1 {
		c.t.Fatalf("%d attempts of one plan failed and another is planned", after.Tries)
	}
	if after.Open() == !after.EndedAt.IsZero() {
		c.t.Fatalf("it is %s and ended at %v", after.Status(), after.EndedAt)
	}
	if after.Status() == domain.Retrying && (after.Due.IsZero() || after.Plan == 0) || !after.Open() && !after.Due.IsZero() {
		c.t.Fatalf("it is %s by plan %d, due %v", after.Status(), after.Plan, after.Due)
	}
	if after.Open() && after.Plan > after.Version {
		c.t.Fatalf("plan %d at version %d", after.Plan, after.Version)
	}
}

func attemptOf(e eventlog.Event) (domain.AttemptRecord, bool) {
	switch e := e.(type) {
	case domain.AttemptFailed:
		return e.AttemptRecord, true
	case domain.DeliverySucceeded:
		return e.AttemptRecord, true
	case domain.DeliveryFailed:
		return e.AttemptRecord, true
	}
	return domain.AttemptRecord{}, false
}

// answer is a report of a fresh attempt of some plan, mostly the standing one.
func (c *course) answer(plan eventlog.Version) domain.RecordOutcome {
	code := rapid.SampledFrom([]int{200, 204, 301, 404, 410, 429, 500, 503, 0}).Draw(c.t, "status")
	r := report(fmt.Sprintf("a%d", len(c.reports)+1), code, "")
	if code == 0 {
		r.Cause = rapid.SampledFrom([]domain.Cause{domain.CauseTimeout, domain.CauseConnectRefused}).Draw(c.t, "cause")
	}
	r.At = c.now
	r.Duration = time.Duration(rapid.Int64Range(0, int64(15*time.Second)).Draw(c.t, "duration"))
	r.RetryAfter = time.Duration(rapid.Int64Range(0, int64(20*time.Hour)).Draw(c.t, "retry after"))
	o := outcome(plan, r)
	o.Jitter = rapid.Float64Range(0, 0.999).Draw(c.t, "jitter")
	c.reports = append(c.reports, o)
	return o
}

func TestADeliveryWhateverHappens(t *testing.T) {
	message := fold[domain.Message](t, accepted)
	target := domain.Endpoint{ID: "ep_1", Status: domain.EndpointActive, Version: 1}
	rapid.Check(t, func(t *rapid.T) {
		c := &course{t: t, now: given(1), attempts: map[string]int{}}
		anyPlan := func() eventlog.Version { return eventlog.Version(rapid.IntRange(0, len(c.events)).Draw(t, "plan")) }
		t.Repeat(map[string]func(*rapid.T){
			"the standing plan's attempt is made": func(t *rapid.T) { c.decide(c.answer(c.state.Plan)) },
			"a report comes again": func(t *rapid.T) {
				if len(c.reports) == 0 {
					t.Skip("there is none")
				}
				old := rapid.SampledFrom(c.reports).Draw(t, "report")
				known := c.attempts[old.Report.AttemptID]
				if events := c.decide(old); len(events)+known != 1 {
					t.Fatalf("it was recorded %d times, then %+v", known, events)
				}
			},
			"an attempt of another plan is made":        func(t *rapid.T) { c.decide(c.answer(anyPlan())) },
			"an attempt is made and its report is late": func(t *rapid.T) { c.answer(anyPlan()) },
			"the endpoint is paused when it is due": func(t *rapid.T) {
				c.decide(domain.EndDelivery{Plan: anyPlan(), Cause: domain.CauseEndpointPaused})
			},
			"somebody retries":  func(t *rapid.T) { c.decide(domain.RetryDelivery{Message: message, Endpoint: target}) },
			"somebody discards": func(t *rapid.T) { c.decide(domain.DiscardDelivery{Message: message, EndpointID: "ep_1"}) },
			"time passes": func(t *rapid.T) {
				c.now = c.now.Add(time.Duration(rapid.Int64Range(0, int64(10*time.Hour)).Draw(t, "time")))
			},
			"": func(t *rapid.T) {
				if folded := eventlog.Fold(domain.Delivery{}, c.events...); !sameDelivery(folded, c.state) {
					t.Fatalf("folded %+v, was %+v", folded, c.state)
				}
			},
		})
	})
}

func sameDelivery(a, b domain.Delivery) bool { return fmt.Sprintf("%+v", a) == fmt.Sprintf("%+v", b) }

// However its attempts fail, a plan ends, at its last attempt at latest and within the schedule's longest time.
func TestAPlanEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &course{t: t, now: given(1), attempts: map[string]int{}}
		message, target := domain.Message{Accepted: accepted, Version: 1}, domain.Endpoint{ID: "ep_1", Status: domain.EndpointActive, Version: 1}
		plans := rapid.IntRange(1, 3).Draw(t, "plans")
		for range plans {
			planned, attempts, waits := c.now, 0, time.Duration(0)
			for c.state.Open() {
				if c.now.Before(c.state.Due) {
					c.now = c.state.Due
				}
				o := c.answer(c.state.Plan)
				for o.Report.Delivered() { // only failures here
					o.Report.StatusCode, o.Report.Cause = 500, "http_500"
				}
				c.decide(o)
				c.now = c.now.Add(o.Report.Duration)
				waits += o.Report.Duration
				attempts++
			}
			if attempts > len(domain.DefaultSchedule) {
				t.Fatalf("%d attempts of one plan", attempts)
			}
			if took := c.now.Sub(planned); took > 2*(27*time.Hour+35*time.Minute+5*time.Second)+waits+time.Second {
				t.Fatalf("a plan took %v", took)
			}
			c.decide(domain.RetryDelivery{Message: message, Endpoint: target})
		}
	})
}

// Two histories of the same reports in any order end delivered if one of them is a success.
func TestTheOrderOfReportsDoesNotDecideWhetherItIsDelivered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &course{t: t, now: given(1), attempts: map[string]int{}}
		n := rapid.IntRange(1, 8).Draw(t, "reports")
		for range n {
			c.answer(eventlog.Version(rapid.IntRange(0, 4).Draw(t, "plan")))
		}
		delivered := slices.ContainsFunc(c.reports, func(o domain.RecordOutcome) bool { return o.Report.Delivered() })
		for _, o := range rapid.Permutation(append(c.reports, c.reports...)).Draw(t, "order") {
			c.decide(o)
		}
		if (c.state.Status() == domain.Delivered) != delivered {
			t.Fatalf("a success among the reports: %v; it is %s", delivered, c.state.Status())
		}
		if c.state.Attempts != n {
			t.Fatalf("%d attempts counted of %d", c.state.Attempts, n)
		}
	})
}
