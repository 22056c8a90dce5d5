package rest

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// keyAnswer is an API key as the API shows it.
type keyAnswer struct {
	projections.KeyRow
	LastUsed *projections.KeyUse `json:"last_used"`
}

// newKeyAnswer is a new API key: the only answer that shows it.
type newKeyAnswer struct {
	keyAnswer
	Key string `json:"key"`
}

// showKey shows a key with its last use.
func (a *API) showKey(ctx context.Context, row projections.KeyRow) (keyAnswer, error) {
	shown := keyAnswer{KeyRow: row}
	use, ok, err := a.KeyUses.Of(ctx, row.ID)
	if ok {
		shown.LastUsed = &use
	}
	return shown, err
}

func (a *API) createKey(ctx context.Context, c *call) error {
	var body struct {
		Name      string         `json:"name"`
		Scopes    []domain.Scope `json:"scopes"`
		ServiceID *string        `json:"service_id"`
		UserID    *string        `json:"user_id"`
		Holder    *struct {
			Name string `json:"name"`
			Kind string `json:"kind"`
		} `json:"holder"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}
	n, err := a.creation(c, domain.PrefixKey, eventlog.Above)
	if err != nil {
		return err
	}
	service, err := a.limit(ctx, body.ServiceID)
	if err != nil {
		return err
	}
	user, err := a.limitToUser(ctx, service, body.UserID)
	if err != nil {
		return err
	}
	secret := make([]byte, 32)
	if _, err := io.ReadFull(a.Random, secret); err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	text := hex.EncodeToString(secret)
	cmd := domain.CreateKey{
		Name: body.Name, Scopes: body.Scopes, ServiceID: service, UserID: user, Hash: domain.HashKey(text),
		Request: n.request,
	}
	if body.Holder != nil {
		cmd.Holder = domain.Holder{Name: body.Holder.Name, Kind: body.Holder.Kind}
		if cmd.Holder == (domain.Holder{}) {
			return domain.Refuse(domain.Invalid, "holder.name", "is required")
		}
	}
	key, _, err := execute(ctx, a, c, n.fresh(), domain.KeyStream(n.id), cmd, noClaims)
	if err != nil {
		return err
	}
	c.did(key.Stream, key.Version)
	return a.changed(ctx, c, http.StatusCreated, newKeyAnswer{keyAnswer{KeyRow: projections.NewKeyRow(key.State)}, domain.KeyText(n.id, text)})
}

// limit is the service that a key is limited to, "" for none. One that it cannot be limited to is refused, and so is an
// empty text: a variable that the caller forgot to fill must not make a key of all services.
func (a *API) limit(ctx context.Context, service *string) (string, error) {
	if service == nil {
		return "", nil
	}
	var s domain.Service
	if domain.ValidID(domain.PrefixService, *service) {
		var err error
		if s, err = a.Directory.Service(ctx, *service); err != nil {
			return "", err
		}
	}
	switch {
	case *service == "":
		return "", domain.Refuse(domain.Invalid, "service_id", "is empty; leave it out for a key of all services")
	case !s.Exists():
		return "", domain.Refuse(domain.Invalid, "service_id", "no such service")
	case s.Archived():
		return "", domain.Refuse(domain.Conflict, "service_id", "the service is archived")
	}
	return *service, nil
}

// limitToUser is the user of the service that a key is limited to, "" for none.
func (a *API) limitToUser(ctx context.Context, service string, user *string) (string, error) {
	switch {
	case user == nil:
		return "", nil
	case *user == "":
		return "", domain.Refuse(domain.Invalid, "user_id", "is empty; leave it out for a key of all users")
	case service == "" || !domain.ValidID(domain.PrefixUser, *user): // of no service: that is refused where all else is
		return *user, domain.User{}.AcceptsCommands("user_id")
	}
	u, err := a.Directory.User(ctx, service, *user)
	if err != nil {
		return "", err
	}
	return *user, u.AcceptsCommands("user_id")
}

func (a *API) revokeKey(ctx context.Context, c *call) error {
	id, err := c.keyID()
	if err != nil {
		return err
	}
	key, _, err := execute(ctx, a, c, false, domain.KeyStream(id), domain.RevokeKey{}, noClaims)
	if err != nil {
		return err
	}
	a.Directory.Learn(key.State) // it is refused from now on, however far behind the directory is
	c.did(key.Stream, key.Version)
	return a.changed(ctx, c, http.StatusNoContent, nil)
}

func (c *call) keyID() (string, error) { return c.idOf("key", domain.PrefixKey, "key") }

func (a *API) getKey(ctx context.Context, c *call) error {
	if err := c.query().done(); err != nil {
		return err
	}
	id, err := c.keyID()
	if err != nil {
		return err
	}
	key, err := a.Directory.Key(ctx, id)
	if err != nil {
		return err
	}
	if !key.Exists() {
		return domain.Refuse(domain.NotFound, "", "no such key")
	}
	shown, err := a.showKey(ctx, projections.NewKeyRow(key))
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, shown)
}

func (a *API) listKeys(ctx context.Context, c *call) error {
	q := c.query()
	request := q.page()
	if err := a.settle(ctx, c, q); err != nil {
		return err
	}
	page, err := a.Queries.Keys(ctx, request)
	if err != nil {
		return err
	}
	return list(c, page, func(row projections.KeyRow) (keyAnswer, error) { return a.showKey(ctx, row) })
}
