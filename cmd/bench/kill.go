package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// killing is a scenario: WebPlug is killed at random moments under load, again and again on the same data.
type killing struct {
	Kills int `json:"kills"`
	// A kill comes at a random moment between these, counted from when it was ready.
	soonest, latest time.Duration
}

// When kills come.
const (
	killSoonest = 500 * time.Millisecond
	killLatest  = 2500 * time.Millisecond
)

// goalRepeats is the largest share of repeated deliveries.
const goalRepeats = 0.01

// killed is the scenario's outcome.
type killed struct {
	killing
	Acknowledged int       `json:"acknowledged"`
	Unanswered   int       `json:"unanswered"` // in doubt: accepted or not
	Lost         []int     `json:"lost"`       // acknowledged and never delivered
	Deliveries   int       `json:"deliveries"`
	Repeats      int       `json:"repeats"`
	OtherIDs     int       `json:"other_ids"` // repeats under another id than the first
	Starts       []float64 `json:"starts_ms"` // from starting the process until /readyz says 200
	Drained      float64   `json:"drained_ms"`
}

// drainWithin bounds the time in which all must be delivered after the last start.
const drainWithin = 2 * time.Minute

func (b *bench) kill(ctx context.Context, k killing) (out killed, err error) {
	out.killing = k
	r, err := b.open(ctx, b.webPlug(), 1)
	if err != nil {
		return out, err
	}
	defer func() { err = b.close(r.dir, errors.Join(err, r.close())) }()
	publisher, err := r.publisher(load{connections: publishers})
	if err != nil {
		return out, err
	}
	if err := b.killAgainAndAgain(ctx, r, &out); err != nil {
		return out, errors.Join(err, publisher.kill())
	}
	var done published
	err = publisher.in.Close()
	if err = errors.Join(err, publisher.hear(&done), publisher.stop()); err != nil {
		return out, err
	}
	return out, b.account(ctx, r, done, &out)
}

func (b *bench) killAgainAndAgain(ctx context.Context, r *rig, out *killed) error {
	for i := range out.Kills {
		select {
		case <-time.After(out.soonest + rand.N(out.latest-out.soonest)):
		case <-r.gone:
			return fmt.Errorf("WebPlug ended by itself: %w", r.failure())
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := r.running.kill(); err != nil {
			return err
		}
		began := time.Now()
		again, err := r.restart(ctx)
		if err != nil {
			return fmt.Errorf("start %d after a kill: %w", i+1, err)
		}
		r.running.child = again
		took := milliseconds(time.Since(began))
		out.Starts = append(out.Starts, took)
		b.progress("kill %d of %d: ready again after %.0f ms", i+1, out.Kills, took)
	}
	return nil
}

// account waits until what was acknowledged is delivered, and counts what is lost or came twice.
func (b *bench) account(ctx context.Context, r *rig, done published, out *killed) error {
	ctx, cancel := context.WithTimeout(ctx, drainWithin)
	defer cancel()
	began := time.Now()
	err := r.settled(ctx)
	out.Drained = milliseconds(time.Since(began))
	if errors.Is(err, context.DeadlineExceeded) { // then the figures below say what is missing
		b.progress("not settled: %v", err)
	} else if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	var c count
	err = errors.Join(r.tally.ask(ctx, http.MethodGet, "/count", nil, &c),
		r.tally.ask(ctx, http.MethodPost, "/missing/0", done.Set, &out.Lost))
	out.Acknowledged, out.Unanswered = done.Acknowledged, done.Unanswered
	out.Deliveries, out.Repeats, out.OtherIDs = c.Deliveries, c.Repeats, c.OtherIDs
	return err
}

// print shows the scenario.
func (k killed) print(out io.Writer) {
	share := float64(k.Repeats) / float64(max(1, k.Deliveries))
	p := printer{out}
	p.line("")
	p.line("kill -9, %d times under load on the same data", k.Kills)
	p.line("  acknowledged   %9d   in doubt (no answer): %d", k.Acknowledged, k.Unanswered)
	p.line("  delivered      %9d", k.Deliveries)
	p.line("  lost           %9d   goal: 0: %s", len(k.Lost), verdict(len(k.Lost) == 0))
	p.line("  repeats        %9d   %.3f %%, %.1f a kill; goal: under %.0f %%: %s", k.Repeats, 100*share, float64(k.Repeats)/float64(max(1, k.Kills)), 100*goalRepeats, verdict(share < goalRepeats))
	p.line("  other ids      %9d   goal: 0: %s", k.OtherIDs, verdict(k.OtherIDs == 0))
	if len(k.Starts) > 0 {
		longest := k.Starts[0]
		for _, s := range k.Starts {
			longest = max(longest, s)
		}
		p.line("  ready again    %9.0f ms, median; at most %.0f ms", median(k.Starts), longest)
	}
	p.line("  all settled    %9.0f ms after the load's end", k.Drained)
	if len(k.Lost) > 0 {
		p.line("  lost ones: %v", k.Lost[:min(20, len(k.Lost))])
	}
}
