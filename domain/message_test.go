package domain_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/domain/eventlog/spec"
)

const payloadKey = "svc_given/usr_1/2026-01"

// accepted is a message to two endpoints, with a third one skipped.
var accepted = domain.MessageAccepted{
	EventTypeID: "given", EventName: "card_issued", UserID: "usr_1", Payload: eventlog.Sealed{Key: payloadKey, Plain: []byte(`{"amount":12}`)},
	Targets: []string{"ep_1", "ep_2"}, Skipped: []domain.Skip{{EndpointID: "ep_3", Reason: domain.SkippedPaused, By: "key_1", Since: spec.Start}},
	Request: "body 1",
}

func TestPublishMessage(t *testing.T) {
	typ := fold[domain.EventType](t, eventTypeCreated)
	publish := domain.PublishMessage{
		EventType: typ, Schema: compile(t, string(amountSchema)), UserID: "usr_1", Payload: jsontext.Value(`{"amount":12}`), PayloadKey: payloadKey,
		Routed: domain.Routed{Targets: accepted.Targets, Skipped: accepted.Skipped}, Request: "body 1",
	}
	with := func(change func(*domain.PublishMessage)) domain.PublishMessage {
		c := publish
		change(&c)
		return c
	}
	t.Run("accepts it", func(t *testing.T) { spec.Given[domain.Message](t).When(publish).Then(accepted) })
	t.Run("to all users accepts it", func(t *testing.T) {
		want := accepted
		want.UserID = ""
		spec.Given[domain.Message](t).When(with(func(c *domain.PublishMessage) { c.UserID = "" })).Then(want)
	})
	t.Run("takes a payload without a schema", func(t *testing.T) {
		want := accepted
		want.Payload.Plain = []byte(`"anything"`)
		spec.Given[domain.Message](t).
			When(with(func(c *domain.PublishMessage) { c.Schema, c.Payload = nil, jsontext.Value(`"anything"`) })).Then(want)
	})
	t.Run("repeated with its Idempotency-Key adds nothing", func(t *testing.T) {
		spec.Given[domain.Message](t, accepted).When(publish).ThenNothing()
	})
	t.Run("repeated after its type was archived adds nothing", func(t *testing.T) {
		archived := fold[domain.EventType](t, eventTypeCreated, domain.EventTypeArchived{})
		spec.Given[domain.Message](t, accepted).When(with(func(c *domain.PublishMessage) { c.EventType = archived })).ThenNothing()
	})
	t.Run("with another request's Idempotency-Key is refused", func(t *testing.T) {
		spec.Given[domain.Message](t, accepted).When(with(func(c *domain.PublishMessage) { c.Request = "body 2" })).
			ThenRefused(invalid("Idempotency-Key"))
	})
	t.Run("of an unknown type is refused", func(t *testing.T) {
		spec.Given[domain.Message](t).When(with(func(c *domain.PublishMessage) { c.EventType = domain.EventType{} })).ThenRefused(invalid("event_type"))
	})
	t.Run("of an archived type is refused", func(t *testing.T) {
		archived := fold[domain.EventType](t, eventTypeCreated, domain.EventTypeArchived{})
		spec.Given[domain.Message](t).When(with(func(c *domain.PublishMessage) { c.EventType = archived })).ThenRefused(conflict("event_type"))
	})
	t.Run("without a payload is refused", func(t *testing.T) {
		spec.Given[domain.Message](t).When(with(func(c *domain.PublishMessage) { c.Payload = nil })).ThenRefused(invalid("payload"))
	})
	t.Run("with a payload that does not fit is refused, naming the place", func(t *testing.T) {
		spec.Given[domain.Message](t).
			When(with(func(c *domain.PublishMessage) { c.Payload = jsontext.Value(`{"amount":"12"}`) })).ThenRefused(invalid("payload.amount"))
	})
	t.Run("with the largest payload is accepted, a byte more is refused", func(t *testing.T) {
		largest := jsontext.Value(`"` + strings.Repeat("x", domain.MaxPayload-2) + `"`)
		want := accepted
		want.Payload.Plain = largest
		spec.Given[domain.Message](t).When(with(func(c *domain.PublishMessage) { c.Schema, c.Payload = nil, largest })).Then(want)
		spec.Given[domain.Message](t).When(with(func(c *domain.PublishMessage) { c.Payload = append(largest.Clone(), ' ') })).ThenRefused(tooLarge("payload"))
	})
	t.Run("to more than one chunk has says where the next begins", func(t *testing.T) {
		routed := domain.Routed{Targets: []string{"ep_1"}, More: "usr_1/ep_1"}
		want := accepted
		want.Targets, want.Skipped, want.More = routed.Targets, nil, routed.More
		spec.Given[domain.Message](t).When(with(func(c *domain.PublishMessage) { c.Routed = routed })).Then(want)
	})
	t.Run("as a test needs no event type", func(t *testing.T) {
		want := accepted
		want.EventTypeID, want.EventName, want.Test = "", domain.TestEventName, true
		spec.Given[domain.Message](t).
			When(with(func(c *domain.PublishMessage) { c.EventType, c.Schema, c.Test = domain.EventType{}, nil, true })).Then(want)
	})
	t.Run("as a test of an archived type is refused", func(t *testing.T) {
		archived := fold[domain.EventType](t, eventTypeCreated, domain.EventTypeArchived{})
		spec.Given[domain.Message](t).
			When(with(func(c *domain.PublishMessage) { c.EventType, c.Test = archived, true })).ThenRefused(conflict("event_type"))
	})
}

