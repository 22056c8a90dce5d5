package rest

import (
	"context"
	"net/http"

	"webplug/domain"
)

// whoamiAnswer is what the key in use may see and do: programs with a user interface leave out the rest.
type whoamiAnswer struct {
	Admin     bool           `json:"admin"`
	ID        string         `json:"id"` // domain.AdminActor of the admin key
	Name      string         `json:"name"`
	Scopes    []domain.Scope `json:"scopes"`
	ServiceID *string        `json:"service_id"` // null: every service
	UserID    *string        `json:"user_id"`    // null: every user
	Holder    *domain.Holder `json:"holder"`
}

func (a *API) whoami(_ context.Context, c *call) error {
	if c.caller.admin {
		return c.json(http.StatusOK, whoamiAnswer{
			Admin: true, ID: domain.AdminActor, Name: domain.AdminActor,
			Scopes: []domain.Scope{domain.ScopePublish, domain.ScopeManage, domain.ScopeRead, domain.ScopeSecrets},
		})
	}
	key := c.caller.key
	answer := whoamiAnswer{ID: key.ID, Name: key.Name, Scopes: key.Scopes}
	if key.ServiceID != "" {
		answer.ServiceID = &key.ServiceID
	}
	if key.UserID != "" {
		answer.UserID = &key.UserID
	}
	if key.Holder != (domain.Holder{}) {
		answer.Holder = &key.Holder
	}
	return c.json(http.StatusOK, answer)
}
