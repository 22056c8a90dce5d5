package e2e

import (
	"slices"
	"strconv"
	"testing"
)

// What a person types finds users, event types and endpoints, of however many there are.
func TestWhatAPersonTypesFinds(t *testing.T) {
	t.Parallel()
	s := newService(t)
	shop := s.user(members{"name": "Bluefin Payroll", "external_id": "kc-440"})
	twice := s.user(members{"name": "Ann Annan"})
	accent := s.user(members{"name": "Ümit's Çarşı"})
	renamed := s.user(members{"name": "Old name"})
	s.patch("/users/"+renamed.ID, members{"name": "New label"}).is(200)
	gone := s.user(members{"name": "Bluefin Closed"})
	s.delete("/users/" + gone.ID).is(204)
	kind := s.eventType("card_issued")
	hook := s.endpoint(shop.ID, "https://hooks.kestrel.example/Cards/in?token=1", kind.Name)

	for _, c := range []struct {
		path, text string
		want       []string
	}{
		{"/users", "blue", []string{shop.ID}},
		{"/users", "Payroll", []string{shop.ID}},
		{"/users", "bluefin pay", []string{shop.ID}},
		{"/users", "KC-440", []string{shop.ID}},
		{"/users", "440", []string{shop.ID}},
		{"/users", shop.ID, []string{shop.ID}},
		{"/users", gone.ID, []string{gone.ID}},
		{"/users", "ann", []string{twice.ID}},
		{"/users", "ümit", []string{accent.ID}},
		{"/users", "old", nil},
		{"/users", "new", []string{renamed.ID}},
		{"/users", "luefin", nil},
		{"/event-types", "issued", []string{kind.ID}},
		{"/event-types", "card_", []string{kind.ID}},
		{"/event-types", kind.ID, []string{kind.ID}},
		{"/endpoints", "hooks.kestrel.example/cards/in", []string{hook.ID}},
		{"/endpoints", "https://hooks.kestrel.example", []string{hook.ID}},
		{"/endpoints", "kestrel", []string{hook.ID}},
		{"/endpoints", "cards", []string{hook.ID}},
		{"/endpoints", hook.ID, []string{hook.ID}},
		{"/endpoints", "elsewhere.example", nil},
	} {
		if got := ids(all[row](s.client, c.path, where("q", c.text))); !slices.Equal(got, c.want) {
			t.Errorf("%s?q=%s: %v, want %v", c.path, c.text, got, c.want)
		}
	}
	if got := ids(all[row](s.client, "/endpoints", where("q", "kestrel", "user_id", twice.ID))); len(got) > 0 {
		t.Errorf("of another user: %v", got)
	}
	s.delete("/endpoints/" + hook.ID).is(204)
	if got := ids(all[row](s.client, "/endpoints", where("q", "kestrel"))); len(got) > 0 {
		t.Errorf("removed, and found: %v", got)
	}
	if got := ids(all[row](newService(t).client, "/users", where("q", "blue"))); len(got) > 0 {
		t.Errorf("of another service: %v", got)
	}
}

func TestASearchIsPagedAndFindsEachOnce(t *testing.T) {
	t.Parallel()
	s := newService(t)
	var want []string
	for i := range 7 {
		want = append(want, s.user(members{"name": "Match " + strconv.Itoa(i) + " match match"}).ID)
	}
	for _, limit := range []string{"1", "3", "100"} {
		if got := ids(all[row](s.client, "/users", where("q", "match", "limit", limit))); !slices.Equal(got, want) {
			t.Errorf("by %s: %v, want %v", limit, got, want)
		}
	}
	p := of[page[row]](s.get("/users", where("q", "match", "limit", "2")).is(200))
	s.get("/users", where("cursor", *p.Next)).refused(422, "invalid", "cursor")
}

// A list of what one endpoint was sent has its part of each message, so that nobody asks for each by itself.
func TestAnEndpointsMessagesHaveItsDelivery(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.user()
	kind := s.eventType("tick")
	e := s.endpoint(u.ID, "https://example.com/one", kind.Name)
	other := s.endpoint(u.ID, "https://example.com/two", kind.Name)
	s.post("/endpoints/"+e.ID+"/pause", members{}).is(200)
	s.publish(kind.Name, u.ID)
	type listed struct {
		Delivery *struct {
			EndpointID string `json:"endpoint_id"`
			Status     string `json:"status"`
		} `json:"delivery"`
	}
	rows := all[listed](s.client, "/messages", where("endpoint_id", e.ID))
	if len(rows) != 1 || rows[0].Delivery == nil || rows[0].Delivery.EndpointID != e.ID || rows[0].Delivery.Status != "skipped" {
		t.Errorf("of the paused one: %+v", rows)
	}
	if rows := all[listed](s.client, "/messages", where("endpoint_id", other.ID)); len(rows) != 1 || rows[0].Delivery == nil || rows[0].Delivery.EndpointID != other.ID {
		t.Errorf("of the other: %+v", rows)
	}
	if rows := all[listed](s.client, "/messages"); len(rows) != 1 || rows[0].Delivery != nil {
		t.Errorf("of all: %+v", rows)
	}
}
