package e2e

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAMessageToAUserReachesThatUsersEndpointsAlone(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, eve := s.user(), s.user()
	s.eventType("card_issued")
	s.eventType("card_debited")
	books, mails, other, hers := receive(t, nil), receive(t, nil), receive(t, nil), receive(t, nil)
	s.endpoint(ada.ID, books.url(), "card_issued", "card_debited")
	s.endpoint(ada.ID, mails.url(), "card_issued")
	s.endpoint(ada.ID, other.url(), "card_debited")
	s.endpoint(eve.ID, hers.url(), "card_issued")

	m := s.publish("card_issued", ada.ID)
	if m.Deliveries != 2 || len(m.Skipped) != 0 {
		t.Errorf("accepted %+v", m)
	}
	for _, r := range []*receiver{books, mails} {
		if got := r.await(1); got[0].ID != m.ID || got[0].Type != "card_issued" {
			t.Errorf("arrived: %+v", got[0])
		}
	}
	s.publish("card_debited", "")
	other.await(1)
	books.await(2)
	if n := len(hers.got()); n != 0 {
		t.Errorf("another user's endpoint got %d", n)
	}
	if got := other.got(); len(got) != 1 || got[0].Type != "card_debited" {
		t.Errorf("an endpoint subscribed to another type got %+v", got)
	}
}

func TestAMessageToAllReachesEveryUser(t *testing.T) {
	t.Parallel()
	s, elsewhere := newService(t), newService(t)
	s.eventType("card_issued")
	elsewhere.eventType("card_issued")
	stranger := receive(t, nil)
	elsewhere.endpoint(elsewhere.user().ID, stranger.url(), "card_issued")
	var all []*receiver
	var endpoints []string
	for range 5 {
		r := receive(t, nil)
		endpoints = append(endpoints, s.endpoint(s.user().ID, r.url(), "card_issued").ID)
		all = append(all, r)
	}
	m := s.publish("card_issued", "")
	if m.Deliveries != 5 {
		t.Errorf("accepted %+v", m)
	}
	for _, r := range all {
		r.await(1)
	}
	for _, e := range endpoints {
		s.awaitDelivery(m.ID, e, "delivered")
	}
	slices.Sort(endpoints)
	rows := s.deliveries(m.ID)
	if got := each(rows, func(d deliveryRow) string { return d.EndpointID }); !slices.Equal(got, endpoints) {
		t.Errorf("deliveries to %v, want %v", got, endpoints)
	}
	for _, d := range rows {
		if d.UserID != nil || d.Attempts != 1 || value(d.LastStatusCode) != 204 || d.Cause != nil || d.NextAttemptAt != nil || d.EndedAt == nil || d.Reason != nil {
			t.Errorf("a delivery: %+v", d)
		}
	}
	shown := of[messageRow](s.get("/messages/" + m.ID).is(200))
	if shown.Status != "delivered" || shown.Deliveries["delivered"] != 5 || shown.UserID != nil || shown.EventType != "card_issued" || shown.By != "admin" || shown.Test {
		t.Errorf("the message: %+v", shown)
	}
	if n := len(stranger.got()); n != 0 {
		t.Errorf("another service's endpoint got %d", n)
	}
}

func TestDataArrivesByteForByte(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	r := receive(t, nil)
	s.endpoint(s.user().ID, r.url(), "card_issued")
	for i, payload := range []string{
		`{"big":123456789012345678901234567890,"beyond":9007199254740993,"small":1e-400,"float":1.0,"exp":1E+2,"minus":-0}`,
		`{"z":1,"a":2,"m":{"b":1,"a":2},"":0}`,
		`{"escapes":"\u00e4\u0041\ud83d\ude00\/\b\f\n\r\t\"\\","raw":"ä😀"}`,
		`{"html":"<script>alert('&')</script>","separators":"` + "\u2028\u2029" + `"}`,
		" \t\n{ \"spaced\" :\r\n [ 1 , 2 ,\t3 ] } ",
		`"a text"`, `0`, `-1.50`, `true`, `null`, `[]`, `{}`, `[[],{},"",null]`,
		`{"long":"` + strings.Repeat("ü", 60_000) + `"}`,
		`{"nul":"\u0000","del":"` + "\u007f" + `"}`,
	} {
		sent := s.post("/messages", text(`{"payload":`+payload+`,"event_type":"card_issued"}`)).is(202)
		h := r.await(i + 1)[i]
		want := strings.Trim(payload, " \t\r\n")
		if h.invalid != nil {
			t.Errorf("%.80q: the webhook cannot be read: %v", payload, h.invalid)
		}
		if string(h.Data) != want {
			t.Errorf("sent    %.200q\narrived %.200q", want, h.Data)
		}
		if whole := string(h.body); !strings.HasSuffix(whole, `"data":`+want+`}`) || !strings.HasPrefix(whole, `{"id":"`+of[row](sent).ID+`","type":"card_issued","timestamp":"`) {
			t.Errorf("the webhook is %.200s", whole)
		}
		t.Run("and the history shows the same JSON", func(t *testing.T) {
			accepted := last(s.historyOf(of[row](sent).ID), "MessageAccepted")
			if got := accepted.says("payload"); got != plain(want) {
				t.Errorf("sent  %.200q\nshown %.200q", want, got)
			}
		})
	}
}

