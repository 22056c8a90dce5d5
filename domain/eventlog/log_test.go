package eventlog_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"webplug/domain/eventlog"
)

func TestAppendedEventsAreStamped(t *testing.T) {
	b := newBench(t)
	after, err := eventlog.Execute(context.Background(), b.Log, ann, record{Opened{"Ann"}, Noted{Text: "hello"}},
		eventlog.Cause{Actor: "key_7", CorrelationID: "req_8", CausationID: "01KE9"})
	if err != nil {
		t.Fatal(err)
	}
	if after.Version != 2 || after.Stream != ann || after.State.Owner != "Ann" || len(after.State.Notes) != 1 {
		t.Fatalf("the state after it: %+v", after)
	}
	events := read(t, b.Log, ann)
	if len(events) != 2 {
		t.Fatalf("%d events", len(events))
	}
	for i, r := range events {
		if r.Stream != ann || r.Version != eventlog.Version(i+1) || r.Schema != 1 || !r.Time.Equal(start) ||
			r.Actor != "key_7" || r.CorrelationID != "req_8" || r.CausationID != "01KE9" {
			t.Errorf("event %d: %+v", i, r)
		}
		if _, err := ulid.ParseStrict(r.ID); err != nil {
			t.Errorf("id %q: %v", r.ID, err)
		}
	}
	if events[0].ID == events[1].ID {
		t.Errorf("both have the id %s", events[0].ID)
	}
	if events[0].Event != (Opened{"Ann"}) || !reflect.DeepEqual(events[1].Event, Noted{Text: "hello"}) {
		t.Errorf("events %+v, %+v", events[0].Event, events[1].Event)
	}
}

func TestTimeOfAnEvent(t *testing.T) {
	at := func(d time.Duration) time.Time { return start.Add(d) }
	for _, c := range []struct {
		name         string
		clock, cause time.Time
		predecessor  time.Time
		want         time.Time
	}{
		{"is the clock's, to the microsecond", at(999), time.Time{}, time.Time{}, at(0)},
		{"is in UTC", at(0).In(time.FixedZone("", 3600)), time.Time{}, time.Time{}, at(0)},
		{"is never before its predecessor's", at(0), time.Time{}, at(time.Hour), at(time.Hour)},
		{"is never before its cause's", at(0), at(time.Minute), time.Time{}, at(time.Minute)},
		{"is not before a cause between two microseconds", at(0), at(time.Minute + 1), time.Time{}, at(time.Minute + 1000)},
		{"follows the later of predecessor and cause", at(0), at(time.Minute), at(time.Hour), at(time.Hour)},
		{"may be before 1970", time.Date(1969, 7, 20, 20, 17, 40, 0, time.UTC), time.Time{}, time.Time{}, time.Date(1969, 7, 20, 20, 17, 40, 0, time.UTC)},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			if !c.predecessor.IsZero() {
				b.now = c.predecessor
				b.append(t, ann, Opened{"Ann"})
			}
			b.now = c.clock
			if _, err := eventlog.Execute(context.Background(), b.Log, ann, write{"x"}, eventlog.Cause{After: c.cause}); err != nil {
				t.Fatal(err)
			}
			b.store.forget = true
			events := read(t, b.Log, ann)
			if got := events[len(events)-1].Time; got != c.want {
				t.Fatalf("time %v, want %v", got, c.want)
			}
		})
	}
}

func TestAnEffectFollowsItsCause(t *testing.T) {
	b := newBench(t)
	b.now = start.Add(time.Hour)
	first := b.append(t, ann, Opened{"Ann"})[0]
	b.now = start // another machine's clock is behind
	if _, err := eventlog.Execute(context.Background(), b.Log, bob, open{"Bob"}, eventlog.CausedBy(first, "dispatch")); err != nil {
		t.Fatal(err)
	}
	effect := read(t, b.Log, bob)[0]
	if effect.Time.Before(first.Time) {
		t.Errorf("the effect is at %v, its cause at %v", effect.Time, first.Time)
	}
	if effect.Actor != "dispatch" || effect.CausationID != first.ID || effect.CorrelationID != first.CorrelationID {
		t.Errorf("the effect: %+v; its cause: %+v", effect, first)
	}
}

