package e2e

import (
	"slices"
	"strings"
	"testing"
)

func TestAKeyIsMadeShownAndRevoked(t *testing.T) {
	t.Parallel()
	c := admin(t)
	made := c.post("/keys", members{
		"name": "the CI", "scopes": []string{"publish", "read"}, "holder": members{"name": "Ada Lovelace", "kind": "person"},
	}).is(201).fresh()
	k := of[keyRow](made)
	if k.Name != "the CI" || !slices.Equal(k.Scopes, []string{"publish", "read"}) || k.ServiceID != nil || k.RevokedAt != nil {
		t.Errorf("made %+v", k)
	}
	if !strings.HasPrefix(k.Key, "wpk_"+strings.TrimPrefix(k.ID, "key_")+"_") {
		t.Errorf("a key of the form %.10s…", k.Key)
	}
	at := "/keys/" + k.ID
	if shown := of[keyRow](c.get(at).is(200)); shown.Key != "" || shown.ID != k.ID || shown.Holder == nil {
		t.Errorf("shown %+v", shown)
	}
	for _, row := range all[keyRow](c, "/keys") {
		if row.Key != "" {
			t.Error("a list shows a key")
		}
	}
	c.with(k.Key).get("/services").is(200)

	gone := c.delete(at).is(204)
	c.with(k.Key).get("/services").refused(401, "key-revoked", "")
	if again := c.delete(at).is(204); again.position() != gone.position() {
		t.Errorf("revoked at %s, and again at %s", gone.position(), again.position())
	}
	if shown := of[keyRow](c.get(at).is(200)); shown.RevokedAt == nil {
		t.Errorf("revoked, but shown as %+v", shown)
	}
	c.get("/keys/key_00000000000000000000000000").refused(404, "not-found", "")
	c.delete("/keys/key_00000000000000000000000000").refused(404, "not-found", "")
}

func TestRevokingHoldsAtOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	for range 10 {
		k := newKey(s.client, s.id, "publish")
		s.by(k.Key).publish("card_issued", "")
		s.with(s.key).revoke(k.ID)
		s.by(k.Key).post("/messages", message("card_issued", "")).refused(401, "key-revoked", "")
	}
}

func (c client) revoke(key string) {
	c.t.Helper()
	c.base = "/v1"
	c.delete("/keys/" + key).is(204)
}

func TestAKeyIsKnownByItsWholeText(t *testing.T) {
	t.Parallel()
	c := admin(t)
	k := newKey(c, "", "read").Key
	changed := k[:len(k)-1] + string(k[len(k)-1]^1)
	for name, sent := range map[string]string{
		"another secret": changed, "a part of it": k[:len(k)-1], "more than it": k + "0", "no secret": k[:strings.LastIndexByte(k, '_')+1],
		"unknown":   "wpk_00000000000000000000000000_" + strings.Repeat("0", 64),
		"malformed": "wpk_", "not one of ours": "sk_live_1", "upper case": strings.ToUpper(k), "with a space": k + " x",
	} {
		if p := c.with(sent).get("/services").refused(401, "key-unknown", ""); strings.Contains(p.Detail, sent) {
			t.Errorf("%s: the answer repeats the key", name)
		}
	}
	none := c.with("").get("/services")
	none.refused(401, "key-missing", "")
	if none.header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("401 with WWW-Authenticate %q", none.header.Get("WWW-Authenticate"))
	}
	c.with("").get("/services", header("Authorization", "Basic YWRtaW46YWRtaW4=")).refused(401, "key-missing", "")
	c.with("").get("/services", header("Authorization", "bearer "+k)).is(200)
}

func TestAKeyIsRefused(t *testing.T) {
	t.Parallel()
	c, s := admin(t), newService(t)
	archived := newService(t)
	archived.delete("").is(204)
	good := func(change members) members {
		return merged(members{"name": "a key", "scopes": []string{"read"}}, change)
	}
	for _, bad := range []struct {
		body  members
		field string
	}{
		{good(members{"scopes": []string{}}), "scopes"},
		{good(members{"scopes": []string{"admin"}}), "scopes"},
		{good(members{"scopes": []string{"read", "read"}}), "scopes"},
		{good(members{"scopes": "read"}), "scopes"},
		{good(members{"name": ""}), "name"},
		{good(members{"service_id": "svc_1"}), "service_id"},
		{good(members{"service_id": ""}), "service_id"}, // it must not be good for all
		{good(members{"service_id": 7}), "service_id"},
		{good(members{"holder": members{"name": "Ada", "kind": "robot"}}), "holder.kind"},
		{good(members{"holder": members{"kind": "person"}}), "holder.name"},
		{good(members{"holder": members{}}), "holder.name"},
		{good(members{"holder": "Ada"}), "holder"},
		{good(members{"user_id": "usr_00000000000000000000000000"}), "user_id"}, // comes later
		{good(members{"key": "wpk_mine"}), "key"},
	} {
		c.post("/keys", bad.body, wrong).refused(422, "invalid", bad.field)
	}
	c.post("/keys", good(members{"service_id": archived.id})).refused(409, "conflict", "service_id")
	c.post("/keys", good(members{"service_id": "svc_00000000000000000000000000"})).refused(422, "invalid", "service_id")
	if k := of[keyRow](c.post("/keys", good(members{"service_id": s.id})).is(201)); value(k.ServiceID) != s.id {
		t.Errorf("limited to %v", k.ServiceID)
	}
}

func TestHistoriesNameTheHolderOfAKey(t *testing.T) {
	t.Parallel()
	s := newService(t)
	c := admin(t)
	held := of[keyRow](c.post("/keys", members{"name": "laptop", "scopes": []string{"manage", "read"}, "holder": members{"name": "Ada Lovelace", "kind": "person"}}).is(201))
	bare := newKey(c, "", "manage")
	s.by(held.Key).user()
	s.by(bare.Key).user()
	users := ofType(s.history(), "UserRegistered")
	if len(users) != 2 || users[0].Actor != held.ID || users[0].ActorName != "Ada Lovelace" || users[1].Actor != bare.ID || users[1].ActorName != bare.Name {
		t.Errorf("by %+v", users)
	}
}
