package rest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// report records what became of an attempt on a message to the shop's endpoint: a status code, or 0 for no answer.
func (s *shop) report(message string, code int, final bool) {
	s.Helper()
	report := domain.Report{AttemptID: newID(), URL: hook, StatusCode: code, At: s.clock(), Answer: []byte("so \xff it is")}
	switch {
	case code == 0:
		report.Cause = domain.CauseTimeout
	case code >= 300:
		report.Cause = domain.CauseOfStatus(code)
	}
	schedule := domain.Schedule{0, time.Minute}
	if final {
		schedule = schedule[:1]
	}
	ctx, stream := context.Background(), domain.DeliveryStream(s.service, message, s.endpoint)
	d, err := eventlog.Load[domain.Delivery](ctx, s.log, stream)
	if err != nil {
		s.Fatal(err)
	}
	accepted, err := eventlog.Load[domain.Message](ctx, s.log, domain.MessageStream(s.service, message))
	if err != nil {
		s.Fatal(err)
	}
	cause := eventlog.Cause{Actor: "dispatch", CorrelationID: accepted.State.CorrelationID, CausationID: accepted.State.EventID}
	_, err = eventlog.Execute(ctx, s.log, stream, domain.RecordOutcome{
		Report: report, Plan: d.State.Plan, Schedule: schedule, AnswerKey: domain.PayloadKey(s.service, s.user, s.clock()),
	}, cause)
	if err != nil {
		s.Fatal(err)
	}
}

