package rest

import (
	"context"
	"net/http"
	"time"

	"webplug/domain"
	"webplug/projections"
)

// defaultSpan is how long before its end a query of figures begins.
const defaultSpan = 24 * time.Hour

// stats answers a service's figures over time.
func (a *API) stats(ctx context.Context, c *call) error {
	q := c.query()
	filter := projections.StatsFilter{
		UserID:     c.onlyUser(q.id("user_id", domain.PrefixUser)),
		EndpointID: q.id("endpoint_id", domain.PrefixEndpoint), EventType: q.text("event_type"),
		Bucket: projections.BucketSpan(or(present(word(q, "bucket", "5m", "15m", "1h", "6h", "1d")), "1h")),
	}
	filter.Since, filter.Until = q.span()
	if filter.Until.IsZero() {
		filter.Until = a.now()
	}
	if filter.Since.IsZero() {
		filter.Since = filter.Until.Add(-defaultSpan)
	}
	if !filter.Since.Before(filter.Until) {
		q.refuse("since", "is not before until")
	}
	if err := a.settle(ctx, c, q); err != nil {
		return err
	}
	figures, err := a.Queries.Stats(ctx, c.service.ID, filter)
	if err != nil {
		return err
	}
	if figures.Stale {
		c.Response().Header()[headerStale] = valueTrue
	}
	return c.json(http.StatusOK, figures)
}
