package projections_test

import (
	"context"
	"errors"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// letters are the world's dead letters as its rows have them.
func (w *world) letters() projections.Letters {
	w.t.Helper()
	var out projections.Letters
	page, err := w.store.Views().Current(w.t.Context())
	w.must(err)
	rows, err := w.store.Views().List(w.t.Context(), page, projections.ListQuery{View: projections.ViewDeliveries, List: "dead/" + svc, Limit: 1000})
	w.must(err)
	for _, l := range rows {
		s, err := eventlog.ParseStream(l.ID)
		w.must(err)
		out.Data = append(out.Data, projections.DeadLetter{Message: s.Root, Endpoint: s.Leaf, Sort: l.Sort})
	}
	return out
}

// fixed gives the same dead letters always.
type fixed struct{ letters projections.Letters }

func (f fixed) FailedAfter(context.Context, string, projections.DeliveryFilter, string, int) (projections.Letters, error) {
	return f.letters, nil
}

// cancelling cancels the job while it looks for what to act on.
type cancelling struct {
	w      *world
	stream eventlog.Stream
}

func (c *cancelling) FailedAfter(ctx context.Context, _ string, _ projections.DeliveryFilter, _ string, _ int) (projections.Letters, error) {
	_, err := eventlog.Execute(ctx, c.w.log, c.stream, domain.CancelJob{}, eventlog.Cause{Actor: "admin", CorrelationID: "req"})
	return c.w.letters(), err
}

// brokenOff is an endpoints' directory that answers so many times.
type brokenOff struct {
	projections.Endpoints
	left int
}

func (b *brokenOff) Endpoint(ctx context.Context, service, id string) (domain.Endpoint, error) {
	if b.left--; b.left < 0 {
		return domain.Endpoint{}, errors.Join(errors.New("the process ends"), context.Canceled)
	}
	return b.Endpoints.Endpoint(ctx, service, id)
}
