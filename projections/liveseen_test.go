package projections_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"webplug/domain/eventlog"
	"webplug/projections"
)

// several are processes that write the same rows, and one that reads them.
func (s *stream) several(n int) (writers []*projections.Batches) {
	s.w.t.Helper()
	for range n {
		writers = append(writers, projections.NewSharedBatches(s.w.log, s.views, time.Now, slog.New(slog.DiscardHandler)))
	}
	s.queries = projections.NewRemoteQueries(s.w.log, s.views, nil, time.Now)
	return writers
}

// A writer that began before another may be done after it: its page then lies before what a reader has passed.
func TestALiveCursorMissesNothingOfTwoWriters(t *testing.T) {
	inWorld(t, func(w *world) {
		busyWorld(w)
		s, records := w.pushed(), w.ofService()
		writers := s.several(2)
		w.later(time.Second)
		_, cursor := s.live("")

		hold, held := make(chan struct{}), make(chan struct{}, 1)
		s.views.fail = func(rows []projections.Row) error {
			if slices.ContainsFunc(rows, func(r projections.Row) bool { return r.View == projections.ViewJournal }) {
				s.views.fail = nil // the first alone
				held <- struct{}{}
				<-hold
			}
			return nil
		}
		slow := make(chan error, 1)
		go func() { _, err := writers[0].Take(context.WithoutCancel(w.t.Context()), records[:10]); slow <- err }()
		<-held
		w.later(10 * time.Second)
		if _, err := writers[1].Take(w.t.Context(), records[10:20]); err != nil {
			w.t.Fatal(err)
		}
		got, cursor := s.live(cursor)
		wantOnce(w.t, "before the slow writer is done", got, w.idsOf(records[10:20]))

		w.later(20 * time.Second)
		close(hold)
		w.must(<-slow)
		got, cursor = s.live(cursor)
		wantOnce(w.t, "after that", got, w.idsOf(records[:10]))

		w.later(5 * time.Minute)
		got, cursor = s.live(cursor)
		wantOnce(w.t, "when nothing has come", got, nil)
		w.take(writers[0], records[20:])
		got, _ = s.live(cursor)
		wantOnce(w.t, "minutes later", got, w.idsOf(records[20:]))
	})
}

func (w *world) take(b *projections.Batches, records []eventlog.Record) {
	w.t.Helper()
	_, err := b.Take(w.t.Context(), records)
	w.must(err)
}

// A page of the answer may end within a page of the journal, and late ones come in between.
func TestALiveCursorGoesOnWithinAPage(t *testing.T) {
	inWorld(t, func(w *world) {
		busyWorld(w)
		s, records := w.pushed(), w.ofService()
		writers := s.several(2)
		_, cursor := s.live("")
		var all []string
		for i := 0; i < len(records); i += 10 {
			w.take(writers[i/10%2], records[i:min(i+10, len(records))])
			page, err := s.queries.Live(w.t.Context(), svc, projections.LiveFilter{}, projections.LiveRequest{Cursor: cursor, Limit: 3})
			w.must(err)
			for _, e := range page.Data {
				all = append(all, e.ID)
			}
			cursor = page.Next
		}
		got, _ := s.live(cursor)
		wantOnce(w.t, "in all", append(all, got...), w.idsOf(records))
	})
}

// A cursor fits into a URL, however much arrives.
func TestALiveCursorStaysShort(t *testing.T) {
	inWorld(t, func(w *world) {
		for range 400 {
			w.publish()
		}
		s, records := w.pushed(), w.ofService()
		writers := s.several(2)
		_, cursor := s.live("")
		for i := range records {
			w.take(writers[i%2], records[i:i+1])
		}
		got, cursor := s.live(cursor)
		if len(got) < 400 || len(cursor) > 4000 {
			w.t.Errorf("%d events, a cursor of %d characters", len(got), len(cursor))
		}
		got, _ = s.live(cursor)
		wantOnce(w.t, "then", got, nil)
	})
}