func TestMessage(t *testing.T) {
	t.Run("is shown whole, with the payload that was published, but listed without", func(t *testing.T) {
		s := newShop(t)
		const payload = `{"z":9007199254740993.10,"a":["ü",null]}`
		id := s.post(s.path+"/messages", `{"event_type":"card_issued","payload":`+payload+`}`).want(202).id()
		if a := s.get(s.path + "/messages/" + id).want(200); !strings.Contains(a.text, `"payload":`+payload) || a.at("event_type") != "card_issued" {
			t.Fatal(a.text)
		}
		if a := s.get(s.path + "/messages").want(200); strings.Contains(a.text, "payload") {
			t.Fatal(a.text)
		}
	})

	t.Run("whose payload's key was erased is shown without it", func(t *testing.T) {
		s := newShop(t)
		m := s.publish()
		w := newShop(t)
		w.memory.streams, w.memory.order = s.memory.streams, s.memory.order // its keys stay behind
		if a := w.get(s.path + "/messages/" + m).want(200); a.at("payload") != "sealed" {
			t.Fatal(a.text)
		}
	})

	t.Run("shows the worst of its deliveries", func(t *testing.T) {
		s := newShop(t)
		m := s.publish()
		path := s.path + "/messages/" + m
		if got := s.get(path).want(200); got.at("status") != "pending" || got.at("by") != "admin" || got.at("user_id") != s.user {
			t.Fatal(got.text)
		}
		s.report(m, 503, false)
		if got := s.get(path).want(200); got.at("status") != "retrying" || got.at("deliveries") != "map[retrying:1]" {
			t.Fatal(got.text)
		}
		s.report(m, 0, true)
		if got := s.get(path).want(200); got.at("status") != "failed" {
			t.Fatal(got.text)
		}
		s.report(m, 200, true)
		if got := s.get(path).want(200); got.at("status") != "delivered" {
			t.Fatal(got.text)
		}
	})

	t.Run("has a delivery for each endpoint, from the moment of publish", func(t *testing.T) {
		s := newShop(t)
		m := s.publish()
		path := s.path + "/messages/" + m + "/deliveries"
		row := func() obj { t.Helper(); return s.get(path).want(200).list("data")[0].(obj) }
		if d := row(); d["status"] != "pending" || d["endpoint_id"] != s.endpoint || d["attempts"] != 0.0 || d["next_attempt_at"] == nil {
			t.Fatal(d)
		}
		s.report(m, 503, false)
		if d := row(); d["status"] != "retrying" || d["cause"] != "http_503" || d["last_status_code"] != 503.0 || d["attempts"] != 1.0 || d["next_attempt_at"] == nil {
			t.Fatal(d)
		}
		s.report(m, 0, true)
		if d := row(); d["status"] != "failed" || d["cause"] != "timeout" || d["last_status_code"] != nil || d["next_attempt_at"] != nil || d["ended_at"] == nil {
			t.Fatal(d)
		}
	})

	t.Run("that went to nobody has one skipped delivery that says so", func(t *testing.T) {
		s := newShop(t)
		s.post(s.path+"/event-types", obj{"name": "b"}).want(201)
		m := s.post(s.path+"/messages", obj{"event_type": "b", "payload": 1}).want(202).id()
		d := s.get(s.path + "/messages/" + m + "/deliveries").want(200).list("data")
		if len(d) != 1 || d[0].(obj)["status"] != "skipped" || d[0].(obj)["reason"] != "no_subscription" {
			t.Fatal(d)
		}
	})

	t.Run("deliveries can be filtered and paged", func(t *testing.T) {
		s := newShop(t)
		second := s.post(s.path+"/subscriptions", obj{"user_id": s.user, "event_type": "card_issued", "endpoint": "https://b.example"}).want(201).at("endpoint_id")
		m := s.publish()
		s.report(m, 503, true)
		path := s.path + "/messages/" + m + "/deliveries"
		for filter, want := range map[string]string{
			"status=failed": s.endpoint, "status=pending": second, "cause=http_503": s.endpoint, "cause=timeout": "",
			"endpoint_id=" + second: second, "status=failed&endpoint_id=" + second: "",
		} {
			if got := strings.Join(s.get(path+"?"+filter).want(200).members("endpoint_id"), " "); got != want {
				t.Errorf("%s finds %q, want %q", filter, got, want)
			}
		}
		first := s.get(path + "?limit=1").want(200)
		rest := s.get(path + "?limit=1&cursor=" + first.at("next_cursor")).want(200)
		if got := append(first.members("endpoint_id"), rest.members("endpoint_id")...); len(got) != 2 || got[0] == got[1] || rest.at("next_cursor") != "" {
			t.Fatalf("the pages are %v", got)
		}
		s.get(path+"?cursor=x").refused(422, "cursor")
	})

	t.Run("is found by user, event type, endpoint, status, cause and time", func(t *testing.T) {
		s := newShop(t)
		s.post(s.path+"/event-types", obj{"name": "b"}).want(201)
		early := s.publish()
		s.report(early, 503, true)
		between := s.clock().Format(time.RFC3339Nano)
		late := s.post(s.path+"/messages", obj{"event_type": "b", "payload": 1}).want(202).id()
		for filter, want := range map[string]string{
			"": late + " " + early, "user_id=" + s.user: early, "event_type=b": late, "event_type=unknown": "", "endpoint_id=" + s.endpoint: early,
			"status=skipped": late, "status=failed": early, "cause=http_503": early, "since=" + between: late, "until=" + between: early,
		} {
			if got := strings.Join(s.get(s.path+"/messages?"+filter).want(200).members("id"), " "); got != want {
				t.Errorf("%q finds %q, want %q", filter, got, want)
			}
		}
	})

	t.Run("of another service is unknown", func(t *testing.T) {
		s := newShop(t)
		m := s.publish()
		other := "/v1/services/" + s.post("/v1/services", obj{"name": "other"}).want(201).id() + "/messages/"
		for _, id := range []string{m, "msg_00000000000000000000000000", "msg_1"} {
			for _, path := range []string{"", "/history", "/deliveries"} {
				s.get(other + id + path).refused(404)
			}
			s.post(other+id+"/deliveries/"+s.endpoint+"/retry", nil).refused(404)
			s.post(other+id+"/deliveries/"+s.endpoint+"/discard", nil).refused(404)
		}
		if got := s.get(strings.TrimSuffix(other, "/")).want(200).members("id"); len(got) != 0 {
			t.Fatalf("the other service lists %v", got)
		}
	})
}

