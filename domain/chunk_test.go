package domain_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/domain/eventlog/spec"
)

func TestRootsOfChunks(t *testing.T) {
	for root, want := range map[string]struct {
		message string
		chunk   int
	}{
		"msg_2": {"msg_2", 0}, "msg_2~1": {"msg_2", 1}, "msg_2~120": {"msg_2", 120},
		"msg_2~0": {"msg_2~0", 0}, "msg_2~01": {"msg_2~01", 0}, "msg_2~-1": {"msg_2~-1", 0}, "msg_2~": {"msg_2~", 0}, "msg_2~x": {"msg_2~x", 0},
	} {
		message, chunk := domain.MessageOf(root)
		if message != want.message || chunk != want.chunk {
			t.Errorf("%s is chunk %d of %s", root, chunk, message)
		}
		if back := domain.ChunkRoot(message, chunk); back != root {
			t.Errorf("%s became %s", root, back)
		}
	}
}

func TestRouteMessage(t *testing.T) {
	first := fold[domain.Message](t, domain.MessageAccepted{
		EventTypeID: "typ_1", EventName: "card_issued", UserID: "usr_1", Targets: []string{"ep_1"}, More: "usr_1/ep_1",
	})
	cmd := domain.RouteMessage{Message: first, After: "usr_1/ep_1", Routed: domain.Routed{
		Targets: []string{"ep_2"}, Skipped: []domain.Skip{{EndpointID: "ep_3", Reason: domain.SkippedPaused}}, More: "usr_1/ep_3",
	}}
	event := domain.MessageRouted{
		EventTypeID: "typ_1", EventName: "card_issued", UserID: "usr_1", AcceptedAt: given(1), After: "usr_1/ep_1",
		Targets: []string{"ep_2"}, Skipped: cmd.Routed.Skipped, More: "usr_1/ep_3",
	}
	t.Run("decides the next chunk, once", func(t *testing.T) {
		spec.Given[domain.Message](t).When(cmd).Repeatable().Then(event)
	})
	t.Run("leaves a chunk that is there as it is, whatever it would decide", func(t *testing.T) {
		other := cmd
		other.Routed = domain.Routed{Targets: []string{"ep_9"}}
		spec.Given[domain.Message](t, event).When(other).ThenNothing()
	})
	t.Run("decides a last chunk without anybody", func(t *testing.T) {
		last, want := cmd, event
		last.Routed = domain.Routed{}
		want.Targets, want.Skipped, want.More = nil, nil, ""
		spec.Given[domain.Message](t).When(last).Then(want)
	})
	t.Run("is refused without a message", func(t *testing.T) {
		spec.Given[domain.Message](t).When(domain.RouteMessage{}).ThenRefused(notFound)
	})
	t.Run("makes a message that has all but the payload", func(t *testing.T) {
		m := domain.Message{}.Evolve(eventlog.Recorded{
			ID: "event-7", Stream: domain.MessageStream("svc_1", "msg_2~3"), Version: 1, Time: given(5), Actor: "routing", CorrelationID: "req_1", Event: event,
		})
		want := domain.Message{
			ID: "msg_2", Chunk: 3, AcceptedAt: given(1), RoutedAt: given(5), After: "usr_1/ep_1", By: "routing", EventID: "event-7",
			CorrelationID: "req_1", Version: 1, Accepted: domain.MessageAccepted{
				EventTypeID: "typ_1", EventName: "card_issued", UserID: "usr_1", Targets: event.Targets, Skipped: event.Skipped, More: "usr_1/ep_3",
			},
		}
		if !reflect.DeepEqual(m, want) || m.Root() != "msg_2~3" || !m.Targets("ep_2") {
			t.Fatalf("%+v, want %+v", m, want)
		}
	})
}

// crowd are n candidates in the order of their places; every tenth is paused, and the last ones of each hundred ended.
func crowd(n, ended int, now time.Time) []domain.Candidate {
	out := make([]domain.Candidate, n)
	for i := range out {
		c := domain.Candidate{
			Endpoint:     domain.Endpoint{ID: fmt.Sprintf("ep_%05d", i), UserID: fmt.Sprintf("usr_%04d", i/3), Status: domain.EndpointActive},
			Subscription: domain.Subscription{EventTypeID: "typ_1"},
		}
		switch {
		case i%100 >= 100-ended:
			c.Endpoint.Status, c.Endpoint.Changed.At = domain.EndpointStatusGone, now.Add(-time.Duration(i)*time.Second)
		case i%10 == 0:
			c.Endpoint.Status = domain.EndpointStatusPaused
		}
		out[i] = c
	}
	return out
}

func TestAChunkTakesAsManyAsItHasRoomFor(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, ended := range []int{0, 5, 90} {
		t.Run(fmt.Sprintf("%d of a hundred ended", ended), func(t *testing.T) {
			all := crowd(2345, ended, now)
			var named []string
			chunks := 0
			for rest := all; len(rest) > 0; chunks++ {
				r := domain.Routing{Now: now}
				taken := slices.IndexFunc(rest, func(c domain.Candidate) bool { return !r.Take(c) })
				if taken < 0 {
					taken = len(rest)
				}
				routed := r.Further()
				size := len(routed.Targets) + len(routed.Skipped)
				if size > domain.MaxAudience || taken < len(rest) && size != domain.MaxAudience {
					t.Fatalf("chunk %d has %d, of %d that were taken", chunks, size, taken)
				}
				named = append(named, routed.Targets...)
				gone := 0
				for _, s := range routed.Skipped {
					named = append(named, s.EndpointID)
					if s.Reason == domain.SkippedRemoved {
						gone++
					}
				}
				if gone > domain.MaxRemembered {
					t.Fatalf("chunk %d names %d that ended", chunks, gone)
				}
				rest = rest[taken:]
			}
			slices.Sort(named)
			if len(slices.Compact(slices.Clone(named))) != len(named) {
				t.Fatal("one is named twice")
			}
			for _, c := range all {
				_, found := slices.BinarySearch(named, c.Endpoint.ID)
				if !found && c.Endpoint.Status != domain.EndpointStatusGone {
					t.Fatalf("%s is left out", c.Endpoint.ID)
				}
			}
			if ended < 5 && chunks != 5 {
				t.Fatalf("%d chunks", chunks)
			}
		})
	}
}
