package domain

import (
	"slices"
	"strings"
	"time"

	"webplug/domain/eventlog"
)

// The events of a subscription in a format with a handshake, in its endpoint's stream: what SNS was found to have of it.
type (
	// SubscriptionPending says that SNS sends the endpoint a SubscriptionConfirmation.
	SubscriptionPending struct {
		EventTypeID string `json:"event_type_id"`
		Link
		Until time.Time `json:"until"` // when its token expires
	}
	// SubscriptionConfirmed says that the endpoint gets messages from now on.
	SubscriptionConfirmed struct {
		EventTypeID string `json:"event_type_id"`
		Link
		Authenticated bool `json:"authenticated,omitzero"` // only the account can unsubscribe it
	}
	// SubscriptionExpired says that nobody confirmed in time.
	SubscriptionExpired struct {
		EventTypeID string `json:"event_type_id"`
		Link
	}
	// SubscriptionFailed says that SNS does not take it now. It is tried again.
	SubscriptionFailed struct {
		EventTypeID string     `json:"event_type_id"`
		Reason      FailReason `json:"reason"`
		Detail      string     `json:"detail,omitzero"` // SNS's own words
	}
	// SubscriptionReleased says that SNS has it no more: what was removed, or replaced, is taken down.
	SubscriptionReleased struct {
		EventTypeID string `json:"event_type_id"`
		Link
	}
	// HandshakeRequested asks for a new SubscriptionConfirmation.
	HandshakeRequested struct {
		EventTypeID string `json:"event_type_id"`
	}
)

// EventType is the stored name.
func (SubscriptionPending) EventType() string { return "SubscriptionPending" }

// EventType is the stored name.
func (SubscriptionConfirmed) EventType() string { return "SubscriptionConfirmed" }

// EventType is the stored name.
func (SubscriptionExpired) EventType() string { return "SubscriptionExpired" }

// EventType is the stored name.
func (SubscriptionFailed) EventType() string { return "SubscriptionFailed" }

// EventType is the stored name.
func (SubscriptionReleased) EventType() string { return "SubscriptionReleased" }

// EventType is the stored name.
func (HandshakeRequested) EventType() string { return "HandshakeRequested" }

// Link is one subscription as SNS has it: (topic, URL) is its identity, the slot its constant filter policy.
type Link struct {
	TopicARN        string `json:"topic_arn"`
	SubscriptionARN string `json:"subscription_arn"`
	Slot            string `json:"slot"` // opaque digits; messages name it in their attribute "to"
	URL             string `json:"url"`
}

// Exists says whether there is one.
func (l Link) Exists() bool { return l.TopicARN != "" }

// same says whether two are one place of SNS's, whatever its ARN.
func (l Link) same(other Link) bool { return l.TopicARN == other.TopicARN && l.URL == other.URL }

// FailReason is why SNS does not take a subscription.
type FailReason string

// The reasons.
const (
	FailPolicyLimit  FailReason = "policy_limit"     // slots of the topics, or filter policies of the account, are used up
	FailPendingLimit FailReason = "pending_limit"    // pending confirmations of the account
	FailTopicLimit   FailReason = "topic_limit"      // topics of the account
	FailThrottled    FailReason = "throttled"        // asked too often
	FailEndpoint     FailReason = "endpoint_refused" // SNS does not take the URL
	FailDenied       FailReason = "denied"           // credentials or their rights
	FailUnavailable  FailReason = "unavailable"      // no usable answer
)

// HandshakeLife is how long a token is good (Amazon SNS API Reference, ConfirmSubscription).
const HandshakeLife = 48 * time.Hour

// SubscriptionState is where a subscription's handshake is.
type SubscriptionState string

// The states. Format standard-webhooks has no handshake and is always active.
const (
	SubscriptionRequested SubscriptionState = "requested"
	SubscriptionHandshake SubscriptionState = "pending_confirmation"
	SubscriptionActive    SubscriptionState = "active"
	SubscriptionLapsed    SubscriptionState = "expired"
	SubscriptionRefused   SubscriptionState = "failed"
)

