package domain_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// What the limits of input allow must fit one write, or a request would be accepted by its rules and fail in the log.
func TestTheLargestOfEverythingFitsOneWrite(t *testing.T) {
	id := func(prefix string, n int) string { return fmt.Sprintf("%s%026d", prefix, n) }
	random := make([]byte, domain.MaxPayload) // does not compress
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	skipped := make([]domain.Skip, domain.MaxAudience)
	for i := range skipped {
		skipped[i] = domain.Skip{EndpointID: id("ep_", i), Reason: domain.SkippedUserArchived, Since: sampleTime, By: id("key_", i)}
	}
	types := make([]string, domain.MaxSubscriptions)
	for i := range types {
		types[i] = id("typ_", i)
	}
	quotes := func(n int) string { return strings.Repeat(`"`, n) }  // a character that takes most bytes as JSON,
	letters := func(n int) string { return strings.Repeat("🎉", n) } // and one that takes most as UTF-8
	metadata := map[string]string{}
	for i := range domain.MaxMetadataKeys {
		metadata[letters(domain.MaxMetadataKey-2)+fmt.Sprintf("%02d", i)] = letters(domain.MaxMetadataValue)
	}
	schema := jsontext.Value(`{"title":"` + strings.Repeat("x", domain.MaxSchema-12) + `"}`)

	added, err := domain.AddEndpoint{
		UserID: id("usr_", 1), URL: "https://example.com/" + strings.Repeat("x", 2000), Format: domain.StandardWebhooks,
		Description: letters(domain.MaxDescription), Secret: sampleSealed("secrets"), EventTypes: types, Request: id("", 1),
	}.Decide(domain.Endpoint{})
	if err != nil {
		t.Fatal(err)
	}
	published, err := domain.PublishMessage{
		Test: true, Payload: random, PayloadKey: id("svc_", 1) + "/" + id("usr_", 1) + "/2026-01", Routed: domain.Routed{Skipped: skipped}, Request: id("", 1),
	}.Decide(domain.Message{})
	if err != nil {
		t.Fatal(err)
	}
	registered, err := domain.RegisterUser{
		Name: quotes(domain.MaxName), ExternalID: quotes(domain.MaxExternalID), Metadata: metadata, Request: id("", 1),
	}.Decide(domain.User{})
	if err != nil {
		t.Fatal(err)
	}
	created, err := domain.CreateEventType{
		Name: strings.Repeat("x", domain.MaxName), Description: quotes(domain.MaxDescription), Schema: schema,
		Example: jsontext.Value(`"` + strings.Repeat("x", domain.MaxExample-2) + `"`), Request: id("", 1),
	}.Decide(domain.EventType{})
	if err != nil {
		t.Fatal(err)
	}
	for name, events := range map[string]these{"endpoint": added, "message": published, "user": registered, "event type": created} {
		t.Run(name, func(t *testing.T) {
			sealer, err := eventlog.NewSealer(keyring{}, make([]byte, eventlog.MasterKeySize), nil)
			if err != nil {
				t.Fatal(err)
			}
			n, store := 0, &kept{}
			log := eventlog.New(store, domain.Events(), sealer, func() time.Time { return sampleTime }, func() string { n++; return fmt.Sprintf("01KE%022d", n) })
			cause := eventlog.Cause{Actor: id("key_", 1), CorrelationID: strings.Repeat("r", 128), CausationID: strings.Repeat("r", 128)}
			if _, err := eventlog.Execute(context.Background(), log, eventlog.Stream{Service: id("svc_", 1), Root: "x"}, events, cause); err != nil {
				t.Fatal(err)
			}
			size := 0
			for _, r := range store.records {
				size += len(r.Data)
			}
			t.Logf("%d of %d bytes", size, eventlog.MaxWriteBytes)
		})
	}
}
