package main

import (
	"slices"
	"testing"
	"time"
)

// delivered is a body as an endpoint gets it.
func delivered(seq int, sent time.Time) []byte {
	m := newMessage("t", "", 0)
	m.write(seq, sent)
	return m.body
}

func TestTallyTellsLostFromRepeated(t *testing.T) {
	start := time.Unix(1000, 0)
	ty := newTally(func() time.Time { return start })
	add := func(endpoint, seq int, id string) { ty.add(endpoint, []byte(id), delivered(seq, start)) }
	add(0, 1, "msg_1")
	add(0, 3, "msg_3")
	add(0, 1, "msg_1")   // a repeat
	add(0, 3, "msg_new") // a repeat that a receiver would take for another message
	add(1, 1, "msg_1")   // another endpoint's
	ty.add(0, nil, []byte("what is this?"))

	want := count{Deliveries: 3, Repeats: 2, OtherIDs: 1, Strange: 1, Last: start.UnixNano()}
	if got := ty.sum(); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	var acknowledged bitset
	for _, seq := range []int{1, 2, 3, 900} {
		acknowledged.add(seq)
	}
	if got, want := ty.missing(0, acknowledged), []int{2, 900}; !slices.Equal(got, want) {
		t.Errorf("missing at endpoint 0: %v, want %v", got, want)
	}
	if got, want := ty.missing(1, acknowledged), []int{2, 3, 900}; !slices.Equal(got, want) {
		t.Errorf("missing at endpoint 1: %v, want %v", got, want)
	}
	if got := ty.missing(7, acknowledged); len(got) != 4 {
		t.Errorf("missing at an endpoint that got nothing: %v", got)
	}
}

func TestTallyMeasuresFromTheIntendedTimeAndFirstDeliveriesAlone(t *testing.T) {
	sent, now := time.Unix(1000, 0), time.Unix(1000, 0)
	ty := newTally(func() time.Time { return now })
	for i := range 100 {
		now = sent.Add(time.Duration(i+1) * time.Millisecond)
		ty.add(0, nil, delivered(i, sent))
	}
	now = sent.Add(time.Hour)
	ty.add(0, nil, delivered(0, sent)) // a repeat has no latency
	if got, want := ty.spread(), (spread{Count: 100, P50: 50, P99: 99, Max: 100}); got != want {
		t.Errorf("spread %+v, want %+v", got, want)
	}
	ty.reset()
	if got := ty.spread(); got != (spread{}) {
		t.Errorf("after a reset: %+v", got)
	}
}

func TestTallyAwaitsDifferentDeliveries(t *testing.T) {
	ty := newTally(time.Now)
	two := ty.await(2)
	ty.add(0, nil, delivered(1, time.Now()))
	ty.add(0, nil, delivered(1, time.Now()))
	select {
	case <-two:
		t.Fatal("a repeat counted as a delivery")
	default:
	}
	ty.add(0, nil, delivered(2, time.Now()))
	<-two
	<-ty.await(2) // reached before it was asked
}

func TestBitset(t *testing.T) {
	var b bitset
	want := []int{0, 7, 8, 63, 1000}
	for _, n := range want {
		b.add(n)
	}
	if got := slices.Collect(b.all()); !slices.Equal(got, want) {
		t.Errorf("holds %v, want %v", got, want)
	}
}

func TestSpreadAndMedian(t *testing.T) {
	for _, c := range []struct {
		of   []time.Duration
		want spread
	}{
		{nil, spread{}},
		{[]time.Duration{time.Second}, spread{Count: 1, P50: 1000, P99: 1000, Max: 1000}},
		{[]time.Duration{3e6, 1e6, 2e6}, spread{Count: 3, P50: 2, P99: 3, Max: 3}},
	} {
		if got := spreadOf(c.of); got != c.want {
			t.Errorf("spread of %v: %+v, want %+v", c.of, got, c.want)
		}
	}
	if got := median([]float64{3, 1, 2}); got != 2 {
		t.Errorf("median: %v, want 2", got)
	}
}
