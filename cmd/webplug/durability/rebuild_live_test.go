package durability

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// job is a piece of work, as far as tests look at it.
type job struct {
	Status  string `json:"status"`
	Done    int    `json:"done"`
	Damaged int    `json:"damaged"`
	Error   string `json:"error"`
	EndedAt string `json:"ended_at"`
}

// startJob asks for a job of the whole log.
func (a api) startJob(t *testing.T, path string) (id string) {
	t.Helper()
	var started struct {
		ID string `json:"job_id"`
	}
	a.must(t, http.StatusAccepted, http.MethodPost, path, nil, &started)
	return started.ID
}

func (a api) job(t *testing.T, id string) (j job) {
	t.Helper()
	a.must(t, http.StatusOK, http.MethodGet, "/v1/jobs/"+id, nil, &j)
	return j
}

// TestRebuildUnderLoad makes all read models anew while messages are published as fast as eight clients can. No list is
// ever shorter, and no message goes unrouted. Then it does so again, and kills the process meanwhile.
func TestRebuildUnderLoad(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), settings{})
	lists := slices.DeleteFunc(busyData(t, s), func(list string) bool { return !strings.HasPrefix(list, "/v1/services/") })
	before := s.answers(t, lists)
	few := slices.DeleteFunc(slices.Clone(lists), func(list string) bool {
		return strings.Contains(list, "history") || strings.Contains(list, "/messages") // these are long
	})
	traffic := s.tenant(t, "traffic")
	to := newSink(t)
	s.endpoint(t, traffic, to.URL)
	publishing := newLoad(t, s.api, traffic)
	publishing.repeats = true
	began := time.Now()
	publishing.begin(8)
	publishing.more(200)

	id := s.startJob(t, "/v1/rebuild")
	looks := 0
	for j := (job{}); j.EndedAt == ""; looks++ {
		j = s.job(t, id)
		wantSame(t, "during a rebuild", pick(before, few), s.answers(t, few))
		least := publishing.count()
		if rows := s.all(t, traffic.path+"/messages", 100); len(rows) < least {
			t.Errorf("%d messages are listed, %d were acknowledged", len(rows), least)
		}
		if j.EndedAt != "" && (j.Status != "finished" || j.Done < 1000) {
			t.Fatalf("the rebuild: %+v", j)
		}
	}
	publishing.more(200)
	t.Logf("%d looks; %d messages in %s", looks, publishing.count(), time.Since(began).Round(time.Millisecond))

	again := s.startJob(t, "/v1/rebuild")
	s.kill()
	s = s.again(settings{})
	publishing.to(s.api)
	eventually(t, "the rebuild goes on", func() bool { return s.job(t, again).EndedAt != "" })
	if j := s.job(t, again); j.Status != "finished" {
		t.Fatalf("after a kill the rebuild: %+v", j)
	}
	publishing.more(100)
	publishing.end()
	for _, m := range publishing.accepted() {
		if got := s.all(t, traffic.path+"/messages/"+m+"/deliveries", 100); len(got) != 1 {
			t.Fatalf("a message was routed to %d endpoints", len(got))
		}
	}
	wantSame(t, "after a rebuild", before, s.answers(t, lists))

	verified := s.startJob(t, "/v1/audit/verify")
	eventually(t, "the log is verified", func() bool { return s.job(t, verified).EndedAt != "" })
	if j := s.job(t, verified); j.Status != "finished" || j.Damaged != 0 || j.Done < 1000 {
		t.Errorf("the verification: %+v", j)
	}
}

func pick[V any](of map[string]V, names []string) map[string]V {
	out := map[string]V{}
	for _, name := range names {
		out[name] = of[name]
	}
	return out
}
