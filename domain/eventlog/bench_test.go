package eventlog_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"iter"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"webplug/domain/eventlog"
)

// The shapes of the hot path's two events: a message with its sealed payload, and the outcome of its delivery.
type (
	Accepted struct {
		TypeID  string          `json:"event_type_id"`
		Type    string          `json:"event_type"`
		UserID  string          `json:"user_id,omitzero"`
		Payload eventlog.Sealed `json:"-"`
		Targets []string        `json:"targets,omitempty"`
	}
	Delivered struct {
		AttemptID       string           `json:"attempt_id"`
		Attempt         int              `json:"attempt"`
		Plan            eventlog.Version `json:"plan"`
		EndpointVersion eventlog.Version `json:"endpoint_version"`
		URL             string           `json:"url"`
		StatusCode      int              `json:"status_code"`
		DurationMS      float64          `json:"duration_ms"`
		At              time.Time        `json:"at"`
		Answer          eventlog.Sealed  `json:"-"`
	}
)

func (Accepted) EventType() string  { return "Accepted" }
func (Delivered) EventType() string { return "Delivered" }

func (e *Accepted) SealedFields() []eventlog.SealedField {
	return []eventlog.SealedField{{Name: "payload", Sealed: &e.Payload}}
}

func (e *Delivered) SealedFields() []eventlog.SealedField {
	return []eventlog.SealedField{{Name: "answer", Sealed: &e.Answer}}
}

// sink takes all and keeps the last record.
type sink struct{ last eventlog.Record }

func (s *sink) Append(_ context.Context, b eventlog.Batch) error {
	s.last = b.Writes[0].Records[0]
	return nil
}

func (s *sink) Read(context.Context, eventlog.Stream, eventlog.Version) iter.Seq2[eventlog.Record, error] {
	return func(func(eventlog.Record, error) bool) {}
}

func (s *sink) Trail(ctx context.Context, _, _ string) iter.Seq2[eventlog.Record, error] {
	return s.Read(ctx, eventlog.Stream{}, 0)
}

const payloadKey = "svc_01KE0000000000000000000001/usr_01KE0000000000000000000002/2026-01"

// text is n bytes of JSON that does not compress well.
func text(n int) []byte {
	random := make([]byte, n)
	_, _ = rand.Read(random)
	return []byte(`{"text":"` + base64.RawStdEncoding.EncodeToString(random)[:n-11] + `"}`)
}

func hotEvents() map[string]eventlog.Event {
	outcome := Delivered{
		AttemptID: "01KE0000000000000000000003", Attempt: 1, EndpointVersion: 2, URL: "https://hooks.example.com/webplug/v1",
		StatusCode: 204, DurationMS: 12.345, At: start,
	}
	answered := outcome
	answered.Answer = eventlog.Sealed{Key: payloadKey, Plain: []byte(`{"ok":true}`)}
	return map[string]eventlog.Event{
		"accepted-1KB": Accepted{
			TypeID: "typ_01KE0000000000000000000004", Type: "card_issued", UserID: "usr_01KE0000000000000000000002",
			Payload: eventlog.Sealed{Key: payloadKey, Plain: text(1024)}, Targets: []string{"ep_01KE0000000000000000000005"},
		},
		"outcome":          outcome,
		"outcome-answered": answered,
	}
}

func hotLog(b *testing.B) (*eventlog.Log, *sink) {
	store := &sink{}
	registry := eventlog.NewRegistry(eventlog.Define[Accepted](), eventlog.Define[Delivered]())
	sealer := sealerOver(b, &keyring{wrapped: map[string][]byte{}}, make([]byte, eventlog.MasterKeySize))
	return eventlog.New(store, registry, sealer, time.Now, func() string { return ulid.Make().String() }), store
}

var hotStream = eventlog.Stream{Service: "svc_01KE0000000000000000000001", Root: "msg_01KE0000000000000000000006", Leaf: "ep_01KE0000000000000000000005"}

// BenchmarkAppend is what the log does for one event before the store has it: stamp, encode, compress, seal, hash.
func BenchmarkAppend(b *testing.B) {
	for name, event := range hotEvents() {
		b.Run(name, func(b *testing.B) {
			l, store := hotLog(b)
			hot := eventlog.Cause{Actor: "key_01KE0000000000000000000007", CorrelationID: "req_01KE0000000000000000000008", CausationID: "01KE0000000000000000000009"}
			b.ReportAllocs()
			for b.Loop() {
				if err := eventlog.ExecuteAll(ctx, l, hot, eventlog.On(hotStream, record{event}).Fresh()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(store.last.Data)), "stored-B")
		})
	}
}

// BenchmarkDecode is what reading one event costs where nobody remembers it.
func BenchmarkDecode(b *testing.B) {
	for name, event := range hotEvents() {
		b.Run(name, func(b *testing.B) {
			l, store := hotLog(b)
			if err := eventlog.ExecuteAll(ctx, l, cause, eventlog.On(hotStream, record{event}).Fresh()); err != nil {
				b.Fatal(err)
			}
			rec := store.last.Forget()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.Decode(rec); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkReveal is what one attempt pays for a payload of 1 KB.
func BenchmarkReveal(b *testing.B) {
	l, store := hotLog(b)
	if err := eventlog.ExecuteAll(ctx, l, cause, eventlog.On(hotStream, record{hotEvents()["accepted-1KB"]}).Fresh()); err != nil {
		b.Fatal(err)
	}
	r, err := l.Decode(store.last.Forget())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Reveal(ctx, r.Event.(Accepted).Payload); err != nil {
			b.Fatal(err)
		}
	}
}
