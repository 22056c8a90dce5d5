package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Batches projects what a stream of changes brings, batch by batch, and keeps nothing between them: each batch leaves its
// rows, and at last its journal pages, behind. It is the Projector of a home whose log pushes its records (DynamoDB
// Streams ▶ Lambda), and makes the same rows. Records may come more than once, in any order, and to several processes at
// once: rows are folded from the log, the newest version wins, and a fact that is in the journal twice counts once. A
// delivery has a row from its first failure on: what is delivered at once costs none. What is accepted and has no outcome
// is found by the journal.
type Batches struct {
	log    *eventlog.Log
	views  Views
	now    eventlog.Clock
	logger *slog.Logger

	mu       sync.Mutex // one batch at a time
	journals map[Generation]*journal
	unsure   time.Time // facts that are not later may be in the journal already
	onJob    func()    // a job was asked for; nil for nobody
	// onUnrouted is told of messages that are to be routed on; nil for nobody.
	onUnrouted func(message eventlog.Stream)

	directory *Directory // nil for none
	arrival   arrival
	known     messagesKnown

	shared bool // others write too: the plan says which generations

	generations sync.Mutex
	read        Generation // what Open or Rebuild have brought about; 0 before
	beside      Generation // written too, while read models are made anew; 0 is none
	until       time.Time  // when it is no longer; zero is for as long as it takes
}

// OnJob tells what to do when a job has been asked for. It must not block, and comes before Take.
func (b *Batches) OnJob(do func()) { b.onJob = do }

// OnUnrouted tells what to do when a message is to be routed on. It must not block, may come more than once for a message,
// and comes before Take.
func (b *Batches) OnUnrouted(do func(message eventlog.Stream)) { b.onUnrouted = do }

// Keep tells of a directory in memory that shall know all endpoints, as of the batches that are taken. It comes after Open.
func (b *Batches) Keep(ctx context.Context, d *Directory) error {
	g, release := b.pin()
	defer release()
	b.directory = d
	return d.fill(ctx, b.views, g)
}

// NewBatches makes a projector of batches. Open comes first where read models may not be there yet.
func NewBatches(l *eventlog.Log, v Views, now eventlog.Clock, logger *slog.Logger) *Batches {
	b := &Batches{log: l, views: v, now: now, logger: logger, journals: map[Generation]*journal{}, unsure: now()}
	b.arrival.begin(now())
	return b
}

// NewSharedBatches makes one of many projectors of batches, in processes of their own. The plan (a row) says which generations
// they write.
func NewSharedBatches(l *eventlog.Log, v Views, now eventlog.Clock, logger *slog.Logger) *Batches {
	b := NewBatches(l, v, now, logger)
	b.shared = true
	return b
}

// errNoGeneration says that nobody has made read models that this program can write.
var errNoGeneration = errors.New("there are no read models of this program's format; make them anew (webplug rebuild)")

// generation is what is written now. It is read with each batch, since a rebuild may have switched.
func (b *Batches) generation(ctx context.Context) (Generation, error) {
	g, err := b.views.Current(ctx)
	if err == nil && g.format() != rowFormat {
		err = errNoGeneration
	}
	return g, err
}

// Take projects records, and says how many of them, from the first on, are done; the error is why the next is not, and
// that one and all after it are to come again. A stream that cannot be folded is set aside, as a row, and counts as done:
// only what may succeed another time, and failing to set aside, is an error.
func (b *Batches) Take(ctx context.Context, records []eventlog.Record) (done int, err error) {
	all, err := b.written(ctx)
	if err != nil {
		return 0, fmt.Errorf("find the read models: %w", err)
	}
	for _, g := range all {
		if done, err = b.take(ctx, g, records, false); err != nil {
			return done, err
		}
	}
	return done, nil
}

// written are the generations that a batch is written to.
func (b *Batches) written(ctx context.Context) ([]Generation, error) {
	if b.shared {
		return b.planned(ctx)
	}
	g, err := b.generation(ctx)
	if err != nil {
		return nil, err
	}
	if other := b.pair(); other != 0 && other != g {
		return []Generation{g, other}, nil
	}
	return []Generation{g}, nil
}

// take projects records into one generation. scanned are those of the whole log, in no order of time.
func (b *Batches) take(ctx context.Context, g Generation, records []eventlog.Record, scanned bool) (done int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	work := b.decode(records)
	work.scanned = scanned
	b.fold(ctx, work)
	failed := work.firstFailure()
	var rows []Row
	for _, s := range work.order {
		if w := work.streams[s]; w.err == nil {
			rows = append(rows, w.rows...)
		}
	}
	for i := range rows {
		if rows[i].Body == nil {
			rows[i].Expires = b.now().Add(tombstoneLife)
		}
	}
	if err := b.views.Apply(ctx, g, rows, 0); err != nil {
		if transient(err) {
			return 0, fmt.Errorf("write read models: %w", err)
		}
		if failed = b.applyEach(ctx, g, work); failed.err != nil && failed.at == 0 {
			return 0, failed.err
		}
	}
	if err := b.parkAll(ctx, g, work); err != nil {
		return 0, err
	}
	if err := b.writeJournal(ctx, g, work, failed.at); err != nil {
		return 0, err
	}
	if b.onJob != nil && work.asksForJob() {
		b.onJob()
	}
	for _, r := range work.facts {
		if b.onUnrouted != nil && !scanned && unrouted(r) {
			message, _ := domain.MessageOf(r.Stream.Root)
			b.onUnrouted(domain.MessageStream(r.Stream.Service, message))
		}
	}
	return failed.at, failed.err
}

