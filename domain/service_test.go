package domain_test

import (
	"testing"

	"webplug/domain"
	"webplug/domain/eventlog/spec"
)

var serviceCreated = domain.ServiceCreated{Name: "Cards", DefaultFormat: domain.StandardWebhooks, Request: "body 1"}

func TestCreateService(t *testing.T) {
	create := domain.CreateService{Name: "Cards", DefaultFormat: domain.StandardWebhooks, Request: "body 1"}
	t.Run("creates it", func(t *testing.T) {
		spec.Given[domain.Service](t).When(create).Then(serviceCreated)
	})
	t.Run("repeated with its Idempotency-Key adds nothing", func(t *testing.T) {
		spec.Given[domain.Service](t, serviceCreated).When(create).ThenNothing()
	})
	t.Run("repeated after it was archived adds nothing", func(t *testing.T) {
		spec.Given[domain.Service](t, serviceCreated, domain.ServiceArchived{}).When(create).ThenNothing()
	})
	t.Run("with another request's Idempotency-Key is refused", func(t *testing.T) {
		other := create
		other.Request = "body 2"
		spec.Given[domain.Service](t, serviceCreated).When(other).ThenRefused(invalid("Idempotency-Key"))
	})
	t.Run("under an id that exists, without a key, is refused", func(t *testing.T) {
		again := create
		again.Request = ""
		spec.Given[domain.Service](t, domain.ServiceCreated{Name: "Cards", DefaultFormat: domain.StandardWebhooks}).When(again).
			ThenRefused(invalid("Idempotency-Key"))
	})
	for what, name := range badNames {
		t.Run("with a name "+what+" is refused", func(t *testing.T) {
			c := create
			c.Name = name
			spec.Given[domain.Service](t).When(c).ThenRefused(invalid("name"))
		})
	}
	for _, f := range []domain.Format{"", "carrier-pigeon"} {
		t.Run("with the format "+string(f)+" is refused", func(t *testing.T) {
			c := create
			c.DefaultFormat = f
			spec.Given[domain.Service](t).When(c).ThenRefused(invalid("default_format"))
		})
	}
}

func TestUpdateService(t *testing.T) {
	t.Run("changes the name", func(t *testing.T) {
		spec.Given[domain.Service](t, serviceCreated).When(domain.UpdateService{Name: p("Accounts")}).Then(domain.ServiceUpdated{Name: p("Accounts")})
	})
	t.Run("to what it is already adds nothing", func(t *testing.T) {
		spec.Given[domain.Service](t, serviceCreated).
			When(domain.UpdateService{Name: p("Cards"), DefaultFormat: p(domain.StandardWebhooks)}).ThenNothing()
	})
	t.Run("leaves out what is so already", func(t *testing.T) {
		spec.Given[domain.Service](t, serviceCreated).
			When(domain.UpdateService{Name: p("Accounts"), DefaultFormat: p(domain.StandardWebhooks)}).
			Then(domain.ServiceUpdated{Name: p("Accounts")})
	})
	t.Run("of nothing adds nothing", func(t *testing.T) {
		spec.Given[domain.Service](t, serviceCreated).When(domain.UpdateService{}).ThenNothing()
	})
	t.Run("of an unknown one is refused", func(t *testing.T) {
		spec.Given[domain.Service](t).When(domain.UpdateService{Name: p("Accounts")}).ThenRefused(notFound)
	})
	t.Run("of an archived one is refused", func(t *testing.T) {
		spec.Given[domain.Service](t, serviceCreated, domain.ServiceArchived{}).
			When(domain.UpdateService{Name: p("Accounts")}).ThenRefused(conflict(""))
	})
	for what, name := range badNames {
		t.Run("to a name "+what+" is refused", func(t *testing.T) {
			spec.Given[domain.Service](t, serviceCreated).When(domain.UpdateService{Name: &name}).ThenRefused(invalid("name"))
		})
	}
	for _, f := range []domain.Format{"", "carrier-pigeon"} {
		t.Run("to the format "+string(f)+" is refused", func(t *testing.T) {
			spec.Given[domain.Service](t, serviceCreated).When(domain.UpdateService{DefaultFormat: &f}).ThenRefused(invalid("default_format"))
		})
	}
}

func TestArchiveService(t *testing.T) {
	t.Run("archives it", func(t *testing.T) {
		spec.Given[domain.Service](t, serviceCreated).When(domain.ArchiveService{}).Then(domain.ServiceArchived{})
	})
	t.Run("repeated adds nothing", func(t *testing.T) {
		spec.Given[domain.Service](t, serviceCreated, domain.ServiceArchived{}).When(domain.ArchiveService{}).ThenNothing()
	})
	t.Run("of an unknown one is refused", func(t *testing.T) {
		spec.Given[domain.Service](t).When(domain.ArchiveService{}).ThenRefused(notFound)
	})
}

func TestAService(t *testing.T) {
	s := fold[domain.Service](t, serviceCreated, domain.ServiceUpdated{Name: p("Accounts")}, domain.ServiceArchived{})
	want := domain.Service{
		ID: "svc_given", Name: "Accounts", DefaultFormat: domain.StandardWebhooks, Request: "body 1",
		CreatedAt: given(1), UpdatedAt: given(3), ArchivedAt: given(3), Version: 3,
	}
	if s != want {
		t.Fatalf("%+v, want %+v", s, want)
	}
	if !s.Exists() || !s.Archived() || (domain.Service{}).Exists() {
		t.Fatal("exists and archived are wrong")
	}
	for name, c := range map[string]struct {
		service domain.Service
		want    string
	}{
		"unknown":  {domain.Service{}, "not-found"},
		"active":   {fold[domain.Service](t, serviceCreated), "-"},
		"archived": {s, "conflict"},
	} {
		if got := told(nil, c.service.AcceptsCommands()); got != c.want {
			t.Errorf("under an %s service: %s, want %s", name, got, c.want)
		}
	}
}
