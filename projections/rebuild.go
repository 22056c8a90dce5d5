package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"webplug/domain/eventlog"
)

// rowFormat is the shape of the rows. A change of any row, list or page is a new format: the read models are then made
// anew from the log at the next start.
const rowFormat = 8

// formatBits is where a generation carries its format.
const formatBits = 32

func (g Generation) format() uint64 { return uint64(g) >> formatBits }

// number is how often the read models were made anew.
func (g Generation) number() uint64 { return uint64(g) & (1<<formatBits - 1) }

// next is the generation after g, in today's format.
func (g Generation) next() Generation {
	return Generation(rowFormat<<formatBits | (uint64(g)+1)&(1<<formatBits-1))
}

// OpenViews gives the generation to read and write: the current one, or, if there is none of today's format or again is
// asked for, one made anew from the whole log. The old one is read until the new one is whole.
func OpenViews(ctx context.Context, l *eventlog.Log, scanner eventlog.Scanner, feed eventlog.Feed, v Views, again bool, now eventlog.Clock, logger *slog.Logger) (Generation, error) {
	current, err := v.Current(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the current generation: %w", err)
	}
	if current.format() == rowFormat && !again {
		// On a full disk they stay for another start: they are in nobody's way, and what is there can be read.
		if err := dropBeside(ctx, v, current); err != nil && !errors.Is(err, eventlog.ErrUnavailable) {
			return 0, err
		}
		return current, nil
	}
	g := current.next()
	if err := v.Drop(ctx, g); err != nil { // what an interrupted rebuild left
		return 0, fmt.Errorf("drop generation %d: %w", g, err)
	}
	if err := rebuild(ctx, l, scanner, feed.Head(), v, g, now, logger); err != nil {
		return 0, err
	}
	if err := v.Switch(ctx, g); err != nil {
		return 0, fmt.Errorf("switch to generation %d: %w", g, err)
	}
	if current != 0 {
		if err := v.Drop(ctx, current); err != nil {
			return 0, fmt.Errorf("drop generation %d: %w", current, err)
		}
	}
	return g, nil
}

// dropBeside drops what a rebuild left that a process did not live to finish: the generation before, or the one after.
func dropBeside(ctx context.Context, v Views, current Generation) error {
	for _, g := range []Generation{current - 1, current.next()} {
		if g.format() == rowFormat {
			if err := v.Drop(ctx, g); err != nil {
				return fmt.Errorf("drop generation %d: %w", g, err)
			}
		}
	}
	return nil
}

// rebuildFlush is how many records are folded before their rows are written.
const rebuildFlush = 20_000

// rebuild folds the whole log into a generation. Effects are never run. What is appended meanwhile is after head, and
// folded when the feed is followed from there.
func rebuild(ctx context.Context, l *eventlog.Log, scanner eventlog.Scanner, head eventlog.Position, v Views, g Generation, now eventlog.Clock, logger *slog.Logger) error {
	p := NewProjector(l, v, g, now, logger)
	total, err := p.scan(ctx, scanner, func(_ context.Context, events int) error {
		logger.Info("read models are being made anew", "events", events)
		return nil
	})
	if err != nil {
		return err
	}
	if total > 0 {
		logger.Info("read models are made anew", "events", total, "generation", uint64(g))
	}
	return p.flushRebuilt(ctx, head)
}

// scan folds the whole log, and tells of each part that is written.
func (p *Projector) scan(ctx context.Context, scanner eventlog.Scanner, progress func(ctx context.Context, events int) error) (total int, err error) {
	since := 0
	for page, err := range scanner.Scan(ctx, "") {
		if err != nil {
			return total, fmt.Errorf("read the log: %w", err)
		}
		if err := p.take(ctx, 0, page.Records); err != nil {
			return total, err
		}
		total, since = total+len(page.Records), since+len(page.Records)
		if since >= rebuildFlush {
			since = 0
			if err := p.flushRebuilt(ctx, 0); err != nil {
				return total, err
			}
			if err := progress(ctx, total); err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

// flushRebuilt writes a part of a rebuild.
func (p *Projector) flushRebuilt(ctx context.Context, head eventlog.Position) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	rows, _, err := p.changed(ctx, true)
	if err != nil {
		return err
	}
	if err := p.views.Apply(ctx, p.generation, rows, head); err != nil {
		return fmt.Errorf("write read models: %w", err)
	}
	p.clean()
	return nil
}
