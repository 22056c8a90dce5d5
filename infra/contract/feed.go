package contract

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"webplug/domain/eventlog"
)

// Feed holds a store to the words of eventlog.Feed.
func Feed(t *testing.T, open Maker, within ...Within) {
	t.Helper()
	of, reopened := []need{needsFeed}, []need{needsFeed, needsReopen}
	runChecks(t, open, within, []check{
		{name: "everything once, in order of commit", needs: of, run: feedAll},
		{name: "from a position", needs: of, run: feedFrom},
		{name: "live", needs: of, run: feedLive},
		{name: "a batch over two streams comes in one position", needs: of, run: feedBatch},
		{name: "repeats and conflicts add nothing", needs: of, run: feedRepeats},
		{name: "two followers get the same", needs: of, run: feedTwo},
		{name: "a slow follower holds up nobody and misses nothing", needs: of, run: feedSlow},
		{name: "ends with its taker's error or its context's", needs: of, run: feedEnds},
		{name: "head covers what was acknowledged", needs: of, run: feedHead},
		{name: "releasing forgets the way, not the records", needs: of, run: feedRelease},
		{name: "what a follower sees is durable", needs: reopened, run: feedDurable},
		{name: "resumes after a crash", needs: reopened, run: feedResumes},
	})
}

// taken is what one position brought.
type taken struct {
	at      eventlog.Position
	records []eventlog.Record
}

// follower follows a feed in the background and keeps what it was given.
type follower struct {
	mu   sync.Mutex
	grew *sync.Cond
	got  []taken
	n    int               // records
	at   eventlog.Position // the last
	over error             // what Follow ended with
	gate func()            // called before each is taken
	done chan struct{}
	stop context.CancelFunc
}

func follow(t testing.TB, f eventlog.Feed, after eventlog.Position, gate func()) *follower {
	ctx, stop := context.WithCancel(t.Context())
	fl := &follower{at: after, gate: gate, done: make(chan struct{}), stop: stop}
	fl.grew = sync.NewCond(&fl.mu)
	go func() {
		defer close(fl.done)
		err := f.Follow(ctx, after, fl.take)
		fl.mu.Lock()
		defer fl.mu.Unlock()
		fl.over = err
		fl.grew.Broadcast()
	}()
	t.Cleanup(stop)
	return fl
}

func (f *follower) take(_ context.Context, at eventlog.Position, rs []eventlog.Record) error {
	if f.gate != nil {
		f.gate()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got = append(f.got, taken{at, rs})
	f.n, f.at = f.n+len(rs), at
	f.grew.Broadcast()
	return nil
}

// until waits for n records.
func (f *follower) until(t testing.TB, n int) []taken {
	t.Helper()
	return f.wait(t, func() bool { return f.n >= n })
}

// caughtUp waits until the follower has what the feed calls its head.
func (f *follower) caughtUp(t testing.TB, feed eventlog.Feed) []taken {
	t.Helper()
	head := feed.Head()
	return f.wait(t, func() bool { return f.at >= head })
}

func (f *follower) wait(t testing.TB, enough func() bool) []taken {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for !enough() {
		if f.over != nil {
			t.Fatalf("follow ended with %v after position %d", f.over, f.at)
		}
		f.grew.Wait()
	}
	return f.got[:len(f.got):len(f.got)]
}

// end stops the follower and answers all that it got.
func (f *follower) end(t testing.TB) []taken {
	t.Helper()
	f.stop()
	<-f.done
	if !errors.Is(f.over, context.Canceled) {
		t.Fatalf("follow ended with %v, want context.Canceled", f.over)
	}
	return f.got
}

func allOf(ts []taken) []eventlog.Record {
	var all []eventlog.Record
	for _, x := range ts {
		all = append(all, x.records...)
	}
	return all
}

func wantGrowing(t testing.TB, ts []taken, after eventlog.Position) {
	t.Helper()
	for _, x := range ts {
		if x.at <= after {
			t.Fatalf("position %d comes after %d", x.at, after)
		}
		if len(x.records) == 0 {
			t.Fatalf("position %d brings nothing", x.at)
		}
		after = x.at
	}
}

// appendSome appends n batches of one record from several writers at once, and answers the records.
func appendSome(t testing.TB, s eventlog.Store, service string, n int) []eventlog.Record {
	t.Helper()
	const writers = 6
	all := make([][]eventlog.Record, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			of := stream(fmt.Sprintf("%s/msg_%d", service, i))
			for v := range eventlog.Version(n / writers) {
				w := write(of, v, fmt.Sprint(of, " number ", v+1))
				if err := s.Append(t.Context(), batch(w)); err != nil {
					t.Errorf("append %s@%d: %v", of, v, err)
					return
				}
				all[i] = append(all[i], w.Records...)
			}
		})
	}
	wg.Wait()
	var flat []eventlog.Record
	for _, rs := range all {
		flat = append(flat, rs...)
	}
	return flat
}

