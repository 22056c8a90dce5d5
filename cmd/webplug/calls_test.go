package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// What tests of a whole home ask of its API, and what endpoints get of SNS.

// callAPI asks a home's API as the admin, and decodes its answer.
func callAPI(t *testing.T, home http.Handler, method, path string, body any, want int) map[string]any {
	t.Helper()
	var in bytes.Buffer
	if body != nil {
		if err := json.MarshalWrite(&in, body); err != nil {
			t.Fatal(err)
		}
	}
	r := httptest.NewRequest(method, "/v1"+path, &in)
	r.Header.Set("Authorization", "Bearer "+snsAdminKey)
	r.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	home.ServeHTTP(answer, r)
	if answer.Code != want {
		t.Fatalf("%s %s answered %d, want %d: %s", method, path, answer.Code, want, answer.Body)
	}
	var out map[string]any
	if answer.Body.Len() > 0 {
		if err := json.Unmarshal(answer.Body.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// eventually waits for a condition, for a while.
func eventually(t *testing.T, within time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// snsArrival is an envelope that SNS sent to an endpoint.
type snsArrival struct {
	Type         string `json:"Type"`
	MessageID    string `json:"MessageId"`
	Token        string `json:"Token"`
	SubscribeURL string `json:"SubscribeURL"`
	Message      string `json:"Message"`
}

func arrivalOf(r *http.Request) (a snsArrival, err error) {
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &a)
	}
	return a, err
}
