package domain

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// RemovedMemory is how long a removed endpoint or subscription is still given as the reason why it gets nothing.
const RemovedMemory = 30 * 24 * time.Hour

// Candidate is an endpoint that is, or lately was, subscribed to a message's event type.
type Candidate struct {
	Endpoint     Endpoint
	Subscription Subscription
	UserArchived Stamp // zero while the endpoint's user is active
}

// Routed is the decision who gets a message and who does not.
type Routed struct {
	Targets []string
	Skipped []Skip
}

// Route joins a message's user ("" for all) with the candidates of its event type. It is the only place that decides who
// gets a message. Targets and skipped endpoints come in the order of their ids.
func Route(candidates []Candidate, user string, now time.Time) Routed {
	var r Routed
	for _, c := range candidates {
		if user != "" && c.Endpoint.UserID != user {
			continue
		}
		skip, remembered := skipOf(c, now)
		switch {
		case skip.Reason == "":
			r.Targets = append(r.Targets, c.Endpoint.ID)
		case remembered:
			r.Skipped = append(r.Skipped, skip)
		}
	}
	r.Skipped = forgetOldest(r.Skipped)
	slices.Sort(r.Targets)
	slices.SortFunc(r.Skipped, func(a, b Skip) int { return strings.Compare(a.EndpointID, b.EndpointID) })
	if len(r.Targets)+len(r.Skipped) == 0 {
		r.Skipped = []Skip{{Reason: SkippedNoSubscription}}
	}
	return r
}

// MaxRemembered is how many endpoints that are removed or no longer subscribed one message names: the newest. An operator
// who makes and removes endpoints all day must still be able to publish.
const MaxRemembered = 100

// forgetOldest leaves out what ended longest ago, beyond MaxRemembered.
func forgetOldest(skipped []Skip) []Skip {
	slices.SortFunc(skipped, func(a, b Skip) int {
		return cmp.Or(b.Since.Compare(a.Since), strings.Compare(a.EndpointID, b.EndpointID))
	})
	ended := 0
	return slices.DeleteFunc(skipped, func(s Skip) bool {
		if s.Reason == SkippedRemoved || s.Reason == SkippedUnsubscribed {
			ended++
		}
		return ended > MaxRemembered && (s.Reason == SkippedRemoved || s.Reason == SkippedUnsubscribed)
	})
}

// skipOf gives why a candidate is skipped, reason "" if it is not, and whether that is recent enough to be said.
func skipOf(c Candidate, now time.Time) (skip Skip, remembered bool) {
	s := Skip{EndpointID: c.Endpoint.ID}
	because := func(reason SkipReason, by Stamp) Skip {
		s.Reason, s.Since, s.By = reason, by.At, by.By
		return s
	}
	recent := func(st Stamp) bool { return now.Sub(st.At) <= RemovedMemory }
	switch {
	case c.Subscription.Removed: // first: it ended before the endpoint did, if that was removed too
		return because(SkippedUnsubscribed, c.Subscription.Changed), recent(c.Subscription.Changed)
	case c.Endpoint.Removed():
		return because(SkippedRemoved, c.Endpoint.Changed), recent(c.Endpoint.Changed)
	case !c.UserArchived.At.IsZero():
		return because(SkippedUserArchived, c.UserArchived), true
	case c.Endpoint.Status == EndpointStatusPaused && c.Endpoint.PauseReason == PausedGone:
		return because(SkippedGone, c.Endpoint.Changed), true
	case c.Endpoint.Status == EndpointStatusPaused:
		return because(SkippedPaused, c.Endpoint.Changed), true
	}
	switch c.Subscription.State {
	case SubscriptionRequested, SubscriptionHandshake:
		return because(SkippedUnconfirmed, c.Subscription.Changed), true
	case SubscriptionLapsed:
		return because(SkippedExpired, c.Subscription.Changed), true
	case SubscriptionRefused:
		return because(SkippedFailed, c.Subscription.Changed), true
	case SubscriptionActive:
	}
	return s, true
}
