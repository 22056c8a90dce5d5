package domain_test

import (
	"testing"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/domain/eventlog/spec"
)

// snsLink is what SNS has of the endpoint's subscription to typ_1: the nth at that topic and URL.
func snsLink(url, slot string) domain.Link {
	return domain.Link{TopicARN: "arn:topic", SubscriptionARN: "arn:topic:" + slot, Slot: slot, URL: url}
}

var (
	hookLink  = snsLink("https://example.com/hooks", "111")
	newLink   = snsLink("https://example.com/new", "222")
	until     = given(1).Add(domain.HandshakeLife)
	pending   = domain.SubscriptionPending{EventTypeID: "typ_1", Link: hookLink, Until: until}
	confirmed = domain.SubscriptionConfirmed{EventTypeID: "typ_1", Link: hookLink, Authenticated: true}
	expired   = domain.SubscriptionExpired{EventTypeID: "typ_1", Link: hookLink}
	refused   = domain.SubscriptionFailed{EventTypeID: "typ_1", Reason: domain.FailPolicyLimit}
	asked     = domain.HandshakeRequested{EventTypeID: "typ_1"}
	unwanted  = domain.SubscriptionRemoved{EventTypeID: "typ_1"}
)

// snsEndpoint is an endpoint of the format sns that is subscribed to typ_1: version 2.
func snsEndpoint(t *testing.T, past ...eventlog.Event) spec.Scenario[domain.Endpoint] {
	t.Helper()
	added := endpointAdded
	added.Format = domain.SNS
	return spec.Given[domain.Endpoint](t, append([]eventlog.Event{added, domain.SubscriptionAdded{EventTypeID: "typ_1"}}, past...)...)
}

func TestHandshakeStates(t *testing.T) {
	for _, c := range []struct {
		name  string
		past  []eventlog.Event
		state domain.SubscriptionState
		link  domain.Link
		held  int
	}{
		{"it begins as requested", nil, domain.SubscriptionRequested, domain.Link{}, 0},
		{"SNS asks the endpoint", []eventlog.Event{pending}, domain.SubscriptionHandshake, domain.Link{}, 1},
		{"the endpoint confirms", []eventlog.Event{pending, confirmed}, domain.SubscriptionActive, hookLink, 1},
		{"nobody confirms", []eventlog.Event{pending, expired}, domain.SubscriptionLapsed, domain.Link{}, 0},
		{"SNS refuses", []eventlog.Event{refused}, domain.SubscriptionRefused, domain.Link{}, 0},
		{"a refusal is overcome", []eventlog.Event{refused, pending}, domain.SubscriptionHandshake, domain.Link{}, 1},
		{"a new handshake is asked for", []eventlog.Event{pending, expired, asked}, domain.SubscriptionRequested, domain.Link{}, 0},
		{"a new URL leaves the old one in use until it is confirmed", []eventlog.Event{
			pending, confirmed, domain.SubscriptionPending{EventTypeID: "typ_1", Link: newLink, Until: until},
		}, domain.SubscriptionActive, hookLink, 2},
		{"a new URL that SNS refuses leaves the old one in use", []eventlog.Event{pending, confirmed, refused}, domain.SubscriptionActive, hookLink, 1},
		{"a new URL takes over when it is confirmed", []eventlog.Event{
			pending, confirmed, domain.SubscriptionPending{EventTypeID: "typ_1", Link: newLink, Until: until},
			domain.SubscriptionConfirmed{EventTypeID: "typ_1", Link: newLink},
		}, domain.SubscriptionActive, newLink, 2},
		{"what was taken away behind our back begins anew", []eventlog.Event{pending, confirmed, pending}, domain.SubscriptionHandshake, domain.Link{}, 1},
		{"re-added it begins anew, and what SNS has is known", []eventlog.Event{
			pending, confirmed, unwanted, domain.SubscriptionAdded{EventTypeID: "typ_1"},
		}, domain.SubscriptionRequested, domain.Link{}, 1},
		{"re-added and found confirmed nothing is left over", []eventlog.Event{
			pending, confirmed, unwanted, domain.SubscriptionAdded{EventTypeID: "typ_1"}, confirmed,
		}, domain.SubscriptionActive, hookLink, 1},
		{"taken down nothing is left", []eventlog.Event{
			pending, confirmed, unwanted, domain.SubscriptionReleased{EventTypeID: "typ_1", Link: hookLink},
		}, domain.SubscriptionRequested, domain.Link{}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _ := snsEndpoint(t, c.past...).State().Subscription("typ_1")
			if s.State != c.state || s.Link != c.link || len(s.Held()) != c.held {
				t.Fatalf("state %s, link %v, held %v", s.State, s.Link, s.Held())
			}
		})
	}
}

