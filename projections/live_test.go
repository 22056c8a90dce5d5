package projections_test

import (
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// live reads the feed on from a cursor until there is nothing more, and gives the events' ids.
func (w *world) live(cursor string, f projections.LiveFilter) (ids []string, next string) {
	w.t.Helper()
	for {
		page, err := w.queries.Live(w.t.Context(), svc, f, projections.LiveRequest{Cursor: cursor, Limit: 3, Eager: true})
		w.must(err)
		for _, e := range page.Data {
			ids = append(ids, e.ID)
		}
		if page.Next == cursor || len(page.Data) == 0 {
			return ids, page.Next
		}
		cursor = page.Next
	}
}

// messages are the ids of the events that accepted messages, oldest first.
func (w *world) acceptances() []string {
	w.t.Helper()
	page, err := w.queries.History(w.t.Context(), svc, projections.HistoryFilter{Type: "MessageAccepted"}, projections.PageRequest{Limit: 100})
	w.must(err)
	var ids []string
	for _, e := range page.Data {
		ids = append(ids, e.ID)
	}
	return ids
}

var accepted = projections.LiveFilter{Types: []string{"MessageAccepted"}}

func TestTheLiveFeedMissesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.endpoint("well", accepts)
		none, cursor := w.live("", accepted)
		if len(none) != 0 {
			t.Fatalf("it began with %v", none)
		}
		for range 5 {
			w.publish()
		}
		first, cursor := w.live(cursor, accepted)
		if want := w.acceptances(); !slices.Equal(first, want) {
			t.Fatalf("it gave %v, want %v", first, want)
		}
		again, _ := w.live(cursor, accepted)
		if len(again) != 0 {
			t.Fatalf("it gave %v twice", again)
		}
		w.later(8 * time.Hour)
		for range 5 {
			w.publish()
			w.later(time.Second)
		}
		upset := map[string]func(){
			"hours later": func() {}, "after a restart": func() { w.reopen(false) }, "after a crash": w.crash, "after a rebuild": func() { w.reopen(true) },
			"after a rebuild under way": w.rebuild,
		}
		for _, name := range []string{"hours later", "after a restart", "after a crash", "after a rebuild", "after a rebuild under way"} {
			upset[name]()
			got, _ := w.live(cursor, accepted)
			for _, id := range w.acceptances()[5:] {
				if !slices.Contains(got, id) {
					t.Errorf("%s it misses %s of %v", name, id, got)
				}
			}
			if name == "hours later" && len(got) != 5 {
				t.Errorf("%s it gave %v", name, got)
			}
		}
	})
}

// An event that is committed after another may bear an earlier time: it was made before, and waited.
func TestTheLiveFeedGivesWhatComesLate(t *testing.T) {
	inWorld(t, func(w *world) {
		begin := time.Now()
		w.later(time.Hour)
		w.publish()
		_, cursor := w.live("", accepted)
		late := eventlog.New(w.store, domain.Events(), w.sealer, func() time.Time { return begin }, w.id)
		_, err := eventlog.Execute(w.t.Context(), late, domain.MessageStream(svc, domain.PrefixMessage+w.id()), domain.PublishMessage{
			Test: true, UserID: usr, Payload: []byte("1"), PayloadKey: domain.PayloadKey(svc, usr, begin),
		}, eventlog.Cause{Actor: "admin", CorrelationID: "req"})
		w.must(err)
		if got, _ := w.live(cursor, accepted); len(got) != 1 {
			t.Errorf("it gave %v", got)
		}
	})
}

func TestTheLiveFeedWaits(t *testing.T) {
	inWorld(t, func(w *world) {
		_, cursor := w.live("", accepted)
		begin := time.Now()
		ask := projections.LiveRequest{Cursor: cursor, Limit: 10, Wait: 10 * time.Second}
		page, err := w.queries.Live(w.t.Context(), svc, accepted, ask)
		w.must(err)
		if took := time.Since(begin); len(page.Data) != 0 || took != 10*time.Second {
			t.Fatalf("after %s it gave %v", took, page.Data)
		}
		begin = time.Now()
		go func() {
			time.Sleep(3 * time.Second)
			w.publish()
		}()
		ask.Cursor = page.Next
		page, err = w.queries.Live(w.t.Context(), svc, accepted, ask)
		w.must(err)
		if took := time.Since(begin); len(page.Data) != 1 || took > 4*time.Second {
			t.Errorf("after %s it gave %v", took, page.Data)
		}
		_, err = w.queries.Live(w.t.Context(), "svc_2", accepted, ask)
		if !errors.Is(err, &domain.Error{Kind: domain.Invalid, Field: "cursor"}) {
			t.Errorf("a cursor of another service: %v", err)
		}
	})
}

func TestAKeysLastUseIsWrittenOnceAnHourAndSurvivesARebuild(t *testing.T) {
	inWorld(t, func(w *world) {
		ctx, logger := w.t.Context(), slog.New(slog.DiscardHandler)
		const key = "key_00000000000000000000000009"
		uses := projections.NewKeyUses(w.store.Views(), logger)
		use := func() projections.KeyUse {
			return projections.KeyUse{At: time.Now().UTC(), From: "10.0.0.1", Call: "GET /x"}
		}
		stored := func() time.Time {
			u, _, err := projections.NewKeyUses(w.store.Views(), logger).Of(ctx, key)
			w.must(err)
			return u.At
		}
		first := use()
		uses.Note(ctx, key, first)
		w.later(59 * time.Minute)
		second := use()
		uses.Note(ctx, key, second)
		if got, ok, err := uses.Of(ctx, key); err != nil || !ok || got != second {
			t.Errorf("the newest is %+v, %v", got, err)
		}
		if !stored().Equal(first.At) {
			t.Errorf("it was written again within the hour: %s", stored())
		}
		w.later(time.Minute)
		third := use()
		uses.Note(ctx, key, third)
		if !stored().Equal(third.At) {
			t.Errorf("after an hour %s is written", stored())
		}
		w.reopen(true)
		if !stored().Equal(third.At) {
			t.Errorf("after a rebuild it is %s", stored())
		}
	})
}
