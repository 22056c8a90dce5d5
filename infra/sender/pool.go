package sender

import (
	"slices"
	"sync"
	"time"
)

const (
	idlePerHost = 16 // connections kept for an endpoint's next webhooks
	idleOverall = 1024
	idleTime    = 55 * time.Second // under the 60 s after which common load balancers close
)

// pool keeps connections between requests (RFC 9112 §9.3). The last one used is the first one taken, so that an
// endpoint keeps as many as it needs; if there are too many in all, the one idle longest goes. One timer closes those
// past idleTime.
type pool struct {
	now  func() time.Time
	most int // connections kept, of all origins

	mu             sync.Mutex
	idle           map[origin][]*conn // oldest first; none is empty
	oldest, newest *conn              // all of them, by how long they are idle
	count          int
	sweeper        *time.Timer // nil: none set
	closed         bool
}

func newPool(now func() time.Time) *pool {
	return &pool{now: now, most: idleOverall, idle: map[origin][]*conn{}}
}

// take gives a connection that is ready for a request, nil if none is kept.
func (p *pool) take(to origin, deadline time.Time) *conn {
	for {
		c := p.pop(to)
		if c == nil {
			return nil
		}
		if p.now().Sub(c.since) < idleTime && c.renew(deadline) {
			return c
		}
		c.abort()
	}
}

func (p *pool) pop(to origin) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.idle[to]
	if len(kept) == 0 {
		return nil
	}
	c := kept[len(kept)-1]
	p.remove(c)
	return c
}

// put keeps a connection, or closes it or another one if there are too many.
func (p *pool) put(c *conn) {
	c.since = p.now()
	if surplus := p.push(c); surplus != nil {
		surplus.close()
	}
}

// push gives the connection that is too many, nil if none is.
func (p *pool) push(c *conn) (surplus *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.idle[c.to]
	if p.closed || len(kept) >= idlePerHost {
		return c
	}
	if p.count >= p.most {
		surplus = p.oldest
		p.remove(surplus)
		kept = p.idle[c.to] // it may have lost that one
	}
	p.idle[c.to] = append(kept, c)
	c.older, c.newer = p.newest, nil
	if p.newest != nil {
		p.newest.newer = c
	} else {
		p.oldest = c
	}
	p.newest = c
	p.count++
	if p.sweeper == nil {
		p.sweeper = time.AfterFunc(idleTime, p.sweep)
	}
	return surplus
}

// remove takes a connection out. The caller holds mu.
func (p *pool) remove(c *conn) {
	kept := p.idle[c.to]
	i := slices.Index(kept, c)
	if kept = slices.Delete(kept, i, i+1); len(kept) == 0 {
		delete(p.idle, c.to)
	} else {
		p.idle[c.to] = kept
	}
	if c.older != nil {
		c.older.newer = c.newer
	} else {
		p.oldest = c.newer
	}
	if c.newer != nil {
		c.newer.older = c.older
	} else {
		p.newest = c.older
	}
	c.older, c.newer = nil, nil
	p.count--
}

// sweep closes what is idle for too long, and comes again when the next one will be.
func (p *pool) sweep() {
	for _, c := range p.expired() {
		c.close()
	}
}

func (p *pool) expired() (expired []*conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweeper = nil
	now := p.now()
	for p.oldest != nil && (p.closed || now.Sub(p.oldest.since) >= idleTime) {
		expired = append(expired, p.oldest)
		p.remove(p.oldest)
	}
	if p.oldest != nil {
		p.sweeper = time.AfterFunc(max(idleTime-now.Sub(p.oldest.since), time.Second), p.sweep)
	}
	return expired
}

// close closes all that is kept; nothing is kept any more.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	if p.sweeper != nil {
		p.sweeper.Stop()
	}
	p.mu.Unlock()
	p.sweep()
}
