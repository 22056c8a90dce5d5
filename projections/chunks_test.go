package projections_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// crowd adds n endpoints, three of each user, that are subscribed to the event type. Their names are their numbers.
func (w *world) crowd(n int, answer func(domain.Attempt) domain.Report) (endpoints []string) {
	w.t.Helper()
	const users = 3
	steps := make([]eventlog.Step, 0, eventlog.MaxWriteStreams)
	write := func(least int) {
		if len(steps) >= least && len(steps) > 0 {
			w.must(eventlog.ExecuteAll(w.t.Context(), w.log, eventlog.Cause{Actor: "admin", CorrelationID: "req"}, steps...))
			steps = steps[:0]
		}
	}
	user := ""
	for i := range n {
		if i%users == 0 {
			user = fmt.Sprintf("usr_%026d", 1000+i)
			steps = append(steps, eventlog.On(domain.UserStream(svc, user), domain.RegisterUser{Name: "of a crowd"}))
		}
		id, url := domain.PrefixEndpoint+w.id(), fmt.Sprintf("https://%d.example/", i)
		endpoints = append(endpoints, id)
		w.mu.Lock()
		w.answer[url] = answer
		w.mu.Unlock()
		steps = append(steps, eventlog.On(domain.EndpointStream(svc, id), domain.AddEndpoint{
			UserID: user, URL: url, Format: domain.StandardWebhooks, EventTypes: []string{typ},
			Secret: eventlog.Sealed{Key: domain.SecretsKey(svc), Plain: []byte("secret")},
		}))
		write(eventlog.MaxWriteStreams - 1)
	}
	write(0)
	if !w.projector.Directory().Settled(w.t.Context(), eventlog.Stream{}, 0) {
		w.t.Fatal("the directory did not settle")
	}
	return endpoints
}

func (w *world) trail(message string) projections.MessageTrail {
	w.t.Helper()
	trail, err := projections.LoadTrail(w.t.Context(), w.log, svc, message)
	w.must(err)
	return trail
}

// routeOn routes a message on to the end, and says in how many slices.
func (w *world) routeOn(message string) (slices int) {
	w.t.Helper()
	for done := false; !done; slices++ {
		var err error
		done, err = w.router.RouteOn(w.t.Context(), svc, message)
		w.must(err)
		if slices > 1000 {
			w.t.Fatal("it never ends")
		}
	}
	return slices
}

// names are the endpoints of a message's deliveries, sorted.
func names(trail projections.MessageTrail) (out []string) {
	for _, d := range trail.Deliveries() {
		out = append(out, *d.EndpointID)
	}
	slices.Sort(out)
	return out
}

