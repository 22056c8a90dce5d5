package projections

import (
	"webplug/domain"
)

// held counts what attempts in memory hold, in the queues and under way: a webhook that many share is counted once.
type held struct {
	bodies map[*byte]int // how many hold it, by its first byte
	bytes  int
}

const (
	// attemptBytes is about what an attempt holds beside its webhook.
	attemptBytes = 1024
	// runningBytes bounds the webhooks of requests under way: one that is large takes more than one turn.
	runningBytes = 128 << 20
	smallestTurn = 16 << 10
)

// shares says whether an attempt's webhook is in memory anyway.
func (h *held) shares(p Planned) bool { return len(p.Body) > 0 && h.bodies[&p.Body[0]] > 0 }

func (h *held) hold(p Planned) {
	h.bytes += attemptBytes
	h.holdBody(p)
}

func (h *held) holdBody(p Planned) {
	if len(p.Body) == 0 {
		return
	}
	first := &p.Body[0]
	if h.bodies[first]++; h.bodies[first] == 1 {
		h.bytes += len(p.Body)
	}
}

func (h *held) release(p Planned) {
	h.bytes -= attemptBytes
	if len(p.Body) == 0 {
		return
	}
	first := &p.Body[0]
	if h.bodies[first]--; h.bodies[first] == 0 {
		delete(h.bodies, first)
		h.bytes -= len(p.Body)
	}
}

// turnsOf is how many turns an attempt takes.
func (t *turns) turnsOf(p Planned) int {
	return 1 + p.size/max(smallestTurn, runningBytes/max(1, t.most))
}

// load reads the webhook of an attempt that was queued without, since there was no room.
func (l *Lanes) load(p *Planned) error {
	if p.Body != nil {
		return nil
	}
	m, err := l.dispatcher.accepted(l.ctx, domain.MessageStream(p.Service, p.Message))
	if err != nil {
		return err
	}
	p.Body = m.body
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held.holdBody(*p)
	return nil
}

// Held is how many bytes the attempts in memory hold.
func (l *Lanes) Held() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held.bytes
}
