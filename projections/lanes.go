package projections

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// DueRows is where lanes find what is planned and not in memory.
type DueRows interface {
	// Due lists an endpoint's planned attempts, the earliest first. It sees every outcome acknowledged before it.
	Due(ctx context.Context, service, endpoint string, limit int) ([]Due, error)
	// DueEndpoints lists the endpoints that have planned attempts. It comes back when everything acknowledged before it is
	// folded, even if it fails.
	DueEndpoints(context.Context) ([]Lane, error)
}

// Lane names an endpoint's queue.
type Lane struct{ Service, Endpoint string }

const (
	// laneConcurrency is how many requests one endpoint gets at once; a failing one gets failingConcurrency, so that a
	// hundred dead endpoints do not use up the machine's connections.
	laneConcurrency    = 16
	failingConcurrency = 2
	failuresInARow     = 5
	// laneRefill is how many are taken from the rows at once.
	laneRefill = 512
	// recorders is how many outcomes can wait for their commit at once; when all do, requests wait too. They are kept, since
	// a new goroutine for each outcome costs as much as recording it.
	recorders = 256
	// requestsAtOnce is how many requests may be under way in all where AtOnce does not say.
	requestsAtOnce = 4096
	// lanesKept is how many idle lanes are remembered for how prompt their endpoints are.
	lanesKept = 20_000
	// refillsAtOnce is how many lanes read their rows at once: after a restart all want to.
	refillsAtOnce = 8
)

// queueLimits bounds what is in memory: the rest waits in its rows. Beyond the bytes of all, a lane may still have as
// many as it can try at once, without their webhooks, and the lane that has the most gives up its own.
type queueLimits struct {
	attempts int // of one lane
	bytes    int // of all lanes, with the requests under way; a webhook that several share counts once
}

// Lanes makes planned attempts, on one machine: a queue for each endpoint, so that a slow one delays no other. What is in
// memory is only a cache of the due rows: it may be dropped, and is, when it grows too large.
type Lanes struct {
	limits     queueLimits
	dispatcher *Dispatcher
	elsewhere  func(service, endpoint string) bool // nil: nowhere
	rows       DueRows
	park       func(eventlog.Stream, error)
	logger     *slog.Logger

	mu         sync.Mutex
	lanes      map[Lane]*lane
	held       held
	shedIn     int // how often it is asked for before it is done
	wakes      wakes
	rewake     chan struct{}
	taken      eventlog.Position // all up to here has been taken from the feed
	moved      chan struct{}     // closed when taken grows
	closing    bool
	working    sync.WaitGroup
	record     chan made
	recorders  int           // that run
	ended      chan struct{} // closed when nothing is under way any more
	refills    chan struct{} // has one for each refill under way
	turns      turns
	crowded    time.Time // when it was told last that lanes wait for their turn
	hindered   error     // why a request could not be made last, for a reason on this machine
	postponed  uint64
	hinderedAt time.Time
	feed       eventlog.Feed
	rowsFor    time.Time       // what was accepted before is dispatched by its rows alone
	ctx        context.Context // of requests and records: ends after the grace of a shutdown
	begins     context.Context // of what is done to begin requests: ends with Run's
}

type lane struct {
	name      Lane
	queue     []Planned
	bytes     int                         // of the bodies in the queue
	active    map[string]eventlog.Version // plans by Planned.ID: queued, being tried, or waiting for their record
	running   int
	turns     int // that they take
	pace      pace
	waits     bool // for its turn
	rests     bool // until it is woken
	failures  int  // in a row
	behind    bool // there are due rows that are not in the queue
	outdated  bool // a newer plan is due of a delivery that is active: its row is to be read again when that is settled
	refilling bool
	givenUp   []string // active ones whose outcome could not be recorded
}

// NewLanes makes lanes. park is told of deliveries whose outcome cannot be recorded.
func NewLanes(d *Dispatcher, rows DueRows, park func(eventlog.Stream, error), logger *slog.Logger) *Lanes {
	d.messages.most = acceptedBytes
	return &Lanes{
		dispatcher: d, rows: rows, park: park, logger: logger, lanes: map[Lane]*lane{}, wakes: newWakes(),
		limits: queueLimits{attempts: 4096, bytes: 64 << 20}, turns: turns{most: requestsAtOnce}, held: held{bodies: map[*byte]int{}},
		rewake: make(chan struct{}, 1), moved: make(chan struct{}), ended: make(chan struct{}), record: make(chan made),
		refills: make(chan struct{}, refillsAtOnce),
	}
}

