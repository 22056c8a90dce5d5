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

// gauges are what a home is asked for when its metrics are read; nil is what it has not.
type gauges struct{ waiting, lag, stuck, position func() float64 }

func newMetrics(of gauges) *metrics {
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
	m.registry.MustRegister(
		m.attempts, m.durations, m.requests, m.latency, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	gauge := func(name, help string, value func() float64) {
		if value != nil {
			m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
		}
	}
	gauge("webplug_attempts_waiting", "Attempts that wait in memory for their endpoint.", of.waiting)
	gauge("webplug_projection_lag", "Commits that the read models have not folded yet.", of.lag)
	gauge("webplug_stuck_events", "Streams that are set aside because an event could not be projected.", of.stuck)
	gauge("webplug_log_position", "Position of the newest commit.", of.position)
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
