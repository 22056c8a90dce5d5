package rest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/handlers/rest"
	"webplug/projections"
)

// nowhere takes every append at once and keeps nothing: what is measured is the handler and the log above the store.
type nowhere struct{ *memory }

func (nowhere) Append(context.Context, eventlog.Batch) error { return nil }

func (nowhere) Read(context.Context, eventlog.Stream, eventlog.Version) iter.Seq2[eventlog.Record, error] {
	return yieldAll(nil)
}

// folded is a directory of one of each, in memory as on one machine.
type folded struct {
	rest.Directory
	service    domain.Service
	user       domain.User
	kind       domain.EventType
	candidates []domain.Candidate
	key        domain.APIKey
}

func (f *folded) Service(context.Context, string) (domain.Service, error) { return f.service, nil }
func (f *folded) User(context.Context, string, string) (domain.User, error) {
	return f.user, nil
}
func (f *folded) EventTypeNamed(context.Context, string, string) (domain.EventType, error) {
	return f.kind, nil
}
func (f *folded) Schema(domain.EventType) (*domain.Schema, error) { return nil, nil }
func (f *folded) Candidates(context.Context, string, string, string, string, int) ([]domain.Candidate, bool, error) {
	return f.candidates, false, nil
}
func (f *folded) Learn(domain.APIKey)                                {}
func (f *folded) Key(context.Context, string) (domain.APIKey, error) { return f.key, nil }

// unused are uses of keys that nobody asks for.
type unused struct{ rest.KeyUses }

func (unused) Note(context.Context, string, projections.KeyUse) {}

// blank is an answer that nobody reads.
type blank struct {
	header http.Header
	status int
}

func (b *blank) Header() http.Header         { return b.header }
func (b *blank) Write(p []byte) (int, error) { return len(p), nil }
func (b *blank) WriteHeader(status int)      { b.status = status }

func benchmarked(b *testing.B, endpoints int) (api *rest.API, path, key string) {
	b.Helper()
	id := func(prefix string, n int) string { return fmt.Sprintf("%s%026d", prefix, n) }
	store := nowhere{newMemory()}
	sealer, err := eventlog.NewSealer(store, bytes.Repeat([]byte{7}, eventlog.MasterKeySize), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat("0", 64)
	f := &folded{
		service: domain.Service{ID: id("svc_", 1), Version: 1}, user: domain.User{ID: id("usr_", 1), Version: 1},
		kind: domain.EventType{ID: id("typ_", 1), Name: "card_issued", Version: 1},
		key:  domain.APIKey{ID: id("key_", 1), Scopes: []domain.Scope{domain.ScopePublish}, Hash: domain.HashKey(text), Version: 1},
	}
	for i := range endpoints {
		f.candidates = append(f.candidates, domain.Candidate{
			Endpoint: domain.Endpoint{ID: id("ep_", i), UserID: f.user.ID, Status: domain.EndpointActive, Version: 1},
		})
	}
	api, err = rest.New(rest.Options{
		Log: eventlog.New(store, domain.Events(), sealer, time.Now, newID), Directory: f, KeyUses: unused{}, NewID: newID, Random: rand.Reader,
		Clock: time.Now, AdminKey: "admin", DefaultFormat: domain.StandardWebhooks,
		Logger: slog.New(slog.NewJSONHandler(io.Discard, nil)), Observe: func(string, string, int, time.Duration) {},
	})
	if err != nil {
		b.Fatal(err)
	}
	return api, "/v1/services/" + f.service.ID + "/messages", domain.KeyText(f.key.ID, text)
}

// BenchmarkPublish is one POST …/messages with a payload of 1 KB, from the handler to the store's port.
func BenchmarkPublish(b *testing.B) {
	for _, endpoints := range []int{1, 10} {
		b.Run(fmt.Sprintf("endpoints=%d", endpoints), func(b *testing.B) {
			api, path, key := benchmarked(b, endpoints)
			random := make([]byte, 768)
			_, _ = rand.Read(random)
			body := fmt.Appendf(nil, `{"event_type":"card_issued","user_id":"usr_%026d","payload":{"text":"%x"}}`, 1, random[:500])
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				req, _ := http.NewRequestWithContext(b.Context(), http.MethodPost, path, bytes.NewReader(body))
				req.Header["Authorization"] = []string{"Bearer " + key}
				req.Header["Content-Type"] = []string{"application/json"}
				answer := blank{header: make(http.Header, 8)}
				if api.ServeHTTP(&answer, req); answer.status != http.StatusAccepted {
					b.Fatal(answer.status)
				}
			}
		})
	}
}

// BenchmarkRequest is what making the request itself costs, to be taken off.
func BenchmarkRequest(b *testing.B) {
	api, _, key := benchmarked(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		req, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, "/healthz", nil)
		req.Header["Authorization"] = []string{"Bearer " + key}
		answer := blank{header: make(http.Header, 8)}
		api.ServeHTTP(&answer, req)
	}
}
