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

// Place orders candidates: by user, then by endpoint. Neither ever changes.
func (c Candidate) Place() string { return c.Endpoint.UserID + "/" + c.Endpoint.ID }

// Routed is the decision who gets a message and who does not.
type Routed struct {
	Targets []string
	Skipped []Skip
	More    string // Candidate.Place of the last one that was looked at; "" where none is left
}

// Route joins a message's user ("" for all) with the candidates of its event type, who are not more than one chunk has. It
// gives targets and skipped endpoints in the order of their ids, and one entry without endpoint where there are none.
func Route(candidates []Candidate, user string, now time.Time) Routed {
	r := Routing{User: user, Now: now}
	for _, c := range candidates {
		r.Take(c)
	}
	return r.First()
}

// Routing decides who gets a message, candidate after candidate, until a chunk is full. It is the only place that decides
// so.
type Routing struct {
	User string // "" for all
	Now  time.Time

	targets []string
	skipped []Skip
	ended   []Skip // those that are removed or no longer subscribed
}

// MaxRemembered is how many endpoints that are removed or no longer subscribed one chunk of a message names: the newest. An
// operator who makes and removes endpoints all day must still be able to publish.
const MaxRemembered = 100

// Take decides on one candidate. It is false, and nothing is decided, if the chunk has no room.
func (r *Routing) Take(c Candidate) bool {
	if r.User != "" && c.Endpoint.UserID != r.User {
		return true
	}
	skip, remembered := skipOf(c, r.Now)
	ended := skip.Reason == SkippedRemoved || skip.Reason == SkippedUnsubscribed
	switch {
	case !remembered, ended && len(r.ended) >= MaxRemembered && !r.newer(skip):
		return true
	case r.Full() && (!ended || len(r.ended) < MaxRemembered):
		return false
	case skip.Reason == "":
		r.targets = append(r.targets, c.Endpoint.ID)
	case !ended:
		r.skipped = append(r.skipped, skip)
	default:
		at, _ := slices.BinarySearchFunc(r.ended, skip, newestFirst)
		r.ended = slices.Insert(r.ended, at, skip)
		r.ended = r.ended[:min(len(r.ended), MaxRemembered)]
	}
	return true
}

// newer says whether one that ended is newer than the oldest that is named.
func (r *Routing) newer(s Skip) bool { return newestFirst(s, r.ended[len(r.ended)-1]) < 0 }

func newestFirst(a, b Skip) int {
	return cmp.Or(b.Since.Compare(a.Since), strings.Compare(a.EndpointID, b.EndpointID))
}

// Full says whether the chunk has as many as it can have.
func (r *Routing) Full() bool { return len(r.targets)+len(r.skipped)+len(r.ended) >= MaxAudience }

// First is what was decided, of a message's first chunk: if that is nothing, it says so.
func (r *Routing) First() Routed {
	routed := r.Further()
	if len(routed.Targets)+len(routed.Skipped) == 0 {
		routed.Skipped = []Skip{{Reason: SkippedNoSubscription}}
	}
	return routed
}

// Further is what was decided, of a further chunk.
func (r *Routing) Further() Routed {
	routed := Routed{Targets: r.targets, Skipped: append(r.skipped, r.ended...)}
	slices.Sort(routed.Targets)
	slices.SortFunc(routed.Skipped, func(a, b Skip) int { return strings.Compare(a.EndpointID, b.EndpointID) })
	return routed
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
