package domain_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/domain/eventlog/spec"
)

var (
	retryRequested = domain.JobRequested{
		Kind: domain.JobRetry, Filter: domain.DeadLetterFilter{EndpointID: "ep_1", Cause: domain.CauseTimeout}, Reason: "fixed", Total: 3, Request: "body 1",
	}
	verifyRequested = domain.JobRequested{Kind: domain.JobVerify}
)

func job(t *testing.T, past ...eventlog.Event) spec.Scenario[domain.Job] {
	t.Helper()
	return spec.Given[domain.Job](t, past...)
}

func TestRequestJob(t *testing.T) {
	request := domain.RequestJob(retryRequested)
	t.Run("asks for it", func(t *testing.T) { job(t).When(request).Then(retryRequested) })
	t.Run("repeated adds nothing", func(t *testing.T) { job(t, retryRequested, domain.JobFinished{}).When(request).ThenNothing() })
	t.Run("needs no filter", func(t *testing.T) {
		for _, kind := range []domain.JobKind{domain.JobDiscard, domain.JobRebuild, domain.JobVerify} {
			job(t).When(domain.RequestJob{Kind: kind}).Then(domain.JobRequested{Kind: kind})
		}
	})
	refused := func(name string, want error, change func(*domain.RequestJob)) {
		t.Run(name+" is refused", func(t *testing.T) {
			c := request
			change(&c)
			job(t).When(c).ThenRefused(want)
		})
	}
	t.Run("with another request's Idempotency-Key is refused", func(t *testing.T) {
		other := request
		other.Request = "body 2"
		job(t, retryRequested).When(other).ThenRefused(invalid("Idempotency-Key"))
	})
	refused("of an unknown kind", invalid("kind"), func(c *domain.RequestJob) { c.Kind = "dance" })
	refused("with a reason too long", invalid("reason"), func(c *domain.RequestJob) { c.Reason = strings.Repeat("x", domain.MaxReason+1) })
	refused("to recover without a time", invalid("since"), func(c *domain.RequestJob) { c.Kind = domain.JobRecover })
	refused("to verify a part", invalid("filter"), func(c *domain.RequestJob) { c.Kind = domain.JobVerify })
	refused("of a time that ends before it begins", invalid("filter.until"), func(c *domain.RequestJob) {
		c.Filter.Since, c.Filter.Until = spec.Start, spec.Start.Add(-1)
	})
}

func TestAdvanceJob(t *testing.T) {
	first := domain.JobProgressed{Done: 20, Skipped: 4, Next: "b"}
	t.Run("counts what a slice did", func(t *testing.T) {
		job(t, retryRequested).When(domain.AdvanceJob{Done: 20, Skipped: 4, Next: "b"}).Then(first)
		job(t, retryRequested, first).When(domain.AdvanceJob{From: "b", Done: 3, Failed: 1, Next: "c"}).
			Then(domain.JobProgressed{Done: 23, Skipped: 4, Failed: 1, Next: "c"})
	})
	t.Run("finishes with the last slice", func(t *testing.T) {
		job(t, retryRequested, first).When(domain.AdvanceJob{From: "b", Done: 3, Next: "c", Finished: true}).
			Then(domain.JobProgressed{Done: 23, Skipped: 4, Next: "c"}, domain.JobFinished{})
		job(t, retryRequested).When(domain.AdvanceJob{Finished: true}).Then(domain.JobFinished{})
	})
	t.Run("says nothing where nothing was done", func(t *testing.T) {
		job(t, retryRequested, first).When(domain.AdvanceJob{From: "b", Next: "b"}).ThenNothing()
	})
	t.Run("keeps the first damaged places, and counts all", func(t *testing.T) {
		found := make([]domain.Damage, domain.MaxDamage)
		for i := range found {
			found[i] = domain.Damage{Stream: fmt.Sprint("s", i), Version: 1, Reason: "changed"}
		}
		some := domain.JobProgressed{Done: 9, Streams: 5, Damaged: 98, Damage: found[:98], Next: "b"}
		job(t, verifyRequested).When(domain.AdvanceJob{Done: 9, Streams: 5, Damaged: 98, Damage: found[:98], Next: "b"}).Then(some)
		more := domain.JobProgressed{Done: 10, Streams: 6, Damaged: 102, Damage: found[98:], Next: "c"}
		job(t, verifyRequested, some).When(domain.AdvanceJob{From: "b", Done: 1, Streams: 1, Damaged: 4, Damage: append(found[98:100:100], found[:2]...), Next: "c"}).Then(more)
		if got := job(t, verifyRequested, some, more).State(); len(got.Damage) != domain.MaxDamage || got.Progress.Damaged != 102 || got.Damage[99] != found[99] {
			t.Errorf("%d are kept of %d", len(got.Damage), got.Progress.Damaged)
		}
	})
	for name, past := range map[string][]eventlog.Event{
		"cancelled": {retryRequested, domain.JobCancelled{}}, "finished": {retryRequested, domain.JobFinished{}},
		"failed": {retryRequested, domain.JobFailed{Error: "x"}}, "gone on": {retryRequested, first},
	} {
		t.Run("is refused once the job has "+name, func(t *testing.T) {
			job(t, past...).When(domain.AdvanceJob{Done: 1, Next: "z"}).ThenRefused(conflict(""))
		})
	}
	t.Run("of an unknown job is refused", func(t *testing.T) { job(t).When(domain.AdvanceJob{Next: "b"}).ThenRefused(notFound) })
}

