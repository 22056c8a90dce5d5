package domain_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Whatever events come in whatever order, no state fails on them, and none changes what an older state holds.
func TestEvolveIsTotalAndLeavesOlderStatesAlone(t *testing.T) {
	evolves[domain.Service](t, "service", "Service")
	evolves[domain.User](t, "user", "User")
	evolves[domain.EventType](t, "event type", "EventType")
	evolves[domain.Endpoint](t, "endpoint", "Endpoint", "Secret", "Subscription", "Handshake")
	evolves[domain.Message](t, "message", "Message")
	evolves[domain.Delivery](t, "delivery", "Attempt", "Delivery", "Retry")
	evolves[domain.Topics](t, "topics", "Topic", "Slot", "Queue")
	evolves[domain.UnmatchedReport](t, "report", "Report")
	evolves[domain.APIKey](t, "key", "Key")
	evolves[domain.Name](t, "name", "Name")
}

// evolves takes mostly events of the aggregate's own, whose types have the prefixes.
func evolves[S eventlog.State[S]](t *testing.T, name string, prefixes ...string) {
	own := slices.DeleteFunc(samples(), func(s sample) bool {
		return !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s.full.EventType(), p) })
	})
	t.Run(name, func(t *testing.T) { evolvesBy[S](t, own, samples()) })
}

func evolvesBy[S eventlog.State[S]](t *testing.T, own, all []sample) {
	type kept struct {
		state S
		was   string
	}
	rapid.Check(t, func(t *rapid.T) {
		states := []kept{{}}
		states[0].was = dump(states[0].state)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			from := states[rapid.IntRange(max(0, len(states)-4), len(states)-1).Draw(t, "from")].state // mostly the newest, sometimes a fork
			version := eventlog.Version(len(states))
			next := from.Evolve(eventlog.Recorded{
				ID: fmt.Sprintf("event-%d", version), Stream: eventlog.Stream{Service: "svc_1", Root: "root", Leaf: "leaf"},
				Version: version, Time: sampleTime.Add(time.Duration(version) * time.Hour), Actor: fmt.Sprintf("key_%d", version),
				Event: anyEvent(t, own, all, int(version)),
			})
			states = append(states, kept{next, dump(next)})
		}
		for i, s := range states {
			if now := dump(s.state); now != s.was {
				t.Fatalf("state %d was\n%s\nand after later events is\n%s", i, s.was, now)
			}
		}
	})
}

// anyEvent is an event of any type, three times of four one of its own; those that lists are made of differ by n.
func anyEvent(t *rapid.T, own, all []sample, n int) eventlog.Event {
	if rapid.IntRange(0, 3).Draw(t, "foreign") == 0 {
		own = all
	}
	s := rapid.SampledFrom(own).Draw(t, "type")
	e := s.full
	if rapid.Bool().Draw(t, "minimal") {
		e = s.minimal
	}
	id := func() string { return fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "id")) }
	switch e := e.(type) {
	case domain.SubscriptionAdded:
		e.EventTypeID = id()
		return e
	case domain.SubscriptionRemoved:
		e.EventTypeID = id()
		return e
	case domain.SecretRotated:
		e.Secret.Key, e.PreviousUntil = fmt.Sprint(n), sampleTime.Add(time.Duration(n)*time.Hour+domain.SecretOverlap)
		return e
	case domain.AttemptFailed:
		e.AttemptID = fmt.Sprint(n)
		return e
	case domain.DeliverySucceeded:
		e.AttemptID = fmt.Sprint(n)
		return e
	case domain.DeliveryFailed:
		e.AttemptID = fmt.Sprint(n)
		return e
	}
	return e
}

// dump prints a value with all that it points to, unexported and sealed fields too.
func dump(v any) string {
	var out strings.Builder
	var walk func(reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer, reflect.Interface:
			if v.IsNil() {
				out.WriteString("nil ")
				return
			}
			walk(v.Elem())
		case reflect.Struct:
			out.WriteString(v.Type().Name() + "{")
			for i := range v.NumField() {
				out.WriteString(v.Type().Field(i).Name + ":")
				walk(v.Field(i))
			}
			out.WriteString("} ")
		case reflect.Slice:
			out.WriteString("[")
			for i := range v.Len() {
				walk(v.Index(i))
			}
			out.WriteString("] ")
		case reflect.Map:
			keys := map[string]string{}
			for it := v.MapRange(); it.Next(); {
				keys[it.Key().String()] = it.Value().String()
			}
			fmt.Fprint(&out, keys, " ")
		case reflect.String:
			fmt.Fprintf(&out, "%q ", v.String())
		default:
			fmt.Fprintf(&out, "%v ", v)
		}
	}
	walk(reflect.ValueOf(v))
	return out.String()
}
