package projections

import (
	"context"
	"errors"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// start makes the lane's next attempt.
func (l *Lanes) start(n *lane) {
	p := l.pop(n)
	l.turns.took(n, p)
	l.working.Add(1)
	go l.work(n, p)
}

// work makes attempts until the lane has none for it.
func (l *Lanes) work(n *lane, p Planned) {
	defer l.working.Done()
	for ok := true; ok; {
		o, err := l.attempt(&p)
		if l.ctx.Err() != nil { // given up at the end of a shutdown: what the report says is not the endpoint's doing
			return
		}
		var hindered *hinderedError
		switch {
		case err == nil:
			l.recordSoon(n, o)
		case errors.As(err, &hindered):
			l.hinder(n, p, err)
			return
		case transient(err):
			l.logger.Error("an attempt could not be made", "message", p.Message, "endpoint", p.Endpoint, "error", err)
			l.postpone(n, p)
		default:
			l.giveUp(n, p, err)
		}
		p, ok = l.next(n, p, o, err)
	}
}

// attempt makes one. Its outcome does not hold the webhook.
func (l *Lanes) attempt(p *Planned) (outcome, error) {
	if err := l.load(p); err != nil {
		return outcome{}, err
	}
	o, err := l.dispatcher.Attempt(l.ctx, *p)
	o.planned.Body = nil
	return o, err
}

// next gives a worker its next attempt, or lets it go.
func (l *Lanes) next(n *lane, done Planned, o outcome, err error) (Planned, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil && o.ended == "" {
		l.turns.learn(n, o.report)
		if n.failures++; o.report.Delivered() {
			n.failures = 0
		}
	}
	l.turns.gave(n, done)
	l.held.release(done)
	l.serve() // who waits comes first
	if len(n.queue) > 0 && !l.closing && !n.waits && !n.rests && n.running < l.turns.share(n.limit()) && l.turns.free(n.pace) {
		p := l.pop(n)
		l.turns.took(n, p)
		if n.behind || n.running < laneConcurrency && len(n.queue) > 0 { // it may read its rows, or have more turns than it had
			l.advance(n)
		}
		return p, true
	}
	l.advance(n)
	return Planned{}, false
}

// limit is how many requests its endpoint gets at once, at most.
func (n *lane) limit() int {
	if n.failures >= failuresInARow {
		return failingConcurrency
	}
	return laneConcurrency
}

func (l *Lanes) pop(n *lane) Planned {
	p := n.queue[0]
	n.queue[0] = Planned{}
	n.queue = n.queue[1:]
	n.bytes -= p.size
	return p
}

// postpone leaves an attempt that could not be made to the rows, a little later.
func (l *Lanes) postpone(n *lane, p Planned) {
	l.mu.Lock()
	delete(n.active, p.ID())
	l.mu.Unlock()
	l.wake(n.name, l.dispatcher.Now().Add(time.Second))
}

// takeAudience queues the first attempts of a chunk of a message.
func (l *Lanes) takeAudience(ctx context.Context, r eventlog.Recorded) {
	targets, _, _ := domain.Audience(r.Event)
	var body []byte
	err := error(nil)
	byRows := r.Time.Before(l.rowsFor)
	if !byRows {
		if body, err = l.dispatcher.webhook(ctx, r); err != nil {
			l.logger.Error("a payload cannot be opened", "message", r.Stream.Root, "error", err)
			byRows = true // by its rows each delivery is set aside
		}
	}
	if byRows {
		for _, endpoint := range targets {
			l.fallBehind(Lane{r.Stream.Service, endpoint})
		}
		return
	}
	for _, p := range plan(r, targets, body) {
		if !l.leftOut(Lane{p.Service, p.Endpoint}) {
			l.enqueue(p)
		}
	}
}