func TestRequestHandshake(t *testing.T) {
	ask := domain.RequestHandshake{EventTypeID: "typ_1"}
	for name, past := range map[string][]eventlog.Event{
		"of a requested one": nil, "of a pending one": {pending}, "of an expired one": {pending, expired}, "of a failed one": {refused},
		"of one whose URL has changed": {pending, confirmed, domain.EndpointUpdated{URL: p("https://example.com/new")}},
	} {
		t.Run(name+" is noted", func(t *testing.T) { snsEndpoint(t, past...).When(ask).Then(asked) })
	}
	t.Run("of a confirmed one is refused", func(t *testing.T) {
		snsEndpoint(t, pending, confirmed).When(ask).ThenRefused(conflict(""))
	})
	t.Run("of a removed one is refused", func(t *testing.T) { snsEndpoint(t, unwanted).When(ask).ThenRefused(conflict("")) })
	t.Run("of an unknown one is refused", func(t *testing.T) {
		snsEndpoint(t).When(domain.RequestHandshake{EventTypeID: "typ_x"}).ThenRefused(notFound)
	})
	t.Run("of a format without handshake is refused", func(t *testing.T) {
		endpoint(t, domain.SubscriptionAdded{EventTypeID: "typ_1"}).When(ask).ThenRefused(conflict(""))
	})
}

func TestRecordHandshake(t *testing.T) {
	found := func(seen eventlog.Version) domain.RecordHandshake {
		return domain.RecordHandshake{EventTypeID: "typ_1", Link: hookLink, Until: until, Seen: seen}
	}
	t.Run("records it", func(t *testing.T) { snsEndpoint(t).When(found(2)).Then(pending) })
	t.Run("found again it is no news", func(t *testing.T) { snsEndpoint(t, pending).When(found(3)).ThenNothing() })
	t.Run("asked for again it is", func(t *testing.T) { snsEndpoint(t, pending, asked).When(found(4)).Then(pending) })
	t.Run("what SNS said before the confirmation is no news", func(t *testing.T) {
		snsEndpoint(t, pending, confirmed).When(found(3)).ThenNothing()
	})
	t.Run("of one removed meanwhile it is recorded, to be taken down", func(t *testing.T) {
		snsEndpoint(t, unwanted).When(found(3)).Then(pending)
	})
}

func TestRecordConfirmation(t *testing.T) {
	confirm := domain.RecordConfirmation{EventTypeID: "typ_1", Link: hookLink, Authenticated: true}
	t.Run("records it", func(t *testing.T) { snsEndpoint(t, pending).When(confirm).Then(confirmed) })
	t.Run("without a handshake before it records it", func(t *testing.T) { snsEndpoint(t).When(confirm).Then(confirmed) })
	t.Run("ends a failure", func(t *testing.T) { snsEndpoint(t, refused).When(confirm).Then(confirmed) })
	t.Run("found again it is no news", func(t *testing.T) { snsEndpoint(t, pending, confirmed).When(confirm).ThenNothing() })
}

func TestRecordExpiryFailureAndRelease(t *testing.T) {
	t.Run("a handshake expires once", func(t *testing.T) {
		snsEndpoint(t, pending).When(domain.RecordExpiry{EventTypeID: "typ_1", Link: hookLink, Seen: 3}).Then(expired)
	})
	t.Run("a newer handshake does not expire with the old", func(t *testing.T) {
		snsEndpoint(t, domain.SubscriptionPending{EventTypeID: "typ_1", Link: newLink, Until: until}).
			When(domain.RecordExpiry{EventTypeID: "typ_1", Link: hookLink, Seen: 3}).ThenNothing()
	})
	t.Run("a failure is recorded once for each reason", func(t *testing.T) {
		fail := domain.RecordFailure{EventTypeID: "typ_1", Reason: domain.FailPolicyLimit}
		snsEndpoint(t).When(fail).Then(refused)
		fail.Reason = domain.FailThrottled
		snsEndpoint(t, refused).When(fail).Then(domain.SubscriptionFailed(fail))
	})
	t.Run("a release is recorded once", func(t *testing.T) {
		release := domain.RecordRelease{EventTypeID: "typ_1", Link: hookLink}
		snsEndpoint(t, pending, confirmed, unwanted).When(release).Then(domain.SubscriptionReleased{EventTypeID: "typ_1", Link: hookLink})
		snsEndpoint(t, unwanted).When(release).ThenNothing()
	})
}

func TestUnconfirmedGetNothing(t *testing.T) {
	for reason, past := range map[domain.SkipReason][]eventlog.Event{
		domain.SkippedUnconfirmed: {pending}, domain.SkippedExpired: {pending, expired}, domain.SkippedFailed: {refused}, "": {pending, confirmed},
	} {
		e := snsEndpoint(t, past...).State()
		s, _ := e.Subscription("typ_1")
		routed := domain.Route([]domain.Candidate{{Endpoint: e, Subscription: s}}, "usr_1", given(9))
		switch {
		case reason == "" && len(routed.Targets) == 1:
		case len(routed.Skipped) == 1 && routed.Skipped[0].Reason == reason && routed.Skipped[0].Since.Equal(given(2+len(past))):
		default:
			t.Errorf("%q: %+v", reason, routed)
		}
	}
}
