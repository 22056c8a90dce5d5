package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// needs is the scope that each operation asks for. "admin" is the admin key; "manage all" is manage without being
// limited to a service.
var needs = map[string]string{
	"createService": "manage all", "listServices": "read", "getService": "read", "updateService": "manage", "archiveService": "manage",
	"registerUser": "manage", "listUsers": "read", "getUser": "read", "updateUser": "manage", "archiveUser": "manage",
	"createEventType": "manage", "listEventTypes": "read", "getEventType": "read", "updateEventType": "manage", "archiveEventType": "manage",
	"addEndpoint": "manage", "listEndpoints": "read", "getEndpoint": "read", "updateEndpoint": "manage", "removeEndpoint": "manage",
	"pauseEndpoint": "manage", "resumeEndpoint": "manage", "testEndpoint": "manage", "readSecret": "secrets", "rotateSecret": "manage",
	"subscribe": "manage", "listSubscriptions": "read", "getSubscription": "read", "unsubscribe": "manage", "confirmSubscription": "manage",
	"publish": "publish", "publishBatch": "publish", "listMessages": "read", "getMessage": "read", "messageHistory": "read", "listDeliveries": "read",
	"retryDelivery": "manage", "discardDelivery": "manage", "listDeadLetters": "read", "serviceHistory": "read",
	"recoverEndpoint": "manage", "listDeadLetterGroups": "read", "retryDeadLetters": "manage", "discardDeadLetters": "manage",
	"listJobs": "read", "getJob": "read", "cancelJob": "manage",
	"rebuild": "admin", "verifyLog": "admin", "listOperationJobs": "admin", "getOperationJob": "admin", "cancelOperationJob": "admin",
	"createKey": "admin", "listKeys": "admin", "getKey": "admin", "revokeKey": "admin", "history": "admin", "listStuck": "admin", "retryStuck": "admin",
}

// TestEveryRouteAsksForItsScope tries every operation of the description with every kind of key.
func TestEveryRouteAsksForItsScope(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ids := furnished(s)
	other := newService(t)
	revoked := newKey(s.client, "", "publish", "manage", "read", "secrets")
	s.revoke(revoked.ID)
	scopes := []string{"publish", "manage", "read", "secrets"}
	everywhere, here, elsewhere := map[string]keyRow{}, map[string]keyRow{}, map[string]keyRow{}
	for _, scope := range scopes {
		everywhere[scope], here[scope], elsewhere[scope] = newKey(s.client, "", scope), newKey(s.client, s.id, scope), newKey(s.client, other.id, scope)
	}
	most := newKey(s.client, "", scopes...)
	unused := maps.Clone(needs)
	for _, op := range suite.api.operations() {
		if op.public {
			continue
		}
		need, ok := needs[op.id]
		if !ok {
			t.Fatalf("the test does not know what %s needs", op.id)
		}
		delete(unused, op.id)
		t.Run(op.id, func(t *testing.T) {
			a := attempt{client{t: t, server: s.server}, op, ids}
			a.with("").refused(401, "key-missing", "")
			a.with("wpk_00000000000000000000000000_"+strings.Repeat("0", 64)).refused(401, "key-unknown", "")
			a.with(revoked.Key).refused(401, "key-revoked", "")
			for _, scope := range scopes {
				if need == scope || need == "manage all" && scope == "manage" {
					a.allowed(everywhere[scope])
				} else {
					a.with(everywhere[scope].Key).refused(403, "forbidden", "")
				}
				if need == scope {
					a.allowed(here[scope])
				} else {
					a.with(here[scope].Key).refused(403, "forbidden", "")
				}
				if strings.Contains(op.path, "{svc}") {
					a.unknown(elsewhere[scope])
				}
			}
			if need == "admin" {
				a.with(most.Key).refused(403, "forbidden", "")
			} else {
				a.allowed(most)
			}
			a.allowed(keyRow{Key: s.key})
		})
	}
	if len(unused) > 0 {
		t.Errorf("the description does not have %v", slices.Collect(maps.Keys(unused)))
	}
}

// furnished gives the ids of the parameters of paths. Things in the service exist, so that only the key can be in the
// way; they are addressed with an id that does not exist where a call would change them.
func furnished(s service) map[string]string {
	u := s.user()
	kind := s.eventType("card_issued")
	e := s.endpoint(u.ID, "https://example.com/hook", "card_issued")
	m := s.publish("card_issued", "", func(*request) {})
	return map[string]string{
		"{svc}": s.id, "{usr}": u.ID, "{typ}": kind.ID, "{ep}": e.ID, "{sub}": e.Subscriptions[0].ID, "{msg}": m.ID,
		"{key}": "key_00000000000000000000000000", "{id}": "nothing", "{job}": "job_00000000000000000000000000",
	}
}

// attempt is an operation that is tried with several keys.
type attempt struct {
	client
	op  operation
	ids map[string]string
}

func (a attempt) path() string {
	path := a.op.path
	for name, id := range a.ids {
		path = strings.ReplaceAll(path, name, id)
	}
	return path
}

