package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing/synctest"
	"time"

	"webplug/domain"
)

// step is one random thing that happens.
func (s *sim) step() {
	s.t.Helper()
	if len(s.users) == 0 {
		s.addUser()
		return
	}
	if len(s.types) == 0 {
		s.addType()
		return
	}
	if len(s.endpoints) < 3 {
		s.addEndpoint()
		return
	}
	switch n := s.chance.IntN(100); {
	case n < 2:
		s.addUser()
	case n < 4:
		s.addType()
	case n < 9:
		s.addEndpoint()
	case n < 11:
		s.subscribe()
	case n < 14:
		s.command("/pause")
	case n < 19:
		s.command("/resume")
	case n < 21:
		s.command("/secret/rotate")
	case n < 23:
		s.remove()
	case n < 33:
		s.change()
	case n < 37:
		s.retry()
	case n < 39:
		s.discard()
	case n < 45:
		s.repeat()
	case n < 47:
		s.rival()
	case n < 53 && s.sns != nil:
		for range 3 {
			s.confirm()
		}
	case n < 66:
		s.wait()
	default:
		for range 1 + s.chance.IntN(8) {
			s.publish()
		}
	}
}

func (s *sim) addUser() {
	if a, ok := s.must(http.MethodPost, s.svc("/users"), `{"name":`+s.text()+`}`); ok {
		s.users = append(s.users, a["id"].(string))
	}
}

func (s *sim) addType() {
	name := s.text()
	if _, ok := s.must(http.MethodPost, s.svc("/event-types"), `{"name":`+name+`}`); ok {
		s.types = append(s.types, name)
	}
}

func (s *sim) addEndpoint() {
	s.urls++
	url := fmt.Sprintf("https://endpoint-%d.example/", s.urls)
	m := s.mood()
	s.net.set(url, m)
	user := pick(s, s.users)
	format := domain.StandardWebhooks
	if s.sns != nil && s.chance.IntN(2) == 0 {
		format = domain.SNS
	}
	body := fmt.Sprintf(`{"user_id":%q,"url":%q,"event_types":[%s],"format":%q}`, user, url, pick(s, s.types), format)
	if a, ok := s.must(http.MethodPost, s.svc("/endpoints"), body); ok {
		s.endpoints[a["id"].(string)] = &simEndpoint{
			id: a["id"].(string), url: url, user: user, sns: format == domain.SNS, touched: m == quits, rivals: map[string]int{},
		}
	}
}

func (s *sim) mood() mood {
	if s.chance.IntN(2) == 0 {
		return works
	}
	return mood(s.chance.IntN(int(moods)))
}

func (s *sim) endpoint() *simEndpoint {
	return s.endpoints[pick(s, slices.Sorted(maps.Keys(s.endpoints)))]
}

func (s *sim) subscribe() {
	e := s.endpoint()
	s.call(http.MethodPost, s.svc("/subscriptions"), fmt.Sprintf(`{"user_id":%q,"endpoint":%q,"event_type":%s}`, e.user, e.id, pick(s, s.types)))
}

func (s *sim) command(path string) {
	e := s.endpoint()
	if path == "/pause" {
		e.touched = true
	}
	s.call(http.MethodPost, s.svc("/endpoints/"+e.id+path), "")
}

func (s *sim) remove() {
	e := s.endpoint()
	e.touched = true
	s.must(http.MethodDelete, s.svc("/endpoints/"+e.id), "")
}

func (s *sim) change() {
	e := s.endpoint()
	m := s.mood()
	if m == quits {
		e.touched = true
	}
	s.net.set(e.url, m)
}

// wait lets time go by: a moment, or days.
func (s *sim) wait() {
	time.Sleep(pick(s, []time.Duration{
		time.Millisecond, 10 * time.Millisecond, time.Second, 6 * time.Second, time.Minute, 10 * time.Minute, time.Hour,
		7 * time.Hour, 30 * time.Hour,
	}))
	synctest.Wait()
}

func (s *sim) publish() {
	user := ""
	if s.chance.IntN(3) > 0 {
		user = fmt.Sprintf(`,"user_id":%q`, pick(s, s.users))
	}
	body := fmt.Sprintf(`{"event_type":%s,"payload":{"n":%s}%s}`, pick(s, s.types), s.text(), user)
	if s.chance.IntN(3) > 0 {
		s.accepted(s.must(http.MethodPost, s.svc("/messages"), body))
		return
	}
	k := simKeyed{key: s.text(), body: body}
	k.id = s.accepted(s.must(http.MethodPost, s.svc("/messages"), body, "Idempotency-Key", k.key))
	s.keyed = append(s.keyed, k)
}

// accepted notes an acknowledged message.
func (s *sim) accepted(a map[string]any, ok bool) string {
	if !ok {
		return ""
	}
	id := a["id"].(string)
	if s.messages[id] == nil {
		s.messages[id] = &simMessage{id: id, deliveries: int(a["deliveries"].(float64))}
		s.order = append(s.order, id)
	}
	if got := int(a["deliveries"].(float64)); got != s.messages[id].deliveries {
		s.t.Fatalf("%s was answered with %d deliveries, then with %d", id, s.messages[id].deliveries, got)
	}
	return id
}

// repeat sends a publish again that has an Idempotency-Key; it gives the same message, or, where the first was never
// answered, at most one.
func (s *sim) repeat() {
	if len(s.keyed) == 0 {
		return
	}
	i := s.chance.IntN(len(s.keyed))
	k := &s.keyed[i]
	id := s.accepted(s.must(http.MethodPost, s.svc("/messages"), k.body, "Idempotency-Key", k.key))
	if id != "" && k.id != "" && id != k.id {
		s.t.Fatalf("the key %s gave %s, then %s", k.key, k.id, id)
	}
	if id != "" {
		k.id = id
	}
}

func (s *sim) retry() {
	if len(s.order) == 0 {
		return
	}
	m := pick(s, s.order)
	s.call(http.MethodPost, s.svc("/messages/"+m+"/deliveries/"+s.endpoint().id+"/retry"), `{"reason":"simulated"}`)
}

func (s *sim) discard() {
	if len(s.order) == 0 {
		return
	}
	m := s.messages[pick(s, s.order)]
	m.touched = true
	s.call(http.MethodPost, s.svc("/messages/"+m.id+"/deliveries/"+s.endpoint().id+"/discard"), "")
}