func TestALargeAudienceGetsAMessageOnceEach(t *testing.T) {
	inWorld(t, func(w *world) {
		var failing atomic.Bool
		endpoints := w.crowd(1200, func(a domain.Attempt) domain.Report {
			if failing.Load() && a.URL[len("https://")] == '7' { // 7, 70…79, 700…799
				return gone(a)
			}
			return accepts(a)
		})
		w.do(eventlog.On(domain.EndpointStream(svc, endpoints[1100]), domain.PauseEndpoint{Reason: domain.PausedManually}))
		began := time.Now()
		failing.Store(true)
		msg := w.publish()
		w.later(time.Minute)

		row := w.trail(msg).Row()
		if row.More || row.Status != domain.Failed || row.Deliveries[domain.Delivered] != 1199-111 || row.Deliveries[domain.Failed] != 111 || row.Deliveries[domain.Skipped] != 1 {
			t.Fatalf("the message is %+v", row)
		}
		if got := names(w.trail(msg)); !slices.Equal(got, slices.Sorted(slices.Values(endpoints))) {
			t.Fatalf("%d endpoints are decided on", len(got))
		}
		made := w.made()
		if len(made) != 1199 {
			t.Fatalf("%d attempts", len(made))
		}
		for _, a := range made {
			if a.MessageID != msg || string(a.Body) != string(made[0].Body) {
				t.Fatalf("an attempt of %s has the body %s", a.MessageID, a.Body)
			}
		}
		chunks := map[string]int{}
		for _, r := range w.trail(msg).Events() {
			chunks[r.Stream.Root]++
		}
		if len(chunks) != 3 || chunks[msg] != 501 || chunks[msg+"~1"] != 501 || chunks[msg+"~2"] != 200 {
			t.Fatalf("events by root: %v", chunks)
		}

		t.Log("lists count each once")
		page, err := w.queries.Messages(w.t.Context(), svc, projections.MessageFilter{Status: domain.Failed}, projections.PageRequest{Limit: 100})
		w.must(err)
		if len(page.Data) != 1 || page.Data[0].ID != msg || page.Next != "" {
			t.Fatalf("failed messages: %+v", page)
		}
		dead, err := w.queries.CountDeadLetters(w.t.Context(), svc, projections.DeliveryFilter{MessageID: msg})
		w.must(err)
		listed, err := w.queries.DeadLetters(w.t.Context(), svc, projections.DeliveryFilter{MessageID: msg}, projections.PageRequest{Limit: 100})
		w.must(err)
		if dead != 111 || len(listed.Data) != 100 || listed.Data[0].MessageID != msg {
			t.Fatalf("%d dead letters, the first %+v", dead, listed.Data[0])
		}
		stats, err := w.queries.Stats(w.t.Context(), svc, projections.StatsFilter{Since: began.Add(-time.Hour), Until: began.Add(time.Hour), Bucket: time.Hour})
		w.must(err)
		if *stats.Total.Accepted != 1 || *stats.Total.Deliveries != 1199 || stats.Total.Skipped != 1 || stats.Total.Delivered != 1088 || stats.Total.Failed != 111 {
			t.Fatalf("figures %+v", stats.Total)
		}
		for _, i := range []int{0, 165, 166, 167, 332, 333, 334, 399} { // the endpoints of some lie in two chunks
			mine, err := w.queries.Stats(w.t.Context(), svc, projections.StatsFilter{
				UserID: fmt.Sprintf("usr_%026d", 1000+3*i), Since: began.Add(-time.Hour), Until: began.Add(time.Hour), Bucket: time.Hour,
			})
			w.must(err)
			if *mine.Total.Accepted != 1 {
				t.Fatalf("the user %d met it %d times", i, *mine.Total.Accepted)
			}
		}

		t.Log("a job retries those of all chunks")
		for _, e := range endpoints {
			if state, err := w.projector.Directory().Endpoint(w.t.Context(), svc, e); err == nil && state.PauseReason == domain.PausedGone {
				w.do(eventlog.On(domain.EndpointStream(svc, e), domain.ResumeEndpoint{}))
			}
		}
		failing.Store(false)
		w.request(svc, domain.RequestJob{Kind: domain.JobRetry, Filter: domain.DeadLetterFilter{MessageID: msg}})
		w.later(time.Minute)
		if row := w.trail(msg).Row(); row.Status != domain.Delivered || row.Deliveries[domain.Delivered] != 1199 {
			t.Fatalf("after the retry it is %+v", row)
		}

		t.Log("a rebuild gives the same lists, and so do batches, in whatever order")
		before := w.rowLists() // all but histories, whose pages here are all of one second
		w.rebuild()
		if after := w.rowLists(); after != before {
			t.Fatal("rebuilt they are other lists")
		}
		s := w.pushed()
		records := w.records()
		slices.Reverse(records)
		for part := range slices.Chunk(records, 700) {
			s.take(part)
		}
		if got, want := lists(t, s.queries), lists(t, w.queries); got != want {
			t.Fatalf("batches give other lists:\n%s\nthan\n%s", got, want)
		}
		if left, err := s.batches.Unrouted(w.t.Context()); err != nil || len(left) != 0 {
			t.Fatalf("%v is to be routed on, %v", left, err)
		}
	})
}