// with tries the operation. The body has a member that no call takes, so that what is allowed still changes nothing;
// what is removed without a body is not there.
func (a attempt) with(key string) answer {
	a.t.Helper()
	a.key = key
	path := a.path()
	if a.op.method == "DELETE" && a.op.id != "archiveService" {
		path = path[:strings.LastIndexByte(path, '/')+1] + "none"
	}
	if a.op.method == "GET" || a.op.method == "DELETE" {
		return a.send(a.op.method, path, nil, wrong)
	}
	return a.send(a.op.method, path, members{"no member": true}, wrong)
}

// allowed demands that the key is not in the way. Archiving the service is left to the end of its own test.
func (a attempt) allowed(k keyRow) {
	a.t.Helper()
	if a.op.id == "archiveService" {
		return
	}
	got := a.with(k.Key)
	if got.status == 401 || got.status == 403 || got.status >= 500 {
		a.t.Errorf("a key with the scopes %v: %d %s", k.Scopes, got.status, got.body)
	}
	if a.op.method != "GET" && got.status < 400 {
		a.t.Errorf("%s was carried out without what it needs: %d", got.name(), got.status)
	}
}

// unknown demands that to this key the service looks like one that never was.
func (a attempt) unknown(k keyRow) {
	a.t.Helper()
	real_ := a.with(k.Key).refused(404, "not-found", "")
	a.ids = maps.Clone(a.ids)
	a.ids["{svc}"] = "svc_00000000000000000000000000"
	none := a.with(k.Key).refused(404, "not-found", "")
	if real_.Detail != none.Detail {
		a.t.Errorf("another's service answers %q, one that never was %q", real_.Detail, none.Detail)
	}
}

func TestAKeyOfAServiceSeesOnlyThat(t *testing.T) {
	t.Parallel()
	s, other := newService(t), newService(t)
	k := newKey(s.client, s.id, "publish", "manage", "read", "secrets")
	mine := client{t: t, server: s.server, key: k.Key, base: "/v1"}
	if rows := first[serviceRow](mine, "/services"); len(rows) != 1 || rows[0].ID != s.id {
		t.Errorf("it sees %+v", rows)
	}
	mine.post("/services", members{"name": newToken("service")}).refused(403, "forbidden", "")
	mine.post("/keys", members{"name": "more", "scopes": []string{"read"}}).refused(403, "forbidden", "")
	mine.get("/history").refused(403, "forbidden", "")

	ids := furnished(other)
	u := s.user()
	s.eventType("card_issued")
	for path, what := range map[string]string{
		"/users/" + ids["{usr}"]: "user", "/event-types/" + ids["{typ}"]: "type", "/endpoints/" + ids["{ep}"]: "endpoint",
		"/subscriptions/" + ids["{sub}"]: "subscription", "/messages/" + ids["{msg}"]: "message",
	} {
		if p := s.by(k.Key).get(path).refused(404, "not-found", ""); strings.Contains(p.Detail, "service") {
			t.Errorf("another service's %s: %s", what, p.Detail)
		}
		s.by(k.Key).get(path, func(r *request) { r.URL.Path = strings.Replace(r.URL.Path, s.id, other.id, 1) }).refused(404, "not-found", "")
	}
	s.changesNothing(func() {
		mine := s.by(k.Key)
		mine.post("/messages", message("card_issued", ids["{usr}"])).refused(422, "invalid", "user_id")
		mine.post("/endpoints", members{"user_id": ids["{usr}"], "url": "https://example.com/x"}).refused(422, "invalid", "user_id")
		mine.post("/subscriptions", members{"user_id": u.ID, "event_type": "card_issued", "endpoint": ids["{ep}"]}).refused(422, "invalid", "endpoint")
		mine.delete("/endpoints/"+ids["{ep}"]).refused(404, "not-found", "")
		mine.post("/endpoints/"+ids["{ep}"]+"/pause", nil).refused(404, "not-found", "")
		mine.get("/endpoints/"+ids["{ep}"]+"/secret").refused(404, "not-found", "")
		mine.post("/messages/"+ids["{msg}"]+"/deliveries/"+ids["{ep}"]+"/retry", nil).refused(404, "not-found", "")
	})
	for _, list := range []string{"/messages", "/endpoints", "/subscriptions"} {
		if rows := first[row](s.by(k.Key).client, list, where("user_id", ids["{usr}"])); len(rows) != 0 {
			t.Errorf("%s of another's user: %v", list, rows)
		}
	}
	t.Run("with one Idempotency-Key two services are apart", func(*testing.T) {
		s.by(k.Key).post("/users", members{"name": "Ada"}, once("shared")).is(201)
		other.post("/users", members{"name": "Eve"}, once("shared")).is(201)
	})
}

func TestAKeyOfAllServicesSeesAll(t *testing.T) {
	t.Parallel()
	s, other := newService(t), newService(t)
	k := newKey(s.client, "", "read", "manage")
	for _, svc := range []service{s, other} {
		svc.by(k.Key).get("").is(200)
	}
	made := client{t: t, server: s.server, key: k.Key, base: "/v1"}.post("/services", members{"name": newToken("service")}).is(201)
	if events := all[event](admin(t), "/history", where("actor", k.ID, "type", "ServiceCreated")); len(events) != 1 || !strings.HasPrefix(events[0].Stream, of[row](made).ID) {
		t.Errorf("by the key: %+v", events)
	}
}
