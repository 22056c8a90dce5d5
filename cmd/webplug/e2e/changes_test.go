package e2e

import "testing"

func TestAPatchThatChangesNothingWritesNothing(t *testing.T) {
	t.Parallel()
	s := newService(t)
	name := of[serviceRow](s.get("").is(200)).Name
	u := s.user(members{"external_id": "cust-7", "metadata": members{"tier": "gold"}})
	kind := s.eventType("card_issued", members{"description": "Issued", "schema": members{"type": "object"}, "example": members{"a": 1}})
	e := s.endpoint(u.ID, "https://example.com/hook", "card_issued")
	for path, bodies := range map[string][]members{
		"":                        {{}, {"name": name}, {"default_format": *formatFlag}, {"name": name, "default_format": *formatFlag}},
		"/users/" + u.ID:          {{}, {"name": "Ada"}, {"external_id": "cust-7"}, {"metadata": members{"tier": "gold"}}},
		"/event-types/" + kind.ID: {{}, {"description": "Issued"}, {"schema": members{"type": "object"}}, {"example": members{"a": 1}}},
		"/endpoints/" + e.ID:      {{}, {"url": "https://example.com/hook"}, {"description": ""}, {"description": nil}},
	} {
		before := s.get(path).is(200)
		var position string
		s.changesNothing(func() {
			for _, body := range bodies {
				got := s.patch(path, body).is(200)
				if string(got.body) != string(before.body) {
					t.Errorf("%s %v answered %s, was %s", path, body, got.body, before.body)
				}
				if position != "" && got.position() != position {
					t.Errorf("%s %v moved it from %s to %s", path, body, position, got.position())
				}
				position = got.position()
			}
		})
	}
}

func TestSixteenChangesAtOnceAllHold(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.user()
	at := "/users/" + u.ID
	answers := together(16, func(i int) answer {
		if i%2 == 0 {
			return s.patch(at, members{"name": "Ada " + string(rune('A'+i))})
		}
		return s.patch(at, members{"metadata": members{"n": string(rune('A' + i))}})
	})
	positions := map[string]bool{}
	for _, a := range answers {
		positions[a.is(200).position()] = true
	}
	if len(positions) != 16 {
		t.Errorf("16 changes have %d positions", len(positions))
	}
	final := of[userRow](s.get(at).is(200))
	if final.Version != 17 || final.Name == "Ada" || final.Metadata["n"] == "" {
		t.Errorf("after 16 changes: %+v", final)
	}
	t.Run("also where they want the same name", func(t *testing.T) {
		users := make([]userRow, 16)
		for i := range users {
			users[i] = s.user()
		}
		got := statuses(together(16, func(i int) answer { return s.patch("/users/"+users[i].ID, members{"external_id": "cust-7"}) }))
		if got[200] != 1 || got[409] != 15 {
			t.Errorf("16 users take one external id: %v", got)
		}
	})
	t.Run("also where they pause, resume and rotate", func(t *testing.T) {
		e := s.endpoint(u.ID, "https://example.com/hook")
		got := statuses(together(16, func(i int) answer {
			return s.post("/endpoints/"+e.ID+[]string{"/pause", "/resume"}[i%2], nil)
		}))
		if got[200] != 16 {
			t.Errorf("16 pauses and resumes: %v", got)
		}
	})
}
