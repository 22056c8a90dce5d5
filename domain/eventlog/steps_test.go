package eventlog_test

import (
	"errors"
	"testing"

	"webplug/domain/eventlog"
)

func TestAFreshStream(t *testing.T) {
	t.Run("is not looked for", func(t *testing.T) {
		b := newBench(t)
		if err := eventlog.ExecuteAll(ctx, b.Log, cause, eventlog.On(ann, open{"Ann"}).Fresh()); err != nil {
			t.Fatal(err)
		}
		if w := b.store.batches[0].Writes[0]; b.store.reads != 0 || !w.Fresh || w.Expected != 0 {
			t.Fatalf("%d reads, %+v", b.store.reads, w)
		}
	})
	t.Run("after a conflict is looked for, and not vouched for again", func(t *testing.T) {
		b := newBench(t)
		tries := 0
		b.store.before = func(eventlog.Batch) error {
			if tries++; tries == 1 {
				return eventlog.ErrConflict
			}
			return nil
		}
		if err := eventlog.ExecuteAll(ctx, b.Log, cause, eventlog.On(ann, open{"Ann"}).Fresh(), eventlog.On(bob, open{"Bob"})); err != nil {
			t.Fatal(err)
		}
		if w := b.store.batches[0].Writes[0]; b.store.reads != 3 || w.Fresh {
			t.Fatalf("%d reads, %+v", b.store.reads, w)
		}
	})
	t.Run("is said of its own step alone", func(t *testing.T) {
		b := newBench(t)
		b.append(t, bob, Opened{"Bob"})
		b.store.batches = nil
		if err := eventlog.ExecuteAll(ctx, b.Log, cause, eventlog.On(ann, open{"Ann"}).Fresh(), eventlog.On(bob, write{"x"})); err != nil {
			t.Fatal(err)
		}
		if w := b.store.batches[0].Writes; !w[0].Fresh || w[1].Fresh || w[1].Expected != 1 {
			t.Fatalf("%+v", w)
		}
	})
}

func TestFromAKnownState(t *testing.T) {
	known := func(t *testing.T, b *bench) eventlog.Loaded[account] {
		loaded, err := eventlog.Execute(ctx, b.Log, ann, open{"Ann"}, cause)
		if err != nil {
			t.Fatal(err)
		}
		b.store.reads = 0
		return loaded
	}
	t.Run("the stream is not read", func(t *testing.T) {
		b := newBench(t)
		if err := eventlog.ExecuteAll(ctx, b.Log, cause, eventlog.On(ann, write{"x"}).From(known(t, b))); err != nil {
			t.Fatal(err)
		}
		if b.store.reads != 0 {
			t.Fatalf("%d reads", b.store.reads)
		}
		if err := eventlog.Verify(b.store.stored(ann)); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("that is old, the command is decided again on the stream", func(t *testing.T) {
		b := newBench(t)
		old := known(t, b)
		b.append(t, ann, Closed{})
		if err := eventlog.ExecuteAll(ctx, b.Log, cause, eventlog.On(ann, write{"x"}).From(old)); !errors.Is(err, errClosed) {
			t.Fatalf("%v", err)
		}
	})
	t.Run("of another stream is refused", func(t *testing.T) {
		b := newBench(t)
		old := known(t, b)
		b.store.batches = nil
		if err := eventlog.ExecuteAll(ctx, b.Log, cause, eventlog.On(bob, write{"x"}).From(old)); !errors.Is(err, eventlog.ErrBadStream) || len(b.store.batches) > 0 {
			t.Fatalf("%v", err)
		}
	})
}

func TestABatchIsLazyOnlyIfNobodyWaits(t *testing.T) {
	a := func() *eventlog.StepOn[account] { return eventlog.On(ann, open{"Ann"}) }
	o := func() *eventlog.StepOn[account] { return eventlog.On(bob, open{"Bob"}) }
	for _, c := range []struct {
		name  string
		steps []eventlog.Step
		want  bool
	}{
		{"one that waits", []eventlog.Step{a()}, false},
		{"one lazy", []eventlog.Step{a().Lazy()}, true},
		{"two lazy", []eventlog.Step{a().Lazy(), o().Lazy()}, true},
		{"the first waits", []eventlog.Step{a(), o().Lazy()}, false},
		{"the second waits", []eventlog.Step{a().Lazy(), o()}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			if err := eventlog.ExecuteAll(ctx, b.Log, cause, c.steps...); err != nil {
				t.Fatal(err)
			}
			if got := b.store.batches[0].Lazy; got != c.want {
				t.Fatalf("lazy %v, want %v", got, c.want)
			}
		})
	}
}
