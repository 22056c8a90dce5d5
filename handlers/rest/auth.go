package rest

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"

	"webplug/domain"
)

// access is what a route asks of its caller.
type access uint8

const (
	public    access = iota // nothing, not even a key
	anyKey                  // a key, whatever it may do
	read                    // scope read
	publish                 // scope publish
	manage                  // scope manage
	secrets                 // scope secrets
	manageAll               // scope manage, of a key that is not limited to a service
	admin                   // the admin key
)

// scope is the scope that a key needs.
func (n access) scope() domain.Scope {
	switch n {
	case read:
		return domain.ScopeRead
	case publish:
		return domain.ScopePublish
	case secrets:
		return domain.ScopeSecrets
	case manage, manageAll:
		return domain.ScopeManage
	case public, anyKey, admin: // no scope opens these, or is asked for
	}
	return ""
}

// caller is who makes a request.
type caller struct {
	admin bool
	key   domain.APIKey // of those who are not admin
}

// actor is what events name as their cause.
func (p caller) actor() string {
	if p.admin {
		return domain.AdminActor
	}
	return p.key.ID
}

// has says whether the caller has a scope.
func (p caller) has(s domain.Scope) bool { return p.admin || slices.Contains(p.key.Scopes, s) }

// sees says whether the caller may know of a service.
func (p caller) sees(service string) bool { return p.key.ServiceID == "" || p.key.ServiceID == service }

// may refuses what the caller's key does not allow.
func (p caller) may(n access) error {
	switch {
	case p.admin, n == anyKey:
		return nil
	case n == admin:
		return domain.Refuse(domain.Forbidden, "", "this needs the admin key")
	case n == manageAll && p.key.ServiceID != "":
		return domain.Refuse(domain.Forbidden, "", "this key is limited to one service")
	case !p.has(n.scope()):
		return domain.Refuse(domain.Forbidden, "", "this key does not have the scope %s", n.scope())
	}
	return nil
}

// authenticate finds out who calls, by the header Authorization: Bearer <key>.
func (a *API) authenticate(ctx context.Context, r *http.Request) (caller, error) {
	text, ok := bearer(r.Header.Get("Authorization"))
	if !ok {
		return caller{}, unauthorized("key-missing", "the header Authorization: Bearer <key> is missing")
	}
	sum := sha256.Sum256([]byte(text))
	if subtle.ConstantTimeCompare(sum[:], a.adminSum[:]) == 1 {
		return caller{admin: true}, nil
	}
	id, secret, ok := domain.SplitKeyText(text)
	if !ok {
		return caller{}, unauthorized("key-unknown", "there is no such key")
	}
	key, err := a.Directory.Key(ctx, id)
	switch {
	case err != nil:
		return caller{}, err
	case !key.Opens(secret):
		return caller{}, unauthorized("key-unknown", "there is no such key")
	case key.Revoked():
		return caller{}, unauthorized("key-revoked", "the key was revoked")
	}
	return caller{key: key}, nil
}

func bearer(header string) (key string, ok bool) {
	const scheme = "Bearer "
	if len(header) <= len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return "", false
	}
	key = strings.TrimSpace(header[len(scheme):])
	return key, key != ""
}

func unauthorized(code, message string) error {
	e := domain.Refuse(domain.Unauthorized, "", "%s", message)
	e.Code = code
	return e
}
