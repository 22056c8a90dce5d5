// Package sender makes the HTTP requests that bring webhooks to endpoints, in the format of Standard Webhooks 1.0.0
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md), and keeps them away
// from internal addresses. It decides neither when an attempt is due nor what follows from its report, and knows no
// store.
//
// It speaks HTTP/1.1 (RFC 9112) by itself, with net/http's parser for answers: an attempt is made by the goroutine that
// asks for it, where net/http's client has two more for every connection, which were the largest part of its cost.
package sender

import (
	"context"
	"crypto/tls"
	"time"

	"webplug/domain"
)

const (
	// DefaultTimeout is how long an attempt may take (Standard Webhooks asks for 15 to 30 s).
	DefaultTimeout = 15 * time.Second

	// staleTries is how many connections an attempt may use: an endpoint's restart leaves that many dead ones but for the
	// last, which is new.
	staleTries = idlePerHost + 1
)

// Options configure a Sender.
type Options struct {
	Guard   Guard            // resolves, checks and connects
	Version string           // of WebPlug, for User-Agent
	Timeout time.Duration    // of a whole attempt; 0: DefaultTimeout
	Idle    int              // connections kept between attempts, of all endpoints; 0: 1,024
	Now     func() time.Time // measures durations, deadlines too, so it must keep pace with time.Now; nil: that
	TLS     *tls.Config      // nil: the system's authorities
}

// Sender makes attempts. It keeps connections alive between them and is safe for concurrent use.
type Sender struct {
	guard       Guard
	tls         *tls.Config
	timeout     time.Duration
	now         func() time.Time
	pool        *pool
	macs        macs
	sameHeaders string // that every request has, each after the end of the line before
}

// New makes a Sender. It opens nothing yet.
func New(o Options) *Sender {
	s := &Sender{
		guard:   o.Guard,
		tls:     &tls.Config{},
		timeout: o.Timeout,
		now:     o.Now,
		sameHeaders: "\r\nUser-Agent: WebPlug/" + o.Version +
			"\r\nContent-Type: application/json\r\nAccept-Encoding: identity",
	}
	if s.timeout == 0 {
		s.timeout = DefaultTimeout
	}
	if s.now == nil {
		s.now = time.Now
	}
	if o.TLS != nil {
		s.tls = o.TLS.Clone()
	}
	s.tls.NextProtos = []string{"http/1.1"} // RFC 7301 §6
	if s.tls.ClientSessionCache == nil {
		s.tls.ClientSessionCache = tls.NewLRUClientSessionCache(idleOverall)
	}
	s.pool = newPool(s.now)
	if o.Idle > 0 {
		s.pool.most = o.Idle
	}
	return s
}

// Close closes the connections that are kept alive. Attempts under way go on; their connections are kept no more.
func (s *Sender) Close() { s.pool.close() }

// Attempt posts a webhook to an endpoint, once, and reports how that went. A success is an answer 2xx that came whole,
// or as far as it is kept. Redirects are not followed.
//
// On a kept connection that the endpoint has closed meanwhile, without a byte of an answer, the request is made again
// on another one, with the same id; that may repeat a webhook that the endpoint has seen.
//
// If ctx ends before the attempt does, the report says CauseTimeout; whoever ended it should drop the report.
func (s *Sender) Attempt(ctx context.Context, a domain.Attempt) domain.Report {
	start := s.now()
	r := domain.Report{AttemptID: a.ID, URL: a.URL, At: a.At}
	s.attempt(ctx, a, start.Add(s.timeout), &r)
	r.Duration = s.now().Sub(start)
	return r
}

func (s *Sender) attempt(ctx context.Context, a domain.Attempt, deadline time.Time, r *domain.Report) {
	u, err := ParseURL(a.URL)
	if err != nil {
		r.Cause = domain.CauseURLInvalid
		return
	}
	q := s.newRequest(u, a)
	defer q.release()
	for try := 1; ; try++ {
		if ctx.Err() != nil {
			r.Cause = domain.CauseTimeout
			return
		}
		var c *conn
		if try < staleTries {
			c = s.pool.take(origin{u.Scheme, u.Host}, deadline)
		}
		if c == nil {
			if c, err = s.connect(ctx, u, deadline); err != nil {
				r.Cause = causeOf(err, false)
				r.Hindered = hindrance(err)
				return
			}
		}
		if stale := s.exchange(ctx, c, q, a.At, r); !stale {
			return
		}
	}
}
