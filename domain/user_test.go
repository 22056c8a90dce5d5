package domain_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"webplug/domain"
	"webplug/domain/eventlog/spec"
)

var userRegistered = domain.UserRegistered{
	Name: "Ann Lee", ExternalID: "cus_7", Metadata: map[string]string{"plan": "gold"}, Request: "body 1",
}

// Metadata that is refused, and the field that the refusal names.
var badMetadata = map[string]struct {
	metadata map[string]string
	field    string
}{
	"51 entries":                  {entries(domain.MaxMetadataKeys + 1), "metadata"},
	"an entry without a name":     {map[string]string{"": "x"}, "metadata"},
	"a name of 41 characters":     {map[string]string{strings.Repeat("ü", domain.MaxMetadataKey+1): "x"}, "metadata"},
	"a name with a newline":       {map[string]string{"a\nb": "x"}, "metadata"},
	"a value of 501 characters":   {map[string]string{"a": strings.Repeat("ü", domain.MaxMetadataValue+1)}, "metadata.a"},
	"a value with a bidi control": {map[string]string{"ok": "ok", "b": "\u202e"}, "metadata.b"},
	"a value that is not UTF-8":   {map[string]string{"a": "\xff"}, "metadata.a"},
	"two bad values":              {map[string]string{"d": "\x00", "c": "\x00"}, "metadata.c"},
}

func entries(n int) map[string]string {
	m := map[string]string{}
	for i := range n {
		m[fmt.Sprintf("key %d", i)] = ""
	}
	return m
}

func TestRegisterUser(t *testing.T) {
	register := domain.RegisterUser(userRegistered)
	t.Run("registers them", func(t *testing.T) {
		spec.Given[domain.User](t).When(register).Then(userRegistered)
	})
	t.Run("takes the longest of everything", func(t *testing.T) {
		most := domain.RegisterUser{
			Name: strings.Repeat("ü", domain.MaxName), ExternalID: strings.Repeat("ü", domain.MaxExternalID),
			Metadata: entries(domain.MaxMetadataKeys - 1),
		}
		most.Metadata[strings.Repeat("ü", domain.MaxMetadataKey)] = strings.Repeat("ü", domain.MaxMetadataValue)
		spec.Given[domain.User](t).When(most).Then(domain.UserRegistered(most))
	})
	t.Run("without metadata stores none", func(t *testing.T) {
		spec.Given[domain.User](t).When(domain.RegisterUser{Name: "Ann", Metadata: map[string]string{}}).Then(domain.UserRegistered{Name: "Ann"})
	})
	t.Run("repeated with its Idempotency-Key adds nothing", func(t *testing.T) {
		spec.Given[domain.User](t, userRegistered).When(register).ThenNothing()
	})
	t.Run("with another request's Idempotency-Key is refused", func(t *testing.T) {
		spec.Given[domain.User](t, userRegistered).When(domain.RegisterUser{Name: "Bob", Request: "body 2"}).ThenRefused(invalid("Idempotency-Key"))
	})
	for what, name := range badNames {
		t.Run("with a name "+what+" is refused", func(t *testing.T) {
			spec.Given[domain.User](t).When(domain.RegisterUser{Name: name}).ThenRefused(invalid("name"))
		})
		if name != "" {
			t.Run("with an external id "+what+" is refused", func(t *testing.T) {
				spec.Given[domain.User](t).When(domain.RegisterUser{Name: "Ann", ExternalID: name}).ThenRefused(invalid("external_id"))
			})
		}
	}
	for what, c := range badMetadata {
		t.Run("with "+what+" is refused", func(t *testing.T) {
			spec.Given[domain.User](t).When(domain.RegisterUser{Name: "Ann", Metadata: c.metadata}).ThenRefused(invalid(c.field))
		})
	}
}

