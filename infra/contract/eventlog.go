package contract

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"webplug/domain/eventlog"
)

// EventLog holds a store to the words of eventlog.Store.
func EventLog(t *testing.T, open Maker, within ...Within) {
	t.Helper()
	runChecks(t, open, within, eventLogChecks())
}

func eventLogChecks() []check {
	return []check{
		{name: "of 16 writers on one version one wins", run: oneWriterWins},
		{name: "16 equal appends at once are one", run: equalAppendsAreOne},
		{name: "a conflict on the second stream leaves nothing of the first", run: allOrNone},
		{name: "of two batches over a common stream one leaves nothing", run: allOrNoneAtOnce},
		{name: "several records in one write", run: severalRecords},
		{name: "a batch of the most streams is one write", run: mostStreams},
		{name: "a repeat is a success and changes nothing", run: repeatChangesNothing},
		{name: "a repeat over many streams", run: repeatOverStreams},
		{name: "a repeat with other bytes is a conflict", run: repeatWithOtherBytes},
		{name: "half a repeat is a conflict", run: halfARepeat},
		{name: "a stale version is a conflict", run: staleVersion},
		{name: "a version ahead of the head is a conflict", needs: []need{needsSeesHead}, run: versionAhead},
		{name: "an append that timed out though it happened can be repeated", needs: []need{needsTimeout}, run: timedOut},
		{name: "a write of the most bytes is taken, one more is not", run: mostBytes},
		{name: "fresh streams", run: freshStreams},
		{name: "lazy writes become durable by themselves", run: lazyWrites},
		{name: "read after a version", run: readAfter},
		{name: "read of what is not there", run: readAbsent},
		{name: "a trail is the root, then its leaves by name", run: trailOrder},
		{name: "neighbours do not leak in", run: neighbours},
		{name: "a cancelled context", run: cancelled},
		{name: "an iterator stopped early", run: stoppedEarly},
		{name: "what was read stays as it was", run: readsAreCopies},
		{name: "everything acknowledged is there after a crash", needs: []need{needsReopen}, run: crash},
		{name: "heads are right after a crash", needs: []need{needsReopen}, run: headsAfterCrash},
		{name: "random batches do what a map does", run: likeAMap},
	}
}

func oneWriterWins(t *testing.T, h Harness) {
	s := stream("svc_1/msg_1")
	mustAppend(t, h.Store, batch(write(s, 0, "first")))
	var writes [16]eventlog.Write
	for i := range writes {
		writes[i] = write(s, 1, fmt.Sprintf("writer %d", i))
	}
	errs := appendAtOnce(t, h.Store, writes[:])
	winner := -1
	for i, err := range errs {
		switch {
		case err == nil && winner >= 0:
			t.Fatalf("writers %d and %d both won version 2", winner, i)
		case err == nil:
			winner = i
		case !errors.Is(err, eventlog.ErrConflict):
			t.Errorf("writer %d: got %v, want ErrConflict", i, err)
		}
	}
	if winner < 0 {
		t.Fatal("nobody won")
	}
	wantRead(t, h.Store, s, record(s, 1, []byte("first")), writes[winner].Records[0])
}

func appendAtOnce(t testing.TB, s eventlog.Store, writes []eventlog.Write) []error {
	errs := make([]error, len(writes))
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i, w := range writes {
		wg.Go(func() {
			<-start
			errs[i] = s.Append(t.Context(), batch(w))
		})
	}
	close(start)
	wg.Wait()
	return errs
}

func equalAppendsAreOne(t *testing.T, h Harness) {
	s := stream("svc_1/msg_1")
	var writes [16]eventlog.Write
	for i := range writes {
		writes[i] = write(s, 0, "a", "b")
	}
	for i, err := range appendAtOnce(t, h.Store, writes[:]) {
		if err != nil {
			t.Errorf("writer %d: %v", i, err)
		}
	}
	wantRead(t, h.Store, s, writes[0].Records...)
}

