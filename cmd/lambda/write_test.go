package main

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"webplug/cmd/lambda/cloud"
	"webplug/infra/stage"
)

// The answer to a write may be lost though it happened: the command is done, once, and says so.
func TestAWriteThatHappenedAndTimedOutIsOneWebhook(t *testing.T) {
	w := newWorld(t)
	svc := id(w.do(201, "POST", "/v1/services", `{"name":"bank"}`))
	w.do(201, "POST", "/v1/services/"+svc+"/event-types", `{"name":"card_issued"}`)
	var lost atomic.Int32
	w.cloud.SetFault(func(c cloud.Call, answer http.ResponseWriter, pass func() (int, []byte)) bool {
		if c.Action != "PutItem" || !strings.Contains(string(c.Body), w.tables+"-log") || lost.Add(1) > 1 {
			return false
		}
		pass()
		answer.WriteHeader(http.StatusGatewayTimeout)
		return true
	})
	got := w.do(202, "POST", "/v1/services/"+svc+"/messages", `{"event_type":"card_issued","payload":{}}`)
	w.cloud.SetFault(nil)
	if lost.Load() < 2 {
		t.Fatalf("%d writes were seen: nothing was lost", lost.Load())
	}
	w.invoke(stage.Views, w.batch(), nil)
	b := &bank{w: w, svc: svc}
	if ids := b.messages(); len(ids) != 1 || ids[0] != got["id"] {
		t.Errorf("the lists have %v, the answer was %v", ids, got)
	}
}
