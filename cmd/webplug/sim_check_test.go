package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// check holds the world to its model.
func (s *sim) check() {
	s.t.Helper()
	streams := s.chains()
	dead := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(streams)) {
		first := streams[name][0].Stream
		if strings.HasPrefix(first.Root, domain.PrefixMessage) && first.Leaf == "" {
			s.checkMessage(streams, streams[name], dead)
		}
	}
	for _, id := range s.order {
		if streams[s.service+"/"+id] == nil {
			s.t.Errorf("acknowledged %s is lost", id)
		}
	}
	s.checkDeadLetters(dead)
	before := s.everyList()
	s.end()
	s.open(true)
	if after := s.everyList(); after != before {
		s.t.Errorf("a rebuild changes the lists: before\n%s\nafter\n%s", before, after)
	}
}

// chains reads the whole log, decoded, and verifies every hash chain.
func (s *sim) chains() map[string][]eventlog.Recorded {
	s.t.Helper()
	records, decoded := map[string][]eventlog.Record{}, map[string][]eventlog.Recorded{}
	for page, err := range s.home.store.Scan(context.Background(), "") {
		if err != nil {
			s.t.Fatal(err)
		}
		for _, rec := range page.Records {
			r, err := s.home.log.Decode(rec)
			if err != nil {
				s.t.Fatal(err)
			}
			name := rec.Stream.String()
			records[name], decoded[name] = append(records[name], rec), append(decoded[name], r)
		}
	}
	for _, stream := range records {
		if err := eventlog.Verify(stream); err != nil {
			s.t.Error(err)
		}
	}
	return decoded
}

func (s *sim) checkMessage(streams map[string][]eventlog.Recorded, own []eventlog.Recorded, dead map[string]bool) {
	s.t.Helper()
	accepted, ok := own[0].Event.(domain.MessageAccepted)
	published := map[string]int{} // by endpoint
	for _, r := range own[1:] {
		p, is := r.Event.(domain.MessagePublished)
		ok = ok && is && s.sns != nil
		for _, to := range p.To {
			published[to.EndpointID]++
		}
	}
	if !ok {
		s.t.Errorf("%s has %d events, the first %T", own[0].Stream, len(own), own[0].Event)
		return
	}
	id := own[0].Stream.Root
	if m := s.messages[id]; m != nil && m.deliveries != len(accepted.Targets) {
		s.t.Errorf("%s was answered with %d deliveries and has %d", id, m.deliveries, len(accepted.Targets))
	}
	for _, endpoint := range accepted.Targets {
		events := streams[own[0].Stream.String()+"/"+endpoint]
		e := s.endpoints[endpoint]
		if e == nil { // made by a request that was never answered, of whatever format
			continue
		}
		took := s.net.took(e.url, id)
		var end domain.DeliveryStatus
		most := 1 + s.crashes + successes(events) + e.rivals[id]
		if e.sns {
			// SNS may have a publish whose record is lost, and may repeat, after a crash, what it had not noted as delivered.
			end, most = s.legalSNS(own[0], events), (published[endpoint]+s.crashes)*(1+s.crashes)
		} else {
			end = s.legal(own[0], events)
		}
		switch {
		case end == domain.Pending || end == domain.Retrying:
			s.t.Errorf("%s to %s is still %s: %s", id, endpoint, end, story(events))
		case end == domain.Delivered && took == 0:
			s.t.Errorf("%s to %s counts as delivered, and never came: %s", id, endpoint, story(events))
		case took > most:
			s.t.Errorf("%s came to %s %d times: %s", id, endpoint, took, story(events))
		case end == domain.Failed:
			dead[id+"/"+endpoint] = true
		}
		if m := s.messages[id]; m != nil && !e.sns && !e.touched && !m.touched && end != domain.Delivered && !exhausted(events) {
			s.t.Errorf("%s to %s, which was never paused, ended as %s: %s", id, endpoint, end, story(events))
		}
	}
}

func successes(events []eventlog.Recorded) (n int) {
	for _, r := range events {
		if _, ok := r.Event.(domain.DeliverySucceeded); ok {
			n++
		}
	}
	return n
}

// exhausted says whether a delivery failed after a whole schedule.
func exhausted(events []eventlog.Recorded) bool {
	tries := 0
	for _, r := range events {
		switch r.Event.(type) {
		case domain.RetryRequested:
			tries = 0
		case domain.AttemptFailed, domain.DeliveryFailed:
			tries++
		}
	}
	return tries >= len(domain.DefaultSchedule)
}

func story(events []eventlog.Recorded) string {
	out := ""
	for _, r := range events {
		out += fmt.Sprintf("\n  %s %s %+v", r.Time.Format(time.DateTime), r.Event.EventType(), r.Event)
	}
	return out
}

