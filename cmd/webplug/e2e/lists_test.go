package e2e

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// row is what all lists' rows have.
type row struct {
	ID string `json:"id"`
}

func ids(rows []row) []string { return each(rows, func(r row) string { return r.ID }) }

// filled is a service with five of each, newest first.
func filled(t testing.TB) (s service, lists map[string][]string) {
	s, lists = newService(t), map[string][]string{}
	u := s.user()
	lists["/users"] = []string{u.ID}
	add := func(path, id string) { lists[path] = append([]string{id}, lists[path]...) }
	for i := range 5 {
		name := fmt.Sprintf("type%d", i)
		kind := s.eventType(name)
		e := s.endpoint(u.ID, "https://example.com/"+name, name)
		add("/event-types", kind.ID)
		add("/endpoints", e.ID)
		add("/subscriptions", e.Subscriptions[0].ID)
		add("/messages", s.publish(name, s.user().ID).ID)
		if i > 0 {
			add("/users", s.user().ID)
		}
	}
	lists["/users"] = ids(first[row](s.client, "/users")) // some have the publishing made
	return s, lists
}

func TestListsArePaged(t *testing.T) {
	t.Parallel()
	s, lists := filled(t)
	for path, want := range lists {
		for _, limit := range []int{1, 2, len(want), 100} {
			got := ids(all[row](s.client, path, where("limit", strconv.Itoa(limit))))
			if !slices.Equal(got, want) {
				t.Errorf("%s by %d: %v, want %v, newest first", path, limit, got, want)
			}
		}
		p := of[page[row]](s.get(path, where("limit", "2")).is(200))
		if len(p.Data) != 2 || p.Next == nil {
			t.Errorf("%s: a page of 2 has %d rows and the cursor %v", path, len(p.Data), p.Next)
		}
		if whole := of[page[row]](s.get(path).is(200)); whole.Next != nil {
			t.Errorf("%s: the last page has a cursor", path)
		}
	}
}

func TestListsAboveServicesArePaged(t *testing.T) {
	t.Parallel()
	c := admin(t)
	want := map[string]bool{}
	for range 3 {
		want[newService(t).id] = true
		want[newKey(c, "", "read").ID] = true
	}
	for _, path := range []string{"/services", "/keys", "/stuck"} {
		seen := map[string]bool{}
		for _, id := range ids(all[row](c, path, where("limit", "20"))) {
			if seen[id] {
				t.Errorf("%s gives %s twice", path, id)
			}
			seen[id] = true
			delete(want, id)
		}
	}
	if len(want) > 0 {
		t.Errorf("%v are missing", want)
	}
}

func TestAnEmptyListIsAList(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for _, path := range []string{"/users", "/event-types", "/endpoints", "/subscriptions", "/messages", "/dead-letters"} {
		if got := s.get(path).is(200); string(got.body) != `{"data":[],"next_cursor":null}`+"\n" {
			t.Errorf("%s: %s", path, got.body)
		}
	}
}

func TestLimitsCursorsAndParametersAreChecked(t *testing.T) {
	t.Parallel()
	s, lists := filled(t)
	m := lists["/messages"][0]
	for _, path := range []string{
		"/users", "/event-types", "/endpoints", "/subscriptions", "/messages", "/dead-letters", "/history",
		"/messages/" + m + "/deliveries", "/messages/" + m + "/history",
	} {
		for _, limit := range []string{"0", "101", "-1", "many", "1.5", "+5", " 5", "", "99999999999999999999"} {
			s.get(path, where("limit", limit), wrong).refused(422, "invalid", "limit")
		}
		s.get(path, where("limit", "1", "limit", "2"), wrong).refused(422, "invalid", "limit")
		for _, cursor := range []string{"x", "%%%", "e30", "eyJ4IjoxfQ", strings.Repeat("A", 3000)} {
			s.get(path, where("cursor", cursor)).refused(422, "invalid", "cursor")
		}
		s.get(path, where("page", "2"), wrong).refused(422, "invalid", "page")
		s.get(path, func(r *request) { r.URL.RawQuery = "limit=%zz"; r.wrong = true }).refused(400, "malformed", "")
	}
	t.Run("a list takes no other list's cursor", func(*testing.T) {
		next := *of[page[row]](s.get("/users", where("limit", "1")).is(200)).Next
		for _, path := range []string{"/event-types", "/endpoints", "/subscriptions", "/messages", "/dead-letters", "/history"} {
			s.get(path, where("cursor", next)).refused(422, "invalid", "cursor")
		}
		other := newService(t)
		other.get("/users", where("cursor", next)).refused(422, "invalid", "cursor")
	})
	t.Run("what takes no query refuses one", func(*testing.T) {
		s.get("", where("limit", "1"), wrong).refused(422, "invalid", "limit")
		s.get("/messages/"+m, where("status", "failed"), wrong).refused(422, "invalid", "status")
		s.get("/endpoints/"+lists["/endpoints"][0], where("x", "1"), wrong).refused(422, "invalid", "x")
	})
}

