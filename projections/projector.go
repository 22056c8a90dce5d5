package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"webplug/domain/eventlog"
)

// Projector folds the feed into the read models: in memory at once, into rows with each flush. It takes events at least
// once and in any order: what it cannot fold from memory it folds anew from the log.
type Projector struct {
	log        *eventlog.Log
	views      Views
	directory  *Directory
	now        eventlog.Clock
	logger     *slog.Logger
	rebuilding sync.Mutex // one rebuild at a time

	pinning    sync.Mutex // held beside mu by who changes generation and readers, alone by who pins them: that waits for no flush
	mu         sync.Mutex
	generation Generation
	readers    *sync.WaitGroup   // of the generation
	kept       bool              // a rebuild follows the feed from keptFrom
	keptFrom   eventlog.Position // nothing after it may be released
	folded     eventlog.Position // all up to here is folded
	written    eventlog.Position // all up to here is in rows: the checkpoint
	opened     eventlog.Position // what was committed before this process began
	heldBack   bool              // some of what is folded has no row yet, on purpose
	moved      chan struct{}     // closed when folded grows
	entered    chan struct{}     // closed when the journal grows
	hours      chan struct{}     // has one when an hour is entered that is to be rolled up
	catalogue  map[eventlog.Stream][]Row
	deliveries *deliveries
	journal    *journal
	jobs       *jobs
	stuck      *stuck
	commit     []Fact // room for one commit's
	dirty      bool
	soiled     chan struct{} // has one while dirty rows wait for their flush
	failing    error         // of the last flush
	onJob      func()        // a job was asked for; nil for nobody
	onUnrouted func(message eventlog.Stream)
}

// NewProjector makes a projector that writes one generation of the views. Open must come before the rest.
func NewProjector(l *eventlog.Log, v Views, g Generation, now eventlog.Clock, logger *slog.Logger) *Projector {
	p := &Projector{
		log: l, views: v, generation: g, readers: new(sync.WaitGroup), now: now, logger: logger,
		moved: make(chan struct{}), entered: make(chan struct{}), hours: make(chan struct{}, 1),
		soiled:    make(chan struct{}, 1),
		catalogue: map[eventlog.Stream][]Row{}, deliveries: newDeliveries(l), journal: newJournal(), jobs: newJobs(l), stuck: newStuck(),
	}
	p.directory = NewDirectory(l, nil)
	return p
}

// Open reads what a process needs in memory: how far the rows are, the endpoints, and what is stuck. From then on the
// directory's Settled waits for the feed.
func (p *Projector) Open(ctx context.Context, feed eventlog.Feed) error {
	p.directory.settled = func(ctx context.Context) error { return p.awaitFolded(ctx, feed.Head()) }
	at, err := p.views.Checkpoint(ctx, p.generation)
	if err != nil {
		return fmt.Errorf("read the checkpoint: %w", err)
	}
	p.folded, p.written, p.opened = at, at, feed.Head()
	if err := p.stuck.load(ctx, p.views, p.generation); err != nil {
		return err
	}
	return p.directory.fill(ctx, p.views, p.generation)
}

// OnJob tells what to do when a job has been asked for. It must not block, and comes before Run.
func (p *Projector) OnJob(do func()) { p.onJob = do }

// Directory is the catalogue in memory that the projector keeps.
func (p *Projector) Directory() *Directory { return p.directory }

// Run follows the feed and flushes every half second, until ctx ends. A store that cannot answer is asked again.
func (p *Projector) Run(ctx context.Context, feed eventlog.Feed) error {
	var beside sync.WaitGroup
	beside.Go(func() { p.flushLoop(ctx, feed) })
	beside.Go(func() { p.rollLoop(ctx) })
	defer beside.Wait()
	for {
		p.mu.Lock()
		from := p.folded
		p.mu.Unlock()
		err := feed.Follow(ctx, from, p.take)
		if ctx.Err() != nil {
			return p.end(ctx, feed)
		}
		p.logger.Error("the projector waits for the event log", "error", err)
		if !sleep(ctx, time.Second) {
			return p.end(ctx, feed)
		}
	}
}

// end writes what has changed. Where that cannot be now, the next process does it.
func (p *Projector) end(ctx context.Context, feed eventlog.Feed) error {
	err := p.flush(context.WithoutCancel(ctx), feed, true)
	if errors.Is(err, eventlog.ErrUnavailable) {
		p.logger.Warn("read models end behind the event log; the next start catches up", "error", err)
		return nil
	}
	return err
}

// flushEvery is how long rows may be behind what is folded.
const flushEvery = 500 * time.Millisecond