func allOrNone(t *testing.T, h Harness) {
	taken, free := stream("_/name_taken"), stream("svc_1/svc_1")
	mustAppend(t, h.Store, batch(write(taken, 0, "somebody's")))
	wantConflict(t, h.Store, batch(write(free, 0, "mine"), write(taken, 0, "mine")))
	wantConflict(t, h.Store, batch(write(taken, 0, "mine"), write(free, 0, "mine")))
	wantRead(t, h.Store, free)
	wantTrail(t, h.Store, free.Service, free.Root)
	mustAppend(t, h.Store, batch(write(free, 0, "mine")))
}

func allOrNoneAtOnce(t *testing.T, h Harness) {
	name := stream("_/name_common")
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		own := stream(fmt.Sprintf("svc_%d/own_%d", i, i))
		wg.Go(func() {
			errs[i] = h.Store.Append(t.Context(), batch(write(own, 0, "own"), write(name, 0, own.String())))
		})
	}
	wg.Wait()
	won := 0
	for i, err := range errs {
		own := stream(fmt.Sprintf("svc_%d/own_%d", i, i))
		switch {
		case err == nil:
			won++
			wantRead(t, h.Store, own, record(own, 1, []byte("own")))
			wantRead(t, h.Store, name, record(name, 1, []byte(own.String())))
		case errors.Is(err, eventlog.ErrConflict):
			wantRead(t, h.Store, own)
		default:
			t.Errorf("writer %d: got %v, want ErrConflict", i, err)
		}
	}
	if won != 1 {
		t.Errorf("%d of the batches were written, want 1", won)
	}
}

func severalRecords(t *testing.T, h Harness) {
	s := stream("svc_1/msg_1")
	one, more := write(s, 0, "1", "2", "3"), write(s, 3, "4", "5")
	mustAppend(t, h.Store, batch(one), batch(more))
	wantRead(t, h.Store, s, recordsOf(batch(one), batch(more))...)
	wantConflict(t, h.Store, batch(write(s, 3, "other")))
	wantConflict(t, h.Store, batch(write(s, 4, "other")))
	mustAppend(t, h.Store, batch(write(s, 5, "6")))
}

func mostStreams(t *testing.T, h Harness) {
	var b eventlog.Batch
	for i := range eventlog.MaxWriteStreams {
		b.Writes = append(b.Writes, write(stream(fmt.Sprintf("svc_1/root_%02d", i)), 0, fmt.Sprint(i)))
	}
	over := eventlog.Batch{Writes: append(b.Writes[:len(b.Writes):len(b.Writes)], write(stream("svc_1/over"), 0, "over"))}
	if err := h.Store.Append(t.Context(), over); !errors.Is(err, eventlog.ErrTooLarge) {
		t.Fatalf("one stream more than MaxWriteStreams: got %v, want ErrTooLarge", err)
	}
	wantRead(t, h.Store, b.Writes[0].Stream)
	mustAppend(t, h.Store, b)
	for _, w := range b.Writes {
		wantRead(t, h.Store, w.Stream, w.Records...)
	}
}

func mostBytes(t *testing.T, h Harness) {
	s := stream("svc_1/msg_1")
	const half = eventlog.MaxWriteBytes / 2
	edge := eventlog.Write{Stream: s, Records: []eventlog.Record{
		record(s, 1, noise(1, half)), record(s, 2, noise(2, eventlog.MaxWriteBytes-half)),
	}}
	over := eventlog.Write{Stream: s, Records: []eventlog.Record{
		record(s, 1, noise(1, half)), record(s, 2, noise(2, eventlog.MaxWriteBytes-half+1)),
	}}
	if err := h.Store.Append(t.Context(), batch(over)); !errors.Is(err, eventlog.ErrTooLarge) {
		t.Fatalf("one byte more than MaxWriteBytes: got %v, want ErrTooLarge", err)
	}
	wantRead(t, h.Store, s)
	mustAppend(t, h.Store, batch(edge))
	wantRead(t, h.Store, s, edge.Records...)
	single := stream("svc_1/msg_2")
	mustAppend(t, h.Store, batch(write(single, 0, string(noise(3, eventlog.MaxWriteBytes)))))
	wantRead(t, h.Store, single, record(single, 1, noise(3, eventlog.MaxWriteBytes)))
}

