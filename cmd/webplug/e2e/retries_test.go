package e2e

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The retry schedule's first delay, and how much later it may be.
const (
	firstRetry = 5 * time.Second
	jitter     = firstRetry / 10
)

// attempt is what an outcome event says of a request.
func (e event) number(name string) float64 {
	n, _ := strconv.ParseFloat(e.says(name), 64)
	return n
}

func (e event) time(name string) time.Time {
	t, _ := time.Parse(`"`+time.RFC3339Nano+`"`, e.says(name))
	return t
}

// delay is the time from an attempt's failure to the next.
func (e event) delay() time.Duration {
	failed := e.time("at").Add(time.Duration(e.number("duration_ms") * float64(time.Millisecond)))
	return e.time("next").Sub(failed)
}

// near says whether a delay is what is wanted, as far as figures in milliseconds can tell.
func near(got, least, most time.Duration) bool {
	return got >= least-2*time.Millisecond && got <= most+2*time.Millisecond
}

func TestAnEndpointThatFailsAndRecoversGetsTheWebhook(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	r := receive(t, failing(1))
	e := s.endpoint(s.user().ID, r.url(), "card_issued")
	secret := s.secret(e.ID)
	m := s.publish("card_issued", "")

	d := s.awaitDelivery(m.ID, e.ID, "retrying")
	if d.Attempts != 1 || value(d.LastStatusCode) != 503 || value(d.Cause) != "http_503" || d.NextAttemptAt == nil || d.EndedAt != nil {
		t.Errorf("after a failure: %+v", d)
	}
	if found := first[messageRow](s.client, "/messages", where("status", "retrying")); len(found) != 1 {
		t.Errorf("retrying messages: %+v", found)
	}
	hooks := r.await(2)
	if waited := hooks[1].at.Sub(hooks[0].at); waited < firstRetry {
		t.Errorf("the first retry came after %s", waited)
	}
	if hooks[0].ID != hooks[1].ID || string(hooks[0].body) != string(hooks[1].body) {
		t.Errorf("first %s\nthen  %s", hooks[0].body, hooks[1].body)
	}
	if hooks[0].header.Get("webhook-timestamp") == hooks[1].header.Get("webhook-timestamp") {
		t.Error("webhook-timestamp is not the attempt's own")
	}
	for _, h := range hooks {
		if err := h.signedBy(secret); err != nil {
			t.Error(err)
		}
	}

	d = s.awaitDelivery(m.ID, e.ID, "delivered")
	if d.Attempts != 2 || value(d.LastStatusCode) != 204 || d.Cause != nil || d.NextAttemptAt != nil || d.EndedAt == nil {
		t.Errorf("after the retry: %+v", d)
	}
	events := s.historyOf(m.ID)
	if got := strings.Join(types(events), " "); got != "MessageAccepted AttemptFailed DeliverySucceeded" {
		t.Fatalf("history: %s", got)
	}
	failed, delivered := events[1], events[2]
	if !near(failed.delay(), firstRetry, firstRetry+jitter) {
		t.Errorf("the retry was planned after %s", failed.delay())
	}
	if failed.says("cause") != `"http_503"` || failed.says("status_code") != "503" || failed.number("attempt") != 1 || failed.number("duration_ms") <= 0 {
		t.Errorf("the failure: %s", failed.Data)
	}
	if failed.says("answer") != `"`+canary+` is busy"` {
		t.Errorf("the endpoint's answer: %s", failed.says("answer"))
	}
	if delivered.says("status_code") != "204" || delivered.number("attempt") != 2 || delivered.says("url") != `"`+r.url()+`"` {
		t.Errorf("the delivery: %s", delivered.Data)
	}
	if failed.CausationID != events[0].ID || delivered.CausationID != failed.ID || delivered.CorrelationID != events[0].CorrelationID {
		t.Error("the outcomes do not name what they answer")
	}
}

