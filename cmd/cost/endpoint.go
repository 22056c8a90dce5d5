package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/infra/stage"
)

// endpoints is all endpoints of all users, one path each: it answers 200, and counts what comes.
type endpoints struct {
	server *httptest.Server
	meter  *meter

	mu      sync.Mutex
	got     int               // webhooks
	tokens  map[string]string // of SNS's handshakes, by path
	arrived chan struct{}
}

func newEndpoints(m *meter) *endpoints {
	e := &endpoints{meter: m, tokens: map[string]string{}, arrived: make(chan struct{}, 1)}
	e.server = httptest.NewServer(e)
	return e
}

// ServeHTTP takes a webhook, or a handshake.
func (e *endpoints) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	kind := r.Header.Get("X-Amz-Sns-Message-Type")
	if kind == "SubscriptionConfirmation" {
		var envelope struct{ Token string }
		if json.Unmarshal(body, &envelope) == nil {
			e.mu.Lock()
			e.tokens[r.URL.Path] = envelope.Token
			e.mu.Unlock()
		}
		return
	}
	size := int64(len(r.Method)+len(r.RequestURI)+len(r.Host)+len("  HTTP/1.1\r\nHost: \r\n\r\n")+len(body)) + transportBytes
	for name, values := range r.Header {
		for _, v := range values {
			size += int64(len(name) + len(v) + len(": \r\n"))
		}
	}
	if kind == "" {
		e.meter.waited(stage.Queue, begun, waitEndpoint)
	}
	_, _ = w.Write([]byte("ok"))
	e.meter.note(func(u *usage) {
		if kind == "" {
			u.endpointBytes += size
			return
		}
		u.snsDeliveries++
		u.snsBytes += size
	})
	e.mu.Lock()
	e.got++
	e.mu.Unlock()
	select {
	case e.arrived <- struct{}{}:
	default:
	}
}

func (e *endpoints) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.got
}

func (e *endpoints) token(path string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.tokens[path]
}
