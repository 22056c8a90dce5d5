package durability

import (
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// TestFewDescriptors has far more requests that hang than there are file descriptors: a healthy endpoint gets all of its
// webhooks at the first try, and the process goes on.
func TestFewDescriptors(t *testing.T) {
	t.Parallel()
	const limit, hanging, broadcasts = 300, 100, 20
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell to lower the limit with")
	}
	s := serve(t, t.TempDir(), settings{within: []string{shell, "-c", fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, limit)}})
	if !strings.Contains(s.logs.String(), "file descriptors are few") {
		t.Error("it does not say that descriptors are few")
	}
	of := s.tenant(t, "bank")
	healthy, hangs := newSink(t), newSink(t)
	hangs.answering(always(hang))
	ep := s.endpoint(t, of, healthy.URL)
	accepted := []string{s.publish(t, of, fields{"n": "alone"})}
	healthy.wants(t, accepted)
	for n := range hanging {
		s.endpoint(t, of, fmt.Sprintf("%s/%d", hangs.URL, n))
	}
	for n := range broadcasts {
		accepted = append(accepted, s.publish(t, of, fields{"n": n}))
	}
	healthy.wants(t, accepted)
	for _, id := range accepted {
		eventually(t, "the outcome is recorded", func() bool { return s.delivery(t, of, id, ep).Status != "pending" })
		if d := s.delivery(t, of, id, ep); d.Status != "delivered" || d.Attempts != 1 {
			t.Errorf("a healthy endpoint's delivery is %+v", d)
		}
	}
	s.must(t, http.StatusOK, http.MethodGet, "/readyz", nil, nil)
}