func TestFiltersAreChecked(t *testing.T) {
	t.Parallel()
	s := newService(t)
	m := s.messageToNobody()
	for _, bad := range []struct{ path, name, value string }{
		{"/endpoints", "user_id", "ep_1"}, {"/endpoints", "status", "broken"},
		{"/subscriptions", "status", "pending"}, {"/subscriptions", "endpoint_id", "usr_1"},
		{"/messages", "user_id", "ada"}, {"/messages", "endpoint_id", "ep_"}, {"/messages", "status", "lost"},
		{"/messages", "cause", "bad_luck"}, {"/messages", "cause", "http_99"}, {"/messages", "cause", "http_1000"},
		{"/messages", "since", "yesterday"}, {"/messages", "until", "2026-13-01T00:00:00Z"}, {"/messages", "since", "2026-01-02"},
		{"/messages", "since", "1767323045"}, {"/messages", "status", ""}, {"/messages", "event_type", "\xff"},
		{"/dead-letters", "cause", "x"}, {"/dead-letters", "since", "2026-01-02T03:04:05"}, {"/dead-letters", "endpoint_id", "1"},
		{"/messages/" + m + "/deliveries", "status", "lost"}, {"/messages/" + m + "/deliveries", "cause", "?"},
		{"/history", "stream", "not/a/stream/name"}, {"/history", "stream", "x"}, {"/history", "since", "now"},
	} {
		s.get(bad.path, where(bad.name, bad.value), wrong).refused(422, "invalid", bad.name)
	}
	s.get("/messages", where("since", "2026-01-02T00:00:00Z", "until", "2026-01-01T00:00:00Z")).refused(422, "invalid", "until")
	t.Run("what does not exist matches nothing", func(t *testing.T) {
		for path, filter := range map[string][]string{
			"/endpoints": {"user_id", "usr_00000000000000000000000000"}, "/messages": {"event_type", "unknown"},
			"/subscriptions": {"endpoint_id", "ep_00000000000000000000000000"}, "/dead-letters": {"cause", "http_599"},
			"/event-types": {"name", "unknown"}, "/users": {"external_id", "unknown"},
		} {
			if got := first[row](s.client, path, where(filter...)); len(got) != 0 {
				t.Errorf("%s %v gives %v", path, filter, got)
			}
		}
	})
}

// messageToNobody publishes a message that no endpoint gets.
func (s service) messageToNobody() string {
	s.t.Helper()
	s.eventType("nobody_wants_it")
	return s.publish("nobody_wants_it", "").ID
}

// shown is a list that shows a position. One that cannot within 2 s says that it is stale: on DynamoDB Local, busy with
// other tests, that may be.
func (s service) shown(path, position string) answer {
	s.t.Helper()
	got := s.get(path, where("after", position)).is(200)
	for tries := 0; *storeFlag == "dynamodb" && tries < 10 && got.header.Get("WebPlug-Stale") != ""; tries++ {
		got = s.get(path, where("after", position)).is(200)
	}
	return got.fresh()
}

func TestAListShowsWhatWasDoneAtAPosition(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.user()
	s.eventType("card_issued")
	has := func(path, position, id string) {
		t.Helper()
		got := s.shown(path, position)
		if !slices.Contains(ids(of[page[row]](got).Data), id) {
			t.Errorf("%s after %s does not have %s: %s", path, position, id, got.body)
		}
	}
	for i := range 10 {
		made := s.post("/users", members{"name": "Eve"}).is(201)
		has("/users", made.position(), of[row](made).ID)
		sent := s.post("/messages", message("card_issued", u.ID)).is(202)
		has("/messages", sent.position(), of[row](sent).ID)
		e := s.post("/endpoints", members{"user_id": u.ID, "url": fmt.Sprintf("https://example.com/%d", i), "event_types": []string{"card_issued"}}).is(201)
		has("/endpoints", e.position(), of[row](e).ID)
		has("/subscriptions", e.position(), of[endpointRow](e).Subscriptions[0].ID)
		s.delete("/endpoints/" + of[row](e).ID).is(204)
	}
	gone := s.delete("/users/" + u.ID).is(204)
	for _, row := range of[page[userRow]](s.shown("/users", gone.position())).Data {
		if row.ID == u.ID && row.ArchivedAt == nil {
			t.Error("the list after an archiving does not show it")
		}
	}
}

func TestAPositionThatIsNotThereYetIsStale(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.user()
	got := s.get("/users", where("after", s.id+"/"+u.ID+"@7")).is(200)
	if got.header.Get("WebPlug-Stale") != "true" {
		t.Error("the answer does not say that it is stale")
	}
}

func TestWhatIsNoPositionIsRefused(t *testing.T) {
	t.Parallel()
	s, other := newService(t), newService(t)
	theirs := other.post("/users", members{"name": "Eve"}).is(201).position()
	ours := newKey(s.client, s.id, "read")
	for _, path := range []string{"/users", "/event-types", "/endpoints", "/subscriptions", "/messages", "/dead-letters", "/history"} {
		for _, bad := range []string{"1", "svc_1", "@1", s.id + "/service", s.id + "/service@", s.id + "/service@0", s.id + "/service@-1", s.id + "/service@x", s.id + "@1", "a/b/c/d@1"} {
			s.get(path, where("after", bad), wrong).refused(422, "invalid", "after")
		}
		s.get(path, where("after", ""), wrong).refused(422, "invalid", "after")
		s.by(ours.Key).get(path, where("after", theirs)).refused(422, "invalid", "after") // it must not tell what another's has
	}
}
