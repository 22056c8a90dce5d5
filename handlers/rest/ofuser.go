package rest

import (
	"context"
	"net/http"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// A key that is limited to one user of a service sees and does that user's part alone. What it may call is listed here, so
// that a new route is closed to it until somebody has thought of it; what lies at a path must be the user's; what bodies
// name must be the user's; lists show the user's part. To it, what belongs to others looks as if it were not there.

// ofUser are the routes below a service that such a key may call, by path and methods.
var ofUser = map[string][]string{
	"":                                      {http.MethodGet},
	"/users":                                {http.MethodGet},
	"/users/:usr":                           {http.MethodGet},
	"/event-types":                          {http.MethodGet},
	"/event-types/:typ":                     {http.MethodGet},
	"/endpoints":                            {http.MethodPost, http.MethodGet},
	"/endpoints/:ep":                        {http.MethodGet, http.MethodPatch, http.MethodDelete},
	"/endpoints/:ep/pause":                  {http.MethodPost},
	"/endpoints/:ep/resume":                 {http.MethodPost},
	"/endpoints/:ep/test":                   {http.MethodPost},
	"/endpoints/:ep/secret":                 {http.MethodGet},
	"/endpoints/:ep/secret/rotate":          {http.MethodPost},
	"/subscriptions":                        {http.MethodPost, http.MethodGet},
	"/subscriptions/:sub":                   {http.MethodGet, http.MethodDelete},
	"/subscriptions/:sub/confirm":           {http.MethodPost},
	"/subscriptions/:sub/handshake":         {http.MethodPost},
	"/messages":                             {http.MethodPost, http.MethodGet},
	"/messages/batch":                       {http.MethodPost},
	"/messages/:msg":                        {http.MethodGet},
	"/messages/:msg/history":                {http.MethodGet},
	"/messages/:msg/deliveries":             {http.MethodGet},
	"/messages/:msg/deliveries/:ep/retry":   {http.MethodPost},
	"/messages/:msg/deliveries/:ep/discard": {http.MethodPost},
	"/dead-letters":                         {http.MethodGet},
	"/dead-letters/groups":                  {http.MethodGet},
	"/history":                              {http.MethodGet},
	"/stats":                                {http.MethodGet},
	"/live":                                 {http.MethodGet},
}

// user is the only user that the caller may know of, "" for all.
func (p caller) user() string { return p.key.UserID }

// admitUser refuses a key of one user what is not that user's.
func (a *API) admitUser(ctx context.Context, c *call) error {
	if c.caller.user() == "" {
		return nil
	}
	if !opensToUsers(c.Request().Method, c.Path()) {
		return domain.Refuse(domain.Forbidden, "", "this key is limited to one user")
	}
	for _, param := range c.ParamNames() {
		var mine bool
		var err error
		what := ""
		switch id := c.Param(param); param {
		case "usr":
			what, mine = "user", id == c.caller.user()
		case "ep":
			what = "endpoint"
			mine, err = a.owns(ctx, c, id)
		case "sub":
			what = "subscription"
			endpoint, _, _ := domain.SplitSubscriptionID(id)
			mine, err = a.owns(ctx, c, endpoint)
		case "msg":
			what = "message"
			mine, err = a.meets(ctx, c, id)
		default:
			mine = true
		}
		if err != nil {
			return err
		}
		if !mine {
			return domain.Refuse(domain.NotFound, "", "no such %s", what)
		}
	}
	return nil
}

func opensToUsers(method, path string) bool {
	const svc = "/v1/services"
	if path == svc || path == "/v1/whoami" {
		return method == http.MethodGet
	}
	if len(path) < len(svc+"/:svc") {
		return false
	}
	for _, m := range ofUser[path[len(svc+"/:svc"):]] {
		if m == method {
			return true
		}
	}
	return false
}

// owns says whether an endpoint is the user's that the caller is limited to.
func (a *API) owns(ctx context.Context, c *call, endpoint string) (bool, error) {
	if !domain.ValidID(domain.PrefixEndpoint, endpoint) {
		return false, nil
	}
	e, err := a.Directory.Endpoint(ctx, c.service.ID, endpoint)
	return e.Exists() && e.UserID == c.caller.user(), err
}

// meets says whether a message is for the user, or met one of its endpoints.
func (a *API) meets(ctx context.Context, c *call, message string) (bool, error) {
	if !domain.ValidID(domain.PrefixMessage, message) {
		return false, nil
	}
	m, err := eventlog.Load[domain.Message](ctx, a.Log, domain.MessageStream(c.service.ID, message))
	if err != nil || !m.State.Exists() {
		return false, err
	}
	user := c.caller.user()
	for chunk, err := range projections.ChunksOf(ctx, a.Log, c.service.ID, m.State, projections.Within{User: user}) {
		if err != nil {
			return false, err
		}
		_, meets, err := projections.PartOf(chunk.Accepted, user, func(e string) (bool, error) { return a.owns(ctx, c, e) })
		if err != nil || meets {
			return meets, err
		}
	}
	return false, nil
}

// ownUser refuses a body that names another user than the caller is limited to, as if there were no such user.
func (c *call) ownUser(id string) error {
	switch user := c.caller.user(); {
	case user == "" || id == user:
		return nil
	case id == "":
		return domain.Refuse(domain.Invalid, "user_id", "is required: this key is limited to one user")
	}
	return domain.User{}.AcceptsCommands("user_id")
}

// nobody is an id that no user has.
const nobody = "usr_"

// onlyUser is what a list's filter by user comes to.
func (c *call) onlyUser(asked string) string {
	switch user := c.caller.user(); {
	case user == "" || asked == user:
		return asked
	case asked == "":
		return user
	}
	return nobody
}

// listOwnUser shows a key of one user that user.
func (a *API) listOwnUser(ctx context.Context, c *call, f projections.UserFilter, r projections.PageRequest) error {
	user, err := a.Directory.User(ctx, c.service.ID, c.caller.user())
	if err != nil {
		return err
	}
	rows := []projections.UserRow{projections.NewUserRow(c.service.ID, user)}
	page, err := pageOf(rows, r, func(r projections.UserRow) string { return r.ID },
		func(r projections.UserRow) bool {
			external := or(r.ExternalID, "")
			return (f.ExternalID == "" || external == f.ExternalID) && (f.Text == r.ID || projections.FoundBy(f.Text, r.Name, external))
		})
	if err != nil {
		return err
	}
	return list(c, page, c.showUser)
}
