package main

import (
	"strings"
	"testing"

	"webplug/infra/stage"
)

func id(answer map[string]any) string { return answer["id"].(string) }

// A command waits for its row, which another process writes; whoever publishes after it is routed by it.
func TestTheAPIBehindAnHTTPAPI(t *testing.T) {
	w := newWorld(t)
	w.stream()
	svc := id(w.do(201, "POST", "/v1/services", `{"name":"bank","default_format":"standard-webhooks"}`))
	at := "/v1/services/" + svc
	usr := id(w.do(201, "POST", at+"/users", `{"name":"ann"}`))
	w.do(201, "POST", at+"/event-types", `{"name":"card_issued"}`)
	added := w.ask("POST", at+"/endpoints", `{"user_id":"`+usr+`","url":"https://1.1.1.1/hook","event_types":["card_issued"]}`)
	if added.StatusCode != 201 || added.Headers["Webplug-Stale"] != "" {
		t.Fatalf("%d %v %s", added.StatusCode, added.Headers, added.Body)
	}
	published := w.ask("POST", at+"/messages", `{"event_type":"card_issued","payload":{"n":12345678901234567890},"user_id":"`+usr+`"}`)
	if published.StatusCode != 202 || !strings.Contains(published.Body, `"deliveries":1`) {
		t.Fatalf("%d %s", published.StatusCode, published.Body)
	}
	position := published.Headers["Webplug-Position"]
	messages := w.ask("GET", at+"/messages?after="+position, "")
	if messages.StatusCode != 200 || messages.Headers["Webplug-Stale"] != "" || !strings.Contains(messages.Body, "msg_") {
		t.Errorf("after its position a list has the message: %d %v %s", messages.StatusCode, messages.Headers, messages.Body)
	}
	stale := w.ask("GET", at+"/users?after="+strings.Replace(position, "@1", "@2", 1), "")
	if stale.StatusCode != 200 || stale.Headers["Webplug-Stale"] != "true" {
		t.Errorf("a position that does not come is told as stale: %d %v", stale.StatusCode, stale.Headers)
	}
	live := w.ask("GET", at+"/live?since=2020-01-01T00:00:00Z", "", "Accept: text/event-stream")
	if live.StatusCode != 200 || !strings.HasPrefix(live.Headers["Content-Type"], "application/json") || !strings.Contains(live.Body, "MessageAccepted") {
		t.Errorf("who asks for a stream gets JSON: %d %v %s", live.StatusCode, live.Headers, live.Body)
	}
}

func TestTheAPIServesTheUIAndItself(t *testing.T) {
	w := newWorld(t)
	for path, kind := range map[string]string{
		"/": "text/html", "/services": "text/html", "/openapi.json": "application/json", "/docs": "text/html",
		"/healthz": "application/json", "/readyz": "application/json",
	} {
		a := w.ask("GET", path, "")
		if a.StatusCode != 200 || !strings.HasPrefix(a.Headers["Content-Type"], kind) || a.IsBase64 || len(a.Body) == 0 || a.Headers["Content-Encoding"] != "" {
			t.Errorf("GET %s: %d %v, %d bytes", path, a.StatusCode, a.Headers, len(a.Body))
		}
	}
	if a := w.ask("HEAD", "/openapi.json", ""); a.StatusCode != 200 || a.Body != "" {
		t.Errorf("HEAD: %d, %d bytes", a.StatusCode, len(a.Body))
	}
	if a := w.ask("GET", "/metrics", ""); a.StatusCode != 404 {
		t.Errorf("/metrics: %d", a.StatusCode)
	}
	if a := w.ask("GET", "/v1/services", "", "Authorization: Bearer nobody"); a.StatusCode != 401 {
		t.Errorf("an unknown key: %d", a.StatusCode)
	}
	if a := w.ask("GET", "/v1/system", ""); a.StatusCode != 200 || !strings.Contains(a.Body, `"store":"dynamodb"`) {
		t.Errorf("/v1/system: %d %s", a.StatusCode, a.Body)
	}
	if n := len(w.function(stage.API).Starts()); n != 1 {
		t.Errorf("the function was started %d times", n)
	}
}
