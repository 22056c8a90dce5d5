package e2e

import (
	"maps"
	"testing"
)

func TestAUserIsRegisteredShownChangedAndArchived(t *testing.T) {
	t.Parallel()
	s := newService(t)
	made := s.post("/users", members{"name": "Ada", "external_id": "cust-7", "metadata": members{"tier": "gold"}}).is(201).fresh()
	u := of[userRow](made)
	if u.ServiceID != s.id || u.Name != "Ada" || value(u.ExternalID) != "cust-7" || !maps.Equal(u.Metadata, map[string]string{"tier": "gold"}) || u.ArchivedAt != nil {
		t.Errorf("registered %s", made.body)
	}
	if want := s.id + "/" + u.ID + "@1"; made.position() != want {
		t.Errorf("position %s, want %s", made.position(), want)
	}
	at := "/users/" + u.ID
	if shown := s.get(at).is(200); string(shown.body) != string(made.body) {
		t.Errorf("registered %s\nshown      %s", made.body, shown.body)
	}

	changed := of[userRow](s.patch(at, members{"name": "Ada L.", "metadata": members{"tier": "basic"}}).is(200).fresh())
	if changed.Name != "Ada L." || value(changed.ExternalID) != "cust-7" || changed.Metadata["tier"] != "basic" || changed.Version != 2 {
		t.Errorf("changed to %+v", changed)
	}
	bare := of[userRow](s.patch(at, members{"external_id": nil, "metadata": nil}).is(200))
	if bare.ExternalID != nil || len(bare.Metadata) != 0 || bare.Name != "Ada L." {
		t.Errorf("null took away to %+v", bare)
	}

	gone := s.delete(at).is(204)
	if got := of[userRow](s.get(at).is(200)); got.ArchivedAt == nil {
		t.Errorf("archived, but shown as %+v", got)
	}
	s.changesNothing(func() {
		if again := s.delete(at).is(204); again.position() != gone.position() {
			t.Errorf("archived at %s, and again at %s", gone.position(), again.position())
		}
		s.patch(at, members{"name": "late"}).refused(409, "conflict", "")
		s.post("/endpoints", members{"user_id": u.ID, "url": "https://example.com/hook"}).refused(409, "conflict", "user_id")
	})
}

func TestAnExternalIDIsUniqueWithinItsService(t *testing.T) {
	t.Parallel()
	s, other := newService(t), newService(t)
	u := s.user(members{"external_id": "cust-7"})
	v := s.user()

	if p := s.post("/users", members{"name": "Eve", "external_id": "cust-7"}).refused(409, "conflict", "external_id"); p.ID != u.ID {
		t.Errorf("409 with the id %q, want %s", p.ID, u.ID)
	}
	if p := s.patch("/users/"+v.ID, members{"external_id": "cust-7"}).refused(409, "conflict", "external_id"); p.ID != u.ID {
		t.Errorf("409 with the id %q, want %s", p.ID, u.ID)
	}
	other.user(members{"external_id": "cust-7"})
	t.Run("names are not unique", func(*testing.T) { s.user() })

	t.Run("it finds the user", func(t *testing.T) {
		found := first[userRow](s.client, "/users", where("external_id", "cust-7"))
		if len(found) != 1 || found[0].ID != u.ID {
			t.Errorf("found %+v", found)
		}
		if none := first[userRow](s.client, "/users", where("external_id", "cust-")); len(none) != 0 {
			t.Errorf("a part of it found %+v", none)
		}
	})
	t.Run("changing it frees it", func(*testing.T) {
		s.patch("/users/"+u.ID, members{"external_id": "cust-8"}).is(200)
		s.patch("/users/"+v.ID, members{"external_id": "cust-7"}).is(200)
	})
	t.Run("archiving its user frees it", func(t *testing.T) {
		s.delete("/users/" + v.ID).is(204)
		w := s.user(members{"external_id": "cust-7"})
		found := first[userRow](s.client, "/users", where("external_id", "cust-7"))
		if len(found) != 2 || found[0].ID != w.ID && found[1].ID != w.ID {
			t.Errorf("found %+v", found)
		}
	})
}
