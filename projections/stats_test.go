package projections_test

import (
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// stats asks for the figures of a service since a time.
func (w *world) stats(since time.Time, change func(*projections.StatsFilter)) projections.Stats {
	w.t.Helper()
	f := projections.StatsFilter{Since: since, Until: time.Now().Add(time.Nanosecond), Bucket: time.Hour}
	if change != nil {
		change(&f)
	}
	s, err := w.queries.Stats(w.t.Context(), svc, f)
	w.must(err)
	return s
}

// counts are the numbers of figures that tests compare.
func counts(f projections.Figures) map[string]int {
	out := map[string]int{
		"delivered": f.Delivered, "failed": f.Failed, "discarded": f.Discarded, "retried": f.Retried, "skipped": f.Skipped,
		"attempts": f.Attempts, "attempts failed": f.AttemptsFailed,
	}
	if f.Accepted != nil {
		out["accepted"] = *f.Accepted
	}
	for name, n := range out {
		if n == 0 {
			delete(out, name)
		}
	}
	return out
}

func (w *world) wantCounts(what string, got projections.Figures, want map[string]int) {
	w.t.Helper()
	if !reflect.DeepEqual(counts(got), want) {
		w.t.Errorf("%s: %v, want %v", what, counts(got), want)
	}
}

func TestFiguresCountEachOutcomeOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		begin := time.Now()
		well := w.endpoint("well", accepts)
		dead := w.endpoint("dead", gone)
		for range 5 {
			w.publish()
			w.later(time.Second)
		}
		want := map[string]int{"accepted": 5, "delivered": 5, "failed": 1, "attempts": 6, "attempts failed": 1, "skipped": 4}
		s := w.stats(begin, nil)
		w.wantCounts("open", s.Total, want)
		if *s.Total.SuccessRate != 5.0/6 || s.Total.Causes[domain.CauseOfStatus(410)] != 1 || s.Total.SkipReasons[domain.SkippedGone] != 4 {
			t.Errorf("%+v", s.Total)
		}
		if s.Now.Failed != 1 || s.Now.Pending+s.Now.Retrying != 0 {
			t.Errorf("now %+v", s.Now)
		}
		if len(s.Endpoints) != 2 || s.Endpoints[0].EndpointID != dead || s.Endpoints[1].EndpointID != well || s.Endpoints[0].Last.Outcome != "failed" {
			t.Errorf("endpoints %+v", s.Endpoints)
		}
		if len(s.EventTypes) != 1 || s.EventTypes[0].EventType != "card_issued" {
			t.Errorf("types %+v", s.EventTypes)
		}
		w.publish()
		w.later(time.Second)
		want = map[string]int{"accepted": 6, "delivered": 6, "failed": 1, "attempts": 7, "attempts failed": 1, "skipped": 5}
		w.wantCounts("after one more", w.stats(begin, nil).Total, want)
		one := w.stats(begin, func(f *projections.StatsFilter) { f.EndpointID = well })
		w.wantCounts("of one endpoint", one.Total, map[string]int{"delivered": 6, "attempts": 6})
		w.wantCounts("of its user", w.stats(begin, func(f *projections.StatsFilter) { f.UserID = usr }).Total, want)
		w.wantCounts("of another user", w.stats(begin, func(f *projections.StatsFilter) { f.UserID = "usr_2" }).Total, map[string]int{})
		w.wantCounts("of another type", w.stats(begin, func(f *projections.StatsFilter) { f.EventType = "x" }).Total, map[string]int{})

		w.later(3 * time.Hour)
		if n := w.unrolled(); n != 0 {
			t.Fatalf("%d hours are not rolled up", n)
		}
		w.wantCounts("rolled up", w.stats(begin, nil).Total, want)
		w.rebuild()
		w.wantCounts("after a rebuild under way", w.stats(begin, nil).Total, want)
		w.reopen(true)
		w.wantCounts("after a rebuild", w.stats(begin, nil).Total, want)
		w.later(2 * time.Minute)
		if n := w.unrolled(); n != 0 {
			t.Fatalf("%d hours are not rolled up after the rebuild", n)
		}
		w.wantCounts("after a rebuild, rolled up", w.stats(begin, nil).Total, want)
	})
}

