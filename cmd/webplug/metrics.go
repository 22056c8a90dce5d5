package main

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"webplug/domain"
)

// metrics is what /metrics shows.
type metrics struct {
	registry  *prometheus.Registry
	attempts  *prometheus.CounterVec
	durations prometheus.Histogram
	requests  *prometheus.CounterVec
	latency   *prometheus.HistogramVec
	delivered prometheus.Counter
	outcomes  sync.Map // outcomeOf ▶ counters
}

func newMetrics(h *home) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "webplug_attempts_total", Help: "HTTP requests made to endpoints, by result: delivered, or the cause of the failure.",
		}, []string{"result"}),
		durations: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "webplug_attempt_seconds", Help: "How long requests to endpoints took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15},
		}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "webplug_http_requests_total", Help: "Requests to the API, by route and status.",
		}, []string{"method", "route", "status"}),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "webplug_http_request_seconds", Help: "How long the API took to answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
		}, []string{"method", "route"}),
	}
	m.delivered = m.attempts.WithLabelValues("delivered")
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	m.registry.MustRegister(
		m.attempts, m.durations, m.requests, m.latency, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		gauge("webplug_attempts_waiting", "Attempts that wait in memory for their endpoint.", func() float64 { return float64(h.lanes.Waiting()) }),
		gauge("webplug_attempts_bytes", "Bytes of the attempts in memory.", func() float64 { return float64(h.lanes.Held()) }),
		gauge("webplug_attempts_under_way", "Requests to endpoints under way; one of a large webhook counts as several.", func() float64 { now, _, _ := h.lanes.UnderWay(); return float64(now) }),
		gauge("webplug_attempts_at_once", "How many of them may be.", func() float64 { _, most, _ := h.lanes.UnderWay(); return float64(most) }),
		gauge("webplug_endpoints_waiting", "Endpoints that wait for their turn, since others hold the requests that may be under way.", func() float64 { _, _, waiting := h.lanes.UnderWay(); return float64(waiting) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "webplug_attempts_postponed_total", Help: "Requests to endpoints that could not be made for a reason on this machine, such as no file descriptor left.",
		}, func() float64 { return float64(h.lanes.Postponed()) }),
		gauge("webplug_projection_lag", "Commits that the read models have not folded yet.", func() float64 { return float64(h.projector.Lag(h.store)) }),
		gauge("webplug_stuck_events", "Streams that are set aside because an event could not be projected.", func() float64 { return float64(h.projector.Stuck()) }),
		gauge("webplug_log_position", "Position of the newest commit.", func() float64 { return float64(h.store.Head()) }),
	)
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// attempted counts a request to an endpoint.
func (m *metrics) attempted(r domain.Report) {
	m.durations.Observe(r.Duration.Seconds())
	if r.Delivered() {
		m.delivered.Inc()
		return
	}
	m.attempts.WithLabelValues(string(r.Cause)).Inc()
}

// answered counts a request to the API.
func (m *metrics) answered(method, route string, status int, took time.Duration) {
	if route == "" {
		// An empty label is none at all to Prometheus, and a caller may make up methods without end.
		route, method = "none", "any"
	}
	o, ok := m.outcomes.Load(outcomeOf{method, route, status})
	if !ok {
		o, _ = m.outcomes.LoadOrStore(outcomeOf{method, route, status}, counters{
			m.requests.WithLabelValues(method, route, strconv.Itoa(status)), m.latency.WithLabelValues(method, route),
		})
	}
	o.(counters).requests.Inc()
	o.(counters).latency.Observe(took.Seconds())
}

// outcomeOf tells the counters of requests apart, and counters are they: to find them by their labels each time would cost
// more than to count. Routes are patterns, so there are few.
type (
	outcomeOf struct {
		method, route string
		status        int
	}
	counters struct {
		requests prometheus.Counter
		latency  prometheus.Observer
	}
)
