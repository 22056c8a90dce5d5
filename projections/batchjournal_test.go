package projections_test

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"testing"
	"time"

	"webplug/domain/eventlog"
	"webplug/projections"
)

// restart is another process over the same rows, a moment later.
func (s *stream) restart() {
	s.w.t.Helper()
	s.w.later(time.Second)
	s.batches = projections.NewBatches(s.w.log, s.views, time.Now, slog.New(slog.DiscardHandler))
	_, err := s.batches.Open(s.w.t.Context(), none{}, false)
	s.w.must(err)
	s.queries = projections.NewQueriesOf(s.w.log, s.views, s.batches, func(context.Context) error { return nil })
}

// live reads the feed on from a cursor.
func (s *stream) live(cursor string) (ids []string, next string) {
	s.w.t.Helper()
	w := &world{t: s.w.t, queries: s.queries}
	return w.live(cursor, projections.LiveFilter{})
}

// figures are a service's since a time, without what tells no more than when it was asked.
func (s *stream) figures(since time.Time) projections.Stats {
	s.w.t.Helper()
	w := &world{t: s.w.t, queries: s.queries}
	return w.stats(since, nil)
}

func (w *world) decoded(r eventlog.Record) eventlog.Recorded {
	w.t.Helper()
	d, err := w.log.Decode(r)
	w.must(err)
	return d
}

func (w *world) idsOf(records []eventlog.Record) (ids []string) {
	w.t.Helper()
	for _, r := range records {
		ids = append(ids, w.decoded(r).ID)
	}
	return ids
}

// ofService are the records that the service's feed shows, in order of time.
func (w *world) ofService() []eventlog.Record {
	records := slices.DeleteFunc(w.records(), func(r eventlog.Record) bool { return r.Stream.Service != svc })
	slices.SortStableFunc(records, func(a, b eventlog.Record) int { return w.decoded(a).Time.Compare(w.decoded(b).Time) })
	return records
}

func wantOnce(t *testing.T, when string, got, want []string) {
	t.Helper()
	got, want = slices.Clone(got), slices.Clone(want)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s the feed gave\n%v\nwant\n%v", when, got, want)
	}
}

func TestTheLiveFeedOfBatchesGivesEachEventOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		busyWorld(w)
		s, records := w.pushed(), w.ofService()
		_, cursor := s.live("")
		s.take(records[:20])
		got, cursor := s.live(cursor)
		wantOnce(t, "at first", got, w.idsOf(records[:20]))

		s.restart()
		s.take(records[10:25]) // the one before had not noted what it had done
		got, cursor = s.live(cursor)
		wantOnce(t, "after a crash", got, w.idsOf(records[20:25]))

		w.later(time.Second)
		w.publish()
		w.later(time.Second)
		more := w.ofService()[len(records):]
		failing := true
		s.views.fail = func(rows []projections.Row) error {
			if failing && slices.ContainsFunc(rows, func(r projections.Row) bool { return r.View == projections.ViewJournal }) {
				failing = false
				half := rows[:(len(rows)+1)/2]
				w.must(s.views.Views.Apply(t.Context(), s.generation, half, 0))
				return eventlog.ErrUnavailable
			}
			return nil
		}
		all := slices.Concat(records[25:], more)
		if done, err := s.batches.Take(t.Context(), all); err == nil || done != 0 {
			t.Fatalf("%d are done, %v", done, err)
		}
		early, cursor := s.live(cursor)
		w.later(time.Millisecond)
		s.take(all)
		got, cursor = s.live(cursor)
		wantOnce(t, "after a write that was done in part", append(early, got...), w.idsOf(all))
		if got, _ := s.live(cursor); len(got) != 0 {
			t.Errorf("it gave %v again", got)
		}
	})
}

func TestTheLiveFeedOfBatchesDoesNotLookAtPagesThatAreBeingWritten(t *testing.T) {
	inWorld(t, func(w *world) {
		busyWorld(w)
		s, records := w.pushed(), w.ofService()
		_, cursor := s.live("")
		looked := false
		s.views.fail = func(rows []projections.Row) error {
			if looked || !slices.ContainsFunc(rows, func(r projections.Row) bool { return r.View == projections.ViewJournal }) {
				return nil
			}
			looked = true
			w.must(s.views.Views.Apply(t.Context(), s.generation, rows[1:], 0)) // the later ones are there first
			got, next := s.live(cursor)
			wantOnce(t, "meanwhile", got, nil)
			cursor = next
			return nil
		}
		s.take(records)
		got, _ := s.live(cursor)
		if wantOnce(t, "then", got, w.idsOf(records)); !looked {
			t.Error("no page was written")
		}
	})
}

func TestFiguresOfBatchesAreThoseOfTheProjector(t *testing.T) {
	inWorld(t, func(w *world) {
		begin := time.Now()
		busyWorld(w)
		records := w.ofService()
		late := slices.IndexFunc(records, func(r eventlog.Record) bool { return r.Stream.Leaf != "" })
		s, want := w.pushed(), w.stats(begin, nil)
		same := func(when string) {
			t.Helper()
			if got := s.figures(begin); !reflect.DeepEqual(got, want) {
				t.Errorf("%s they are\n%+v\nwant\n%+v", when, got, want)
			}
		}
		rolled := func() {
			t.Helper()
			_, err := s.batches.RollUp(t.Context())
			w.must(err)
		}
		s.take(slices.Delete(slices.Clone(records), late, late+1))
		w.later(3 * time.Hour)
		want = w.stats(begin, nil)
		rolled()
		s.take(records[late : late+1])
		same("with one that came after its hour was rolled up")
		rolled()
		same("rolled up again")

		t.Log("one that comes while its hour is being rolled up")
		s = w.pushed()
		s.take(slices.Delete(slices.Clone(records), late, late+1))
		came := false
		s.views.fail = func(rows []projections.Row) error {
			if !came && slices.ContainsFunc(rows, func(r projections.Row) bool { return r.View == projections.ViewStats }) {
				came = true
				s.take(records[late : late+1])
			}
			return nil
		}
		rolled()
		if same("while it was rolled up"); !came {
			t.Error("nothing was rolled up")
		}
		rolled()
		same("after that")
		s.take(records)
		same("when all came again")
	})
}
