package domain_test

import (
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/domain/eventlog/spec"
)

// told is a report of SNS, its nth attempt of a publish by a plan.
func snsReport(id string, code, n int, plan eventlog.Version) domain.RecordReport {
	r := report(id, code, "")
	if code == 0 {
		r = report(id, 0, domain.CauseNoAnswer)
	}
	return domain.RecordReport{Report: r, Plan: plan, Attempts: n, Next: given(1).Add(time.Minute), AnswerKey: answerKey}
}

func recorded(n int, c domain.RecordReport) domain.AttemptRecord {
	a := attempt(n, c.Plan, c.Report)
	a.EndpointVersion = 0
	return a
}

func TestRecordReport(t *testing.T) {
	ok, broken, busy, silent := snsReport("r1", 200, 3, 0), snsReport("r2", 500, 1, 0), snsReport("r3", 429, 2, 0), snsReport("r4", 0, 1, 0)
	retrying := domain.AttemptFailed{AttemptRecord: recorded(1, broken), Next: broken.Next}
	over := domain.DeliveryFailed{AttemptRecord: recorded(3, snsReport("r5", 404, 3, 0))}
	t.Run("a success ends the delivery, with the attempts that SNS counts", func(t *testing.T) {
		delivery(t).When(ok).Then(domain.DeliverySucceeded{AttemptRecord: recorded(3, ok)})
		if got := delivery(t, domain.DeliverySucceeded{AttemptRecord: recorded(3, ok)}).State().Attempts; got != 3 {
			t.Fatalf("%d attempts", got)
		}
	})
	t.Run("a server error, 429 and no answer are tried again", func(t *testing.T) {
		for _, c := range []domain.RecordReport{broken, busy, silent} {
			delivery(t).When(c).Then(domain.AttemptFailed{AttemptRecord: recorded(c.Attempts, c), Next: c.Next})
		}
	})
	t.Run("other answers are final", func(t *testing.T) {
		for _, code := range []int{301, 400, 404, 410} {
			c := snsReport("r", code, 1, 0)
			delivery(t).When(c).Then(domain.DeliveryFailed{AttemptRecord: recorded(1, c)})
		}
	})
	t.Run("the policy's last attempt is final", func(t *testing.T) {
		c := broken
		c.Last = true
		delivery(t, retrying).When(func() domain.RecordReport { c.Report.AttemptID = "r9"; c.Attempts = 7; return c }()).
			Then(domain.DeliveryFailed{AttemptRecord: recorded(7, c)})
	})
	t.Run("twice told it is recorded once", func(t *testing.T) { delivery(t, retrying).When(broken).ThenNothing() })
	t.Run("a success after a failure for good wins", func(t *testing.T) {
		delivery(t, over).When(ok).Then(domain.DeliverySucceeded{AttemptRecord: recorded(3, ok)})
	})
	t.Run("a failure after a success changes nothing", func(t *testing.T) {
		delivery(t, domain.DeliverySucceeded{AttemptRecord: recorded(3, ok)}).When(broken).
			Then(domain.AttemptFailed{AttemptRecord: recorded(1, broken)})
	})
	t.Run("a failure of a publish before the retry leaves the retry as it is", func(t *testing.T) {
		c := snsReport("r6", 404, 1, 0)
		late := recorded(4, c)
		delivery(t, over, retried).When(c).Then(domain.AttemptFailed{AttemptRecord: late})
	})
	t.Run("after a retry attempts go on", func(t *testing.T) {
		c := snsReport("r7", 503, 2, 2)
		delivery(t, over, retried).When(c).Then(domain.AttemptFailed{AttemptRecord: recorded(5, c), Next: c.Next})
	})
	t.Run("a later report of the same publish is of the same round", func(t *testing.T) {
		c := snsReport("r8", 404, 2, 0)
		delivery(t, retrying).When(c).Then(domain.DeliveryFailed{AttemptRecord: recorded(2, c)})
	})
}

func TestUnreported(t *testing.T) {
	giveUp := domain.GiveUpReport{PublishedAt: given(1)}
	silence := domain.DeliveryUnreported{PublishedAt: given(1)}
	t.Run("what SNS tells nothing of is failed", func(t *testing.T) {
		delivery(t).When(giveUp).Then(silence)
		if d := delivery(t, silence).State(); d.Status() != domain.Failed || d.Cause != domain.CauseNoReport {
			t.Fatalf("%+v", d)
		}
	})
	t.Run("a retry meanwhile leaves it", func(t *testing.T) { delivery(t, succeeded, retried).When(giveUp).ThenNothing() })
	t.Run("a success that is told later mends it", func(t *testing.T) {
		c := snsReport("r1", 200, 1, 0)
		delivery(t, silence).When(c).Then(domain.DeliverySucceeded{AttemptRecord: recorded(1, c)})
	})
	t.Run("a failure that is told later gives the cause", func(t *testing.T) {
		c := snsReport("r1", 500, 1, 0)
		delivery(t, silence).When(c).Then(domain.DeliveryFailed{AttemptRecord: recorded(1, c)})
		if d := delivery(t, silence, domain.DeliveryFailed{AttemptRecord: recorded(1, c)}).State(); d.Cause != "http_500" || d.Unreported {
			t.Fatalf("%+v", d)
		}
	})
}

func TestRecordPublish(t *testing.T) {
	accepted := domain.MessageAccepted{EventTypeID: "typ_1", EventName: "card_issued", Targets: []string{"ep_1"}}
	took := domain.MessagePublished{TopicARN: "arn:t", SNSMessageID: "m1", To: []domain.PublishedTo{{EndpointID: "ep_1", Slot: "1", URL: "https://a"}}}
	t.Run("each publish is recorded once", func(t *testing.T) {
		spec.Given[domain.Message](t, accepted).When(domain.RecordPublish{Published: took}).Then(took)
	})
	t.Run("it is found by endpoint and plan", func(t *testing.T) {
		m := spec.Given[domain.Message](t, accepted, took).State()
		if p, ok := m.PublishedFor("ep_1", 0); !ok || p.Event.SNSMessageID != "m1" || !p.At.Equal(given(2)) {
			t.Fatalf("%+v", p)
		}
		if _, ok := m.PublishedFor("ep_1", 3); ok {
			t.Fatal("the retry was not published")
		}
	})
}

func TestUnmatchedReportIsRecordedOnce(t *testing.T) {
	e := domain.ReportUnmatched{MD5: "x", CameAt: given(1)}
	spec.Given[domain.UnmatchedReport](t).When(domain.RecordUnmatched{Report: e}).Then(e)
}
