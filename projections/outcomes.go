package projections

import (
	"webplug/domain"
)

// made is an outcome on its way to the log.
type made struct {
	lane    *lane
	outcome outcome
}

// recordSoon records an outcome beside the next request: nobody waits for its commit.
func (l *Lanes) recordSoon(n *lane, o outcome) {
	l.working.Add(1)
	select {
	case l.record <- made{n, o}:
		return
	default:
	}
	l.mu.Lock()
	more := l.recorders < recorders
	if more {
		l.recorders++
	}
	l.mu.Unlock()
	if more {
		go l.recordAll(made{n, o})
		return
	}
	l.record <- made{n, o}
}

// recordAll records one outcome after the other, until the lanes end.
func (l *Lanes) recordAll(m made) {
	for {
		switch {
		case l.dispatcher.recordUntil(l.ctx, m.outcome):
			l.settle(m.lane, m.outcome.planned)
		case l.ctx.Err() == nil:
			l.giveUp(m.lane, m.outcome.planned)
		}
		l.working.Done()
		select {
		case m = <-l.record:
		case <-l.ended:
			return
		}
	}
}

// giveUp sets a delivery aside. It stays active, so that it is not tried again and again, until the next Rescan.
func (l *Lanes) giveUp(n *lane, p Planned) {
	l.mu.Lock()
	n.givenUp = append(n.givenUp, p.ID())
	l.mu.Unlock()
	l.park(domain.DeliveryStream(p.Service, p.Message, p.Endpoint), errNotRecorded)
}

func (l *Lanes) settle(n *lane, p Planned) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(n.active, p.ID())
	if n.outdated {
		n.outdated, n.behind = false, true
	}
	if n.running == 0 || n.behind {
		l.advance(n)
	}
}
