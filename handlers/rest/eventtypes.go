package rest

import (
	"context"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

func (a *API) createEventType(ctx context.Context, c *call) error {
	var body struct {
		Name        string         `json:"name"`
		Description string         `json:"description"`
		Schema      jsontext.Value `json:"schema"`
		Example     jsontext.Value `json:"example"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	n, err := a.creation(c, domain.PrefixEventType, c.service.ID)
	if err != nil {
		return err
	}
	kind, err := create(ctx, a, c, n, domain.EventTypeStream(c.service.ID, n.id),
		func(t domain.EventType) string { return t.Request }, eventTypeClaims(c.service.ID),
		func() (eventlog.Command[domain.EventType], error) {
			cmd := domain.CreateEventType{
				Name: body.Name, Description: body.Description, Schema: body.Schema, Example: body.Example, Request: n.request,
			}
			return cmd, c.service.AcceptsCommands()
		})
	if err != nil {
		return err
	}
	return a.eventTypeChanged(ctx, c, http.StatusCreated, kind)
}

func (a *API) updateEventType(ctx context.Context, c *call) error {
	var body struct {
		Description optional[string] `json:"description"`
		Schema      jsontext.Value   `json:"schema"` // null takes it away
		Example     jsontext.Value   `json:"example"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	if err := c.service.AcceptsCommands(); err != nil {
		return err
	}
	return a.changeEventType(ctx, c, http.StatusOK, domain.UpdateEventType{
		Description: body.Description.orZero(), Schema: body.Schema, Example: body.Example,
	})
}

func (a *API) archiveEventType(ctx context.Context, c *call) error {
	return a.changeEventType(ctx, c, http.StatusNoContent, domain.ArchiveEventType{})
}

func (a *API) changeEventType(ctx context.Context, c *call, status int, cmd eventlog.Command[domain.EventType]) error {
	id, err := c.idOf("typ", domain.PrefixEventType, "event type")
	if err != nil {
		return err
	}
	kind, _, err := execute(ctx, a, c, false, domain.EventTypeStream(c.service.ID, id), cmd, eventTypeClaims(c.service.ID))
	if err != nil {
		return err
	}
	return a.eventTypeChanged(ctx, c, status, kind)
}

func (a *API) eventTypeChanged(ctx context.Context, c *call, status int, t eventlog.Loaded[domain.EventType]) error {
	c.did(t.Stream, t.Version)
	return a.changed(ctx, c, status, projections.NewEventTypeRow(c.service.ID, t.State))
}

func (a *API) getEventType(ctx context.Context, c *call) error {
	if err := c.query().done(); err != nil {
		return err
	}
	id, err := c.idOf("typ", domain.PrefixEventType, "event type")
	if err != nil {
		return err
	}
	kind, err := a.Directory.EventType(ctx, c.service.ID, id)
	if err != nil {
		return err
	}
	if !kind.Exists() {
		return domain.Refuse(domain.NotFound, "", "no such event type")
	}
	row, err := c.showEventType(projections.NewEventTypeRow(c.service.ID, kind))
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, row)
}

func (a *API) listEventTypes(ctx context.Context, c *call) error {
	q := c.query()
	filter, request := projections.EventTypeFilter{Name: q.text("name"), Text: q.text("q")}, q.page()
	if err := a.settle(ctx, c, q); err != nil {
		return err
	}
	page, err := a.Queries.EventTypes(ctx, c.service.ID, filter, request)
	if err != nil {
		return err
	}
	return list(c, page, c.showEventType)
}

func (c *call) showEventType(row projections.EventTypeRow) (projections.EventTypeRow, error) {
	row.ArchivedAt = archivedWith(row.ArchivedAt, c.service.ArchivedAt)
	return row, nil
}

// eventTypeNamed finds the event type that a body's field names.
func (a *API) eventTypeNamed(ctx context.Context, service, field, name string) (domain.EventType, error) {
	if name == "" {
		return domain.EventType{}, domain.Refuse(domain.Invalid, field, "is required")
	}
	kind, err := a.Directory.EventTypeNamed(ctx, service, name)
	if err != nil {
		return kind, err
	}
	if !kind.Exists() {
		return kind, domain.Refuse(domain.Invalid, field, "no event type of this name")
	}
	return kind, kind.AcceptsCommands(field)
}
