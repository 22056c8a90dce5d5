package e2e

import (
	"testing"
	"time"
)

func TestAServiceIsCreatedShownChangedAndArchived(t *testing.T) {
	t.Parallel()
	c, name := admin(t), newToken("Bank")

	made := c.post("/services", members{"name": name}).is(201).fresh()
	s := of[serviceRow](made)
	if s.Name != name || s.DefaultFormat != *formatFlag || s.ArchivedAt != nil || s.Version != 1 {
		t.Errorf("created %s", made.body)
	}
	if time.Since(s.CreatedAt) > time.Minute || s.UpdatedAt != s.CreatedAt {
		t.Errorf("created at %s, updated at %s", s.CreatedAt, s.UpdatedAt)
	}
	if want := s.ID + "/service@1"; made.position() != want {
		t.Errorf("position %s, want %s", made.position(), want)
	}
	c.base += "/services/" + s.ID
	if shown := c.get("").is(200); string(shown.body) != string(made.body) {
		t.Errorf("created %s\nshown   %s", made.body, shown.body)
	}

	renamed := c.patch("", members{"name": name + " AG"}).is(200)
	if r := of[serviceRow](renamed); r.Name != name+" AG" || r.Version != 2 || !r.UpdatedAt.After(s.UpdatedAt) || r.CreatedAt != s.CreatedAt {
		t.Errorf("renamed to %s", renamed.body)
	}

	gone := c.delete("").is(204)
	if len(gone.body) > 0 {
		t.Errorf("archived with a body: %s", gone.body)
	}
	if a := of[serviceRow](c.get("").is(200)); a.ArchivedAt == nil || a.Version != 3 {
		t.Errorf("archived, but shown as %+v", a)
	}
	if again := c.delete("").is(204); again.position() != gone.position() {
		t.Errorf("archived at %s, and again at %s", gone.position(), again.position())
	}
	c.patch("", members{"name": "late"}).refused(409, "conflict", "")
}

func TestAServiceTakesNothingNewOnceItIsArchived(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.user()
	kind := s.eventType("card_issued")
	e := s.endpoint(u.ID, "https://example.com/hook", "card_issued")
	sub := e.Subscriptions[0].ID
	s.delete("").is(204)

	s.changesNothing(func() {
		s.post("/users", members{"name": "Eve"}).refused(409, "conflict", "")
		s.patch("/users/"+u.ID, members{"name": "Eve"}).refused(409, "conflict", "")
		s.post("/event-types", members{"name": "late"}).refused(409, "conflict", "")
		s.patch("/event-types/"+kind.ID, members{"description": "late"}).refused(409, "conflict", "")
		s.post("/endpoints", members{"user_id": u.ID, "url": "https://example.com/late"}).refused(409, "conflict", "")
		s.patch("/endpoints/"+e.ID, members{"description": "late"}).refused(409, "conflict", "")
		s.post("/endpoints/"+e.ID+"/test", nil).refused(409, "conflict", "")
		s.post("/endpoints/"+e.ID+"/secret/rotate", nil).refused(409, "conflict", "")
		s.post("/subscriptions", members{"user_id": u.ID, "event_type": "card_issued", "endpoint": "https://example.com/late"}).refused(409, "conflict", "")
		s.post("/messages", message("card_issued", u.ID)).refused(409, "conflict", "")
	})
	t.Run("its children answer its archived_at", func(t *testing.T) {
		at := of[serviceRow](s.get("").is(200)).ArchivedAt
		for path, got := range map[string]*time.Time{
			"/users/" + u.ID:          of[userRow](s.get("/users/" + u.ID).is(200)).ArchivedAt,
			"/event-types/" + kind.ID: of[eventTypeRow](s.get("/event-types/" + kind.ID).is(200)).ArchivedAt,
			"/endpoints/" + e.ID:      of[endpointRow](s.get("/endpoints/" + e.ID).is(200)).ArchivedAt,
			"/subscriptions/" + sub:   of[subscriptionRow](s.get("/subscriptions/" + sub).is(200)).ArchivedAt,
			"/users":                  first[userRow](s.client, "/users")[0].ArchivedAt,
			"/event-types":            first[eventTypeRow](s.client, "/event-types")[0].ArchivedAt,
			"/endpoints":              first[endpointRow](s.client, "/endpoints")[0].ArchivedAt,
			"/subscriptions":          first[subscriptionRow](s.client, "/subscriptions")[0].ArchivedAt,
		} {
			if got == nil || !got.Equal(*at) {
				t.Errorf("%s answers archived_at %v, want %v", path, got, at)
			}
		}
	})
	t.Run("archiving it was one event", func(t *testing.T) {
		events := s.history()
		if n := len(ofType(events, "ServiceArchived")); n != 1 {
			t.Errorf("%d events ServiceArchived", n)
		}
		for _, name := range []string{"UserArchived", "EventTypeArchived", "EndpointRemoved", "SubscriptionRemoved"} {
			if n := len(ofType(events, name)); n != 0 {
				t.Errorf("%d events %s", n, name)
			}
		}
	})
}

func TestAServiceNameIsUniqueUntilItIsFree(t *testing.T) {
	t.Parallel()
	c, name, other := admin(t), newToken("Bank"), newToken("Shop")
	bank := of[serviceRow](c.post("/services", members{"name": name}).is(201))
	shop := of[serviceRow](c.post("/services", members{"name": other}).is(201))

	if p := c.post("/services", members{"name": name}).refused(409, "conflict", "name"); p.ID != bank.ID {
		t.Errorf("409 with the id %q, want %s", p.ID, bank.ID)
	}
	if p := c.patch("/services/"+shop.ID, members{"name": name}).refused(409, "conflict", "name"); p.ID != bank.ID {
		t.Errorf("409 with the id %q, want %s", p.ID, bank.ID)
	}
	c.patch("/services/"+bank.ID, members{"name": name + " AG"}).is(200)
	c.patch("/services/"+shop.ID, members{"name": name}).is(200)
	c.delete("/services/" + shop.ID).is(204)
	c.post("/services", members{"name": name}).is(201)
}
