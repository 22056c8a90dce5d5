package contract

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"webplug/domain/eventlog"
)

// Scanner holds a store to the words of eventlog.Scanner.
func Scanner(t *testing.T, open Maker, within ...Within) {
	t.Helper()
	runChecks(t, open, within, scannerChecks())
}

func scannerChecks() []check {
	of := []need{needsScanner}
	return []check{
		{name: "an empty log", needs: of, run: scanEmpty},
		{name: "everything once, each stream in order", needs: of, run: scanAll},
		{name: "resumes from any page", needs: of, run: scanResumes},
		{name: "while others write", needs: of, run: scanWhileWriting},
		{name: "stopped early", needs: of, run: scanStopped},
		{name: "a cancelled context", needs: of, run: scanCancelled},
		{name: "a checkpoint that is none", needs: of, run: scanBadCheckpoint},
		{name: "after a crash", needs: []need{needsScanner, needsReopen}, run: scanAfterCrash},
	}
}

func scanEmpty(t *testing.T, h Harness) {
	if pages := mustScan(t, h.Scanner, ""); len(recordsIn(pages)) != 0 {
		t.Fatalf("%d records in an empty log", len(recordsIn(pages)))
	}
}

func scanAll(t *testing.T, h Harness) {
	all := fill(t, h.Store)
	wantExactly(t, recordsIn(mustScan(t, h.Scanner, "")), all)
}

// fill appends a few megabytes over many streams (so that there is more than one page), one of them long.
func fill(t testing.TB, s eventlog.Store) []eventlog.Record {
	var all []eventlog.Record
	put := func(w eventlog.Write) {
		mustAppend(t, s, batch(w))
		all = append(all, w.Records...)
	}
	long := stream("svc_2/msg_long")
	for v := range eventlog.Version(20) {
		put(write(long, v, string(noise(uint64(v), 90_000))))
	}
	for i := range 12 {
		root := stream(fmt.Sprintf("svc_%d/msg_%d", i%3, i))
		put(write(root, 0, "accepted", "routed"))
		leaf := root
		leaf.Leaf = "ep_1"
		put(write(leaf, 0, string(noise(uint64(i), 90_000)), "failed"))
		put(write(leaf, 2, "delivered"))
	}
	return all
}

func scanResumes(t *testing.T, h Harness) {
	fill(t, h.Store)
	pages := mustScan(t, h.Scanner, "")
	if len(pages) < 2 {
		t.Fatalf("%d page for 3 MB", len(pages))
	}
	for i, p := range pages {
		rest := recordsIn(mustScan(t, h.Scanner, p.Next))
		wantExactly(t, rest, recordsIn(pages[i+1:]))
	}
}

func scanWhileWriting(t *testing.T, h Harness) {
	before := fill(t, h.Store)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	errs := make(chan error, 3)
	for _, name := range []string{"svc_0/msg_early", "svc_1/msg_5/ep_2", "svc_9/msg_late"} {
		wg.Go(func() { errs <- appendUntil(ctx, h.Store, name, func(eventlog.Record) {}) })
	}
	first := recordsIn(mustScan(t, h.Scanner, ""))
	second := recordsIn(mustScan(t, h.Scanner, ""))
	stop()
	wg.Wait()
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	for _, seen := range [][]eventlog.Record{first, second} {
		wantInOrder(t, seen)
		wantWithin(t, seen, before)
	}
}

func scanStopped(t *testing.T, h Harness) {
	all := fill(t, h.Store)
	for _, err := range h.Scanner.Scan(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	wantExactly(t, recordsIn(mustScan(t, h.Scanner, "")), all)
}

func scanCancelled(t *testing.T, h Harness) {
	mustAppend(t, h.Store, batch(write(stream("svc_1/msg_1"), 0, "a")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var last error
	for _, err := range h.Scanner.Scan(ctx, "") {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", last)
	}
}

func scanBadCheckpoint(t *testing.T, h Harness) {
	var last error
	for _, err := range h.Scanner.Scan(t.Context(), "no store made this\x00") {
		last = err
	}
	if last == nil {
		t.Fatal("a checkpoint that no store made was taken")
	}
}

func scanAfterCrash(t *testing.T, h Harness) {
	all := fill(t, h.Store)
	pages := mustScan(t, h.Scanner, "")
	h = h.Reopen(t)
	wantExactly(t, recordsIn(mustScan(t, h.Scanner, "")), all)
	wantExactly(t, recordsIn(mustScan(t, h.Scanner, pages[0].Next)), recordsIn(pages[1:]))
}

func mustScan(t testing.TB, s eventlog.Scanner, after eventlog.Checkpoint) []eventlog.ScanPage {
	t.Helper()
	var pages []eventlog.ScanPage
	for p, err := range s.Scan(t.Context(), after) {
		if err != nil {
			t.Fatalf("scan after %q: %v", after, err)
		}
		pages = append(pages, p)
	}
	return pages
}

func recordsIn(pages []eventlog.ScanPage) []eventlog.Record {
	var all []eventlog.Record
	for _, p := range pages {
		all = append(all, p.Records...)
	}
	return all
}

type place struct {
	stream  eventlog.Stream
	version eventlog.Version
}

// wantExactly holds that the same records are in both lists, each once, whatever the order between streams; within a
// stream they go up.
func wantExactly(t testing.TB, got, want []eventlog.Record) {
	t.Helper()
	wantRising(t, got)
	wantWithin(t, got, want)
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
}

func wantWithin(t testing.TB, got, want []eventlog.Record) {
	t.Helper()
	seen := map[place]eventlog.Record{}
	for _, r := range got {
		at := place{r.Stream, r.Version}
		if _, twice := seen[at]; twice {
			t.Fatalf("%s@%d comes twice", r.Stream, r.Version)
		}
		seen[at] = r
	}
	for _, w := range want {
		r, ok := seen[place{w.Stream, w.Version}]
		if !ok {
			t.Fatalf("%s@%d is missing", w.Stream, w.Version)
		}
		wantSame(t, "found", []eventlog.Record{r}, []eventlog.Record{w})
	}
}

// wantInOrder holds that each stream is seen from its first record on, without gaps.
func wantInOrder(t testing.TB, got []eventlog.Record) {
	t.Helper()
	heads := map[eventlog.Stream]eventlog.Version{}
	for _, r := range got {
		if r.Version != heads[r.Stream]+1 {
			t.Fatalf("%s@%d comes after version %d", r.Stream, r.Version, heads[r.Stream])
		}
		heads[r.Stream] = r.Version
	}
}

// wantRising holds that no stream goes back.
func wantRising(t testing.TB, got []eventlog.Record) {
	t.Helper()
	heads := map[eventlog.Stream]eventlog.Version{}
	for _, r := range got {
		if r.Version <= heads[r.Stream] {
			t.Fatalf("%s@%d comes after version %d", r.Stream, r.Version, heads[r.Stream])
		}
		heads[r.Stream] = r.Version
	}
}
