package deploy_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"webplug/cmd/webplug/deploy"
	"webplug/infra/stage"
)

// cut is HTTP that ends a context at its nth request, after it was answered: AWS has done it, and nobody here knows. Before the
// next request it is the same for AWS.
type cut struct {
	stop    context.CancelFunc
	at      int
	seen    int
	reached bool
}

func (c *cut) RoundTrip(r *http.Request) (*http.Response, error) {
	c.seen++
	if c.seen != c.at {
		return plain.RoundTrip(r)
	}
	c.reached = true
	answer, err := plain.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
	if err == nil {
		err = answer.Body.Close()
	}
	c.stop()
	return nil, errors.Join(err, context.Canceled)
}

// Whatever request a run is interrupted at, the next one goes on and comes to the same end. It takes most of a minute: it deploys
// and destroys once for each request that there is.
func TestInterruptedAnywhere(t *testing.T) {
	a := newAccount(t)
	settings := deploy.Settings{}
	steps := []struct {
		name string
		run  func(context.Context, *deploy.Cloud) error
		good func(*testing.T, *deploy.Cloud)
	}{
		{"making", func(ctx context.Context, c *deploy.Cloud) error {
			_, _, err := deployed(ctx, c, small(t, "1.0"), settings)
			return err
		}, func(t *testing.T, c *deploy.Cloud) { standsAt(t, c, "1.0") }},
		{"updating", func(ctx context.Context, c *deploy.Cloud) error {
			_, _, err := deployed(ctx, c, small(t, "1.1", `attempts" } }`, `tries" } }`), settings)
			return err
		}, func(t *testing.T, c *deploy.Cloud) { standsAt(t, c, "1.1") }},
		{"destroying", func(ctx context.Context, c *deploy.Cloud) error {
			_, err := c.Destroy(ctx, true)
			return err
		}, func(t *testing.T, c *deploy.Cloud) {
			if i, err := c.Inventory(t.Context()); err != nil || !i.Empty() {
				t.Errorf("left is %+v, %v", i, err)
			}
		}},
	}
	for upTo, step := range steps {
		for at := 1; ; at++ {
			name := "s" + letters(at) + letters(upTo)
			whole, _ := a.open(name, plain)
			for _, before := range steps[:min(upTo, 1)] { // an update is no matter for destroying
				a.must(before.run(t.Context(), whole))
			}
			if step.name == "destroying" {
				a.running(whole)
			}
			ctx, stop := context.WithCancel(t.Context())
			c := &cut{stop: stop}
			broken, _ := a.open(name, c)
			c.seen, c.at = 0, at
			err := step.run(ctx, broken)
			stop()
			if !c.reached {
				if err != nil {
					t.Fatalf("%s, without an interruption: %v", step.name, err)
				}
				break
			}
			if err := step.run(t.Context(), whole); err != nil {
				t.Errorf("%s, interrupted at request %d, went on to %v", step.name, at, err)
			}
			step.good(t, whole)
			_, err = whole.Destroy(t.Context(), true)
			a.must(err)
		}
	}
}

func standsAt(t *testing.T, c *deploy.Cloud, version string) {
	t.Helper()
	s, err := c.LookAt(t.Context())
	if err != nil || !deployedWell(s) || s.Outputs[stage.OutputVersion] != version {
		t.Errorf("the stack is %+v, %v", s, err)
	}
}

// letters is a number as part of a stage's name.
func letters(n int) string { return string([]byte{byte('a' + n/26), byte('a' + n%26)}) }
