package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// latency is a scenario: a fixed rate, far below what the machine can do, and how long a message takes from the moment it
// was to be published until an endpoint has it.
type latency struct {
	Rate    float64 `json:"messages_per_second"`
	Seconds int     `json:"seconds"` // in all, of each subject
	slice   int     // seconds of one turn
}

// The goals, in milliseconds, and as a multiple of the relay's in the same minute.
const (
	goalP50       = 3
	goalP99       = 15
	goalP99Factor = 1.5
	openPublisher = 64 // connections: more than are ever busy
	warmUpSeconds = 2
)

// slice is the same load on both, one just after the other.
type slice struct {
	Relay      spread  `json:"relay"`
	WebPlug    spread  `json:"webplug"`
	RelayCPU   float64 `json:"relay_cpu_ms"` // each delivery
	WebPlugCPU float64 `json:"webplug_cpu_ms"`
}

func (s slice) meetsP50() bool { return s.WebPlug.P50 <= goalP50 }
func (s slice) meetsP99() bool { return s.WebPlug.P99 <= max(goalP99, goalP99Factor*s.Relay.P99) }

// timed is the scenario's outcome.
type timed struct {
	latency
	Slices []slice `json:"slices"`
}

// time loads relay and WebPlug by turns, both running all the time.
func (b *bench) time(ctx context.Context, l latency) (_ timed, err error) {
	out := timed{latency: l}
	var rigs [2]*rig
	for i, s := range []subject{theRelay(), b.webPlug()} {
		r, started := b.open(ctx, s, 1)
		if started != nil {
			return out, started
		}
		defer func() { err = b.close(r.dir, errors.Join(err, r.close())) }()
		watched, unwatch := r.watch(ctx)
		defer unwatch()
		ctx, rigs[i] = watched, r
	}
	for _, r := range rigs {
		if _, _, err := b.hold(ctx, r, l, warmUpSeconds); err != nil {
			return out, err
		}
	}
	for n := range max(1, l.Seconds/l.slice) {
		var s slice
		if s.Relay, s.RelayCPU, err = b.hold(ctx, rigs[0], l, l.slice); err != nil {
			return out, err
		}
		profiled := b.takeProfile(ctx, rigs[1].running, fmt.Sprintf("latency-%d", n+1), time.Duration(l.slice)*time.Second)
		if s.WebPlug, s.WebPlugCPU, err = b.hold(ctx, rigs[1], l, l.slice); err != nil {
			return out, err
		}
		if err := <-profiled; err != nil {
			return out, err
		}
		b.progress("latency, turn %d: p50 %.2f and p99 %.1f ms, the relay's %.2f and %.1f", n+1, s.WebPlug.P50, s.WebPlug.P99, s.Relay.P50, s.Relay.P99)
		out.Slices = append(out.Slices, s)
	}
	return out, nil
}

// hold publishes at the rate for some seconds.
func (b *bench) hold(ctx context.Context, r *rig, l latency, seconds int) (spread, float64, error) {
	messages := int(l.Rate * float64(seconds))
	ctx, cancel := context.WithTimeout(ctx, measureWithin)
	defer cancel()
	var out spread
	if err := r.tally.ask(ctx, "POST", "/reset", nil, nil); err != nil {
		return out, 0, err
	}
	before, err := r.usage()
	if err != nil {
		return out, 0, err
	}
	if _, err := r.publish(ctx, load{connections: openPublisher, messages: messages, rate: l.Rate}); err != nil {
		return out, 0, fmt.Errorf("%s: %w", r.name, err)
	}
	if err := r.arrived(ctx, messages); err != nil {
		return out, 0, fmt.Errorf("%s: %w", r.name, err)
	}
	after, err := r.usage()
	if err != nil {
		return out, 0, err
	}
	err = r.tally.ask(ctx, "GET", "/spread", nil, &out)
	return out, milliseconds(after.cpu-before.cpu) / float64(messages), err
}

// print shows the scenario as a table.
func (t timed) print(out io.Writer) {
	p := printer{out}
	p.line("")
	p.line("open loop: %.0f messages/s of 1 KB to one endpoint, from the intended time to received; turns of %d s", t.Rate, t.slice)
	p.line("  turn   relay p50   p99      max   CPU ms | WebPlug p50   p99      max   CPU ms   goal: p50 ≤ %d ms, p99 ≤ %d ms or %.1f × the relay's", goalP50, goalP99, goalP99Factor)
	for i, s := range t.Slices {
		p.line("  %4d   %9.2f %5.1f %8.1f   %6.3f | %11.2f %5.1f %8.1f   %6.3f   %s", i+1,
			s.Relay.P50, s.Relay.P99, s.Relay.Max, s.RelayCPU, s.WebPlug.P50, s.WebPlug.P99, s.WebPlug.Max, s.WebPlugCPU, verdict(s.meetsP50(), s.meetsP99()))
	}
	middle := func(f func(slice) float64) float64 { return medianBy(t.Slices, f) }
	p.line("  median %9.2f %5.1f %8.1f   %6.3f | %11.2f %5.1f %8.1f   %6.3f",
		middle(func(s slice) float64 { return s.Relay.P50 }), middle(func(s slice) float64 { return s.Relay.P99 }),
		middle(func(s slice) float64 { return s.Relay.Max }), middle(func(s slice) float64 { return s.RelayCPU }),
		middle(func(s slice) float64 { return s.WebPlug.P50 }), middle(func(s slice) float64 { return s.WebPlug.P99 }),
		middle(func(s slice) float64 { return s.WebPlug.Max }), middle(func(s slice) float64 { return s.WebPlugCPU }))
}
