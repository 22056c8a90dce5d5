package rest_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestUser(t *testing.T) {
	t.Run("is registered, shown, changed and archived", func(t *testing.T) {
		s := newShop(t)
		a := s.post(s.path+"/users", obj{"name": "Ada", "external_id": "c-1", "metadata": obj{"plan": "gold"}}).want(201)
		if a.at("external_id") != "c-1" || a.at("metadata") != "map[plan:gold]" || a.at("service_id") != s.service {
			t.Fatal(a.text)
		}
		path := s.path + "/users/" + a.id()
		if got := s.get(path).want(200); got.text != a.text {
			t.Fatalf("GET shows %s", got.text)
		}
		b := s.patch(path, obj{"name": "Ada L.", "metadata": obj{}}).want(200)
		if b.at("name") != "Ada L." || b.at("metadata") != "map[]" || b.at("external_id") != "c-1" {
			t.Fatal(b.text)
		}
		if same := s.patch(path, obj{"name": "Ada L.", "external_id": "c-1"}).want(200); same.wrote != 0 || same.position() != b.position() {
			t.Fatalf("a change into what it is wrote %d events", same.wrote)
		}
		s.delete(path).want(204)
		if again := s.delete(path).want(204); again.wrote != 0 {
			t.Fatal("archived twice")
		}
		if s.get(path).want(200).at("archived_at") == "" {
			t.Fatal("archived_at is missing")
		}
		s.patch(path, obj{"name": "x"}).refused(409)
	})

	t.Run("has an external id that no other has, until it is changed, taken away or archived", func(t *testing.T) {
		s := newShop(t)
		register := func(external string) answer {
			return s.post(s.path+"/users", obj{"name": "x", "external_id": external})
		}
		a := register("c-1").want(201)
		if taken := register("c-1").refused(409, "external_id"); taken.id() != a.id() {
			t.Fatalf("the refusal names %q", taken.id())
		}
		s.patch(s.path+"/users/"+a.id(), obj{"external_id": "c-2"}).want(200)
		b := register("c-1").want(201)
		register("c-2").refused(409, "external_id")
		if s.patch(s.path+"/users/"+a.id(), obj{"external_id": nil}).want(200).at("external_id") != "" {
			t.Fatal("null does not take it away")
		}
		register("c-2").want(201)
		s.delete(s.path + "/users/" + b.id()).want(204)
		register("c-1").want(201)
	})

	t.Run("of another service is unknown, and its external id free", func(t *testing.T) {
		s := newShop(t)
		other := s.post("/v1/services", obj{"name": "other"}).want(201).id()
		s.post(s.path+"/users", obj{"name": "x", "external_id": "same"}).want(201)
		s.post("/v1/services/"+other+"/users", obj{"name": "x", "external_id": "same"}).want(201)
		s.get("/v1/services/" + other + "/users/" + s.user).refused(404)
		s.patch("/v1/services/"+other+"/users/"+s.user, obj{"name": "x"}).refused(404)
		s.delete("/v1/services/" + other + "/users/" + s.user).refused(404)
	})

	t.Run("is refused where a field breaks a rule", func(t *testing.T) {
		s := newShop(t)
		many := obj{}
		for i := range 51 {
			many[fmt.Sprint(i)] = ""
		}
		for field, bodies := range map[string][]obj{
			"name":          {{}, {"name": strings.Repeat("x", 201)}},
			"external_id":   {{"name": "x", "external_id": strings.Repeat("x", 201)}, {"name": "x", "external_id": "a\tb"}, {"name": "x", "external_id": 1}},
			"metadata":      {{"name": "x", "metadata": many}, {"name": "x", "metadata": obj{"": "x"}}, {"name": "x", "metadata": []int{}}},
			"metadata.plan": {{"name": "x", "metadata": obj{"plan": strings.Repeat("x", 501)}}, {"name": "x", "metadata": obj{"plan": 1}}},
			"nickname":      {{"name": "x", "nickname": "y"}},
		} {
			for _, body := range bodies {
				s.post(s.path+"/users", body).refused(422, field)
				if field != "name" {
					s.patch(s.path+"/users/"+s.user, body).refused(422, field)
				}
			}
		}
		s.patch(s.path+"/users/"+s.user, obj{"name": nil}).refused(422, "name")
	})

	t.Run("is found by its external id", func(t *testing.T) {
		s := newShop(t)
		a := s.post(s.path+"/users", obj{"name": "x", "external_id": "c-1"}).want(201)
		if got := s.get(s.path + "/users?external_id=c-1").want(200).members("id"); len(got) != 1 || got[0] != a.id() {
			t.Fatalf("found %v", got)
		}
		if got := s.get(s.path + "/users?external_id=nobody").want(200).members("id"); len(got) != 0 {
			t.Fatalf("found %v", got)
		}
	})
}
