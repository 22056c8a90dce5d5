package domain_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/domain/eventlog/spec"
)

var (
	endpointAdded = domain.EndpointAdded{
		UserID: "usr_1", URL: "https://example.com/hooks", Format: domain.StandardWebhooks, Description: "Ann's", Secret: secret("first"),
		Request: "body 1",
	}
	paused  = domain.EndpointPaused{Reason: domain.PausedManually}
	gone    = domain.EndpointPaused{Reason: domain.PausedGone}
	resumed = domain.EndpointResumed{}
	removed = domain.EndpointRemoved{}
)

func endpoint(t *testing.T, past ...eventlog.Event) spec.Scenario[domain.Endpoint] {
	t.Helper()
	return spec.Given[domain.Endpoint](t, append([]eventlog.Event{endpointAdded}, past...)...)
}

func TestAddEndpoint(t *testing.T) {
	add := domain.AddEndpoint{
		UserID: "usr_1", URL: "https://example.com/hooks", Format: domain.StandardWebhooks, Description: "Ann's", Secret: secret("first"),
		Request: "body 1",
	}
	t.Run("adds it", func(t *testing.T) {
		spec.Given[domain.Endpoint](t).When(add).Then(endpointAdded)
	})
	t.Run("subscribes it, once to each event type, in the order given", func(t *testing.T) {
		c := add
		c.EventTypes = []string{"typ_2", "typ_1", "typ_2"}
		spec.Given[domain.Endpoint](t).When(c).
			Then(endpointAdded, domain.SubscriptionAdded{EventTypeID: "typ_2"}, domain.SubscriptionAdded{EventTypeID: "typ_1"})
	})
	t.Run("repeated with its Idempotency-Key adds nothing", func(t *testing.T) {
		endpoint(t).When(add).ThenNothing()
	})
	t.Run("repeated after it was removed adds nothing", func(t *testing.T) {
		endpoint(t, removed).When(add).ThenNothing()
	})
	t.Run("with another request's Idempotency-Key is refused", func(t *testing.T) {
		c := add
		c.Request = "body 2"
		endpoint(t).When(c).ThenRefused(invalid("Idempotency-Key"))
	})
	for _, f := range []domain.Format{"", "carrier-pigeon"} {
		t.Run("with the format "+string(f)+" is refused", func(t *testing.T) {
			c := add
			c.Format = f
			spec.Given[domain.Endpoint](t).When(c).ThenRefused(invalid("format"))
		})
	}
	t.Run("with a description too long is refused", func(t *testing.T) {
		c := add
		c.Description = strings.Repeat("ü", domain.MaxDescription+1)
		spec.Given[domain.Endpoint](t).When(c).ThenRefused(invalid("description"))
	})
	t.Run("with too many event types is refused", func(t *testing.T) {
		c := add
		c.EventTypes = make([]string, domain.MaxSubscriptions+1)
		spec.Given[domain.Endpoint](t).When(c).ThenRefused(invalid("event_types"))
	})
}

func TestUpdateEndpoint(t *testing.T) {
	t.Run("changes the URL", func(t *testing.T) {
		endpoint(t).When(domain.UpdateEndpoint{URL: p("https://example.com/new")}).Then(domain.EndpointUpdated{URL: p("https://example.com/new")})
	})
	t.Run("changes the description alone where the URL is the same", func(t *testing.T) {
		endpoint(t).When(domain.UpdateEndpoint{URL: p("https://example.com/hooks"), Description: p("")}).Then(domain.EndpointUpdated{Description: p("")})
	})
	t.Run("to what it is already adds nothing", func(t *testing.T) {
		endpoint(t).When(domain.UpdateEndpoint{URL: p("https://example.com/hooks"), Description: p("Ann's")}).ThenNothing()
	})
	t.Run("of a paused one is taken", func(t *testing.T) {
		endpoint(t, paused).When(domain.UpdateEndpoint{URL: p("https://b.example")}).Then(domain.EndpointUpdated{URL: p("https://b.example")})
	})
	t.Run("to a description with control characters is refused", func(t *testing.T) {
		endpoint(t).When(domain.UpdateEndpoint{Description: p("\x1b[31m")}).ThenRefused(invalid("description"))
	})
}

