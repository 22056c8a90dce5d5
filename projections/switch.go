package projections

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"webplug/domain/eventlog"
)

// The read models are made anew beside those in use: a further projector folds the whole log into the next generation,
// follows the feed until it is where the live one is, and at that point its state takes the live one's place. Routing is not
// touched: the directory stays what it is.

// errSwitched ends the following of a feed.
var errSwitched = errors.New("the generation is switched")

// Rebuild makes all read models anew while the old ones are read and written, and switches to the new ones when they have
// caught up. progress is told how many events are read; its error ends the rebuild, and all stays as it was.
func (p *Projector) Rebuild(
	ctx context.Context, scanner eventlog.Scanner, feed eventlog.Feed, progress func(ctx context.Context, events int) error,
) error {
	p.rebuilding.Lock()
	defer p.rebuilding.Unlock()
	p.mu.Lock()
	old := p.generation
	p.kept = true
	p.keptFrom = feed.Head() // what comes after is followed, so the feed must not forget it
	head := p.keptFrom
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.kept = false
		p.mu.Unlock()
	}()
	g := old.next()
	if err := p.views.Drop(ctx, g); err != nil { // what an interrupted one left
		return fmt.Errorf("drop generation %d: %w", g, err)
	}
	readers, err := p.fillAndSwitch(ctx, NewProjector(p.log, p.views, g, p.now, p.logger), scanner, feed, head, progress)
	if err != nil {
		return errors.Join(err, p.views.Drop(context.WithoutCancel(ctx), g))
	}
	readers.Wait() // those who began on the old one
	if err := p.views.Drop(context.WithoutCancel(ctx), old); err != nil {
		p.logger.Error("the read models before the rebuild are left over", "generation", uint64(old), "error", err)
	}
	return nil
}

// fillAndSwitch gives the readers of the old generation.
func (p *Projector) fillAndSwitch(
	ctx context.Context, next *Projector, scanner eventlog.Scanner, feed eventlog.Feed, head eventlog.Position,
	progress func(ctx context.Context, events int) error,
) (*sync.WaitGroup, error) {
	total, err := next.scan(ctx, scanner, progress)
	if err != nil {
		return nil, err
	}
	if err := next.flushRebuilt(ctx, head); err != nil {
		return nil, err
	}
	if err := progress(ctx, total); err != nil {
		return nil, err
	}
	// Of what is up to here the scan may have seen some: only what comes later has no row yet.
	next.folded, next.opened = head, feed.Head()
	s := &switching{live: p, next: next, feed: feed}
	defer s.release()
	err = s.try(ctx) // nothing may have come since
	if err == nil {
		err = feed.Follow(ctx, head, s.take)
	}
	if !errors.Is(err, errSwitched) {
		return nil, fmt.Errorf("catch up with the feed: %w", err)
	}
	return s.readers, nil
}

// switching is the last part of a rebuild: the next generation catches up with the live one.
type switching struct {
	live, next *Projector
	feed       eventlog.Feed
	since      int             // records since the last flush
	holds      bool            // the live projector waits
	readers    *sync.WaitGroup // of the old generation, once it is switched
}

// nearby is how many commits the next generation may be behind when the live one begins to wait for it: some milliseconds.
const nearby = 200

// take folds a commit into the next generation.
func (s *switching) take(ctx context.Context, at eventlog.Position, records []eventlog.Record) error {
	if err := s.next.take(ctx, at, records); err != nil {
		return err
	}
	if s.since += len(records); s.since >= rebuildFlush {
		s.since = 0
		if err := s.next.flushRebuilt(ctx, at); err != nil {
			return err
		}
	}
	return s.try(ctx)
}

// try switches if the next generation is where the live one is. That one waits from when the other is near it, so that
// they meet. The answer is errSwitched when it is done.
func (s *switching) try(ctx context.Context) error {
	at := s.next.folded
	if at < s.next.opened || s.feed.Head()-min(at, s.feed.Head()) > nearby {
		return nil
	}
	if !s.holds {
		if err := s.next.flushRebuilt(ctx, at); err != nil { // so that little is left to write while the live one waits
			return err
		}
		if err := s.live.awaitFolded(ctx, at); err != nil {
			return err
		}
		s.live.mu.Lock()
		s.holds = true
	}
	if at < s.live.folded {
		return nil
	}
	readers, err := s.live.adopt(ctx, s.next)
	if err != nil {
		return err
	}
	s.readers = readers
	return errSwitched
}

func (s *switching) release() {
	if s.holds {
		s.live.mu.Unlock()
	}
}

// adopt makes another projector's generation and state its own; they have folded the same. The caller holds p.mu. It gives
// the readers of the generation before.
func (p *Projector) adopt(ctx context.Context, next *Projector) (*sync.WaitGroup, error) {
	next.stuck.takeDispatch(p.stuck)
	rows, _, err := next.changed(ctx, true)
	if err != nil {
		return nil, err
	}
	if err := p.views.Apply(ctx, next.generation, rows, p.folded); err != nil {
		return nil, fmt.Errorf("write read models: %w", err)
	}
	next.clean()
	if err := p.views.Switch(ctx, next.generation); err != nil {
		return nil, fmt.Errorf("switch to generation %d: %w", next.generation, err)
	}
	p.pinning.Lock()
	readers := p.readers
	p.generation, p.readers = next.generation, new(sync.WaitGroup)
	p.pinning.Unlock()
	p.catalogue, p.deliveries, p.journal, p.jobs, p.stuck = next.catalogue, next.deliveries, next.journal, next.jobs, next.stuck
	p.written, p.opened, p.heldBack, p.dirty = p.folded, next.opened, false, false
	close(p.entered) // what follows a feed looks at the new pages
	p.entered = make(chan struct{})
	select {
	case p.hours <- struct{}{}: // none of its hours are rolled up
	default:
	}
	p.logger.Info("read models are made anew", "generation", uint64(p.generation))
	return readers, nil
}

// takeDispatch takes over what dispatch has set aside: that is not in the log.
func (s *stuck) takeDispatch(from *stuck) {
	for stream, p := range from.streams {
		if p.row.Consumer == consumerDispatch && !p.gone && s.streams[stream] == nil {
			kept := *p
			kept.dirty = true
			s.streams[stream] = &kept
		}
	}
}

// pin gives the generation to read, which stays until release is called.
func (p *Projector) pin() (g Generation, release func()) {
	p.pinning.Lock()
	defer p.pinning.Unlock()
	p.readers.Add(1)
	return p.generation, p.readers.Done
}
