package rest

import (
	"context"
	"errors"
	"slices"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// claim is a unique value that an aggregate holds in some state: a name, an external id, a URL.
type claim struct {
	stream eventlog.Stream // the value's reservation
	holder string          // id of the aggregate
	what   string          // "service name"
	field  string          // of requests that want it
}

// errMoved says that a stream has moved on since a command was decided on it.
var errMoved = errors.New("the aggregate has moved on")

// maxMoves bounds how often a command is decided anew.
const maxMoves = 64

// execute decides a command and appends its events together with the claims that they take up and give back. claims
// tells what a state holds, so that no command has to say what becomes of them. fresh vouches that the stream's name was
// made just now. made says whether there were any events.
func execute[S eventlog.State[S]](
	ctx context.Context, a *API, c *call, fresh bool, s eventlog.Stream, cmd eventlog.Command[S], claims func(S) []claim,
) (after eventlog.Loaded[S], made bool, err error) {
	for range maxMoves {
		before := eventlog.Loaded[S]{Stream: s}
		if !fresh {
			if before, err = eventlog.Load[S](ctx, a.Log, s); err != nil {
				return before, false, err
			}
		}
		events, err := cmd.Decide(before.State)
		if err != nil || len(events) == 0 {
			return before, false, err
		}
		step := eventlog.On(s, &decided[S]{events: events}).From(before).Into(&after)
		if fresh {
			step = step.Fresh()
		}
		steps := append([]eventlog.Step{step}, moves(claims(before.State), claims(expected(a, before, events)))...)
		err = eventlog.ExecuteAll(ctx, a.Log, c.cause, steps...)
		if err == nil {
			return after, true, nil
		}
		if !errors.Is(err, errMoved) {
			return after, false, err
		}
		fresh = false
	}
	return after, false, errMoved
}

// decided is a command whose events are known. They are good for the state they were decided on alone.
type decided[S eventlog.State[S]] struct {
	events []eventlog.Event
	used   bool
}

// Decide gives the events once. A second time means that the stream, or a claim, was written by somebody else.
func (d *decided[S]) Decide(S) ([]eventlog.Event, error) {
	if d.used {
		return nil, errMoved
	}
	d.used = true
	return d.events, nil
}

// expected is the state that events will lead to.
func expected[S eventlog.State[S]](a *API, before eventlog.Loaded[S], events []eventlog.Event) S {
	state := before.State
	for i, e := range events {
		state = state.Evolve(eventlog.Recorded{
			Stream: before.Stream, Version: before.Version + eventlog.Version(i+1), Time: a.now(), Event: e,
		})
	}
	return state
}

// moves are the reservations to release and to take between two states.
func moves(before, after []claim) []eventlog.Step {
	has := func(claims []claim, c claim) bool {
		return slices.ContainsFunc(claims, func(o claim) bool { return o.stream == c.stream })
	}
	var steps []eventlog.Step
	for _, c := range after {
		if !has(before, c) {
			steps = append(steps, eventlog.On(c.stream, domain.ReserveName{What: c.what, Holder: c.holder, Field: c.field}))
		}
	}
	for _, c := range before {
		if !has(after, c) {
			steps = append(steps, eventlog.On(c.stream, domain.ReleaseName{Holder: c.holder}))
		}
	}
	return steps
}

func serviceClaims(s domain.Service) []claim {
	if !s.Exists() || s.Archived() {
		return nil
	}
	return []claim{{domain.ServiceName(s.Name), s.ID, "service name", "name"}}
}

func userClaims(service string) func(domain.User) []claim {
	return func(u domain.User) []claim {
		if !u.Exists() || u.Archived() || u.ExternalID == "" {
			return nil
		}
		return []claim{{domain.ExternalID(service, u.ExternalID), u.ID, "external id", "external_id"}}
	}
}

func eventTypeClaims(service string) func(domain.EventType) []claim {
	return func(t domain.EventType) []claim {
		if !t.Exists() || t.Archived() {
			return nil
		}
		return []claim{{domain.EventTypeName(service, t.Name), t.ID, "event type name", "name"}}
	}
}

func endpointClaims(e domain.Endpoint) []claim {
	if !e.Exists() || e.Removed() {
		return nil
	}
	return []claim{{domain.EndpointURL(e.Service, e.UserID, e.URL, e.Format), e.ID, "URL of the user", "url"}}
}

func noClaims[S any](S) []claim { return nil }
