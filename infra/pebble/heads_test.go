package pebble

import (
	"fmt"
	"testing"

	"webplug/domain/eventlog"
)

func wantHead(t *testing.T, h *heads, name string, want eventlog.Version, known bool) {
	t.Helper()
	if v, ok := h.of(one(name, 0, "").Writes[0].Stream); v != want || ok != known {
		t.Errorf("%s: got %d, %v, want %d, %v", name, v, ok, want, known)
	}
}

func streamOf(name string) eventlog.Stream { return one(name, 0, "").Writes[0].Stream }

// Whoever made a root knows that a leaf it has not seen does not exist, so an outcome needs no lookup.
func TestLeavesOfAFreshRootAreKnown(t *testing.T) {
	h := newHeads(100)
	h.move(streamOf("svc_1/msg_1"), 1, 1, true)
	wantHead(t, h, "svc_1/msg_1", 1, true)
	wantHead(t, h, "svc_1/msg_1/ep_1", 0, true)
	wantHead(t, h, "svc_1/msg_10/ep_1", 0, false)
	wantHead(t, h, "svc_2/msg_1/ep_1", 0, false)
	h.move(streamOf("svc_1/msg_1/ep_1"), 2, 2, false)
	wantHead(t, h, "svc_1/msg_1/ep_1", 2, true)
	wantHead(t, h, "svc_1/msg_1/ep_2", 0, true)
}

func TestLeavesOfAnotherRootAreNot(t *testing.T) {
	h := newHeads(100)
	h.move(streamOf("svc_1/msg_1"), 5, 1, false)
	h.learn(streamOf("svc_1/msg_2"), 1)
	h.move(streamOf("svc_1/msg_3/ep_1"), 1, 1, true) // a fresh leaf says nothing of its root
	for _, leaf := range []string{"svc_1/msg_1/ep_1", "svc_1/msg_2/ep_1", "svc_1/msg_3/ep_2", "svc_1/msg_3"} {
		wantHead(t, h, leaf, 0, false)
	}
}

func TestHeadsOfManyLeaves(t *testing.T) {
	h := newHeads(10_000)
	h.move(streamOf("svc_1/msg_1"), 1, 1, true)
	for i := range 500 {
		h.move(streamOf(fmt.Sprintf("svc_1/msg_1/ep_%d", i)), eventlog.Version(i+1), 1, false)
	}
	for i := range 500 {
		wantHead(t, h, fmt.Sprintf("svc_1/msg_1/ep_%d", i), eventlog.Version(i+1), true)
	}
	wantHead(t, h, "svc_1/msg_1/ep_500", 0, true)
}

// What is forgotten is unknown, never wrong; what is used stays.
func TestHeadsAreForgotten(t *testing.T) {
	h := newHeads(10)
	for i := range 1000 {
		h.move(streamOf(fmt.Sprintf("svc_1/msg_%d", i)), 1, eventlog.Position(i), true)
		h.turn()
		wantHead(t, h, fmt.Sprintf("svc_1/msg_%d", i), 1, true)
		wantHead(t, h, "svc_1/msg_0", 1, true)
		if n := len(h.now) + len(h.before); n > 25 {
			t.Fatalf("%d roots are held", n)
		}
	}
	wantHead(t, h, "svc_1/msg_500", 0, false)
	wantHead(t, h, "svc_1/msg_500/ep_1", 0, false)
	if at := h.changed("svc_1", "msg_999"); at != 999 {
		t.Errorf("msg_999 was changed at %d", at)
	}
}
