package e2e

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
)

// canary is in every payload that tests publish, and in every answer of their endpoints: it may be found nowhere but in
// what is sent and shown.
var canary = newToken("canary")

// audit gathers what must hold of the shared server whatever the tests did with it.
type audit struct {
	mu      sync.Mutex
	refused map[string]string // request ids, and what they were
	hidden  map[string]string // what may stand in no log and no file, and what it is
}

func newAudit() *audit {
	a := &audit{refused: map[string]string{}, hidden: map[string]string{}}
	a.hide("a payload or answer", canary)
	a.hide("the admin key", suite.server.adminKey)
	return a
}

// hide notes a text that may be kept nowhere as it is.
func (a *audit) hide(what, text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hidden[text] = what
}

var (
	shownSecret = regexp.MustCompile(`"secret":"whsec_([^"]+)"`)
	shownKey    = regexp.MustCompile(`"key":"wpk_[^_"]+_([^"]+)"`)
)

// note remembers an exchange with the shared server: which request was refused, which secrets were shown.
func (a *audit) note(s *server, e exchange) {
	if s != suite.server {
		return
	}
	if m := shownSecret.FindSubmatch(e.body); m != nil {
		a.hide("a signing secret in base64", string(m[1]))
		if raw, err := base64.StdEncoding.DecodeString(string(m[1])); err == nil {
			a.hide("a signing secret", string(raw))
		}
	}
	if m := shownKey.FindSubmatch(e.body); m != nil {
		a.hide("an API key's secret", string(m[1]))
	}
	if e.status >= http.StatusBadRequest {
		a.mu.Lock()
		a.refused[e.header.Get("X-Request-Id")] = fmt.Sprintf("%s %s %.200s (%d)", e.request.Method, e.request.URL.Path, e.sent, e.status)
		a.mu.Unlock()
	}
}

// history reads the whole log of the server: no refused request wrote anything, and each event is as it must be.
func (a *audit) history(s *server) error {
	order, cursor := newOrder(), ""
	for {
		p, err := readEvents(s, cursor)
		if err != nil {
			return err
		}
		for _, e := range p.Data {
			if what, ok := a.refused[e.CorrelationID]; ok {
				return fmt.Errorf("a request that was refused wrote %s to %s: %s", e.Type, e.Stream, what)
			}
			if err := errors.Join(e.whole(), order.next(e)); err != nil {
				return fmt.Errorf("/v1/history: %w", err)
			}
		}
		if p.Next == nil {
			return nil
		}
		cursor = *p.Next
	}
}

func readEvents(s *server, cursor string) (p page[event], err error) {
	url := s.url + "/v1/history?limit=100"
	if cursor != "" {
		url += "&cursor=" + cursor
	}
	req, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return p, err
	}
	req.Header.Set("Authorization", "Bearer "+s.adminKey)
	e := exchange{request: req}
	if err := e.make(); err != nil {
		return p, err
	}
	if err := suite.api.check(e); err != nil || e.status != http.StatusOK {
		return p, fmt.Errorf("/v1/history answered %d: %w\n%.1000s", e.status, err, e.body)
	}
	return p, json.Unmarshal(e.body, &p)
}

// remains looks at what a server has left behind: its log and its files.
func (a *audit) remains(s *server) error {
	logs := []byte(s.stdout.String() + s.stderr.String())
	for text, what := range a.hidden {
		for _, form := range forms(text) {
			if i := bytes.Index(logs, form); i >= 0 {
				return fmt.Errorf("%s stands in the server's log: …%.200s…", what, logs[max(0, i-100):])
			}
		}
	}
	for _, e := range s.stderr.entries() {
		if e["level"] == "ERROR" {
			return fmt.Errorf("the server logged an error: %v", e)
		}
	}
	if tables.server != nil {
		return a.tables()
	}
	return filepath.WalkDir(filepath.Join(s.dir, "log"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return a.absent(content, path)
	})
}

// absent demands that nothing hidden stands in what is kept somewhere.
func (a *audit) absent(content []byte, where string) error {
	for text, what := range a.hidden {
		for _, form := range forms(text) {
			if bytes.Contains(content, form) {
				return fmt.Errorf("%s stands in %s", what, where)
			}
		}
	}
	return nil
}

// forms are the text itself, and its base64 wherever it may stand in a longer text.
func forms(s string) [][]byte {
	out := [][]byte{[]byte(s)}
	for pad := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x00", pad) + s))
		encoded = strings.TrimRight(encoded, "=")
		encoded = encoded[(pad*8+5)/6 : len(encoded)-1] // without what neighbours share
		out = append(out, []byte(encoded))
	}
	return out
}
