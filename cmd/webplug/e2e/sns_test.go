package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// snsRetries has the local SNS of the servers under test retry within seconds.
const snsRetries = `WEBPLUG_SNS_RETRIES={"shortest_s":1,"longest_s":2,"at_once":3,"growing":4}`

// formatSNS says whether the suite runs with the format sns.
func formatSNS() bool { return *formatFlag == "sns" }

// otherFormat is not the suite's own.
func otherFormat() string {
	if formatSNS() {
		return "standard-webhooks"
	}
	return "sns"
}

// outcomesBy is who records what became of a request.
func outcomesBy() string {
	if formatSNS() {
		return "sns"
	}
	return "dispatch"
}

// ofStandardWebhooks leaves out a test of what only that format has.
func ofStandardWebhooks(t *testing.T, what string) {
	t.Helper()
	if formatSNS() {
		t.Skipf("this format has no %s", what)
	}
}

// unwrap takes a webhook out of SNS's envelope. A handshake is confirmed, as an endpoint does.
func unwrap(t testing.TB, body []byte) (webhook []byte, confirmation bool) {
	var e struct {
		Type         string `json:"Type"`
		Message      string `json:"Message"`
		SubscribeURL string `json:"SubscribeURL"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		t.Errorf("an envelope cannot be read: %v", err)
		return body, false
	}
	if e.Type != "SubscriptionConfirmation" {
		return []byte(e.Message), false
	}
	answer, err := http.Get(e.SubscribeURL) //nolint:gosec // the test's own server gave it
	if err != nil {
		t.Errorf("the SubscribeURL does not answer: %v", err)
		return nil, true
	}
	_ = answer.Body.Close()
	return nil, true
}

// confirmed waits until SNS sends to an endpoint, if its receiver is one of the test's that listens.
func (s service) confirmed(e endpointRow) {
	s.t.Helper()
	if e.Format != "sns" || len(e.Subscriptions) == 0 || !strings.HasPrefix(e.URL, "http://127.0.0.1:") || !strings.HasSuffix(e.URL, "/hook") {
		return
	}
	eventually(s.t, "the endpoint's subscriptions are active", func() bool {
		for _, sub := range of[endpointRow](s.get("/endpoints/" + e.ID).is(200)).Subscriptions {
			if sub.Status != "active" {
				return false
			}
		}
		return true
	})
}

// Format sns from outside, whatever the suite's own: handshake, delivery, failure and retry.
func TestFormatSNS(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.user()
	s.eventType("card_issued")
	r := receive(t, always(http.StatusNotFound))
	e := of[endpointRow](s.post("/endpoints", members{"user_id": u.ID, "url": r.url(), "format": "sns", "event_types": []string{"card_issued"}}).is(201))
	if e.Format != "sns" || e.Subscriptions[0].Status != "requested" {
		t.Fatalf("%+v", e)
	}
	s.confirmed(e)
	sub := e.Subscriptions[0].ID
	s.post("/subscriptions/"+sub+"/handshake", nil).refused(409, "conflict", "")
	m := s.publish("card_issued", u.ID)
	if m.Deliveries != 1 {
		t.Fatalf("%+v", m)
	}
	if d := s.awaitDelivery(m.ID, e.ID, "failed"); value(d.Cause) != "http_404" || d.Attempts != 1 {
		t.Fatalf("%+v", d)
	}
	r.fromNowOn(always(http.StatusOK))
	s.post("/messages/"+m.ID+"/deliveries/"+e.ID+"/retry", nil).is(202)
	if d := s.awaitDelivery(m.ID, e.ID, "delivered"); d.Attempts != 2 {
		t.Fatalf("%+v", d)
	}
	for _, h := range r.got() {
		if h.invalid != nil || h.ID != m.ID || h.Type != "card_issued" || !strings.Contains(string(h.Data), canary) {
			t.Errorf("%+v", h)
		}
	}
	s.delete("/subscriptions/" + sub).is(204)
	if m := s.publish("card_issued", u.ID); m.Deliveries != 0 || m.Skipped[0].Reason != "unsubscribed" {
		t.Errorf("%+v", m)
	}
}

// A subscription is confirmed by its token, and a new handshake can be asked for.
func TestSNSHandshakeByHand(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.user()
	s.eventType("card_issued")
	tokens := make(chan string, 8)
	r := receiveTokens(t, tokens)
	e := of[endpointRow](s.post("/endpoints", members{"user_id": u.ID, "url": r, "format": "sns", "event_types": []string{"card_issued"}}).is(201))
	sub := e.Subscriptions[0].ID
	<-tokens
	eventually(t, "the handshake is recorded", func() bool {
		return of[subscriptionRow](s.get("/subscriptions/"+sub).is(200)).Status == "pending_confirmation"
	})
	if m := s.publish("card_issued", u.ID); m.Deliveries != 0 || m.Skipped[0].Reason != "unconfirmed" {
		t.Errorf("%+v", m)
	}
	s.post("/subscriptions/"+sub+"/confirm", members{}).refused(422, "invalid", "token")
	s.post("/subscriptions/"+sub+"/confirm", members{"token": "2336412f37"}).refused(422, "invalid", "token")
	s.post("/subscriptions/"+sub+"/handshake", nil).is(202)
	row := of[subscriptionRow](s.post("/subscriptions/"+sub+"/confirm", members{"token": <-tokens}).is(200))
	if row.Status != "active" {
		t.Errorf("%+v", row)
	}
}

// A test webhook needs a confirmed subscription to go by.
func TestATestWebhookBySNS(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.user()
	s.eventType("card_issued", members{"example": members{"card": "4242"}})
	r := receive(t, nil)
	e := of[endpointRow](s.post("/endpoints", members{"user_id": u.ID, "url": r.url(), "format": "sns", "event_types": []string{"card_issued"}}).is(201))
	s.confirmed(e)
	m := of[acceptedRow](s.post("/endpoints/"+e.ID+"/test", members{"event_type": "card_issued"}).is(202))
	s.awaitDelivery(m.ID, e.ID, "delivered")
	if h := r.await(1)[0]; h.ID != m.ID || h.Type != "card_issued" || h.invalid != nil {
		t.Errorf("arrived %+v", h)
	}
	s.delete("/subscriptions/" + e.Subscriptions[0].ID).is(204)
	s.post("/endpoints/"+e.ID+"/test", members{"event_type": "card_issued"}).refused(409, "conflict", "")
}
