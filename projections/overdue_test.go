package projections_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// asked keeps what is asked for.
type asked struct {
	mu    sync.Mutex
	wakes []projections.Wake
	tasks []projections.Task
	taken func() // told of wakes that were taken; may be nil
}

func (a *asked) Later(_ context.Context, wakes ...projections.Wake) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wakes = append(a.wakes, wakes...)
	if a.taken != nil {
		a.taken()
	}
	return nil
}

func (a *asked) Ask(_ context.Context, tasks ...projections.Task) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tasks = append(a.tasks, tasks...)
	return nil
}

func (s *stream) overdue(a *asked) *projections.Overdue {
	return &projections.Overdue{
		Log: s.w.log, Views: s.views, Queries: s.queries, Formats: projections.NewFormats(s.w.projector.Directory()), Later: a, Tasks: a,
		Park: func(_ context.Context, stream eventlog.Stream, _ eventlog.Version, why error) error {
			s.w.t.Errorf("%s is set aside: %v", stream, why)
			return nil
		},
		Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	}
}

// outcome records that a delivery was delivered.
func (w *world) outcome(message, endpoint string) {
	w.t.Helper()
	w.do(eventlog.On(domain.DeliveryStream(svc, message, endpoint), domain.RecordReport{
		Report: domain.Report{AttemptID: "att_" + message + endpoint, StatusCode: 200, At: time.Now()},
	}))
}

// What a queue has lost has neither a row nor an outcome: the journal alone tells of it.
func TestWhatWasAcceptedAndHasNoOutcomeIsAskedForAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.pushed()
		writers := s.several(2)
		one, two := w.endpoint("one", silent), w.endpoint("two", silent)
		stream := w.handing(writers)
		done, half, none := w.publish(), w.publish(), w.publish()
		stream()
		w.outcome(done, one)
		w.outcome(done, two)
		w.outcome(half, one)
		stream()
		a := &asked{}
		o := s.overdue(a)
		w.must(o.Accepted(w.t.Context()))
		if len(a.wakes) != 0 {
			w.t.Errorf("asked for at once: %v", a.wakes)
		}
		w.later(5 * time.Minute)
		w.must(o.Accepted(w.t.Context()))
		want := map[string]int{half: 1, none: 2}
		for _, wake := range a.wakes {
			if len(wake.To) != want[wake.Message] || wake.Message == half && wake.To[0].Endpoint != two {
				w.t.Errorf("asked for %+v", wake)
			}
			delete(want, wake.Message)
		}
		if len(want) != 0 {
			w.t.Errorf("not asked for: %v", want)
		}
		a.wakes = nil
		w.must(o.Accepted(w.t.Context()))
		if len(a.wakes) != 0 {
			w.t.Errorf("asked for again at once: %v", a.wakes)
		}
		w.outcome(half, two)
		stream()
		w.later(10 * time.Minute)
		w.must(o.Accepted(w.t.Context()))
		if len(a.wakes) != 1 || a.wakes[0].Message != none {
			w.t.Errorf("asked for later: %v", a.wakes)
		}
	})
}

// A list that is longer than a call has time for is asked for all the same: what was walked is not walked in vain.
func TestPlannedAttemptsAreAskedForWhileTheListIsRead(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.pushed()
		writers := s.several(1)
		ep := w.endpoint("one", silent)
		stream := w.handing(writers)
		const all = 600
		for range all {
			w.do(eventlog.On(domain.DeliveryStream(svc, w.publish(), ep), domain.RecordReport{
				Report: domain.Report{AttemptID: "att_" + w.id(), StatusCode: 500, Cause: domain.CauseOfStatus(500), At: time.Now()},
				Next:   time.Now().Add(time.Minute),
			}))
		}
		stream()
		w.later(5 * time.Minute)
		ctx, end := context.WithCancel(w.t.Context())
		a := &asked{taken: end}
		_ = s.overdue(a).Planned(ctx) // whose time is over once something was asked for
		if n := len(a.wakes); n == 0 || n >= all {
			t.Errorf("%d of %d were asked for in the time there was", n, all)
		}
	})
}

// One endpoint that cannot be read takes no other's webhook from it.
func TestWhatCannotBeReadKeepsNobodyElseWaiting(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.pushed()
		writers := s.several(1)
		ep := w.endpoint("one", silent)
		lost := domain.Endpoint{ID: domain.PrefixEndpoint + w.id(), Service: svc, UserID: usr, Status: domain.EndpointActive}
		stream := w.handing(writers)
		msg := domain.PrefixMessage + w.id()
		w.must(w.publishTo(msg, both{lost, w.projector.Directory()}))
		stream()
		w.later(5 * time.Minute)
		a := &asked{}
		o := s.overdue(a)
		var aside []eventlog.Stream
		o.Park = func(_ context.Context, stream eventlog.Stream, _ eventlog.Version, _ error) error {
			aside = append(aside, stream)
			return nil
		}
		w.must(o.Accepted(w.t.Context()))
		if len(a.wakes) != 1 || len(a.wakes[0].To) != 1 || a.wakes[0].To[0].Endpoint != ep {
			t.Errorf("asked for %+v", a.wakes)
		}
		if want := domain.DeliveryStream(svc, msg, lost.ID); len(aside) != 1 || aside[0] != want {
			t.Errorf("set aside %v, want %v", aside, want)
		}
	})
}

// both are candidates with one more before them, of which the log knows nothing.
type both struct {
	first domain.Endpoint
	rest  projections.Candidates
}

func (b both) Candidates(ctx context.Context, service, eventType, user, after string, limit int) ([]domain.Candidate, bool, error) {
	list, more, err := b.rest.Candidates(ctx, service, eventType, user, after, limit)
	return append([]domain.Candidate{{Endpoint: b.first}}, list...), more, err
}

// silent is an endpoint that does not answer while the test lasts.
func silent(domain.Attempt) domain.Report {
	time.Sleep(24 * time.Hour)
	return domain.Report{Cause: domain.CauseTimeout}
}
