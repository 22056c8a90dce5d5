package projections_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

func ignore(context.Context, int) error { return nil }

func (w *world) rebuild() {
	w.t.Helper()
	w.must(w.projector.Rebuild(w.t.Context(), w.store, w.store, ignore))
}

func (w *world) generation() projections.Generation {
	w.t.Helper()
	g, err := w.store.Views().Current(w.t.Context())
	w.must(err)
	return g
}

// past is a world's past with all that lists can show.
func (w *world) past() {
	w.t.Helper()
	w.endpoint("well", accepts)
	w.endpoint("down", unknown)
	w.lost(20)
	w.request(svc, domain.RequestJob{Kind: domain.JobDiscard, Filter: domain.DeadLetterFilter{Since: time.Now().Add(time.Hour)}})
	w.later(time.Second)
}

func TestReadModelsAreMadeAnewBesideTheOnesInUse(t *testing.T) {
	inWorld(t, func(w *world) {
		w.past()
		w.publish()
		w.later(time.Second) // one is retrying, and one waits for its flush
		before, old := w.everyList(), w.generation()
		var told atomic.Int64
		w.must(w.projector.Rebuild(w.t.Context(), w.store, w.store, func(_ context.Context, events int) error {
			told.Store(int64(events))
			return nil
		}))
		if after := w.everyList(); after != before {
			t.Fatalf("it gives other lists:\n%s\nthan\n%s", after, before)
		}
		if g := w.generation(); g == old || told.Load() < 100 {
			t.Fatalf("generation %d after %d, %d events", g, old, told.Load())
		}
		rows, err := w.store.Views().List(w.t.Context(), old, projections.ListQuery{View: projections.ViewServices, List: "services", Limit: 10})
		if err != nil || len(rows) != 0 {
			t.Fatalf("the old ones are left: %d rows, %v", len(rows), err)
		}
		t.Log("what comes after goes into the new ones")
		w.publish()
		w.later(48 * time.Hour)
		before = w.everyList()
		w.crash()
		if after := w.everyList(); after != before {
			t.Fatalf("after a crash there are other lists:\n%s\nthan\n%s", after, before)
		}
		w.reopen(true)
		if after := w.everyList(); after != before {
			t.Fatalf("made anew at a start they are\n%s\nnot\n%s", after, before)
		}
	})
}

func TestNoListIsShorterAndNoMessageUnroutedDuringARebuild(t *testing.T) {
	inWorld(t, func(w *world) {
		w.past()
		dead, err := w.queries.CountDeadLetters(w.t.Context(), svc, projections.DeliveryFilter{})
		w.must(err)
		w.do(eventlog.On(domain.EndpointStream(svc, w.endpoint("new", accepts)), domain.PauseEndpoint{Reason: domain.PausedManually}))
		start := time.Now()
		var stop atomic.Bool
		var acknowledged sync.Map // ids
		var count atomic.Int64
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for !stop.Load() && count.Load() < 400 {
					id := domain.PrefixMessage + w.id()
					if err := w.tryPublish(id); err != nil {
						t.Error(err)
						return
					}
					acknowledged.Store(id, true)
					count.Add(1)
				}
			})
		}
		looks := 0
		all.Go(func() {
			for !stop.Load() {
				looks++
				if err := w.wholeLists(dead, start, &count); err != nil {
					t.Error(err)
					return
				}
			}
		})
		for range 5 {
			w.rebuild()
		}
		stop.Store(true)
		all.Wait()
		w.later(time.Hour)
		n := 0
		acknowledged.Range(func(id, _ any) bool {
			n++
			trail, err := projections.LoadTrail(w.t.Context(), w.log, svc, id.(string))
			w.must(err)
			if m := trail.Message(); len(m.Accepted.Targets) != 2 || len(m.Accepted.Skipped) != 1 || trail.Row().Deliveries[domain.Delivered] != 1 {
				t.Errorf("a message was routed to %v, not to %v", m.Accepted.Targets, m.Accepted.Skipped)
			}
			return true
		})
		if n < 20 || looks < 5 {
			t.Fatalf("only %d messages and %d looks", n, looks)
		}
		before := w.rowLists()
		w.reopen(true)
		if after := w.rowLists(); after != before {
			t.Fatalf("made anew at a start the lists are\n%s\nnot\n%s", after, before)
		}
	})
}

