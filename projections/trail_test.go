package projections

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

var trailStart = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// recorded is an event of the message svc_1/msg_1, or of its leaf, some milliseconds after the start.
func recorded(leaf string, v eventlog.Version, afterMS int, cause string, e eventlog.Event) eventlog.Recorded {
	return eventlog.Recorded{
		ID: fmt.Sprintf("%s@%d", leaf, v), Stream: eventlog.Stream{Service: "svc_1", Root: "msg_1", Leaf: leaf},
		Version: v, Time: trailStart.Add(time.Duration(afterMS) * time.Millisecond), Actor: "key_1", CausationID: cause, Event: e,
	}
}

func given(events ...eventlog.Recorded) iter.Seq2[eventlog.Recorded, error] {
	return func(yield func(eventlog.Recorded, error) bool) {
		for _, r := range events {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func trailOf(t *testing.T, events ...eventlog.Recorded) MessageTrail {
	t.Helper()
	chunk, err := foldChunk(given(events...))
	if err != nil {
		t.Fatal(err)
	}
	return MessageTrail{service: "svc_1", chunks: []chunkTrail{chunk}}
}

func attempt(id string, code int) domain.AttemptRecord {
	a := domain.AttemptRecord{AttemptID: id, StatusCode: code, At: trailStart}
	if code >= 300 {
		a.Cause = domain.CauseOfStatus(code)
	}
	return a
}

func TestTrail(t *testing.T) {
	accepted := domain.MessageAccepted{
		EventTypeID: "typ_1", EventName: "card_issued", UserID: "usr_1", Targets: []string{"ep_1", "ep_3"},
		Skipped: []domain.Skip{{EndpointID: "ep_2", Reason: domain.SkippedPaused, By: "key_2", Since: trailStart}},
	}

	t.Run("a message that nobody has accepted does not exist", func(t *testing.T) {
		if trailOf(t).Message().Exists() {
			t.Fatal("it exists")
		}
	})

	t.Run("from the moment of acceptance every target is pending and every skipped one says why", func(t *testing.T) {
		trail := trailOf(t, recorded("", 1, 0, "req_1", accepted))
		row := trail.Row()
		if row.Status != domain.Pending || row.Deliveries[domain.Pending] != 2 || row.Deliveries[domain.Skipped] != 1 {
			t.Fatalf("the row is %+v", row)
		}
		if row.ID != "msg_1" || row.ServiceID != "svc_1" || *row.EventTypeID != "typ_1" || *row.UserID != "usr_1" || row.By != "key_1" {
			t.Fatalf("the row is %+v", row)
		}
		d := trail.Deliveries()
		if len(d) != 3 || *d[0].EndpointID != "ep_1" || *d[1].EndpointID != "ep_2" || *d[2].EndpointID != "ep_3" {
			t.Fatalf("the deliveries are %+v", d)
		}
		if d[0].Status != domain.Pending || !d[0].NextAttemptAt.Equal(trailStart) {
			t.Fatalf("a target is %+v", d[0])
		}
		if d[1].Status != domain.Skipped || *d[1].Reason != domain.SkippedPaused || *d[1].By != "key_2" {
			t.Fatalf("the skipped one is %+v", d[1])
		}
	})

	t.Run("the message shows the worst of its deliveries", func(t *testing.T) {
		trail := trailOf(t,
			recorded("", 1, 0, "req_1", accepted),
			recorded("ep_1", 1, 3, "@1", domain.DeliverySucceeded{AttemptRecord: attempt("a", 200)}),
			recorded("ep_3", 1, 2, "@1", domain.DeliveryFailed{AttemptRecord: attempt("b", 503)}),
		)
		row := trail.Row()
		if row.Status != domain.Failed || row.Deliveries[domain.Delivered] != 1 || row.Deliveries[domain.Failed] != 1 {
			t.Fatalf("the row is %+v", row)
		}
		if d, ok := trail.Delivery("ep_3"); !ok || d.Cause != "http_503" {
			t.Fatalf("ep_3 is %+v, %t", d, ok)
		}
		if _, ok := trail.Delivery("ep_2"); ok {
			t.Fatal("a skipped endpoint has a delivery")
		}
	})

	t.Run("no endpoint at all is one skipped row without endpoint", func(t *testing.T) {
		trail := trailOf(t, recorded("", 1, 0, "", domain.MessageAccepted{
			EventName: "x", Skipped: []domain.Skip{{Reason: domain.SkippedNoSubscription}},
		}))
		d := trail.Deliveries()
		if len(d) != 1 || d[0].EndpointID != nil || *d[0].Reason != domain.SkippedNoSubscription || trail.Row().Status != domain.Skipped {
			t.Fatalf("the deliveries are %+v", d)
		}
	})

	t.Run("a record that cannot be read is an error, not a shorter trail", func(t *testing.T) {
		_, err := foldChunk(func(yield func(eventlog.Recorded, error) bool) {
			_ = yield(recorded("", 1, 0, "", accepted), nil) && yield(eventlog.Recorded{}, eventlog.ErrDamaged)
		})
		if !errors.Is(err, eventlog.ErrDamaged) {
			t.Fatalf("the error is %v", err)
		}
	})
}

func TestTrailOrder(t *testing.T) {
	accepted := domain.MessageAccepted{EventName: "x", Targets: []string{"ep_1", "ep_2"}}
	ids := func(events []eventlog.Recorded) []string {
		var out []string
		for _, r := range events {
			out = append(out, r.ID)
		}
		return out
	}
	for name, c := range map[string]struct {
		events []eventlog.Recorded
		want   []string
	}{
		"events of all streams come by time": {
			[]eventlog.Recorded{
				recorded("", 1, 0, "req", accepted),
				recorded("ep_1", 1, 9, "@1", domain.AttemptFailed{}), recorded("ep_1", 2, 20, "ep_1@1", domain.DeliverySucceeded{}),
				recorded("ep_2", 1, 5, "@1", domain.DeliverySucceeded{}),
			},
			[]string{"@1", "ep_2@1", "ep_1@1", "ep_1@2"},
		},
		"at the same time the message's own events come first": {
			[]eventlog.Recorded{
				recorded("", 1, 0, "req", accepted), recorded("ep_2", 1, 0, "@1", domain.DeliverySucceeded{}),
				recorded("ep_1", 1, 0, "@1", domain.DeliverySucceeded{}),
			},
			[]string{"@1", "ep_1@1", "ep_2@1"},
		},
		"at the same time an effect comes after its cause": {
			[]eventlog.Recorded{
				recorded("", 1, 0, "req", accepted), recorded("ep_1", 1, 4, "ep_2@1", domain.RetryRequested{}),
				recorded("ep_2", 1, 4, "@1", domain.DeliveryFailed{}),
			},
			[]string{"@1", "ep_2@1", "ep_1@1"},
		},
		"a clock that lags does not put an effect before its cause, nor before its stream's past": {
			[]eventlog.Recorded{
				recorded("", 1, 10, "req", accepted),
				recorded("ep_1", 1, 3, "@1", domain.AttemptFailed{}), recorded("ep_1", 2, 2, "ep_1@1", domain.DeliverySucceeded{}),
			},
			[]string{"@1", "ep_1@1", "ep_1@2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ids(trailOf(t, c.events...).Events()); !slices.Equal(got, c.want) {
				t.Fatalf("the order is %v, want %v", got, c.want)
			}
		})
	}
}