// unrolled is how many hours of the service's journal are not rolled up, but for the one that is now.
func (w *world) unrolled() int {
	w.t.Helper()
	g, err := w.store.Views().Current(w.t.Context())
	w.must(err)
	rows, err := w.store.Views().List(w.t.Context(), g, projections.ListQuery{
		View: projections.ViewJournal, List: "unrolled", To: time.Now().UTC().Add(-time.Hour).Format("2006010215") + "~", Limit: 100,
	})
	w.must(err)
	return len(rows)
}

func TestALateFactIsRolledUpAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		begin := time.Now()
		w.endpoint("well", accepts)
		w.publish()
		w.later(2 * time.Hour)
		w.wantCounts("rolled up", w.stats(begin, nil).Total, map[string]int{"accepted": 1, "delivered": 1, "attempts": 1})
		late := domain.PrefixMessage + w.id()
		l := eventlog.New(w.store, domain.Events(), w.sealer, func() time.Time { return begin.Add(time.Minute) }, w.id)
		_, err := eventlog.Execute(w.t.Context(), l, domain.MessageStream(svc, late), domain.PublishMessage{
			Test: true, UserID: usr, Payload: []byte("1"), PayloadKey: domain.PayloadKey(svc, usr, begin),
		}, eventlog.Cause{Actor: "admin", CorrelationID: "req"})
		w.must(err)
		want := map[string]int{"accepted": 2, "delivered": 1, "attempts": 1}
		w.wantCounts("before it is rolled up again", w.stats(begin, nil).Total, want)
		w.later(3 * time.Minute)
		if n := w.unrolled(); n != 0 {
			t.Fatalf("%d hours are not rolled up", n)
		}
		w.wantCounts("rolled up again", w.stats(begin, nil).Total, want)
	})
}

func TestFiguresSurviveACrash(t *testing.T) {
	inWorld(t, func(w *world) {
		begin := time.Now()
		w.endpoint("well", accepts)
		w.endpoint("busy", fails)
		for range 3 {
			w.publish()
			w.later(700 * time.Millisecond)
			w.stats(begin, nil)
		}
		before := counts(w.stats(begin, nil).Total)
		w.crash()
		for range 3 {
			if after := counts(w.stats(begin, nil).Total); !reflect.DeepEqual(after, before) {
				t.Fatalf("after the crash %v, before %v", after, before)
			}
			w.settle()
		}
		w.publish()
		w.later(time.Second)
		if got := w.stats(begin, nil).Total; *got.Accepted != 4 || got.Delivered != 4 {
			t.Errorf("%v", counts(got))
		}
	})
}

func TestLatencyIsFromAcceptanceToTheAnswer(t *testing.T) {
	inWorld(t, func(w *world) {
		begin, n := time.Now(), 0
		w.endpoint("busy once", func(a domain.Attempt) domain.Report {
			if n++; n == 1 {
				return fails(a)
			}
			return domain.Report{StatusCode: 200, Duration: 2 * time.Second}
		})
		w.publish()
		w.later(time.Minute)
		s := w.stats(begin, nil)
		if p := s.Total.Latency.P50; p == nil || *p < 5000 || *p > 7000 {
			t.Errorf("5 s after the failure and 2 s of the answer are about %v ms", p)
		}
		total := 0
		for _, c := range s.LatencyCounts {
			total += c
		}
		if total != 1 || len(s.LatencyCounts) != len(s.LatencyBounds)+1 {
			t.Errorf("cells %v", s.LatencyCounts)
		}
	})
}

func TestABucketShowsWhatOfItHasNotEnded(t *testing.T) {
	inWorld(t, func(w *world) {
		begin := time.Now()
		var well atomic.Bool
		w.endpoint("well", accepts)
		w.endpoint("ill", func(a domain.Attempt) domain.Report {
			if well.Load() {
				return accepts(a)
			}
			return fails(a)
		})
		open := func() (all int, first int) {
			s := w.stats(begin, nil)
			for _, b := range s.Buckets {
				all += b.Open
			}
			return all, s.Buckets[0].Open
		}
		w.publish()
		w.publish()
		w.later(time.Second)
		if all, first := open(); all != 2 || first != 2 {
			t.Errorf("%d open, %d of the first hour", all, first)
		}
		well.Store(true)
		w.later(2 * time.Hour)
		if all, _ := open(); all != 0 {
			t.Errorf("all ended, and %d are open", all)
		}
	})
}
