package durability

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// api is the API of a server, as one who holds a key sees it.
type api struct {
	url, key string
	client   *http.Client
}

// answer is what a call came to.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call makes one request. A body that is not nil is sent as JSON.
func (a api) call(ctx context.Context, method, path string, body any, headers ...string) (answer, error) {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		sent = strings.NewReader(string(text))
	}
	r, err := http.NewRequestWithContext(ctx, method, a.url+path, sent)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Authorization", "Bearer "+a.key)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := a.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, got}, err
}

// must makes a request that has to be answered with a status, and decodes the answer if into is not nil.
func (a api) must(t testing.TB, want int, method, path string, body, into any) answer {
	t.Helper()
	got, err := a.call(t.Context(), method, path, body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if got.status != want {
		t.Fatalf("%s %s: %d %s, want %d", method, path, got.status, got.body, want)
	}
	got.into(t, into)
	return got
}

func (a answer) into(t testing.TB, v any) {
	t.Helper()
	if v == nil {
		return
	}
	if err := json.Unmarshal(a.body, v); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
}

type identified struct {
	ID string `json:"id"`
}

func (a api) create(t testing.TB, path string, body any) string {
	t.Helper()
	var made identified
	a.must(t, http.StatusCreated, http.MethodPost, path, body, &made)
	return made.ID
}

// fields are a JSON object.
type fields map[string]any

// tenant is a service with a user and an event type.
type tenant struct{ path, service, user, eventType string }

const eventName = "card_issued"

func (a api) tenant(t testing.TB, name string) tenant {
	t.Helper()
	service := a.create(t, "/v1/services", fields{"name": name})
	path := "/v1/services/" + service
	return tenant{
		path: path, service: service, user: a.create(t, path+"/users", fields{"name": "Ada"}),
		eventType: a.create(t, path+"/event-types", fields{"name": eventName}),
	}
}

// endpoint subscribes a URL of the tenant's user to its event type.
func (a api) endpoint(t testing.TB, of tenant, url string) string {
	t.Helper()
	return a.create(t, of.path+"/endpoints", fields{"user_id": of.user, "url": url, "event_types": []string{eventName}})
}

// publish publishes a message that must be accepted.
func (a api) publish(t testing.TB, of tenant, payload any) string {
	t.Helper()
	var made identified
	a.must(t, http.StatusAccepted, http.MethodPost, of.path+"/messages", message(payload), &made)
	return made.ID
}

// message is the body that publishes a payload to all users.
func message(payload any) fields { return fields{"event_type": eventName, "payload": payload} }

// delivery is how a message's delivery to an endpoint stands.
type delivery struct {
	EndpointID    string `json:"endpoint_id"`
	Status        string `json:"status"`
	Attempts      int    `json:"attempts"`
	NextAttemptAt string `json:"next_attempt_at"`
}

// delivery gives a message's delivery to an endpoint.
func (a api) delivery(t testing.TB, of tenant, message, endpoint string) delivery {
	t.Helper()
	var page struct {
		Data []delivery `json:"data"`
	}
	a.must(t, http.StatusOK, http.MethodGet, of.path+"/messages/"+message+"/deliveries?endpoint_id="+endpoint, nil, &page)
	if len(page.Data) != 1 {
		t.Fatalf("%s has %d deliveries to %s", message, len(page.Data), endpoint)
	}
	return page.Data[0]
}

// all reads a list to its end and gives its rows.
func (a api) all(t testing.TB, path string, limit int) []jsontext.Value {
	t.Helper()
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	var rows []jsontext.Value
	for cursor := ""; ; {
		query := fmt.Sprintf("%slimit=%d", mark, limit)
		if cursor != "" {
			query += "&cursor=" + url.QueryEscape(cursor)
		}
		var page struct {
			Data []jsontext.Value `json:"data"`
			Next string           `json:"next_cursor"`
		}
		a.must(t, http.StatusOK, http.MethodGet, path+query, nil, &page)
		rows = append(rows, page.Data...)
		if cursor = page.Next; cursor == "" {
			return rows
		}
	}
}
