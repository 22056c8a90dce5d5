package projections

import (
	"slices"
	"strings"
	"sync"
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
