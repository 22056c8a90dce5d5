package eventlog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"webplug/domain/eventlog"
)

func TestDataKeys(t *testing.T) {
	t.Run("are made once a name, whoever comes first", func(t *testing.T) {
		b := newBench(t)
		var sealers []*eventlog.Sealer
		for range 4 {
			s, err := eventlog.NewSealer(b.keys, b.master, nil) // nil: the system's randomness, as in production
			if err != nil {
				t.Fatal(err)
			}
			sealers = append(sealers, s)
		}
		stream := func(i int) eventlog.Stream { return eventlog.Stream{Service: "svc_1", Root: fmt.Sprintf("acc_%d", i)} }
		now := func() time.Time { return start }
		var wg sync.WaitGroup
		for i := range 32 {
			wg.Go(func() {
				l := eventlog.New(b.store, b.Registry(), sealers[i%len(sealers)], now, numbered())
				event := Noted{Memo: sealed("shared", "content"), Note: sealed(fmt.Sprintf("key %d", i%3), "content")}
				if _, err := eventlog.Execute(context.Background(), l, stream(i), record{event}, cause); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if names := slices.Sorted(maps.Keys(b.keys.wrapped)); strings.Join(names, ", ") != "key 0, key 1, key 2, shared" {
			t.Fatalf("keys %v", names)
		}
		fresh := b.reopened(t, b.master)
		for i := range 32 {
			if got, err := reveal(fresh, b.store.stored(stream(i))[0]); err != nil || string(got) != "content" {
				t.Fatalf("%d: %q, %v", i, got, err)
			}
		}
	})
	t.Run("never seal two boxes with one nonce", func(t *testing.T) {
		b := newBench(t)
		sealer, err := eventlog.NewSealer(b.keys, b.master, nil)
		if err != nil {
			t.Fatal(err)
		}
		b.Log = eventlog.New(b.store, b.Registry(), sealer, func() time.Time { return start }, numbered())
		seen := map[string]bool{}
		for range 50 {
			rec := sealOne(t, b, ann, []byte("the same content"))
			box := rec.Data[bytes.Index(rec.Data, []byte("svc_1/secrets"))+len("svc_1/secrets")+1:]
			if nonce := string(box[1:13]); seen[nonce] {
				t.Fatal("a nonce came twice")
			} else {
				seen[nonce] = true
			}
		}
	})
	t.Run("are read again after more names than are kept in memory", func(t *testing.T) {
		b := newBench(t)
		var events []eventlog.Event
		for i := range 5000 {
			events = append(events, Noted{Memo: sealed(fmt.Sprintf("key %d", i), "content")})
			if len(events) == 500 {
				if _, err := eventlog.Execute(ctx, b.Log, ann, record(events), cause); err != nil {
					t.Fatal(err)
				}
				events = nil
			}
		}
		for _, i := range []int{0, 4095, 4096, 4999} {
			if got, err := reveal(b.Log, b.store.stored(ann)[i]); err != nil || string(got) != "content" {
				t.Fatalf("%d: %q, %v", i, got, err)
			}
		}
	})
	t.Run("that are damaged are refused", func(t *testing.T) {
		b := newBench(t)
		rec := sealOne(t, b, ann, []byte("content"))
		whole := b.keys.wrapped["svc_1/secrets"]
		for n := range whole {
			b.keys.wrapped["svc_1/secrets"] = whole[:n]
			if _, err := reveal(b.reopened(t, b.master), rec); !errors.Is(err, eventlog.ErrSealed) && !errors.Is(err, eventlog.ErrDamaged) {
				t.Fatalf("cut to %d: %v", n, err)
			}
			flipped := bytes.Clone(whole)
			flipped[n] ^= 1
			b.keys.wrapped["svc_1/secrets"] = flipped
			if _, err := reveal(b.reopened(t, b.master), rec); !errors.Is(err, eventlog.ErrSealed) {
				t.Fatalf("flipped at %d: %v", n, err)
			}
		}
	})
	t.Run("that cannot be loaded now are not gone", func(t *testing.T) {
		b := newBench(t)
		rec := sealOne(t, b, ann, []byte("content"))
		l := eventlog.New(b.store, b.Registry(), sealerOver(t, throttled{}, b.master), func() time.Time { return start }, numbered())
		if _, err := reveal(l, rec); !errors.Is(err, eventlog.ErrUnavailable) || errors.Is(err, eventlog.ErrSealed) {
			t.Fatalf("%v; want ErrUnavailable alone", err)
		}
		if _, err := eventlog.Execute(context.Background(), l, bob, record{Noted{Memo: sealed("k", "x")}}, cause); !errors.Is(err, eventlog.ErrUnavailable) {
			t.Fatalf("%v; want ErrUnavailable", err)
		}
		if len(b.store.stored(bob)) > 0 {
			t.Fatal("something was written")
		}
	})
	t.Run("are not made without randomness", func(t *testing.T) {
		b := newBench(t)
		s, err := eventlog.NewSealer(b.keys, b.master, strings.NewReader("too short"))
		if err != nil {
			t.Fatal(err)
		}
		l := eventlog.New(b.store, b.Registry(), s, func() time.Time { return start }, numbered())
		if _, err := eventlog.Execute(context.Background(), l, ann, record{Noted{Memo: sealed("k", "x")}}, cause); err == nil {
			t.Fatal("it was sealed")
		}
		if len(b.keys.wrapped) > 0 || len(b.store.batches) > 0 {
			t.Fatal("something was written")
		}
	})
}

// throttled is a store of keys that has no time.
type throttled struct{}

func (throttled) LoadKey(context.Context, string) ([]byte, error) {
	return nil, eventlog.ErrUnavailable
}
func (throttled) CreateKey(context.Context, string, []byte) ([]byte, error) {
	return nil, eventlog.ErrUnavailable
}

func sealerOver(t testing.TB, keys eventlog.Keys, master []byte) *eventlog.Sealer {
	t.Helper()
	s, err := eventlog.NewSealer(keys, master, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheMasterKey(t *testing.T) {
	b := newBench(t)
	check := func(master string) error { return b.sealer(t, []byte(master)).CheckMaster(context.Background(), true) }
	t.Run("is not made up for data that has lost its keys", func(t *testing.T) {
		if err := b.sealer(t, b.master).CheckMaster(context.Background(), false); !errors.Is(err, eventlog.ErrSealed) {
			t.Fatalf("%v; want ErrSealed", err)
		}
	})
	mine, other := string(b.master), "another master key, 32 bytes lo."

	t.Run("is taken on new data, and known again", func(t *testing.T) {
		for range 2 {
			if err := check(mine); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("is refused if the data was made with another", func(t *testing.T) {
		if err := check(other); !errors.Is(err, eventlog.ErrSealed) {
			t.Fatalf("%v; want ErrSealed", err)
		}
	})
	t.Run("has 32 bytes", func(t *testing.T) {
		for n := range 40 {
			if _, err := eventlog.NewSealer(b.keys, make([]byte, n), nil); (err == nil) != (n == eventlog.MasterKeySize) {
				t.Fatalf("%d bytes: %v", n, err)
			}
		}
	})
}
