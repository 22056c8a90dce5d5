package projections_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// request asks for a job and does not wait for it.
func (w *world) request(service string, cmd domain.RequestJob) string {
	w.t.Helper()
	id := domain.PrefixJob + w.id()
	_, err := eventlog.Execute(w.t.Context(), w.log, domain.JobStream(service, id), cmd, eventlog.Cause{Actor: "key_1", CorrelationID: "req_job"})
	w.must(err)
	return id
}

func (w *world) job(service, id string) domain.Job {
	w.t.Helper()
	j, err := eventlog.Load[domain.Job](w.t.Context(), w.log, domain.JobStream(service, id))
	w.must(err)
	return j.State
}

// wantJob demands how a job has ended.
func (w *world) wantJob(service, id string, status domain.JobStatus, done, skipped, failed int) domain.Job {
	w.t.Helper()
	j := w.job(service, id)
	if p := j.Progress; j.Status != status || p.Done != done || p.Skipped != skipped || p.Failed != failed {
		w.t.Fatalf("the job is %s (%s): done %d, skipped %d, failed %d; want %s, %d, %d, %d", j.Status, j.Error, p.Done, p.Skipped, p.Failed, status, done, skipped, failed)
	}
	return j
}

// lost publishes messages to an endpoint that refuses all, until they have failed.
func (w *world) lost(n int) []string {
	w.t.Helper()
	var out []string
	for range n {
		out = append(out, w.publish())
	}
	w.later(48 * time.Hour)
	return out
}

// mood is an endpoint's answer that can be changed.
type mood struct{ well atomic.Bool }

func (m *mood) answer(a domain.Attempt) domain.Report {
	if m.well.Load() {
		return accepts(a)
	}
	return fails(a)
}

func TestAJobRetriesAllDeadLettersOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		var m mood
		ep := w.endpoint("down", m.answer)
		messages := w.lost(130) // more than five writes take
		before := len(w.made())
		m.well.Store(true)
		id := w.request(svc, domain.RequestJob{Kind: domain.JobRetry, Reason: "fixed", Total: 130})
		w.later(time.Minute)
		w.wantJob(svc, id, domain.JobStatusFinished, 130, 0, 0)
		for _, msg := range messages {
			w.wantStatus(msg, ep, domain.Delivered)
			if n := strings.Count(w.story(msg), "RetryRequested"); n != 1 {
				t.Fatalf("%d retries: %s", n, w.story(msg))
			}
		}
		if n := len(w.made()) - before; n != 130 {
			t.Fatalf("%d requests", n)
		}
		trail, err := projections.LoadTrail(w.t.Context(), w.log, svc, messages[0])
		w.must(err)
		for _, r := range trail.Events() {
			if e, ok := r.Event.(domain.RetryRequested); ok && (r.CausationID != id || r.Actor != "key_1" || r.CorrelationID != "req_job" || e.Reason != "fixed") {
				t.Fatalf("the retry was caused by %s of %s: %+v", r.CausationID, r.Actor, e)
			}
		}
	})
}

func TestAJobDoesNotRetryWhatItsOwnRetryCameTo(t *testing.T) {
	inWorld(t, func(w *world) {
		w.endpoint("down", fails)
		messages := w.lost(3)
		id := w.request(svc, domain.RequestJob{Kind: domain.JobRetry})
		w.later(72 * time.Hour)
		w.wantJob(svc, id, domain.JobStatusFinished, 3, 0, 0)
		for _, msg := range messages {
			if n := strings.Count(w.story(msg), "RetryRequested"); n != 1 {
				t.Fatalf("%d retries: %s", n, w.story(msg))
			}
		}
	})
}

