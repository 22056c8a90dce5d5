package projections

import (
	"slices"
	"time"
)

// hinderedError says that an attempt could not be made for a reason on this machine, such as no file descriptor left. It
// is no outcome: the attempt is made again.
type hinderedError struct{ why error }

func (e *hinderedError) Error() string { return "no request could be made: " + e.why.Error() }
func (e *hinderedError) Unwrap() error { return e.why }

const (
	// restAfter is how long a lane rests whose attempt could not be made.
	restAfter = time.Second
	// tellAgain is how long one log line is enough for, and hinderedFor how long the machine counts as short of something.
	tellAgain   = time.Minute
	hinderedFor = 10 * time.Second
)

// hinder takes an attempt back that could not be made, and lets its lane rest. The caller's turn ends.
func (l *Lanes) hinder(n *lane, p Planned, err error) {
	now := l.dispatcher.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.postponed++
	if since := now.Sub(l.hinderedAt); since < 0 || since >= tellAgain {
		l.logger.Error("requests cannot be made now, for a reason on this machine; they are made later", "error", err)
	}
	l.hindered, l.hinderedAt = err, now
	n.queue = slices.Insert(n.queue, 0, p)
	n.bytes += p.size
	n.rests = true
	l.wakeLocked(n.name, now.Add(restAfter))
	l.turns.gave(n, p)
	l.serve()
}

// Health says why requests cannot be made, or nil.
func (l *Lanes) Health() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.hindered != nil && l.dispatcher.Now().Sub(l.hinderedAt) < hinderedFor {
		return l.hindered
	}
	return nil
}

// Postponed is how often an attempt could not be made for a reason on this machine.
func (l *Lanes) Postponed() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.postponed
}
