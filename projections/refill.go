package projections

import (
	"time"
)

// refill takes planned attempts from the rows into the queue, and sets the lane's next wake-up.
func (l *Lanes) refill(n *lane) {
	defer l.working.Done()
	var err error
	select {
	case l.refills <- struct{}{}:
		err = l.readRows(n)
		<-l.refills
	case <-l.begins.Done():
		err = l.begins.Err()
	}
	if err != nil && l.begins.Err() == nil {
		l.logger.Error("planned attempts cannot be read", "endpoint", n.name.Endpoint, "error", err)
		l.wake(n.name, l.dispatcher.Now().Add(time.Second))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	n.refilling = false
	l.advance(n)
}

func (l *Lanes) readRows(n *lane) error {
	l.mu.Lock()
	limit := len(n.active) + laneRefill
	l.mu.Unlock()
	rows, err := l.rows.Due(l.begins, n.name.Service, n.name.Endpoint, limit)
	if err != nil {
		return err
	}
	// What the rows have and the feed is yet to bring would else be sent twice: once from here, once from there.
	if err := l.awaitTaken(l.begins, l.feed.Head()); err != nil {
		return err
	}
	now, queued := l.dispatcher.Now(), 0
	for _, r := range rows {
		if r.At.After(now) {
			l.wake(n.name, r.At)
			return nil
		}
		if l.isActive(n, r) {
			continue
		}
		p, ok, err := l.dispatcher.Replan(l.begins, r.Service, r.Message, r.Endpoint, now)
		switch {
		case err != nil && transient(err):
			return err
		case err != nil: // it cannot be read; the others can
			l.giveUp(n, Planned{Service: r.Service, Message: r.Message, Endpoint: r.Endpoint, Plan: r.Plan}, err)
			queued++
		case ok && !l.enqueue(p):
			return nil // it is behind, and goes on when there is room
		case ok:
			queued++
		}
	}
	switch {
	case len(rows) < limit:
	case queued == 0:
		l.wake(n.name, now.Add(time.Second))
	default:
		l.mu.Lock()
		n.behind = true
		l.mu.Unlock()
	}
	return nil
}

// isActive says whether a delivery is on its way already. Somebody may have asked for a retry while an attempt is made:
// the retry has its turn after it.
func (l *Lanes) isActive(n *lane, d Due) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	plan, active := n.active[d.Message+"/"+d.Endpoint]
	if active && d.Plan > plan {
		n.outdated = true
	}
	return active
}