// ByRowsBefore tells that the feed may repeat what was accepted before a time, which may be delivered by now: it is looked
// for in the rows. It comes before Run.
func (l *Lanes) ByRowsBefore(t time.Time) { l.rowsFor = t }

// LeaveOut tells which endpoints' deliveries are another's care: those of a format that others make the requests of. It
// comes before Run.
func (l *Lanes) LeaveOut(elsewhere func(service, endpoint string) bool) { l.elsewhere = elsewhere }

func (l *Lanes) leftOut(name Lane) bool {
	return l.elsewhere != nil && l.elsewhere(name.Service, name.Endpoint)
}

// Run takes up what was planned before and follows the feed, until ctx ends. It returns when the requests under way are
// done and recorded, or grace is over. ready is called when all that was committed before is folded, and nothing can be
// missed that is committed from then on.
func (l *Lanes) Run(ctx context.Context, feed eventlog.Feed, grace time.Duration, ready func()) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	l.ctx, l.begins, l.feed = work, ctx, feed
	wakes := make(chan struct{})
	go func() {
		defer close(wakes)
		l.wakeLoop(ctx)
	}()
	for first := true; ; first = false {
		// What is committed is in the rows, what comes is in the feed. So it is when the feed broke off, too: its way from
		// where it was may have been released.
		l.pass(feed.Head())
		found := l.Rescan(ctx)
		if first { // also where rows cannot be written now: they can be read
			ready()
		}
		if found {
			err := feed.Follow(ctx, l.taken, l.takeAll)
			if ctx.Err() == nil {
				l.logger.Error("dispatch waits for the event log", "error", err)
			}
		}
		if !sleep(ctx, time.Second) {
			break
		}
	}
	<-wakes
	l.finish(stop, grace)
	close(l.ended)
	return nil
}

// finish waits for the requests under way.
func (l *Lanes) finish(stop context.CancelFunc, grace time.Duration) {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	done := make(chan struct{})
	go func() {
		l.working.Wait()
		close(done)
	}()
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
		l.logger.Warn("requests under way are given up; they will be repeated", "after", grace)
		stop()
		<-done
	}
}

// Rescan looks for planned attempts of all endpoints, in the rows.
func (l *Lanes) Rescan(ctx context.Context) bool {
	names, err := l.rows.DueEndpoints(ctx)
	if err != nil {
		if ctx.Err() == nil {
			l.logger.Error("planned attempts cannot be read", "error", err)
		}
		return false
	}
	l.mu.Lock()
	for _, n := range l.lanes {
		for _, id := range n.givenUp {
			delete(n.active, id)
		}
		n.givenUp = nil
	}
	l.mu.Unlock()
	for _, n := range names {
		l.fallBehind(n)
	}
	return true
}

func (l *Lanes) takeAll(ctx context.Context, at eventlog.Position, records []eventlog.Record) error {
	l.mu.Lock()
	repeated := at <= l.taken
	l.mu.Unlock()
	if repeated { // its deliveries may be made by now, and would be made twice
		return nil
	}
	for _, r := range records {
		l.take(ctx, r)
	}
	l.pass(at)
	return nil
}

// pass notes that all up to a position is taken.
func (l *Lanes) pass(at eventlog.Position) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at > l.taken {
		l.taken = at
		close(l.moved)
		l.moved = make(chan struct{})
	}
}

// Lag is how many commits dispatch has not taken yet.
func (l *Lanes) Lag(feed eventlog.Feed) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return uint64(feed.Head() - min(l.taken, feed.Head()))
}

