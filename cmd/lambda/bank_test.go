package main

import (
	"fmt"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// bank is a service with a user and an event type, made past all functions.
type bank struct {
	w             *world
	svc, usr, typ string
	endpoints     []string
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) command(steps ...eventlog.Step) {
	w.t.Helper()
	w.must(eventlog.ExecuteAll(w.t.Context(), w.log, eventlog.Cause{Actor: "admin", CorrelationID: "req_test"}, steps...))
}

// bank makes a service with so many endpoints of a format.
func (w *world) bank(format domain.Format, endpoints int) *bank {
	w.t.Helper()
	b := &bank{w: w, svc: domain.PrefixService + w.log.NewID(), usr: domain.PrefixUser + w.log.NewID(), typ: domain.PrefixEventType + w.log.NewID()}
	w.command(eventlog.On(domain.ServiceStream(b.svc), domain.CreateService{Name: "bank " + b.svc, DefaultFormat: format}))
	w.command(eventlog.On(domain.UserStream(b.svc, b.usr), domain.RegisterUser{Name: "ann"}))
	w.command(eventlog.On(domain.EventTypeStream(b.svc, b.typ), domain.CreateEventType{Name: "card_issued"}))
	for n := range endpoints {
		id := domain.PrefixEndpoint + w.log.NewID()
		w.command(eventlog.On(domain.EndpointStream(b.svc, id), domain.AddEndpoint{
			UserID: b.usr, URL: b.url(n), Format: format, EventTypes: []string{b.typ},
			Secret: eventlog.Sealed{Key: domain.SecretsKey(b.svc), Plain: []byte("secret")},
		}))
		b.endpoints = append(b.endpoints, id)
	}
	return b
}

func (b *bank) url(n int) string { return fmt.Sprintf("https://endpoint-%d.example/hook", n) }

// publish accepts a message for all endpoints, as the API does.
func (b *bank) publish() string {
	b.w.t.Helper()
	ctx, log := b.w.t.Context(), b.w.log
	kind, err := eventlog.Load[domain.EventType](ctx, log, domain.EventTypeStream(b.svc, b.typ))
	b.w.must(err)
	var candidates []domain.Candidate
	for _, id := range b.endpoints {
		e, err := eventlog.Load[domain.Endpoint](ctx, log, domain.EndpointStream(b.svc, id))
		b.w.must(err)
		sub, _ := e.State.Subscription(b.typ)
		candidates = append(candidates, domain.Candidate{Endpoint: e.State, Subscription: sub})
	}
	id := domain.PrefixMessage + log.NewID()
	b.w.command(eventlog.On(domain.MessageStream(b.svc, id), domain.PublishMessage{
		EventType: kind.State, Payload: []byte(`{"card":"` + id + `"}`), PayloadKey: domain.PayloadKey(b.svc, "", time.Now()),
		Routed: domain.Route(candidates, "", time.Now()),
	}))
	return id
}

// delivery reads how a delivery is, from the log.
func (b *bank) delivery(message, endpoint string) domain.Delivery {
	b.w.t.Helper()
	trail, err := projections.LoadTrail(b.w.t.Context(), b.w.log, b.svc, message)
	b.w.must(err)
	d, _ := trail.Delivery(endpoint)
	return d
}

// queries are those of a process that reads what functions write.
func (w *world) queries() *projections.Queries {
	return projections.NewRemoteQueries(w.log, w.store.Views(), nil, time.Now)
}

// messages are the ids of the service's messages as lists show them.
func (b *bank) messages() (ids []string) {
	b.w.t.Helper()
	page, err := b.w.queries().Messages(b.w.t.Context(), b.svc, projections.MessageFilter{}, projections.PageRequest{Limit: 100})
	b.w.must(err)
	for _, m := range page.Data {
		ids = append(ids, m.ID)
	}
	return ids
}

// stuck are the streams that are set aside.
func (w *world) stuck() (streams []string) {
	w.t.Helper()
	page, err := w.queries().Stuck(w.t.Context(), projections.PageRequest{Limit: 100})
	w.must(err)
	for _, s := range page.Data {
		streams = append(streams, s.Stream)
	}
	return streams
}