func TestPauseEndpoint(t *testing.T) {
	pause := domain.PauseEndpoint{Reason: domain.PausedManually}
	t.Run("pauses it", func(t *testing.T) { endpoint(t).When(pause).Then(paused) })
	t.Run("pauses it again after it was resumed", func(t *testing.T) { endpoint(t, paused, resumed).When(pause).Then(paused) })
	t.Run("a paused one keeps its reason", func(t *testing.T) {
		endpoint(t, paused).When(domain.PauseEndpoint{Reason: domain.PausedGone}).ThenNothing()
		endpoint(t, gone).When(pause).ThenNothing()
	})
	t.Run("a removed one is refused", func(t *testing.T) { endpoint(t, removed).When(pause).ThenRefused(conflict("")) })
	t.Run("a removed one that answers 410 needs no pause", func(t *testing.T) {
		endpoint(t, removed).When(domain.PauseEndpoint{Reason: domain.PausedGone}).ThenNothing()
	})
	t.Run("an unknown one is refused", func(t *testing.T) {
		spec.Given[domain.Endpoint](t).When(pause).ThenRefused(notFound)
	})
}

func TestResumeEndpoint(t *testing.T) {
	t.Run("ends a pause", func(t *testing.T) { endpoint(t, paused).When(domain.ResumeEndpoint{}).Then(resumed) })
	t.Run("ends a pause for 410", func(t *testing.T) { endpoint(t, gone).When(domain.ResumeEndpoint{}).Then(resumed) })
	t.Run("of an active one adds nothing", func(t *testing.T) { endpoint(t).When(domain.ResumeEndpoint{}).ThenNothing() })
}

func TestRemoveEndpoint(t *testing.T) {
	t.Run("removes it", func(t *testing.T) { endpoint(t).When(domain.RemoveEndpoint{}).Then(removed) })
	t.Run("repeated adds nothing", func(t *testing.T) { endpoint(t, removed).When(domain.RemoveEndpoint{}).ThenNothing() })
}

func TestRotateSecret(t *testing.T) {
	until := given(2).Add(domain.SecretOverlap)
	t.Run("adds a secret, each time anew", func(t *testing.T) {
		endpoint(t).When(domain.RotateSecret{Secret: secret("second"), PreviousUntil: until}).Repeatable().
			Then(domain.SecretRotated{Secret: secret("second"), PreviousUntil: until})
	})
	t.Run("stores the time as it will be read back", func(t *testing.T) {
		local := until.Add(999).In(time.FixedZone("Tokyo", 9*3600))
		endpoint(t).When(domain.RotateSecret{PreviousUntil: local}).Repeatable().Then(domain.SecretRotated{PreviousUntil: until})
	})
	t.Run("more often than a receiver could follow is refused", func(t *testing.T) {
		at := given(2)
		var past []eventlog.Event
		for n := 1; n < domain.MaxSecrets; n++ {
			command := domain.RotateSecret{PreviousUntil: at.Add(domain.SecretOverlap)}
			endpoint(t, past...).When(command).Repeatable().Then(domain.SecretRotated(command))
			past = append(past, domain.SecretRotated(command))
		}
		endpoint(t, past...).When(domain.RotateSecret{PreviousUntil: at.Add(domain.SecretOverlap)}).ThenRefused(conflict(""))
		later := domain.RotateSecret{PreviousUntil: at.Add(2 * domain.SecretOverlap)} // the former ones have ended
		endpoint(t, past...).When(later).Repeatable().Then(domain.SecretRotated(later))
	})
}