// handshaken folds an event of a handshake into the subscription that it is of.
func (s Subscription) handshaken(r eventlog.Recorded) Subscription {
	before := s.State
	switch e := r.Event.(type) {
	case HandshakeRequested:
		s.Asked, s.Lapsed = true, ""
		if s.State != SubscriptionHandshake {
			s.State, s.Reason = SubscriptionRequested, ""
		}
	case SubscriptionPending:
		s = s.pending(e)
	case SubscriptionConfirmed:
		s.Others = without(s.Others, e.Link)
		if s.Link.Exists() && !s.Link.same(e.Link) {
			s.Others = append(s.Others, s.Link)
		}
		if s.Handshake.same(e.Link) {
			s.Handshake, s.Until = Link{}, time.Time{}
		}
		s.Link, s.State, s.Reason, s.Asked = e.Link, SubscriptionActive, "", false
	case SubscriptionExpired:
		s.Handshake, s.Until, s.Asked, s.Lapsed = Link{}, time.Time{}, false, e.URL
		if !s.Link.Exists() {
			s.State = SubscriptionLapsed
		}
	case SubscriptionFailed:
		s.Reason = e.Reason
		if !s.Link.Exists() {
			s.State = SubscriptionRefused
		}
	case SubscriptionReleased:
		s = s.released(e.Link)
	}
	s.Version = r.Version
	if s.State != before && !s.Removed {
		s.Changed = Stamp{By: r.Actor, At: r.Time}
	}
	return s
}

func (s Subscription) pending(e SubscriptionPending) Subscription {
	s.Others = without(s.Others, e.Link)
	if s.Handshake.Exists() && !s.Handshake.same(e.Link) {
		s.Others = append(s.Others, s.Handshake)
	}
	if s.Link.same(e.Link) { // it was taken away behind our back, and begins anew
		s.Link = Link{}
	}
	s.Handshake, s.Until, s.Asked, s.Reason = e.Link, e.Until, false, ""
	if !s.Link.Exists() {
		s.State = SubscriptionHandshake
	}
	return s
}

func (s Subscription) released(l Link) Subscription {
	s.Others = without(s.Others, l)
	if s.Link.same(l) {
		s.Link = Link{}
		if s.State == SubscriptionActive {
			s.State = SubscriptionRequested
		}
	}
	if s.Handshake.same(l) {
		s.Handshake, s.Until = Link{}, time.Time{}
		if s.State == SubscriptionHandshake {
			s.State = SubscriptionRequested
		}
	}
	return s
}

// moved begins anew what had come to an end at another URL.
func (s Subscription) moved(r eventlog.Recorded) Subscription {
	s.Lapsed = ""
	if !s.Removed && (s.State == SubscriptionLapsed || s.State == SubscriptionRefused) {
		s.State, s.Reason, s.Changed, s.Version = SubscriptionRequested, "", Stamp{By: r.Actor, At: r.Time}, r.Version
	}
	return s
}

// without never changes the list that an older state holds.
func without(links []Link, l Link) []Link {
	return slices.DeleteFunc(slices.Clone(links), l.same)
}

// Held is everything that SNS may have of the subscription: first what is in use, or else to be confirmed.
func (s Subscription) Held() []Link {
	var held []Link
	for _, l := range []Link{s.Link, s.Handshake} {
		if l.Exists() {
			held = append(held, l)
		}
	}
	return append(held, s.Others...)
}

// RequestHandshake asks for a new SubscriptionConfirmation.
type RequestHandshake struct{ EventTypeID string }

