package e2e

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// needs is the scope that each operation asks for. "admin" is the admin key; "manage all" is manage without being
// limited to a service, "any" any key.
var needs = map[string]string{
	"createService": "manage all", "listServices": "read", "getService": "read", "updateService": "manage", "archiveService": "manage",
	"registerUser": "manage", "listUsers": "read", "getUser": "read", "updateUser": "manage", "archiveUser": "manage",
	"createEventType": "manage", "listEventTypes": "read", "getEventType": "read", "updateEventType": "manage", "archiveEventType": "manage",
	"addEndpoint": "manage", "listEndpoints": "read", "getEndpoint": "read", "updateEndpoint": "manage", "removeEndpoint": "manage",
	"pauseEndpoint": "manage", "resumeEndpoint": "manage", "testEndpoint": "manage", "readSecret": "secrets", "rotateSecret": "manage",
	"subscribe": "manage", "listSubscriptions": "read", "getSubscription": "read", "unsubscribe": "manage", "confirmSubscription": "manage",
	"requestHandshake": "manage",
	"publish":          "publish", "publishBatch": "publish", "listMessages": "read", "getMessage": "read", "messageHistory": "read", "listDeliveries": "read", "live": "read", "stats": "read",
	"retryDelivery": "manage", "discardDelivery": "manage", "listDeadLetters": "read", "serviceHistory": "read",
	"recoverEndpoint": "manage", "listDeadLetterGroups": "read", "retryDeadLetters": "manage", "discardDeadLetters": "manage",
	"listJobs": "read", "getJob": "read", "cancelJob": "manage",
	"rebuild": "admin", "verifyLog": "admin", "listOperationJobs": "admin", "getOperationJob": "admin", "cancelOperationJob": "admin",
	"whoami": "any", "createKey": "admin", "listKeys": "admin", "getKey": "admin", "revokeKey": "admin", "history": "admin", "system": "admin", "listStuck": "admin", "retryStuck": "admin",
}

