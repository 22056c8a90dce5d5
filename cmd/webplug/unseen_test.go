package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"webplug/domain/eventlog"
)

// appender is a store that takes, or refuses, what is appended.
type appender struct {
	eventlog.Store
	err error
}

func (a *appender) Append(context.Context, eventlog.Batch) error { return a.err }

func TestAQueryWaitsForWhatWasAcknowledgedBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &appender{}
		u := newUnseen(store)
		s := eventlog.Stream{Service: "svc_1", Root: "msg_1"}
		one := func(v eventlog.Version) {
			t.Helper()
			b := eventlog.Batch{Writes: []eventlog.Write{{Stream: s, Expected: v - 1, Records: []eventlog.Record{{Stream: s, Version: v}}}}}
			if err := u.Append(t.Context(), b); !errors.Is(err, store.err) {
				t.Fatal(err)
			}
		}
		if err := u.catchUp(t.Context()); err != nil {
			t.Fatalf("nothing is waited for: %v", err)
		}
		one(1)
		caught := make(chan error, 1)
		go func() { caught <- u.catchUp(t.Context()) }()
		synctest.Wait()
		one(2) // after the query: it is not waited for
		select {
		case err := <-caught:
			t.Fatalf("it did not wait: %v", err)
		default:
		}
		u.seen([]eventlog.Record{{Stream: s, Version: 1}})
		if err := <-caught; err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := u.catchUp(t.Context()); !errors.Is(err, eventlog.ErrUnavailable) || time.Since(began) != catchUpLimit {
			t.Fatalf("after %v: %v", time.Since(began), err)
		}
		u.seen([]eventlog.Record{{Stream: s, Version: 2}})
		store.err = eventlog.ErrConflict
		one(3)
		if err := u.catchUp(t.Context()); err != nil || u.lag() != 0 {
			t.Fatalf("what was refused is waited for: %v", err)
		}
	})
}
