package projections_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/infra/pebble"
	"webplug/projections"
)

// stream is a home whose log pushes its records: batches over views of its own, and queries over these.
type stream struct {
	w          *world
	views      *faultyViews
	batches    *projections.Batches
	queries    *projections.Queries
	generation projections.Generation
}

// faultyViews fail as they are told.
type faultyViews struct {
	projections.Views
	fail func([]projections.Row) error
}

func (v *faultyViews) Apply(ctx context.Context, g projections.Generation, rows []projections.Row, at eventlog.Position) error {
	if v.fail != nil {
		if err := v.fail(rows); err != nil {
			return err
		}
	}
	return v.Views.Apply(ctx, g, rows, at)
}

// pushed makes such a home beside the world's, over the same log. Nothing is projected yet.
func (w *world) pushed() *stream {
	w.t.Helper()
	logger := slog.New(slog.DiscardHandler)
	store, err := pebble.Open(w.t.Context(), pebble.Options{Dir: "views", FS: vfs.NewMem(), VirtualTime: true, Logger: logger})
	w.must(err)
	w.t.Cleanup(func() { w.may(store.Close()) })
	s := &stream{w: w, views: &faultyViews{Views: store.Views()}}
	s.batches = projections.NewBatches(w.log, s.views, time.Now, logger)
	s.generation, err = s.batches.Open(w.t.Context(), none{}, false)
	w.must(err)
	s.queries = projections.NewQueriesOf(w.log, s.views, s.batches, func(context.Context) error { return nil })
	return s
}

// none is a log without records.
type none struct{}

func (none) Scan(context.Context, eventlog.Checkpoint) iter.Seq2[eventlog.ScanPage, error] {
	return func(func(eventlog.ScanPage, error) bool) {}
}

// records is the whole log, as a stream would give it anew.
func (w *world) records() []eventlog.Record {
	w.t.Helper()
	var out []eventlog.Record
	for page, err := range w.store.Scan(w.t.Context(), "") {
		w.must(err)
		for _, r := range page.Records {
			out = append(out, r.Forget())
		}
	}
	return out
}

func (s *stream) take(records []eventlog.Record) {
	s.w.t.Helper()
	if done, err := s.batches.Take(s.w.t.Context(), records); err != nil || done != len(records) {
		s.w.t.Fatalf("%d of %d records are done: %v", done, len(records), err)
	}
}

// lists is all that the API's lists give, as text.
func lists(t *testing.T, q *projections.Queries) string {
	t.Helper()
	ctx, all := t.Context(), projections.PageRequest{Limit: 100}
	text := ""
	show := func(name string, page any, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b, err := json.Marshal(page, json.Deterministic(true))
		if err != nil {
			t.Fatal(err)
		}
		text += name + " " + string(b) + "\n"
	}
	services, err := q.Services(ctx, all)
	show("services", services.Data, err)
	users, err := q.Users(ctx, svc, projections.UserFilter{}, all)
	show("users", users.Data, err)
	types, err := q.EventTypes(ctx, svc, projections.EventTypeFilter{}, all)
	show("types", types.Data, err)
	endpoints, err := q.Endpoints(ctx, svc, projections.EndpointFilter{}, all)
	show("endpoints", endpoints.Data, err)
	subscriptions, err := q.Subscriptions(ctx, svc, projections.SubscriptionFilter{EventTypeID: typ}, all)
	show("subscriptions", subscriptions.Data, err)
	for _, status := range []domain.DeliveryStatus{"", domain.Pending, domain.Retrying, domain.Failed, domain.Delivered, domain.Discarded} {
		messages, err := q.Messages(ctx, svc, projections.MessageFilter{Status: status}, all)
		show("messages "+string(status), messages.Data, err)
	}
	dead, err := q.DeadLetters(ctx, svc, projections.DeliveryFilter{}, all)
	show("dead letters", dead.Data, err)
	history, err := q.History(ctx, svc, projections.HistoryFilter{}, all)
	ids := make([]string, 0, len(history.Data))
	for _, r := range history.Data {
		ids = append(ids, r.ID)
	}
	show("history", ids, err)
	return text
}

