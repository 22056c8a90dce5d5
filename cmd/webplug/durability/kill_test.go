package durability

import (
	"math/rand/v2"
	"net/http"
	"testing"
)

// TestKill kills the process at random moments under load. What was acknowledged is delivered all the same; a client that
// repeats what was not acknowledged, with its Idempotency-Key, gets one message for it.
func TestKill(t *testing.T) {
	t.Parallel()
	const kills, clients = 4, 8
	s := serve(t, t.TempDir(), settings{})
	of := s.tenant(t, "bank")
	steady, failing := newSink(t), newSink(t)
	failing.answering(func(r request) int { // a retry must survive the kills too
		if r.n%50 == 0 && r.times == 1 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	})
	endpoints := []string{s.endpoint(t, of, steady.URL), s.endpoint(t, of, failing.URL)}

	publishing := newLoad(t, s.api, of)
	publishing.repeats = true
	publishing.begin(clients)
	for range kills {
		publishing.more(50 + rand.IntN(200))
		s.kill()
		s = s.again(settings{})
		publishing.to(s.api)
	}
	publishing.more(50)
	publishing.end()

	accepted := publishing.accepted()
	steady.wants(t, accepted)
	failing.wants(t, accepted)
	eventually(t, "every delivery is recorded", func() bool {
		return len(s.all(t, of.path+"/messages?status=pending", 100)) == 0 && len(s.all(t, of.path+"/messages?status=retrying", 100)) == 0
	})
	wantLegal(t, s.api, of, accepted)
	for _, id := range accepted {
		for _, endpoint := range endpoints {
			if d := s.delivery(t, of, id, endpoint); d.Status != "delivered" {
				t.Errorf("%s to %s is %s", id, endpoint, d.Status)
			}
		}
	}
	wantOneEach(t, steady, publishing)

	repeats := steady.count() - steady.distinct()
	t.Logf("%d kills, %d messages, %d of them came again to the endpoint that takes all", kills, len(accepted), repeats)
	// What was under way when the process was killed is unknown to it, and only that comes again: as many requests as an
	// endpoint gets at once, and the outcomes that waited for their commit.
	if most := kills * 64; repeats > most {
		t.Errorf("%d webhooks came again, more than were under way", repeats)
	}
}

// wantOneEach wants one message, and so one webhook-id, for each thing that was published.
func wantOneEach(t *testing.T, s *sink, from *load) {
	t.Helper()
	ids := map[string]string{}
	for _, a := range s.arrivals() {
		if before, ok := ids[a.data]; ok && before != a.id {
			t.Errorf("%s came as %s and as %s", a.data, before, a.id)
		}
		ids[a.data] = a.id
	}
	from.mu.Lock()
	defer from.mu.Unlock()
	for n, id := range from.acked {
		if got := ids[payloadOf(n)]; got != id {
			t.Errorf("message %d was accepted as %s and came as %q", n, id, got)
		}
	}
}
