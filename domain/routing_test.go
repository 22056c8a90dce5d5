package domain_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"webplug/domain"
)

func TestRoute(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) domain.Stamp { return domain.Stamp{By: "key_9", At: now.Add(-d)} }
	const hour, edge = time.Hour, domain.RemovedMemory

	// candidate is an active endpoint with a subscription of an hour, but for what change does to it.
	candidate := func(change func(*domain.Candidate)) domain.Candidate {
		c := domain.Candidate{
			Endpoint:     domain.Endpoint{ID: "ep_1", UserID: "usr_1", Status: domain.EndpointActive, Changed: ago(2 * hour)},
			Subscription: domain.Subscription{EventTypeID: "typ_1", Changed: ago(hour)},
		}
		if change != nil {
			change(&c)
		}
		return c
	}
	pause := func(reason domain.PauseReason) func(*domain.Candidate) {
		return func(c *domain.Candidate) {
			c.Endpoint.Status, c.Endpoint.PauseReason = domain.EndpointStatusPaused, reason
		}
	}
	remove := func(at time.Duration) func(*domain.Candidate) {
		return func(c *domain.Candidate) { c.Endpoint.Status, c.Endpoint.Changed = domain.EndpointStatusGone, ago(at) }
	}
	unsubscribe := func(at time.Duration) func(*domain.Candidate) {
		return func(c *domain.Candidate) { c.Subscription.Removed, c.Subscription.Changed = true, ago(at) }
	}
	archive := func(c *domain.Candidate) { c.UserArchived = ago(3 * hour) }
	all := func(changes ...func(*domain.Candidate)) func(*domain.Candidate) {
		return func(c *domain.Candidate) {
			for _, change := range changes {
				change(c)
			}
		}
	}
	skip := func(reason domain.SkipReason, since time.Duration) []domain.Skip {
		return []domain.Skip{{EndpointID: "ep_1", Reason: reason, Since: ago(since).At, By: "key_9"}}
	}
	nobody := []domain.Skip{{Reason: domain.SkippedNoSubscription}}

	for _, c := range []struct {
		name   string
		change func(*domain.Candidate)
		user   string
		want   []domain.Skip // nil: it is a target
	}{
		{"an active one gets it", nil, "usr_1", nil},
		{"an active one gets a broadcast", nil, "", nil},
		{"another user's is not spoken of", nil, "usr_2", nobody},
		{"another user's paused one is not spoken of", pause(domain.PausedManually), "usr_2", nobody},
		{"a paused one is skipped, with who paused it and when", pause(domain.PausedManually), "usr_1", skip(domain.SkippedPaused, 2*hour)},
		{"one that answered 410 is skipped", pause(domain.PausedGone), "", skip(domain.SkippedGone, 2*hour)},
		{"a removed one is skipped", remove(hour), "usr_1", skip(domain.SkippedRemoved, hour)},
		{"one removed 30 days ago is skipped", remove(edge), "", skip(domain.SkippedRemoved, edge)},
		{"one removed more than 30 days ago is forgotten", remove(edge + 1), "", nobody},
		{"an unsubscribed one is skipped", unsubscribe(hour), "usr_1", skip(domain.SkippedUnsubscribed, hour)},
		{"one unsubscribed 30 days ago is skipped", unsubscribe(edge), "", skip(domain.SkippedUnsubscribed, edge)},
		{"one unsubscribed more than 30 days ago is forgotten", unsubscribe(edge + 1), "", nobody},
		{"an archived user's is skipped", archive, "", skip(domain.SkippedUserArchived, 3*hour)},
		{"an archived user's is never forgotten", func(c *domain.Candidate) { c.UserArchived = ago(2 * edge) }, "", skip(domain.SkippedUserArchived, 2*edge)},
		{"a paused one is never forgotten", all(pause(domain.PausedManually), func(c *domain.Candidate) { c.Endpoint.Changed = ago(2 * edge) }), "",
			skip(domain.SkippedPaused, 2*edge)},

		{"unsubscribed and then removed says the first", all(unsubscribe(2*hour), remove(hour)), "", skip(domain.SkippedUnsubscribed, 2*hour)},
		{"unsubscribed long before it was removed is forgotten", all(unsubscribe(edge+1), remove(hour)), "", nobody},
		{"unsubscribed says more than paused", all(pause(domain.PausedManually), unsubscribe(hour)), "", skip(domain.SkippedUnsubscribed, hour)},
		{"unsubscribed says more than an archived user", all(archive, unsubscribe(hour)), "", skip(domain.SkippedUnsubscribed, hour)},
		{"an archived user says more than paused", all(archive, pause(domain.PausedGone)), "", skip(domain.SkippedUserArchived, 3*hour)},
		{"removed says more than an archived user", all(archive, remove(hour)), "", skip(domain.SkippedRemoved, hour)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := domain.Route([]domain.Candidate{candidate(c.change)}, c.user, now)
			want := domain.Routed{Skipped: c.want}
			if c.want == nil {
				want.Targets = []string{"ep_1"}
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%+v, want %+v", got, want)
			}
		})
	}
	t.Run("nobody subscribed", func(t *testing.T) {
		if got := domain.Route(nil, "", now); !reflect.DeepEqual(got, domain.Routed{Skipped: nobody}) {
			t.Fatalf("%+v", got)
		}
	})
	t.Run("in the order of ids, whatever the candidates' order", func(t *testing.T) {
		named := func(id string, change func(*domain.Candidate)) domain.Candidate {
			c := candidate(change)
			c.Endpoint.ID = id
			return c
		}
		candidates := []domain.Candidate{
			named("ep_5", nil), named("ep_2", pause(domain.PausedManually)), named("ep_3", nil), named("ep_4", remove(hour)),
			named("ep_1", nil), named("ep_6", remove(2*edge)),
		}
		for range 20 {
			rand.Shuffle(len(candidates), func(i, j int) { candidates[i], candidates[j] = candidates[j], candidates[i] })
			got := domain.Route(candidates, "", now)
			if !reflect.DeepEqual(got.Targets, []string{"ep_1", "ep_3", "ep_5"}) {
				t.Fatalf("targets %v", got.Targets)
			}
			if len(got.Skipped) != 2 || got.Skipped[0].EndpointID != "ep_2" || got.Skipped[1].EndpointID != "ep_4" {
				t.Fatalf("skipped %+v", got.Skipped)
			}
		}
	})
}