func TestRetryAfterIsHonouredWithinBounds(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	for name, c := range map[string]struct {
		header      string
		least, most time.Duration
	}{
		"8 s":            {"8", 8 * time.Second, 8 * time.Second},
		"sooner":         {"1", firstRetry, firstRetry + jitter},
		"much later":     {"3600", 2 * firstRetry, 2 * firstRetry},
		"huge":           {"99999999999999999999", 2 * firstRetry, 2 * firstRetry},
		"a date":         {"+1h", 2 * firstRetry, 2 * firstRetry},
		"a past date":    {"-1h", firstRetry, firstRetry + jitter},
		"nonsense":       {"soon", firstRetry, firstRetry + jitter},
		"a negative one": {"-5", firstRetry, firstRetry + jitter},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.eventType("card_issued")
			value := c.header
			if d, err := time.ParseDuration(value); err == nil && strings.HasSuffix(value, "h") {
				value = time.Now().Add(d).UTC().Format(http.TimeFormat)
			}
			r := receive(t, func(int) reply {
				return reply{status: 429, header: map[string]string{"Retry-After": value}, body: canary}
			})
			e := s.endpoint(s.user().ID, r.url(), "card_issued")
			m := s.publish("card_issued", "")
			s.awaitDelivery(m.ID, e.ID, "retrying")
			failed := last(s.historyOf(m.ID), "AttemptFailed")
			if !near(failed.delay(), c.least, c.most) {
				t.Errorf("Retry-After: %s planned the next attempt after %s, want %s to %s", value, failed.delay(), c.least, c.most)
			}
			s.discard(m.ID, e.ID)
		})
	}
}

func (s service) discard(message, endpoint string) answer {
	s.t.Helper()
	return s.post("/messages/"+message+"/deliveries/"+endpoint+"/discard", nil).is(202)
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	elsewhere := receive(t, nil)
	var statuses []int
	for _, status := range []int{301, 302, 303, 307, 308} {
		r := receive(t, func(int) reply {
			return reply{status: status, header: map[string]string{"Location": elsewhere.url()}}
		})
		e := s.endpoint(s.user().ID, r.url(), "card_issued")
		m := s.publish("card_issued", e.UserID)
		d := s.awaitDelivery(m.ID, e.ID, "retrying")
		if value(d.LastStatusCode) != status || value(d.Cause) != "http_"+strconv.Itoa(status) {
			t.Errorf("a redirect by %d: %+v", status, d)
		}
		statuses = append(statuses, status)
		s.discard(m.ID, e.ID)
	}
	if n := len(elsewhere.got()); n != 0 {
		t.Errorf("of %v %d were followed", statuses, n)
	}
}

func TestASlowEndpointDoesNotDelayAnother(t *testing.T) {
	ofStandardWebhooks(t, "limit of requests at once")
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	release := make(chan struct{})
	slow := receive(t, func(int) reply { return reply{status: 204, hold: release} })
	quick := receive(t, nil)
	u := s.user()
	slowOne, quickOne := s.endpoint(u.ID, slow.url(), "card_issued"), s.endpoint(u.ID, quick.url(), "card_issued")
	var sent []acceptedRow
	for range 40 {
		sent = append(sent, s.publish("card_issued", u.ID))
	}
	quick.await(40)
	for _, m := range sent {
		s.awaitDelivery(m.ID, quickOne.ID, "delivered")
		if d := s.delivery(m.ID, slowOne.ID); d.Status == "delivered" {
			t.Errorf("the slow one's, which has answered nothing: %+v", d)
		}
	}
	most, waiting := slow.mostAtOnce(), first[messageRow](s.client, "/messages", where("status", "pending", "limit", "100"))
	if len(waiting) == 40 && most > 16 { // else some were given up, which the receiver notices late
		t.Errorf("a slow endpoint had %d requests at once", most)
	}
	close(release)
	for _, m := range sent {
		if s.delivery(m.ID, slowOne.ID).Status == "retrying" { // on a slow machine it was given up meanwhile
			s.post("/messages/"+m.ID+"/deliveries/"+slowOne.ID+"/retry", nil).is(202)
		}
		s.awaitDelivery(m.ID, slowOne.ID, "delivered")
	}
}
