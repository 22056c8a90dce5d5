package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Rebuilds makes the read models anew in slices, where many processes write them. From when the plan says so, each batch is
// written to the new generation too; once no invocation can still be running that read an older plan, the whole log is read
// into it; then it is current, and what was is written for an hour more.
type Rebuilds struct {
	Log     *eventlog.Log
	Views   Views
	Scanner eventlog.Scanner
	Now     eventlog.Clock
	// Settle is longer than any invocation may take.
	Settle time.Duration
	Logger *slog.Logger
}

// writtenOn is how long a generation is written after it was current.
const writtenOn = time.Hour

// rebuildSlice is how many events a slice reads, at least.
const rebuildSlice = 2_000

// errPlanGone says that a rebuild cannot go on.
var errPlanGone = errors.New("another rebuild has taken its place")

// Slice does a part of a job, from a place on ("" is the beginning). It says where to go on, how many events it read, and
// whether all is done. A place that stays as it is means that it has to wait.
func (r *Rebuilds) Slice(ctx context.Context, job eventlog.Stream, at string) (next string, events int, finished bool, err error) {
	p, err := readPlan(ctx, r.Views)
	if err != nil {
		return at, 0, false, err
	}
	if at == "" {
		next, err = r.begin(ctx, job, p)
		return next, 0, false, err
	}
	g, place, err := parseRebuildPlace(at)
	if err != nil {
		return at, 0, false, err
	}
	switch current, err := r.Views.Current(ctx); {
	case err != nil:
		return at, 0, false, err
	case current == g: // only the job does not know
		return at, 0, true, nil
	case p.Filling != g:
		return at, 0, false, errPlanGone
	case r.Now().Before(p.Since.Add(r.Settle)):
		return at, 0, false, nil
	}
	return r.fill(ctx, p, g, place)
}

// rebuildPlace is where a rebuild is: which generation, and how far the log is read.
func rebuildPlace(g Generation, at eventlog.Checkpoint) string {
	return strconv.FormatUint(uint64(g), 36) + "@" + string(at)
}

func parseRebuildPlace(text string) (Generation, eventlog.Checkpoint, error) {
	number, place, ok := strings.Cut(text, "@")
	g, err := strconv.ParseUint(number, 36, 64)
	if err != nil || !ok {
		return 0, "", fmt.Errorf("a rebuild goes on at %q: %w", text, eventlog.ErrDamaged)
	}
	return Generation(g), eventlog.Checkpoint(place), nil
}

func (r *Rebuilds) begin(ctx context.Context, job eventlog.Stream, p generationPlan) (string, error) {
	current, err := r.Views.Current(ctx)
	if err != nil {
		return "", err
	}
	switch {
	case p.Filling != 0 && p.Job == job.String():
		return rebuildPlace(p.Filling, ""), nil
	case p.Filling != 0, r.Now().Before(p.Until): // another's turn, or there is one that is still written
		return "", nil
	}
	last := p.Last
	if current.number() > last.number() {
		last = current
	}
	g := last.next()
	p.Last, p.Filling, p.Writing, p.Job, p.Since, p.Until = g, g, []Generation{current, g}, job.String(), r.Now().UTC(), time.Time{}
	if err := p.write(ctx, r.Views); err != nil {
		return "", err
	}
	r.Logger.Info("the read models are made anew", "generation", uint64(g), "job", job.String())
	return rebuildPlace(g, ""), nil
}

func (r *Rebuilds) fill(ctx context.Context, p generationPlan, g Generation, place eventlog.Checkpoint) (next string, events int, finished bool, err error) {
	b := NewBatches(r.Log, r.Views, r.Now, r.Logger)
	b.set(0, g)
	for page, err := range r.Scanner.Scan(ctx, place) {
		if err != nil {
			return rebuildPlace(g, place), events, false, fmt.Errorf("read the log: %w", err)
		}
		if _, err := b.take(ctx, g, page.Records, true); err != nil {
			return rebuildPlace(g, place), events, false, err
		}
		events, place = events+len(page.Records), page.Next
		if events >= rebuildSlice && place != "" {
			return rebuildPlace(g, place), events, false, nil
		}
	}
	return rebuildPlace(g, place), events, true, r.change(ctx, p, g)
}