// closedToUsers are the operations below a service that a key of one user may not call, whatever its scopes.
var closedToUsers = map[string]bool{
	"updateService": true, "archiveService": true, "registerUser": true, "updateUser": true, "archiveUser": true,
	"createEventType": true, "updateEventType": true, "archiveEventType": true,
	"recoverEndpoint": true, "retryDeadLetters": true, "discardDeadLetters": true, "listJobs": true, "getJob": true, "cancelJob": true,
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
	ofUser, ofOther, stranger := map[string]keyRow{}, map[string]keyRow{}, s.user()
	for _, scope := range scopes {
		ofUser[scope], ofOther[scope] = newUserKey(s, ids["{usr}"], scope), newUserKey(s, stranger.ID, scope)
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
				if need == scope || need == "any" || need == "manage all" && scope == "manage" {
					a.allowed(everywhere[scope])
				} else {
					a.with(everywhere[scope].Key).refused(403, "forbidden", "")
				}
				if need == scope || need == "any" {
					a.allowed(here[scope])
				} else {
					a.with(here[scope].Key).refused(403, "forbidden", "")
				}
				if strings.Contains(op.path, "{svc}") {
					a.unknown(elsewhere[scope])
				}
				if need != scope && need != "any" || closedToUsers[op.id] {
					a.with(ofUser[scope].Key).refused(403, "forbidden", "")
					a.with(ofOther[scope].Key).refused(403, "forbidden", "")
					continue
				}
				a.allowed(ofUser[scope])
				if ofUsers := regexp.MustCompile("{(usr|ep|sub|msg)}"); ofUsers.MatchString(op.path) {
					a.with(ofOther[scope].Key).refused(404, "not-found", "")
				} else {
					a.allowed(ofOther[scope])
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

func TestAKeyOfAUserSeesAndDoesOnlyItsPart(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, bob := s.user(), s.user()
	kind := s.eventType("card_issued")
	well, broken := receive(t, nil), receive(t, always(410))
	adas, bobs := s.endpoint(ada.ID, well.url(), "card_issued"), s.endpoint(bob.ID, broken.url(), "card_issued")
	begin := s.live("").Next
	toAda, toBob, toAll := s.publish("card_issued", ada.ID), s.publish("card_issued", bob.ID), s.publish("card_issued", "")
	s.awaitDelivery(toAll.ID, adas.ID, "delivered")
	s.awaitDelivery(toBob.ID, bobs.ID, "failed")
	mine := s.by(newUserKey(s, ada.ID, "publish", "manage", "read", "secrets").Key)

	for list, want := range map[string][]string{
		"/users": {ada.ID}, "/event-types": {kind.ID}, "/endpoints": {adas.ID}, "/subscriptions": {adas.Subscriptions[0].ID},
		"/messages": {toAll.ID, toAda.ID}, "/dead-letters": nil,
	} {
		if got := each(first[row](mine.client, list), func(r row) string { return r.ID }); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", list, got, want)
		}
	}
	for _, list := range []string{"/endpoints", "/subscriptions", "/messages"} {
		if got := first[row](mine.client, list, where("user_id", bob.ID)); len(got) != 0 {
			t.Errorf("%s of another user: %v", list, got)
		}
	}
	for _, status := range []string{"failed", "skipped"} {
		if got := first[row](mine.client, "/messages", where("status", status)); len(got) != 0 {
			t.Errorf("%s messages: %v", status, got)
		}
	}
	of[messageRow](mine.get("/messages/" + toAda.ID).is(200))
	if m := of[messageRow](mine.get("/messages/" + toAll.ID).is(200)); m.Status != "delivered" || m.Deliveries["delivered"] != 1 || len(m.Deliveries) != 1 {
		t.Errorf("of a broadcast it sees %+v", m)
	}
	if d := mine.deliveries(toAll.ID); len(d) != 1 || d[0].EndpointID != adas.ID {
		t.Errorf("of a broadcast it sees the deliveries %+v", d)
	}
	shown := []string{string(mine.get("/messages/" + toAll.ID + "/history").is(200).body), string(mine.get("/history", where("limit", "100")).is(200).body)}
	shown = append(shown, string(mine.get("/live", where("cursor", begin, "limit", "100")).is(200).body), string(mine.get("/stats").is(200).body))
	for _, text := range shown {
		for what, id := range map[string]string{"user": bob.ID, "endpoint": bobs.ID, "message": toBob.ID, "URL": broken.url()} {
			if strings.Contains(text, id) {
				t.Errorf("it sees another's %s in %s", what, text)
			}
		}
	}
	if got := types(mine.history()); !slices.Contains(got, "DeliverySucceeded") || !slices.Contains(got, "UserRegistered") || slices.Contains(got, "ServiceCreated") {
		t.Errorf("its history is %v", got)
	}
	if f := mine.stats().Total; value(f.Accepted) != 2 || f.Delivered != 2 || f.Failed != 0 || f.Skipped != 0 {
		t.Errorf("its figures are %+v", f)
	}
	s.changesNothing(func() {
		mine.post("/messages", message("card_issued", bob.ID)).refused(422, "invalid", "user_id")
		mine.post("/messages", message("card_issued", "")).refused(422, "invalid", "user_id")
		mine.post("/endpoints", members{"user_id": bob.ID, "url": "https://example.com/x"}).refused(422, "invalid", "user_id")
		mine.post("/subscriptions", members{"user_id": bob.ID, "event_type": "card_issued", "endpoint": bobs.ID}).refused(422, "invalid", "user_id")
		mine.post("/subscriptions", members{"user_id": ada.ID, "event_type": "card_issued", "endpoint": bobs.ID}).refused(422, "invalid", "endpoint")
		mine.post("/messages/"+toAll.ID+"/deliveries/"+bobs.ID+"/discard", nil).refused(404, "not-found", "")
		mine.post("/users", members{"name": "Eve"}).refused(403, "forbidden", "")
		client{t: t, server: s.server, key: mine.key, base: "/v1"}.get("/keys").refused(403, "forbidden", "")
	})
	mine.endpoint(ada.ID, "https://example.com/more", "card_issued")
	mine.post("/endpoints/"+adas.ID+"/pause", nil).is(200)
	mine.post("/endpoints/"+adas.ID+"/resume", nil).is(200)
	mine.publish("card_issued", ada.ID, once("shared"))
	s.publish("card_issued", bob.ID, once("shared")) // the keys of a user are apart from the operator's
	if m := mine.secret(adas.ID); m == "" {
		t.Error("it has no secret")
	}
}

func TestAKeyOfAUserMustBeOfOne(t *testing.T) {
	t.Parallel()
	s, other := newService(t), newService(t)
	u := s.user()
	archived := s.user()
	s.delete("/users/" + archived.ID).is(204)
	body := members{"name": "x", "scopes": []string{"read"}}
	c := client{t: t, server: s.server, key: s.key, base: "/v1"}
	c.post("/keys", merged(maps.Clone(body), members{"user_id": u.ID})).refused(422, "invalid", "user_id")
	c.post("/keys", merged(maps.Clone(body), members{"service_id": other.id, "user_id": u.ID})).refused(422, "invalid", "user_id")
	c.post("/keys", merged(maps.Clone(body), members{"service_id": s.id, "user_id": ""})).refused(422, "invalid", "user_id")
	c.post("/keys", merged(maps.Clone(body), members{"service_id": s.id, "user_id": archived.ID})).refused(409, "conflict", "user_id")
	k := newUserKey(s, u.ID, "read")
	if value(k.UserID) != u.ID || value(k.ServiceID) != s.id {
		t.Errorf("the key is of %v of %v", value(k.UserID), value(k.ServiceID))
	}
}

func TestAKeysLastUse(t *testing.T) {
	t.Parallel()
	s := newService(t)
	c := client{t: t, server: s.server, key: s.key, base: "/v1"}
	k := newKey(c, s.id, "read")
	if k.LastUsed != nil {
		t.Fatalf("it was used before it was there: %+v", k.LastUsed)
	}
	before := time.Now()
	s.by(k.Key).get("/users").is(200)
	got := of[keyRow](c.get("/keys/" + k.ID).is(200)).LastUsed
	if got == nil || got.At.Before(before.Add(-time.Second)) || got.From != "127.0.0.1" || got.Call != "GET /v1/services/:svc/users" {
		t.Errorf("its last use is %+v", got)
	}
	for _, row := range all[keyRow](c, "/keys") {
		if row.ID == k.ID && (row.LastUsed == nil || row.LastUsed.Call != got.Call) {
			t.Errorf("the list has %+v", row.LastUsed)
		}
	}
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
