package contract

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"

	"webplug/domain/eventlog"
)

// Keys holds a store of data keys to the words of eventlog.Keys.
func Keys(t *testing.T, open Maker, within ...Within) {
	t.Helper()
	runChecks(t, open, within, keysChecks())
}

func keysChecks() []check {
	of := []need{needsKeys}
	return []check{
		{name: "a key that is not there", needs: of, run: keyAbsent},
		{name: "what was created is loaded", needs: of, run: keyCreated},
		{name: "a second creation answers the first", needs: of, run: keyOnce},
		{name: "16 creations at once get one key", needs: of, run: keyRace},
		{name: "names do not touch each other nor the log", needs: of, run: keyNames},
		{name: "a key survives a crash", needs: []need{needsKeys, needsReopen}, run: keyAfterCrash},
	}
}

func keyAbsent(t *testing.T, h Harness) {
	if got, err := h.Keys.LoadKey(t.Context(), "svc_1/usr_1/2026-01"); !errors.Is(err, eventlog.ErrNoKey) {
		t.Fatalf("got %x, %v, want ErrNoKey", got, err)
	}
}

func keyCreated(t *testing.T, h Harness) {
	key := noise(7, 60)
	wantCreate(t, h.Keys, "svc_1/usr_1/2026-01", key, key)
	wantKey(t, h.Keys, "svc_1/usr_1/2026-01", key)
}

func keyOnce(t *testing.T, h Harness) {
	first := noise(1, 60)
	wantCreate(t, h.Keys, "svc_1/-/2026-01", first, first)
	wantCreate(t, h.Keys, "svc_1/-/2026-01", noise(2, 60), first)
	wantKey(t, h.Keys, "svc_1/-/2026-01", first)
	got, err := h.Keys.LoadKey(t.Context(), "svc_1/-/2026-01")
	if err != nil {
		t.Fatal(err)
	}
	clear(got) // the caller's own
	wantKey(t, h.Keys, "svc_1/-/2026-01", first)
}

func keyRace(t *testing.T, h Harness) {
	var wg sync.WaitGroup
	var got [16][]byte
	var errs [16]error
	for i := range got {
		wg.Go(func() { got[i], errs[i] = h.Keys.CreateKey(t.Context(), "svc_1", noise(uint64(i), 60)) })
	}
	wg.Wait()
	for i := range got {
		if errs[i] != nil {
			t.Fatalf("caller %d: %v", i, errs[i])
		}
		if !bytes.Equal(got[i], got[0]) {
			t.Errorf("callers 0 and %d got different keys", i)
		}
	}
	wantKey(t, h.Keys, "svc_1", got[0])
}

func keyNames(t *testing.T, h Harness) {
	s := stream("svc_1/usr_1")
	mustAppend(t, h.Store, batch(write(s, 0, "a stream of the same name")))
	names := []string{"svc_1", "svc_1/usr_1", "svc_1/usr_1/2026-01", "svc_1/usr_1/2026-010", "svc_1/usr_10/2026-01", "svc_10"}
	for i, name := range names {
		wantCreate(t, h.Keys, name, []byte(fmt.Sprint("key ", i)), []byte(fmt.Sprint("key ", i)))
	}
	for i, name := range names {
		wantKey(t, h.Keys, name, []byte(fmt.Sprint("key ", i)))
	}
	wantRead(t, h.Store, s, write(s, 0, "a stream of the same name").Records...)
	wantTrail(t, h.Store, s.Service, s.Root, write(s, 0, "a stream of the same name").Records...)
}

func keyAfterCrash(t *testing.T, h Harness) {
	key := noise(1, 60)
	wantCreate(t, h.Keys, "svc_1", key, key)
	h = h.Reopen(t)
	wantKey(t, h.Keys, "svc_1", key)
	wantCreate(t, h.Keys, "svc_1", noise(2, 60), key)
}

func wantCreate(t testing.TB, k eventlog.Keys, name string, wrapped, want []byte) {
	t.Helper()
	got, err := k.CreateKey(t.Context(), name, wrapped)
	if err != nil {
		t.Fatalf("create key %s: %v", name, err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("create key %s answers %x, want %x", name, got, want)
	}
}

func wantKey(t testing.TB, k eventlog.Keys, name string, want []byte) {
	t.Helper()
	got, err := k.LoadKey(t.Context(), name)
	if err != nil {
		t.Fatalf("load key %s: %v", name, err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("key %s is %x, want %x", name, got, want)
	}
}
