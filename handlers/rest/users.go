package rest

import (
	"context"
	"net/http"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

func (a *API) registerUser(ctx context.Context, c *call) error {
	var body struct {
		Name       string             `json:"name"`
		ExternalID string             `json:"external_id"`
		Metadata   map[string]*string `json:"metadata"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	metadata, err := texts("metadata", body.Metadata)
	if err != nil {
		return err
	}
	n, err := a.creation(c, domain.PrefixUser, c.service.ID)
	if err != nil {
		return err
	}
	user, err := create(ctx, a, c, n, domain.UserStream(c.service.ID, n.id),
		func(u domain.User) string { return u.Request }, userClaims(c.service.ID),
		func() (eventlog.Command[domain.User], error) {
			cmd := domain.RegisterUser{Name: body.Name, ExternalID: body.ExternalID, Metadata: metadata, Request: n.request}
			return cmd, c.service.AcceptsCommands()
		})
	if err != nil {
		return err
	}
	return a.userChanged(ctx, c, http.StatusCreated, user)
}

func (a *API) updateUser(ctx context.Context, c *call) error {
	var body struct {
		Name       optional[string]             `json:"name"`
		ExternalID optional[string]             `json:"external_id"`
		Metadata   optional[map[string]*string] `json:"metadata"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	name, err := body.Name.required("name")
	if err != nil {
		return err
	}
	cmd := domain.UpdateUser{Name: name, ExternalID: body.ExternalID.orZero()}
	if body.Metadata.given {
		metadata, err := texts("metadata", body.Metadata.value)
		if err != nil {
			return err
		}
		cmd.Metadata = &metadata
	}
	if err := c.service.AcceptsCommands(); err != nil {
		return err
	}
	return a.changeUser(ctx, c, http.StatusOK, cmd)
}

func (a *API) archiveUser(ctx context.Context, c *call) error {
	return a.changeUser(ctx, c, http.StatusNoContent, domain.ArchiveUser{})
}

func (a *API) changeUser(ctx context.Context, c *call, status int, cmd eventlog.Command[domain.User]) error {
	id, err := c.idOf("usr", domain.PrefixUser, "user")
	if err != nil {
		return err
	}
	user, _, err := execute(ctx, a, c, false, domain.UserStream(c.service.ID, id), cmd, userClaims(c.service.ID))
	if err != nil {
		return err
	}
	return a.userChanged(ctx, c, status, user)
}

func (a *API) userChanged(ctx context.Context, c *call, status int, u eventlog.Loaded[domain.User]) error {
	c.did(u.Stream, u.Version)
	return a.changed(ctx, c, status, projections.NewUserRow(c.service.ID, u.State))
}

func (a *API) getUser(ctx context.Context, c *call) error {
	if err := c.query().done(); err != nil {
		return err
	}
	id, err := c.idOf("usr", domain.PrefixUser, "user")
	if err != nil {
		return err
	}
	user, err := a.Directory.User(ctx, c.service.ID, id)
	if err != nil {
		return err
	}
	if !user.Exists() {
		return domain.Refuse(domain.NotFound, "", "no such user")
	}
	row, err := c.showUser(projections.NewUserRow(c.service.ID, user))
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, row)
}

func (a *API) listUsers(ctx context.Context, c *call) error {
	q := c.query()
	filter, request := projections.UserFilter{ExternalID: q.text("external_id"), Text: q.text("q")}, q.page()
	if err := a.settle(ctx, c, q); err != nil {
		return err
	}
	if c.caller.user() != "" {
		return a.listOwnUser(ctx, c, filter, request)
	}
	page, err := a.Queries.Users(ctx, c.service.ID, filter, request)
	if err != nil {
		return err
	}
	return list(c, page, c.showUser)
}

// showUser answers the service's archived_at where the user has none: an archived service has no active users.
func (c *call) showUser(row projections.UserRow) (projections.UserRow, error) {
	row.ArchivedAt = archivedWith(row.ArchivedAt, c.service.ArchivedAt)
	return row, nil
}