func TestUpdateUser(t *testing.T) {
	t.Run("changes what is given", func(t *testing.T) {
		spec.Given[domain.User](t, userRegistered).When(domain.UpdateUser{Name: p("Ann Smith")}).Then(domain.UserUpdated{Name: p("Ann Smith")})
	})
	t.Run("changes all at once", func(t *testing.T) {
		metadata := map[string]string{"plan": "silver"}
		spec.Given[domain.User](t, userRegistered).
			When(domain.UpdateUser{Name: p("A"), ExternalID: p("B"), Metadata: &metadata}).
			Then(domain.UserUpdated{Name: p("A"), ExternalID: p("B"), Metadata: &metadata})
	})
	t.Run("takes the external id away", func(t *testing.T) {
		spec.Given[domain.User](t, userRegistered).When(domain.UpdateUser{ExternalID: p("")}).Then(domain.UserUpdated{ExternalID: p("")})
	})
	for what, none := range map[string]map[string]string{"nil": nil, "empty": {}} {
		t.Run("takes the metadata away with an "+what+" map", func(t *testing.T) {
			spec.Given[domain.User](t, userRegistered).When(domain.UpdateUser{Metadata: &none}).
				Then(domain.UserUpdated{Metadata: &map[string]string{}})
		})
		t.Run("of no metadata to an "+what+" map adds nothing", func(t *testing.T) {
			spec.Given[domain.User](t, domain.UserRegistered{Name: "Ann"}).When(domain.UpdateUser{Metadata: &none}).ThenNothing()
		})
	}
	t.Run("to what it is already adds nothing", func(t *testing.T) {
		spec.Given[domain.User](t, userRegistered).
			When(domain.UpdateUser{Name: p("Ann Lee"), ExternalID: p("cus_7"), Metadata: &map[string]string{"plan": "gold"}}).ThenNothing()
	})
	t.Run("of an unknown one is refused", func(t *testing.T) {
		spec.Given[domain.User](t).When(domain.UpdateUser{Name: p("A")}).ThenRefused(notFound)
	})
	t.Run("of an archived one is refused", func(t *testing.T) {
		spec.Given[domain.User](t, userRegistered, domain.UserArchived{}).When(domain.UpdateUser{Name: p("A")}).ThenRefused(conflict(""))
	})
	for what, name := range badNames {
		t.Run("to a name "+what+" is refused", func(t *testing.T) {
			spec.Given[domain.User](t, userRegistered).When(domain.UpdateUser{Name: &name}).ThenRefused(invalid("name"))
		})
		if name != "" {
			t.Run("to an external id "+what+" is refused", func(t *testing.T) {
				spec.Given[domain.User](t, userRegistered).When(domain.UpdateUser{ExternalID: &name}).ThenRefused(invalid("external_id"))
			})
		}
	}
	for what, c := range badMetadata {
		t.Run("to "+what+" is refused", func(t *testing.T) {
			spec.Given[domain.User](t, userRegistered).When(domain.UpdateUser{Metadata: &c.metadata}).ThenRefused(invalid(c.field))
		})
	}
}

func TestArchiveUser(t *testing.T) {
	t.Run("archives them", func(t *testing.T) {
		spec.Given[domain.User](t, userRegistered).When(domain.ArchiveUser{}).Then(domain.UserArchived{})
	})
	t.Run("repeated adds nothing", func(t *testing.T) {
		spec.Given[domain.User](t, userRegistered, domain.UserArchived{}).When(domain.ArchiveUser{}).ThenNothing()
	})
	t.Run("of an unknown one is refused", func(t *testing.T) {
		spec.Given[domain.User](t).When(domain.ArchiveUser{}).ThenRefused(notFound)
	})
}

func TestAUser(t *testing.T) {
	u := fold[domain.User](t, userRegistered, domain.UserUpdated{ExternalID: p("")}, domain.UserArchived{})
	want := domain.User{
		ID: "given", Name: "Ann Lee", Metadata: map[string]string{"plan": "gold"}, Request: "body 1",
		CreatedAt: given(1), UpdatedAt: given(3), ArchivedAt: given(3), ArchivedBy: "key_given", Version: 3,
	}
	if !reflect.DeepEqual(u, want) || !u.Exists() || !u.Archived() {
		t.Fatalf("%+v, want %+v", u, want)
	}
	for name, c := range map[string]struct {
		user domain.User
		want string
	}{
		"unknown":  {domain.User{}, "invalid (user_id)"},
		"active":   {fold[domain.User](t, userRegistered), "-"},
		"archived": {u, "conflict (user_id)"},
	} {
		if got := told(nil, c.user.AcceptsCommands("user_id")); got != c.want {
			t.Errorf("under an %s user: %s, want %s", name, got, c.want)
		}
	}
}
