package contract

import (
	"errors"
	"testing"

	"webplug/domain/eventlog"
)

func repeatChangesNothing(t *testing.T, h Harness) {
	s := stream("svc_1/msg_1")
	first, second := write(s, 0, "a"), write(s, 1, "b", "c")
	mustAppend(t, h.Store, batch(first), batch(first))
	wantRead(t, h.Store, s, first.Records...)
	mustAppend(t, h.Store, batch(second), batch(second), batch(first))
	third := write(s, 3, "d")
	mustAppend(t, h.Store, batch(third), batch(second), batch(first))
	wantRead(t, h.Store, s, recordsOf(batch(first), batch(second), batch(third))...)
}

func repeatOverStreams(t *testing.T, h Harness) {
	a, b := stream("svc_1/a"), stream("_/b")
	both := batch(write(a, 0, "a1", "a2"), write(b, 0, "b1"))
	mustAppend(t, h.Store, both, both)
	later := batch(write(a, 2, "a3"))
	mustAppend(t, h.Store, later, both, later)
	wantRead(t, h.Store, a, recordsOf(batch(both.Writes[0]), later)...)
	wantRead(t, h.Store, b, both.Writes[1].Records...)
}

func repeatWithOtherBytes(t *testing.T, h Harness) {
	a, b := stream("svc_1/a"), stream("svc_1/b")
	mustAppend(t, h.Store, batch(write(a, 0, "a1", "a2"), write(b, 0, "b1")))
	wantConflict(t, h.Store, batch(write(a, 0, "a1", "other")))
	wantConflict(t, h.Store, batch(write(a, 0, "other", "a2")))
	wantConflict(t, h.Store, batch(write(a, 1, "other")))
	wantConflict(t, h.Store, batch(write(a, 0, "a1", "a2"), write(b, 0, "other")))
	wantRead(t, h.Store, a, write(a, 0, "a1", "a2").Records...)
	wantRead(t, h.Store, b, write(b, 0, "b1").Records...)
}

func halfARepeat(t *testing.T, h Harness) {
	a, b := stream("svc_1/a"), stream("svc_1/b")
	mustAppend(t, h.Store, batch(write(a, 0, "a1")))
	// The first record is there, the second is not.
	wantConflict(t, h.Store, batch(write(a, 0, "a1", "a2")))
	// The first stream's write is a repeat, the second's would fit.
	wantConflict(t, h.Store, batch(write(a, 0, "a1"), write(b, 0, "b1")))
	wantConflict(t, h.Store, batch(write(b, 0, "b1"), write(a, 0, "a1")))
	wantRead(t, h.Store, a, write(a, 0, "a1").Records...)
	wantRead(t, h.Store, b)
	mustAppend(t, h.Store, batch(write(b, 0, "b1")), batch(write(a, 1, "a2")))
	// Now all of it is there, whoever wrote it.
	mustAppend(t, h.Store, batch(write(a, 0, "a1", "a2")), batch(write(a, 0, "a1"), write(b, 0, "b1")))
	wantRead(t, h.Store, a, write(a, 0, "a1", "a2").Records...)
}

func staleVersion(t *testing.T, h Harness) {
	s := stream("svc_1/msg_1")
	mustAppend(t, h.Store, batch(write(s, 0, "1")), batch(write(s, 1, "2")), batch(write(s, 2, "3")))
	for v := range eventlog.Version(3) {
		wantConflict(t, h.Store, batch(write(s, v, "other")))
	}
	mustAppend(t, h.Store, batch(write(s, 3, "4")))
}

func versionAhead(t *testing.T, h Harness) {
	s, leaf, fresh := stream("svc_1/msg_1"), stream("svc_1/msg_1/ep_1"), stream("svc_1/msg_2")
	wantConflict(t, h.Store, batch(write(s, 1, "ahead of nothing")))
	mustAppend(t, h.Store, batch(write(s, 0, "1")))
	wantConflict(t, h.Store, batch(write(s, 2, "ahead")))
	wantConflict(t, h.Store, batch(write(leaf, 1, "ahead of nothing")))
	made := write(fresh, 0, "made just now")
	made.Fresh = true
	mustAppend(t, h.Store, batch(made))
	wantConflict(t, h.Store, batch(write(fresh, 2, "ahead")))
	wantRead(t, h.Store, s, write(s, 0, "1").Records...)
	wantRead(t, h.Store, leaf)
}

func timedOut(t *testing.T, h Harness) {
	a, b := stream("svc_1/a"), stream("svc_1/b")
	for _, step := range []eventlog.Batch{
		batch(write(a, 0, "a1")),
		batch(write(a, 1, "a2", "a3"), write(b, 0, "b1")),
	} {
		h.InjectTimeout()
		err := h.Store.Append(t.Context(), step)
		if err != nil && !errors.Is(err, eventlog.ErrUnavailable) {
			t.Fatalf("append %s: got %v, want ErrUnavailable or success", describe(step), err)
		}
		mustAppend(t, h.Store, step)
	}
	wantRead(t, h.Store, a, write(a, 0, "a1", "a2", "a3").Records...)
	wantRead(t, h.Store, b, write(b, 0, "b1").Records...)
	wantConflict(t, h.Store, batch(write(a, 1, "other")))
}
