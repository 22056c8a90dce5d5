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
		"/": 200, "/services/svc_1/messages": 200, "/keys": 200, "/system": 200, "/assets/none.js": 404, "/nowhere": 404,
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