func TestAWebhookIsWhatStandardWebhooksSays(t *testing.T) {
	ofStandardWebhooks(t, "secret that signs")
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	r := receive(t, nil)
	e := s.endpoint(s.user().ID, r.url(), "card_issued")
	secret := s.secret(e.ID)
	m := s.publish("card_issued", "")
	h := r.await(1)[0]
	if err := h.signedBy(secret); err != nil {
		t.Error(err)
	}
	if h.method != "POST" || h.header.Get("Content-Type") != "application/json" || !strings.HasPrefix(h.header.Get("User-Agent"), "WebPlug/") {
		t.Errorf("it is a %s with %v", h.method, h.header)
	}
	if h.header.Get("webhook-id") != m.ID || h.ID != m.ID {
		t.Errorf("webhook-id %s and id %s, want %s", h.header.Get("webhook-id"), h.ID, m.ID)
	}
	seconds, err := strconv.ParseInt(h.header.Get("webhook-timestamp"), 10, 64)
	if sent := time.Unix(seconds, 0); err != nil || h.at.Sub(sent) > time.Minute || sent.After(h.at.Add(time.Second)) {
		t.Errorf("webhook-timestamp %s, arrived at %s", h.header.Get("webhook-timestamp"), h.at)
	}
	if signatures := strings.Fields(h.header.Get("webhook-signature")); len(signatures) != 1 || !strings.HasPrefix(signatures[0], "v1,") {
		t.Errorf("webhook-signature %q", h.header.Get("webhook-signature"))
	}
	if accepted := of[messageRow](s.get("/messages/" + m.ID).is(200)).CreatedAt; !h.Time.Equal(accepted) {
		t.Errorf("timestamp %s, accepted at %s", h.Time, accepted)
	}
	for _, name := range []string{"Authorization", "Cookie", "Idempotency-Key", "Accept-Encoding"} {
		if v := h.header.Get(name); v != "" && v != "identity" {
			t.Errorf("it carries %s: %s", name, v)
		}
	}
	t.Run("each endpoint has a secret of its own", func(t *testing.T) {
		other := receive(t, nil)
		o := s.endpoint(s.user().ID, other.url(), "card_issued")
		s.publish("card_issued", "")
		h := other.await(1)[0]
		if err := h.signedBy(s.secret(o.ID)); err != nil {
			t.Error(err)
		}
		if h.signedBy(secret) == nil {
			t.Error("another endpoint's secret signs too")
		}
	})
}

func TestAMessageIsRefused(t *testing.T) {
	t.Parallel()
	s, other := newService(t), newService(t)
	u, archived, theirs := s.user(), s.user(), other.user()
	kind := s.eventType("card_issued")
	gone := s.eventType("card_lost")
	s.delete("/users/" + archived.ID).is(204)
	s.delete("/event-types/" + gone.ID).is(204)
	with := func(change members) members { return merged(message("card_issued", u.ID), change) }
	s.changesNothing(func() {
		s.post("/messages", with(members{"user_id": archived.ID})).refused(409, "conflict", "user_id")
		s.post("/messages", with(members{"user_id": theirs.ID})).refused(422, "invalid", "user_id")
		s.post("/messages", with(members{"user_id": "usr_00000000000000000000000000"})).refused(422, "invalid", "user_id")
		s.post("/messages", with(members{"user_id": "ada"})).refused(422, "invalid", "user_id")
		s.post("/messages", with(members{"user_id": ""})).refused(422, "invalid", "user_id") // it must not go to all
		s.post("/messages", with(members{"event_type": "unknown"})).refused(422, "invalid", "event_type")
		s.post("/messages", with(members{"event_type": kind.ID})).refused(422, "invalid", "event_type") // bodies take names
		s.post("/messages", with(members{"event_type": "card_lost"})).refused(422, "invalid", "event_type")
		s.post("/messages", members{"payload": 1}, wrong).refused(422, "invalid", "event_type")
		s.post("/messages", members{"event_type": "card_issued"}, wrong).refused(422, "invalid", "payload")
		s.post("/messages", with(members{"payload": strings.Repeat("x", 240<<10)})).refused(413, "too-large", "payload")
	})
	t.Run("240 KB are taken", func(*testing.T) {
		s.post("/messages", with(members{"payload": strings.Repeat("x", 240<<10-2)})).is(202)
	})
}

func TestEveryExpectedDeliveryIsVisibleFromTheMomentOfPublish(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	release := make(chan struct{})
	r := receive(t, func(int) reply { return reply{status: 204, hold: release} })
	e := s.endpoint(s.user().ID, r.url(), "card_issued")
	m := s.publish("card_issued", "")
	d := s.delivery(m.ID, e.ID)
	if d.Status != "pending" || d.Attempts != 0 || d.NextAttemptAt == nil || !d.NextAttemptAt.Equal(d.AcceptedAt) {
		t.Errorf("a delivery that was just accepted: %+v", d)
	}
	for _, list := range [][]string{{}, {"status", "pending"}, {"endpoint_id", e.ID}} {
		found := first[messageRow](s.client, "/messages", where(list...))
		if len(found) != 1 || found[0].Status != "pending" || found[0].Deliveries["pending"] != 1 {
			t.Errorf("messages %v: %+v", list, found)
		}
	}
	close(release)
	s.awaitDelivery(m.ID, e.ID, "delivered")
	if found := first[messageRow](s.client, "/messages", where("status", "pending")); len(found) != 0 {
		t.Errorf("still pending: %+v", found)
	}
}