func TestRoutingOnIsDoneOnceByWhomever(t *testing.T) {
	inWorld(t, func(w *world) {
		w.byHand = true
		w.reopen(false)
		endpoints := w.crowd(2600, accepts)
		msg := w.publish()
		if row := w.trail(msg).Row(); !row.More || row.Deliveries[domain.Pending] != domain.MaxAudience {
			t.Fatalf("at first it is %+v", row)
		}
		w.must(w.projector.CatchUp(w.t.Context(), w.store))
		left, err := w.projector.Unrouted(w.t.Context())
		if err != nil || len(left) != 1 || left[0].Root != msg {
			t.Fatalf("%v is to be routed on, %v", left, err)
		}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for done := false; !done; {
					var err error
					if done, err = w.router.RouteOn(w.t.Context(), svc, msg); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		all.Wait()
		if got := names(w.trail(msg)); !slices.Equal(got, slices.Sorted(slices.Values(endpoints))) {
			t.Fatalf("%d endpoints are decided on", len(got))
		}
		if row := w.trail(msg).Row(); row.More {
			t.Fatalf("it is not whole: %+v", row)
		}
		before := len(w.records())
		for range 2 {
			if n := w.routeOn(msg); n != 1 {
				t.Fatalf("again it takes %d slices", n)
			}
		}
		if after := len(w.records()); after != before {
			t.Fatalf("routed on again there are %d events, not %d", after, before)
		}
		w.must(w.projector.CatchUp(w.t.Context(), w.store))
		if left, err = w.projector.Unrouted(w.t.Context()); err != nil || len(left) != 0 {
			t.Fatalf("%v is to be routed on, %v", left, err)
		}
		if done, err := w.router.RouteOn(w.t.Context(), svc, "msg_unknown"); !done || err != nil {
			t.Fatalf("a message that is none: %v, %v", done, err)
		}
	})
}

func TestACrashBetweenChunksLosesNothing(t *testing.T) {
	inWorld(t, func(w *world) {
		w.byHand = true
		w.reopen(false)
		endpoints := w.crowd(1600, accepts)
		msg := w.publish()
		for done := false; !done; { // each chunk ends in a crash
			w.router.Slice(1)
			done, _ = w.router.RouteOn(w.t.Context(), svc, msg)
			w.crash()
		}
		w.byHand = false
		second := w.publish()
		w.crash() // the runner may be anywhere in it
		w.later(time.Minute)
		for _, id := range []string{msg, second} {
			row := w.trail(id).Row()
			if row.More || row.Deliveries[domain.Delivered] != len(endpoints) || len(row.Deliveries) != 1 {
				t.Fatalf("%s is %+v", id, row)
			}
			if got := names(w.trail(id)); !slices.Equal(got, slices.Sorted(slices.Values(endpoints))) {
				t.Fatalf("%d endpoints are decided on", len(got))
			}
		}
	})
}

func TestChunksAreFoundByUserAndEndpoint(t *testing.T) {
	inWorld(t, func(w *world) {
		w.byHand = true
		w.reopen(false)
		endpoints := w.crowd(3601, accepts) // the users at 500, 1000… lie in two chunks
		msg := w.publish()
		first := w.trail(msg).Message()
		look := func(within projections.Within) (roots []string, targets map[string]bool) {
			targets = map[string]bool{}
			for m, err := range projections.ChunksOf(w.t.Context(), w.log, svc, first, within) {
				w.must(err)
				roots = append(roots, m.Root())
				for _, e := range m.Accepted.Targets {
					targets[e] = true
				}
			}
			return roots, targets
		}
		if roots, _ := look(projections.Within{}); len(roots) != 1 {
			t.Fatalf("not routed on it has %v", roots)
		}
		w.routeOn(msg)
		if roots, all := look(projections.Within{}); len(roots) != 8 || len(all) != len(endpoints) {
			t.Fatalf("all are %v with %d", roots, len(all))
		}
		if roots, _ := look(projections.Within{From: 5}); len(roots) != 3 || roots[0] != msg+"~5" {
			t.Fatalf("from 5 on there are %v", roots)
		}
		for i, e := range endpoints {
			user := fmt.Sprintf("usr_%026d", 1000+i-i%3)
			roots, mine := look(projections.Within{User: user, Endpoint: e})
			if len(roots) != 1 || !mine[e] {
				t.Fatalf("the endpoint %d is looked for in %v", i, roots)
			}
			if i%3 != 0 {
				continue
			}
			roots, mine = look(projections.Within{User: user})
			if len(roots) > 2 || !mine[e] || i+2 < len(endpoints) && (!mine[endpoints[i+1]] || !mine[endpoints[i+2]]) {
				t.Fatalf("the user of %d is looked for in %v", i, roots)
			}
		}
		if _, some := look(projections.Within{User: "usr_0"}); some[endpoints[len(endpoints)-1]] {
			t.Fatal("one who is before all is looked for at the end")
		}
		trail, err := projections.LoadTrailOf(w.t.Context(), w.log, svc, msg, projections.Within{User: fmt.Sprintf("usr_%026d", 1000+3000)})
		w.must(err)
		part, meets, err := trail.Part("usr_x", func(e string) (bool, error) { return e == endpoints[3000], nil })
		w.must(err)
		if row := part.Row(); !meets || row.More || row.Deliveries[domain.Pending] != 1 || len(part.Deliveries()) != 1 {
			t.Fatalf("one user's part is %+v", row)
		}
		for _, r := range part.Events() {
			if e, ok := r.Event.(domain.MessageRouted); ok && (e.After != "" || e.More != "" || len(e.Targets) != 1) {
				t.Fatalf("it tells of others: %+v", e)
			}
		}
	})
}

// Beyond what a test of HTTP can make: 50,000 endpoints of one type.
func TestFiftyThousandEndpointsAreRouted(t *testing.T) {
	const n = 50_000
	inWorld(t, func(w *world) {
		w.byHand = true
		w.reopen(false)
		endpoints := make([]string, n)
		users := make([]string, 40)
		for i := range users {
			users[i] = fmt.Sprintf("usr_%026d", 100+i)
			w.do(eventlog.On(domain.UserStream(svc, users[i]), domain.RegisterUser{Name: "of a crowd"}))
		}
		crowd := projections.NewDirectory(w.log, nil)
		for i := range endpoints {
			endpoints[i] = fmt.Sprintf("ep_%026d", (i*7919)%n) // in no order
			crowd.Put(domain.Endpoint{
				ID: endpoints[i], Service: svc, UserID: users[i%len(users)], Status: domain.EndpointActive, Version: 1,
				Subscriptions: []domain.Subscription{{EventTypeID: typ}},
			})
		}
		slices.Sort(endpoints)
		w.router.Candidates = crowd
		msg := domain.PrefixMessage + w.id()
		w.must(w.publishTo(msg, crowd))
		calls := w.routeOn(msg)
		trail := w.trail(msg)
		if got := names(trail); !slices.Equal(got, endpoints) || calls != 10 || trail.Row().More {
			t.Fatalf("%d endpoints are decided on in %d calls", len(got), calls)
		}
		seen := func() string {
			page, err := w.queries.Messages(w.t.Context(), svc, projections.MessageFilter{Status: domain.Pending}, projections.PageRequest{Limit: 10})
			w.must(err)
			due, err := w.queries.Due(w.t.Context(), svc, endpoints[n-1], 10)
			w.must(err)
			left, err := w.projector.Unrouted(w.t.Context())
			w.must(err)
			return fmt.Sprint(len(page.Data), page.Data[0].ID, page.Data[0].Deliveries, due, left)
		}
		before := seen()
		w.rebuild()
		if after := seen(); after != before {
			t.Fatalf("rebuilt it is\n%s\nnot\n%s", after, before)
		}
	})
}

func TestRoutingOnWaitsForALogThatCannotAnswer(t *testing.T) {
	inWorld(t, func(w *world) {
		w.byHand = true
		w.reopen(false)
		w.crowd(1200, accepts)
		msg := w.publish()
		ended, cancel := context.WithCancel(w.t.Context())
		cancel()
		if done, err := w.router.RouteOn(ended, svc, msg); done || !errors.Is(err, context.Canceled) {
			t.Fatalf("done %v, %v", done, err)
		}
		w.routeOn(msg)
	})
}
