package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// outcomeRow is what became of one message of a batch.
type outcomeRow struct {
	acceptedRow
	Problem *struct {
		Type   string `json:"type"`
		Status int    `json:"status"`
		Errors []struct {
			Field string `json:"field"`
		} `json:"errors"`
	} `json:"problem"`
}

func (s service) batch(body any, o ...option) []outcomeRow {
	s.t.Helper()
	return of[struct {
		Data []outcomeRow `json:"data"`
	}](s.post("/messages/batch", body, o...).is(202)).Data
}

func TestABatchIsManyMessages(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	ada, eve := s.user(), s.user()
	hers, his := receive(t, nil), receive(t, nil)
	s.endpoint(ada.ID, hers.url(), "card_issued")
	s.endpoint(eve.ID, his.url(), "card_issued")

	var messages []string
	for i := range 100 {
		user := ada.ID
		if i%2 == 1 {
			user = eve.ID
		}
		messages = append(messages, fmt.Sprintf(`{"user_id":%q,"event_type":"card_issued","payload":{"n":%d, "big":12345678901234567890}}`, user, i))
	}
	done := s.batch(text(`{"messages":[` + strings.Join(messages, ",") + `]}`))
	if len(done) != 100 {
		t.Fatalf("%d of 100 are answered", len(done))
	}
	var ids [2][]string
	for i, r := range done {
		if r.Problem != nil || r.Deliveries != 1 {
			t.Fatalf("%d: %+v", i, r)
		}
		ids[i%2] = append(ids[i%2], r.ID)
	}
	for i, r := range []*receiver{hers, his} {
		hooks := r.await(50)
		got := each(hooks, func(h hook) string { return h.ID })
		slices.Sort(got)
		slices.Sort(ids[i])
		if !slices.Equal(got, ids[i]) {
			t.Errorf("%d: arrived %v, want %v", i, got, ids[i])
		}
		for _, h := range hooks {
			if !strings.HasSuffix(string(h.Data), `, "big":12345678901234567890}`) {
				t.Errorf("arrived %s", h.Data)
			}
		}
	}
}

func TestABatchAnswersEachMessageForItself(t *testing.T) {
	t.Parallel()
	s, other := newService(t), newService(t)
	s.eventType("card_issued")
	stranger := other.user()
	accepted := members{"event_type": "card_issued", "payload": 1, "idempotency_key": "once"}
	body := members{"messages": []members{
		accepted, {"event_type": "nothing", "payload": 1}, {"event_type": "card_issued", "payload": 1, "user_id": stranger.ID}, accepted,
	}}
	done := s.batch(body, wrong)
	for i, field := range []string{"", "event_type", "user_id", ""} {
		switch r := done[i]; {
		case field == "" && (r.Problem != nil || r.ID == ""):
			t.Errorf("%d: %+v", i, r.Problem)
		case field != "" && (r.Problem == nil || r.Problem.Errors[0].Field != field):
			t.Errorf("%d: %+v", i, r)
		}
	}
	again := of[acceptedRow](s.post("/messages", members{"event_type": "card_issued", "payload": 1}, once("once")).is(202))
	if again.ID != done[0].ID || done[3].ID != done[0].ID {
		t.Errorf("one key made %s, %s and %s", done[0].ID, done[3].ID, again.ID)
	}
}

func TestABatchIsRefusedWhole(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	many := slices.Repeat([]members{message("card_issued", "")}, 101)
	s.changesNothing(func() {
		s.post("/messages/batch", members{"messages": []members{}}, wrong).refused(422, "invalid", "messages")
		s.post("/messages/batch", members{"messages": many}, wrong).refused(422, "invalid", "messages")
		s.post("/messages/batch", members{"messages": many[:1], "dry_run": true}, wrong).refused(422, "invalid", "dry_run")
		s.post("/messages/batch", text(`{"messages":[{]}`), wrong).refused(400, "malformed", "messages.0")
		s.post("/messages/batch", text(`{"messages":["`+strings.Repeat("x", 4<<20)+`"]}`), wrong).refused(413, "too-large", "")
	})
}
