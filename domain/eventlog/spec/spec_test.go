package spec_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"webplug/domain/eventlog"
	"webplug/domain/eventlog/spec"
)

// A lamp can be lit, and broken for good.
type (
	Lit    struct{ By string }
	Broken struct{}

	lamp struct {
		By     string
		Broken bool
		Seen   []eventlog.Recorded
	}
	light struct{ by string }
	touch struct{}
	wrong struct{}
)

func (Lit) EventType() string    { return "Lit" }
func (Broken) EventType() string { return "Broken" }

func (l lamp) Evolve(r eventlog.Recorded) lamp {
	l.Seen = append(l.Seen[:len(l.Seen):len(l.Seen)], r)
	switch e := r.Event.(type) {
	case Lit:
		l.By = e.By
	case Broken:
		l.Broken = true
	}
	return l
}

var errBroken = errors.New("it is broken")

func (c light) Decide(l lamp) ([]eventlog.Event, error) {
	switch {
	case l.Broken:
		return nil, fmt.Errorf("light: %w", errBroken)
	case l.By != "":
		return nil, nil
	}
	return []eventlog.Event{Lit{By: c.by}}, nil
}

// touch decides the same each time, wrong both refuses and decides.
func (touch) Decide(lamp) ([]eventlog.Event, error) { return []eventlog.Event{Lit{By: "touch"}}, nil }
func (wrong) Decide(lamp) ([]eventlog.Event, error) { return []eventlog.Event{Broken{}}, errBroken }

func TestTheSpecificationHolds(t *testing.T) {
	spec.Given[lamp](t).When(light{"ann"}).Then(Lit{By: "ann"})
	spec.Given[lamp](t, Lit{By: "ann"}).When(light{"bob"}).ThenNothing()
	spec.Given[lamp](t, Lit{By: "ann"}, Broken{}).When(light{"bob"}).ThenRefused(errBroken)
	spec.Given[lamp](t).When(touch{}).Repeatable().Then(Lit{By: "touch"})
}

func TestTheGivenPastIsStamped(t *testing.T) {
	seen := spec.Given[lamp](t, Lit{By: "ann"}, Broken{}).State().Seen
	if len(seen) != 2 || seen[0].Version != 1 || seen[1].Version != 2 || !seen[0].Time.Equal(spec.Start) || !seen[1].Time.After(spec.Start) {
		t.Fatalf("%+v", seen)
	}
}

// testing.TB that remembers how it failed.
type fake struct {
	testing.TB
	said string
}

func (f *fake) Helper() {}

func (f *fake) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	panic(f)
}

func TestABrokenSpecificationFails(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(t testing.TB)
		says string
	}{
		{"other events", func(t testing.TB) { spec.Given[lamp](t).When(light{"ann"}).Then(Lit{By: "bob"}) }, "want"},
		{"no events", func(t testing.TB) { spec.Given[lamp](t, Lit{}, Lit{By: "x"}).When(light{"ann"}).Then(Lit{By: "ann"}) }, "no events"},
		{"events where none should be", func(t testing.TB) { spec.Given[lamp](t).When(light{"ann"}).ThenNothing() }, "want nothing"},
		{"a refusal where events should be", func(t testing.TB) { spec.Given[lamp](t, Broken{}).When(light{"ann"}).Then(Lit{By: "ann"}) }, "was refused"},
		{"a refusal where nothing should be", func(t testing.TB) { spec.Given[lamp](t, Broken{}).When(light{"ann"}).ThenNothing() }, "want nothing"},
		{"another refusal", func(t testing.TB) { spec.Given[lamp](t, Broken{}).When(light{"ann"}).ThenRefused(errors.New("x")) }, "want the refusal"},
		{"no refusal", func(t testing.TB) { spec.Given[lamp](t).When(light{"ann"}).ThenRefused(errBroken) }, "want the refusal"},
		{"a refusal with events", func(t testing.TB) { spec.Given[lamp](t).When(wrong{}).ThenRefused(errBroken) }, "all the same"},
		{"a command that is not idempotent", func(t testing.TB) { spec.Given[lamp](t).When(touch{}).Then(Lit{By: "touch"}) }, "decided again"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fake{TB: t}
			defer func() {
				if r := recover(); r != f || !strings.Contains(f.said, c.says) {
					t.Fatalf("%v: %q; want it to fail with %q", r, f.said, c.says)
				}
			}()
			c.run(f)
		})
	}
}
