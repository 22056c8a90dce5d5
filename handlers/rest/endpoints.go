package rest

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

func (a *API) addEndpoint(ctx context.Context, c *call) error {
	var body struct {
		UserID      string         `json:"user_id"`
		URL         string         `json:"url"`
		Format      *domain.Format `json:"format"`
		Description string         `json:"description"`
		EventTypes  []string       `json:"event_types"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	if err := c.ownUser(body.UserID); err != nil {
		return err
	}
	n, err := a.creation(c, domain.PrefixEndpoint, c.service.ID)
	if err != nil {
		return err
	}
	build := func() (eventlog.Command[domain.Endpoint], error) {
		cmd := domain.AddEndpoint{UserID: body.UserID, Description: body.Description, Request: n.request}
		var err error
		if cmd.URL, cmd.Format, err = a.destination(ctx, c, "url", body.UserID, body.URL, body.Format); err != nil {
			return nil, err
		}
		if cmd.EventTypes, err = a.eventTypesNamed(ctx, c.service.ID, "event_types", body.EventTypes); err != nil {
			return nil, err
		}
		cmd.Secret, err = a.newSecret(c.service.ID)
		return cmd, err
	}
	endpoint, err := create(ctx, a, c, n, domain.EndpointStream(c.service.ID, n.id),
		func(e domain.Endpoint) string { return e.Request }, endpointClaims, build)
	if err != nil {
		return err
	}
	c.did(endpoint.Stream, endpoint.Version)
	return a.changed(ctx, c, http.StatusCreated, endpointAnswer{EndpointRow: projections.NewEndpointRow(endpoint.State)})
}

// destination checks where a new endpoint of a user would lie, and in which format.
func (a *API) destination(
	ctx context.Context, c *call, field, user, url string, wanted *domain.Format,
) (string, domain.Format, error) {
	if err := c.service.AcceptsCommands(); err != nil {
		return "", "", err
	}
	if err := a.acceptsUser(ctx, c, user); err != nil {
		return "", "", err
	}
	format := or(wanted, c.service.DefaultFormat)
	if err := domain.CheckFormat("format", format); err != nil {
		return "", "", err
	}
	return url, format, a.checkURL(ctx, field, url)
}

// acceptsUser refuses a user that is unknown or archived, naming the body's field.
func (a *API) acceptsUser(ctx context.Context, c *call, id string) error {
	if id == "" {
		return domain.Refuse(domain.Invalid, "user_id", "is required")
	}
	var user domain.User
	if domain.ValidID(domain.PrefixUser, id) {
		var err error
		if user, err = a.Directory.User(ctx, c.service.ID, id); err != nil {
			return err
		}
	}
	return user.AcceptsCommands("user_id")
}

func (a *API) eventTypesNamed(ctx context.Context, service, field string, names []string) ([]string, error) {
	if len(names) > domain.MaxSubscriptions {
		return nil, domain.Refuse(domain.Invalid, field, "has more than %d event types", domain.MaxSubscriptions)
	}
	ids := make([]string, 0, len(names))
	for i, name := range names {
		kind, err := a.eventTypeNamed(ctx, service, fmt.Sprintf("%s.%d", field, i), name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, kind.ID)
	}
	return ids, nil
}

func (a *API) updateEndpoint(ctx context.Context, c *call) error {
	var body struct {
		URL         optional[string] `json:"url"`
		Description optional[string] `json:"description"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	url, err := body.URL.required("url")
	if err != nil {
		return err
	}
	if err := c.service.AcceptsCommands(); err != nil {
		return err
	}
	if url != nil {
		if err := a.checkURL(ctx, "url", *url); err != nil {
			return err
		}
	}
	return a.changeEndpoint(ctx, c, http.StatusOK, domain.UpdateEndpoint{URL: url, Description: body.Description.orZero()})
}

func (a *API) removeEndpoint(ctx context.Context, c *call) error {
	return a.changeEndpoint(ctx, c, http.StatusNoContent, domain.RemoveEndpoint{})
}

// pauseEndpoint is taken in an archived service too: what was accepted before may still be on its way.
func (a *API) pauseEndpoint(ctx context.Context, c *call) error {
	if err := c.decodeIfAny(&struct{}{}); err != nil {
		return err
	}
	return a.changeEndpoint(ctx, c, http.StatusOK, domain.PauseEndpoint{Reason: domain.PausedManually})
}

func (a *API) resumeEndpoint(ctx context.Context, c *call) error {
	if err := c.decodeIfAny(&struct{}{}); err != nil {
		return err
	}
	if err := c.service.AcceptsCommands(); err != nil {
		return err
	}
	return a.changeEndpoint(ctx, c, http.StatusOK, domain.ResumeEndpoint{})
}

// rotateSecret does not show the new secret: that needs the scope secrets, and is an event of its own.
func (a *API) rotateSecret(ctx context.Context, c *call) error {
	if err := c.decodeIfAny(&struct{}{}); err != nil {
		return err
	}
	if err := c.service.AcceptsCommands(); err != nil {
		return err
	}
	secret, err := a.newSecret(c.service.ID)
	if err != nil {
		return err
	}
	until := a.now().Add(domain.SecretOverlap)
	return a.changeEndpoint(ctx, c, http.StatusOK, domain.RotateSecret{Secret: secret, PreviousUntil: until})
}

func (a *API) changeEndpoint(ctx context.Context, c *call, status int, cmd eventlog.Command[domain.Endpoint]) error {
	id, err := c.endpointID()
	if err != nil {
		return err
	}
	endpoint, _, err := execute(ctx, a, c, false, domain.EndpointStream(c.service.ID, id), cmd, endpointClaims)
	if err != nil {
		return err
	}
	return a.endpointChanged(ctx, c, status, endpoint)
}

func (c *call) endpointID() (string, error) { return c.idOf("ep", domain.PrefixEndpoint, "endpoint") }

func (a *API) endpointChanged(ctx context.Context, c *call, status int, e eventlog.Loaded[domain.Endpoint]) error {
	c.did(e.Stream, e.Version)
	row, err := a.parents(c).showEndpoint(ctx, projections.NewEndpointRow(e.State))
	if err != nil {
		return err
	}
	return a.changed(ctx, c, status, row)
}

func (a *API) getEndpoint(ctx context.Context, c *call) error {
	if err := c.query().done(); err != nil {
		return err
	}
	endpoint, err := a.endpoint(ctx, c)
	if err != nil {
		return err
	}
	row, err := a.parents(c).showEndpoint(ctx, projections.NewEndpointRow(endpoint))
	if err != nil {
		return err
	}
	a.inForce(ctx, c, endpoint)
	return c.json(http.StatusOK, row)
}

// inForce waits until messages go to an endpoint as it is shown, or says that they may not: whoever has read active gets
// what is published after, whoever has read paused gets none.
func (a *API) inForce(ctx context.Context, c *call, e domain.Endpoint) {
	if !a.Directory.Settled(ctx, domain.EndpointStream(c.service.ID, e.ID), e.Version) {
		c.Response().Header()[headerStale] = valueTrue
	}
}

// endpoint is the endpoint of the path.
func (a *API) endpoint(ctx context.Context, c *call) (domain.Endpoint, error) {
	id, err := c.endpointID()
	if err != nil {
		return domain.Endpoint{}, err
	}
	endpoint, err := a.Directory.Endpoint(ctx, c.service.ID, id)
	if err == nil && !endpoint.Exists() {
		err = domain.Refuse(domain.NotFound, "", "no such endpoint")
	}
	return endpoint, err
}

func (a *API) listEndpoints(ctx context.Context, c *call) error {
	q := c.query()
	filter := projections.EndpointFilter{
		UserID: c.onlyUser(q.id("user_id", domain.PrefixUser)), URL: q.text("url"), Text: q.text("q"),
		Status: word(q, "status", domain.EndpointActive, domain.EndpointStatusPaused, domain.EndpointStatusGone),
	}
	request := q.page()
	if err := a.settle(ctx, c, q); err != nil {
		return err
	}
	page, err := a.Queries.Endpoints(ctx, c.service.ID, filter, request)
	if err != nil {
		return err
	}
	p := a.parents(c)
	return list(c, page, func(r projections.EndpointRow) (endpointAnswer, error) { return p.showEndpoint(ctx, r) })
}

// newSecret makes a signing secret of 256 bits; 192 to 512 are the Standard Webhooks specification's.
func (a *API) newSecret(service string) (eventlog.Sealed, error) {
	secret := make([]byte, 32)
	if _, err := io.ReadFull(a.Random, secret); err != nil {
		return eventlog.Sealed{}, fmt.Errorf("make a signing secret: %w", err)
	}
	return eventlog.Sealed{Key: domain.SecretsKey(service), Plain: secret}, nil
}
