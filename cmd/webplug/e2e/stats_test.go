package e2e

import (
	"sync"
	"testing"
	"time"
)

// The API's figures, as far as tests look at them.
type (
	figuresRow struct {
		Accepted       *int           `json:"accepted"`
		Deliveries     *int           `json:"deliveries"`
		Delivered      int            `json:"delivered"`
		Failed         int            `json:"failed"`
		Discarded      int            `json:"discarded"`
		Retried        int            `json:"retried"`
		Skipped        int            `json:"skipped"`
		Attempts       int            `json:"attempts"`
		AttemptsFailed int            `json:"attempts_failed"`
		SuccessRate    *float64       `json:"success_rate"`
		Causes         map[string]int `json:"causes"`
		SkipReasons    map[string]int `json:"skip_reasons"`
	}
	nowRow struct {
		Pending  int `json:"pending"`
		Retrying int `json:"retrying"`
		Failed   int `json:"failed"`
	}
	statsRow struct {
		Since         time.Time  `json:"since"`
		Until         time.Time  `json:"until"`
		Bucket        string     `json:"bucket"`
		Now           nowRow     `json:"now"`
		Total         figuresRow `json:"total"`
		LatencyCounts []int      `json:"latency_counts"`
		Buckets       []struct {
			figuresRow
			Start time.Time `json:"start"`
		} `json:"buckets"`
		Endpoints []struct {
			EndpointID string     `json:"endpoint_id"`
			Figures    figuresRow `json:"figures"`
			Now        nowRow     `json:"now"`
		} `json:"endpoints"`
		EventTypes []struct {
			EventType string     `json:"event_type"`
			Figures   figuresRow `json:"figures"`
		} `json:"event_types"`
	}
)

func (s service) stats(o ...option) statsRow {
	s.t.Helper()
	return of[statsRow](s.get("/stats", o...).is(200))
}

func TestFiguresAreTheReceiversOwnCount(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	s := newService(t)
	u := s.user()
	s.eventType("card_issued")
	var mu sync.Mutex
	answered := map[int]int{}
	count := func(answer func(int) reply) func(int) reply {
		return func(n int) reply {
			a := answer(n)
			mu.Lock()
			defer mu.Unlock()
			answered[a.status]++
			return a
		}
	}
	well, flaky := receive(t, count(always(204))), receive(t, count(failing(50)))
	gone, busy := receive(t, count(always(410))), receive(t, count(always(503)))
	ofGone := s.endpoint(u.ID, gone.url(), "card_issued")
	for _, r := range []*receiver{well, flaky, busy} {
		s.endpoint(u.ID, r.url(), "card_issued")
	}
	const messages = 250
	for range messages {
		s.publish("card_issued", u.ID)
	}
	busy.await(2 * messages) // the next time is minutes away
	var got statsRow
	attempts := 0
	eventually(t, "all is tried, and every try is counted", func() bool {
		got = s.stats()
		mu.Lock()
		defer mu.Unlock()
		attempts = answered[204] + answered[410] + answered[503]
		return got.Now.Pending == 0 && got.Total.Attempts >= attempts
	})
	mu.Lock()
	defer mu.Unlock()
	f := got.Total
	if value(f.Accepted) != messages || f.Attempts != attempts || f.Delivered != answered[204] || f.AttemptsFailed != answered[410]+answered[503] {
		t.Errorf("the receivers count %v, the figures say %+v", answered, f)
	}
	if value(f.Deliveries) != f.Delivered+f.Failed+got.Now.Retrying || got.Now.Retrying < messages {
		t.Errorf("%d deliveries are not those that were delivered, failed or are retrying: %+v, now %+v", value(f.Deliveries), f, got.Now)
	}
	if f.Failed+f.Skipped != messages || f.Causes["http_410"] != answered[410] || f.Failed != got.Now.Failed || f.Skipped != f.SkipReasons["gone"] {
		t.Errorf("of %d for the one that is gone %d failed and %d were skipped: %+v", messages, f.Failed, f.Skipped, f)
	}
	if want := float64(f.Delivered) / float64(f.Delivered+f.Failed); value(f.SuccessRate) != want {
		t.Errorf("the success rate is %v, want %v", value(f.SuccessRate), want)
	}
	if value(f.Deliveries)+f.Skipped != 4*messages {
		t.Errorf("%d deliveries and %d skipped are not %d", value(f.Deliveries), f.Skipped, 4*messages)
	}
	if len(got.Endpoints) != 4 || got.Endpoints[0].EndpointID != ofGone.ID {
		t.Errorf("the one that fails is not the first of %+v", got.Endpoints)
	}
	sum, cells := 0, 0
	for _, b := range got.Buckets {
		sum += b.Delivered
	}
	for _, n := range got.LatencyCounts {
		cells += n
	}
	if sum != f.Delivered || cells != f.Delivered || got.EventTypes[0].Figures.Delivered != f.Delivered {
		t.Errorf("buckets have %d, latencies %d, the type %d, all %d", sum, cells, got.EventTypes[0].Figures.Delivered, f.Delivered)
	}
}

func TestFiguresOfARetryAndADiscard(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	s := newService(t)
	u := s.user()
	s.eventType("card_issued")
	to := receive(t, always(410))
	e := s.endpoint(u.ID, to.url(), "card_issued")
	m := s.publish("card_issued", "")
	s.awaitDelivery(m.ID, e.ID, "failed")
	s.post("/messages/"+m.ID+"/deliveries/"+e.ID+"/discard", nil).is(202)
	to.fromNowOn(always(200))
	s.post("/endpoints/"+e.ID+"/resume", nil).is(200)
	s.post("/messages/"+m.ID+"/deliveries/"+e.ID+"/retry", nil).is(202)
	s.awaitDelivery(m.ID, e.ID, "delivered")
	for name, o := range map[string][]option{
		"all": nil, "of the endpoint": {where("endpoint_id", e.ID)}, "of the user": {where("user_id", u.ID)},
		"of the type": {where("event_type", "card_issued", "bucket", "5m")}, "of a week": {where("bucket", "1d", "since", "2026-01-01T00:00:00Z")},
	} {
		got := s.stats(o...)
		f := got.Total
		if f.Failed != 1 || f.Discarded != 1 || f.Retried != 1 || f.Delivered != 1 || f.Attempts != 2 || got.Now != (nowRow{}) {
			t.Errorf("%s: %+v, now %+v", name, f, got.Now)
		}
		if (name == "of the endpoint") != (f.Accepted == nil) || f.Accepted != nil && *f.Accepted != 1 {
			t.Errorf("%s: accepted %v", name, f.Accepted)
		}
	}
	if f := s.stats(where("event_type", "none")).Total; f.Attempts != 0 || value(f.Accepted) != 0 {
		t.Errorf("of no type: %+v", f)
	}
}

func TestFiguresRefuseWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for field, query := range map[string][]string{
		"bucket": {"bucket", "2h"}, "since": {"since", "2026-02-01T00:00:00Z", "until", "2026-02-01T00:00:00Z"},
		"until": {"since", "2026-02-01T00:00:00Z", "until", "2026-01-01T00:00:00Z"}, "user_id": {"user_id", "usr_1"}, "cursor": {"cursor", "x"},
	} {
		s.get("/stats", where(query...), wrong).refused(422, "invalid", field)
	}
	s.get("/stats", where("bucket", "5m", "since", "2025-01-01T00:00:00Z"), wrong).refused(422, "invalid", "bucket")
}
