package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestLocalUI(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Method+" "+r.URL.RequestURI()+" by "+r.Header.Get("Authorization")+r.Header.Get("Cookie"))
	}))
	defer api.Close()
	pages := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "a page") })
	u, err := newLocalUI(api.URL, "the-key", "127.0.0.1:8090", pages)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path, host, origin, key string
		status                  int
		want                    string
	}{
		"pages are its own":                       {"/services/svc_1", "127.0.0.1:8090", "", "", 200, "a page"},
		"the session key becomes the API's":       {"/v1/whoami?a=b", "127.0.0.1:8090", "", u.session, 200, "GET /v1/whoami?a=b by Bearer the-key"},
		"also by the name localhost":              {"/v1/whoami", "localhost:8090", "http://localhost:8090", u.session, 200, "by Bearer the-key"},
		"another key is passed on as it is":       {"/v1/whoami", "127.0.0.1:8090", "", "wpk_other", 200, "by Bearer wpk_other"},
		"without a key none is added":             {"/openapi.json", "127.0.0.1:8090", "", "", 200, "GET /openapi.json by "},
		"a name turned to this address is no use": {"/v1/whoami", "evil.example:8090", "", u.session, 421, "this is http://127.0.0.1:8090/"},
		"another site's page is refused":          {"/v1/whoami", "127.0.0.1:8090", "https://evil.example", u.session, 403, "another site"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "http://"+c.host+c.path, nil)
			r.Header.Set("Cookie", "of another program")
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			if c.key != "" {
				r.Header.Set("Authorization", "Bearer "+c.key)
			}
			w := httptest.NewRecorder()
			u.ServeHTTP(w, r)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) || strings.Contains(w.Body.String(), "of another") {
				t.Errorf("it answers %d %q", w.Code, w.Body)
			}
		})
	}
}

func TestTheUIIsOnLoopbackAlone(t *testing.T) {
	for addr, good := range map[string]bool{
		"127.0.0.1:0": true, "localhost:8090": true, "[::1]:8090": true, "127.1.2.3:1": true,
		":8090": false, "0.0.0.0:8090": false, "10.0.0.1:8090": false, "example.com:80": false, "8090": false,
	} {
		if err := onLoopback(addr); (err == nil) != good {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
