package projections

import (
	"context"
	"slices"
	"strings"
	"sync"

	"webplug/domain"
)

// subscribers are the endpoints that are, or were, subscribed to one event type.
type subscribers struct {
	of    map[string][]string // by user
	count int

	ordering sync.Mutex
	ordered  []subscriber // all, by user and endpoint; shorter than count where it is out of date
}

type subscriber struct{ user, endpoint string }

func (s subscriber) compare(o subscriber) int {
	if c := strings.Compare(s.user, o.user); c != 0 {
		return c
	}
	return strings.Compare(s.endpoint, o.endpoint)
}

func (s *subscribers) add(user, endpoint string) {
	if !slices.Contains(s.of[user], endpoint) {
		s.of[user] = append(s.of[user], endpoint)
		s.count++
	}
}

// behind gives the endpoints behind a place, in order, and whether there are more. Nobody may add one meanwhile.
func (s *subscribers) behind(user, after string, limit int) (endpoints []string, more bool) {
	all := s.inOrder()
	var from subscriber
	if from.user, from.endpoint, _ = strings.Cut(after, "/"); after == "" {
		from.user = user
	}
	at, found := slices.BinarySearchFunc(all, from, subscriber.compare)
	if found {
		at++
	}
	for _, one := range all[at:] {
		if user != "" && one.user != user {
			break
		}
		if len(endpoints) == limit {
			return endpoints, true
		}
		endpoints = append(endpoints, one.endpoint)
	}
	return endpoints, false
}

// inOrder is made anew where endpoints have been added: a large audience asks for it a hundred times, a small one never.
func (s *subscribers) inOrder() []subscriber {
	s.ordering.Lock()
	defer s.ordering.Unlock()
	if len(s.ordered) == s.count {
		return s.ordered
	}
	all := make([]subscriber, 0, s.count)
	for user, endpoints := range s.of {
		for _, e := range endpoints {
			all = append(all, subscriber{user, e})
		}
	}
	slices.SortFunc(all, subscriber.compare)
	s.ordered = all
	return all
}

// Candidates implements the port of that name.
func (d *Directory) Candidates(ctx context.Context, service, eventType, user, after string, limit int) ([]domain.Candidate, bool, error) {
	if after != "" && d.settled != nil { // after a crash it may be behind the log, and who goes on is not waited for
		if err := d.settled(ctx); err != nil {
			return nil, false, err
		}
	}
	out, more := d.candidates(service, eventType, user, after, limit)
	for i := range out {
		u, err := d.User(ctx, service, out[i].Endpoint.UserID)
		if err != nil {
			return nil, false, err
		}
		if u.Archived() {
			out[i].UserArchived = domain.Stamp{By: u.ArchivedBy, At: u.ArchivedAt}
		}
	}
	return out, more, nil
}

func (d *Directory) candidates(service, eventType, user, after string, limit int) (out []domain.Candidate, more bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	s := d.subscribers[domain.EventTypeStream(service, eventType)]
	if s == nil {
		return nil, false
	}
	add := func(ids []string) {
		for _, id := range ids {
			e := d.endpoints[domain.EndpointStream(service, id)]
			if s, ok := e.Subscription(eventType); ok {
				out = append(out, domain.Candidate{Endpoint: e, Subscription: s})
			}
		}
	}
	switch {
	case user != "" && after == "" && len(s.of[user]) <= limit:
		out = make([]domain.Candidate, 0, len(s.of[user]))
		add(s.of[user])
	case user == "" && after == "" && s.count <= limit:
		out = make([]domain.Candidate, 0, s.count)
		for _, ids := range s.of {
			add(ids)
		}
	default:
		ids, more := s.behind(user, after, limit)
		add(ids)
		return out, more
	}
	return out, false
}
