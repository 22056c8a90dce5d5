package main

import (
	"context"
	"sync"
	"time"

	"webplug/cmd/internal/process"
	"webplug/handlers/rest"
)

// system is what /v1/system says.
func (h *home) system(context.Context) rest.System {
	number, format := h.projector.Generation()
	now := h.options.now()
	return rest.System{
		Version: version + process.Commit(), Store: storePebble, StartedAt: h.started, Generation: number, RowsFormat: format,
		Position: uint64(h.store.Head()), Stuck: h.projector.Stuck(), Waiting: h.lanes.Waiting(),
		Consumers: []rest.Consumer{
			h.lags.of("views", h.projector.Lag(h.feed), now), h.lags.of("dispatch", h.lanes.Lag(h.feed), now),
		},
	}
}

// lags remembers when each consumer was last seen to have nothing to take.
type lags struct {
	mu   sync.Mutex
	none map[string]time.Time
}

func (l *lags) of(name string, lag uint64, now time.Time) rest.Consumer {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := rest.Consumer{Name: name, Lag: lag}
	if lag == 0 {
		if l.none == nil {
			l.none = map[string]time.Time{}
		}
		l.none[name] = now
	}
	if at, ok := l.none[name]; ok {
		ms := float64(now.Sub(at).Microseconds()) / 1000
		c.LagMS = &ms
	}
	return c
}