func TestAnIDThatIsNotStoredAsItIsGiven(t *testing.T) {
	for name, id := range map[string]string{
		"is no ULID":      "not a ulid",
		"is too large":    "81KE0000000000000000000000",
		"has lower case":  "01ke0000000000000000000001",
		"is empty":        "",
		"has other chars": "01KE000000000000000000000U",
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			l := eventlog.New(b.store, b.Registry(), b.sealer(t, b.master), func() time.Time { return start }, func() string { return id })
			if _, err := eventlog.Execute(context.Background(), l, ann, open{"Ann"}, cause); err == nil {
				t.Fatalf("%q was taken", id)
			}
			if len(b.store.batches) > 0 {
				t.Fatal("something was written")
			}
		})
	}
}

func TestTheChain(t *testing.T) {
	b := newBench(t)
	b.append(t, ann, Opened{"Ann"}, Noted{Text: "one"})
	b.append(t, ann, Noted{Text: "two"})
	records := b.store.stored(ann)

	t.Run("begins with the stream's name and goes on with each hash", func(t *testing.T) {
		prev := []byte("svc_1/acc_ann")
		for _, r := range records {
			want := sha256.Sum256(append(append([]byte(nil), prev...), r.Data...))
			if r.Hash != want {
				t.Fatalf("hash of %d is %x, want %x", r.Version, r.Hash, want)
			}
			prev = want[:]
		}
	})
	t.Run("is in the events", func(t *testing.T) {
		for i, r := range read(t, b.reopened(t, b.master), ann) {
			if r.Hash != records[i].Hash {
				t.Fatalf("event %d has hash %x, its record %x", i, r.Hash, records[i].Hash)
			}
		}
	})
	t.Run("is verified", func(t *testing.T) {
		if err := eventlog.Verify(records); err != nil {
			t.Fatal(err)
		}
		if err := eventlog.Verify(nil); err != nil {
			t.Fatal(err)
		}
	})
}

func TestVerifyNamesTheRecordThatIsDamaged(t *testing.T) {
	b := newBench(t)
	b.append(t, ann, Opened{"Ann"}, Noted{Text: "one", Memo: sealed("k", "secret")}, Closed{})
	b.append(t, bob, Opened{"Bob"})
	verify := func(t *testing.T, records []eventlog.Record, name string) {
		t.Helper()
		err := eventlog.Verify(records)
		if !errors.Is(err, eventlog.ErrDamaged) || !strings.Contains(err.Error(), name) {
			t.Fatalf("%v; want ErrDamaged of %s", err, name)
		}
	}
	names := []string{"svc_1/acc_ann@1", "svc_1/acc_ann@2", "svc_1/acc_ann@3"}

	t.Run("by any bit of any byte", func(t *testing.T) {
		for i, name := range names {
			for at := range b.store.stored(ann)[i].Data {
				for bit := range 8 {
					records := b.store.stored(ann)
					records[i].Data = append([]byte(nil), records[i].Data...)
					records[i].Data[at] ^= 1 << bit
					verify(t, records, name)
				}
			}
		}
	})
	t.Run("by any byte of its hash", func(t *testing.T) {
		for i, name := range names {
			for at := range sha256.Size {
				records := b.store.stored(ann)
				records[i].Hash[at]++
				verify(t, records, name)
			}
		}
	})
	t.Run("by a record left out", func(t *testing.T) {
		records := b.store.stored(ann)
		verify(t, []eventlog.Record{records[0], records[2]}, names[2])
		verify(t, records[1:], names[1])
	})
	t.Run("by a record left out and the rest renumbered", func(t *testing.T) {
		records := b.store.stored(ann)
		records[2].Version = 2
		verify(t, []eventlog.Record{records[0], records[2]}, "svc_1/acc_ann@2")
	})
	t.Run("by two records swapped", func(t *testing.T) {
		records := b.store.stored(ann)
		records[1], records[2] = records[2], records[1]
		records[1].Version, records[2].Version = 2, 3
		verify(t, records, names[1])
	})
	t.Run("by a record of another stream or place", func(t *testing.T) {
		records := append(b.store.stored(ann), b.store.stored(bob)...)
		verify(t, records, "svc_1/acc_bob@1")
		renamed := b.store.stored(ann)
		renamed[1].Stream = bob
		verify(t, renamed, "svc_1/acc_bob@2")
		renumbered := b.store.stored(ann)
		renumbered[1].Version = 7
		verify(t, renumbered, "svc_1/acc_ann@7")
		moved := b.store.stored(bob)
		moved[0].Stream = ann
		verify(t, moved, names[0])
	})
}

