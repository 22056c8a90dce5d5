package projections_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// slices of a rebuild are done until the job has ended; between them do is called.
func (s *stream) rebuild(r *projections.Rebuilds, do func()) domain.Job {
	w := s.w
	w.t.Helper()
	job := domain.JobStream(eventlog.Above, domain.PrefixJob+w.id())
	w.do(eventlog.On(job, domain.RequestJob{Kind: domain.JobRebuild}))
	jobs := &projections.Jobs{Log: w.log, RebuildSlice: r.Slice, Logger: slog.New(slog.DiscardHandler)}
	for range 1000 {
		state, err := jobs.Slice(w.t.Context(), job)
		w.must(err)
		if state.Ended() {
			return state
		}
		do()
		w.later(10 * time.Second)
	}
	w.t.Fatal("the rebuild does not end")
	return domain.Job{}
}

func (s *stream) rebuilds() *projections.Rebuilds {
	// The world's own runner keeps off.
	s.w.jobs.RebuildSlice = func(ctx context.Context, _ eventlog.Stream, at string) (string, int, bool, error) {
		<-ctx.Done()
		return at, 0, false, ctx.Err()
	}
	return &projections.Rebuilds{
		Log: s.w.log, Views: s.views, Scanner: s.w.store, Now: time.Now, Settle: 2 * time.Minute, Logger: slog.New(slog.DiscardHandler),
	}
}

func (s *stream) current() projections.Generation {
	s.w.t.Helper()
	g, err := s.views.Current(s.w.t.Context())
	s.w.must(err)
	return g
}

// What is appended while the read models are made anew is in the old ones and in the new, whoever writes it.
func TestARebuildInSlicesLosesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		busyWorld(w)
		s := w.pushed()
		writers := s.several(2)
		stream := w.handing(writers)
		stream()
		before, r := s.current(), s.rebuilds()
		job := s.rebuild(r, func() { w.publish(); stream() })
		stream()
		if job.Status != domain.JobStatusFinished || s.current() == before {
			w.t.Fatalf("the job is %s, the generation %d", job.Status, s.current())
		}
		w.later(time.Minute)
		whole := func(when string) {
			w.t.Helper()
			page, err := s.queries.Messages(w.t.Context(), svc, projections.MessageFilter{}, projections.PageRequest{Limit: 100})
			w.must(err)
			var got []string
			for _, m := range page.Data {
				got = append(got, m.ID)
			}
			want := w.messages()
			slices.Reverse(want)
			if !slices.Equal(got, want[:min(len(want), 100)]) {
				w.t.Errorf("%s the list has %d messages, want %d", when, len(got), len(want))
			}
		}
		whole("after the switch")
		w.publish()
		stream()
		w.must(s.views.Switch(w.t.Context(), before)) // as one who has not seen the switch yet
		w.later(time.Minute)
		whole("the old generation within the hour")
		w.must(s.views.Switch(w.t.Context(), before+1))
		w.later(2 * time.Hour)
		w.must(r.Tidy(w.t.Context()))
		left, err := s.views.List(w.t.Context(), before, projections.ListQuery{View: projections.ViewEndpoints, List: "endpoints/" + svc, Limit: 1})
		w.must(err)
		if len(left) != 0 {
			w.t.Error("the old generation is still there, long after")
		}
		whole("after the old generation is dropped")
	})
}

// messages are the ids of all that were accepted, in order.
func (w *world) messages() (ids []string) {
	w.t.Helper()
	for _, r := range w.records() {
		if d := w.decoded(r); d.Stream.Leaf == "" {
			if _, ok := d.Event.(domain.MessageAccepted); ok {
				ids = append(ids, d.Stream.Root)
			}
		}
	}
	slices.Sort(ids) // ids grow
	return ids
}

func TestARebuildStartsOnlyWhenNobodyCanKnowAnOlderPlan(t *testing.T) {
	inWorld(t, func(w *world) {
		busyWorld(w)
		s := w.pushed()
		s.several(1)
		began := time.Now()
		s.rebuild(s.rebuilds(), func() {
			if time.Since(began) < 2*time.Minute && s.current() != s.generation {
				w.t.Error("it is switched before others can know of it")
			}
		})
	})
}

func TestACancelledRebuildLeavesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		busyWorld(w)
		s := w.pushed()
		writers, r := s.several(1), s.rebuilds()
		w.take(writers[0], w.records())
		job := domain.JobStream(eventlog.Above, domain.PrefixJob+w.id())
		w.do(eventlog.On(job, domain.RequestJob{Kind: domain.JobRebuild}))
		jobs := &projections.Jobs{Log: w.log, RebuildSlice: r.Slice, Logger: slog.New(slog.DiscardHandler)}
		_, err := jobs.Slice(w.t.Context(), job)
		w.must(err)
		w.do(eventlog.On(job, domain.CancelJob{}))
		w.must(r.Tidy(w.t.Context()))
		w.later(5 * time.Minute)
		w.must(r.Tidy(w.t.Context()))
		if under, err := r.UnderWay(w.t.Context()); err != nil || under != (eventlog.Stream{}) || s.current() != s.generation {
			w.t.Errorf("%v is under way, %v; the generation is %d", under, err, s.current())
		}
		if got := s.rebuild(r, func() {}); got.Status != domain.JobStatusFinished {
			w.t.Errorf("the next one is %s", got.Status)
		}
	})
}

// handing hands what is new in the log to writers in turn, as Lambda does.
func (w *world) handing(writers []*projections.Batches) func() {
	handed, n := map[string]bool{}, 0
	return func() {
		w.t.Helper()
		var fresh []eventlog.Record
		for _, r := range w.records() {
			if d := w.decoded(r); !handed[d.ID] {
				handed[d.ID], fresh = true, append(fresh, r)
			}
		}
		w.take(writers[n%len(writers)], fresh)
		n++
	}
}
