package main

import (
	"context"
	"sync"
	"time"

	"webplug/domain"
)

// simNet is the network: endpoints that work, fail, hang and recover.
type simNet struct {
	mu        sync.Mutex
	mood      map[string]mood                // by URL
	received  map[string]map[string][]string // URL ▶ message ▶ attempt ids that the endpoint took
	attempted map[string]int                 // message/URL ▶ requests
}

type mood int

const (
	works   mood = iota
	busy         // 503
	hangs        // 15 s, then a timeout
	patient      // 503, Retry-After
	quits        // 410
	moods
)

func newSimNet() *simNet {
	return &simNet{mood: map[string]mood{}, received: map[string]map[string][]string{}, attempted: map[string]int{}}
}

func (n *simNet) set(url string, m mood) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mood[url] = m
}

// cable is one process's way to the network; it is cut when the process dies.
type cable struct {
	net *simNet
	mu  sync.Mutex
	cut bool
}

func (c *cable) isCut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cut
}

func (c *cable) cutNow() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = true
}

// Attempt is one request. A request of a dead process reaches nobody.
func (c *cable) Attempt(_ context.Context, a domain.Attempt) domain.Report {
	r := domain.Report{AttemptID: a.ID, URL: a.URL, At: a.At, Cause: domain.CauseClosedEarly}
	if c.isCut() {
		return r
	}
	n := c.net
	n.mu.Lock()
	defer n.mu.Unlock()
	n.attempted[a.MessageID+"/"+a.URL]++
	switch n.mood[a.URL] {
	case works:
		r.StatusCode, r.Cause, r.Answer, r.Duration = 200, "", []byte("thanks"), 3*time.Millisecond
		if n.received[a.URL] == nil {
			n.received[a.URL] = map[string][]string{}
		}
		n.received[a.URL][a.MessageID] = append(n.received[a.URL][a.MessageID], a.ID)
	case patient:
		r.StatusCode, r.Cause, r.RetryAfter = 503, domain.CauseOfStatus(503), 7*time.Second
	case quits:
		r.StatusCode, r.Cause = 410, domain.CauseOfStatus(410)
	case hangs:
		n.mu.Unlock()
		time.Sleep(15 * time.Second)
		n.mu.Lock()
		r.Cause, r.Duration = domain.CauseTimeout, 15*time.Second
	default:
		r.StatusCode, r.Cause = 503, domain.CauseOfStatus(503)
	}
	return r
}

// took is how often an endpoint took a message.
func (n *simNet) took(url, message string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.received[url][message])
}

// requests is how many were made in all.
func (n *simNet) requests() (sum int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, count := range n.attempted {
		sum += count
	}
	return sum
}