// awaitTaken waits until the feed was taken up to a position.
func (l *Lanes) awaitTaken(ctx context.Context, at eventlog.Position) error {
	for {
		l.mu.Lock()
		there, moved := l.taken >= at, l.moved
		l.mu.Unlock()
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

// take acts on one record of the feed. What it cannot decode is set aside by the projector, and found in the rows later.
func (l *Lanes) take(ctx context.Context, rec eventlog.Record) {
	switch kindOf(rec.Stream) {
	case kindMessage, kindDelivery:
	default:
		return
	}
	r, err := l.dispatcher.Log.Decode(rec)
	if err != nil {
		return
	}
	name := Lane{r.Stream.Service, r.Stream.Leaf}
	switch e := r.Event.(type) {
	case domain.MessageAccepted, domain.MessageRouted:
		l.takeAudience(ctx, r)
	case domain.AttemptFailed:
		if !e.Next.IsZero() && !l.leftOut(name) {
			l.wake(name, e.Next)
		}
	case domain.RetryRequested:
		l.fallBehind(name)
	}
}

func (l *Lanes) lane(name Lane) *lane {
	n := l.lanes[name]
	if n == nil {
		n = &lane{name: name, pace: unknown, active: map[string]eventlog.Version{}}
		l.lanes[name] = n
	}
	return n
}

// enqueue puts a planned attempt into its lane, or leaves it to the rows and says false.
func (l *Lanes) enqueue(p Planned) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.lane(Lane{p.Service, p.Endpoint})
	if _, there := n.active[p.ID()]; there || l.closing {
		return true
	}
	full := l.held.bytes >= l.limits.bytes
	if len(n.queue) >= l.limits.attempts || full && len(n.queue) >= laneConcurrency {
		n.behind = true
		l.advance(n)
		return false
	}
	p.size = len(p.Body)
	if full {
		l.shed()
		if !l.held.shares(p) {
			p.Body = nil
		}
	}
	n.queue = append(n.queue, p)
	n.active[p.ID()] = p.Plan
	n.bytes += p.size
	l.held.hold(p)
	l.advance(n)
	return true
}

// shed leaves the newest half of the fattest lane's queue to its rows, so that one endpoint's backlog leaves room for
// the others.
func (l *Lanes) shed() {
	if l.shedIn--; l.shedIn > 0 {
		return
	}
	l.shedIn = len(l.lanes) // so that a look at all lanes costs each who asks a look at one
	var fattest *lane
	for _, n := range l.lanes {
		if len(n.queue) > laneConcurrency && (fattest == nil || n.bytes > fattest.bytes) {
			fattest = n
		}
	}
	if fattest == nil {
		return
	}
	keep := max(laneConcurrency, len(fattest.queue)/2)
	for i, p := range fattest.queue[keep:] {
		delete(fattest.active, p.ID())
		fattest.bytes -= p.size
		l.held.release(p)
		fattest.queue[keep+i] = Planned{}
	}
	fattest.queue = fattest.queue[:keep]
	fattest.behind = true
}

func (l *Lanes) fallBehind(name Lane) {
	if l.leftOut(name) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.lane(name)
	n.behind = true
	l.advance(n)
}

// advance starts what the lane is ready for: requests, a look into the rows, or nothing: then it is forgotten.
func (l *Lanes) advance(n *lane) {
	if l.closing {
		return
	}
	for !n.waits && !n.rests && len(n.queue) > 0 && n.running < l.turns.share(n.limit()) {
		if !l.turns.free(n.pace) {
			if n.running == 0 {
				l.await(n)
			}
			break
		}
		l.start(n)
	}
	room := min(laneRefill, l.limits.attempts) / 2
	if l.held.bytes >= l.limits.bytes {
		room = laneConcurrency
	}
	if n.behind && !n.refilling && len(n.queue) < room {
		n.refilling, n.behind = true, false
		l.working.Add(1)
		go l.refill(n)
	}
	if len(n.active) == 0 && n.running == 0 && !n.refilling && !n.behind {
		l.idle(n)
	}
}

// idle forgets a lane that has nothing to do. One that fails is remembered, so that the next message does not find 16
// requests at once again, and so is its pace.
func (l *Lanes) idle(n *lane) {
	if n.failures == 0 && (n.pace == unknown || len(l.lanes) > lanesKept) {
		delete(l.lanes, n.name)
		return
	}
	n.queue, n.active = nil, map[string]eventlog.Version{} // which do not shrink by themselves
}

// Waiting is how many attempts wait in memory.
func (l *Lanes) Waiting() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	total := 0
	for _, n := range l.lanes {
		total += len(n.queue)
	}
	return total
}