// change makes a filled generation the current one.
func (r *Rebuilds) change(ctx context.Context, p generationPlan, g Generation) error {
	if err := r.Views.Switch(ctx, g); err != nil {
		return fmt.Errorf("switch to generation %d: %w", g, err)
	}
	r.Logger.Info("the read models were made anew", "generation", uint64(g))
	return r.changed(ctx, p, g)
}

// changed notes that a generation is current, and until when the one before it is written.
func (r *Rebuilds) changed(ctx context.Context, p generationPlan, g Generation) error {
	p.Filling, p.Until = 0, r.Now().Add(writtenOn).UTC()
	for _, before := range p.Writing {
		if before != 0 && before != g {
			p.Dropping = append(p.Dropping, dropping{before, p.Until.Add(r.Settle)})
		}
	}
	return p.write(ctx, r.Views)
}

// Tidy ends what a rebuild left: one whose job has ended before it was whole, a generation that was written for long enough,
// and what nobody reads or writes any more. It is to be called every now and then.
func (r *Rebuilds) Tidy(ctx context.Context) error {
	p, err := readPlan(ctx, r.Views)
	if err != nil || p.version == 0 {
		return err
	}
	current, err := r.Views.Current(ctx)
	if err != nil {
		return err
	}
	now := r.Now()
	if p.Filling != 0 {
		return r.tidyJob(ctx, p, current)
	}
	if !p.Until.IsZero() && now.After(p.Until) {
		p.Until, p.Writing = time.Time{}, nil
		if err := p.write(ctx, r.Views); err != nil {
			return err
		}
	}
	for len(p.Dropping) > 0 {
		d := p.Dropping[0]
		if now.Before(d.After) {
			return nil
		}
		if d.Generation != current {
			if err := r.Views.Drop(ctx, d.Generation); err != nil {
				return fmt.Errorf("drop generation %d: %w", d.Generation, err)
			}
			r.Logger.Info("read models of before a rebuild are dropped", "generation", uint64(d.Generation))
		}
		p.Dropping = slices.Clone(p.Dropping[1:])
		if err := p.write(ctx, r.Views); err != nil {
			return err
		}
	}
	return nil
}

// tidyJob ends the plan of a job that has ended.
func (r *Rebuilds) tidyJob(ctx context.Context, p generationPlan, current Generation) error {
	s, err := eventlog.ParseStream(p.Job)
	if err != nil {
		return err
	}
	job, err := eventlog.Load[domain.Job](ctx, r.Log, s)
	if err != nil || job.State.Exists() && !job.State.Ended() {
		return err
	}
	if p.Filling == current { // the process ended between the switch and the plan
		return r.changed(ctx, p, current)
	}
	p.Writing, p.Dropping, p.Filling = nil, append(p.Dropping, dropping{p.Filling, r.Now().Add(r.Settle).UTC()}), 0
	return p.write(ctx, r.Views)
}

// UnderWay is the job of the rebuild that is under way; zero if there is none.
func (r *Rebuilds) UnderWay(ctx context.Context) (eventlog.Stream, error) {
	p, err := readPlan(ctx, r.Views)
	if err != nil || p.Filling == 0 {
		return eventlog.Stream{}, err
	}
	return eventlog.ParseStream(p.Job)
}

// Outdated says whether the current read models are of another program's format, so that this one cannot write them.
func (r *Rebuilds) Outdated(ctx context.Context) (bool, error) {
	g, err := r.Views.Current(ctx)
	return err == nil && g.format() != rowFormat, err
}
