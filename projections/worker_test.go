package projections_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// untold is a transport that notes whatever it is asked for.
type untold struct{ asked []string }

func (u *untold) Reconcile(context.Context, projections.Wanted) (projections.Found, error) {
	u.asked = append(u.asked, "reconcile")
	return projections.Found{TopicARN: "arn:topic", SubscriptionARN: "arn:subscription"}, nil
}

func (u *untold) Publish(_ context.Context, _ string, messages []projections.Outgoing) ([]projections.Receipt, error) {
	u.asked = append(u.asked, "publish")
	return make([]projections.Receipt, len(messages)), nil
}

// Whoever else has subscribed to a type's topic would take a test webhook for a real one; and one of no type has no topic.
func TestATestWebhookIsNeverPublishedToItsTypesTopic(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  domain.EventType
		test  bool
		asked bool
	}{
		{"of a type", domain.EventType{ID: typ, Name: "card_issued", Version: 1}, true, false},
		{"of no type", domain.EventType{}, true, false},
		{"a message", domain.EventType{ID: typ, Name: "card_issued", Version: 1}, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				sns := &untold{}
				directory := w.projector.Directory()
				worker := &projections.Worker{
					Log: w.log, Formats: projections.NewFormats(directory), Later: &asked{}, Tasks: &asked{}, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
					Reconciler: &projections.Reconciler{Log: w.log, Transport: sns, Stage: "test", Now: time.Now, QueueARN: "arn:queue"},
					Publisher:  &projections.SNSPublisher{Log: w.log, Endpoints: directory, Transport: sns, Mappings: projections.NewMappings(w.store.Views(), time.Now)},
				}
				msg := domain.PrefixMessage + w.id()
				w.do(eventlog.On(domain.MessageStream(svc, msg), domain.PublishMessage{
					EventType: c.kind, Payload: []byte(`{}`), PayloadKey: domain.PayloadKey(svc, usr, time.Now()), UserID: usr, Test: c.test,
				}))
				w.must(worker.Do(w.t.Context(), projections.Task{Kind: projections.TaskPublish, Service: svc, ID: msg, First: true}))
				if got := len(sns.asked) > 0; got != c.asked {
					t.Errorf("SNS was asked to %v", sns.asked)
				}
			})
		})
	}
}
