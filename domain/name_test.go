package domain_test

import (
	"errors"
	"testing"

	"webplug/domain"
	"webplug/domain/eventlog/spec"
)

func TestReserveName(t *testing.T) {
	reserve := domain.ReserveName{What: "service name", Holder: "svc_1", Field: "name"}
	reserved := domain.NameReserved{What: "service name", Holder: "svc_1"}
	t.Run("takes a free one", func(t *testing.T) { spec.Given[domain.Name](t).When(reserve).Then(reserved) })
	t.Run("takes one that was released", func(t *testing.T) {
		spec.Given[domain.Name](t, domain.NameReserved{Holder: "svc_2"}, domain.NameReleased{Holder: "svc_2"}).When(reserve).Then(reserved)
	})
	t.Run("again adds nothing", func(t *testing.T) { spec.Given[domain.Name](t, reserved).When(reserve).ThenNothing() })
	t.Run("of another's is refused, with the other's id", func(t *testing.T) {
		spec.Given[domain.Name](t, domain.NameReserved{Holder: "svc_2"}).When(reserve).ThenRefused(conflict("name"))
		var refused *domain.Error
		if _, err := reserve.Decide(domain.Name{Holder: "svc_2"}); !errors.As(err, &refused) || refused.ID != "svc_2" {
			t.Fatalf("%+v", refused)
		}
	})
}

func TestReleaseName(t *testing.T) {
	release, mine := domain.ReleaseName{Holder: "svc_1"}, domain.NameReserved{What: "service name", Holder: "svc_1"}
	t.Run("frees it", func(t *testing.T) { spec.Given[domain.Name](t, mine).When(release).Then(domain.NameReleased(release)) })
	t.Run("repeated adds nothing", func(t *testing.T) {
		spec.Given[domain.Name](t, mine, domain.NameReleased{Holder: "svc_1"}).When(release).ThenNothing()
	})
	t.Run("of a free one adds nothing", func(t *testing.T) {
		spec.Given[domain.Name](t).When(release).ThenNothing()
		spec.Given[domain.Name](t).When(domain.ReleaseName{}).ThenNothing()
	})
	t.Run("leaves another's alone", func(t *testing.T) {
		spec.Given[domain.Name](t, domain.NameReserved{Holder: "svc_2"}).When(release).ThenNothing()
	})
}

func TestNamesLieWhereTheyAreUnique(t *testing.T) {
	same := domain.EndpointURL("svc_1", "usr_1", "https://example.com/", domain.StandardWebhooks)
	for what, other := range map[string]string{
		"another service": domain.EndpointURL("svc_2", "usr_1", "https://example.com/", domain.StandardWebhooks).String(),
		"another user":    domain.EndpointURL("svc_1", "usr_2", "https://example.com/", domain.StandardWebhooks).String(),
		"another URL":     domain.EndpointURL("svc_1", "usr_1", "https://example.com/a", domain.StandardWebhooks).String(),
		"another format":  domain.EndpointURL("svc_1", "usr_1", "https://example.com/", domain.SNS).String(),
	} {
		if other == same.String() {
			t.Errorf("%s has the same reservation", what)
		}
	}
	if domain.ServiceName("Cards") == domain.ServiceName("cards") {
		t.Error("names are told apart by case")
	}
	for _, name := range []string{"", "a/b", "ü\x00", string(make([]byte, 10_000))} {
		if s := domain.EventTypeName("svc_1", name); !s.Valid() {
			t.Errorf("the stream of %.20q is not valid: %s", name, s)
		}
	}
}
