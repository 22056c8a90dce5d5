// Package spec lets the tests of an aggregate read like its specification: given what happened, when a command comes,
// then these events follow, or nothing, or a refusal.
package spec

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"webplug/domain/eventlog"
)

// Start is the time of the first given event; each further one comes a second later.
var Start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// Scenario is a stream's past.
type Scenario[S eventlog.State[S]] struct {
	t      testing.TB
	state  S
	events eventlog.Version
}

// Given folds the past.
func Given[S eventlog.State[S]](t testing.TB, past ...eventlog.Event) Scenario[S] {
	t.Helper()
	s := Scenario[S]{t: t}
	s.take(past)
	return s
}

func (s *Scenario[S]) take(events []eventlog.Event) {
	for _, e := range events {
		s.events++
		s.state = s.state.Evolve(eventlog.Recorded{
			ID: fmt.Sprintf("event-%d", s.events), Version: s.events, Actor: "key_given", CorrelationID: "req_given",
			Stream: eventlog.Stream{Service: "svc_given", Root: "given"},
			Time:   Start.Add(time.Duration(s.events-1) * time.Second), Event: e,
		})
	}
}

// State is the folded past, for assertions on what Evolve made of it.
func (s Scenario[S]) State() S { return s.state }

// When decides a command on the past.
func (s Scenario[S]) When(c eventlog.Command[S]) *Decided[S] {
	s.t.Helper()
	events, err := c.Decide(s.state)
	return &Decided[S]{scenario: s, command: c, events: events, err: err}
}

// Decided is what came of a command.
type Decided[S eventlog.State[S]] struct {
	scenario   Scenario[S]
	command    eventlog.Command[S]
	events     []eventlog.Event
	err        error
	repeatable bool
}

// Repeatable opts out of the rule that a command repeated on the state it led to yields no events.
func (d *Decided[S]) Repeatable() *Decided[S] { d.repeatable = true; return d }

// Then demands exactly these events, and that the same command then yields no more.
func (d *Decided[S]) Then(want ...eventlog.Event) {
	t := d.scenario.t
	t.Helper()
	if d.err != nil {
		t.Fatalf("%T was refused: %v", d.command, d.err)
	}
	if !reflect.DeepEqual(d.events, want) {
		t.Fatalf("%T decided\n  %s\nwant\n  %s", d.command, show(d.events), show(want))
	}
	if d.repeatable || len(want) == 0 {
		return
	}
	after := d.scenario
	after.take(want)
	again, err := d.command.Decide(after.state)
	if len(again) > 0 {
		t.Fatalf("%T repeated on its own result decided again: %s (%v)", d.command, show(again), err)
	}
}

// ThenNothing demands that the command is taken and yields no events.
func (d *Decided[S]) ThenNothing() {
	d.scenario.t.Helper()
	if d.err != nil || len(d.events) > 0 {
		d.scenario.t.Fatalf("%T decided %s, %v; want nothing", d.command, show(d.events), d.err)
	}
}

// ThenRefused demands a refusal that errors.Is calls the same as want.
func (d *Decided[S]) ThenRefused(want error) {
	d.scenario.t.Helper()
	if !errors.Is(d.err, want) {
		d.scenario.t.Fatalf("%T: %v, events %s; want the refusal %v", d.command, d.err, show(d.events), want)
	}
	if len(d.events) > 0 {
		d.scenario.t.Fatalf("%T was refused and decided %s all the same", d.command, show(d.events))
	}
}

func show(events []eventlog.Event) string {
	if len(events) == 0 {
		return "no events"
	}
	out := ""
	for _, e := range events {
		out += fmt.Sprintf("%s%+v ", e.EventType(), e)
	}
	return out
}
