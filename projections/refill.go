package projections

import (
	"time"
)

// refill takes planned attempts from the rows into the queue, and sets the lane's next wake-up.
func (l *Lanes) refill(n *lane) {
	defer l.working.Done()
	err := l.readRows(n)
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
		if err != nil {
			return err
		}
		if ok {
			l.enqueue(p)
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