func (p *Projector) flushLoop(ctx context.Context, feed eventlog.Feed) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.soiled:
		}
		if !sleep(ctx, flushEvery) {
			return
		}
		err := p.flush(ctx, feed, false)
		if err != nil {
			p.mu.Lock()
			p.soil() // again, until it is written
			p.mu.Unlock()
		}
		if ctx.Err() == nil {
			p.note(err)
		}
	}
}

// soil asks for a flush within flushEvery.
func (p *Projector) soil() {
	p.dirty = true
	select {
	case p.soiled <- struct{}{}:
	default:
	}
}

// note keeps what the last flush came to, and logs the first failure of a row.
func (p *Projector) note(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil && p.failing == nil {
		p.logger.Error("read models cannot be written; they are kept in memory", "error", err)
	}
	p.failing = err
}

// Health says why read models are not written, or nil.
func (p *Projector) Health() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failing
}

// Stuck is how many streams are set aside.
func (p *Projector) Stuck() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stuck.count()
}

// Park sets a stream aside for dispatch: an outcome of it could not be recorded.
func (p *Projector) Park(s eventlog.Stream, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.park(consumerDispatch, s, 0, err)
}

// CatchUp makes every query after it see all that was acknowledged before it.
func (p *Projector) CatchUp(ctx context.Context, feed eventlog.Feed) error {
	head := feed.Head()
	if err := p.awaitFolded(ctx, head); err != nil {
		return err
	}
	p.mu.Lock()
	clean := !p.dirty && !p.heldBack
	p.mu.Unlock()
	if clean {
		return nil
	}
	return p.flush(ctx, feed, true)
}

// Enter makes the journal, and so the live feed, have all that was acknowledged before. It writes what would be written
// soon anyway, and not what is held back.
func (p *Projector) Enter(ctx context.Context, feed eventlog.Feed) error {
	if err := p.awaitFolded(ctx, feed.Head()); err != nil {
		return err
	}
	return p.flush(ctx, feed, false)
}

// Entered is closed when something is entered into a journal after the call.
func (p *Projector) Entered() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.entered
}

// Generation is which one of the read models it writes: how often they were made anew, and in which format they are.
func (p *Projector) Generation() (number, format uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.generation.number(), p.generation.format()
}

// onceEach says whether every fact that is entered from now on is entered for the first time. What was committed before
// this process began may have been entered by the one before it, which had not got to note that.
func (p *Projector) onceEach() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.written >= p.opened
}

// Lag is how many commits are not folded yet.
func (p *Projector) Lag(feed eventlog.Feed) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return uint64(feed.Head() - min(p.folded, feed.Head()))
}

func (p *Projector) awaitFolded(ctx context.Context, at eventlog.Position) error {
	for {
		p.mu.Lock()
		there, moved := p.folded >= at, p.moved
		p.mu.Unlock()
		if there {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take folds one commit.
func (p *Projector) take(ctx context.Context, at eventlog.Position, records []eventlog.Record) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	facts := p.commit[:0] // entered when all is folded: a commit that is taken again is entered once
	for _, rec := range records {
		fact, err := p.fold(ctx, at, rec)
		if err != nil {
			return err
		}
		facts = append(facts, fact)
	}
	for i, rec := range records {
		if facts[i].Version > 0 {
			p.journal.add(rec.Stream.Service, facts[i])
		}
	}
	p.commit = facts
	p.soil()
	if at > p.folded {
		p.folded = at
		close(p.moved)
		p.moved = make(chan struct{})
	}
	return nil
}

// fold takes one record, or sets its stream aside, and gives its fact, the zero one if it cannot be read. It fails only
// where trying again can help.
func (p *Projector) fold(ctx context.Context, at eventlog.Position, rec eventlog.Record) (fact Fact, err error) {
	r, err := p.log.Decode(rec)
	readable := err == nil
	if !p.stuck.stops(rec.Stream) {
		if readable {
			err = p.project(ctx, at, r)
		}
		if err != nil && transient(err) {
			return fact, err
		}
		if err != nil {
			p.setAside(rec, err)
		}
	}
	if readable {
		fact = p.factOf(r)
	}
	return fact, nil
}

// factOf makes the fact of an event that is projected.
func (p *Projector) factOf(r eventlog.Recorded) Fact {
	if d := p.deliveries.open[r.Stream]; d != nil {
		return factOf(r, d.message)
	}
	return factOf(r, nil)
}

// setAside parks the stream of a record that cannot be projected.
func (p *Projector) setAside(rec eventlog.Record, err error) {
	version := rec.Version
	var unreadable *eventlog.RecordError
	if errors.As(err, &unreadable) && unreadable.Stream == rec.Stream {
		version = unreadable.Version // the stream was folded anew, and a later event is the one that cannot be
	}
	p.park(consumerViews, rec.Stream, version, err)
}

// transient says whether the same event may be taken a moment later.
func transient(err error) bool {
	return errors.Is(err, eventlog.ErrUnavailable) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func (p *Projector) park(consumer string, s eventlog.Stream, v eventlog.Version, err error) {
	p.logger.Error("a stream is set aside", "consumer", consumer, "stream", s.String(), "version", v, "error", err)
	p.stuck.park(consumer, s, v, err, p.now())
	p.soil()
}

// project folds one event into the models other than the journal. A panic is that event's fault, not the projector's end.
func (p *Projector) project(ctx context.Context, at eventlog.Position, r eventlog.Recorded) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			p.logger.Error("a projection panicked", "stream", r.Stream.String(), "version", r.Version, "stack", string(debug.Stack()))
			err = fmt.Errorf("projection panicked: %v", broken)
		}
	}()
	switch kindOf(r.Stream) {
	case kindNone:
		return nil
	case kindMessage:
		p.deliveries.accepted(r, at, at > p.opened)
		return p.summarise(r)
	case kindDelivery:
		return p.deliveries.outcome(ctx, r)
	case kindJob:
		if err := p.jobs.take(ctx, r); err != nil {
			return err
		}
		if r.Version == 1 && p.onJob != nil {
			p.onJob()
		}
		return nil
	default:
		if rows := p.catalogue[r.Stream]; len(rows) > 0 && rows[0].Version >= r.Version {
			return nil // an earlier event of the same commit had the stream folded
		}
		rows, err := catalogueRow(ctx, p.log, r.Stream, p.directory)
		if err == nil {
			p.catalogue[r.Stream] = rows
		}
		return err
	}
}

