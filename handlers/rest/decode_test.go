package rest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestBody(t *testing.T) {
	s := newShop(t)
	users, messages := s.path+"/users", s.path+"/messages"

	t.Run("that is no JSON is 400, naming the field where there is one", func(t *testing.T) {
		s.T = t
		for body, field := range map[string]string{
			``: "", ` `: "", `{`: "", `{"name"`: "name", `{"name":`: "name", `{"name":"x`: "name", `{"name":"x"`: "", `{"name":"x"} {}`: "", `{"name":"x"}x`: "",
			`nonsense`: "", `[]`: "", `"x"`: "", `null`: "", `1`: "", `{name:"x"}`: "", `{"name":'x'}`: "name", `{"name":"x",}`: "",
			"{\"name\":\"\xff\"}": "name", "{\"name\":\"\\ud800\"}": "name", "{\"metadata\":{\"plan\":\"\xc0\xaf\"}}": "metadata.plan",
			`{"name":"x","name":"y"}`: "name", `{"name":"x","metadata":{"a":"1","a":"2"}}`: "metadata.a", `{"name":01}`: "",
			"\ufeff{}": "", "{\"name\":\"a\nb\"}": "name",
		} {
			a := s.send(request{method: "POST", path: users, body: body})
			var fields []string
			if field != "" {
				fields = []string{field}
			}
			if a.refused(400, fields...); a.at("type") != "malformed" {
				t.Errorf("%q: %s", body, a.text)
			}
		}
		s.post(messages, "{\"event_type\":\"card_issued\",\"payload\":{\"a\":\"\xff\"}}").refused(400, "payload.a")
		s.post(messages, `{"event_type":"card_issued","payload":{"a":1,"a":1}}`).refused(400, "payload.a")
		s.post(messages, `{"event_type":"card_issued","payload":{"a":}}`).refused(400, "payload.a")
		s.post(messages, `{"event_type":"card_issued","payload":1,"payload":2}`).refused(400, "payload")
	})

	t.Run("with an unknown or mistyped field is 422, naming it", func(t *testing.T) {
		s.T = t
		for body, field := range map[string]string{
			`{"name":1}`: "name", `{"name":{}}`: "name", `{"name":["x"]}`: "name", `{"name":true}`: "name", `{"Name":"x"}`: "Name",
			`{"name":"x","extra":1}`: "extra", `{"name":"x","metadata":{"plan":null,"x":{}}}`: "metadata.x", `{"name":"x","metadata":"x"}`: "metadata",
			`{"name":"x","metadata":{"a/b~c":1}}`: "metadata.a/b~c", `{"name":"x","":1}`: `""`,
		} {
			a := s.send(request{method: "POST", path: users, body: body})
			if a.refused(422, field); a.at("type") != "invalid" {
				t.Errorf("%q: %s", body, a.text)
			}
		}
		long := strings.Repeat("x", 5000)
		if a := s.post(users, `{"name":"x","`+long+`":1}`).want(422); len(a.text) > 1000 {
			t.Errorf("the refusal has %d bytes", len(a.text))
		}
	})

	t.Run("may be nested 100 levels deep and no more", func(t *testing.T) {
		s.T = t
		nested := func(levels int) string {
			return `{"event_type":"card_issued","payload":` + strings.Repeat("[", levels-1) + strings.Repeat("]", levels-1) + `}`
		}
		s.post(messages, nested(100)).want(202)
		s.post(messages, nested(101)).refused(400)
		s.post(messages, nested(100_000)).refused(400)
		s.post(messages, `{"event_type":"card_issued","payload":{"text":"`+strings.Repeat(`[\"`, 200)+`"}}`).want(202)
		s.post(messages, `{"event_type":"card_issued","payload":[`+strings.TrimSuffix(strings.Repeat("[],", 200), ",")+`]}`).want(202)
	})

	t.Run("over the limit is 413, whether it says its length or not", func(t *testing.T) {
		s.T = t
		large := `{"name":"` + strings.Repeat("x", 300*1024) + `"}`
		s.post(users, large).refused(413)
		s.post(s.path+"/endpoints/"+s.endpoint+"/pause", large).refused(413)
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, users, struct{ *strings.Reader }{strings.NewReader(large)})
		req.Header.Set("Authorization", "Bearer "+adminKey)
		req.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		s.api.ServeHTTP(rec, req)
		if req.ContentLength != -1 || rec.Code != 413 {
			t.Fatalf("a body of length %d answers %d", req.ContentLength, rec.Code)
		}
	})

	t.Run("of another type is 415", func(t *testing.T) {
		s.T = t
		for contentType, status := range map[string]int{
			"application/x-www-form-urlencoded": 415, "text/plain": 415, "": 415, "application/jsonp": 415, "application/json; charset=latin1": 415, "json": 415,
			"application/json;charset=UTF-8": 201, "Application/JSON": 201,
		} {
			s.send(request{method: "POST", path: users, body: `{"name":"x"}`, headers: map[string]string{"Content-Type": contentType}}).want(status)
		}
	})

	t.Run("may be empty where nothing needs to be said, whatever its type", func(t *testing.T) {
		s.T = t
		s := newShop(t)
		m := s.publish()
		for _, path := range []string{
			"/endpoints/" + s.endpoint + "/pause", "/endpoints/" + s.endpoint + "/resume", "/endpoints/" + s.endpoint + "/secret/rotate",
			"/endpoints/" + s.endpoint + "/test", "/messages/" + m + "/deliveries/" + s.endpoint + "/retry",
			"/messages/" + m + "/deliveries/" + s.endpoint + "/discard",
		} {
			r := request{method: "POST", path: s.path + path, headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}
			if a := s.send(r); a.status >= 300 {
				t.Errorf("%s: %s", path, a.text)
			}
			s.post(s.path+path, `[]`).refused(400)
			s.post(s.path+path, `{"unknown":1}`).refused(422, "unknown")
		}
	})
}
