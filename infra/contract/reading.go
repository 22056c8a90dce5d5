package contract

import (
	"fmt"
	"testing"

	"webplug/domain/eventlog"
)

func readAfter(t *testing.T, h Harness) {
	s := stream("svc_1/msg_1")
	var all []eventlog.Record
	for v := eventlog.Version(0); v < 12; v += 3 { // past 9, where versions as text would lose their order
		w := write(s, v, fmt.Sprint(v+1), fmt.Sprint(v+2), fmt.Sprint(v+3))
		mustAppend(t, h.Store, batch(w))
		all = append(all, w.Records...)
	}
	for after := range eventlog.Version(14) {
		got, err := collect(h.Store.Read(t.Context(), s, after))
		if err != nil {
			t.Fatalf("read after %d: %v", after, err)
		}
		wantSame(t, fmt.Sprintf("read after %d", after), got, all[min(int(after), len(all)):])
	}
}

func readAbsent(t *testing.T, h Harness) {
	wantRead(t, h.Store, stream("svc_1/msg_1"))
	wantRead(t, h.Store, stream("svc_1/msg_1/ep_1"))
	wantTrail(t, h.Store, "svc_1", "msg_1")
	mustAppend(t, h.Store, batch(write(stream("svc_1/msg_1/ep_2"), 0, "leaf without a root")))
	wantRead(t, h.Store, stream("svc_1/msg_1"))
	wantRead(t, h.Store, stream("svc_1/msg_1/ep_1"))
	wantTrail(t, h.Store, "svc_1", "msg_1", record(stream("svc_1/msg_1/ep_2"), 1, []byte("leaf without a root")))
}

func trailOrder(t *testing.T, h Harness) {
	// In the order of bytes; "-" and "." come before "/", so a name with a separator that is one of them would not do.
	leaves := []string{"A", "ep", "ep-1", "ep.1", "ep1", "ep:1", "ep_1", "ep_1-1", "ep_1.1", "ep_10", "ep_1~1", "ep_2"}
	root := stream("svc_1/msg_1")
	var want []eventlog.Record
	for _, w := range []eventlog.Write{write(root, 0, "1"), write(root, 1, "2")} {
		want = append(want, w.Records...)
	}
	for _, leaf := range leaves {
		want = append(want, write(stream("svc_1/msg_1/"+leaf), 0, "1", "2").Records...)
	}
	for i := len(leaves) - 1; i >= 0; i-- {
		mustAppend(t, h.Store, batch(write(stream("svc_1/msg_1/"+leaves[i]), 0, "1")))
	}
	mustAppend(t, h.Store, batch(write(root, 0, "1")), batch(write(root, 1, "2")))
	for _, leaf := range leaves {
		mustAppend(t, h.Store, batch(write(stream("svc_1/msg_1/"+leaf), 1, "2")))
	}
	wantTrail(t, h.Store, "svc_1", "msg_1", want...)
}

func neighbours(t *testing.T, h Harness) {
	names := []string{
		"svc_1/msg_1", "svc_1/msg_1/ep_1", "svc_1/msg_1/ep_10", "svc_1/msg_1/ep_1~1",
		"svc_1/msg_10", "svc_1/msg_10/ep_1", "svc_1/msg_1~1", "svc_1/msg_1~1/ep_1",
		"svc_1/msg_1-", "svc_1/msg_1.1", "svc_1/msg", "svc_1/msg_0", "svc_1/msg_1/msg_1",
		"svc_10/msg_1", "svc_1-/msg_1", "svc/msg_1", "_/msg_1", "_/svc_1",
	}
	trails := map[string][]eventlog.Record{}
	for i, name := range names {
		s := stream(name)
		w := write(s, 0, name, "second of "+name)
		mustAppend(t, h.Store, batch(w))
		if i < 4 {
			trails["svc_1/msg_1"] = append(trails["svc_1/msg_1"], w.Records...)
		}
	}
	trails["svc_1/msg_1"] = append(trails["svc_1/msg_1"], write(stream("svc_1/msg_1/msg_1"), 0,
		"svc_1/msg_1/msg_1", "second of svc_1/msg_1/msg_1").Records...)
	trails["svc_1/msg_10"] = recordsOf(batch(write(stream("svc_1/msg_10"), 0, "svc_1/msg_10", "second of svc_1/msg_10"),
		write(stream("svc_1/msg_10/ep_1"), 0, "svc_1/msg_10/ep_1", "second of svc_1/msg_10/ep_1")))
	for _, name := range names {
		wantRead(t, h.Store, stream(name), write(stream(name), 0, name, "second of "+name).Records...)
	}
	// "msg_1" sorts behind "ep_1~1", so the trail above is in the order of leaf names.
	for name, want := range trails {
		wantTrail(t, h.Store, stream(name).Service, stream(name).Root, want...)
	}
	wantTrail(t, h.Store, "svc", "msg_1", write(stream("svc/msg_1"), 0, "svc/msg_1", "second of svc/msg_1").Records...)
}

func stoppedEarly(t *testing.T, h Harness) {
	s := stream("svc_1/msg_1")
	mustAppend(t, h.Store, batch(write(s, 0, "1", "2", "3")))
	for _, seq := range []func(func(eventlog.Record, error) bool){
		h.Store.Read(t.Context(), s, 0), h.Store.Trail(t.Context(), s.Service, s.Root),
	} {
		for r, err := range seq {
			if err != nil || r.Version != 1 {
				t.Fatalf("first is version %d, %v", r.Version, err)
			}
			break
		}
	}
	// The store neither waits for the iterator nor is left with one open (it says so when it is closed).
	mustAppend(t, h.Store, batch(write(s, 3, "4")))
	wantRead(t, h.Store, s, write(s, 0, "1", "2", "3", "4").Records...)
}

func readsAreCopies(t *testing.T, h Harness) {
	s := stream("svc_1/msg_1")
	mustAppend(t, h.Store, batch(write(s, 0, "first", "second")))
	got, err := collect(h.Store.Read(t.Context(), s, 0))
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		clear(got[i].Data) // a reader that spoils its copy spoils nobody else's
	}
	wantRead(t, h.Store, s, write(s, 0, "first", "second").Records...)
}
