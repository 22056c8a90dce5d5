package contract

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"webplug/domain/eventlog"
)

// crash lets writers write, crashes under them, and looks for what they were told is durable.
func crash(t *testing.T, h Harness) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var (
		mu    sync.Mutex
		acked []eventlog.Record
		wg    sync.WaitGroup
	)
	enough := make(chan struct{})
	errs := make(chan error, 4)
	for i := range cap(errs) {
		wg.Go(func() {
			errs <- appendUntil(ctx, h.Store, fmt.Sprintf("svc_1/msg_%d", i), func(r eventlog.Record) {
				mu.Lock()
				defer mu.Unlock()
				if acked = append(acked, r); len(acked) == 60 {
					close(enough)
				}
			})
		})
	}
	<-enough
	mu.Lock()
	before := acked[:len(acked):len(acked)]
	mu.Unlock()
	reopened := h.Reopen(t)
	stop()
	wg.Wait()
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	wantAllThere(t, reopened.Store, before)
}

// wantAllThere looks for each record, and for streams without gaps.
func wantAllThere(t testing.TB, s eventlog.Store, want []eventlog.Record) {
	t.Helper()
	found := map[eventlog.Stream][]eventlog.Record{}
	for _, r := range want {
		if _, ok := found[r.Stream]; !ok {
			got, err := collect(s.Read(t.Context(), r.Stream, 0))
			if err != nil {
				t.Fatalf("read %s: %v", r.Stream, err)
			}
			for i, g := range got {
				if g.Version != eventlog.Version(i)+1 {
					t.Fatalf("%s has version %d at place %d", r.Stream, g.Version, i+1)
				}
			}
			found[r.Stream] = got
		}
		if uint64(len(found[r.Stream])) < uint64(r.Version) {
			t.Fatalf("%s@%d was acknowledged and is lost", r.Stream, r.Version)
		}
		if found[r.Stream][r.Version-1].Hash != r.Hash {
			t.Fatalf("%s@%d was acknowledged and is another", r.Stream, r.Version)
		}
	}
}

func headsAfterCrash(t *testing.T, h Harness) {
	root, leaf, other := stream("svc_1/msg_1"), stream("svc_1/msg_1/ep_1"), stream("svc_1/ep_1")
	fresh := write(root, 0, "made just now")
	fresh.Fresh = true
	first, second := batch(fresh, write(other, 0, "1", "2")), batch(write(leaf, 0, "1"))
	mustAppend(t, h.Store, first, second)
	for range 2 {
		h = h.Reopen(t)
		repeat := batch(write(root, 0, "made just now"), write(other, 0, "1", "2"))
		mustAppend(t, h.Store, repeat, second)
		wantConflict(t, h.Store, batch(write(root, 0, "other")))
		wantConflict(t, h.Store, batch(write(leaf, 0, "other")))
		wantConflict(t, h.Store, batch(write(other, 1, "other")))
		wantConflict(t, h.Store, batch(write(stream("svc_1/new"), 0, "new"), write(other, 1, "other")))
		wantTrail(t, h.Store, "svc_1", "msg_1", recordsOf(batch(fresh), second)...)
	}
	mustAppend(t, h.Store, batch(write(root, 1, "2"), write(leaf, 1, "2"), write(other, 2, "3")))
	wantRead(t, h.Store, other, write(other, 0, "1", "2", "3").Records...)
}