func TestAMessage(t *testing.T) {
	m := fold[domain.Message](t, accepted)
	want := domain.Message{
		ID: "given", Accepted: accepted, AcceptedAt: given(1), RoutedAt: given(1), By: "key_given", EventID: "event-1", CorrelationID: "req_given", Version: 1,
	}
	if !reflect.DeepEqual(m, want) || !m.Exists() || (domain.Message{}).Exists() {
		t.Fatalf("%+v, want %+v", m, want)
	}
	for endpoint, target := range map[string]bool{"ep_1": true, "ep_2": true, "ep_3": false, "ep_4": false, "": false} {
		if m.Targets(endpoint) != target {
			t.Errorf("%q is a target: %v", endpoint, !target)
		}
		if skip, ok := m.SkippedFor(endpoint); ok != (endpoint == "ep_3") || (ok && skip.Reason != domain.SkippedPaused) {
			t.Errorf("%q is skipped: %+v, %v", endpoint, skip, ok)
		}
	}
	nobody := fold[domain.Message](t, domain.MessageAccepted{Skipped: []domain.Skip{{Reason: domain.SkippedNoSubscription}}})
	if skip, ok := nobody.SkippedFor(""); ok {
		t.Errorf("no endpoint is skipped: %+v", skip)
	}
}

func TestPayloadKey(t *testing.T) {
	at := time.Date(2026, 1, 31, 23, 30, 0, 0, time.FixedZone("", -3600)) // in UTC it is February
	for user, want := range map[string]string{"usr_2": "svc_1/usr_2/2026-02", "": "svc_1/-/2026-02"} {
		if got := domain.PayloadKey("svc_1", user, at); got != want {
			t.Errorf("of %q: %s, want %s", user, got, want)
		}
	}
}

func TestTheWebhookIsThePayloadByteForByte(t *testing.T) {
	at := time.Date(2026, 1, 2, 4, 4, 5, 678901234, time.FixedZone("", 3600))
	for _, payload := range []string{
		`{"big":12345678901234567890123,"exp":1E+5,"frac":1.50,"neg":-0}`,
		`{"z":1,"a":2,"m":3}`,
		`{"html":"<b>&amp;</b>","sep":"` + "\u2028" + `","esc":"\u003c\/\u00fc"}`,
		"{ \"spaced\" :\n\t[ 1 , 2 ] }",
		`null`, `""`, `[]`, `7`, `true`,
		`"` + strings.Repeat("x", 10_000) + `"`,
	} {
		got := domain.Webhook("msg_01", "card_issued", at, []byte(payload))
		want := `{"id":"msg_01","type":"card_issued","timestamp":"2026-01-02T03:04:05.678901Z","data":` + payload + `}`
		if string(got) != want {
			t.Errorf("%s\nwant %s", got, want)
		}
		var read struct {
			ID        string         `json:"id"`
			Type      string         `json:"type"`
			Timestamp time.Time      `json:"timestamp"`
			Data      jsontext.Value `json:"data"`
		}
		if err := json.Unmarshal(got, &read, json.RejectUnknownMembers(true)); err != nil {
			t.Fatal(err)
		}
		if read.ID != "msg_01" || read.Type != "card_issued" || !read.Timestamp.Equal(at.Truncate(time.Microsecond)) {
			t.Errorf("%+v", read)
		}
	}
	t.Run("and the same each time", func(t *testing.T) {
		a := domain.Webhook("msg_01", "x", at, []byte(`{}`))
		if b := domain.Webhook("msg_01", "x", at.UTC(), []byte(`{}`)); !bytes.Equal(a, b) {
			t.Fatalf("%s, %s", a, b)
		}
	})
	t.Run("with a timestamp of one length", func(t *testing.T) {
		got := domain.Webhook("m", "x", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), []byte(`0`))
		if want := `{"id":"m","type":"x","timestamp":"2026-01-01T00:00:00.000000Z","data":0}`; string(got) != want {
			t.Fatalf("%s", got)
		}
	})
	t.Run("in one allocation", func(t *testing.T) {
		payload := []byte(fmt.Sprintf("%q", strings.Repeat("x", 1000)))
		if n := testing.AllocsPerRun(100, func() { domain.Webhook("msg_01KE0000000000000000000001", "card_issued", at, payload) }); n > 1 {
			t.Fatalf("%v allocations", n)
		}
	})
}
