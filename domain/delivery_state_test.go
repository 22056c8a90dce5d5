package domain_test

import (
	"reflect"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Every state of a delivery and every command: what follows.
func TestEveryStateOfADeliveryAndEveryCommand(t *testing.T) {
	states := []struct {
		name string
		past []eventlog.Event
		plan eventlog.Version
	}{
		{"pending", nil, 0},
		{"retrying", []eventlog.Event{failed(1, 0, "a1")}, 1},
		{"delivered", []eventlog.Event{succeeded}, 0},
		{"failed", []eventlog.Event{ended}, 0},
		{"discarded", []eventlog.Event{discarded}, 0},
		{"pending again", []eventlog.Event{ended, retried}, 2},
	}
	message, target := fold[domain.Message](t, accepted), domain.Endpoint{ID: "ep_1", Status: domain.EndpointActive, Version: 1}
	always := func(c eventlog.Command[domain.Delivery]) func(eventlog.Version) eventlog.Command[domain.Delivery] {
		return func(eventlog.Version) eventlog.Command[domain.Delivery] { return c }
	}
	const old = 99 // a plan that is not the standing one
	for _, c := range []struct {
		name    string
		command func(plan eventlog.Version) eventlog.Command[domain.Delivery]
		want    [6]string
	}{
		{"success", func(p eventlog.Version) eventlog.Command[domain.Delivery] { return outcome(p, report("new", 200, "")) },
			[6]string{"DeliverySucceeded", "DeliverySucceeded", "DeliverySucceeded", "DeliverySucceeded", "DeliverySucceeded", "DeliverySucceeded"}},
		{"success of another plan", always(outcome(old, report("new", 200, ""))),
			[6]string{"DeliverySucceeded", "DeliverySucceeded", "DeliverySucceeded", "DeliverySucceeded", "DeliverySucceeded", "DeliverySucceeded"}},
		{"failure", func(p eventlog.Version) eventlog.Command[domain.Delivery] { return outcome(p, report("new", 503, "")) },
			[6]string{"AttemptFailed", "AttemptFailed", "AttemptFailed", "AttemptFailed", "AttemptFailed", "AttemptFailed"}},
		{"410", func(p eventlog.Version) eventlog.Command[domain.Delivery] { return outcome(p, report("new", 410, "")) },
			[6]string{"DeliveryFailed", "DeliveryFailed", "AttemptFailed", "AttemptFailed", "AttemptFailed", "DeliveryFailed"}},
		{"410 of another plan", always(outcome(old, report("new", 410, ""))),
			[6]string{"AttemptFailed", "AttemptFailed", "AttemptFailed", "AttemptFailed", "AttemptFailed", "AttemptFailed"}},
		{"end", func(p eventlog.Version) eventlog.Command[domain.Delivery] {
			return domain.EndDelivery{Plan: p, Cause: domain.CauseEndpointRemoved}
		}, [6]string{"DeliveryFailed", "DeliveryFailed", "-", "-", "-", "DeliveryFailed"}},
		{"end of another plan", always(domain.EndDelivery{Plan: old}), [6]string{"-", "-", "-", "-", "-", "-"}},
		{"retry", always(domain.RetryDelivery{Message: message, Endpoint: target}),
			[6]string{"-", "RetryRequested", "RetryRequested", "RetryRequested", "RetryRequested", "-"}},
		{"discard", always(domain.DiscardDelivery{Message: message, EndpointID: "ep_1"}),
			[6]string{"DeliveryDiscarded", "DeliveryDiscarded", "conflict", "DeliveryDiscarded", "-", "DeliveryDiscarded"}},
	} {
		for i, s := range states {
			t.Run(c.name+"/"+s.name, func(t *testing.T) {
				if got := told(c.command(s.plan).Decide(fold[domain.Delivery](t, s.past...))); got != c.want[i] {
					t.Fatalf("%s, want %s", got, c.want[i])
				}
			})
		}
	}
}

func TestADelivery(t *testing.T) {
	type shown struct {
		Status     domain.DeliveryStatus
		Open       bool
		Plan       eventlog.Version
		Tries      int
		Attempts   int
		Due        time.Time
		StatusCode int
		Cause      domain.Cause
		Ended      time.Time
		PlannedBy  string
	}
	first := failed(1, 0, "a1")
	for _, c := range []struct {
		name string
		past []eventlog.Event
		want shown
	}{
		{"accepted", nil, shown{Status: domain.Pending, Open: true}},
		{"failed once", []eventlog.Event{first},
			shown{Status: domain.Retrying, Open: true, Plan: 1, Tries: 1, Attempts: 1, Due: first.Next, StatusCode: 503, Cause: "http_503", PlannedBy: "event-1"}},
		{"delivered at once", []eventlog.Event{succeeded}, shown{Status: domain.Delivered, Attempts: 1, StatusCode: 204, Ended: given(1)}},
		{"delivered at last", []eventlog.Event{first, domain.DeliverySucceeded{AttemptRecord: attempt(2, 1, report("a2", 200, ""))}},
			shown{Status: domain.Delivered, Plan: 1, Tries: 1, Attempts: 2, StatusCode: 200, Ended: given(2), PlannedBy: "event-1"}},
		{"failed for good", []eventlog.Event{ended}, shown{Status: domain.Failed, Attempts: 1, StatusCode: 410, Cause: "http_410", Ended: given(1)}},
		{"discarded", []eventlog.Event{first, discarded},
			shown{Status: domain.Discarded, Plan: 1, Tries: 1, Attempts: 1, StatusCode: 503, Cause: "http_503", Ended: given(2), PlannedBy: "event-1"}},
		{"retried after an attempt", []eventlog.Event{first, retried},
			shown{Status: domain.Pending, Open: true, Plan: 2, Attempts: 1, Due: given(2), StatusCode: 503, Cause: "http_503", PlannedBy: "event-2"}},
		{"retried", []eventlog.Event{ended, retried},
			shown{Status: domain.Pending, Open: true, Plan: 2, Attempts: 1, Due: given(2), StatusCode: 410, Cause: "http_410", PlannedBy: "event-2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := fold[domain.Delivery](t, c.past...)
			got := shown{d.Status(), d.Open(), d.Plan, d.Tries, d.Attempts, d.Due, d.StatusCode, d.Cause, d.EndedAt, d.PlannedBy}
			if got != c.want || d.Version != eventlog.Version(len(c.past)) {
				t.Fatalf("%+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestTheWorstOfAMessage(t *testing.T) {
	for _, c := range []struct {
		of   []domain.DeliveryStatus
		want domain.DeliveryStatus
	}{
		{nil, domain.Skipped},
		{[]domain.DeliveryStatus{domain.Skipped}, domain.Skipped},
		{[]domain.DeliveryStatus{domain.Skipped, domain.Delivered}, domain.Delivered},
		{[]domain.DeliveryStatus{domain.Delivered, domain.Discarded}, domain.Discarded},
		{[]domain.DeliveryStatus{domain.Discarded, domain.Pending}, domain.Pending},
		{[]domain.DeliveryStatus{domain.Pending, domain.Retrying}, domain.Retrying},
		{[]domain.DeliveryStatus{domain.Retrying, domain.Failed, domain.Delivered}, domain.Failed},
	} {
		if got := domain.Worst(c.of); got != c.want {
			t.Errorf("of %v: %s, want %s", c.of, got, c.want)
		}
	}
	if d := (domain.Delivery{}); d.Status() != domain.Pending || !reflect.DeepEqual(d, domain.Delivery{}) {
		t.Errorf("a delivery without events is %s", d.Status())
	}
}

func TestStreams(t *testing.T) {
	for want, s := range map[string]eventlog.Stream{
		"svc_1/service":    domain.ServiceStream("svc_1"),
		"svc_1/usr_2":      domain.UserStream("svc_1", "usr_2"),
		"svc_1/typ_2":      domain.EventTypeStream("svc_1", "typ_2"),
		"svc_1/ep_2":       domain.EndpointStream("svc_1", "ep_2"),
		"svc_1/msg_2":      domain.MessageStream("svc_1", "msg_2"),
		"svc_1/msg_2/ep_3": domain.DeliveryStream("svc_1", "msg_2", "ep_3"),
		"_/key_2":          domain.KeyStream("key_2"),
	} {
		if s.String() != want || !s.Valid() {
			t.Errorf("%s, want %s", s, want)
		}
	}
}