// legal walks a delivery's history by rules of its own, and answers where it ends.
func (s *sim) legal(accepted eventlog.Recorded, events []eventlog.Recorded) domain.DeliveryStatus {
	s.t.Helper()
	status, plan, due, tries := domain.Pending, eventlog.Version(0), accepted.Time, 0
	last := accepted.Time
	seen := map[string]bool{}
	wrong := func(r eventlog.Recorded, what string) {
		s.t.Helper()
		s.t.Errorf("%s@%d: %s: %s", r.Stream, r.Version, what, story(events))
	}
	attempt := func(r eventlog.Recorded, a domain.AttemptRecord) {
		if a.AttemptID == "" {
			return
		}
		if seen[a.AttemptID] {
			wrong(r, "one attempt is recorded twice")
		}
		seen[a.AttemptID] = true
		if a.Attempt != len(seen) {
			wrong(r, "attempts are not counted one by one")
		}
		if a.Plan == plan && a.At.Before(due.Truncate(time.Microsecond)) {
			wrong(r, "an attempt is earlier than planned")
		}
	}
	for _, r := range events {
		if r.Time.Before(last) {
			wrong(r, "time runs backwards")
		}
		last = r.Time
		open := status == domain.Pending || status == domain.Retrying
		switch e := r.Event.(type) {
		case domain.AttemptFailed:
			attempt(r, e.AttemptRecord)
			if e.Next.IsZero() {
				if open && e.Plan == plan {
					wrong(r, "the standing plan ends without a word")
				}
				break
			}
			if !open || e.Plan != plan {
				wrong(r, "an attempt of an older plan plans another")
			}
			tries++
			planned := domain.DefaultSchedule[tries]
			if wait := e.Next.Sub(e.At); wait < planned || wait > 2*planned+16*time.Second {
				wrong(r, fmt.Sprintf("the next attempt is planned %s later, and should be in %s", wait, planned))
			}
			status, plan, due = domain.Retrying, r.Version, e.Next
		case domain.DeliverySucceeded:
			attempt(r, e.AttemptRecord)
			status = domain.Delivered
		case domain.DeliveryFailed:
			attempt(r, e.AttemptRecord)
			if !open || e.Plan != plan {
				wrong(r, "an attempt of an older plan ends the delivery")
			}
			if e.AttemptID != "" && e.StatusCode != 410 && tries+1 != len(domain.DefaultSchedule) {
				wrong(r, "it failed for good before its schedule was over")
			}
			status = domain.Failed
		case domain.RetryRequested:
			if status == domain.Pending {
				wrong(r, "a pending delivery is retried")
			}
			status, plan, due, tries = domain.Pending, r.Version, r.Time, 0
		case domain.DeliveryDiscarded:
			status = domain.Discarded
		default:
			wrong(r, "no event of a delivery")
		}
	}
	return status
}

// legalSNS walks the history of a delivery of the format sns by rules of its own, and answers where it ends. Reports may be
// missing, late and in any order; that SNS told nothing is mended by one that comes after all.
func (s *sim) legalSNS(accepted eventlog.Recorded, events []eventlog.Recorded) domain.DeliveryStatus {
	s.t.Helper()
	status, last, unreported := domain.Pending, accepted.Time, false
	seen := map[string]bool{}
	for _, r := range events {
		wrong := func(what string) {
			s.t.Helper()
			s.t.Errorf("%s@%d: %s: %s", r.Stream, r.Version, what, story(events))
		}
		attempt := func(a domain.AttemptRecord) {
			if a.AttemptID != "" && seen[a.AttemptID] {
				wrong("one report is recorded twice")
			}
			seen[a.AttemptID] = true
		}
		if r.Time.Before(last) {
			wrong("time runs backwards")
		}
		last = r.Time
		open := status == domain.Pending || status == domain.Retrying
		switch e := r.Event.(type) {
		case domain.AttemptFailed:
			attempt(e.AttemptRecord)
			if !e.Next.IsZero() {
				if !open {
					wrong("a delivery that has ended is tried again")
				}
				status = domain.Retrying
			}
		case domain.DeliverySucceeded:
			attempt(e.AttemptRecord)
			status, unreported = domain.Delivered, false
		case domain.DeliveryFailed:
			attempt(e.AttemptRecord)
			if !open && !unreported {
				wrong("a delivery that has ended fails")
			}
			status, unreported = domain.Failed, false
		case domain.DeliveryUnreported:
			if !open || r.Time.Sub(e.PublishedAt) < domain.ReportLimit {
				wrong("it is given up too soon")
			}
			status, unreported = domain.Failed, true
		case domain.RetryRequested:
			if status == domain.Pending {
				wrong("a pending delivery is retried")
			}
			status, unreported = domain.Pending, false
		case domain.DeliveryDiscarded:
			status, unreported = domain.Discarded, false
		default:
			wrong("no event of a delivery")
		}
	}
	return status
}

// checkDeadLetters compares the read model with what the log says.
func (s *sim) checkDeadLetters(want map[string]bool) {
	s.t.Helper()
	got := map[string]bool{}
	for _, row := range s.list("/dead-letters") {
		got[row["message_id"].(string)+"/"+row["endpoint_id"].(string)] = true
	}
	for id := range want {
		if !got[id] {
			s.t.Errorf("%s failed and is no dead letter", id)
		}
		delete(got, id)
	}
	for id := range got {
		_, endpoint, _ := strings.Cut(id, "/")
		if s.endpoints[endpoint] != nil {
			s.t.Errorf("%s is a dead letter and did not fail", id)
		}
	}
}

// list reads a list to its end.
func (s *sim) list(path string) (rows []map[string]any) {
	s.t.Helper()
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	for cursor := ""; ; {
		a, ok := s.must(http.MethodGet, s.svc(path)+sep+"limit=100"+cursor, "")
		if !ok {
			s.t.Fatal("crashed while nothing should")
		}
		for _, row := range a["data"].([]any) {
			rows = append(rows, row.(map[string]any))
		}
		next, more := a["next_cursor"].(string)
		if !more {
			return rows
		}
		cursor = "&cursor=" + next
	}
}

// everyList is all that can be listed, as text.
func (s *sim) everyList() string {
	out := ""
	for _, path := range []string{
		"/users", "/event-types", "/endpoints", "/subscriptions", "/messages", "/messages?status=failed",
		"/messages?status=delivered", "/messages?status=discarded", "/messages?status=skipped", "/dead-letters", "/history",
	} {
		out += path + "\n"
		for _, row := range s.list(path) {
			out += fmt.Sprintln(row) // maps are printed in the order of their keys
		}
	}
	return out
}
