package pebble

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/domain/eventlog"
)

func lazily(b eventlog.Batch) eventlog.Batch {
	b.Lazy = true
	return b
}

// took runs an append and answers how long it was in virtual time.
func took(t *testing.T, s *Store, b eventlog.Batch) time.Duration {
	t.Helper()
	began := time.Now()
	if err := s.Append(t.Context(), b); err != nil {
		t.Error(err)
	}
	return time.Since(began)
}

func TestLazyAppends(t *testing.T) {
	t.Run("wait for company, but not long", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, Options{Dir: "data", FS: vfs.NewCrashableMem()})
			for v := range eventlog.Version(3) {
				if d := took(t, s, lazily(one("svc_1/msg_1", v, "x"))); d != lazyWait {
					t.Errorf("alone it took %v, want %v", d, lazyWait)
				}
			}
		})
	})
	t.Run("share one commit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, Options{Dir: "data", FS: vfs.NewCrashableMem()})
			var wg sync.WaitGroup
			for _, name := range []string{"a", "b", "c", "d"} {
				wg.Go(func() { took(t, s, lazily(one("svc_1/"+name, 0, "x"))) })
				time.Sleep(time.Millisecond)
			}
			wg.Wait()
			if s.Head() != 1 {
				t.Errorf("%d commits, want 1", s.Head())
			}
		})
	})
	t.Run("ride with one that is not, which they don't delay", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := open(t, Options{Dir: "data", FS: vfs.NewCrashableMem()})
			var wg sync.WaitGroup
			wg.Go(func() {
				if d := took(t, s, lazily(one("svc_1/a", 0, "x"))); d != 2*time.Millisecond {
					t.Errorf("the lazy one took %v, want 2ms", d)
				}
			})
			time.Sleep(2 * time.Millisecond)
			if d := took(t, s, one("svc_1/b", 0, "x")); d != 0 {
				t.Errorf("the other took %v, want no time", d)
			}
			wg.Wait()
			if s.Head() != 1 {
				t.Errorf("%d commits, want 1", s.Head())
			}
		})
	})
}

// TestNothingIsSeenBeforeItIsDurable holds up a sync and looks from all sides for what it is to make durable.
func TestNothingIsSeenBeforeItIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fs := newFaultyFS()
		s := open(t, Options{Dir: "data", FS: fs})
		first, second := one("svc_1/msg_1", 0, "durable"), one("svc_1/msg_1", 1, "not yet")
		if err := s.Append(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		gate := make(chan struct{})
		fs.gate.Store(&gate)

		var ended sync.Map
		var wg sync.WaitGroup
		start := func(what string, do func() error) {
			wg.Go(func() {
				if err := do(); err != nil {
					t.Errorf("%s: %v", what, err)
				}
				ended.Store(what, true)
			})
			synctest.Wait()
		}
		last := func(rs func(func(eventlog.Record, error) bool)) (v eventlog.Version, err error) {
			for r, e := range rs {
				v, err = r.Version, e
			}
			return v, err
		}
		want2 := func(v eventlog.Version, err error) error {
			if err == nil && v != 2 {
				return errors.New("the second record is not there afterwards")
			}
			return err
		}
		start("append", func() error { return s.Append(t.Context(), second) })
		start("a repeat", func() error { return s.Append(t.Context(), second) })
		start("read", func() error { return want2(last(s.Read(t.Context(), first.Writes[0].Stream, 0))) })
		start("trail", func() error { return want2(last(s.Trail(t.Context(), "svc_1", "msg_1"))) })
		start("scan", func() error {
			for page, err := range s.Scan(t.Context(), "") {
				if err != nil || len(page.Records) != 2 {
					return errors.Join(err, errors.New("not both records"))
				}
			}
			return nil
		})
		start("follow", func() error {
			enough := errors.New("enough")
			err := s.Follow(t.Context(), 1, func(context.Context, eventlog.Position, []eventlog.Record) error { return enough })
			if !errors.Is(err, enough) {
				return err
			}
			return nil
		})
		ended.Range(func(what, _ any) bool {
			t.Errorf("%s has ended before the sync", what)
			return true
		})
		if s.Head() != 1 {
			t.Errorf("head is %d before the sync", s.Head())
		}
		other := one("svc_1/msg_2", 0, "").Writes[0].Stream
		if v, err := last(s.Read(t.Context(), other, 0)); v != 0 || err != nil {
			t.Errorf("another stream: %d, %v", v, err) // and it did not have to wait
		}
		fs.gate.Store(nil)
		close(gate)
		wg.Wait()
	})
}

func TestAClosedStore(t *testing.T) {
	s := open(t, Options{Dir: "data", FS: vfs.NewCrashableMem()})
	if err := s.Append(t.Context(), one("svc_1/a", 0, "x")); err != nil {
		t.Fatal(err)
	}
	following := make(chan error, 1)
	go func() {
		following <- s.Follow(t.Context(), 0, func(context.Context, eventlog.Position, []eventlog.Record) error { return nil })
	}()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	calls := map[string]error{
		"append": s.Append(t.Context(), one("svc_1/a", 1, "y")), "health": s.Health(), "follow": <-following,
		"release": s.Release(t.Context(), 1),
	}
	for _, err := range s.Read(t.Context(), one("svc_1/a", 0, "").Writes[0].Stream, 0) {
		calls["read"] = err
	}
	for _, err := range s.Read(t.Context(), one("svc_1/b", 0, "").Writes[0].Stream, 0) {
		calls["read of nothing"] = err
	}
	for _, err := range s.Scan(t.Context(), "") {
		calls["scan"] = err
	}
	_, calls["load key"] = s.LoadKey(t.Context(), "k")
	_, calls["create key"] = s.CreateKey(t.Context(), "k", nil)
	if len(calls) != 9 {
		t.Errorf("answers of %d calls", len(calls))
	}
	for what, err := range calls {
		if !errors.Is(err, eventlog.ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnavailable", what, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Errorf("a second close: %v", err)
	}
}

func TestWhatNoWriterShouldGive(t *testing.T) {
	s := open(t, Options{Dir: "data", FS: vfs.NewCrashableMem()})
	good := one("svc_1/a", 0, "x")
	for what, spoil := range map[string]func(*eventlog.Batch){
		"no writes":        func(b *eventlog.Batch) { b.Writes = nil },
		"no records":       func(b *eventlog.Batch) { b.Writes[0].Records = nil },
		"a stream twice":   func(b *eventlog.Batch) { b.Writes = append(b.Writes, b.Writes[0]) },
		"another version":  func(b *eventlog.Batch) { b.Writes[0].Records[0].Version = 2 },
		"another's record": func(b *eventlog.Batch) { b.Writes[0].Records[0].Stream.Root = "b" },
		"no root":          func(b *eventlog.Batch) { b.Writes[0].Stream.Root, b.Writes[0].Records[0].Stream.Root = "", "" },
		"a zero byte": func(b *eventlog.Batch) {
			b.Writes[0].Stream.Root, b.Writes[0].Records[0].Stream.Root = "a\x00", "a\x00"
		},
	} {
		b := eventlog.Batch{Writes: []eventlog.Write{good.Writes[0]}}
		b.Writes[0].Records = []eventlog.Record{good.Writes[0].Records[0]}
		spoil(&b)
		if err := s.Append(t.Context(), b); err == nil {
			t.Errorf("%s: was taken", what)
		}
	}
	wantReads(t, s, 0)
	if err := s.Append(t.Context(), good); err != nil {
		t.Error(err)
	}
}
