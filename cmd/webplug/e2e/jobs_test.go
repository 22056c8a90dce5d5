package e2e

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

type (
	jobRow struct {
		ID          string         `json:"id"`
		ServiceID   *string        `json:"service_id"`
		Kind        string         `json:"kind"`
		Status      string         `json:"status"`
		Filter      map[string]any `json:"filter"`
		Reason      *string        `json:"reason"`
		Total       int            `json:"total"`
		Done        int            `json:"done"`
		Skipped     int            `json:"skipped"`
		Failed      int            `json:"failed"`
		Streams     int            `json:"streams"`
		Damaged     int            `json:"damaged"`
		Error       *string        `json:"error"`
		RequestedBy string         `json:"requested_by"`
		RequestedAt time.Time      `json:"requested_at"`
		EndedAt     *time.Time     `json:"ended_at"`
		Version     int            `json:"version"`
	}
	startedRow struct {
		JobID string `json:"job_id"`
		Count int    `json:"count"`
	}
	groupRow struct {
		EndpointID  string    `json:"endpoint_id"`
		Cause       string    `json:"cause"`
		Count       int       `json:"count"`
		Oldest      time.Time `json:"oldest"`
		Newest      time.Time `json:"newest"`
		LastAttempt *struct {
			MessageID  string `json:"message_id"`
			Delivered  bool   `json:"delivered"`
			StatusCode *int   `json:"status_code"`
		} `json:"last_attempt"`
	}
)

// awaitJob waits until a job has ended, and demands how.
func (c client) awaitJob(id, status string) jobRow {
	c.t.Helper()
	var j jobRow
	eventually(c.t, "a job has ended", func() bool {
		j = of[jobRow](c.get("/jobs/" + id).is(200))
		return j.EndedAt != nil
	})
	if j.Status != status || j.ID != id || j.Version < 2 || j.EndedAt.Before(j.RequestedAt) {
		c.t.Fatalf("the job: %+v (%s)", j, value(j.Error))
	}
	return j
}

// misled is a service with an endpoint that answers 410 for as many messages as are asked for, and then takes all.
func misled(t *testing.T, n int) (l *letters, e endpointRow, r *receiver) {
	l = &letters{service: newService(t)}
	l.eventType("card_issued")
	r = receive(t, always(410))
	e = l.endpoint(l.user().ID, r.url(), "card_issued")
	for range n {
		l.lose(e, "card_issued", "")
	}
	l.post("/endpoints/"+e.ID+"/resume", nil).is(200)
	r.fromNowOn(func(int) reply { return reply{status: 204} })
	return l, e, r
}

func TestAllDeadLettersOfAFilterAreRetried(t *testing.T) {
	t.Parallel()
	l, e, r := misled(t, 3)
	keep := l.endpoint(l.user().ID, receive(t, always(410)).url(), "card_issued")
	l.lose(keep, "card_issued", "") // the first endpoint takes this one
	filter := members{"endpoint_id": e.ID, "cause": "http_410", "event_type": "card_issued", "since": l.failed[0].EndedAt, "until": time.Now().Add(time.Hour)}

	l.changesNothing(func() {
		dry := of[startedRow](l.post("/dead-letters/retry", members{"filter": filter, "dry_run": true}).is(200))
		if dry.Count != 3 || dry.JobID != "" {
			t.Errorf("it would retry %+v", dry)
		}
	})
	started := of[startedRow](l.post("/dead-letters/retry", members{"filter": filter, "reason": "they mended it"}).is(202))
	if started.Count != 3 {
		t.Errorf("it says %d", started.Count)
	}
	j := l.awaitJob(started.JobID, "finished")
	if j.Kind != "retry" || j.Total != 3 || j.Done != 3 || j.Skipped+j.Failed != 0 || value(j.ServiceID) != l.id || j.RequestedBy != "admin" ||
		value(j.Reason) != "they mended it" || j.Filter["endpoint_id"] != e.ID || j.Filter["user_id"] != nil {
		t.Errorf("the job: %+v", j)
	}
	for _, d := range l.failed[:3] {
		l.awaitDelivery(d.MessageID, e.ID, "delivered")
		retry := last(l.historyOf(d.MessageID), "RetryRequested")
		if retry.CausationID != j.ID || retry.Actor != "admin" || retry.says("reason") != `"they mended it"` {
			t.Errorf("the retry: %+v", retry)
		}
	}
	r.await(7)
	if left := first[deliveryRow](l.client, "/dead-letters"); len(left) != 1 || left[0].EndpointID != keep.ID {
		t.Errorf("left are %+v", left)
	}
	for _, path := range []string{"/jobs", "/jobs?status=finished", "/jobs?kind=retry"} {
		if rows := first[jobRow](l.client, path); len(rows) != 1 || rows[0].ID != j.ID || rows[0].Done != 3 {
			t.Errorf("%s: %+v", path, rows)
		}
	}
	if rows := first[jobRow](l.client, "/jobs?kind=discard"); len(rows) != 0 {
		t.Errorf("discards are %+v", rows)
	}
}