func TestAJobTakesWhatItsFilterFinds(t *testing.T) {
	inWorld(t, func(w *world) {
		a, b := w.endpoint("a", fails), w.endpoint("b", unknown)
		first := w.lost(2)
		half := time.Now()
		second := w.lost(2)
		for name, c := range map[string]struct {
			filter domain.DeadLetterFilter
			want   int
		}{
			"all":      {domain.DeadLetterFilter{}, 8},
			"endpoint": {domain.DeadLetterFilter{EndpointID: a}, 4},
			"cause":    {domain.DeadLetterFilter{Cause: domain.CauseOfStatus(503)}, 4},
			"message":  {domain.DeadLetterFilter{MessageID: first[0]}, 2},
			"both":     {domain.DeadLetterFilter{MessageID: first[0], EndpointID: b}, 1},
			"since":    {domain.DeadLetterFilter{Since: half}, 4},
			"until":    {domain.DeadLetterFilter{Until: half}, 4},
			"never":    {domain.DeadLetterFilter{MessageID: second[0], Until: half}, 0},
			"type":     {domain.DeadLetterFilter{EventType: "card_issued"}, 8},
			"no type":  {domain.DeadLetterFilter{EventType: "card_lost"}, 0},
			"user":     {domain.DeadLetterFilter{UserID: usr}, 0}, // they were broadcast
		} {
			n, err := w.queries.CountDeadLetters(w.t.Context(), svc, projections.DeliveryFilterOf(c.filter))
			if w.must(err); n != c.want {
				t.Errorf("%s: %d, want %d", name, n, c.want)
			}
		}
		one := w.request(svc, domain.RequestJob{Kind: domain.JobDiscard, Filter: domain.DeadLetterFilter{MessageID: first[0], EndpointID: a}})
		rest := w.request(svc, domain.RequestJob{Kind: domain.JobDiscard, Filter: domain.DeadLetterFilter{EndpointID: a, Since: half}, Reason: "old"})
		w.later(time.Second)
		w.wantJob(svc, one, domain.JobStatusFinished, 1, 0, 0)
		w.wantJob(svc, rest, domain.JobStatusFinished, 2, 0, 0)
		for msg, want := range map[string]domain.DeliveryStatus{first[0]: domain.Discarded, first[1]: domain.Failed, second[0]: domain.Discarded, second[1]: domain.Discarded} {
			w.wantStatus(msg, a, want)
			w.wantStatus(msg, b, domain.Failed)
		}
	})
}

func unknown(domain.Attempt) domain.Report {
	return domain.Report{StatusCode: 404, Cause: domain.CauseOfStatus(404)}
}

func TestAJobLeavesOutWhatCannotBeRetried(t *testing.T) {
	inWorld(t, func(w *world) {
		var m mood
		a, b := w.endpoint("a", m.answer), w.endpoint("b", unknown)
		messages := w.lost(3)
		w.do(eventlog.On(domain.EndpointStream(svc, b), domain.PauseEndpoint{Reason: domain.PausedManually}))
		w.poisoned(domain.DeliveryStream(svc, messages[1], a))
		m.well.Store(true)
		id := w.request(svc, domain.RequestJob{Kind: domain.JobRetry})
		w.later(time.Minute)
		w.wantJob(svc, id, domain.JobStatusFinished, 2, 3, 1)
		w.wantStatus(messages[0], a, domain.Delivered)
		w.wantStatus(messages[0], b, domain.Failed)
		w.wantStatus(messages[2], a, domain.Delivered)
	})
}

func TestACancelledJobDoesNothingMore(t *testing.T) {
	inWorld(t, func(w *world) {
		w.endpoint("down", fails)
		w.lost(60)
		w.stop()
		<-w.done // nothing works but what is called here
		id := w.request(svc, domain.RequestJob{Kind: domain.JobDiscard})
		stream := domain.JobStream(svc, id)
		w.jobs.Letters = &cancelling{w, stream}
		j, err := w.jobs.Slice(w.t.Context(), stream)
		if err != nil || j.Status != domain.JobStatusCancelled {
			t.Fatalf("%s, %v", j.Status, err)
		}
		if got := w.job(svc, id).Progress.Done; got != 0 {
			t.Fatalf("it has done %d after it was cancelled", got)
		}
		w.must(w.store.Close())
		w.open(false)
		n, err := w.queries.CountDeadLetters(w.t.Context(), svc, projections.DeliveryFilter{})
		if w.must(err); n != 60 {
			t.Fatalf("%d are left", n)
		}
	})
}

func TestAJobGoesOnAfterACrash(t *testing.T) {
	inWorld(t, func(w *world) {
		ep := w.endpoint("down", fails)
		messages := w.lost(100)
		w.stop()
		<-w.done
		id := w.request(svc, domain.RequestJob{Kind: domain.JobRetry, Total: 100})
		stream := domain.JobStream(svc, id)
		w.jobs.Letters, w.jobs.Endpoints = fixed{w.letters()}, &brokenOff{w.projector.Directory(), 60}
		if _, err := w.jobs.Slice(w.t.Context(), stream); err == nil {
			t.Fatal("the slice ended well")
		}
		if got := w.job(svc, id).Progress.Done; got != 48 {
			t.Fatalf("%d are done before the crash", got)
		}
		w.must(w.store.Close())
		w.open(false)
		w.later(time.Millisecond)
		w.crash()
		w.later(72 * time.Hour)
		w.wantJob(svc, id, domain.JobStatusFinished, 100, 0, 0)
		for _, msg := range messages {
			w.wantStatus(msg, ep, domain.Failed)
			if n := strings.Count(w.story(msg), "RetryRequested"); n != 1 {
				t.Fatalf("%d retries: %s", n, w.story(msg))
			}
		}
	})
}