// Every state of an endpoint and every command: what follows.
func TestEveryStateOfAnEndpointAndEveryCommand(t *testing.T) {
	sub := domain.SubscriptionAdded{EventTypeID: "typ_1"}
	states := []struct {
		name string
		past []eventlog.Event
	}{
		{"unknown", nil},
		{"active", []eventlog.Event{endpointAdded, sub}},
		{"paused", []eventlog.Event{endpointAdded, sub, paused}},
		{"gone", []eventlog.Event{endpointAdded, sub, gone}},
		{"removed", []eventlog.Event{endpointAdded, sub, removed}},
	}
	commands := []struct {
		name    string
		command eventlog.Command[domain.Endpoint]
		want    [5]string // by state
	}{
		{"add", domain.AddEndpoint{Format: domain.StandardWebhooks, Request: "body 1"}, [5]string{"EndpointAdded", "-", "-", "-", "-"}},
		{"add other", domain.AddEndpoint{Format: domain.StandardWebhooks, Request: "body 2"},
			[5]string{"EndpointAdded", "invalid (Idempotency-Key)", "invalid (Idempotency-Key)", "invalid (Idempotency-Key)", "invalid (Idempotency-Key)"}},
		{"update", domain.UpdateEndpoint{URL: p("https://b.example")}, [5]string{"not-found", "EndpointUpdated", "EndpointUpdated", "EndpointUpdated", "conflict"}},
		{"update nothing", domain.UpdateEndpoint{}, [5]string{"not-found", "-", "-", "-", "conflict"}},
		{"pause", domain.PauseEndpoint{Reason: domain.PausedManually}, [5]string{"not-found", "EndpointPaused", "-", "-", "conflict"}},
		{"pause for 410", domain.PauseEndpoint{Reason: domain.PausedGone}, [5]string{"not-found", "EndpointPaused", "-", "-", "-"}},
		{"resume", domain.ResumeEndpoint{}, [5]string{"not-found", "-", "EndpointResumed", "EndpointResumed", "conflict"}},
		{"remove", domain.RemoveEndpoint{}, [5]string{"not-found", "EndpointRemoved", "EndpointRemoved", "EndpointRemoved", "-"}},
		{"rotate", domain.RotateSecret{PreviousUntil: given(9).Add(domain.SecretOverlap)},
			[5]string{"not-found", "SecretRotated", "SecretRotated", "SecretRotated", "conflict"}},
		{"read secret", readSecret{}, [5]string{"not-found", "SecretRead", "SecretRead", "SecretRead", "conflict"}},
		{"subscribe", domain.AddSubscription{EventTypeID: "typ_2"},
			[5]string{"invalid (endpoint)", "SubscriptionAdded", "SubscriptionAdded", "SubscriptionAdded", "conflict (endpoint)"}},
		{"subscribe again", domain.AddSubscription{EventTypeID: "typ_1"},
			[5]string{"invalid (endpoint)", "conflict (event_type)", "conflict (event_type)", "conflict (event_type)", "conflict (endpoint)"}},
		{"unsubscribe", domain.RemoveSubscription{EventTypeID: "typ_1"},
			[5]string{"not-found", "SubscriptionRemoved", "SubscriptionRemoved", "SubscriptionRemoved", "-"}},
		{"unsubscribe what is not", domain.RemoveSubscription{EventTypeID: "typ_2"}, [5]string{"not-found", "not-found", "not-found", "not-found", "not-found"}},
	}
	for _, c := range commands {
		for i, s := range states {
			t.Run(c.name+"/"+s.name, func(t *testing.T) {
				if got := told(c.command.Decide(fold[domain.Endpoint](t, s.past...))); got != c.want[i] {
					t.Fatalf("%s, want %s", got, c.want[i])
				}
			})
		}
	}
	for i, want := range []string{"invalid (endpoint_id)", "-", "-", "-", "conflict (endpoint_id)"} {
		if got := told(nil, fold[domain.Endpoint](t, states[i].past...).AcceptsCommands("endpoint_id")); got != want {
			t.Errorf("what needs a %s endpoint: %s, want %s", states[i].name, got, want)
		}
	}
}

