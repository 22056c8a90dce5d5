package contract

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"webplug/domain/eventlog"
)

// model is the contract in its plainest form: a map.
type model map[eventlog.Stream][]eventlog.Record

// append decides as every store must, and writes if it may.
func (m model) append(b eventlog.Batch) error {
	fits, repeats := 0, 0
	for _, w := range b.Writes {
		if eventlog.Version(len(m[w.Stream])) == w.Expected {
			fits++
		} else if m.repeats(w) {
			repeats++
		}
	}
	switch len(b.Writes) {
	case repeats:
		return nil
	case fits:
		for _, w := range b.Writes {
			m[w.Stream] = append(m[w.Stream], w.Records...)
		}
		return nil
	}
	return eventlog.ErrConflict
}

func (m model) repeats(w eventlog.Write) bool {
	have := m[w.Stream]
	if uint64(len(have)) < uint64(w.Expected)+uint64(len(w.Records)) {
		return false
	}
	return slices.EqualFunc(have[w.Expected:][:len(w.Records)], w.Records,
		func(a, b eventlog.Record) bool { return a.Hash == b.Hash })
}

func (m model) trail(service, root string) []eventlog.Record {
	var streams []eventlog.Stream
	for s := range m {
		if s.Service == service && s.Root == root {
			streams = append(streams, s)
		}
	}
	slices.SortFunc(streams, func(a, b eventlog.Stream) int { return strings.Compare(a.Leaf, b.Leaf) })
	var all []eventlog.Record
	for _, s := range streams {
		all = append(all, m[s]...)
	}
	return all
}

// likeAMap appends random batches (fitting, stale, repeated, half repeated) to store and map alike.
func likeAMap(t *testing.T, h Harness) {
	var run atomic.Int64
	rapid.Check(struct{ rapid.TB }{t}, func(rt *rapid.T) { // without Deadline, which a bubble of synctest forbids
		service := fmt.Sprintf("svc_%d", run.Add(1)) // each try in a tenant of its own: a store is dear, a name is not
		m, past := model{}, []eventlog.Batch{}
		for range rapid.IntRange(1, 12).Draw(rt, "batches") {
			b := drawBatch(rt, service, m, past, h.SeesHead)
			want, got := m.append(b), h.Store.Append(t.Context(), b)
			if !errors.Is(got, want) {
				rt.Fatalf("append %s: got %v, want %v", describe(b), got, want)
			}
			past = append(past, b)
		}
		wantModel(rt, t, h.Store, service, m)
	})
}

func wantModel(rt *rapid.T, t testing.TB, s eventlog.Store, service string, m model) {
	for _, root := range modelRoots() {
		got, err := collect(s.Trail(t.Context(), service, root))
		if err != nil {
			rt.Fatal(err)
		}
		if diff := difference(got, m.trail(service, root)); diff != "" {
			rt.Fatalf("trail %s/%s: %s", service, root, diff)
		}
		for _, leaf := range modelLeaves() {
			of := eventlog.Stream{Service: service, Root: root, Leaf: leaf}
			after := eventlog.Version(rapid.IntRange(0, 3).Draw(rt, "after"))
			got, err := collect(s.Read(t.Context(), of, after))
			if err != nil {
				rt.Fatal(err)
			}
			if diff := difference(got, m[of][min(int(after), len(m[of])):]); diff != "" {
				rt.Fatalf("read %s after %d: %s", of, after, diff)
			}
		}
	}
}

func modelRoots() []string  { return []string{"msg_1", "msg_10", "msg_1~1"} }
func modelLeaves() []string { return []string{"", "ep_1", "ep_10"} }

func drawBatch(rt *rapid.T, service string, m model, past []eventlog.Batch, seesHead bool) eventlog.Batch {
	if len(past) > 0 && rapid.IntRange(0, 3).Draw(rt, "repeat") == 0 {
		b := rapid.SampledFrom(past).Draw(rt, "which")
		b.Writes = slices.Clone(b.Writes)
		for i := range b.Writes {
			b.Writes[i].Fresh = false // a repeat never vouches
		}
		if seesHead || !ahead(m, b) {
			return b
		}
	}
	var b eventlog.Batch
	b.Lazy = rapid.IntRange(0, 7).Draw(rt, "lazy") == 0
	for range rapid.IntRange(1, 3).Draw(rt, "writes") {
		s := eventlog.Stream{
			Service: service,
			Root:    rapid.SampledFrom(modelRoots()).Draw(rt, "root"),
			Leaf:    rapid.SampledFrom(modelLeaves()).Draw(rt, "leaf"),
		}
		if !slices.ContainsFunc(b.Writes, func(w eventlog.Write) bool { return w.Stream == s }) {
			w := drawWrite(rt, s, eventlog.Version(len(m[s])), seesHead)
			// Who made a root's name just now knows that there are no leaves of it either.
			w.Fresh = w.Expected == 0 && s.Leaf == "" && len(m.trail(s.Service, s.Root)) == 0 && rapid.Bool().Draw(rt, "fresh")
			b.Writes = append(b.Writes, w)
		}
	}
	return b
}

// ahead says whether a past batch, refused then, expects what its streams have not reached.
func ahead(m model, b eventlog.Batch) bool {
	return slices.ContainsFunc(b.Writes, func(w eventlog.Write) bool {
		return uint64(w.Expected) > uint64(len(m[w.Stream]))
	})
}

func drawWrite(rt *rapid.T, s eventlog.Stream, head eventlog.Version, seesHead bool) eventlog.Write {
	expected := head
	switch k := rapid.IntRange(0, 7).Draw(rt, "expected"); {
	case k == 0 && head > 0:
		expected = eventlog.Version(rapid.Uint64Range(0, uint64(head)-1).Draw(rt, "stale"))
	case k == 1 && seesHead:
		expected = head + eventlog.Version(rapid.Uint64Range(1, 3).Draw(rt, "ahead"))
	}
	var texts []string
	for range rapid.IntRange(1, 3).Draw(rt, "records") {
		texts = append(texts, rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "text"))
	}
	return write(s, expected, texts...)
}