func TestTwoWhoDoOneJobDoNothingTwice(t *testing.T) {
	inWorld(t, func(w *world) {
		w.endpoint("down", fails)
		messages := w.lost(100)
		id := w.request(svc, domain.RequestJob{Kind: domain.JobRetry, Total: 100})
		for range 4 {
			go func() { _, _ = w.jobs.Slice(w.t.Context(), domain.JobStream(svc, id)) }()
		}
		w.later(72 * time.Hour)
		w.wantJob(svc, id, domain.JobStatusFinished, 100, 0, 0)
		for _, msg := range messages {
			if n := strings.Count(w.story(msg), "RetryRequested"); n != 1 {
				t.Fatalf("%d retries: %s", n, w.story(msg))
			}
		}
	})
}

func TestAJobThatCannotGoOnFails(t *testing.T) {
	inWorld(t, func(w *world) {
		id := w.request(eventlog.Above, domain.RequestJob{Kind: domain.JobRebuild}) // this world has none
		w.later(time.Second)
		if j := w.wantJob(eventlog.Above, id, domain.JobStatusFailed, 0, 0, 0); j.Error == "" {
			t.Fatal("it does not say why")
		}
	})
}

func TestJobsAreListed(t *testing.T) {
	inWorld(t, func(w *world) {
		w.endpoint("down", fails)
		w.lost(3)
		first := w.request(svc, domain.RequestJob{Kind: domain.JobDiscard})
		w.later(time.Second)
		second := w.request(svc, domain.RequestJob{Kind: domain.JobRetry})
		whole := w.request(eventlog.Above, domain.RequestJob{Kind: domain.JobVerify})
		w.later(time.Second)
		ids := func(service string, f projections.JobFilter) string {
			page, err := w.queries.Jobs(w.t.Context(), service, f, projections.PageRequest{Limit: 10})
			w.must(err)
			var out []string
			for _, j := range page.Data {
				out = append(out, j.ID)
			}
			return fmt.Sprint(out)
		}
		for _, c := range []struct{ got, want string }{
			{ids(svc, projections.JobFilter{}), fmt.Sprint([]string{second, first})},
			{ids(svc, projections.JobFilter{Kind: domain.JobDiscard}), fmt.Sprint([]string{first})},
			{ids(svc, projections.JobFilter{Status: domain.JobStatusQueued}), "[]"},
			{ids(eventlog.Above, projections.JobFilter{Status: domain.JobStatusFinished}), fmt.Sprint([]string{whole})},
		} {
			if c.got != c.want {
				t.Errorf("%s, want %s", c.got, c.want)
			}
		}
		if open, err := w.queries.OpenJobs(w.t.Context()); err != nil || len(open) != 0 {
			t.Errorf("open are %v, %v", open, err)
		}
		j := w.job(eventlog.Above, whole)
		if j.Progress.Damaged != 0 || j.Progress.Streams < 10 || j.Progress.Done < 40 {
			t.Errorf("the verification: %+v", j.Progress)
		}
		before := w.everyList()
		w.reopen(true)
		if after := w.everyList(); after != before {
			t.Errorf("a rebuild gives other lists:\n%s\nthan\n%s", after, before)
		}
	})
}

func TestGroupsOfDeadLetters(t *testing.T) {
	inWorld(t, func(w *world) {
		var m mood
		a, b := w.endpoint("a", m.answer), w.endpoint("b", unknown)
		w.lost(3)
		w.lost(1)
		m.well.Store(true)
		other := w.publish()
		w.later(time.Minute)
		groups, err := w.queries.DeadLetterGroups(w.t.Context(), svc, projections.DeliveryFilter{})
		w.must(err)
		if len(groups.Data) != 2 || groups.More {
			t.Fatalf("%+v", groups)
		}
		byEndpoint := map[string]projections.DeadLetterGroup{}
		for _, g := range groups.Data {
			byEndpoint[g.EndpointID] = g
		}
		well := byEndpoint[a]
		if well.Count != 4 || well.Cause != "http_503" || !well.Newest.After(well.Oldest) || well.LastAttempt == nil || !well.LastAttempt.Delivered ||
			well.LastAttempt.MessageID != other || *well.LastAttempt.StatusCode != 200 || well.LastAttempt.Cause != nil {
			t.Errorf("%+v, last %+v", well, well.LastAttempt)
		}
		if dead := byEndpoint[b]; dead.Count != 4 || dead.Cause != "http_404" || dead.LastAttempt == nil || dead.LastAttempt.Delivered ||
			dead.LastAttempt.MessageID != other || *dead.LastAttempt.StatusCode != 404 || *dead.LastAttempt.Cause != "http_404" {
			t.Errorf("%+v, last %+v", dead, dead.LastAttempt)
		}
		only, err := w.queries.DeadLetterGroups(w.t.Context(), svc, projections.DeliveryFilter{EndpointID: a, Since: well.Newest})
		if w.must(err); len(only.Data) != 1 || only.Data[0].Count != 1 {
			t.Errorf("%+v", only.Data)
		}
	})
}
