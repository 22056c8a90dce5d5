package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"webplug/domain/eventlog"
)

// scanner gives a memory's streams in order, so many records a page. A checkpoint counts the records before it.
type scanner struct {
	memory *memory
	page   int
	broken error // instead of the page after the first
}

func (s scanner) Scan(_ context.Context, after eventlog.Checkpoint) iter.Seq2[eventlog.ScanPage, error] {
	var all []eventlog.Record
	for _, name := range []eventlog.Stream{ann, bob} {
		all = append(all, s.memory.stored(name)...)
	}
	at, _ := strconv.Atoi(string(after))
	return func(yield func(eventlog.ScanPage, error) bool) {
		for first := true; at < len(all); first = false {
			if !first && s.broken != nil {
				yield(eventlog.ScanPage{}, s.broken)
				return
			}
			records := all[at:min(at+s.page, len(all))]
			at += len(records)
			if !yield(eventlog.ScanPage{Records: records, Next: eventlog.Checkpoint(fmt.Sprint(at))}, nil) {
				return
			}
		}
	}
}

func TestVerify(t *testing.T) {
	// Ann has the versions 1 to 5, Bob 1 to 3.
	for name, c := range map[string]struct {
		harm func(m map[eventlog.Stream][]eventlog.Record)
		want []string
	}{
		"nothing": {func(map[eventlog.Stream][]eventlog.Record) {}, nil},
		"a flipped byte": {func(m map[eventlog.Stream][]eventlog.Record) {
			m[ann][2].Data = append([]byte(nil), m[ann][2].Data...)
			m[ann][2].Data[20] ^= 1
		}, []string{"ann 3 changed"}},
		"a flipped byte of the first": {func(m map[eventlog.Stream][]eventlog.Record) {
			m[bob][0].Data = append([]byte(nil), m[bob][0].Data...)
			m[bob][0].Data[5] ^= 128
		}, []string{"bob 1 changed"}},
		"a flipped byte of a hash": {func(m map[eventlog.Stream][]eventlog.Record) { m[ann][3].Hash[0] ^= 1 }, []string{"ann 4 changed", "ann 5 changed"}},
		"missing versions": {func(m map[eventlog.Stream][]eventlog.Record) {
			m[ann] = append(m[ann][:1:1], m[ann][3:]...)
		}, []string{"ann 2 missing", "ann 3 missing"}},
		"a missing first": {func(m map[eventlog.Stream][]eventlog.Record) { m[bob] = m[bob][1:] }, []string{"bob 1 missing"}},
		"swapped records": {func(m map[eventlog.Stream][]eventlog.Record) {
			a, b := &m[ann][1], &m[ann][2]
			a.Data, b.Data, a.Hash, b.Hash = b.Data, a.Data, b.Hash, a.Hash
		}, []string{"ann 2 changed", "ann 3 changed", "ann 4 changed"}},
		"another stream's record": {func(m map[eventlog.Stream][]eventlog.Record) {
			m[bob][2].Data, m[bob][2].Hash = m[ann][2].Data, m[ann][2].Hash
		}, []string{"bob 3 changed"}},
		"another stream's first record": {func(m map[eventlog.Stream][]eventlog.Record) {
			m[bob][0].Data, m[bob][0].Hash = m[ann][0].Data, m[ann][0].Hash
		}, []string{"bob 1 changed", "bob 2 changed"}},
		"all of another stream": {func(m map[eventlog.Stream][]eventlog.Record) {
			for i := range m[bob] {
				m[bob][i].Data, m[bob][i].Hash = m[ann][i].Data, m[ann][i].Hash
			}
		}, []string{"bob 1 changed"}},
		"a version that cannot be": {func(m map[eventlog.Stream][]eventlog.Record) { m[bob][2].Version = 1 << 60 }, nil},
	} {
		for _, page := range []int{1, 3, 100} {
			t.Run(fmt.Sprintf("%s, %d a page", name, page), func(t *testing.T) {
				b := newBench(t)
				past := record{Opened{"x"}, Noted{Text: "1"}, Noted{Text: "2"}, Noted{Text: "3"}, Noted{Text: "4"}}
				for stream, events := range map[eventlog.Stream]record{ann: past, bob: past[:3]} {
					if _, err := eventlog.Execute(t.Context(), b.Log, stream, events, eventlog.Cause{Actor: "a"}); err != nil {
						t.Fatal(err)
					}
				}
				c.harm(b.store.streams)
				var found []string
				events, streams := 0, 0
				for after, parts := eventlog.Checkpoint(""), 0; ; parts++ {
					v, err := b.Log.Verify(t.Context(), scanner{b.store, page, nil}, after, 1)
					if err != nil || parts > 10 {
						t.Fatalf("part %d: %v", parts, err)
					}
					for _, d := range v.Damage {
						name := map[eventlog.Stream]string{ann: "ann", bob: "bob"}[d.Stream]
						found = append(found, fmt.Sprint(name, " ", d.Version, " ", d.Reason))
					}
					events, streams, after = events+v.Events, streams+v.Streams, v.Next
					if v.Done {
						break
					}
				}
				if name == "a version that cannot be" {
					if len(found) == 0 || len(found) > 1000 {
						t.Fatalf("it names %d places", len(found))
					}
					return
				}
				if !reflect.DeepEqual(found, c.want) {
					t.Fatalf("it names %v, want %v", found, c.want)
				}
				if want := len(b.store.streams[ann]) + len(b.store.streams[bob]); events != want || streams != 2 {
					t.Fatalf("%d events of %d, %d streams", events, want, streams)
				}
			})
		}
	}
}

func TestVerifyWhatTheStoreCannotRead(t *testing.T) {
	b := newBench(t)
	if _, err := eventlog.Execute(t.Context(), b.Log, ann, record{Opened{"x"}, Noted{Text: "1"}}, eventlog.Cause{Actor: "a"}); err != nil {
		t.Fatal(err)
	}
	v, err := b.Log.Verify(t.Context(), scanner{b.store, 1, fmt.Errorf("block 7: %w", eventlog.ErrDamaged)}, "", 100)
	want := []eventlog.Damage{{Stream: ann, Version: 2, Reason: eventlog.DamageUnreadable}}
	if err != nil || !v.Done || !reflect.DeepEqual(v.Damage, want) || v.Events != 1 {
		t.Fatalf("%+v, %v", v, err)
	}
	_, err = b.Log.Verify(t.Context(), scanner{b.store, 1, fmt.Errorf("busy: %w", eventlog.ErrUnavailable)}, "", 100)
	if !errors.Is(err, eventlog.ErrUnavailable) || !strings.Contains(err.Error(), "verify the log") {
		t.Fatal(err)
	}
}