func TestWhatCannotBeAppended(t *testing.T) {
	for _, c := range []struct {
		name   string
		stream eventlog.Stream
		event  eventlog.Event
		want   error
	}{
		{"a stream without root", eventlog.Stream{Service: "svc_1"}, Opened{}, eventlog.ErrBadStream},
		{"a stream with a slash", eventlog.Stream{Service: "svc_1", Root: "a/b"}, Opened{}, eventlog.ErrBadStream},
		{"an event that is not in the registry", ann, Unlisted{}, nil},
		{"an event under another's name", ann, Impostor{}, nil},
		{"a pointer to an event", ann, &Opened{}, nil},
		{"text that is not UTF-8", ann, Opened{Owner: "\xff"}, nil},
		{"a sealed field that was read and not revealed", ann, nil, nil},
		{"more than fits one write", ann, Noted{Text: strings.Repeat("x", eventlog.MaxWriteBytes)}, eventlog.ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			if c.event == nil {
				b.append(t, bob, Noted{Memo: sealed("k", "secret")})
				b.store.forget = true
				c.event = Noted{Memo: read(t, b.Log, bob)[0].Event.(Noted).Memo}
				b.store.batches = nil
			}
			_, err := eventlog.Execute(context.Background(), b.Log, c.stream, record{c.event}, cause)
			if err == nil || (c.want != nil && !errors.Is(err, c.want)) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if len(b.store.batches) > 0 {
				t.Fatal("something was written")
			}
		})
	}
}

type (
	Unlisted struct{}
	Impostor struct{}
)

func (Unlisted) EventType() string { return "Unlisted" }
func (Impostor) EventType() string { return "Opened" }

func TestReadingStopsAtTheFirstError(t *testing.T) {
	b := newBench(t)
	b.append(t, ann, Opened{"Ann"}, Noted{Text: "one"}, Closed{})
	b.store.streams[ann][1].Data = b.store.streams[ann][1].Data[:20]
	b.store.forget = true
	var versions []eventlog.Version
	var failures []error
	for r, err := range b.Read(context.Background(), ann, 0) {
		if err != nil {
			failures = append(failures, err)
			continue
		}
		versions = append(versions, r.Version)
	}
	if !reflect.DeepEqual(versions, []eventlog.Version{1}) || len(failures) != 1 || !errors.Is(failures[0], eventlog.ErrDamaged) {
		t.Fatalf("read %v, %v", versions, failures)
	}
}

func TestTrailHasTheRootFirstAndThenEachLeaf(t *testing.T) {
	b := newBench(t)
	leaf := func(l string) eventlog.Stream { return eventlog.Stream{Service: "svc_1", Root: "acc_ann", Leaf: l} }
	b.append(t, leaf("b"), Noted{Text: "b1"}, Noted{Text: "b2"})
	b.append(t, leaf("a"), Noted{Text: "a1"})
	b.append(t, ann, Opened{"Ann"})
	b.append(t, bob, Opened{"Bob"})
	var got []string
	for r, err := range b.Trail(context.Background(), "svc_1", "acc_ann") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r.Stream.String())
	}
	want := "svc_1/acc_ann svc_1/acc_ann/a svc_1/acc_ann/b svc_1/acc_ann/b"
	if strings.Join(got, " ") != want {
		t.Fatalf("%v, want %s", got, want)
	}
}

// What a process remembers of a record that it made is what any other process reads from it.
func TestRememberedAndReadAreTheSame(t *testing.T) {
	b := newBench(t)
	b.now = start.Add(987)
	b.append(t, ann, Opened{"Ann"}, Noted{Text: "one", Memo: sealed("k", "secret")}, Noted{}, Closed{})
	for _, rec := range b.store.streams[ann] {
		remembered, err := b.Decode(rec)
		if err != nil {
			t.Fatal(err)
		}
		again, err := b.Decode(rec.Forget())
		if err != nil {
			t.Fatal(err)
		}
		if n, ok := again.Event.(Noted); ok { // the one has the content, the other the box; both reveal the same
			revealed, err := b.Reveal(context.Background(), n.Memo)
			if err != nil {
				t.Fatal(err)
			}
			if n.Memo.Absent() != remembered.Event.(Noted).Memo.Absent() {
				t.Fatalf("%+v is remembered as %+v", again.Event, remembered.Event)
			}
			if !n.Memo.Absent() {
				n.Memo = eventlog.Sealed{Key: n.Memo.Key, Plain: revealed}
			}
			again.Event = n
		}
		if !reflect.DeepEqual(remembered, again) {
			t.Errorf("remembered %+v\nread       %+v", remembered, again)
		}
	}
}