// busyWorld has webhooks of every fate.
func busyWorld(w *world) {
	w.endpoint("happy", accepts)
	flaky := w.endpoint("flaky", fails)
	w.endpoint("gone", gone)
	for range 3 {
		w.publish()
		w.later(time.Second)
	}
	m := w.publish()
	w.later(time.Minute)
	message, err := eventlog.Load[domain.Message](w.t.Context(), w.log, domain.MessageStream(svc, m))
	w.must(err)
	w.do(eventlog.On(domain.DeliveryStream(svc, m, flaky), domain.DiscardDelivery{Message: message.State, EndpointID: flaky}))
	w.do(eventlog.On(domain.EndpointStream(svc, flaky), domain.PauseEndpoint{Reason: domain.PausedManually}))
	w.later(time.Hour)
	w.publish()
	w.later(time.Second)
}

func TestBatchesMakeTheSameListsInWhateverOrderAndNumberRecordsCome(t *testing.T) {
	inWorld(t, func(w *world) {
		busyWorld(w)
		want := lists(t, w.queries)
		records := w.records()
		if len(records) < 25 {
			t.Fatalf("only %d records", len(records))
		}
		for seed := range uint64(5) {
			random := rand.New(rand.NewPCG(1, seed))
			shuffled := slices.Concat(records, records[:len(records)/3])
			random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			s := w.pushed()
			for len(shuffled) > 0 {
				n := min(len(shuffled), 1+random.IntN(9))
				s.take(shuffled[:n])
				shuffled = shuffled[n:]
			}
			if got := lists(t, s.queries); got != want {
				t.Fatalf("seed %d:\n%s\nwant\n%s", seed, got, want)
			}
		}
	})
}

func TestAScanCatchesUpWhatTheStreamHasLost(t *testing.T) {
	inWorld(t, func(w *world) {
		busyWorld(w)
		s := w.pushed()
		w.must(s.batches.CatchUp(t.Context(), w.store))
		if got, want := lists(t, s.queries), lists(t, w.queries); got != want {
			t.Fatalf("%s\nwant\n%s", got, want)
		}
	})
}

func TestWhatIsDeliveredAtOnceHasNoRow(t *testing.T) {
	inWorld(t, func(w *world) {
		w.endpoint("happy", accepts)
		w.publish()
		w.later(time.Second)
		s := w.pushed()
		s.views.fail = func(rows []projections.Row) error {
			for _, r := range rows {
				if r.View == projections.ViewDeliveries {
					t.Errorf("a row of %s", r.ID)
				}
			}
			return nil
		}
		s.take(w.records())
	})
}

// A batch that cannot be written comes again from its first record on, one that can in part from there.
func TestABatchThatCannotBeTakenComesAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		busyWorld(w)
		s, records := w.pushed(), w.records()
		calls := 0
		s.views.fail = func([]projections.Row) error {
			if calls++; calls%2 == 1 {
				return fmt.Errorf("throttled: %w", eventlog.ErrUnavailable)
			}
			return nil
		}
		for len(records) > 0 {
			done, err := s.batches.Take(t.Context(), records[:min(7, len(records))])
			if err != nil && !errors.Is(err, eventlog.ErrUnavailable) {
				t.Fatal(err)
			}
			if calls > 200 {
				t.Fatal("it does not come to an end")
			}
			records = records[done:]
			if calls > 20 {
				s.views.fail = nil
			}
		}
		if got, want := lists(t, s.queries), lists(t, w.queries); got != want {
			t.Fatalf("%s\nwant\n%s", got, want)
		}
	})
}

func TestPoisonIsParkedAndCountsAsDone(t *testing.T) {
	inWorld(t, func(w *world) {
		w.poison(domain.UserStream(svc, usr), nextSchema{Name: "new"})
		s := w.pushed()
		s.take(w.records())
		stuck, err := s.queries.Stuck(t.Context(), projections.PageRequest{Limit: 10})
		w.must(err)
		if len(stuck.Data) != 1 || stuck.Data[0].Stream != domain.UserStream(svc, usr).String() || stuck.Data[0].Version != 2 {
			t.Fatalf("stuck: %+v", stuck.Data)
		}
		services, err := s.queries.Services(t.Context(), projections.PageRequest{Limit: 10})
		if err != nil || len(services.Data) != 1 {
			t.Fatalf("the rest did not go on: %+v, %v", services, err)
		}
		if err := s.queries.RetryStuck(t.Context(), stuck.Data[0].ID); !errors.Is(err, domain.Refuse(domain.Conflict, "", "")) {
			t.Fatalf("a retry in vain gives %v", err)
		}
	})
}