func feedAll(t *testing.T, h Harness) {
	want := appendSome(t, h.Store, "svc_1", 120)
	got := follow(t, h.Feed, 0, nil)
	got.caughtUp(t, h.Feed)
	all := got.end(t)
	wantGrowing(t, all, 0)
	wantInOrder(t, allOf(all))
	wantExactly(t, allOf(all), want)
}

func feedFrom(t *testing.T, h Harness) {
	want := appendSome(t, h.Store, "svc_1", 60)
	all := follow(t, h.Feed, 0, nil).caughtUp(t, h.Feed)
	wantExactly(t, allOf(all), want)
	for i := range all {
		rest := allOf(all[i+1:])
		from := follow(t, h.Feed, all[i].at, nil)
		from.caughtUp(t, h.Feed)
		got := from.end(t)
		wantGrowing(t, got, all[i].at)
		wantSame(t, fmt.Sprintf("after position %d", all[i].at), allOf(got), rest)
	}
}

func feedLive(t *testing.T, h Harness) {
	fl := follow(t, h.Feed, 0, nil)
	first := appendSome(t, h.Store, "svc_1", 30)
	fl.caughtUp(t, h.Feed)
	second := appendSome(t, h.Store, "svc_2", 30)
	fl.caughtUp(t, h.Feed)
	all := fl.end(t)
	wantGrowing(t, all, 0)
	wantExactly(t, allOf(all), append(first, second...))

	late := follow(t, h.Feed, h.Feed.Head(), nil)
	third := appendSome(t, h.Store, "svc_3", 6)
	late.caughtUp(t, h.Feed)
	wantExactly(t, allOf(late.end(t)), third)
}

func feedBatch(t *testing.T, h Harness) {
	b := batch(write(stream("svc_1/a"), 0, "a1", "a2"), write(stream("_/b"), 0, "b1"))
	mustAppend(t, h.Store, b)
	fl := follow(t, h.Feed, 0, nil)
	fl.caughtUp(t, h.Feed)
	all := fl.end(t)
	if len(all) != 1 {
		t.Fatalf("a batch came in %d positions", len(all))
	}
	wantExactly(t, all[0].records, recordsOf(b))
}

func feedRepeats(t *testing.T, h Harness) {
	a, b := batch(write(stream("svc_1/a"), 0, "a1")), batch(write(stream("svc_1/b"), 0, "b1"), write(stream("svc_1/c"), 0, "c1"))
	mustAppend(t, h.Store, a, a, b, b, a)
	wantConflict(t, h.Store, batch(write(stream("svc_1/a"), 0, "other")))
	wantConflict(t, h.Store, batch(write(stream("svc_1/d"), 0, "d1"), write(stream("svc_1/a"), 0, "other")))
	last := batch(write(stream("svc_1/z"), 0, "z1"))
	mustAppend(t, h.Store, last)
	fl := follow(t, h.Feed, 0, nil)
	fl.caughtUp(t, h.Feed)
	wantExactly(t, allOf(fl.end(t)), recordsOf(a, b, last))
}