func TestAllFailedDeliveriesOfAMessageAreRetried(t *testing.T) {
	t.Parallel()
	l, e, _ := misled(t, 2)
	started := of[startedRow](l.post("/dead-letters/retry", members{"filter": members{"message_id": l.failed[1].MessageID}}).is(202))
	if j := l.awaitJob(started.JobID, "finished"); started.Count != 1 || j.Done != 1 {
		t.Errorf("%+v: %+v", started, j)
	}
	l.awaitDelivery(l.failed[1].MessageID, e.ID, "delivered")
	l.awaitDelivery(l.failed[0].MessageID, e.ID, "failed")
}

func TestAllDeadLettersAreDiscarded(t *testing.T) {
	t.Parallel()
	l, e, _ := misled(t, 3)
	l.post("/endpoints/"+e.ID+"/pause", nil).is(200)
	retried := of[startedRow](l.post("/dead-letters/retry", members{"filter": members{}}).is(202))
	if j := l.awaitJob(retried.JobID, "finished"); j.Done != 0 || j.Skipped != 3 {
		t.Errorf("retries to a paused endpoint: %+v", j)
	}
	body := members{"filter": members{}, "reason": "of no use"}
	started := of[startedRow](l.post("/dead-letters/discard", body, once("all")).is(202))
	again := of[startedRow](l.post("/dead-letters/discard", body, once("all")).is(202))
	if j := l.awaitJob(started.JobID, "finished"); again != started || started.Count != 3 || j.Done != 3 {
		t.Errorf("%+v, %+v: %+v", started, again, j)
	}
	l.post("/dead-letters/discard", members{"filter": members{}}, once("all")).refused(422, "invalid", "Idempotency-Key")
	for _, d := range l.failed {
		l.awaitDelivery(d.MessageID, e.ID, "discarded")
	}
	if left := first[deliveryRow](l.client, "/dead-letters"); len(left) != 0 {
		t.Errorf("left are %+v", left)
	}
}

func TestAnEndpointIsRecovered(t *testing.T) {
	t.Parallel()
	l, e, _ := misled(t, 3)
	since := members{"since": l.failed[1].EndedAt}
	l.changesNothing(func() {
		l.post("/endpoints/"+e.ID+"/recover", members{"since": "yesterday"}, wrong).refused(422, "invalid", "since")
		l.post("/endpoints/ep_00000000000000000000000000/recover", since).refused(404, "not-found", "")
	})
	started := of[startedRow](l.post("/endpoints/"+e.ID+"/recover", since).is(202))
	if j := l.awaitJob(started.JobID, "finished"); started.Count != 2 || j.Kind != "recover" || j.Done != 2 || j.Filter["endpoint_id"] != e.ID {
		t.Errorf("%+v: %+v", started, j)
	}
	l.awaitDelivery(l.failed[1].MessageID, e.ID, "delivered")
	l.awaitDelivery(l.failed[2].MessageID, e.ID, "delivered")
	l.awaitDelivery(l.failed[0].MessageID, e.ID, "failed")
	l.post("/endpoints/"+e.ID+"/pause", nil).is(200)
	l.post("/endpoints/"+e.ID+"/recover", since).refused(409, "conflict", "")
}

func TestDeadLettersAreGrouped(t *testing.T) {
	t.Parallel()
	l, e, _ := misled(t, 2)
	other := l.endpoint(l.user().ID, receive(t, always(410)).url(), "card_issued")
	l.lose(other, "card_issued", "")
	l.awaitDelivery(l.failed[2].MessageID, e.ID, "delivered")
	groups := of[page[groupRow]](l.get("/dead-letters/groups").is(200)).Data
	if len(groups) != 2 || groups[0].EndpointID != other.ID || groups[1].EndpointID != e.ID {
		t.Fatalf("%+v", groups)
	}
	for i, want := range []struct {
		count     int
		delivered bool
		code      int
	}{{1, false, 410}, {2, true, 204}} {
		g := groups[i]
		if g.Cause != "http_410" || g.Count != want.count || g.Newest.Before(g.Oldest) || g.LastAttempt == nil || g.LastAttempt.MessageID != l.failed[2].MessageID ||
			g.LastAttempt.Delivered != want.delivered || value(g.LastAttempt.StatusCode) != want.code {
			t.Errorf("%+v: %+v", g, g.LastAttempt)
		}
	}
	for query, want := range map[string]int{"endpoint_id=" + e.ID: 1, "cause=timeout": 0, "event_type=card_issued": 2, "until=2020-01-01T00:00:00Z": 0} {
		if got := of[page[groupRow]](l.get("/dead-letters/groups?" + query).is(200)).Data; len(got) != want {
			t.Errorf("%s: %+v", query, got)
		}
	}
	l.get("/dead-letters/groups?cause=luck", wrong).refused(422, "invalid", "cause")
	l.get("/dead-letters/groups?limit=1", wrong).refused(422, "invalid", "limit")
}

