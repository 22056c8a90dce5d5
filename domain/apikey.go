package domain

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"webplug/domain/eventlog"
)

// The events of an API key's stream.
type (
	// KeyCreated says that a key was made. Only a hash of its secret is stored.
	KeyCreated struct {
		Name      string  `json:"name"`
		Scopes    []Scope `json:"scopes"`
		ServiceID string  `json:"service_id,omitzero"`
		UserID    string  `json:"user_id,omitzero"` // since version 2
		Holder    Holder  `json:"holder,omitzero"`
		Hash      string  `json:"secret_hash"`
		Request   string  `json:"request,omitzero"`
	}
	// KeyRevoked says that the key opens nothing any more.
	KeyRevoked struct{}
)

// EventType is the stored name.
func (KeyCreated) EventType() string { return "KeyCreated" }

// EventType is the stored name.
func (KeyRevoked) EventType() string { return "KeyRevoked" }

// Scope is something that a key may do.
type Scope string

// The scopes.
const (
	ScopePublish Scope = "publish" // publish messages
	ScopeManage  Scope = "manage"  // change services, users, event types, endpoints, deliveries
	ScopeRead    Scope = "read"    // read everything but secrets
	ScopeSecrets Scope = "secrets" // read endpoints' signing secrets
)

// Scopes lists them all.
var Scopes = []Scope{ScopePublish, ScopeManage, ScopeRead, ScopeSecrets}

// Holder is who has a key: the name that histories show.
type Holder struct {
	Name string `json:"name,omitzero"`
	Kind string `json:"kind,omitzero"` // "person" or "program"
}

// AdminActor is the actor of what the admin key does.
const AdminActor = "admin"

// KeyStream is the stream of an API key.
func KeyStream(id string) eventlog.Stream {
	return eventlog.Stream{Service: eventlog.Above, Root: id}
}

// APIKey is a key, without its secret.
type APIKey struct {
	ID        string
	Name      string
	Scopes    []Scope
	ServiceID string // "" for every service
	UserID    string // "" for every user; else one of ServiceID
	Holder    Holder
	Hash      string
	Request   string
	CreatedAt time.Time
	RevokedAt time.Time
	Version   eventlog.Version
}

// At is the version that the state is of.
func (k APIKey) At() eventlog.Version { return k.Version }

// Exists says whether the key was ever created.
func (k APIKey) Exists() bool { return k.Version > 0 }

// Revoked says whether the key is refused.
func (k APIKey) Revoked() bool { return !k.RevokedAt.IsZero() }

// ActorName is what histories show for the key.
func (k APIKey) ActorName() string {
	if k.Holder.Name != "" {
		return k.Holder.Name
	}
	return k.Name
}

// Evolve folds one event.
func (k APIKey) Evolve(r eventlog.Recorded) APIKey {
	k.Version = r.Version
	switch e := r.Event.(type) {
	case KeyCreated:
		k.ID, k.Name, k.Scopes, k.ServiceID, k.UserID, k.Holder, k.Hash, k.Request, k.CreatedAt =
			r.Stream.Root, e.Name, e.Scopes, e.ServiceID, e.UserID, e.Holder, e.Hash, e.Request, r.Time
	case KeyRevoked:
		k.RevokedAt = r.Time
	}
	return k
}

// CreateKey makes a key under a new id.
type CreateKey struct {
	Name      string
	Scopes    []Scope
	ServiceID string
	UserID    string // of the service; it exists
	Holder    Holder
	Hash      string // HashKey of the secret
	Request   string
}

// Decide refuses a repeat, since the key is shown only once: 409 with the id.
func (c CreateKey) Decide(k APIKey) ([]eventlog.Event, error) {
	if k.Exists() {
		if err := repeated(c.Request, k.Request); err != nil {
			return nil, err
		}
		return nil, taken("Idempotency-Key", k.ID, "the key was created before, and is shown only once")
	}
	if err := checkName("name", c.Name); err != nil {
		return nil, err
	}
	if err := c.checkScopes(); err != nil {
		return nil, err
	}
	if c.UserID != "" && c.ServiceID == "" {
		return nil, Refuse(Invalid, "user_id", "needs the user's service_id beside it")
	}
	if err := checkText("holder.name", c.Holder.Name, MaxName); err != nil {
		return nil, err
	}
	if c.Holder != (Holder{}) {
		if c.Holder.Name == "" {
			return nil, Refuse(Invalid, "holder.name", "is required")
		}
		if c.Holder.Kind != "person" && c.Holder.Kind != "program" {
			return nil, Refuse(Invalid, "holder.kind", "must be person or program")
		}
	}
	return []eventlog.Event{KeyCreated(c)}, nil
}

func (c CreateKey) checkScopes() error {
	if len(c.Scopes) == 0 {
		return Refuse(Invalid, "scopes", "needs at least one of publish, manage, read, secrets")
	}
	for i, s := range c.Scopes {
		if !slices.Contains(Scopes, s) {
			return Refuse(Invalid, "scopes", "%q is no scope; there are publish, manage, read, secrets", s)
		}
		if slices.Contains(c.Scopes[:i], s) {
			return Refuse(Invalid, "scopes", "has %q twice", s)
		}
	}
	return nil
}

// RevokeKey ends a key.
type RevokeKey struct{}

// Decide is repeatable.
func (RevokeKey) Decide(k APIKey) ([]eventlog.Event, error) {
	switch {
	case !k.Exists():
		return nil, Refuse(NotFound, "", "no such key")
	case k.Revoked():
		return nil, nil
	}
	return []eventlog.Event{KeyRevoked{}}, nil
}

// KeyText is the key as its holder gets it, once.
func KeyText(id, secret string) string {
	return "wpk_" + strings.TrimPrefix(id, PrefixKey) + "_" + secret
}

// SplitKeyText takes a key apart; ok says whether it has the form.
func SplitKeyText(text string) (id, secret string, ok bool) {
	rest, ok := strings.CutPrefix(text, "wpk_")
	if !ok {
		return "", "", false
	}
	id, secret, ok = strings.Cut(rest, "_")
	if !ok || secret == "" || !ValidID(PrefixKey, PrefixKey+id) {
		return "", "", false
	}
	return PrefixKey + id, secret, true
}

// HashKey is what is stored of a key's secret. Secrets have 256 random bits, so that a plain hash cannot be reversed.
func HashKey(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}

// Opens compares a secret with the key's, in constant time.
func (k APIKey) Opens(secret string) bool {
	return k.Exists() && subtle.ConstantTimeCompare([]byte(HashKey(secret)), []byte(k.Hash)) == 1
}