func TestWhatCannotBeParkedFailsTheBatch(t *testing.T) {
	inWorld(t, func(w *world) {
		w.poison(domain.UserStream(svc, usr), nextSchema{Name: "new"})
		s := w.pushed()
		s.views.fail = func(rows []projections.Row) error {
			if len(rows) > 0 && rows[0].View == projections.ViewStuck {
				return fmt.Errorf("throttled: %w", eventlog.ErrUnavailable)
			}
			return nil
		}
		if done, err := s.batches.Take(t.Context(), w.records()); done != 0 || !errors.Is(err, eventlog.ErrUnavailable) {
			t.Fatalf("%d are done, %v", done, err)
		}
	})
}

// A row that its store never takes is that stream's fault alone.
func TestARowThatIsTooLargeIsParked(t *testing.T) {
	inWorld(t, func(w *world) {
		s := w.pushed()
		s.views.fail = func(rows []projections.Row) error {
			for _, r := range rows {
				if r.View == projections.ViewEventTypes {
					return fmt.Errorf("%s: %w", r.ID, eventlog.ErrTooLarge)
				}
			}
			return nil
		}
		s.take(w.records())
		stuck, err := s.queries.Stuck(t.Context(), projections.PageRequest{Limit: 10})
		if err != nil || len(stuck.Data) != 1 || stuck.Data[0].Stream != domain.EventTypeStream(svc, typ).String() {
			t.Fatalf("stuck: %+v, %v", stuck.Data, err)
		}
		s.views.fail = nil
		w.must(s.queries.RetryStuck(t.Context(), stuck.Data[0].ID))
		if got, want := lists(t, s.queries), lists(t, w.queries); got != want {
			t.Fatalf("%s\nwant\n%s", got, want)
		}
	})
}

func TestWhatIsAwaitedIsFoundAgainAfterAStart(t *testing.T) {
	inWorld(t, func(w *world) {
		happy := w.endpoint("happy", accepts)
		w.publish()
		w.later(time.Second)
		hold := make(chan struct{})
		slow := w.endpoint("slow", func(a domain.Attempt) domain.Report { <-hold; return accepts(a) })
		defer close(hold)
		m := w.publish()
		w.later(time.Second)
		s := w.pushed()
		s.take(w.records())
		awaiting := projections.NewAwaiting(w.log, s.views, s.queries, time.Now)
		w.must(awaiting.Fill(t.Context(), s.generation))
		due, err := awaiting.Due(t.Context(), svc, slow, 10)
		if err != nil || len(due) != 1 || due[0].Message != m || due[0].Plan != 0 {
			t.Fatalf("due: %+v, %v", due, err)
		}
		if due, err := awaiting.Due(t.Context(), svc, happy, 10); err != nil || len(due) != 0 {
			t.Fatalf("what was delivered is due: %+v, %v", due, err)
		}
		w.later(time.Hour)
		w.must(awaiting.Save(t.Context(), s.generation))
		again := projections.NewAwaiting(w.log, s.views, s.queries, time.Now)
		w.must(again.Fill(t.Context(), s.generation))
		if again.Count() != 1 {
			t.Fatalf("%d are awaited after a start", again.Count())
		}
	})
}

func TestRoutesAreWhatTheDirectoryInMemoryKnows(t *testing.T) {
	inWorld(t, func(w *world) {
		busyWorld(w)
		s := w.pushed()
		s.take(w.records())
		d := projections.NewConsistentDirectory(w.log, s.views, time.Now)
		for _, user := range []string{"", usr} {
			a, err := projections.RouteFirst(t.Context(), w.projector.Directory(), svc, typ, user, time.Now())
			w.must(err)
			b, err := projections.RouteFirst(t.Context(), d, svc, typ, user, time.Now())
			w.must(err)
			if fmt.Sprint(a) != fmt.Sprint(b) || len(a.Targets) == 0 || len(a.Skipped) == 0 {
				t.Fatalf("routed to %+v, want %+v", b, a)
			}
		}
	})
}
