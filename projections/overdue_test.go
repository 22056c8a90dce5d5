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
}

func (a *asked) Later(_ context.Context, wakes ...projections.Wake) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wakes = append(a.wakes, wakes...)
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

// silent is an endpoint that does not answer while the test lasts.
func silent(domain.Attempt) domain.Report {
	time.Sleep(24 * time.Hour)
	return domain.Report{Cause: domain.CauseTimeout}
}
