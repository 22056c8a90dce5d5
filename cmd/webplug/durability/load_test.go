package durability

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// load is several clients that publish at once, as fast as they are answered. It is safe for concurrent use.
type load struct {
	t       testing.TB
	of      tenant
	server  atomic.Pointer[api]
	repeats bool // what is not acknowledged is sent again, with the same Idempotency-Key, until it is
	ending  atomic.Bool
	working sync.WaitGroup

	mu      sync.Mutex
	next    int
	acked   map[int]string // the message's id by its number
	unacked map[int]answer // the last answer; zero where the connection broke
}

// newLoad prepares clients of a server; begin sets them to work.
func newLoad(t testing.TB, a api, of tenant) *load {
	l := &load{t: t, of: of, acked: map[int]string{}, unacked: map[int]answer{}}
	l.to(a)
	return l
}

// to turns the clients to another server.
func (l *load) to(a api) { l.server.Store(&a) }

func (l *load) begin(clients int) {
	for range clients {
		l.working.Go(func() {
			for !l.ending.Load() {
				l.publish()
			}
		})
	}
}

// end lets every client finish what it has begun.
func (l *load) end() {
	l.ending.Store(true)
	l.working.Wait()
}

func (l *load) publish() {
	l.mu.Lock()
	n := l.next
	l.next++
	l.mu.Unlock()
	for !l.try(n) && l.t.Context().Err() == nil {
		pause()
		if !l.repeats {
			return
		}
	}
}

// payloadOf is what the message with a number carries, byte for byte.
func payloadOf(n int) string { return fmt.Sprintf(`{"n":%d}`, n) }

func (l *load) try(n int) bool {
	var headers []string
	if l.repeats {
		headers = []string{"Idempotency-Key", fmt.Sprintf("message-%d", n)}
	}
	got, err := l.server.Load().call(l.t.Context(), http.MethodPost, l.of.path+"/messages", message(fields{"n": n}), headers...)
	var made identified
	if err == nil && got.status == http.StatusAccepted {
		got.into(l.t, &made)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if made.ID == "" {
		l.unacked[n] = got
		return false
	}
	delete(l.unacked, n)
	l.acked[n] = made.ID
	return true
}

// accepted is the ids of all messages acknowledged so far.
func (l *load) accepted() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Values(l.acked))
}

func (l *load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked)
}

// more waits until so many further messages are acknowledged.
func (l *load) more(n int) {
	l.t.Helper()
	goal := l.count() + n
	eventually(l.t, "publishing goes on", func() bool { return l.count() >= goal })
}

// refused gives the answers to what was never acknowledged, by the payload.
func (l *load) refused() map[string]answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make(map[string]answer, len(l.unacked))
	for n, got := range l.unacked {
		out[payloadOf(n)] = got
	}
	return out
}
