package projections

import (
	"context"
	"fmt"
	"time"

	"webplug/domain/eventlog"
)

// CatchUp projects the whole log, for what a stream has lost: it keeps 24 hours.
func (b *Batches) CatchUp(ctx context.Context, scanner eventlog.Scanner) error {
	g, err := b.generation(ctx)
	if err != nil {
		return fmt.Errorf("find the read models: %w", err)
	}
	return b.scan(ctx, g, scanner, func(context.Context, int) error { return nil })
}

// Open gives the generation to read and write: the current one, or, if there is none of today's format or again is asked
// for, one made anew from the whole log, beside the old one. Nobody else writes meanwhile.
func (b *Batches) Open(ctx context.Context, scanner eventlog.Scanner, again bool) (Generation, error) {
	current, err := b.views.Current(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the current generation: %w", err)
	}
	if current.format() == rowFormat && !again {
		b.set(current, 0)
		return current, nil
	}
	g, err := b.fill(ctx, current, scanner, func(context.Context, int) error { return nil })
	if err != nil {
		return 0, err
	}
	b.set(g, 0)
	if current == 0 {
		return g, nil
	}
	if err := b.views.Drop(ctx, current); err != nil {
		return 0, fmt.Errorf("drop generation %d: %w", current, err)
	}
	return g, nil
}

// Rebuild makes the read models anew beside those in use, and switches to them. Batches that come meanwhile are written to
// both, and for a while to the old ones too, which somebody may still read; they are dropped with the next rebuild.
// It is for a home of one process.
func (b *Batches) Rebuild(ctx context.Context, scanner eventlog.Scanner, progress func(ctx context.Context, events int) error) error {
	current, err := b.generation(ctx)
	if err != nil {
		return err
	}
	if err := dropBeside(ctx, b.views, current); err != nil {
		return err
	}
	g, err := b.fill(ctx, current, scanner, progress)
	if err != nil {
		b.set(current, 0)
		return err
	}
	b.generations.Lock()
	defer b.generations.Unlock()
	b.read, b.beside, b.until = g, current, b.now().Add(2*generationKept)
	return nil
}

// fill makes the generation after another from the log, and makes it the current one.
func (b *Batches) fill(ctx context.Context, current Generation, scanner eventlog.Scanner, progress func(ctx context.Context, events int) error) (Generation, error) {
	g := current.next()
	if err := b.views.Drop(ctx, g); err != nil { // what an interrupted rebuild left
		return 0, fmt.Errorf("drop generation %d: %w", g, err)
	}
	b.set(current, g)
	if err := b.scan(ctx, g, scanner, progress); err != nil {
		return 0, err
	}
	if err := b.views.Switch(ctx, g); err != nil {
		return 0, fmt.Errorf("switch to generation %d: %w", g, err)
	}
	return g, nil
}

func (b *Batches) set(read, beside Generation) {
	b.generations.Lock()
	defer b.generations.Unlock()
	b.read, b.beside, b.until = read, beside, time.Time{}
}

// pair is what is written beside the current generation; 0 for nothing.
func (b *Batches) pair() Generation {
	b.generations.Lock()
	defer b.generations.Unlock()
	if !b.until.IsZero() && b.now().After(b.until) {
		b.beside = 0
	}
	return b.beside
}

// pin gives the generation to read. It stays, once another is current, for as long as a query may take.
func (b *Batches) pin() (g Generation, release func()) {
	b.generations.Lock()
	defer b.generations.Unlock()
	return b.read, func() {}
}

// Generation is which one of the read models is read: how often they were made anew, and in which format they are.
func (b *Batches) Generation() (number, format uint64) {
	b.generations.Lock()
	defer b.generations.Unlock()
	return b.read.number(), b.read.format()
}

func (b *Batches) scan(ctx context.Context, g Generation, scanner eventlog.Scanner, progress func(ctx context.Context, events int) error) error {
	total := 0
	for page, err := range scanner.Scan(ctx, "") {
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		if _, err := b.take(ctx, g, page.Records, true); err != nil {
			return err
		}
		total += len(page.Records)
		if err := progress(ctx, total); err != nil {
			return err
		}
	}
	b.doubt() // the stream may bring some of it again
	if total > 0 {
		b.logger.Info("read models have the whole log", "events", total, "generation", uint64(g))
	}
	return nil
}
