package projections_test

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"webplug/domain"
)

// TestMemoryOfAllLanesIsBounded has large webhooks for many endpoints that hold their requests.
func TestMemoryOfAllLanesIsBounded(t *testing.T) {
	inWorld(t, func(w *world) {
		const endpoints, messages, size, room = 20, 60, 100 << 10, 1 << 20
		w.lanes.Limit(4096, room)
		var wrong atomic.Int64
		var all []string
		for i := range endpoints {
			all = append(all, w.endpoint(fmt.Sprintf("e%d", i), func(a domain.Attempt) domain.Report {
				if !bytes.Contains(a.Body, []byte(a.MessageID)) || len(a.Body) < size {
					wrong.Add(1)
				}
				time.Sleep(10 * time.Second)
				return accepts(a)
			}))
		}
		first := w.publishBig(size)
		w.settle()
		if got, want := w.lanes.Held(), size+endpoints*1024+1024; got > want || got < size {
			t.Fatalf("one webhook for %d endpoints holds %d bytes, want at most %d", endpoints, got, want)
		}
		published := []string{first}
		for range messages {
			published = append(published, w.publishBig(size))
		}
		w.later(time.Second)
		// The 16 that each endpoint gets at once are the same, and what waits fits into the room but for the attempts' own.
		if got, want := w.lanes.Held(), room+17*size+endpoints*40*1024; got > want {
			t.Fatalf("the attempts in memory hold %d bytes, want at most %d", got, want)
		}
		w.later(10 * time.Minute)
		for _, msg := range published {
			for _, ep := range all {
				w.wantStatus(msg, ep, domain.Delivered)
			}
		}
		if n := len(w.made()); n != len(published)*endpoints || wrong.Load() > 0 {
			t.Fatalf("%d attempts for %d deliveries, %d with a wrong webhook", n, len(published)*endpoints, wrong.Load())
		}
		if got := w.lanes.Held(); got != 0 {
			t.Fatalf("%d bytes are held after all is done", got)
		}
	})
}
