package contract

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"webplug/projections"
)

// QueueOf is a queue for one case, fresh and empty.
type QueueOf[T any] struct {
	// Put is what is tried.
	Put func(context.Context, ...T) error
	// Take gives some of what is in the queue, and takes it away; none where there is none yet.
	Take func(testing.TB) []T
}

// Later is the suite of projections.Later.
func Later(t *testing.T, open func(testing.TB) QueueOf[projections.Wake]) {
	at := time.Now().Add(2 * time.Second).UTC().Truncate(time.Microsecond)
	wake := func(i int) projections.Wake {
		return projections.Wake{Service: "svc_1", Message: fmt.Sprintf("msg_%d", i), To: []projections.WakeTo{{Endpoint: "ep_1", Plan: 3}, {Endpoint: "ep_2"}}}
	}
	later := wake(1)
	later.At = at
	full := wake(2)
	for i := range projections.MaxWake - 2 {
		full.To = append(full.To, projections.WakeTo{Endpoint: fmt.Sprintf("ep_01ARZ3NDEKTSV4RRFFQ69G5F%02d", i), Plan: 1 << 40})
	}
	queue(t, open, wake, later, full)
}

// Tasks is the suite of projections.Tasks.
func Tasks(t *testing.T, open func(testing.TB) QueueOf[projections.Task]) {
	at := time.Now().Add(2 * time.Second).UTC().Truncate(time.Microsecond)
	task := func(i int) projections.Task {
		return projections.Task{Kind: projections.TaskReconcile, Service: "svc_1", ID: fmt.Sprintf("ep_%d", i)}
	}
	queue(t, open, task, projections.Task{Kind: projections.TaskPublish, Service: "svc_1", ID: "msg_1", First: true, Drift: true, At: at, Tries: 7})
}

// queue is what both hold: what was put comes out whole, at least once, in any order.
func queue[T any](t *testing.T, open func(testing.TB) QueueOf[T], some func(i int) T, whole ...T) {
	come := func(t *testing.T, q QueueOf[T], want []T) {
		t.Helper()
		var missing []string
		for _, one := range want {
			missing = append(missing, fmt.Sprintf("%+v", one))
		}
		for end := time.Now().Add(30 * time.Second); len(missing) > 0; {
			for _, got := range q.Take(t) {
				text := fmt.Sprintf("%+v", got)
				if !slices.ContainsFunc(want, func(one T) bool { return fmt.Sprintf("%+v", one) == text }) {
					t.Fatalf("came %s", text)
				}
				missing = slices.DeleteFunc(missing, func(m string) bool { return m == text })
			}
			if time.Now().After(end) {
				t.Fatalf("never came: %v", missing)
			}
		}
	}
	t.Run("what is put comes as it was put", func(t *testing.T) {
		q := open(t)
		if err := q.Put(t.Context(), whole...); err != nil {
			t.Fatal(err)
		}
		come(t, q, whole)
	})
	t.Run("more than one request takes all come", func(t *testing.T) {
		q := open(t)
		var many []T
		for i := range 43 {
			many = append(many, some(i))
		}
		if err := q.Put(t.Context(), many...); err != nil {
			t.Fatal(err)
		}
		come(t, q, many)
	})
	t.Run("nothing can be put", func(t *testing.T) {
		if err := open(t).Put(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("what cannot be kept is an error", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := open(t).Put(ctx, some(1)); err == nil {
			t.Fatal("it was said to be kept")
		}
	})
}