// wholeLists says which list has less than it must.
func (w *world) wholeLists(dead int, start time.Time, acknowledged *atomic.Int64) error {
	ctx, one := w.t.Context(), projections.PageRequest{Limit: 100}
	least := int(acknowledged.Load())
	if n, err := w.queries.CountDeadLetters(ctx, svc, projections.DeliveryFilter{Until: start}); err != nil || n != dead {
		return fmt.Errorf("%d dead letters of %d, %w", n, dead, err)
	}
	if p, err := w.queries.Endpoints(ctx, svc, projections.EndpointFilter{}, one); err != nil || len(p.Data) != 3 {
		return fmt.Errorf("%d endpoints, %w", len(p.Data), err)
	}
	if p, err := w.queries.Users(ctx, svc, projections.UserFilter{}, one); err != nil || len(p.Data) != 1 {
		return fmt.Errorf("%d users, %w", len(p.Data), err)
	}
	if p, err := w.queries.Jobs(ctx, svc, projections.JobFilter{}, one); err != nil || len(p.Data) != 1 {
		return fmt.Errorf("%d jobs, %w", len(p.Data), err)
	}
	filter := projections.HistoryFilter{Type: "MessageAccepted", Since: start, NewestFirst: true}
	n, cursor := 0, ""
	for {
		p, err := w.queries.History(ctx, svc, filter, projections.PageRequest{Limit: 100, Cursor: cursor})
		if err != nil {
			return err
		}
		n += len(p.Data)
		if cursor = p.Next; cursor == "" || n >= least {
			break
		}
	}
	if n < least {
		return fmt.Errorf("%d messages in the history, %d were acknowledged", n, least)
	}
	return nil
}

func TestARebuildThatBreaksOffChangesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.past()
		before, old := w.everyList(), w.generation()
		enough := errors.New("enough")
		if err := w.projector.Rebuild(w.t.Context(), w.store, w.store, func(context.Context, int) error { return enough }); !errors.Is(err, enough) {
			t.Fatal(err)
		}
		if after := w.everyList(); after != before || w.generation() != old {
			t.Fatalf("it changed the lists:\n%s\nto\n%s", before, after)
		}
		w.rebuild()
		if after := w.everyList(); after != before {
			t.Fatalf("a second one changed the lists:\n%s\nto\n%s", before, after)
		}
	})
}

func TestARebuildIsAJob(t *testing.T) {
	inWorld(t, func(w *world) {
		w.past()
		old := w.generation()
		w.jobs.Rebuild = func(ctx context.Context, progress func(ctx context.Context, events int) error) error {
			return w.projector.Rebuild(ctx, w.store, w.store, progress)
		}
		id := w.request(eventlog.Above, domain.RequestJob{Kind: domain.JobRebuild})
		w.later(time.Minute)
		if j := w.job(eventlog.Above, id); j.Status != domain.JobStatusFinished || j.Progress.Done < 100 || w.generation() == old {
			t.Fatalf("%s (%s), %d events, generation %d", j.Status, j.Error, j.Progress.Done, w.generation())
		}
	})
}

func TestWhatDispatchSetAsideOutlivesARebuild(t *testing.T) {
	inWorld(t, func(w *world) {
		w.past()
		s := domain.DeliveryStream(svc, "msg_00000000000000000000000009", "ep_00000000000000000000000009")
		w.projector.Park(s, errors.New("a payload cannot be opened"))
		w.rebuild()
		page, err := w.queries.Stuck(w.t.Context(), projections.PageRequest{Limit: 10})
		if w.must(err); len(page.Data) != 1 || page.Data[0].Stream != s.String() || page.Data[0].Consumer != "dispatch" {
			t.Fatalf("%+v", page.Data)
		}
	})
}