func TestAJobIsCancelledOnlyWhileItRuns(t *testing.T) {
	t.Parallel()
	s, other := newService(t), newService(t)
	for name, c := range map[string]struct {
		client
		start string
		body  any
	}{"a service's": {s.client, "/dead-letters/retry", members{"filter": members{}}}, "the whole log's": {admin(t), "/audit/verify", nil}} {
		t.Run(name, func(t *testing.T) {
			c.t = t
			// Whether it is still running when it is cancelled is a matter of time.
			eventually(t, "a job is cancelled", func() bool {
				id := of[startedRow](c.post(c.start, c.body).is(202)).JobID
				a := c.post("/jobs/"+id+"/cancel", members{"reason": "a mistake"})
				if a.status != 202 {
					a.refused(409, "conflict", "")
					return false
				}
				if j := of[jobRow](a); j.Status != "cancelled" || value(j.Reason) != "a mistake" || !strings.HasPrefix(a.position(), cmp.Or(value(j.ServiceID), "_")+"/"+id+"@") {
					t.Errorf("%+v at %s", j, a.position())
				}
				c.post("/jobs/"+id+"/cancel", nil).is(202)
				return c.awaitJob(id, "cancelled").EndedAt != nil
			})
			id := of[startedRow](c.post(c.start, c.body).is(202)).JobID
			c.awaitJob(id, "finished")
			c.post("/jobs/"+id+"/cancel", nil).refused(409, "conflict", "")
			for _, path := range []string{"/jobs/" + id, "/jobs/x"} {
				other.get(path).refused(404, "not-found", "")
				other.post(path+"/cancel", nil).refused(404, "not-found", "")
			}
		})
	}
	s.get("/jobs?status=ready", wrong).refused(422, "invalid", "status")
}

func TestTheLogIsVerified(t *testing.T) {
	t.Parallel()
	s := newService(t)
	c := admin(t)
	started := of[startedRow](c.post("/audit/verify", nil).is(202))
	j := c.awaitJob(started.JobID, "finished")
	if j.Kind != "verify" || j.ServiceID != nil || j.Filter != nil || j.Damaged != 0 || j.Streams < 2 || j.Done < j.Streams {
		t.Errorf("the verification: %+v", j)
	}
	// The next one knows about how much there is.
	next := of[startedRow](c.post("/audit/verify", members{}).is(202))
	if next.Count < 2 {
		t.Errorf("it says %d", next.Count)
	}
	c.awaitJob(next.JobID, "finished")
	rows := all[jobRow](c, "/jobs", where("kind", "verify", "limit", "100"))
	if !slices.ContainsFunc(rows, func(r jobRow) bool { return r.ID == j.ID && r.Done == j.Done }) {
		t.Errorf("it is not among %d", len(rows))
	}
	if rows := first[jobRow](s.client, "/jobs"); len(rows) != 0 {
		t.Error(fmt.Sprint(rows))
	}
}

func TestReadModelsAreMadeAnewWhileTheyAreUsed(t *testing.T) {
	t.Parallel()
	l, e, r := misled(t, 3)
	c := admin(t)
	stop := make(chan struct{})
	published := make(chan []string)
	go func() {
		var ids []string
		for {
			select {
			case <-stop:
				published <- ids
				return
			default:
				m := of[acceptedRow](l.post("/messages", message("card_issued", "")))
				if m.Deliveries != 1 {
					t.Errorf("a message was routed to %d endpoints", m.Deliveries)
				}
				ids = append(ids, m.ID)
			}
		}
	}()
	id := of[startedRow](eventuallyStarts(c)).JobID
	var j jobRow
	eventually(t, "the rebuild has ended", func() bool {
		if dead := first[deliveryRow](l.client, "/dead-letters"); len(dead) != 3 {
			t.Errorf("%d dead letters of 3", len(dead))
		}
		if rows := first[endpointRow](l.client, "/endpoints"); len(rows) != 1 || rows[0].ID != e.ID {
			t.Errorf("endpoints are %+v", rows)
		}
		j = of[jobRow](c.get("/jobs/" + id).is(200))
		return j.EndedAt != nil
	})
	close(stop)
	ids := <-published
	if j.Status != "finished" || j.Kind != "rebuild" || j.Done < 10 {
		t.Errorf("the rebuild: %+v (%s)", j, value(j.Error))
	}
	r.await(3 + len(ids))
	listed := each(all[messageRow](l.client, "/messages", where("limit", "100")), func(m messageRow) string { return m.ID })
	for _, id := range ids {
		if !slices.Contains(listed, id) {
			t.Errorf("%s is not in the list of %d messages", id, len(listed))
		}
	}
}

// eventuallyStarts asks for a rebuild, until none of another test is in the way.
func eventuallyStarts(c client) answer {
	c.t.Helper()
	var a answer
	eventually(c.t, "a rebuild starts", func() bool {
		if a = c.post("/rebuild", nil); a.status == 409 {
			a.refused(409, "conflict", "")
		}
		return a.status == 202
	})
	return a
}
