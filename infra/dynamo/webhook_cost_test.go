package dynamo_test

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/infra/dynamo"
	"webplug/projections"
)

// ordinary is a payload of about 1 KB, as a bank would send it.
func ordinary() []byte {
	text := `{"transaction":{"id":"b7c1f0de-1d1f-4c47-9d39-6a52f1b0c9aa","account":"DE89370400440532013000","amount":{"value":"125.50","currency":"EUR"},` +
		`"status":"booked","booked_at":"2026-11-24T10:52:38Z","merchant":{"name":"Coffee House Berlin","category":"5814","city":"Berlin","country":"DE"},` +
		`"card":{"id":"card_7f3e","last4":"4242","network":"visa","type":"debit"},"balance_after":{"value":"1893.20","currency":"EUR"}},"lines":[`
	for i := range 5 {
		text += fmt.Sprintf(`{"position":%d,"description":"Flat white, large","quantity":1,"unit_price":{"value":"4.%02d","currency":"EUR"}},`, i+1, i*7)
	}
	return []byte(strings.TrimSuffix(text, ",") + `]}`)
}

// One webhook of format standard-webhooks to one endpoint, delivered at once, in AWS: what it writes, by name. Its share of
// a journal page is that of a batch; the generation's pointer is read once a batch.
func TestCostOfAWebhook(t *testing.T) {
	t.Parallel()
	o := options(t)
	open(t, o)
	var b bill
	o.Spent = b.add
	s := dynamo.New(o)
	sealer, err := eventlog.NewSealer(s, make([]byte, eventlog.MasterKeySize), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	l := eventlog.New(s, domain.Events(), sealer, time.Now, func() string { return ulid.Make().String() })
	batches := projections.NewBatches(l, s.Views(), time.Now, slog.New(slog.DiscardHandler))
	if _, err := batches.Open(t.Context(), s, false); err != nil {
		t.Fatal(err)
	}
	svc, usr, typ, ep := "svc_"+ulid.Make().String(), "usr_"+ulid.Make().String(), "typ_"+ulid.Make().String(), "ep_"+ulid.Make().String()
	kind, err := eventlog.Execute(t.Context(), l, domain.EventTypeStream(svc, typ), domain.CreateEventType{Name: "card_debited"}, eventlog.Cause{Actor: "admin", CorrelationID: "req"})
	if err != nil {
		t.Fatal(err)
	}
	cause := eventlog.Cause{Actor: "key_" + ulid.Make().String(), CorrelationID: "req_" + ulid.Make().String(), CausationID: "req_" + ulid.Make().String()}
	webhook := func() (records []eventlog.Record, accepted, outcome string) {
		t.Helper()
		msg := "msg_" + ulid.Make().String()
		b.since()
		m, err := eventlog.Execute(t.Context(), l, domain.MessageStream(svc, msg), domain.PublishMessage{
			EventType: kind.State, UserID: usr, Payload: ordinary(), PayloadKey: domain.PayloadKey(svc, usr, time.Now()),
			Routed: domain.Routed{Targets: []string{ep}},
		}, cause)
		if err != nil {
			t.Fatal(err)
		}
		accepted = onlyWrites(b.since())
		stream := domain.DeliveryStream(svc, msg, ep)
		step := eventlog.On(stream, domain.RecordOutcome{
			Report:   domain.Report{AttemptID: ulid.Make().String(), URL: "https://bank.example/hooks/webplug", StatusCode: 200, Answer: []byte("ok"), Duration: time.Millisecond, At: time.Now()},
			Schedule: domain.DefaultSchedule, EndpointVersion: 1, AnswerKey: domain.PayloadKey(svc, usr, time.Now()),
		}).From(eventlog.Loaded[domain.Delivery]{Stream: stream})
		err = eventlog.ExecuteAll(t.Context(), l, eventlog.Cause{Actor: projections.DispatchActor, CorrelationID: m.State.CorrelationID, CausationID: m.State.EventID}, step)
		if err != nil {
			t.Fatal(err)
		}
		outcome = onlyWrites(b.since())
		for r, err := range s.Trail(t.Context(), svc, msg) {
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, r)
		}
		return records, accepted, outcome
	}
	project := func(records []eventlog.Record) string {
		t.Helper()
		b.since()
		if done, err := batches.Take(t.Context(), records); err != nil || done != len(records) {
			t.Fatalf("%d are done: %v", done, err)
		}
		return b.since()
	}
	records, _, _ := webhook() // makes data keys, and the row of the hour
	project(records)

	records, accepted, outcome := webhook()
	const one = "append: 1 items, 1 W, 0 R\n"
	if accepted != one || outcome != one {
		t.Errorf("accepted spent %q, the outcome %q", accepted, outcome)
	}
	// A page is a row, and is found by its newest fact, by its oldest, by its arrival, and among those with messages.
	const alone = "read state: 1 items, 0 W, 1 R\nwrite rows: 5 items, 5 W, 0 R\n"
	if got := project(records); got != alone {
		t.Errorf("a batch of one webhook spent\n%swant\n%s", got, alone)
	}

	var many []eventlog.Record
	for range 100 {
		records, _, _ := webhook()
		many = append(many, records...)
	}
	if got := writes(project(many)); got > 30 {
		t.Errorf("the journal of 100 webhooks took %g write units, more than 0.3 each", got)
	} else {
		t.Logf("the journal of 100 webhooks took %g write units", got)
	}
}

// onlyWrites leaves out what was read.
func onlyWrites(bill string) string {
	text := ""
	for line := range strings.Lines(bill) {
		if !strings.Contains(line, " 0 W,") {
			text += line
		}
	}
	return text
}

// writes adds up write units.
func writes(bill string) float64 {
	sum := 0.0
	for line := range strings.Lines(bill) {
		var items int
		var w float64
		if _, rest, ok := strings.Cut(line, ": "); ok {
			if _, err := fmt.Sscanf(rest, "%d items, %g W", &items, &w); err == nil {
				sum += w
			}
		}
	}
	return sum
}
