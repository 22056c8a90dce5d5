package e2e

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestTheSystemTellsHowItDoes(t *testing.T) {
	t.Parallel()
	c := admin(t)
	type system struct {
		Version    string    `json:"version"`
		StartedAt  time.Time `json:"started_at"`
		RowsFormat int       `json:"rows_format"`
		Position   int       `json:"log_position"`
		Consumers  []struct {
			Name  string   `json:"name"`
			Lag   int      `json:"lag"`
			LagMS *float64 `json:"lag_ms"`
		} `json:"consumers"`
		Streams int      `json:"streams"`
		Checks  []member `json:"checks"`
	}
	newService(t)
	got := of[system](c.get("/system").is(200))
	if got.Version == "" || got.StartedAt.IsZero() || got.RowsFormat == 0 || got.Position == 0 || len(got.Consumers) != 2 || len(got.Checks) == 0 {
		t.Errorf("%+v", got)
	}
	eventually(t, "both consumers are seen to have taken all", func() bool {
		for _, consumer := range of[system](c.get("/system").is(200)).Consumers {
			if consumer.LagMS == nil {
				return false
			}
		}
		return true
	})
	c.get("/system", where("x", "y"), wrong).refused(422, "invalid", "x")
}

// member is one member of an array whose members do not matter.
type member struct{}

func TestTheDocsNeedNoScriptAndNobodyElse(t *testing.T) {
	t.Parallel()
	a := client{t: t, server: suite.server}.get("/docs").is(200)
	page := string(a.body)
	for _, op := range suite.api.operations() {
		if !strings.Contains(page, `id="`+op.id+`"`) || !strings.Contains(page, op.path) {
			t.Errorf("%s %s is not in the docs", op.method, op.path)
		}
	}
	if found := regexp.MustCompile(`(?i)<script|<link|<img|<iframe|\son\w+=|(src|href)="(https?:)?//`).FindString(page); found != "" {
		t.Errorf("the docs have %s", found)
	}
	policy := a.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || strings.Contains(policy, "unsafe") {
		t.Errorf("their policy is %s", policy)
	}
	if !strings.Contains(page, `curl -sS -H &#34;Authorization: Bearer $KEY&#34; -H &#34;Content-Type: application/json&#34; \`+"\n"+`  -d &#39;{&#34;event_type&#34;: &#34;…&#34;, &#34;payload&#34;: {}}&#39;`) {
		t.Error("they have no line to try")
	}
}
