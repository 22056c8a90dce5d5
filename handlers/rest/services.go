package rest

import (
	"context"
	"net/http"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

func (a *API) createService(ctx context.Context, c *call) error {
	var body struct {
		Name          string         `json:"name"`
		DefaultFormat *domain.Format `json:"default_format"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	n, err := a.creation(c, domain.PrefixService, eventlog.Above)
	if err != nil {
		return err
	}
	service, err := create(ctx, a, c, n, domain.ServiceStream(n.id), func(s domain.Service) string { return s.Request }, serviceClaims,
		func() (eventlog.Command[domain.Service], error) {
			format := or(body.DefaultFormat, a.DefaultFormat)
			return domain.CreateService{Name: body.Name, DefaultFormat: format, Request: n.request}, nil
		})
	if err != nil {
		return err
	}
	return a.serviceChanged(ctx, c, http.StatusCreated, service)
}

func (a *API) updateService(ctx context.Context, c *call) error {
	var body struct {
		Name          optional[string]        `json:"name"`
		DefaultFormat optional[domain.Format] `json:"default_format"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	name, err := body.Name.required("name")
	if err != nil {
		return err
	}
	format, err := body.DefaultFormat.required("default_format")
	if err != nil {
		return err
	}
	return a.changeService(ctx, c, http.StatusOK, domain.UpdateService{Name: name, DefaultFormat: format})
}

func (a *API) archiveService(ctx context.Context, c *call) error {
	return a.changeService(ctx, c, http.StatusNoContent, domain.ArchiveService{})
}

func (a *API) changeService(ctx context.Context, c *call, status int, cmd eventlog.Command[domain.Service]) error {
	service, _, err := execute(ctx, a, c, false, domain.ServiceStream(c.service.ID), cmd, serviceClaims)
	if err != nil {
		return err
	}
	return a.serviceChanged(ctx, c, status, service)
}

func (a *API) serviceChanged(ctx context.Context, c *call, status int, s eventlog.Loaded[domain.Service]) error {
	c.did(s.Stream, s.Version)
	return a.changed(ctx, c, status, projections.NewServiceRow(s.State))
}

func (a *API) getService(_ context.Context, c *call) error {
	if err := c.query().done(); err != nil {
		return err
	}
	return c.json(http.StatusOK, projections.NewServiceRow(c.service))
}

// listServices shows a key of one service that service.
func (a *API) listServices(ctx context.Context, c *call) error {
	q := c.query()
	request := q.page()
	if err := a.settle(ctx, c, q); err != nil {
		return err
	}
	if only := c.caller.key.ServiceID; only != "" {
		service, err := a.Directory.Service(ctx, only)
		if err != nil {
			return err
		}
		rows := []projections.ServiceRow{projections.NewServiceRow(service)}
		page, err := pageOf(rows, request, func(r projections.ServiceRow) string { return r.ID }, all)
		if err != nil {
			return err
		}
		return list(c, page, asItIs)
	}
	page, err := a.Queries.Services(ctx, request)
	if err != nil {
		return err
	}
	return list(c, page, asItIs)
}
