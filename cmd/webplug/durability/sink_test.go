package durability

import (
	"cmp"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// arrival is a webhook as an endpoint got it.
type arrival struct {
	id   string // webhook-id
	data string // the payload, byte for byte
	at   time.Time
}

// sink is an endpoint that keeps what it gets. It is safe for concurrent use.
type sink struct {
	*httptest.Server
	released chan struct{} // closed when hanging requests may end
	text     string        // of its answers; "": the status's

	mu      sync.Mutex
	answers func(request) int // the status; hangs for 0. nil: 204
	came    []arrival
	byID    map[string]int
}

// request is what a sink decides its answer by.
type request struct {
	n     int // the how manieth it is, from 0
	times int // how often its webhook has come, this time included
}

// newSink opens an endpoint.
func newSink(t testing.TB) *sink {
	s := &sink{byID: map[string]int{}, released: make(chan struct{})}
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() {
		close(s.released)
		s.Close()
	})
	return s
}

// answering sets how the sink answers from now on.
func (s *sink) answering(status func(request) int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = status
}

func always(status int) func(request) int { return func(request) int { return status } }

const hang = 0

// ServeHTTP takes one webhook.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var webhook struct {
		ID   string         `json:"id"`
		Data jsontext.Value `json:"data"`
	}
	if err != nil || json.Unmarshal(body, &webhook) != nil {
		return // its sender was killed while it wrote
	}
	switch status := s.take(arrival{r.Header.Get("webhook-id"), string(webhook.Data), time.Now()}); status {
	case hang:
		select {
		case <-r.Context().Done():
		case <-s.released:
		}
	case http.StatusNoContent:
		w.WriteHeader(status)
	default:
		w.WriteHeader(status)
		_, _ = io.WriteString(w, cmp.Or(s.text, http.StatusText(status)))
	}
}

func (s *sink) take(a arrival) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.came)
	s.came = append(s.came, a)
	s.byID[a.id]++
	if s.answers == nil {
		return http.StatusNoContent
	}
	return s.answers(request{n, s.byID[a.id]})
}

// count is how many requests came.
func (s *sink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.came)
}

// distinct is how many webhooks came, each counted once.
func (s *sink) distinct() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byID)
}

// arrivals is what has come so far.
func (s *sink) arrivals() []arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.came)
}

// missing are those of some webhooks that did not come.
func (s *sink) missing(ids []string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, id := range ids {
		if s.byID[id] == 0 {
			out = append(out, id)
		}
	}
	return out
}

// wants waits until all of some webhooks have come.
func (s *sink) wants(t testing.TB, ids []string) {
	t.Helper()
	eventually(t, "every accepted message is delivered", func() bool { return len(s.missing(ids)) == 0 })
}
