package dynamo

import (
	"errors"
	"fmt"
	"iter"
	"testing"

	"webplug/domain/eventlog"
)

// looks answers one list of items after the other, each time it is asked.
func looks(lists ...[]eventlog.Write) func(place) iter.Seq2[stored, error] {
	return func(place) iter.Seq2[stored, error] {
		now := lists[0]
		if len(lists) > 1 {
			lists = lists[1:]
		}
		return func(yield func(stored, error) bool) {
			for _, w := range now {
				if in, err := newItem(w).open(); !yield(in, err) {
					return
				}
			}
		}
	}
}

func TestGapless(t *testing.T) {
	root := eventlog.Stream{Service: "svc_1", Root: "msg_2"}
	one, two, three := testWrite(root, 0, "1"), testWrite(root, 1, "2", "3"), testWrite(root, 3, "4")
	leaf := testWrite(delivery, 0, "1")
	behind := testWrite(delivery, 1, "2")
	type list = []eventlog.Write
	for _, c := range []struct {
		name string
		at   place
		from []list
		want string
		err  error
	}{
		{name: "all in order", from: []list{{one, two, three, leaf, behind}}, want: "1 3 4 1 2 "},
		{name: "from the middle of a stream", at: place{stream: root, first: 1, last: 1}, from: []list{{two, three}}, want: "3 4 "},
		{name: "a gap that fills", from: []list{{one, three}, {two, three}}, want: "1 3 4 "},
		{name: "two gaps that fill", from: []list{{one, three}, {two, three, behind}, {leaf, behind}}, want: "1 3 4 1 2 "},
		{name: "a first item that was not there yet", from: []list{{behind}, {leaf, behind}}, want: "1 2 "},
		{name: "a gap that stays", from: []list{{one, three}, {three}}, want: "1 ", err: eventlog.ErrDamaged},
		{name: "a stream without its beginning", from: []list{{two}}, err: eventlog.ErrDamaged},
		{name: "an item that overlaps", from: []list{{one, two, testWrite(root, 2, "other")}, {three}}, want: "1 3 ", err: eventlog.ErrDamaged},
		{name: "an item that comes back", from: []list{{one, two, one}, {three}}, want: "1 3 ", err: eventlog.ErrDamaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			var last error
			for in, err := range gapless(c.at, looks(c.from...)) {
				if last = err; err == nil {
					got += fmt.Sprint(in.last(), " ")
				}
			}
			if got != c.want || !errors.Is(last, c.err) {
				t.Errorf("ends %q, %v, want %q, %v", got, last, c.want, c.err)
			}
		})
	}
}

func TestEndsAreBoundedAndKeepTheLatest(t *testing.T) {
	var e ends
	stream := func(i int) eventlog.Stream { return eventlog.Stream{Service: "svc_1", Root: fmt.Sprint("msg_", i)} }
	for i := range 5 * endsKept {
		e.add(stream(i), 1)
		e.add(stream(i), 3)
		e.add(stream(i), 2) // read before, but told later
	}
	if n := len(e.recent) + len(e.older); n > 2*endsKept {
		t.Errorf("%d streams are remembered", n)
	}
	latest := stream(5*endsKept - 1)
	if !e.has(latest, 3) || e.has(latest, 2) || e.has(latest, 4) {
		t.Error("the latest end of the latest stream is not what is remembered")
	}
	if e.has(stream(0), 3) {
		t.Error("the first stream is remembered for ever")
	}
}
