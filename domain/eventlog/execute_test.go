package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"webplug/domain/eventlog"
)

var ctx = context.Background()

func TestExecute(t *testing.T) {
	t.Run("gives the state after the command", func(t *testing.T) {
		b := newBench(t)
		b.append(t, ann, Opened{"Ann"}, Noted{Text: "one"})
		after, err := eventlog.Execute(ctx, b.Log, ann, write{"two", "three"}, cause)
		if err != nil {
			t.Fatal(err)
		}
		if want := (account{Owner: "Ann", Notes: []string{"one", "two", "three"}}); !reflect.DeepEqual(after.State, want) || after.Version != 4 {
			t.Fatalf("%+v at %d, want %+v", after.State, after.Version, want)
		}
	})
	t.Run("writes nothing where nothing is decided", func(t *testing.T) {
		b := newBench(t)
		b.append(t, ann, Opened{"Ann"})
		b.store.batches = nil
		after, err := eventlog.Execute(ctx, b.Log, ann, open{"Ann"}, cause)
		if err != nil || after.State.Owner != "Ann" || after.Version != 1 || after.Stream != ann {
			t.Fatalf("%+v, %v", after, err)
		}
		if len(b.store.batches) > 0 {
			t.Fatalf("it wrote %+v", b.store.batches)
		}
	})
	t.Run("hands on a refusal and writes nothing", func(t *testing.T) {
		b := newBench(t)
		b.append(t, ann, Opened{"Ann"}, Closed{})
		b.store.batches = nil
		if _, err := eventlog.Execute(ctx, b.Log, ann, write{"x"}, cause); !errors.Is(err, errClosed) {
			t.Fatalf("%v", err)
		}
		if len(b.store.batches) > 0 {
			t.Fatalf("it wrote %+v", b.store.batches)
		}
	})
	t.Run("does not try again when the log is unavailable", func(t *testing.T) {
		b := newBench(t)
		tries := 0
		b.store.before = func(eventlog.Batch) error { tries++; return fmt.Errorf("disk full: %w", eventlog.ErrUnavailable) }
		if _, err := eventlog.Execute(ctx, b.Log, ann, open{"Ann"}, cause); !errors.Is(err, eventlog.ErrUnavailable) || tries != 1 {
			t.Fatalf("%v after %d tries", err, tries)
		}
	})
	t.Run("refuses a stream with a gap", func(t *testing.T) {
		b := newBench(t)
		b.append(t, ann, Opened{"Ann"}, Noted{Text: "one"}, Noted{Text: "two"})
		for _, cut := range []int{0, 1} {
			b.store.streams[ann] = append(b.store.stored(ann)[:cut:cut], b.store.stored(ann)[cut+1:]...)
			if _, err := eventlog.Execute(ctx, b.Log, ann, write{"x"}, cause); !errors.Is(err, eventlog.ErrDamaged) {
				t.Fatalf("without record %d: %v; want ErrDamaged", cut+1, err)
			}
		}
	})
}

// rival lets another writer in before each of the next n appends to Ann's stream.
func (b *bench) rival(t *testing.T, n int) {
	b.store.before = func(eventlog.Batch) error {
		if n == 0 {
			return nil
		}
		n--
		before := b.store.before
		b.store.before = nil
		defer func() { b.store.before = before }()
		b.append(t, ann, Noted{Text: fmt.Sprintf("rival %d", n)})
		return nil
	}
}

func TestAConflictIsDecidedAgainOnTheStreamAsItIsNow(t *testing.T) {
	b := newBench(t)
	b.append(t, ann, Opened{"Ann"})
	b.rival(t, 2)
	var seen []int
	after, err := eventlog.Execute(ctx, b.Log, ann, decide(func(a account) ([]eventlog.Event, error) {
		seen = append(seen, len(a.Notes))
		return []eventlog.Event{Noted{Text: fmt.Sprintf("after %d", len(a.Notes))}}, nil
	}), cause)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(seen, []int{0, 1, 2}) {
		t.Fatalf("decided on %v notes", seen)
	}
	if want := []string{"rival 1", "rival 0", "after 2"}; !reflect.DeepEqual(after.State.Notes, want) {
		t.Fatalf("notes %q, want %q", after.State.Notes, want)
	}
	if err := eventlog.Verify(b.store.stored(ann)); err != nil {
		t.Fatal(err)
	}
}

