package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"

	"webplug/domain/eventlog"
)

// simFeed is a feed that gives what it should, and more: commits are given again, later ones together with them, and
// records of different streams in another order.
type simFeed struct {
	eventlog.Feed
	mu     *sync.Mutex
	chance *rand.Rand
}

func (f simFeed) roll(n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.chance.IntN(n)
}

// Follow follows, and repeats and reorders.
func (f simFeed) Follow(ctx context.Context, after eventlog.Position, take func(context.Context, eventlog.Position, []eventlog.Record) error) error {
	var last []eventlog.Record
	var lastAt eventlog.Position
	return f.Feed.Follow(ctx, after, func(ctx context.Context, at eventlog.Position, records []eventlog.Record) error {
		records = slices.Clone(records)
		if f.roll(3) == 0 {
			for i := range records {
				j := f.roll(i + 1)
				records[i], records[j] = records[j], records[i]
			}
		}
		if f.roll(4) == 0 {
			for i := range records { // as a store gives them after a restart
				records[i] = records[i].Forget()
			}
		}
		if err := take(ctx, at, records); err != nil {
			return err
		}
		if last != nil && f.roll(5) == 0 {
			if err := take(ctx, lastAt, last); err != nil {
				return err
			}
		}
		last, lastAt = records, at
		return nil
	})
}