// Decide refuses where there is nothing to confirm. A request that is not carried out yet is repeatable.
func (c RequestHandshake) Decide(e Endpoint) ([]eventlog.Event, error) {
	s, ok := e.Subscription(c.EventTypeID)
	switch {
	case !ok:
		return nil, Refuse(NotFound, "", "no such subscription")
	case e.Removed(), s.Removed:
		return nil, Refuse(Conflict, "", "the subscription is removed")
	case e.Format != SNS:
		return nil, Refuse(Conflict, "", "a subscription of the format %s needs no confirmation", e.Format)
	case s.State == SubscriptionActive && s.Link.URL == e.URL:
		return nil, Refuse(Conflict, "", "the subscription is confirmed already")
	case s.Asked:
		return nil, nil
	}
	return []eventlog.Event{HandshakeRequested(c)}, nil
}

// RecordHandshake records that SNS waits for a confirmation.
type RecordHandshake struct {
	EventTypeID string
	Link        Link
	Until       time.Time
	Seen        eventlog.Version // of the subscription when SNS was asked
}

// Decide records a handshake once, and again if it was asked for. One of a subscription that was removed meanwhile is
// recorded too, so that it is known what to take down. What SNS said before a confirmation came between is no news.
func (c RecordHandshake) Decide(e Endpoint) ([]eventlog.Event, error) {
	s, ok := e.Subscription(c.EventTypeID)
	if !ok || s.Version != c.Seen || s.Handshake == c.Link && !s.Asked && s.Reason == "" {
		return nil, nil
	}
	until := c.Until.UTC().Truncate(time.Microsecond)
	return []eventlog.Event{SubscriptionPending{EventTypeID: c.EventTypeID, Link: c.Link, Until: until}}, nil
}

// RecordConfirmation records that SNS sends to the endpoint.
type RecordConfirmation struct {
	EventTypeID   string
	Link          Link
	Authenticated bool
}

// Decide records it once.
func (c RecordConfirmation) Decide(e Endpoint) ([]eventlog.Event, error) {
	s, ok := e.Subscription(c.EventTypeID)
	if !ok || s.Link == c.Link && s.Handshake != c.Link && s.Reason == "" && !s.Asked {
		return nil, nil
	}
	return []eventlog.Event{SubscriptionConfirmed{EventTypeID: c.EventTypeID, Link: c.Link, Authenticated: c.Authenticated}}, nil
}

// RecordExpiry records that SNS has forgotten a handshake that nobody confirmed.
type RecordExpiry struct {
	EventTypeID string
	Link        Link
	Seen        eventlog.Version // of the subscription when SNS was asked
}

// Decide leaves a newer handshake as it is.
func (c RecordExpiry) Decide(e Endpoint) ([]eventlog.Event, error) {
	s, ok := e.Subscription(c.EventTypeID)
	if !ok || s.Handshake != c.Link || s.Version != c.Seen {
		return nil, nil
	}
	return []eventlog.Event{SubscriptionExpired{EventTypeID: c.EventTypeID, Link: c.Link}}, nil
}

// RecordFailure records that SNS refuses.
type RecordFailure struct {
	EventTypeID string
	Reason      FailReason
	Detail      string
}

// maxDetail bounds what is kept of SNS's words, in bytes.
const maxDetail = 500

// Decide records the same reason once, however often it is tried.
func (c RecordFailure) Decide(e Endpoint) ([]eventlog.Event, error) {
	s, ok := e.Subscription(c.EventTypeID)
	if !ok || s.Removed || e.Removed() || s.Reason == c.Reason {
		return nil, nil
	}
	c.Detail = strings.ToValidUTF8(c.Detail[:min(len(c.Detail), maxDetail)], "")
	return []eventlog.Event{SubscriptionFailed(c)}, nil
}

// RecordRelease records that SNS has a subscription no more.
type RecordRelease struct {
	EventTypeID string
	Link        Link
}

// Decide is repeatable.
func (c RecordRelease) Decide(e Endpoint) ([]eventlog.Event, error) {
	s, ok := e.Subscription(c.EventTypeID)
	if !ok || !slices.ContainsFunc(s.Held(), c.Link.same) {
		return nil, nil
	}
	return []eventlog.Event{SubscriptionReleased{EventTypeID: c.EventTypeID, Link: c.Link}}, nil
}