func feedTwo(t *testing.T, h Harness) {
	one, two := follow(t, h.Feed, 0, nil), follow(t, h.Feed, 0, nil)
	want := appendSome(t, h.Store, "svc_1", 120)
	one.caughtUp(t, h.Feed)
	two.caughtUp(t, h.Feed)
	wantExactly(t, allOf(one.end(t)), want)
	wantSame(t, "second follower", allOf(two.end(t)), allOf(one.end(t)))
}

func feedSlow(t *testing.T, h Harness) {
	gate := make(chan struct{})
	slow, fast := follow(t, h.Feed, 0, func() { <-gate }), follow(t, h.Feed, 0, nil)
	want := appendSome(t, h.Store, "svc_1", 600)
	fast.caughtUp(t, h.Feed)
	close(gate)
	slow.caughtUp(t, h.Feed)
	got := slow.end(t)
	wantGrowing(t, got, 0)
	wantSame(t, "slow follower", allOf(got), allOf(fast.end(t)))
	wantExactly(t, allOf(got), want)
}

func feedEnds(t *testing.T, h Harness) {
	mustAppend(t, h.Store, batch(write(stream("svc_1/a"), 0, "a1")))
	enough := errors.New("enough")
	err := h.Feed.Follow(t.Context(), 0, func(context.Context, eventlog.Position, []eventlog.Record) error { return enough })
	if !errors.Is(err, enough) {
		t.Errorf("got %v, want the taker's error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Feed.Follow(ctx, h.Feed.Head(), func(context.Context, eventlog.Position, []eventlog.Record) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func feedHead(t *testing.T, h Harness) {
	if at := h.Feed.Head(); at != 0 {
		t.Fatalf("head of an empty log is %d", at)
	}
	appendSome(t, h.Store, "svc_1", 60)
	last := batch(write(stream("svc_1/last"), 0, "last"))
	mustAppend(t, h.Store, last)
	head := h.Feed.Head()
	fl := follow(t, h.Feed, 0, nil)
	fl.caughtUp(t, h.Feed)
	all := fl.end(t)
	if end := all[len(all)-1].at; end != head {
		t.Fatalf("head is %d, the last position %d", head, end)
	}
}

func feedRelease(t *testing.T, h Harness) {
	first := appendSome(t, h.Store, "svc_1", 60)
	released := h.Feed.Head()
	second := appendSome(t, h.Store, "svc_2", 60)
	for range 2 {
		if err := h.Feed.Release(t.Context(), released); err != nil {
			t.Fatalf("release %d: %v", released, err)
		}
		fl := follow(t, h.Feed, released, nil)
		fl.caughtUp(t, h.Feed)
		wantExactly(t, allOf(fl.end(t)), second)
		wantAllThere(t, h.Store, append(first, second...))
		if h.Reopen != nil {
			h = h.Reopen(t)
		}
	}
}

func feedDurable(t *testing.T, h Harness) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			if err := appendUntil(ctx, h.Store, fmt.Sprintf("svc_1/msg_%d", i), func(eventlog.Record) {}); err != nil {
				t.Error(err)
			}
		})
	}
	seen := allOf(follow(t, h.Feed, 0, nil).until(t, 60))
	reopened := h.Reopen(t)
	stop()
	wg.Wait()
	wantAllThere(t, reopened.Store, seen)
}

func feedResumes(t *testing.T, h Harness) {
	want := appendSome(t, h.Store, "svc_1", 60)
	all := follow(t, h.Feed, 0, nil).caughtUp(t, h.Feed)
	wantExactly(t, allOf(all), want)
	h = h.Reopen(t)
	middle := len(all) / 2
	rest := allOf(all[middle+1:])
	fl := follow(t, h.Feed, all[middle].at, nil)
	fl.caughtUp(t, h.Feed)
	more := appendSome(t, h.Store, "svc_2", 12)
	fl.caughtUp(t, h.Feed)
	got := fl.end(t)
	wantGrowing(t, got, all[middle].at)
	wantSame(t, "before the crash", allOf(got)[:min(len(rest), len(allOf(got)))], rest)
	wantExactly(t, allOf(got)[len(rest):], more)
}
