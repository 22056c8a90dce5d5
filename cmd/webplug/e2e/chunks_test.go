package e2e

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// manyEndpoints are more than two chunks of 500.
const manyEndpoints = 1200

// crowd adds endpoints that are subscribed to card_issued, three of each user, at the receivers that of gives for their
// numbers.
func (s service) crowd(n int, of func(i int) *receiver) (endpoints []endpointRow) {
	s.t.Helper()
	endpoints = make([]endpointRow, n)
	var all sync.WaitGroup
	places := make(chan struct{}, 16)
	for first := 0; first < n; first += 3 {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			u := s.user()
			for i := first; i < min(first+3, n); i++ {
				endpoints[i] = s.endpoint(u.ID, fmt.Sprintf("%s/%d/hook", of(i).server.URL, i), "card_issued")
			}
		})
	}
	all.Wait()
	return endpoints
}

// It takes long, since it makes 1,200 endpoints by HTTP, and there is nothing smaller that has three chunks.
func TestAMessageToAThousandAndMoreEndpoints(t *testing.T) {
	ofStandardWebhooks(t, "1,200 handshakes in bearable time; cmd/webplug has a test with 520")
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	well, bad := receive(t, nil), receive(t, always(410))
	failing := map[int]bool{5: true, 300: true, 600: true, 601: true, 900: true, 1100: true, 1199: true}
	endpoints := s.crowd(manyEndpoints, func(i int) *receiver {
		if failing[i] {
			return bad
		}
		return well
	})
	s.post("/endpoints/"+endpoints[700].ID+"/pause", nil).is(200)
	delivered := manyEndpoints - len(failing) - 1

	answer := s.post("/messages", message("card_issued", ""), once("to all")).is(202)
	m := of[acceptedRow](answer)
	if m.Deliveries+len(m.Skipped) != 500 || !m.More {
		t.Fatalf("the answer is of %d and %d endpoints, more %v", m.Deliveries, len(m.Skipped), m.More)
	}
	if again := s.post("/messages", message("card_issued", ""), once("to all")).is(202); string(again.body) != string(answer.body) {
		t.Errorf("repeated it answers %s, not %s", again.body, answer.body)
	}
	at := "/messages/" + m.ID
	var row messageRow
	eventually(t, "each has its outcome", func() bool {
		row = of[messageRow](s.get(at).is(200))
		return row.Deliveries["delivered"] == delivered && row.Deliveries["failed"] == len(failing)
	})
	if row.More || row.Status != "failed" || row.Deliveries["skipped"] != 1 || len(row.Deliveries) != 3 || compact(row.Payload) != compact([]byte(`{"card":"`+canary+`"}`)) {
		t.Errorf("the message is %+v", row)
	}
	for _, h := range well.got() {
		if h.ID != m.ID || h.invalid != nil {
			t.Fatalf("an endpoint got %s (%v)", h.ID, h.invalid)
		}
	}

	t.Run("lists every delivery once, whatever the page", func(t *testing.T) {
		for _, limit := range []string{"100", "33"} {
			ids := each(all[deliveryRow](s.client, at+"/deliveries", where("limit", limit)), func(d deliveryRow) string { return d.EndpointID })
			slices.Sort(ids)
			want := each(endpoints, func(e endpointRow) string { return e.ID })
			slices.Sort(want)
			if !slices.Equal(ids, want) {
				t.Errorf("%d deliveries, %d of them distinct", len(ids), len(slices.Compact(ids)))
			}
		}
		s.get(at+"/deliveries", where("cursor", "bm9uZQ"), wrong).refused(422, "invalid", "cursor")
		s.get(at+"/deliveries", where("cursor", "OS9ub25l"), wrong).refused(422, "invalid", "cursor") // 9/none
	})
	t.Run("filters them", func(t *testing.T) {
		for i := range failing {
			e := endpoints[i]
			if d := s.delivery(m.ID, e.ID); d.Status != "failed" || d.MessageID != m.ID || value(d.Cause) != "http_410" {
				t.Errorf("the delivery to %d is %+v", i, d)
			}
			if of := s.deliveries(m.ID, where("user_id", e.UserID)); len(of) != 3 {
				t.Errorf("the user of %d has %d deliveries", i, len(of))
			}
		}
		if rows := all[deliveryRow](s.client, at+"/deliveries", where("status", "failed", "limit", "3")); len(rows) != len(failing) {
			t.Errorf("%d failed", len(rows))
		}
		if rows := s.deliveries(m.ID, where("status", "skipped")); len(rows) != 1 || rows[0].EndpointID != endpoints[700].ID || value(rows[0].Reason) != "paused" {
			t.Errorf("skipped: %+v", rows)
		}
	})
	t.Run("has one history", func(t *testing.T) {
		events := s.historyOf(m.ID)
		if n := len(ofType(events, "MessageRouted")); n != 2 || events[0].Type != "MessageAccepted" {
			t.Errorf("%d further chunks, the first event is %s", n, events[0].Type)
		}
		if n := len(ofType(events, "DeliverySucceeded")); n != delivered {
			t.Errorf("%d succeeded", n)
		}
		routed := last(events, "MessageRouted")
		if routed.Stream != s.id+"/"+m.ID+"~2" && routed.Stream != s.id+"/"+m.ID+"~1" || routed.Actor != "routing" || routed.CausationID != events[0].ID || routed.CorrelationID != events[0].CorrelationID {
			t.Errorf("it was routed on by %+v", routed)
		}
		if of := s.history(where("stream", s.id+"/"+m.ID, "type", "MessageRouted")); len(of) != 2 {
			t.Errorf("the audit trail of its stream has %d further chunks", len(of))
		}
	})
	t.Run("shows a user its part", func(t *testing.T) {
		e := endpoints[1100]
		mine := s.by(newUserKey(s, e.UserID, "read", "manage").Key)
		if row := of[messageRow](mine.get(at).is(200)); row.Status != "failed" || row.Deliveries["delivered"] != 2 || row.Deliveries["failed"] != 1 || row.More {
			t.Errorf("to the user it is %+v", row)
		}
		if rows := mine.deliveries(m.ID); len(rows) != 3 {
			t.Errorf("the user has %d deliveries", len(rows))
		}
		for _, event := range mine.historyOf(m.ID) {
			for _, other := range endpoints {
				if other.UserID != e.UserID && (strings.Contains(string(event.Data), other.ID) || strings.Contains(string(event.Data), other.UserID)) {
					t.Fatalf("the user sees %s", event.Data)
				}
			}
		}
		if rows := first[messageRow](mine.client, "/messages"); len(rows) != 1 || rows[0].ID != m.ID {
			t.Errorf("the user's messages: %+v", rows)
		}
	})
	t.Run("is counted once", func(t *testing.T) {
		now := time.Now()
		stats := of[struct {
			Total map[string]any `json:"total"`
		}](s.get("/stats", where("since", now.Add(-time.Hour).UTC().Format(time.RFC3339), "until", now.Add(time.Hour).UTC().Format(time.RFC3339), "bucket", "1h"), after(answer)).is(200))
		for name, want := range map[string]int{
			"accepted": 1, "deliveries": manyEndpoints - 1, "delivered": delivered, "failed": len(failing), "skipped": 1,
		} {
			if got := stats.Total[name]; got != float64(want) {
				t.Errorf("%v %s, want %d", got, name, want)
			}
		}
		if rows := first[messageRow](s.client, "/messages", where("status", "failed")); len(rows) != 1 || rows[0].Deliveries["delivered"] != delivered {
			t.Errorf("failed messages: %+v", rows)
		}
	})
	t.Run("is retried and discarded, one by one and all at once", func(t *testing.T) {
		bad.fromNowOn(func(int) reply { return reply{status: 204} })
		for i := range failing { // a 410 has paused them
			s.post("/endpoints/"+endpoints[i].ID+"/resume", nil).is(200)
		}
		one, other := endpoints[1199], endpoints[600]
		d := s.post(at+"/deliveries/"+other.ID+"/discard", nil).is(202)
		if row := of[deliveryRow](d); row.Status != "discarded" || !strings.HasPrefix(d.position(), s.id+"/"+m.ID+"~") {
			t.Errorf("discarded it is %+v at %s", row, d.position())
		}
		s.post(at+"/deliveries/"+one.ID+"/retry", nil).is(202)
		s.awaitDelivery(m.ID, one.ID, "delivered")
		s.post(at+"/deliveries/"+endpoints[700].ID+"/retry", nil).refused(409, "conflict", "")
		if dead := all[deliveryRow](s.client, "/dead-letters", where("limit", "2"), after(d)); len(dead) != len(failing)-2 {
			t.Errorf("%d dead letters", len(dead))
		}
		s.post("/dead-letters/retry", members{"filter": members{"message_id": m.ID}}).is(202)
		eventually(t, "all but the discarded one are delivered", func() bool {
			row := of[messageRow](s.get(at).is(200))
			return row.Deliveries["delivered"] == manyEndpoints-2 && row.Deliveries["discarded"] == 1 && row.Status == "discarded"
		})
	})
}

// after has a list show what a command did.
func after(a answer) option { return where("after", a.position()) }
