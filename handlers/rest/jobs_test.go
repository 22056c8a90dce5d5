package rest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// lose publishes a message whose delivery fails for good, and gives its id.
func (s *shop) lose() string {
	s.Helper()
	id := s.publish()
	s.append(domain.DeliveryStream(s.service, id, s.endpoint), events[domain.Delivery]{domain.DeliveryFailed{AttemptRecord: domain.AttemptRecord{
		AttemptID: newID(), Attempt: 1, Cause: domain.CauseTimeout, At: s.clock(),
	}}})
	return id
}

// events is the command that yields them, whatever the state.
type events[S any] []eventlog.Event

func (c events[S]) Decide(S) ([]eventlog.Event, error) { return c, nil }

func (s *shop) append(stream eventlog.Stream, e events[domain.Delivery]) {
	s.Helper()
	if _, err := eventlog.Execute(context.Background(), s.log, stream, e, eventlog.Cause{Actor: "dispatch", CorrelationID: "req"}); err != nil {
		s.Fatal(err)
	}
}

func (s *shop) job(id string) domain.Job {
	s.Helper()
	job, err := load[domain.Job](context.Background(), s.log, domain.JobStream(s.service, id))
	if err != nil {
		s.Fatal(err)
	}
	return job
}

func TestActionsOnDeadLetters(t *testing.T) {
	for _, kind := range []string{"retry", "discard"} {
		act := func(s *shop, body any, key ...string) answer {
			s.Helper()
			return s.post(s.path+"/dead-letters/"+kind, body, key...)
		}
		t.Run(kind+" asks for a job, and says how many there are", func(t *testing.T) {
			s := newShop(t)
			s.lose()
			id := s.lose()
			filter := obj{"message_id": id, "endpoint_id": s.endpoint, "user_id": s.user, "event_type": "card_issued", "cause": "timeout", "since": "2026-01-01T00:00:00Z", "until": "2027-01-01T00:00:00+01:00"}
			a := act(s, obj{"filter": filter, "reason": "fixed"}).want(202)
			if a.at("count") != "1" || a.wrote != 1 || a.position() != s.service+"/"+a.at("job_id")+"@1" {
				t.Fatalf("%s at %s wrote %d", a.text, a.position(), a.wrote)
			}
			want := domain.DeadLetterFilter{
				MessageID: id, EndpointID: s.endpoint, UserID: s.user, EventType: "card_issued", Cause: domain.CauseTimeout,
				Since: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC),
			}
			if j := s.job(a.at("job_id")); string(j.Kind) != kind || j.Filter != want || j.Reason != "fixed" || j.Total != 1 || j.By != "admin" {
				t.Fatalf("%+v", j)
			}
			if a := act(s, obj{"filter": obj{}}).want(202); a.at("count") != "2" {
				t.Fatal(a.text)
			}
		})

		t.Run(kind+" with dry_run only counts", func(t *testing.T) {
			s := newShop(t)
			s.lose()
			if a := act(s, obj{"filter": obj{"cause": "timeout"}, "dry_run": true}).want(200); a.text != "{\"count\":1}\n" || a.wrote != 0 {
				t.Fatalf("%s wrote %d", a.text, a.wrote)
			}
		})

		t.Run(kind+" is refused where a field breaks a rule", func(t *testing.T) {
			s := newShop(t)
			for field, bodies := range map[string][]obj{
				"filter":             {{}, {"filter": 1}, {"filter": nil}},
				"filter.message_id":  {{"filter": obj{"message_id": s.endpoint}}, {"filter": obj{"message_id": ""}}},
				"filter.endpoint_id": {{"filter": obj{"endpoint_id": ""}}, {"filter": obj{"endpoint_id": 7}}},
				"filter.user_id":     {{"filter": obj{"user_id": "x"}}},
				"filter.event_type":  {{"filter": obj{"event_type": ""}}},
				"filter.cause":       {{"filter": obj{"cause": "bad luck"}}, {"filter": obj{"cause": ""}}},
				"filter.since":       {{"filter": obj{"since": "yesterday"}}, {"filter": obj{"since": ""}}},
				"filter.until":       {{"filter": obj{"until": "1"}}, {"filter": obj{"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}}},
				"filter.status":      {{"filter": obj{"status": "failed"}}},
				"reason":             {{"filter": obj{}, "reason": strings.Repeat("x", domain.MaxReason+1)}},
				"dry_run":            {{"filter": obj{}, "dry_run": "yes"}},
			} {
				for _, body := range bodies {
					act(s, body).refused(422, field)
				}
			}
			act(s, nil).refused(400)
		})

		t.Run(kind+" with an Idempotency-Key asks once", func(t *testing.T) {
			s := newShop(t)
			first := act(s, obj{"filter": obj{}}, "k").want(202)
			s.lose()
			if again := act(s, obj{"filter": obj{}}, "k").want(202); again.text != first.text || again.wrote != 0 {
				t.Fatalf("%s then %s", first.text, again.text)
			}
			act(s, obj{"filter": obj{}, "reason": "x"}, "k").refused(422, "Idempotency-Key")
			other := map[string]string{"retry": "discard", "discard": "retry"}[kind]
			s.post(s.path+"/dead-letters/"+other, obj{"filter": obj{}}, "k").refused(422, "Idempotency-Key")
		})
	}

	t.Run("of an archived service can be discarded and not retried", func(t *testing.T) {
		s := newShop(t)
		s.lose()
		s.delete(s.path).want(204)
		s.post(s.path+"/dead-letters/retry", obj{"filter": obj{}}).refused(409)
		s.post(s.path+"/dead-letters/discard", obj{"filter": obj{}}).want(202)
	})

	t.Run("are counted in groups", func(t *testing.T) {
		s := newShop(t)
		s.lose()
		a := s.get(s.path + "/dead-letters/groups?cause=timeout&endpoint_id=" + s.endpoint).want(200)
		if g := a.list("data")[0].(obj); g["endpoint_id"] != s.endpoint || g["cause"] != "timeout" || g["count"] != 1.0 || g["last_attempt"] != nil || a.at("more") != "false" {
			t.Fatal(a.text)
		}
		s.get(s.path+"/dead-letters/groups?cause=bad").refused(422, "cause")
		s.get(s.path+"/dead-letters/groups?limit=5").refused(422, "limit")
		s.queries.stale = true
		if a := s.get(s.path + "/dead-letters/groups").want(200); a.header.Get("WebPlug-Stale") != "true" {
			t.Fatal("it does not say that it is stale")
		}
	})
}

func TestRecover(t *testing.T) {
	recover := func(s *shop, body any, key ...string) answer {
		s.Helper()
		return s.post(s.path+"/endpoints/"+s.endpoint+"/recover", body, key...)
	}
	t.Run("asks for a job over the endpoint's dead letters since a time", func(t *testing.T) {
		s := newShop(t)
		s.lose()
		since := s.clock()
		s.lose()
		a := recover(s, obj{"since": since.Format(time.RFC3339Nano)}).want(202)
		if j := s.job(a.at("job_id")); a.at("count") != "1" || j.Kind != domain.JobRecover || j.Filter != (domain.DeadLetterFilter{EndpointID: s.endpoint, Since: since}) {
			t.Fatalf("%s: %+v", a.text, j)
		}
	})
	t.Run("is refused without a time, or of no endpoint that gets something", func(t *testing.T) {
		s := newShop(t)
		for _, since := range []any{nil, "", "yesterday", 7} {
			recover(s, obj{"since": since}).refused(422, "since")
		}
		recover(s, obj{}).refused(422, "since")
		recover(s, nil).refused(400)
		now := obj{"since": "2026-01-01T00:00:00Z"}
		s.post(s.path+"/endpoints/ep_00000000000000000000000000/recover", now).refused(404)
		s.post(s.path+"/endpoints/"+s.endpoint+"/pause", nil).want(200)
		recover(s, now).refused(409)
		s.delete(s.path + "/endpoints/" + s.endpoint).want(204)
		recover(s, now).refused(409)
	})
	t.Run("with an Idempotency-Key asks once, for one endpoint", func(t *testing.T) {
		s := newShop(t)
		now := obj{"since": "2026-01-01T00:00:00Z"}
		first := recover(s, now, "k").want(202)
		if again := recover(s, now, "k").want(202); again.text != first.text || again.wrote != 0 {
			t.Fatalf("%s then %s", first.text, again.text)
		}
		other := s.post(s.path+"/endpoints", obj{"user_id": s.user, "url": hook + "2"}).want(201).id()
		s.post(s.path+"/endpoints/"+other+"/recover", now, "k").refused(422, "Idempotency-Key")
	})
}

func TestJobs(t *testing.T) {
	retry := func(s *shop) string {
		s.Helper()
		return s.post(s.path+"/dead-letters/retry", obj{"filter": obj{"cause": "timeout"}, "reason": "fixed"}).want(202).at("job_id")
	}
	t.Run("show how far they are", func(t *testing.T) {
		s := newShop(t)
		s.lose()
		id := retry(s)
		a := s.get(s.path + "/jobs/" + id).want(200)
		if a.id() != id || a.at("status") != "queued" || a.at("kind") != "retry" || a.at("total") != "1" || a.at("service_id") != s.service || a.at("reason") != "fixed" ||
			a.at("requested_by") != "admin" || a.object()["filter"].(obj)["cause"] != "timeout" || a.object()["filter"].(obj)["since"] != nil {
			t.Fatal(a.text)
		}
		if _, err := eventlog.Execute(t.Context(), s.log, domain.JobStream(s.service, id), domain.AdvanceJob{Done: 1, Next: "x", Finished: true}, eventlog.Cause{Actor: "admin"}); err != nil {
			t.Fatal(err)
		}
		if a := s.get(s.path + "/jobs/" + id).want(200); a.at("status") != "finished" || a.at("done") != "1" || a.at("ended_at") == "" || strings.Contains(a.text, `"next"`) {
			t.Fatal(a.text)
		}
	})
	t.Run("are listed, newest first", func(t *testing.T) {
		s := newShop(t)
		first, second := retry(s), retry(s)
		third := s.post(s.path+"/dead-letters/discard", obj{"filter": obj{}}).want(202).at("job_id")
		s.post(s.path+"/jobs/"+first+"/cancel", nil).want(202)
		for query, want := range map[string][]string{
			"": {third, second, first}, "?status=cancelled": {first}, "?status=queued": {third, second}, "?kind=discard": {third}, "?limit=1": {third},
		} {
			if got := s.get(s.path + "/jobs" + query).want(200).members("id"); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %v, want %v", query, got, want)
			}
		}
		s.get(s.path+"/jobs?status=done").refused(422, "status")
		s.get(s.path+"/jobs?kind=dance").refused(422, "kind")
	})
	t.Run("are cancelled, repeatably, until they have ended", func(t *testing.T) {
		s := newShop(t)
		id := retry(s)
		a := s.post(s.path+"/jobs/"+id+"/cancel", obj{"reason": "a mistake"}).want(202)
		if a.at("status") != "cancelled" || a.at("reason") != "a mistake" || a.position() != s.service+"/"+id+"@2" {
			t.Fatal(a.text)
		}
		if a := s.post(s.path+"/jobs/"+id+"/cancel", nil).want(202); a.wrote != 0 {
			t.Fatalf("a repeat wrote %d events", a.wrote)
		}
		ended := retry(s)
		if _, err := eventlog.Execute(t.Context(), s.log, domain.JobStream(s.service, ended), domain.FailJob{Error: "x"}, eventlog.Cause{Actor: "admin"}); err != nil {
			t.Fatal(err)
		}
		s.post(s.path+"/jobs/"+ended+"/cancel", nil).refused(409)
		s.post(s.path+"/jobs/"+ended+"/cancel", obj{"reason": 1}).refused(422, "reason")
	})
	t.Run("of another service, or of the whole log, are unknown", func(t *testing.T) {
		s := newShop(t)
		other := s.post("/v1/services", obj{"name": "other"}).want(201).id()
		id, whole := retry(s), s.post("/v1/audit/verify", nil).want(202).at("job_id")
		for _, path := range []string{"/v1/services/" + other + "/jobs/" + id, "/v1/jobs/" + id, s.path + "/jobs/" + whole, s.path + "/jobs/x", s.path + "/jobs/job_00000000000000000000000000"} {
			s.get(path).refused(404)
			s.post(path+"/cancel", nil).refused(404)
		}
		if got := s.get("/v1/services/" + other + "/jobs").want(200).members("id"); len(got) != 0 {
			t.Fatal(got)
		}
		if got := s.get("/v1/jobs").want(200).members("id"); fmt.Sprint(got) != fmt.Sprint([]string{whole}) {
			t.Fatal(got)
		}
	})
	t.Run("over the whole log say about how much it is, and only one rebuilds", func(t *testing.T) {
		w := newWorld(t)
		first := w.post("/v1/audit/verify", obj{}).want(202)
		if first.at("count") != "0" {
			t.Fatal(first.text)
		}
		stream := domain.JobStream(eventlog.Above, first.at("job_id"))
		if _, err := eventlog.Execute(t.Context(), w.log, stream, domain.AdvanceJob{Done: 42, Streams: 7, Next: "x", Finished: true}, eventlog.Cause{Actor: "admin"}); err != nil {
			t.Fatal(err)
		}
		a := w.post("/v1/rebuild", nil).want(202)
		if a.at("count") != "42" {
			t.Fatal(a.text)
		}
		if again := w.post("/v1/rebuild", nil).refused(409); again.id() != a.at("job_id") {
			t.Fatal(again.text)
		}
		w.post("/v1/audit/verify", nil).want(202)
		w.post("/v1/rebuild", obj{"x": 1}).refused(422, "x")
		if j := w.get("/v1/jobs/" + a.at("job_id")).want(200); j.object()["service_id"] != nil || j.object()["filter"] != nil || j.at("kind") != "rebuild" {
			t.Fatal(j.text)
		}
		w.post("/v1/jobs/"+a.at("job_id")+"/cancel", nil).want(202)
		w.post("/v1/rebuild", nil).want(202)
	})
}
