package domain_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"webplug/domain"
	"webplug/domain/eventlog/spec"
)

var keyCreated = domain.KeyCreated{
	Name: "CI", Scopes: []domain.Scope{domain.ScopePublish, domain.ScopeRead}, ServiceID: "svc_1", Holder: domain.Holder{Name: "Ann", Kind: "person"},
	Hash: domain.HashKey("secret"), Request: "body 1",
}

func TestCreateKey(t *testing.T) {
	create := domain.CreateKey(keyCreated)
	t.Run("creates it", func(t *testing.T) { spec.Given[domain.APIKey](t).When(create).Then(keyCreated) })
	t.Run("is for one user of a service", func(t *testing.T) {
		ofUser := create
		ofUser.UserID = "usr_1"
		spec.Given[domain.APIKey](t).When(ofUser).Then(domain.KeyCreated(ofUser))
		if k := fold[domain.APIKey](t, domain.KeyCreated(ofUser)); k.UserID != "usr_1" {
			t.Errorf("%+v", k)
		}
	})
	t.Run("needs a name and a scope alone", func(t *testing.T) {
		least := domain.CreateKey{Name: "CI", Scopes: []domain.Scope{domain.ScopeRead}, Hash: "h"}
		spec.Given[domain.APIKey](t).When(least).Then(domain.KeyCreated(least))
	})
	t.Run("repeated is refused with its id, since it is shown only once", func(t *testing.T) {
		spec.Given[domain.APIKey](t, keyCreated).When(create).ThenRefused(conflict("Idempotency-Key"))
		var refused *domain.Error
		if _, err := create.Decide(fold[domain.APIKey](t, keyCreated)); !errors.As(err, &refused) || refused.ID != "given" {
			t.Fatalf("%+v", refused)
		}
	})
	refused := func(name string, want error, change func(*domain.CreateKey)) {
		t.Run(name+" is refused", func(t *testing.T) {
			c := create
			change(&c)
			spec.Given[domain.APIKey](t).When(c).ThenRefused(want)
		})
	}
	t.Run("with another request's Idempotency-Key is refused", func(t *testing.T) {
		other := create
		other.Request = "body 2"
		spec.Given[domain.APIKey](t, keyCreated).When(other).ThenRefused(invalid("Idempotency-Key"))
	})
	for what, name := range badNames {
		refused("with a name "+what, invalid("name"), func(c *domain.CreateKey) { c.Name = name })
		refused("with a holder's name "+what, invalid("holder.name"), func(c *domain.CreateKey) { c.Holder.Name = name })
	}
	refused("without scopes", invalid("scopes"), func(c *domain.CreateKey) { c.Scopes = nil })
	refused("with an unknown scope", invalid("scopes"), func(c *domain.CreateKey) { c.Scopes = []domain.Scope{"read", "admin"} })
	refused("with a scope twice", invalid("scopes"), func(c *domain.CreateKey) { c.Scopes = []domain.Scope{"read", "publish", "read"} })
	refused("for a user of no service", invalid("user_id"), func(c *domain.CreateKey) { c.ServiceID, c.UserID = "", "usr_1" })
	refused("with a holder of no kind", invalid("holder.kind"), func(c *domain.CreateKey) { c.Holder.Kind = "" })
	refused("with a holder of another kind", invalid("holder.kind"), func(c *domain.CreateKey) { c.Holder.Kind = "robot" })
	refused("with a holder without a name", invalid("holder.name"), func(c *domain.CreateKey) { c.Holder.Name = "" })
}

func TestRevokeKey(t *testing.T) {
	t.Run("revokes it", func(t *testing.T) {
		spec.Given[domain.APIKey](t, keyCreated).When(domain.RevokeKey{}).Then(domain.KeyRevoked{})
	})
	t.Run("repeated adds nothing", func(t *testing.T) {
		spec.Given[domain.APIKey](t, keyCreated, domain.KeyRevoked{}).When(domain.RevokeKey{}).ThenNothing()
	})
	t.Run("of an unknown one is refused", func(t *testing.T) { spec.Given[domain.APIKey](t).When(domain.RevokeKey{}).ThenRefused(notFound) })
}

func TestAKey(t *testing.T) {
	k := fold[domain.APIKey](t, keyCreated, domain.KeyRevoked{})
	want := domain.APIKey{
		ID: "given", Name: "CI", Scopes: keyCreated.Scopes, ServiceID: "svc_1", Holder: keyCreated.Holder, Hash: keyCreated.Hash, Request: "body 1",
		CreatedAt: given(1), RevokedAt: given(2), Version: 2,
	}
	if !reflect.DeepEqual(k, want) || !k.Exists() || !k.Revoked() {
		t.Fatalf("%+v\nwant %+v", k, want)
	}
	if k.ActorName() != "Ann" || (domain.APIKey{Name: "CI"}).ActorName() != "CI" {
		t.Error("a key is called by its holder's name, else by its own")
	}
}

func TestAKeyOpens(t *testing.T) {
	k := fold[domain.APIKey](t, keyCreated)
	for secret, want := range map[string]bool{"secret": true, "": false, "Secret": false, "secret ": false, "secre": false, domain.HashKey("secret"): false} {
		if got := k.Opens(secret); got != want {
			t.Errorf("to %q: %v", secret, got)
		}
	}
	if (domain.APIKey{}).Opens("") || (domain.APIKey{Hash: domain.HashKey("x")}).Opens("x") {
		t.Error("a key that does not exist opens")
	}
	if k := fold[domain.APIKey](t, domain.KeyCreated{Name: "without a hash"}); k.Opens("") {
		t.Error("a key without a hash opens")
	}
}

func TestKeyText(t *testing.T) {
	const id = "key_01KE0000000000000000000001"
	if got, want := domain.KeyText(id, "s3cret"), "wpk_01KE0000000000000000000001_s3cret"; got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		id := domain.DerivedID(domain.PrefixKey, "_", rapid.String().Draw(t, "id"))
		secret := rapid.StringMatching(`[A-Za-z0-9_-]{1,60}`).Draw(t, "secret") // base64url has '_' too
		gotID, gotSecret, ok := domain.SplitKeyText(domain.KeyText(id, secret))
		if !ok || gotID != id || gotSecret != secret {
			t.Fatalf("%s, %s, %v", gotID, gotSecret, ok)
		}
	})
	for _, text := range []string{
		"", "wpk_", "wpk__", "s3cret", "wpk_01KE0000000000000000000001", "wpk_01KE0000000000000000000001_", "wpk_short_s3cret",
		"WPK_01KE0000000000000000000001_s3cret", " wpk_01KE0000000000000000000001_s3cret", "wpk_01ke0000000000000000000001_s3cret",
		"key_01KE0000000000000000000001_s3cret", strings.Repeat("wpk_", 1000),
	} {
		if id, secret, ok := domain.SplitKeyText(text); ok || id != "" || secret != "" {
			t.Errorf("%.40q is split into %q and %q", text, id, secret)
		}
	}
}
