package rest_test

import (
	"strings"
	"testing"
)

func TestQuery(t *testing.T) {
	s := newShop(t)
	m := s.publish()
	lists := []string{
		"/v1/services", "/v1/keys", "/v1/stuck", "/v1/history", s.path + "/users", s.path + "/event-types", s.path + "/endpoints", s.path + "/subscriptions",
		s.path + "/messages", s.path + "/messages/" + m + "/deliveries", s.path + "/messages/" + m + "/history", s.path + "/dead-letters", s.path + "/history",
	}

	t.Run("with a bad limit or cursor, or something unknown, is refused naming it", func(t *testing.T) {
		s.T = t
		for _, list := range lists {
			for query, field := range map[string]string{
				"limit=0": "limit", "limit=101": "limit", "limit=x": "limit", "limit=-1": "limit", "limit=1.5": "limit", "limit=": "limit", "limit=+1": "limit",
				"limit=99999999999999999999": "limit", "cursor=!": "cursor", "cursor=": "cursor", "limit=1&limit=2": "limit",
				"unknown=1": "unknown", "Limit=1": "Limit", "cursor=%ff": "cursor",
			} {
				s.get(list+"?"+query).refused(422, field)
			}
			s.get(list + "?limit=%zz").refused(400)
			s.get(list + "?limit=1;cursor=x").refused(400)
		}
	})

	t.Run("with a bad filter is refused naming it", func(t *testing.T) {
		s.T = t
		for path, queries := range map[string]map[string]string{
			s.path + "/users":         {"external_id=": "external_id"},
			s.path + "/endpoints":     {"status=gone": "status", "user_id=x": "user_id", "user_id=ep_00000000000000000000000000": "user_id"},
			s.path + "/subscriptions": {"status=pending": "status", "endpoint_id=x": "endpoint_id", "user_id=": "user_id"},
			s.path + "/messages": {
				"status=x": "status", "cause=x": "cause", "cause=http_1": "cause", "since=x": "since", "since=2026-01-02": "since", "until=1767323045": "until",
				"since=2026-01-02T03:04:05Z&until=2026-01-02T03:04:04Z": "until", "since=2026-01-02T03:04:05+02:00": "since",
				"user_id=x": "user_id", "endpoint_id=" + s.user: "endpoint_id",
			},
			s.path + "/messages/" + m + "/deliveries": {"status=x": "status", "user_id=" + s.endpoint: "user_id", "cause=x": "cause", "until=x": "until"},
			s.path + "/dead-letters":                  {"status=failed": "status", "cause=x": "cause", "since=x": "since"},
			"/v1/history":                             {"stream=x": "stream", "stream=a/b/c/d": "stream", "since=x": "since", "actor=": "actor", "order=up": "order"},
		} {
			for query, field := range queries {
				s.get(path+"?"+query).refused(422, field)
			}
		}
		s.get(s.path + "/messages?since=2026-01-02T03:04:05%2B02:00&until=2027-01-02T03:04:05.123456789Z").want(200)
	})

	t.Run("is refused where there is nothing to ask", func(t *testing.T) {
		s.T = t
		for _, path := range []string{
			s.path, s.path + "/users/" + s.user, s.path + "/event-types/" + s.kind, s.path + "/endpoints/" + s.endpoint, s.path + "/endpoints/" + s.endpoint + "/secret",
			s.path + "/subscriptions/" + s.sub, s.path + "/messages/" + m, "/v1/keys/key_00000000000000000000000000",
		} {
			s.get(path+"?limit=1").refused(422, "limit")
		}
	})
}

func TestPositions(t *testing.T) {
	s := newShop(t)
	lists := []string{
		"/v1/services", "/v1/keys", "/v1/history", s.path + "/users", s.path + "/event-types", s.path + "/endpoints", s.path + "/subscriptions",
		s.path + "/messages", s.path + "/dead-letters", s.path + "/history",
	}

	t.Run("are waited for by every list that is asked with after", func(t *testing.T) {
		s.T = t
		for _, list := range lists {
			s.queries.asked = nil
			a := s.get(list + "?after=" + s.service + "/" + s.endpoint + "@2").want(200)
			if len(s.queries.asked) != 1 || s.queries.asked[0].version != 2 || s.queries.asked[0].stream.Root != s.endpoint {
				t.Errorf("%s waited for %v", list, s.queries.asked)
			}
			if a.header.Get("WebPlug-Stale") != "" {
				t.Errorf("%s says that it is stale", list)
			}
		}
	})

	t.Run("that are none are refused", func(t *testing.T) {
		s.T = t
		for _, list := range lists {
			for _, after := range []string{"x", "a/b", "a/b@", "a/b@0", "a/b@x", "a/b@-1", "@1", "a@1", "a/b@99999999999999999999", "a/b@1@2", "a/%20@1"} {
				s.get(list+"?after="+after).refused(422, "after")
			}
		}
	})

	t.Run("that lists or routing have not reached are said to be stale", func(t *testing.T) {
		s.T = t
		s := newShop(t)
		s.directory.stale = true
		for _, list := range lists {
			list = strings.ReplaceAll(list, lists[3][:len(lists[3])-len("/users")], s.path)
			if a := s.get(list + "?after=" + s.service + "/service@1").want(200); a.header.Get("WebPlug-Stale") != "true" {
				t.Errorf("%s does not say so", list)
			}
		}
		for _, a := range []answer{
			s.get(s.path + "/endpoints/" + s.endpoint), s.get(s.path + "/subscriptions/" + s.sub),
			s.post(s.path+"/endpoints/"+s.endpoint+"/pause", nil), s.patch(s.path+"/users/"+s.user, obj{"name": "x"}), s.delete(s.path + "/subscriptions/" + s.sub),
		} {
			if a.header.Get("WebPlug-Stale") != "true" {
				t.Errorf("%s %s does not say so", a.asked.method, a.asked.path)
			}
		}
	})
}