func TestEndsOfAJob(t *testing.T) {
	running := domain.JobProgressed{Done: 1, Next: "b"}
	t.Run("cancel ends it", func(t *testing.T) {
		job(t, retryRequested).When(domain.CancelJob{}).Then(domain.JobCancelled{})
		job(t, retryRequested, running).When(domain.CancelJob{Reason: "a mistake"}).Then(domain.JobCancelled{Reason: "a mistake"})
	})
	t.Run("cancel repeated adds nothing", func(t *testing.T) {
		job(t, retryRequested, domain.JobCancelled{}).When(domain.CancelJob{}).ThenNothing()
	})
	t.Run("cancel is refused once it has ended", func(t *testing.T) {
		job(t, retryRequested, domain.JobFinished{}).When(domain.CancelJob{}).ThenRefused(conflict(""))
		job(t, retryRequested, domain.JobFailed{Error: "x"}).When(domain.CancelJob{}).ThenRefused(conflict(""))
	})
	t.Run("cancel of an unknown one is refused, and so is a bad reason", func(t *testing.T) {
		job(t).When(domain.CancelJob{}).ThenRefused(notFound)
		job(t, retryRequested).When(domain.CancelJob{Reason: "\x00"}).ThenRefused(invalid("reason"))
	})
	t.Run("a failure ends it, once", func(t *testing.T) {
		job(t, retryRequested, running).When(domain.FailJob{Error: "the disk"}).Then(domain.JobFailed{Error: "the disk"})
		job(t, retryRequested, domain.JobCancelled{}).When(domain.FailJob{Error: "the disk"}).ThenNothing()
		job(t).When(domain.FailJob{Error: "the disk"}).ThenRefused(notFound)
	})
}

func TestAJob(t *testing.T) {
	for want, past := range map[domain.JobStatus][]eventlog.Event{
		domain.JobStatusQueued:    {retryRequested},
		domain.JobStatusRunning:   {retryRequested, domain.JobProgressed{Done: 2}},
		domain.JobStatusFinished:  {retryRequested, domain.JobProgressed{Done: 2}, domain.JobFinished{}},
		domain.JobStatusFailed:    {retryRequested, domain.JobProgressed{Done: 2}, domain.JobFailed{Error: "the disk"}},
		domain.JobStatusCancelled: {retryRequested, domain.JobProgressed{Done: 2}, domain.JobCancelled{Reason: "a mistake"}},
	} {
		j := job(t, past...).State()
		ended := want != domain.JobStatusQueued && want != domain.JobStatusRunning
		if j.Status != want || j.Ended() != ended || !j.Exists() || j.Kind != domain.JobRetry || j.Filter != retryRequested.Filter || j.By != "key_given" ||
			!j.RequestedAt.Equal(spec.Start) || j.UpdatedAt.Before(j.RequestedAt) || j.ID != "given" || j.Service != "svc_given" || j.Total != 3 {
			t.Errorf("%s: %+v", want, j)
		}
		if (j.Error == "the disk") != (want == domain.JobStatusFailed) || (j.Reason == "a mistake") != (want == domain.JobStatusCancelled) {
			t.Errorf("%s: error %q, reason %q", want, j.Error, j.Reason)
		}
	}
}

func TestActOnFailed(t *testing.T) {
	m := domain.Message{Version: 1, Accepted: domain.MessageAccepted{Targets: []string{"ep_1"}}}
	retry := domain.ActOnFailed{Command: domain.RetryDelivery{Message: m, Endpoint: domain.Endpoint{ID: "ep_1"}, Reason: "job"}, Before: spec.Start.Add(time.Minute)}
	discard := domain.ActOnFailed{Command: domain.DiscardDelivery{Message: m, EndpointID: "ep_1"}, Before: spec.Start.Add(time.Minute)}
	failed := domain.DeliveryFailed{AttemptRecord: domain.AttemptRecord{AttemptID: "1", Cause: domain.CauseTimeout}}
	given := func(past ...eventlog.Event) spec.Scenario[domain.Delivery] {
		return spec.Given[domain.Delivery](t, past...)
	}

	given(failed).When(retry).Then(domain.RetryRequested{Reason: "job"})
	given(failed).When(discard).Then(domain.DeliveryDiscarded{})
	for _, past := range [][]eventlog.Event{
		nil, {failed, domain.RetryRequested{}}, {failed, domain.DeliveryDiscarded{}}, {domain.DeliverySucceeded{}},
		{domain.AttemptFailed{Next: spec.Start.Add(time.Hour)}},
	} {
		given(past...).When(retry).ThenNothing()
		given(past...).When(discard).ThenNothing()
	}
	late := retry
	late.Before = spec.Start
	given(failed).When(late).ThenNothing() // it failed after the job was asked for, maybe by the job's own retry
	paused := retry
	paused.Command = domain.RetryDelivery{Message: m, Endpoint: domain.Endpoint{ID: "ep_1", Status: domain.EndpointStatusPaused}}
	given(failed).When(paused).ThenRefused(conflict(""))
}
