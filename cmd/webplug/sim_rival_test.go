package main

import (
	"context"
	"sync"
	"time"

	"webplug/projections"
)

// rival is a second dispatcher on deliveries that the process's own may be at, as a queue gives them that repeats: it makes
// one planned attempt once or more, and records what came of each.
func (s *sim) rival() {
	if len(s.order) == 0 {
		return
	}
	message, e, home := pick(s, s.order[max(0, len(s.order)-10):]), s.endpoint(), s.home
	if e.sns {
		return
	}
	d := &projections.Dispatcher{
		Log: home.log, Endpoints: home.projector.Directory(), Sender: s.wire, Schedule: home.options.schedule, Now: time.Now, NewID: s.id,
		Jitter: s.jitter, Logger: home.options.logger,
	}
	planned, ok, err := d.Replan(context.Background(), s.service, message, e.id, time.Now())
	if err != nil && !s.crashed() {
		s.t.Fatalf("a second dispatcher cannot read %s to %s: %v", message, e.id, err)
	}
	if !ok || err != nil {
		return
	}
	var all sync.WaitGroup
	for range 1 + s.chance.IntN(2) {
		e.rivals[message]++
		all.Go(func() {
			o, err := d.Attempt(context.Background(), planned)
			if err == nil {
				_, err = d.Record(context.Background(), o)
			}
			if err != nil && !s.crashed() {
				s.t.Errorf("a second dispatcher: %v", err)
			}
		})
	}
	all.Wait()
}
