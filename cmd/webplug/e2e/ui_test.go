package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// The management UI is no part of the API's description: its pages are asked for as a browser does.
func TestTheManagementUIIsServedBesideTheAPI(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]int{
		"/": 200, "/services/svc_1/messages": 200, "/keys": 200, "/system": 200, "/assets/none.js": 404,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, suite.server.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(got.Body)
		_ = got.Body.Close()
		if err != nil || got.StatusCode != want {
			t.Errorf("%s: %d %v", path, got.StatusCode, err)
		}
		if want != http.StatusOK {
			continue
		}
		if kind := got.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/html") || !strings.Contains(string(page), "WebPlug") {
			t.Errorf("%s: %s: %s", path, kind, page)
		}
		if policy := got.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %s", path, policy)
		}
	}
}

// A link that leads nowhere is a person's: the UI says so. A program is told as by the API.
func TestAPathThatLeadsNowhere(t *testing.T) {
	t.Parallel()
	const browser = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"
	for _, c := range []struct{ path, accept, want string }{
		{"/nowhere", browser, "text/html"},
		{"/nowhere/else", browser, "text/html"},
		{"/nowhere", "application/json", "application/problem+json"},
		{"/nowhere", "", "application/problem+json"},
		{"/v1/nowhere", browser, "application/problem+json"},
		{"/v1", browser, "application/problem+json"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, suite.server.url+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", c.accept)
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close()
		if kind := got.Header.Get("Content-Type"); got.StatusCode != http.StatusNotFound || !strings.HasPrefix(kind, c.want) {
			t.Errorf("%s for %q: %d %s", c.path, c.accept, got.StatusCode, kind)
		}
	}
}
