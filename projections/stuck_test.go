package projections_test

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// tomorrow is an event that today's program does not know.
type tomorrow struct{}

func (tomorrow) EventType() string { return "InventedTomorrow" }

// nextSchema is UserUpdated as a newer program would store it.
type nextSchema struct {
	Name string `json:"name"`
}

func (nextSchema) EventType() string { return "UserUpdated" }

// newer is a log of a newer program over the same store.
func (w *world) newer() *eventlog.Log {
	w.t.Helper()
	sealer, err := eventlog.NewSealer(w.store, make([]byte, 32), zeros{})
	w.must(err)
	same := func(v jsontext.Value) (jsontext.Value, error) { return v, nil }
	return eventlog.New(w.store, eventlog.NewRegistry(
		eventlog.Define[tomorrow](), eventlog.Define[nextSchema](same), eventlog.Define[domain.UserRegistered](),
	), sealer, time.Now, w.id)
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// anything is a state that takes every event.
type anything struct{}

func (a anything) Evolve(eventlog.Recorded) anything { return a }

type add struct{ event eventlog.Event }

func (a add) Decide(anything) ([]eventlog.Event, error) { return []eventlog.Event{a.event}, nil }

func (w *world) poison(s eventlog.Stream, e eventlog.Event) {
	w.t.Helper()
	_, err := eventlog.Execute(w.t.Context(), w.newer(), s, add{e}, eventlog.Cause{Actor: "newer", CorrelationID: "req"})
	w.must(err)
	w.settle()
}

func (w *world) stuck() []projections.StuckRow {
	w.t.Helper()
	page, err := w.queries.Stuck(w.t.Context(), projections.PageRequest{Limit: 10})
	w.must(err)
	return page.Data
}

func TestPoisonStopsNothingElse(t *testing.T) {
	for name, poison := range map[string]eventlog.Event{"an unknown type": tomorrow{}, "a newer schema": nextSchema{"x"}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				ep := w.endpoint("ok", accepts)
				w.poison(domain.UserStream(svc, usr), poison)
				stuck := w.stuck()
				if len(stuck) != 1 || stuck[0].Version != 2 || stuck[0].Stream != domain.UserStream(svc, usr).String() || stuck[0].Tries != 1 {
					t.Fatalf("stuck: %+v", stuck)
				}
				other := domain.PrefixUser + w.id()
				w.do(eventlog.On(domain.UserStream(svc, other), domain.RegisterUser{Name: "grace"}))
				msg := w.publish()
				w.later(time.Second)
				w.wantStatus(msg, ep, domain.Delivered)
				users, err := w.queries.Users(t.Context(), svc, projections.UserFilter{}, projections.PageRequest{Limit: 10})
				if err != nil || len(users.Data) != 2 || users.Data[0].ID != other {
					t.Fatalf("users: %+v, %v", users.Data, err)
				}
			})
		})
	}
}

func TestStuckIsRememberedAndTriedAgain(t *testing.T) {
	inWorld(t, func(w *world) {
		s := domain.UserStream(svc, usr)
		w.poison(s, tomorrow{})
		w.reopen(false)
		stuck := w.stuck()
		if len(stuck) != 1 {
			t.Fatalf("after a restart: %+v", stuck)
		}
		if err := w.queries.RetryStuck(t.Context(), stuck[0].ID); err == nil {
			t.Fatal("it is no longer stuck, and the event is as unknown as before")
		}
		if again := w.stuck(); len(again) != 1 || again[0].Tries != 2 || !again[0].Since.Equal(stuck[0].Since) {
			t.Fatalf("after a retry: %+v", again)
		}
		w.knows = eventlog.NewRegistry(append(known(), eventlog.Define[tomorrow]())...)
		w.reopen(false) // as the newer program
		w.must(w.queries.RetryStuck(t.Context(), stuck[0].ID))
		if left := w.stuck(); len(left) != 0 {
			t.Fatalf("still stuck: %+v", left)
		}
		page, err := w.queries.History(t.Context(), svc, projections.HistoryFilter{Stream: s.String()}, projections.PageRequest{Limit: 10})
		if err != nil || len(page.Data) != 2 {
			t.Fatalf("history: %+v, %v", page.Data, err)
		}
		if err := w.queries.RetryStuck(t.Context(), stuck[0].ID); err == nil {
			t.Fatal("what is not stuck was tried again")
		}
	})
}

func TestPoisonInARebuild(t *testing.T) {
	inWorld(t, func(w *world) {
		w.poison(domain.UserStream(svc, usr), tomorrow{})
		w.reopen(true)
		if stuck := w.stuck(); len(stuck) != 1 {
			t.Fatalf("after a rebuild: %+v", stuck)
		}
		types, err := w.queries.EventTypes(t.Context(), svc, projections.EventTypeFilter{}, projections.PageRequest{Limit: 10})
		if err != nil || len(types.Data) != 1 {
			t.Fatalf("event types: %+v, %v", types.Data, err)
		}
	})
}

// known is every definition that today's program has.
func known() []eventlog.Definition {
	r := domain.Events()
	var out []eventlog.Definition
	for _, name := range r.Names() {
		d, _ := r.Definition(name)
		out = append(out, d)
	}
	return out
}
