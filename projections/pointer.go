package projections

import (
	"context"
	"sync"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// pointer is which generation is current, where other processes may switch it.
type pointer struct {
	views Views
	now   eventlog.Clock

	mu         sync.Mutex
	generation Generation
	until      time.Time
}

// generationKept is how long the current generation is taken for it: an old one is written on for long after a switch.
const generationKept = 10 * time.Second

func newPointer(v Views, now eventlog.Clock) *pointer { return &pointer{views: v, now: now} }

// current reads the current generation, unless it has just done so.
func (p *pointer) current(ctx context.Context) (Generation, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if p.generation != 0 && now.Before(p.until) {
		return p.generation, nil
	}
	g, err := p.views.Current(ctx)
	if err == nil {
		p.generation, p.until = g, now.Add(generationKept)
	}
	return g, err
}

// readable is current, or an error where it is none that this program's queries can read.
func (p *pointer) readable(ctx context.Context) error {
	g, err := p.current(ctx)
	switch {
	case err != nil:
		return err
	case g.format() != rowFormat:
		return domain.Refuse(domain.Unavailable, "", "the read models are being made anew; try again in some minutes")
	}
	return nil
}

// pin gives what was current last.
func (p *pointer) pin() (g Generation, release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.generation, func() {}
}

// BeginViews makes the first generation the current one where there is none yet: its rows come as events do. A log that has
// events already has to be read from its beginning (webplug rebuild). Several processes may begin at once.
func BeginViews(ctx context.Context, v Views) error {
	current, err := v.Current(ctx)
	if err != nil || current != 0 {
		return err
	}
	return v.Switch(ctx, current.next())
}

// GenerationOf is how often the current read models were made anew, and their format; zero where that cannot be read.
func GenerationOf(ctx context.Context, v Views) (number, format uint64) {
	g, err := v.Current(ctx)
	if err != nil {
		return 0, 0
	}
	return g.number(), g.format()
}
