package rest

import (
	"context"
	"net/http"
	"net/url"

	"webplug/domain"
)

func (a *API) listStuck(ctx context.Context, c *call) error {
	q := c.query()
	request := q.page()
	if err := q.done(); err != nil {
		return err
	}
	page, err := a.Queries.Stuck(ctx, request)
	if err != nil {
		return err
	}
	return list(c, page, asItIs)
}

func (a *API) retryStuck(ctx context.Context, c *call) error {
	if err := c.decodeIfAny(&struct{}{}); err != nil {
		return err
	}
	id := c.Param("id")
	if c.Request().URL.RawPath != "" { // then the router gives it as it came
		var err error
		if id, err = url.PathUnescape(id); err != nil {
			return domain.Refuse(domain.NotFound, "", "no such event")
		}
	}
	if err := a.Queries.RetryStuck(ctx, id); err != nil {
		return err
	}
	return c.json(http.StatusAccepted, map[string]string{"id": id})
}
