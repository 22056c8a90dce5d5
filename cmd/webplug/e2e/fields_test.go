package e2e

import (
	"fmt"
	"strings"
	"testing"
)

func TestTextsAreChecked(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u, kind := s.user(), s.eventType("there")
	e := s.endpoint(u.ID, "https://example.com/there")
	bad := []string{"a\nb", "a\tb", "a\x00b", "\x7f", "\u0085", "a\u2028b", "\u202egnp.exe", " a", "a ", "\u00a0a"}
	s.changesNothing(func() {
		for _, name := range append(bad, "", strings.Repeat("x", 201), strings.Repeat("ü", 201)) {
			s.post("/users", members{"name": name}, wrong).refused(422, "invalid", "name")
			s.patch("/users/"+u.ID, members{"name": name}, wrong).refused(422, "invalid", "name")
			s.patch("", members{"name": name}, wrong).refused(422, "invalid", "name")
			admin(t).post("/services", members{"name": name}, wrong).refused(422, "invalid", "name")
			admin(t).post("/keys", members{"name": name, "scopes": []string{"read"}}, wrong).refused(422, "invalid", "name")
		}
		for _, name := range append(bad, "", "a b", "a/b", "käse", "a:b", "*", "a#b", strings.Repeat("x", 201)) {
			s.post("/event-types", members{"name": name}, wrong).refused(422, "invalid", "name")
		}
		for _, id := range append(bad, strings.Repeat("x", 201)) {
			s.post("/users", members{"name": "Ada", "external_id": id}, wrong).refused(422, "invalid", "external_id")
			s.patch("/users/"+u.ID, members{"external_id": id}, wrong).refused(422, "invalid", "external_id")
		}
		for _, d := range []string{"a\x00b", "\u202e", strings.Repeat("x", 2001)} {
			s.post("/event-types", members{"name": "t", "description": d}, wrong).refused(422, "invalid", "description")
			s.patch("/event-types/"+kind.ID, members{"description": d}, wrong).refused(422, "invalid", "description")
			s.patch("/endpoints/"+e.ID, members{"description": d}, wrong).refused(422, "invalid", "description")
			s.post("/endpoints", members{"user_id": u.ID, "url": "https://example.com/x", "description": d}, wrong).refused(422, "invalid", "description")
		}
		many := members{}
		for i := range 51 {
			many[fmt.Sprint("key", i)] = "v"
		}
		for field, metadata := range map[string]members{
			"metadata": many, "metadata.a": {"a": strings.Repeat("x", 501)}, "metadata.b": {"b": 7}, "metadata.c": {"c": "\x00"}, "metadata.d": {"d": nil},
		} {
			s.post("/users", members{"name": "Ada", "metadata": metadata}, wrong).refused(422, "invalid", field)
		}
		s.post("/users", members{"name": "Ada", "metadata": members{"": "x"}}, wrong).refused(422, "invalid", "metadata")
		s.post("/users", members{"name": "Ada", "metadata": members{strings.Repeat("k", 41): "x"}}, wrong).refused(422, "invalid", "metadata")
	})
	t.Run("their limits are in characters, and are taken", func(*testing.T) {
		s.post("/users", members{"name": strings.Repeat("ü", 200), "external_id": strings.Repeat("😀", 200)}).is(201)
		s.post("/users", members{"name": "O'Brien & <Söhne> 日本 \u200d \U0001F469\u200d\U0001F4BB"}).is(201)
		s.post("/event-types", members{"name": strings.Repeat("x", 200), "description": strings.Repeat("ü", 2000)}).is(201)
	})
}

