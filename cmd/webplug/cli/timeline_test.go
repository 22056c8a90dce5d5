package cli

import (
	"bytes"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/cmd/webplug/output"
)

func TestTimeline_tells_who_did_what_when(t *testing.T) {
	local := time.Local
	time.Local = time.UTC
	defer func() { time.Local = local }()
	event := func(at, kind, stream, actor, name, data string) jsontext.Value {
		return jsontext.Value(`{"type":"` + kind + `","stream":"` + stream + `","time":"` + at + `","actor":"` + actor + `","actor_name":"` + name + `","data":` + data + `}`)
	}
	entries, err := timeline([]jsontext.Value{
		event("2026-11-24T23:59:58.000Z", "MessageAccepted", "svc_1/msg_1", "key_1", "Shop",
			`{"event_type":"card_issued","user_id":"usr_1","targets":["ep_1"],"skipped":[{"endpoint_id":"ep_2","reason":"paused","since":"2026-11-20T08:00:00Z","by":"admin"}]}`),
		event("2026-11-24T23:59:58.005Z", "MessageRouted", "svc_1/msg_1~1", "routing", "routing",
			`{"event_type":"card_issued","targets":["ep_3","ep_4"],"skipped":[{"endpoint_id":"ep_5","reason":"gone"}],"more":"usr_9/ep_9"}`),
		event("2026-11-24T23:59:58.012Z", "AttemptFailed", "svc_1/msg_1/ep_1", "dispatch", "dispatch",
			`{"attempt":1,"attempt_id":"a","url":"http://x/","status_code":503,"cause":"http_503","duration_ms":11.5,"answer":"busy\u001b[2J\nhere","next":"2026-11-25T00:00:03Z"}`),
		event("2026-11-25T00:00:03.500Z", "DeliveryFailed", "svc_1/msg_1/ep_1", "dispatch", "dispatch", `{"cause":"endpoint_paused"}`),
		event("2026-11-27T02:00:03.500Z", "RetryRequested", "svc_1/msg_1/ep_1", "key_2", "Grace", `{"reason":"mended"}`),
		event("2026-11-27T02:00:04.750Z", "DeliverySucceeded", "svc_1/msg_1/ep_1", "dispatch", "dispatch", `{"attempt":2,"attempt_id":"b","status_code":204,"duration_ms":3}`),
		event("2026-11-27T02:00:05.750Z", "SomethingNew", "svc_1/msg_1/ep_1", "dispatch", "dispatch", `{}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := showTimeline(&out, output.Palette{}, "msg_1", entries); err != nil {
		t.Fatal(err)
	}
	const want = `msg_1, Tuesday 2026-11-24, UTC

23:59:58.000                  accepted                   by Shop (key_1)
              card_issued for usr_1, to 1 endpoint
              not to ep_2: paused since 2026-11-20 08:00:00.000 by admin
23:59:58.005        +5 ms     routed on                  by routing
              to 2 further endpoints; on others it is decided next
              not to ep_5: gone
23:59:58.012        +7 ms     attempt 1 failed     ep_1  by dispatch
              HTTP 503 in 11 ms from http://x/
              it said: busy\x1b[2J\nhere
              next attempt at 2026-11-25 00:00:03.000
11-25 00:00:03.500  +5.48 s   failed for good      ep_1  by dispatch
              endpoint paused
11-27 02:00:03.500  +2 d 2 h  retry asked for      ep_1  by Grace (key_2)
              because: mended
02:00:04.750        +1.25 s   attempt 2 delivered  ep_1  by dispatch
              HTTP 204 in 3 ms
02:00:05.750        +1 s      something new        ep_1  by dispatch
`
	if got := out.String(); got != want {
		t.Errorf("the story is\n%s", got)
	}
}