func TestDelivery(t *testing.T) {
	path := func(s *shop, m string) string { return s.path + "/messages/" + m + "/deliveries/" + s.endpoint }

	t.Run("is retried from retrying, failed, discarded and delivered, by whoever asks", func(t *testing.T) {
		for name, bring := range map[string]func(*shop, string){
			"retrying":  func(s *shop, m string) { s.report(m, 500, false) },
			"failed":    func(s *shop, m string) { s.report(m, 500, true) },
			"delivered": func(s *shop, m string) { s.report(m, 200, true) },
			"discarded": func(s *shop, m string) { s.post(path(s, m)+"/discard", nil).want(202) },
		} {
			t.Run(name, func(t *testing.T) {
				s := newShop(t)
				_, text := s.key(s.service, "manage")
				m := s.publish()
				bring(s, m)
				a := s.send(request{key: text, method: "POST", path: path(s, m) + "/retry", body: obj{"reason": "they asked"}}).want(202)
				if a.at("status") != "pending" || a.wrote != 1 {
					t.Fatal(a.text)
				}
				h := s.get(s.path + "/messages/" + m + "/history").want(200).list("data")
				last := h[len(h)-1].(obj)
				if last["type"] != "RetryRequested" || last["actor_name"] != "Ada" || last["data"].(obj)["reason"] != "they asked" {
					t.Fatal(last)
				}
			})
		}
	})

	t.Run("that is pending is left as it is by a retry", func(t *testing.T) {
		s := newShop(t)
		m := s.publish()
		if a := s.post(path(s, m)+"/retry", nil).want(202); a.wrote != 0 || a.at("status") != "pending" || a.position() != s.service+"/"+m+"@1" {
			t.Fatal(a.text, a.position())
		}
	})

	t.Run("is discarded once", func(t *testing.T) {
		s := newShop(t)
		m := s.publish()
		if a := s.post(path(s, m)+"/discard", obj{"reason": "no use"}).want(202); a.at("status") != "discarded" || a.wrote != 1 {
			t.Fatal(a.text)
		}
		if a := s.post(path(s, m)+"/discard", nil).want(202); a.wrote != 0 {
			t.Fatal("discarded twice")
		}
	})

	t.Run("cannot be retried or discarded where that makes no sense", func(t *testing.T) {
		s := newShop(t)
		m := s.publish()
		s.post(s.path+"/messages/"+m+"/deliveries/ep_00000000000000000000000000/retry", nil).refused(404)
		s.post(s.path+"/messages/"+m+"/deliveries/x/discard", nil).refused(404)
		s.post(path(s, m)+"/retry", obj{"reason": strings.Repeat("x", 501)}).refused(422, "reason")
		s.post(path(s, m)+"/retry", obj{"why": "x"}).refused(422, "why")
		s.report(m, 200, true)
		s.post(path(s, m)+"/discard", nil).refused(409)
		s.post(s.path+"/endpoints/"+s.endpoint+"/pause", nil).want(200)
		s.post(path(s, m)+"/retry", nil).refused(409)
		skipped := s.publish()
		s.post(path(s, skipped)+"/retry", nil).refused(409)
		s.post(path(s, skipped)+"/discard", nil).refused(409)
		s.delete(s.path + "/endpoints/" + s.endpoint).want(204)
		s.post(path(s, m)+"/retry", nil).refused(409)
	})

	t.Run("that failed is a dead letter until it is retried or discarded", func(t *testing.T) {
		s := newShop(t)
		dead := func(filter string) string {
			return strings.Join(s.get(s.path+"/dead-letters"+filter).want(200).members("message_id"), " ")
		}
		a, b, c := s.publish(), s.publish(), s.publish()
		s.report(a, 503, true)
		s.report(b, 0, true)
		s.report(c, 200, true)
		if got := dead(""); got != b+" "+a {
			t.Fatalf("dead letters are %q", got)
		}
		for filter, want := range map[string]string{
			"?cause=http_503": a, "?cause=timeout": b, "?endpoint_id=" + s.endpoint: b + " " + a, "?event_type=unknown": "", "?limit=1": b,
		} {
			if got := dead(filter); got != want {
				t.Errorf("%s finds %q, want %q", filter, got, want)
			}
		}
		s.post(path(s, a)+"/retry", nil).want(202)
		s.post(path(s, b)+"/discard", nil).want(202)
		if got := dead(""); got != "" {
			t.Fatalf("dead letters are still %q", got)
		}
	})
}