// noise is n bytes that do not compress, the same for the same seed.
func noise(seed uint64, n int) []byte {
	out := make([]byte, n)
	x := seed*0x9E3779B97F4A7C15 + 1
	for i := range out {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		out[i] = byte(x >> 32)
	}
	return out
}

func freshStreams(t *testing.T, h Harness) {
	s, leaf, other := stream("svc_1/msg_1"), stream("svc_1/msg_1/ep_1"), stream("svc_1/msg_1/ep_2")
	fresh := write(s, 0, "made just now")
	fresh.Fresh = true
	mustAppend(t, h.Store, batch(fresh))
	wantRead(t, h.Store, s, fresh.Records...)
	wantRead(t, h.Store, leaf)
	mustAppend(t, h.Store, batch(write(leaf, 0, "delivered")), batch(write(s, 1, "more")))
	wantConflict(t, h.Store, batch(write(leaf, 0, "other")))
	wantConflict(t, h.Store, batch(write(s, 0, "other")))
	mustAppend(t, h.Store, batch(write(s, 0, "made just now")), batch(write(leaf, 0, "delivered"))) // a repeat vouches for nothing
	both := batch(write(other, 0, "failed"), write(leaf, 1, "again"))
	mustAppend(t, h.Store, both, both)
	wantTrail(t, h.Store, "svc_1", "msg_1",
		record(s, 1, []byte("made just now")), record(s, 2, []byte("more")),
		record(leaf, 1, []byte("delivered")), record(leaf, 2, []byte("again")), record(other, 1, []byte("failed")))
}

func lazyWrites(t *testing.T, h Harness) {
	s := stream("svc_1/msg_1/ep_1")
	for v := range eventlog.Version(3) {
		mustAppend(t, h.Store, eventlog.Batch{Lazy: true, Writes: []eventlog.Write{write(s, v, "outcome")}})
	}
	stale := eventlog.Batch{Lazy: true, Writes: []eventlog.Write{write(s, 1, "other")}}
	if err := h.Store.Append(t.Context(), stale); !errors.Is(err, eventlog.ErrConflict) {
		t.Fatalf("a lazy append of a stale version: got %v, want ErrConflict", err)
	}
	want := []eventlog.Record{record(s, 1, []byte("outcome")), record(s, 2, []byte("outcome")), record(s, 3, []byte("outcome"))}
	wantRead(t, h.Store, s, want...)
	if h.Reopen != nil {
		wantRead(t, h.Reopen(t).Store, s, want...)
	}
}

func cancelled(t *testing.T, h Harness) {
	s := stream("svc_1/msg_1")
	mustAppend(t, h.Store, batch(write(s, 0, "a", "b")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	next := batch(write(s, 2, "c"))
	if err := h.Store.Append(ctx, next); !errors.Is(err, context.Canceled) {
		t.Errorf("append: got %v, want context.Canceled", err)
	}
	if _, err := collect(h.Store.Read(ctx, s, 0)); !errors.Is(err, context.Canceled) {
		t.Errorf("read: got %v, want context.Canceled", err)
	}
	if _, err := collect(h.Store.Trail(ctx, s.Service, s.Root)); !errors.Is(err, context.Canceled) {
		t.Errorf("trail: got %v, want context.Canceled", err)
	}
	// Whether it happened is open, that it can be appended again is not.
	mustAppend(t, h.Store, next)
	wantRead(t, h.Store, s, recordsOf(batch(write(s, 0, "a", "b")), next)...)
}
