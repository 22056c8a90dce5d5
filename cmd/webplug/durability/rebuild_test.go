package durability

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// TestRebuild makes all read models anew from the log, and wants every list to answer what it answered before.
func TestRebuild(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), settings{})
	lists := busyData(t, s)
	before := s.answers(t, lists)
	s.end()
	s = s.again(settings{args: []string{"--rebuild"}})
	if !s.logs.says("read models are made anew") {
		t.Errorf("nothing was made anew: %s", s.logs)
	}
	wantSame(t, "after a rebuild", before, s.answers(t, lists))
	s.kill()
	s = s.again(settings{})
	wantSame(t, "after a rebuild and a restart", before, s.answers(t, lists))
	rows := 0
	for name, list := range before {
		rows += len(list)
		if len(list) == 0 && name != "/v1/stuck" && !strings.HasSuffix(name, "status=pending") {
			t.Errorf("%s is empty, so that it shows nothing", name)
		}
	}
	t.Logf("%d lists with %d rows in all", len(before), rows)
}

// answers reads all of some lists, in pages of an odd size.
func (a api) answers(t *testing.T, lists []string) map[string][]jsontext.Value {
	t.Helper()
	out := map[string][]jsontext.Value{}
	for _, list := range lists {
		out[list] = a.all(t, list, 97)
	}
	return out
}

func wantSame(t *testing.T, when string, before, after map[string][]jsontext.Value) {
	t.Helper()
	for list, want := range before {
		got := after[list]
		if len(got) != len(want) {
			t.Errorf("%s %s has %d rows, and had %d", when, list, len(got), len(want))
			continue
		}
		for i := range want {
			if string(got[i]) != string(want[i]) {
				t.Errorf("%s row %d of %s is\n%s\nand was\n%s", when, i, list, got[i], want[i])
				break
			}
		}
	}
}

// busyData fills a server with some of everything, waits until nothing changes any more for minutes, and gives the lists
// that show it.
func busyData(t *testing.T, s *server) []string {
	t.Helper()
	of, other := s.tenant(t, "bank"), s.tenant(t, "shop")
	s.create(t, of.path+"/event-types", fields{"name": "rare", "example": fields{"n": 1}})
	s.create(t, of.path+"/event-types", fields{"name": "lonely"})
	s.create(t, of.path+"/event-types", fields{"name": "unheard"})
	old := s.create(t, of.path+"/event-types", fields{"name": "old"})
	grace := s.create(t, of.path+"/users", fields{"name": "Grace", "external_id": "g-1", "metadata": fields{"tier": "gold"}})
	steady, down, gone := newSink(t), newSink(t), newSink(t)
	down.answering(always(http.StatusServiceUnavailable))
	gone.answering(always(http.StatusGone))

	endpoint := func(user, url string, kinds ...string) string {
		return s.create(t, of.path+"/endpoints", fields{"user_id": user, "url": url, "event_types": kinds})
	}
	act := func(want int, method, path string, body any) { s.must(t, want, method, path, body, nil) }
	steadyID := endpoint(of.user, steady.URL, eventName, "rare")
	downID := endpoint(grace, down.URL, "rare", "lonely")
	goneID := endpoint(grace, gone.URL, "rare")
	paused := endpoint(grace, steady.URL+"/paused", eventName, "rare")
	removed := endpoint(of.user, steady.URL+"/removed", eventName)
	s.endpoint(t, other, steady.URL+"/other")
	s.endpoint(t, other, gone.URL)
	act(http.StatusOK, http.MethodPost, of.path+"/endpoints/"+paused+"/pause", nil)
	act(http.StatusNoContent, http.MethodDelete, of.path+"/endpoints/"+removed, nil)
	act(http.StatusOK, http.MethodPost, of.path+"/endpoints/"+steadyID+"/secret/rotate", nil)
	act(http.StatusOK, http.MethodPatch, of.path+"/users/"+grace, fields{"name": "Grace H."})
	act(http.StatusNoContent, http.MethodDelete, of.path+"/event-types/"+old, nil)
	subscription := s.create(t, of.path+"/subscriptions", fields{"user_id": grace, "event_type": "rare", "endpoint": steady.URL + "/sub"})
	act(http.StatusNoContent, http.MethodDelete, of.path+"/subscriptions/"+subscription, nil)
	key := s.create(t, "/v1/keys", fields{"name": "reader", "scopes": []string{"read"}, "service_id": of.service})
	act(http.StatusNoContent, http.MethodDelete, "/v1/keys/"+key, nil)
	s.create(t, "/v1/keys", fields{"name": "shop", "scopes": []string{"publish"}, "holder": fields{"name": "shop", "kind": "program"}})

	publishing := newLoad(t, s.api, of)
	publishing.begin(8)
	publishing.more(1200) // more than one page of the journal holds
	publishing.end()
	publish := func(kind string) string {
		var made identified
		s.must(t, http.StatusAccepted, http.MethodPost, of.path+"/messages", fields{"event_type": kind, "payload": 1}, &made)
		return made.ID
	}
	var rares []string
	for n := range 20 {
		rares = append(rares, publish("rare"))
		s.publish(t, other, fields{"n": n})
	}
	publish("unheard")
	lonely := publish("lonely")
	act(http.StatusAccepted, http.MethodPost, of.path+"/endpoints/"+steadyID+"/test", nil)
	act(http.StatusAccepted, http.MethodPost, of.path+"/messages/"+rares[0]+"/deliveries/"+downID+"/discard", fields{"reason": "no use"})
	act(http.StatusAccepted, http.MethodPost, of.path+"/messages/"+lonely+"/deliveries/"+downID+"/discard", nil)
	act(http.StatusAccepted, http.MethodPost, of.path+"/messages/"+rares[1]+"/deliveries/"+steadyID+"/retry", nil)
	eventually(t, "nothing is due for minutes", func() bool {
		for _, id := range rares[1:] {
			if d := s.delivery(t, of, id, downID); d.Attempts < 2 {
				return false
			}
			if d := s.delivery(t, of, id, goneID); d.Status == "pending" {
				return false
			}
		}
		return len(s.all(t, of.path+"/messages?status=pending", 100)) == 0 && len(s.all(t, other.path+"/messages?status=pending", 100)) == 0
	})

	lists := []string{"/v1/services", "/v1/keys", "/v1/stuck", "/v1/history", "/v1/history?type=DeliveryFailed", "/v1/history?actor=dispatch"}
	for _, path := range []string{of.path, other.path} {
		for _, list := range []string{"users", "event-types", "endpoints", "subscriptions", "messages", "dead-letters", "history"} {
			lists = append(lists, path+"/"+list)
		}
	}
	for _, filtered := range []string{
		"users?external_id=g-1", "event-types?name=rare", "endpoints?status=paused", "endpoints?status=removed", "endpoints?user_id=" + grace,
		"subscriptions?event_type=rare", "subscriptions?status=removed", "messages?event_type=rare", "messages?endpoint_id=" + downID,
		"messages?cause=http_410", "dead-letters?cause=http_410", "dead-letters?endpoint_id=" + goneID,
		"history?type=SubscriptionRemoved", "history?stream=" + of.service + "/" + steadyID, "messages/" + rares[1] + "/deliveries",
	} {
		lists = append(lists, of.path+"/"+filtered)
	}
	for _, status := range []string{"pending", "retrying", "delivered", "failed", "discarded", "skipped"} {
		lists = append(lists, fmt.Sprintf("%s/messages?status=%s", of.path, status))
	}
	return lists
}
