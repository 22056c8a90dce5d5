package projections

import (
	"time"

	"webplug/domain"
)

// Stats are a service's figures over time.
type Stats struct {
	Since         time.Time        `json:"since"`
	Until         time.Time        `json:"until"`
	Bucket        string           `json:"bucket"`
	Now           NowFigures       `json:"now"`
	Total         Figures          `json:"total"`
	LatencyBounds []float64        `json:"latency_bounds_ms"`
	LatencyCounts []int            `json:"latency_counts"`
	Buckets       []BucketFigures  `json:"buckets"`
	Endpoints     []EndpointStats  `json:"endpoints"`
	EventTypes    []EventTypeStats `json:"event_types"`
	Stale         bool             `json:"-"`
}

// Figures are what happened in a time. Nil is what cannot be said of the filter.
type Figures struct {
	Accepted       *int                      `json:"accepted"`
	Deliveries     *int                      `json:"deliveries"`
	Delivered      int                       `json:"delivered"`
	Failed         int                       `json:"failed"`
	Discarded      int                       `json:"discarded"`
	Retried        int                       `json:"retried"`
	Skipped        int                       `json:"skipped"`
	Attempts       int                       `json:"attempts"`
	AttemptsFailed int                       `json:"attempts_failed"`
	SuccessRate    *float64                  `json:"success_rate"`
	Causes         map[domain.Cause]int      `json:"causes"`
	SkipReasons    map[domain.SkipReason]int `json:"skip_reasons"`
	Latency        Latency                   `json:"latency_ms"`
}

// Latency is quantiles in milliseconds, nil where nothing was delivered.
type Latency struct {
	P50 *float64 `json:"p50"`
	P95 *float64 `json:"p95"`
	P99 *float64 `json:"p99"`
}

// NowFigures are how many deliveries are in a state at this moment; More says that one of them is more than was counted.
type NowFigures struct {
	Pending  int  `json:"pending"`
	Retrying int  `json:"retrying"`
	Failed   int  `json:"failed"`
	More     bool `json:"more"`
}

// BucketFigures are a bucket's.
type BucketFigures struct {
	Start time.Time `json:"start"`
	Figures
	// Open are deliveries of messages that were accepted in the bucket and have not ended at this moment.
	Open          int   `json:"open"`
	LatencyCounts []int `json:"latency_counts"`
}

// EndpointStats are an endpoint's figures.
type EndpointStats struct {
	EndpointID string                `json:"endpoint_id"`
	UserID     string                `json:"user_id"`
	URL        string                `json:"url"`
	Status     domain.EndpointStatus `json:"status"`
	Figures    Figures               `json:"figures"`
	Now        NowFigures            `json:"now"`
	Last       *LastOutcome          `json:"last"`
	Strip      []StripCell           `json:"strip"`
}

// LastOutcome is the newest attempt's.
type LastOutcome struct {
	At      time.Time     `json:"at"`
	Outcome string        `json:"outcome"` // delivered, retrying, failed
	Cause   *domain.Cause `json:"cause"`
}

// StripCell is a bucket of an endpoint's health strip.
type StripCell struct {
	Start          time.Time `json:"start"`
	Delivered      int       `json:"delivered"`
	Failed         int       `json:"failed"`
	AttemptsFailed int       `json:"attempts_failed"`
	Skipped        int       `json:"skipped"`
}

// EventTypeStats are an event type's figures.
type EventTypeStats struct {
	EventTypeID *string `json:"event_type_id"`
	EventType   string  `json:"event_type"`
	Figures     Figures `json:"figures"`
}

// bucketNames are the spans that figures can be asked for in.
var bucketNames = map[string]time.Duration{
	"5m": 5 * time.Minute, "15m": 15 * time.Minute, "1h": time.Hour, "6h": 6 * time.Hour, "1d": 24 * time.Hour,
}

// BucketSpan is the span of a bucket's name, 0 if there is none.
func BucketSpan(name string) time.Duration { return bucketNames[name] }

// BucketName is the name of a bucket's span.
func BucketName(span time.Duration) string {
	for name, s := range bucketNames {
		if s == span {
			return name
		}
	}
	return span.String()
}
