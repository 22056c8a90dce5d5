package projections_test

import (
	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// everyList is all that the queries give, page by page, as text.
func (w *world) everyList() string {
	w.t.Helper()
	ctx := w.t.Context()
	out := w.rowLists()
	add := func(name string, text string) { out += name + " " + text + "\n" }
	for _, newest := range []bool{false, true} {
		for _, service := range []string{svc, ""} {
			add("history "+service, pages(w, func(r projections.PageRequest) (projections.Page[eventlog.Recorded], error) {
				page, err := w.queries.History(ctx, service, projections.HistoryFilter{NewestFirst: newest}, r)
				for i := range page.Data {
					page.Data[i].Event = nil // ids and hashes are enough
				}
				return page, err
			}))
		}
	}
	return out
}

// rowLists are the lists that have rows of their own.
func (w *world) rowLists() string {
	w.t.Helper()
	ctx := w.t.Context()
	out := ""
	add := func(name string, text string) { out += name + " " + text + "\n" }
	add("services", pages(w, func(r projections.PageRequest) (projections.Page[projections.ServiceRow], error) {
		return w.queries.Services(ctx, r)
	}))
	add("users", pages(w, func(r projections.PageRequest) (projections.Page[projections.UserRow], error) {
		return w.queries.Users(ctx, svc, projections.UserFilter{}, r)
	}))
	add("types", pages(w, func(r projections.PageRequest) (projections.Page[projections.EventTypeRow], error) {
		return w.queries.EventTypes(ctx, svc, projections.EventTypeFilter{}, r)
	}))
	add("endpoints", pages(w, func(r projections.PageRequest) (projections.Page[projections.EndpointRow], error) {
		return w.queries.Endpoints(ctx, svc, projections.EndpointFilter{}, r)
	}))
	add("subscriptions", pages(w, func(r projections.PageRequest) (projections.Page[projections.SubscriptionRow], error) {
		return w.queries.Subscriptions(ctx, svc, projections.SubscriptionFilter{}, r)
	}))
	for _, status := range []domain.DeliveryStatus{"", domain.Pending, domain.Retrying, domain.Failed, domain.Delivered, domain.Skipped} {
		add("messages "+string(status), pages(w, func(r projections.PageRequest) (projections.Page[projections.MessageRow], error) {
			return w.queries.Messages(ctx, svc, projections.MessageFilter{Status: status}, r)
		}))
	}
	add("dead", pages(w, func(r projections.PageRequest) (projections.Page[projections.DeliveryRow], error) {
		return w.queries.DeadLetters(ctx, svc, projections.DeliveryFilter{}, r)
	}))
	groups, err := w.queries.DeadLetterGroups(ctx, svc, projections.DeliveryFilter{})
	w.must(err)
	for _, g := range groups.Data {
		b, err := json.Marshal(g, json.Deterministic(true))
		w.must(err)
		add("group", string(b))
		add("dead of "+g.EndpointID, pages(w, func(r projections.PageRequest) (projections.Page[projections.DeliveryRow], error) {
			return w.queries.DeadLetters(ctx, svc, projections.DeliveryFilter{EndpointID: g.EndpointID}, r)
		}))
	}
	for _, service := range []string{svc, eventlog.Above} {
		add("jobs", pages(w, func(r projections.PageRequest) (projections.Page[projections.JobRow], error) {
			return w.queries.Jobs(ctx, service, projections.JobFilter{}, r)
		}))
	}
	return out
}

// pages reads a list to its end, seven rows at a time.
func pages[T any](w *world, read func(projections.PageRequest) (projections.Page[T], error)) string {
	w.t.Helper()
	out, cursor := "", ""
	for range 10_000 {
		page, err := read(projections.PageRequest{Limit: 7, Cursor: cursor})
		w.must(err)
		for _, row := range page.Data {
			b, err := json.Marshal(row, json.Deterministic(true))
			w.must(err)
			out += string(b) + "\n"
		}
		if cursor = page.Next; cursor == "" {
			return out
		}
	}
	w.t.Fatal("a list does not end")
	return ""
}