func TestURLsAreChecked(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.user()
	s.eventType("card_issued")
	there := s.endpoint(u.ID, "https://example.com/there")
	s.changesNothing(func() {
		for _, url := range []string{
			"", "x", "/hook", "example.com/hook", "//example.com/hook", "https://", "https:///hook", "https:example.com", "http://:80/",
			"ftp://example.com/hook", "file:///etc/passwd", "javascript:alert(1)", "mailto:a@example.com", "gopher://example.com/", "ws://example.com/", "data:text/plain,x",
			"https://user@example.com/hook", "https://user:secret@example.com/hook", "https://:secret@example.com/", "https://@example.com/",
			"https://example.com/hook#part", "https://example.com/#", "https://example.com:0/", "https://example.com:65536/", "https://example.com:/", "https://example.com:x/", "https://example.com:-1/",
			"https://exa mple.com/", "https://example.com/a b", " https://example.com/", "https://example.com/\n", "https://example.com/\x00", "https://example.com\\@evil.example/",
			"https://ex%61mple.com/", "https://example.com/%", "https://example.com/%zz", "https://[::1/", "https://[fe80::1%25eth0]/", "https://bücher.example/", "https://example..com/", "https://.example.com/",
			"https://" + strings.Repeat("a", 64) + ".example/", "https://" + strings.Repeat("a.", 130) + "example/", "https://example.com/" + strings.Repeat("x", 2048),
			"https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/",
		} {
			s.post("/endpoints", members{"user_id": u.ID, "url": url}, wrong).refused(422, "invalid", "url")
			s.patch("/endpoints/"+there.ID, members{"url": url}, wrong).refused(422, "invalid", "url")
			s.post("/subscriptions", members{"user_id": u.ID, "event_type": "card_issued", "endpoint": url}).refused(422, "invalid", "endpoint")
		}
	})
	for _, url := range []string{
		"http://example.com", "HTTPS://EXAMPLE.COM/Hook", "https://example.com:8443/a/b;c=d?e=f&g=%20", "https://xn--bcher-kva.example/", "https://a-b_c.example/", "https://example.com./",
		"https://93.184.216.34/", "https://[2606:2800:220:1::1]:443/", "https://example.com/" + strings.Repeat("x", 2028),
	} {
		e := of[endpointRow](s.post("/endpoints", members{"user_id": u.ID, "url": url}).is(201))
		if e.URL != url {
			t.Errorf("%s became %s", url, e.URL)
		}
	}
}

func TestFormatsAreChecked(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u := s.user()
	s.eventType("card_issued")
	s.changesNothing(func() {
		for _, format := range []string{"SNS", "xml", "standard_webhooks", ""} {
			admin(t).post("/services", members{"name": newToken("service"), "default_format": format}, wrong).refused(422, "invalid", "default_format")
			s.patch("", members{"default_format": format}, wrong).refused(422, "invalid", "default_format")
			s.post("/endpoints", members{"user_id": u.ID, "url": "https://example.com/x", "format": format}, wrong).refused(422, "invalid", "format")
			s.post("/subscriptions", members{"user_id": u.ID, "event_type": "card_issued", "endpoint": "https://example.com/x", "format": format}, wrong).refused(422, "invalid", "format")
		}
	})
}

func TestEndpointsAreRefusedForWhatTheyNeed(t *testing.T) {
	t.Parallel()
	s, other := newService(t), newService(t)
	u, theirs, kind := s.user(), other.user(), s.eventType("card_issued")
	gone := s.eventType("gone")
	s.delete("/event-types/" + gone.ID).is(204)
	with := func(change members) members {
		return merged(members{"user_id": u.ID, "url": "https://example.com/hook"}, change)
	}
	many := make([]string, 1001)
	for i := range many {
		many[i] = "card_issued"
	}
	s.changesNothing(func() {
		s.post("/endpoints", members{"url": "https://example.com/hook"}, wrong).refused(422, "invalid", "user_id")
		s.post("/endpoints", members{"user_id": u.ID}, wrong).refused(422, "invalid", "url")
		s.post("/endpoints", with(members{"user_id": ""}), wrong).refused(422, "invalid", "user_id")
		s.post("/endpoints", with(members{"user_id": theirs.ID})).refused(422, "invalid", "user_id")
		s.post("/endpoints", with(members{"user_id": "usr_00000000000000000000000000"})).refused(422, "invalid", "user_id")
		s.post("/endpoints", with(members{"event_types": []string{"card_issued", "unknown"}})).refused(422, "invalid", "event_types.1")
		s.post("/endpoints", with(members{"event_types": []string{kind.ID}})).refused(422, "invalid", "event_types.0")
		s.post("/endpoints", with(members{"event_types": []string{"gone"}})).refused(422, "invalid", "event_types.0")
		s.post("/endpoints", with(members{"event_types": []any{"card_issued", 7}}), wrong).refused(422, "invalid", "event_types.1")
		s.post("/endpoints", with(members{"event_types": many}), wrong).refused(422, "invalid", "event_types")
	})
}
