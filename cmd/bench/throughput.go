package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// throughput is a scenario: as many messages as 32 publishers get acknowledged, until all are delivered and every outcome
// is in the log.
type throughput struct {
	Name      string `json:"name"`
	Endpoints int    `json:"endpoints"`
	Messages  int    `json:"messages"`
	Goal      goal   `json:"goal"`
	Reach     goal   `json:"reach"`
	warmUp    int    // messages before
}

// goal is what WebPlug is to reach, as shares of the relay's figures.
type goal struct {
	Rate float64 `json:"rate"` // at least
	CPU  float64 `json:"cpu"`  // at most
}

const publishers = 32

// sample is one run of one subject.
type sample struct {
	Rate    float64 `json:"deliveries_per_second"`
	CPU     float64 `json:"cpu_ms_per_delivery"`
	Peak    int64   `json:"peak_bytes"`
	Answer  spread  `json:"answer"`  // how long publishers waited
	Latency spread  `json:"latency"` // from publishing to receiving: mostly waiting, as the queues are full
	Repeats int     `json:"repeats"`
}

// round is a run of each subject, one just after the other.
type round struct {
	Relay   sample `json:"relay"`
	WebPlug sample `json:"webplug"`
}

func (r round) rate() float64 { return r.WebPlug.Rate / r.Relay.Rate }
func (r round) cpu() float64  { return r.WebPlug.CPU / r.Relay.CPU }

// compared is a scenario's outcome.
type compared struct {
	throughput
	Rounds []round `json:"rounds"`
}

// compare measures relay and WebPlug by turns.
func (b *bench) compare(ctx context.Context, t throughput) (compared, error) {
	out := compared{throughput: t}
	for i := range b.rounds {
		var r round
		var err error
		if r.Relay, err = b.measure(ctx, theRelay(), t, i); err != nil {
			return out, err
		}
		if r.WebPlug, err = b.measure(ctx, b.webPlug(), t, i); err != nil {
			return out, err
		}
		b.progress("%s, round %d of %d: %.2f of the relay's rate, %.2f times its CPU", t.Name, i+1, b.rounds, r.rate(), r.cpu())
		out.Rounds = append(out.Rounds, r)
	}
	return out, nil
}

// measureWithin bounds one run.
const measureWithin = 5 * time.Minute

func (b *bench) measure(ctx context.Context, s subject, t throughput, round int) (_ sample, err error) {
	ctx, cancel := context.WithTimeout(ctx, measureWithin)
	defer cancel()
	r, err := b.open(ctx, s, t.Endpoints)
	if err != nil {
		return sample{}, err
	}
	defer func() { err = b.close(r.dir, errors.Join(err, r.close())) }()
	ctx, unwatch := r.watch(ctx)
	defer unwatch()
	warm, _, err := b.pass(ctx, r, t, t.warmUp)
	if err != nil {
		return sample{}, fmt.Errorf("%s, warming up: %w", s.name, err)
	}
	lasts := time.Duration(float64(warm) / float64(t.warmUp) * float64(t.Messages))
	profiled := b.takeProfile(ctx, r.running, fmt.Sprintf("%s-%d", t.Name, round+1), lasts)
	_, out, err := b.pass(ctx, r, t, t.Messages)
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w", s.name, err)
	}
	return out, <-profiled
}

// pass publishes so many messages, and measures until all is delivered and settled.
func (b *bench) pass(ctx context.Context, r *rig, t throughput, messages int) (time.Duration, sample, error) {
	var out sample
	if err := r.tally.ask(ctx, "POST", "/reset", nil, nil); err != nil {
		return 0, out, err
	}
	before, err := r.usage()
	if err != nil {
		return 0, out, err
	}
	done, err := r.publish(ctx, load{connections: publishers, messages: messages})
	if err != nil {
		return 0, out, err
	}
	deliveries := messages * t.Endpoints
	if err := r.arrived(ctx, deliveries); err != nil {
		return 0, out, err
	}
	if err := r.settled(ctx); err != nil {
		return 0, out, err
	}
	took := time.Since(time.Unix(0, done.Started))
	after, err := r.usage()
	if err != nil {
		return 0, out, err
	}
	var c count
	err = errors.Join(r.tally.ask(ctx, "GET", "/count", nil, &c), r.tally.ask(ctx, "GET", "/spread", nil, &out.Latency))
	out.Rate = float64(deliveries) / took.Seconds()
	out.CPU = milliseconds(after.cpu-before.cpu) / float64(deliveries)
	out.Peak, out.Answer, out.Repeats = after.peak, done.Answer, c.Repeats
	return took, out, err
}

// print shows a scenario as a table.
func (c compared) print(out io.Writer) {
	relay := func(f func(sample) float64) float64 {
		return medianBy(c.Rounds, func(r round) float64 { return f(r.Relay) })
	}
	webplug := func(f func(sample) float64) float64 {
		return medianBy(c.Rounds, func(r round) float64 { return f(r.WebPlug) })
	}
	rate := func(s sample) float64 { return s.Rate }
	cpu := func(s sample) float64 { return s.CPU }
	peak := func(s sample) float64 { return float64(s.Peak) / 1e6 }
	answer := func(s sample) float64 { return s.Answer.P50 }
	rates, cpus := medianBy(c.Rounds, round.rate), medianBy(c.Rounds, round.cpu)
	p := printer{out}
	p.line("")
	p.line("%s: %d messages of 1 KB, %d endpoint(s), %d publishers; medians of %d rounds", c.Name, c.Messages, c.Endpoints, publishers, len(c.Rounds))
	p.line("            deliveries/s   CPU ms each   answer p50 ms   peak RSS MB")
	p.line("  relay     %12.0f   %11.4f   %13.2f   %11.0f", relay(rate), relay(cpu), relay(answer), relay(peak))
	p.line("  WebPlug   %12.0f   %11.4f   %13.2f   %11.0f", webplug(rate), webplug(cpu), webplug(answer), webplug(peak))
	p.line("  ratio     %12.2f   %11.2f   (medians of each round's own ratio)", rates, cpus)
	p.line("  goal      %12s   %11s   %s", least(c.Goal.Rate), most(c.Goal.CPU), verdict(rates >= c.Goal.Rate, cpus <= c.Goal.CPU))
	p.line("  reach     %12s   %11s   %s", least(c.Reach.Rate), most(c.Reach.CPU), verdict(rates >= c.Reach.Rate, cpus <= c.Reach.CPU))
	for i, r := range c.Rounds {
		p.line("  round %d: rate %.2f (%.0f / %.0f), CPU %.2f (%.4f / %.4f)", i+1, r.rate(), r.WebPlug.Rate, r.Relay.Rate, r.cpu(), r.WebPlug.CPU, r.Relay.CPU)
	}
}
