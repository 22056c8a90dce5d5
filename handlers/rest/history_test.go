package rest_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// backquoted is a field in the description's table of events.
var backquoted = regexp.MustCompile("`([a-z0-9_]+)`")

func TestTheDescriptionHasEveryEventWithItsFields(t *testing.T) {
	schemas := newWorld(t).get("/openapi.json").want(200).object()["components"].(obj)["schemas"].(obj)
	var described []string
	for _, name := range schemas["EventName"].(obj)["enum"].([]any) {
		described = append(described, name.(string))
	}
	registry := domain.Events()
	if names := registry.Names(); !slices.Equal(described, names) {
		t.Errorf("it has the events %v, want %v", described, names)
	}
	table := map[string][]string{}
	for line := range strings.Lines(schemas["Event"].(obj)["properties"].(obj)["data"].(obj)["description"].(string)) {
		name, fields, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		fields, _, _ = strings.Cut(fields, ";")
		for _, field := range backquoted.FindAllStringSubmatch(fields, -1) {
			table[name] = append(table[name], field[1])
		}
	}
	for _, name := range registry.Names() {
		d, _ := registry.Definition(name)
		want := fieldsOf(reflect.TypeOf(d.Zero()))
		if s, ok := reflect.New(reflect.TypeOf(d.Zero())).Interface().(eventlog.Sealing); ok {
			for _, f := range s.SealedFields() {
				want = append(want, f.Name)
			}
		}
		if got := table[name]; !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
			t.Errorf("%s is said to have %v, but has %v", name, got, want)
		}
	}
}

// fieldsOf lists the members that a struct has as JSON.
func fieldsOf(of reflect.Type) (names []string) {
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous:
			names = append(names, fieldsOf(field.Type)...)
		case name != "-":
			names = append(names, name)
		}
	}
	return names
}

func TestHistory(t *testing.T) {
	t.Run("of a message is its whole life, oldest first, with who did what and why", func(t *testing.T) {
		s := newShop(t)
		id, text := s.key(s.service, "publish")
		a := s.send(request{
			key: text, method: "POST", path: s.path + "/messages", headers: map[string]string{"X-Request-Id": "order-7"},
			body: obj{"event_type": "card_issued", "payload": obj{"n": 1}},
		}).want(202)
		s.report(a.id(), 503, false)
		s.report(a.id(), 200, false)
		h := s.get(s.path + "/messages/" + a.id() + "/history").want(200)
		if got := strings.Join(h.members("type"), " "); got != "MessageAccepted AttemptFailed DeliverySucceeded" {
			t.Fatalf("the history is %s", got)
		}
		first, second := h.list("data")[0].(obj), h.list("data")[1].(obj)
		if first["actor"] != id || first["actor_name"] != "Ada" || first["correlation_id"] != "order-7" {
			t.Fatal(first)
		}
		if second["actor"] != "dispatch" || second["actor_name"] != "dispatch" || second["correlation_id"] != "order-7" || second["causation_id"] != first["id"] {
			t.Fatal(second)
		}
		if second["stream"] != s.service+"/"+a.id()+"/"+s.endpoint || second["version"] != 1.0 {
			t.Fatal(second)
		}
		if first["data"].(obj)["payload"].(obj)["n"] != 1.0 || second["data"].(obj)["answer"] != "so \ufffd it is" || second["data"].(obj)["status_code"] != 503.0 {
			t.Fatal(h.text)
		}
	})

	t.Run("of a message can be read in pages", func(t *testing.T) {
		s := newShop(t)
		m := s.publish()
		s.report(m, 503, false)
		path := s.path + "/messages/" + m + "/history"
		first := s.get(path + "?limit=1").want(200)
		rest := s.get(path + "?limit=1&cursor=" + first.at("next_cursor")).want(200)
		if got := append(first.members("type"), rest.members("type")...); strings.Join(got, " ") != "MessageAccepted AttemptFailed" || rest.at("next_cursor") != "" {
			t.Fatalf("the pages are %v", got)
		}
		s.get(path+"?cursor=bm9uZQ").refused(422, "cursor")
	})

	t.Run("shows what was sealed with an erased key as sealed, and goes on", func(t *testing.T) {
		s := newShop(t)
		m := s.publish()
		w := newShop(t)
		w.memory.streams, w.memory.order = s.memory.streams, s.memory.order // its keys stay behind
		h := w.get(s.path + "/messages/" + m + "/history").want(200)
		if got := h.list("data")[0].(obj)["data"].(obj)["payload"]; got != "sealed" {
			t.Fatalf("the payload is %v", got)
		}
	})

	t.Run("of a service is filtered by stream, type, actor and time", func(t *testing.T) {
		s := newShop(t)
		id, text := s.key(s.service, "manage")
		between := s.clock().Format(time.RFC3339Nano)
		s.send(request{key: text, method: "POST", path: s.path + "/endpoints/" + s.endpoint + "/pause"}).want(200)
		for filter, want := range map[string]string{
			"stream=" + s.service + "/" + s.endpoint: "EndpointAdded SubscriptionAdded EndpointPaused", "type=UserRegistered": "UserRegistered",
			"actor=" + id: "EndpointPaused", "since=" + between: "EndpointPaused",
			"until=" + between + "&type=EndpointPaused": "", "stream=_/" + id: "",
		} {
			if got := strings.Join(s.get(s.path+"/history?"+filter).want(200).members("type"), " "); got != want {
				t.Errorf("%s finds %q, want %q", filter, got, want)
			}
		}
		s.get(s.path+"/history?stream=x").refused(422, "stream")
		s.get(s.path+"/history?type=Nothing").refused(422, "type")
	})

	t.Run("of a service begins with the oldest event, or with the newest", func(t *testing.T) {
		s := newShop(t)
		for order, want := range map[string]string{"": "ServiceCreated", "&order=oldest": "ServiceCreated", "&order=newest": "NameReserved"} {
			if got := s.get(s.path + "/history?limit=1" + order).want(200).members("type"); len(got) != 1 || got[0] != want {
				t.Errorf("%q begins with %v", order, got)
			}
		}
	})

	t.Run("of everything has all services, and the keys", func(t *testing.T) {
		s := newShop(t)
		other := s.post("/v1/services", obj{"name": "other"}).want(201).id()
		s.key("", "read")
		streams := strings.Join(s.get("/v1/history?limit=100").want(200).members("stream"), " ")
		for _, want := range []string{other + "/service", s.service + "/service", "_/key_"} {
			if !strings.Contains(streams, want) {
				t.Errorf("%s is not in it: %s", want, streams)
			}
		}
	})
}