func (w *batchWork) asksForJob() bool {
	return slices.ContainsFunc(w.facts, func(r eventlog.Recorded) bool { return r.Version == 1 && kindOf(r.Stream) == kindJob })
}

// tombstoneLife is how long it is remembered that a row was taken away: far longer than a stream may bring an old event again.
const tombstoneLife = 30 * 24 * time.Hour

// batchWork is a batch while it is projected.
type batchWork struct {
	scanned bool
	size    int
	order   []eventlog.Stream // as they come first
	streams map[eventlog.Stream]*streamWork
	facts   []eventlog.Recorded // those that could be decoded
	factAt  []int               // their places in the batch
}

// streamWork is what a batch has of one stream.
type streamWork struct {
	first  int // place of its first record
	events []eventlog.Recorded
	bad    eventlog.Version // the version that cannot be read
	rows   []Row
	err    error
}

func (w *batchWork) of(s eventlog.Stream, at int) *streamWork {
	found := w.streams[s]
	if found == nil {
		found = &streamWork{first: at}
		w.streams[s] = found
		w.order = append(w.order, s)
	}
	return found
}

// failure is the first record that is to come again; err is nil where none is, and at is then the batch's size.
type failure struct {
	at  int
	err error
}

func (w *batchWork) firstFailure() failure {
	f := failure{at: w.size}
	for _, s := range w.order {
		if one := w.streams[s]; one.err != nil && transient(one.err) && one.first < f.at {
			f = failure{one.first, one.err}
		}
	}
	return f
}

func (b *Batches) decode(records []eventlog.Record) *batchWork {
	work := &batchWork{size: len(records), streams: map[eventlog.Stream]*streamWork{}}
	for i, rec := range records {
		r, err := b.log.Decode(rec)
		w := work.of(rec.Stream, i)
		if err != nil {
			if w.err == nil {
				w.err, w.bad = err, rec.Version
			}
			continue
		}
		w.events = append(w.events, r)
		work.facts, work.factAt = append(work.facts, r), append(work.factAt, i)
	}
	return work
}

// foldsAtOnce is how many streams of a batch are read from the log side by side.
const foldsAtOnce = 16

// fold makes the rows of each stream. What went wrong is in each stream's err.
func (b *Batches) fold(ctx context.Context, work *batchWork) {
	var group errgroup.Group
	group.SetLimit(foldsAtOnce)
	for _, s := range work.order {
		if w := work.streams[s]; w.err == nil {
			group.Go(func() error {
				w.rows, w.err = b.rowsOf(ctx, s, w.events)
				return nil
			})
		}
	}
	_ = group.Wait() // errors are kept with their streams
}

// rowsOf makes the rows of one stream, as it is now. A panic is that stream's fault, not the batch's end.
func (b *Batches) rowsOf(ctx context.Context, s eventlog.Stream, events []eventlog.Recorded) (rows []Row, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			b.logger.Error("a projection panicked", "stream", s.String(), "stack", string(debug.Stack()))
			err = fmt.Errorf("projection panicked: %v", broken)
		}
	}()
	switch kindOf(s) {
	case kindNone:
		return nil, nil
	case kindMessage:
		return audienceRows(events)
	case kindJob:
		loaded, err := eventlog.Load[domain.Job](ctx, b.log, s)
		if err != nil {
			return nil, err
		}
		row, err := jobRow(s, loaded.State)
		return []Row{row}, err
	case kindDelivery:
		return b.deliveryRows(ctx, s, events)
	default:
		return catalogueRow(ctx, b.log, s, b.directory)
	}
}

// deliveryRows is the row of a delivery, or its tombstone. One that was delivered at its first attempt never had a row,
// and is not even read.
func (b *Batches) deliveryRows(ctx context.Context, s eventlog.Stream, events []eventlog.Recorded) ([]Row, error) {
	unhappy := slices.ContainsFunc(events, func(r eventlog.Recorded) bool {
		_, delivered := r.Event.(domain.DeliverySucceeded)
		return !delivered || r.Version > 1
	})
	if !unhappy {
		return nil, nil
	}
	m, err := eventlog.Load[domain.Message](ctx, b.log, domain.MessageStream(s.Service, s.Root))
	if err != nil {
		return nil, err
	}
	lighten(&m.State)
	d, err := loadDelivery(ctx, b.log, s, &m.State)
	if err != nil {
		return nil, err
	}
	row, err := deliveryRow(s, d)
	if err != nil {
		return nil, err
	}
	return []Row{row}, nil
}

// applyEach writes each stream's rows by themselves, after they could not be written together, so that the one that
// cannot be is found.
func (b *Batches) applyEach(ctx context.Context, g Generation, work *batchWork) failure {
	for _, s := range work.order {
		w := work.streams[s]
		if w.err != nil || len(w.rows) == 0 {
			continue
		}
		if err := b.views.Apply(ctx, g, w.rows, 0); err != nil {
			w.err = fmt.Errorf("write rows of %s: %w", s, err)
		}
	}
	return work.firstFailure()
}