// Who makes and removes endpoints all day can still publish, and sees the newest of them.
func TestRouteNamesTheNewestOfWhatEnded(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var all []domain.Candidate
	for i := range 3 * domain.MaxRemembered {
		c := domain.Candidate{
			Endpoint:     domain.Endpoint{ID: fmt.Sprintf("ep_%04d", i), UserID: "usr_1", Status: domain.EndpointStatusGone},
			Subscription: domain.Subscription{EventTypeID: "typ_1"},
		}
		c.Endpoint.Changed.At = now.Add(-time.Duration(i) * time.Minute)
		if i%3 == 1 {
			c.Subscription = domain.Subscription{EventTypeID: "typ_1", Removed: true, Changed: c.Endpoint.Changed}
		}
		if i%3 == 2 {
			c.Endpoint.Status = domain.EndpointStatusPaused
		}
		all = append(all, c)
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	paused, ended, oldest := 0, 0, now
	for _, s := range domain.Route(all, "", now).Skipped {
		if s.Reason == domain.SkippedPaused {
			paused++
			continue
		}
		if ended++; s.Since.Before(oldest) {
			oldest = s.Since
		}
	}
	if want := now.Add(-(domain.MaxRemembered*3/2 - 2) * time.Minute); paused != domain.MaxRemembered || ended != domain.MaxRemembered || !oldest.Equal(want) {
		t.Fatalf("%d paused, %d that ended, the oldest %v, want %v", paused, ended, oldest, want)
	}
}
