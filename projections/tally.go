package projections

import (
	"math"
	"slices"
	"time"

	"webplug/domain"
)

// Figures are kept in cells: what happened within five minutes, of one endpoint or of messages, and of one event type.

// slotSpan is the time of a cell. An hour has slotsOfHour.
const (
	slotSpan    = 5 * time.Minute
	slotsOfHour = int(time.Hour / slotSpan)
)

// cellKey is what a cell counts: with an endpoint its deliveries, else messages for a user, "" being all users.
type cellKey struct {
	Slot        int    `json:"s,omitzero"` // within the hour
	EndpointID  string `json:"e,omitzero"`
	UserID      string `json:"u,omitzero"` // the endpoint's, or the messages'
	EventTypeID string `json:"t,omitzero"`
}

// cell is a cell with what it counts.
type cell struct {
	cellKey
	tally
}

// tally counts what happened.
type tally struct {
	Accepted       int                       `json:"a,omitzero"` // messages
	Met            int                       `json:"b,omitzero"` // broadcasts that met an endpoint of the user's
	Deliveries     int                       `json:"p,omitzero"` // that the messages were to make
	Delivered      int                       `json:"d,omitzero"`
	Failed         int                       `json:"f,omitzero"`
	Discarded      int                       `json:"x,omitzero"`
	Retried        int                       `json:"r,omitzero"`
	Attempts       int                       `json:"n,omitzero"`
	AttemptsFailed int                       `json:"m,omitzero"`
	Causes         map[domain.Cause]int      `json:"c,omitempty"` // of Failed
	Skipped        map[domain.SkipReason]int `json:"k,omitempty"`
	Latency        map[int]int               `json:"l,omitempty"` // cell of latencyBounds ▶ deliveries
	Last           *lastOutcome              `json:"o,omitzero"`
}

// lastOutcome is the newest attempt's.
type lastOutcome struct {
	Time   int64        `json:"m"` // microseconds since 1970
	Status string       `json:"s"` // delivered, retrying, failed
	Cause  domain.Cause `json:"c,omitzero"`
}

// outcome counts an event of a delivery.
func (t *tally) outcome(f Fact) {
	var status string
	switch f.Type {
	case domain.DeliverySucceeded{}.EventType():
		t.Attempts++
		t.Delivered++
		t.Latency = counted(t.Latency, latencyCell(f.Took), 1)
		status = string(domain.Delivered)
	case domain.AttemptFailed{}.EventType():
		t.Attempts++
		t.AttemptsFailed++
		status = string(domain.Retrying)
	case domain.DeliveryFailed{}.EventType(), domain.DeliveryUnreported{}.EventType():
		t.Failed++
		t.Causes = counted(t.Causes, f.Cause, 1)
		if !f.NoRequest {
			t.Attempts++
			t.AttemptsFailed++
		}
		status = string(domain.Failed)
	case domain.RetryRequested{}.EventType():
		t.Retried++
	case domain.DeliveryDiscarded{}.EventType():
		t.Discarded++
	}
	if status != "" && (t.Last == nil || t.Last.Time <= f.Time) {
		t.Last = &lastOutcome{f.Time, status, f.Cause}
	}
}

func counted[K comparable](m map[K]int, k K, n int) map[K]int {
	if m == nil {
		m = map[K]int{}
	}
	m[k] += n
	return m
}

// add counts what another has counted.
func (t *tally) add(o tally) {
	t.Accepted += o.Accepted
	t.Met += o.Met
	t.Deliveries += o.Deliveries
	t.Delivered += o.Delivered
	t.Failed += o.Failed
	t.Discarded += o.Discarded
	t.Retried += o.Retried
	t.Attempts += o.Attempts
	t.AttemptsFailed += o.AttemptsFailed
	for k, n := range o.Causes {
		t.Causes = counted(t.Causes, k, n)
	}
	for k, n := range o.Skipped {
		t.Skipped = counted(t.Skipped, k, n)
	}
	for k, n := range o.Latency {
		t.Latency = counted(t.Latency, k, n)
	}
	if o.Last != nil && (t.Last == nil || t.Last.Time <= o.Last.Time) {
		t.Last = o.Last
	}
}

// latencyBounds are the upper bounds of the latencies' cells, in milliseconds: six a decade from 1 ms to 28 h, each at most 1.7
// times the one before. What is above the last is in one more cell.
var latencyBounds = func() []float64 {
	var out []float64
	for decade := 1.0; decade < 1e8; decade *= 10 {
		for _, step := range []float64{1, 1.5, 2, 3, 5, 7} {
			out = append(out, step*decade)
		}
	}
	return append(out, 1e8)
}()

// latencyCell is the cell of a latency in microseconds.
func latencyCell(micros int64) int {
	i, _ := slices.BinarySearch(latencyBounds, float64(micros)/1000)
	return i
}

// quantile is the latency in milliseconds that a share of deliveries did not exceed; within a cell they are taken to lie
// evenly on the logarithm. It is nil where there are none.
func (t *tally) quantile(share float64) *float64 {
	total := 0
	for _, n := range t.Latency {
		total += n
	}
	if total == 0 {
		return nil
	}
	wanted := share * float64(total)
	below := 0.0
	for i := range len(latencyBounds) + 1 {
		n := float64(t.Latency[i])
		if n > 0 && below+n >= wanted {
			low, high := latencyBounds[0]/2, latencyBounds[min(i, len(latencyBounds)-1)]
			if i > 0 {
				low = latencyBounds[i-1]
			}
			v := low * math.Pow(high/low, (wanted-below)/n)
			return &v
		}
		below += n
	}
	return &latencyBounds[len(latencyBounds)-1]
}

// latencyCounts are the cells in order; nil where there is none.
func (t *tally) latencyCounts() []int {
	if len(t.Latency) == 0 {
		return []int{}
	}
	out := make([]int, len(latencyBounds)+1)
	for i, n := range t.Latency {
		if i >= 0 && i < len(out) {
			out[i] = n
		}
	}
	return out
}
