package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// subject is a program under test: the relay or WebPlug, both started the same way.
type subject struct {
	name  string
	start func(ctx context.Context, dir string, targets []string) (*running, error)
}

// running is a subject's process, ready for messages to its targets.
type running struct {
	*child
	load    load                        // how to publish to it: address, key, names
	settled func(context.Context) error // returns when every outcome is where the subject keeps it
	restart func(context.Context) (*child, error)
	profile string // address of its profiles, if it serves them
}

// theRelay is the plain relay.
func theRelay() subject {
	return subject{name: "relay", start: func(_ context.Context, dir string, targets []string) (*running, error) {
		c, r, err := startRole(dir, "relay", "--dir", dir, "--targets", strings.Join(targets, ","))
		if err != nil {
			return nil, err
		}
		return &running{
			child: c, load: load{url: "http://" + r.Address + "/", eventType: eventType, user: aUser},
			settled: func(context.Context) error { return nil }, // it keeps none
		}, nil
	}}
}

// The relay takes the body that WebPlug takes, as long as WebPlug's.
const (
	eventType = "bench_sent"
	aUser     = "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV"
)

// rig is a subject with a sink of its own, and a folder for both.
type rig struct {
	name string
	dir  string
	*running
	sink      *child
	tally     caller
	endpoints int
	used      int // sequence numbers below were published
}

// newRig starts a sink and a subject that delivers to it.
func newRig(ctx context.Context, s subject, dir string, endpoints int) (_ *rig, err error) {
	r := &rig{name: s.name, dir: dir, endpoints: endpoints}
	var at ready
	if r.sink, at, err = startRole(dir, "sink", "--endpoints", strconv.Itoa(endpoints)); err != nil {
		return nil, err
	}
	r.tally = caller{base: "http://" + at.Address}
	targets := make([]string, endpoints)
	for i, address := range at.Endpoints {
		targets[i] = okURL(address, i)
	}
	if r.running, err = s.start(ctx, dir, targets); err != nil {
		return nil, errors.Join(err, r.sink.kill())
	}
	return r, nil
}

func (r *rig) close() error { return errors.Join(r.running.stop(), r.sink.stop()) }

// publish runs a load in a publisher of its own, and gives what became of it.
func (r *rig) publish(ctx context.Context, l load) (published, error) {
	var done published
	c, err := r.publisher(l)
	if err != nil {
		return done, err
	}
	heard := make(chan error, 1)
	go func() { heard <- c.hear(&done) }()
	select {
	case err = <-heard:
	case <-ctx.Done():
		err = errors.Join(context.Cause(ctx), c.kill(), <-heard)
	}
	return done, errors.Join(err, c.stop())
}

// publisher starts a load; the sequence numbers go on from the last one's.
func (r *rig) publisher(l load) (*child, error) {
	args := []string{
		"--url", r.load.url, "--key", r.load.key, "--event-type", r.load.eventType, "--user", r.load.user,
		"--connections", strconv.Itoa(l.connections), "--messages", strconv.Itoa(l.messages),
		"--first", strconv.Itoa(r.used), "--rate", strconv.FormatFloat(l.rate, 'g', -1, 64),
	}
	r.used += l.messages
	c, _, err := startRole(r.dir, "publish", args...)
	return c, err
}

// arrived waits until so many different deliveries are at the sink.
func (r *rig) arrived(ctx context.Context, deliveries int) error {
	var c count
	err := r.tally.ask(ctx, "GET", "/await/"+strconv.Itoa(deliveries), nil, &c)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("wait for %d deliveries: %w", deliveries, context.Cause(ctx))
	if asked := r.tally.ask(context.WithoutCancel(ctx), "GET", "/count", nil, &c); asked != nil {
		return errors.Join(err, asked)
	}
	return fmt.Errorf("%w; there are %d, logs in %s", err, c.Deliveries, filepath.Join(r.dir, "*.log"))
}