func TestAConflictMayEndInARefusal(t *testing.T) {
	b := newBench(t)
	b.append(t, ann, Opened{"Ann"})
	b.store.before = func(eventlog.Batch) error {
		b.store.before = nil
		b.append(t, ann, Closed{})
		return nil
	}
	if _, err := eventlog.Execute(ctx, b.Log, ann, write{"x"}, cause); !errors.Is(err, errClosed) {
		t.Fatalf("%v", err)
	}
}

func TestConflictsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the pauses between take no time
		b := newBench(t)
		tries := 0
		b.store.before = func(eventlog.Batch) error { tries++; return eventlog.ErrConflict }
		_, err := eventlog.Execute(ctx, b.Log, ann, open{"Ann"}, cause)
		if !errors.Is(err, eventlog.ErrConflict) || tries < 16 || tries > 100 {
			t.Fatalf("%v after %d tries", err, tries)
		}
	})
}

func TestAPauseBetweenTwoDecisionsEndsWithTheContext(t *testing.T) {
	for after := 1; after <= 4; after++ {
		b := newBench(t)
		ctx, cancel := context.WithCancel(ctx)
		tries := 0
		b.store.before = func(eventlog.Batch) error {
			if tries++; tries == after {
				cancel()
			}
			return eventlog.ErrConflict
		}
		if _, err := eventlog.Execute(ctx, b.Log, ann, open{"Ann"}, cause); !errors.Is(err, context.Canceled) || tries != after {
			t.Fatalf("%v after %d tries, cancelled at %d", err, tries, after)
		}
	}
}

func TestSixteenWritersOfOneStreamAllSucceed(t *testing.T) {
	b := newBench(t)
	b.append(t, ann, Opened{"Ann"})
	ids := numbered()
	var mu sync.Mutex
	l := eventlog.New(b.store, b.Registry(), b.sealer(t, b.master), b.clock, func() string { mu.Lock(); defer mu.Unlock(); return ids() })
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			if _, err := eventlog.Execute(ctx, l, ann, write{fmt.Sprint(i)}, cause); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	loaded, err := eventlog.Load[account](ctx, l, ann)
	if err != nil || len(loaded.State.Notes) != 16 {
		t.Fatalf("%d notes, %v", len(loaded.State.Notes), err)
	}
	if err := eventlog.Verify(b.store.stored(ann)); err != nil {
		t.Fatal(err)
	}
}