// flush writes what has changed, with the checkpoint; with all set, also what is held back. If it cannot, everything stays
// as it is in memory.
func (p *Projector) flush(ctx context.Context, feed eventlog.Feed, all bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := ctx.Err(); err != nil { // whoever asked for it has gone while it waited
		return err
	}
	if !p.dirty && !p.heldBack {
		return nil
	}
	rows, heldFrom, err := p.changed(ctx, all)
	if err != nil {
		return err
	}
	at := p.folded
	if heldFrom > 0 {
		at = max(p.written, heldFrom-1)
	}
	if err := p.views.Apply(ctx, p.generation, rows, at); err != nil {
		return fmt.Errorf("write read models: %w", err)
	}
	p.clean()
	p.written, p.heldBack = at, heldFrom > 0
	if p.heldBack {
		p.soil() // its time comes
	}
	if p.kept {
		at = min(at, p.keptFrom)
	}
	return feed.Release(ctx, at)
}

// clean says that what changed gave is written.
func (p *Projector) clean() {
	if len(p.journal.facts) > 0 {
		close(p.entered)
		p.entered = make(chan struct{})
	}
	if len(p.journal.entered) > 0 {
		select {
		case p.hours <- struct{}{}:
		default:
		}
	}
	p.deliveries.flushed()
	p.journal.flushed()
	p.jobs.flushed()
	p.stuck.flushed()
	clear(p.catalogue)
	p.dirty = false
}

// changed makes the rows that differ from what is written, and says which commit is the first that is held back.
func (p *Projector) changed(ctx context.Context, all bool) ([]Row, eventlog.Position, error) {
	rows, heldFrom, err := p.deliveries.rows(p.now(), all)
	if err != nil {
		return nil, 0, fmt.Errorf("make delivery rows: %w", err)
	}
	pages, err := p.journal.rows(markOf(p.folded, p.log.NewID()), func(h serviceHour) (eventlog.Version, error) {
		return hourVersion(ctx, p.views, p.generation, h)
	})
	if err != nil {
		return nil, 0, fmt.Errorf("make journal pages: %w", err)
	}
	rows = append(rows, pages...)
	for _, r := range p.catalogue {
		rows = append(rows, r...)
	}
	work, err := p.jobs.rows()
	if err != nil {
		return nil, 0, fmt.Errorf("make job rows: %w", err)
	}
	parked, err := p.stuck.rows()
	return append(append(rows, work...), parked...), heldFrom, err
}

// hourVersion is the version of an hour's row, 0 if there is none.
func hourVersion(ctx context.Context, v Views, g Generation, h serviceHour) (eventlog.Version, error) {
	row, err := v.Get(ctx, g, ViewJournal, h.id())
	if errors.Is(err, ErrNoRow) {
		return 0, nil
	}
	return row.Version, err
}

// sleep waits, and says whether ctx is still good.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
