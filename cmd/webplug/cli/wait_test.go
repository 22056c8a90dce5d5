package cli_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/cmd/webplug/output"
)

// A large audience is decided on after the answer: what only the first part shows is not how it ended.
func TestPublishWait_waits_until_it_is_decided_who_gets_it(t *testing.T) {
	var looks atomic.Int32
	delivery := func(endpoint, status string) string {
		return fmt.Sprintf(`{"message_id":"msg_1","endpoint_id":%q,"status":%q}`, endpoint, status)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/services/svc_1/messages", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprint(w, `{"id":"msg_1","deliveries":1,"skipped":[],"more":true}`)
	})
	mux.HandleFunc("GET /v1/services/svc_1/messages/msg_1", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"id":"msg_1","more":%t}`, looks.Add(1) < 3)
	})
	mux.HandleFunc("GET /v1/services/svc_1/messages/msg_1/deliveries", func(w http.ResponseWriter, _ *http.Request) {
		rows := delivery("ep_1", "delivered")
		if looks.Load() >= 3 {
			rows += "," + delivery("ep_2", "failed")
		}
		_, _ = fmt.Fprintf(w, `{"data":[%s],"next_cursor":null}`, rows)
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		mux.ServeHTTP(w, r)
	}))
	defer server.Close()
	home := t.TempDir()
	c := exec.CommandContext(t.Context(), installed.binary, "publish", "card_issued", "{}", "--wait", "--output", "json")
	c.Env = append(plainEnvironment(), "HOME="+home, "XDG_STATE_HOME="+home, "XDG_CONFIG_HOME="+home,
		"WEBPLUG_URL="+server.URL, "WEBPLUG_API_KEY=key", "WEBPLUG_SERVICE=svc_1")
	out, err := c.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("it ended with %v, though a later endpoint did not take it", err)
	}
	outcomes := string(output.Find(jsontext.Value(out), "outcomes"))
	if !strings.Contains(outcomes, "ep_1") || !strings.Contains(outcomes, "ep_2") {
		t.Errorf("the outcomes are %s (%v: %s)", outcomes, err, exit.Stderr)
	}
}