// readSecret is reading a secret as a command to the endpoint, which decides whether it may be.
type readSecret struct{}

func (readSecret) Decide(e domain.Endpoint) ([]eventlog.Event, error) {
	return domain.ReadSecret{Of: e}.Decide(domain.SecretReading{})
}

func TestAnEndpoint(t *testing.T) {
	stamp := func(n int) domain.Stamp { return domain.Stamp{By: "key_given", At: given(n)} }
	t.Run("knows who brought it into its status, and when", func(t *testing.T) {
		for _, c := range []struct {
			past   []eventlog.Event
			status domain.EndpointStatus
			reason domain.PauseReason
			since  int
		}{
			{nil, domain.EndpointActive, "", 1},
			{[]eventlog.Event{paused}, domain.EndpointStatusPaused, domain.PausedManually, 2},
			{[]eventlog.Event{gone, domain.EndpointUpdated{Description: p("x")}}, domain.EndpointStatusPaused, domain.PausedGone, 2},
			{[]eventlog.Event{paused, resumed}, domain.EndpointActive, "", 3},
			{[]eventlog.Event{paused, removed}, domain.EndpointStatusGone, "", 3},
		} {
			e := endpoint(t, c.past...).State()
			if e.Status != c.status || e.PauseReason != c.reason || e.Changed != stamp(c.since) || e.Removed() != (c.status == domain.EndpointStatusGone) {
				t.Errorf("after %v: %s, %q, %+v", c.past, e.Status, e.PauseReason, e.Changed)
			}
		}
	})
	t.Run("is made by its events", func(t *testing.T) {
		e := endpoint(t, domain.EndpointUpdated{URL: p("https://b.example"), Description: p("new")}).State()
		want := domain.Endpoint{
			ID: "given", Service: "svc_given", UserID: "usr_1", URL: "https://b.example", Format: domain.StandardWebhooks, Description: "new",
			Status: domain.EndpointActive, Changed: stamp(1), Secrets: []domain.SigningSecret{{Sealed: secret("first")}},
			Request: "body 1", CreatedAt: given(1), UpdatedAt: given(2), Version: 2,
		}
		if !reflect.DeepEqual(e, want) {
			t.Fatalf("%+v\nwant %+v", e, want)
		}
	})
	t.Run("signs with the new secret first, and with the old one until its overlap ends", func(t *testing.T) {
		until := given(2).Add(domain.SecretOverlap)
		e := endpoint(t, domain.SecretRotated{Secret: secret("second"), PreviousUntil: until}).State()
		both, one := []eventlog.Sealed{secret("second"), secret("first")}, []eventlog.Sealed{secret("second")}
		for at, want := range map[time.Time][]eventlog.Sealed{
			given(2): both, until.Add(-1): both, until: one, until.Add(time.Hour): one,
		} {
			if got := e.SigningAt(at); !reflect.DeepEqual(got, want) {
				t.Errorf("at %v: %d secrets, want %d", at, len(got), len(want))
			}
		}
		for at, want := range map[time.Time]time.Time{given(2): until, until.Add(-1): until, until: {}} {
			if got := e.PreviousUntil(at); !got.Equal(want) {
				t.Errorf("at %v the overlap ends %v, want %v", at, got, want)
			}
		}
	})
	t.Run("forgets secrets that sign no more", func(t *testing.T) {
		ended := given(2) // before the next rotation, which comes at given(3)
		e := endpoint(t, domain.SecretRotated{Secret: secret("second"), PreviousUntil: ended}, domain.SecretRotated{Secret: secret("third"), PreviousUntil: given(9)}).State()
		want := []domain.SigningSecret{{Sealed: secret("second"), Until: given(9)}, {Sealed: secret("third")}}
		if !reflect.DeepEqual(e.Secrets, want) {
			t.Fatalf("%+v", e.Secrets)
		}
	})
}
