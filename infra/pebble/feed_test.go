package pebble

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/domain/eventlog"
)

// followed gives what a follower is given up to the head.
func followed(t *testing.T, s *Store, after eventlog.Position) (got []eventlog.Record, err error) {
	t.Helper()
	head, end := s.Head(), errors.New("the end")
	err = s.Follow(t.Context(), after, func(_ context.Context, at eventlog.Position, rs []eventlog.Record) error {
		if got = append(got, rs...); at == head {
			return end
		}
		return nil
	})
	if errors.Is(err, end) {
		err = nil
	}
	return got, err
}

// A follower who keeps up gets the Records that were appended, with what this process has noted in them.
func TestFollowersGetTheVeryRecords(t *testing.T) {
	s := open(t, Options{Dir: "data", FS: vfs.NewCrashableMem()})
	b := one("svc_1/a", 0, "the very bytes")
	if err := s.Append(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	got, err := followed(t, s, 0)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d records, %v", len(got), err)
	}
	if &got[0].Data[0] != &b.Writes[0].Records[0].Data[0] {
		t.Error("the bytes were copied, so a new Record was made")
	}
}

func TestRecentCommitsAreBounded(t *testing.T) {
	s := open(t, Options{Dir: "data", FS: vfs.NewCrashableMem(), size: size{heads: 10, recentCommits: 50, recentBytes: 10_000, pageRecords: 10, pageBytes: 1000}})
	for n := range 300 {
		if err := numbered(s, n, 1000); err != nil {
			t.Fatal(err)
		}
	}
	if n, bytes := len(s.recent.commits), s.recent.bytes; n > 10 || bytes > 10_000 {
		t.Errorf("%d commits with %d bytes are held", n, bytes)
	}
	got, err := followed(t, s, 0)
	if err != nil || len(got) != 300 {
		t.Errorf("%d records, %v", len(got), err)
	}
}

func TestReleasedPositionsAreRefused(t *testing.T) {
	fs := vfs.NewCrashableMem()
	sizes := size{heads: 10, recentCommits: 1, recentBytes: 1, pageRecords: 10, pageBytes: 1000}
	s := open(t, Options{Dir: "data", FS: fs, size: sizes})
	for n := range 20 {
		if err := numbered(s, n, 10); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Release(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	if _, err := followed(t, s, 5); !errors.Is(err, errReleased) {
		t.Errorf("after 5: got %v, want errReleased", err)
	}
	if got, err := followed(t, s, 10); err != nil || len(got) != 10 {
		t.Errorf("after 10: %d records, %v", len(got), err)
	}
	// All of it: the next position is still the next one after a restart.
	if err := s.Release(t.Context(), 1000); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, Options{Dir: "data", FS: fs, size: sizes})
	if s.Head() != 20 {
		t.Errorf("head is %d, want 20", s.Head())
	}
	if err := numbered(s, 20, 10); err != nil {
		t.Fatal(err)
	}
	if got, err := followed(t, s, 20); err != nil || len(got) != 1 {
		t.Errorf("after 20: %d records, %v", len(got), err)
	}
}

func TestPlaces(t *testing.T) {
	names := []string{"svc_1/a", "svc_1/a/ep_1", "svc_1/a/ep_2", "svc_1/b", "_/x", "svc_1/a"}
	var value, last []byte
	var want []string
	for i, name := range names {
		key := appendStreamKey(nil, streamOf(name))
		value = appendPlace(value, last, key, eventlog.Version(i+1), i+200)
		last = key
		want = append(want, fmt.Sprintf("%q %d %d", key, i+1, i+200))
	}
	var got []string
	err := places(value, func(key []byte, first eventlog.Version, n int) error {
		got = append(got, fmt.Sprintf("%q %d %d", key, first, n))
		return nil
	})
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for n := range value { // cut anywhere, or spoiled anywhere, it is refused or read, and never a panic
		_ = places(value[:n], func([]byte, eventlog.Version, int) error { return nil })
		spoiled := append([]byte(nil), value...)
		spoiled[n] ^= 0xff
		_ = places(spoiled, func([]byte, eventlog.Version, int) error { return nil })
	}
}

func TestStamps(t *testing.T) {
	stamp := appendStamp([]byte("before"), 258)
	if at, ok := parseStamp(stamp[len("before"):]); at != 258 || !ok {
		t.Errorf("got %d, %v", at, ok)
	}
	for i := range stampLen {
		spoiled := append([]byte(nil), stamp[len("before"):]...)
		spoiled[i] ^= 1
		if at, ok := parseStamp(spoiled); ok {
			t.Errorf("with byte %d spoiled it says %d", i, at)
		}
	}
}