func TestExecuteAll(t *testing.T) {
	t.Run("writes all streams in one batch", func(t *testing.T) {
		b := newBench(t)
		var a1, a2 eventlog.Loaded[account]
		err := eventlog.ExecuteAll(ctx, b.Log, cause, eventlog.On(ann, open{"Ann"}).Into(&a1), eventlog.On(bob, open{"Bob"}).Into(&a2))
		if err != nil {
			t.Fatal(err)
		}
		if len(b.store.batches) != 1 || len(b.store.batches[0].Writes) != 2 {
			t.Fatalf("batches %+v", b.store.batches)
		}
		if a1.State.Owner != "Ann" || a1.Version != 1 || a2.State.Owner != "Bob" || a2.Version != 1 {
			t.Fatalf("after it %+v, %+v", a1, a2)
		}
	})
	t.Run("leaves out what decides nothing", func(t *testing.T) {
		b := newBench(t)
		b.append(t, ann, Opened{"Ann"})
		b.store.batches = nil
		var a1 eventlog.Loaded[account]
		if err := eventlog.ExecuteAll(ctx, b.Log, cause, eventlog.On(ann, open{"Ann"}).Into(&a1), eventlog.On(bob, open{"Bob"})); err != nil {
			t.Fatal(err)
		}
		if w := b.store.batches[0].Writes; len(w) != 1 || w[0].Stream != bob {
			t.Fatalf("wrote %+v", w)
		}
		if a1.State.Owner != "Ann" || a1.Version != 1 {
			t.Fatalf("the state without events: %+v", a1)
		}
	})
	t.Run("writes none if one is refused", func(t *testing.T) {
		b := newBench(t)
		b.append(t, bob, Opened{"Bob"}, Closed{})
		b.store.batches = nil
		err := eventlog.ExecuteAll(ctx, b.Log, cause, eventlog.On(ann, open{"Ann"}), eventlog.On(bob, write{"x"}))
		if !errors.Is(err, errClosed) || len(b.store.batches) > 0 {
			t.Fatalf("%v, wrote %+v", err, b.store.batches)
		}
	})
	t.Run("decides all again after a conflict of one", func(t *testing.T) {
		b := newBench(t)
		b.append(t, ann, Opened{"Ann"})
		b.rival(t, 1)
		decisions := map[string]int{}
		counted := func(name string) decide {
			return func(account) ([]eventlog.Event, error) {
				decisions[name]++
				return []eventlog.Event{Noted{Text: name}}, nil
			}
		}
		if err := eventlog.ExecuteAll(ctx, b.Log, cause, eventlog.On(ann, counted("ann")), eventlog.On(bob, counted("bob"))); err != nil {
			t.Fatal(err)
		}
		if decisions["ann"] != 2 || decisions["bob"] != 2 || len(b.store.stored(bob)) != 1 || len(b.store.stored(ann)) != 3 {
			t.Fatalf("decisions %v; Ann has %d events, Bob %d", decisions, len(b.store.stored(ann)), len(b.store.stored(bob)))
		}
	})
	t.Run("refuses two steps on one stream", func(t *testing.T) {
		b := newBench(t)
		err := eventlog.ExecuteAll(ctx, b.Log, cause, eventlog.On(ann, open{"Ann"}), eventlog.On(ann, write{"x"}))
		if !errors.Is(err, eventlog.ErrBadStream) || len(b.store.batches) > 0 {
			t.Fatalf("%v, wrote %+v", err, b.store.batches)
		}
	})
	t.Run("takes no more streams than fit one write", func(t *testing.T) {
		for _, n := range []int{eventlog.MaxWriteStreams, eventlog.MaxWriteStreams + 1} {
			b := newBench(t)
			var steps []eventlog.Step
			for i := range n {
				steps = append(steps, eventlog.On(eventlog.Stream{Service: "svc_1", Root: fmt.Sprintf("acc_%d", i)}, open{"x"}))
			}
			err := eventlog.ExecuteAll(ctx, b.Log, cause, steps...)
			if tooMany := n > eventlog.MaxWriteStreams; errors.Is(err, eventlog.ErrTooLarge) != tooMany || (len(b.store.batches) == 0) != tooMany {
				t.Fatalf("%d streams: %v", n, err)
			}
		}
	})
	t.Run("bounds the bytes of each stream, not of all", func(t *testing.T) {
		b := newBench(t)
		most := write{strings.Repeat("x", eventlog.MaxWriteBytes/2)}
		if err := eventlog.ExecuteAll(ctx, b.Log, cause, eventlog.On(ann, most), eventlog.On(bob, most)); err != nil {
			t.Fatal(err)
		}
		err := eventlog.ExecuteAll(ctx, b.Log, cause, eventlog.On(ann, append(most, most...)), eventlog.On(bob, write{"x"}))
		if !errors.Is(err, eventlog.ErrTooLarge) || len(b.store.stored(bob)) != 1 {
			t.Fatalf("%v", err)
		}
	})
}

func TestTheLargestWrite(t *testing.T) {
	b := newBench(t)
	b.append(t, ann, Noted{Text: ""})
	empty := len(b.store.stored(ann)[0].Data)
	overhead := len(`"text":""`) + 2 // the length of the JSON takes three bytes instead of one
	for over, want := range map[int]error{0: nil, 1: eventlog.ErrTooLarge} {
		text := strings.Repeat("x", eventlog.MaxWriteBytes-empty-overhead+over)
		_, err := eventlog.Execute(ctx, b.Log, ann, write{text}, cause)
		if !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Fatalf("%d over: %v, want %v", over, err, want)
		}
	}
	records := b.store.stored(ann)
	if got := len(records[len(records)-1].Data); got != eventlog.MaxWriteBytes {
		t.Fatalf("the largest has %d bytes, not %d", got, eventlog.MaxWriteBytes)
	}
}

func TestLoadAndFold(t *testing.T) {
	b := newBench(t)
	b.append(t, ann, Opened{"Ann"}, Noted{Text: "one"})
	loaded, err := eventlog.Load[account](ctx, b.Log, ann)
	if err != nil || loaded.Version != 2 || loaded.Stream != ann {
		t.Fatalf("%+v, %v", loaded, err)
	}
	if folded := eventlog.Fold(account{}, read(t, b.Log, ann)...); !reflect.DeepEqual(folded, loaded.State) {
		t.Fatalf("folded %+v, loaded %+v", folded, loaded.State)
	}
	nothing, err := eventlog.Load[account](ctx, b.Log, bob)
	if err != nil || nothing.Version != 0 || !reflect.DeepEqual(nothing.State, account{}) {
		t.Fatalf("of a stream that does not exist: %+v, %v", nothing, err)
	}
}
