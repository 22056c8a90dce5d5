package main

import (
	"context"
	"flag"
)

// runPublish is the publisher's process.
func runPublish(ctx context.Context, args []string, std streams) error {
	var l load
	flags := flag.NewFlagSet("bench publish", flag.ContinueOnError)
	l.flags(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	p, err := newPublisher(l)
	if err != nil {
		return err
	}
	ctx, cancel := std.untilInputEnds(ctx)
	defer cancel()
	if err := std.say(ready{}); err != nil {
		return err
	}
	done, err := p.run(ctx)
	if err != nil {
		return err
	}
	return std.say(done)
}
