// Package sender makes the HTTP requests that bring webhooks to endpoints, in the format of Standard Webhooks 1.0.0
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md), and keeps them away
// from internal addresses. It decides neither when an attempt is due nor what follows from its report, and knows no
// store.
//
// net/http writes what an endpoint sends unasked to the standard library's logger (log.Default), which may be a
// webhook's payload; the program that uses this package should silence that logger.
package sender

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"webplug/domain"
)

const (
	// DefaultTimeout is how long an attempt may take (Standard Webhooks asks for 15 to 30 s).
	DefaultTimeout = 15 * time.Second

	idlePerHost   = 16 // connections kept for an endpoint's next webhooks
	idleOverall   = 1024
	idleTime      = 55 * time.Second // under the 60 s after which common load balancers close
	answerHeaders = 64 << 10         // bytes of an answer's headers, those of its 1xx answers included
	staleTries    = idlePerHost + 1  // an endpoint's restart leaves that many dead ones; the next is new
)

// Options configure a Sender.
type Options struct {
	Guard   Guard            // resolves, checks and connects
	Version string           // of WebPlug, for User-Agent
	Timeout time.Duration    // of a whole attempt; 0: DefaultTimeout
	Now     func() time.Time // measures durations; nil: time.Now
	TLS     *tls.Config      // nil: the system's authorities
}

// Sender makes attempts. It keeps connections alive between them and is safe for concurrent use.
type Sender struct {
	transport *http.Transport
	timeout   time.Duration
	now       func() time.Time

	// Values of headers that are the same in every request; net/http does not change them.
	userAgent, contentType, acceptEncoding []string
}

// New makes a Sender. It opens nothing yet.
func New(o Options) *Sender {
	s := &Sender{
		timeout:        o.Timeout,
		now:            o.Now,
		userAgent:      []string{"WebPlug/" + o.Version},
		contentType:    []string{"application/json"},
		acceptEncoding: []string{"identity"},
	}
	if s.timeout == 0 {
		s.timeout = DefaultTimeout
	}
	if s.now == nil {
		s.now = time.Now
	}
	config := &tls.Config{}
	if o.TLS != nil {
		config = o.TLS.Clone()
	}
	if config.ClientSessionCache == nil {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(idleOverall)
	}
	guard := o.Guard
	s.transport = &http.Transport{ // Proxy is nil: none, whatever the environment says
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return dial(ctx, &guard, network, address, s.timeout)
		},
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    s.timeout,
		DisableCompression:     true,
		MaxIdleConns:           idleOverall,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        idleTime,
		MaxResponseHeaderBytes: answerHeaders,
	}
	return s
}

// Close closes the connections that are kept alive. Attempts under way go on.
func (s *Sender) Close() { s.transport.CloseIdleConnections() }

// Attempt posts a webhook to an endpoint, once, and reports how that went. A success is an answer 2xx that came whole,
// or as far as it is kept. Redirects are not followed.
//
// On a kept connection that the endpoint has closed meanwhile, without a byte of an answer, the request is made again
// on another one, with the same id; that may repeat a webhook that the endpoint has seen.
//
// If ctx ends before the attempt does, the report says CauseTimeout; whoever ended it should drop the report. The body
// must not be changed afterwards: an endpoint may answer before it has read all.
func (s *Sender) Attempt(ctx context.Context, a domain.Attempt) domain.Report {
	start := s.now()
	r := domain.Report{AttemptID: a.ID, URL: a.URL, At: a.At}
	s.attempt(ctx, a, &r)
	r.Duration = s.now().Sub(start)
	return r
}

func (s *Sender) attempt(ctx context.Context, a domain.Attempt, r *domain.Report) {
	u, err := ParseURL(a.URL)
	if err != nil {
		r.Cause = domain.CauseURLInvalid
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()

	header := s.header(a)
	for try := 1; ; try++ {
		p := &progress{secure: u.Scheme == "https"}
		answer, err := s.transport.RoundTrip(request(p.watch(ctx), u, header, a.Body))
		if err == nil {
			readAnswer(answer, a.At, p, r)
			_ = answer.Body.Close() // with an unread rest it closes the connection
			return
		}
		if try < staleTries && p.wasStale(err) && ctx.Err() == nil {
			continue
		}
		r.Cause = causeOf(err, p)
		return
	}
}

// header makes an attempt's headers. Those of the specification are in lower case on the wire (HTTP/1.1), as it has
// them. An Idempotency-Key without a value is not sent: it tells net/http that the request may be made again where a
// kept connection turns out closed, since receivers know a repeat by its webhook-id.
func (s *Sender) header(a domain.Attempt) http.Header {
	values := [...]string{
		a.MessageID, strconv.FormatInt(a.At.Unix(), 10), Signature(a.MessageID, a.At, a.Body, a.Secrets),
	}
	h := http.Header{
		"Accept-Encoding": s.acceptEncoding,
		"Content-Type":    s.contentType,
		"Idempotency-Key": nil,
		"User-Agent":      s.userAgent,
		headerID:          values[0:1:1],
		headerTimestamp:   values[1:2:2],
	}
	if len(a.Secrets) > 0 {
		h[headerSignature] = values[2:3:3]
	}
	return h
}

func request(ctx context.Context, u *url.URL, header http.Header, body []byte) *http.Request {
	req := http.Request{
		Method: http.MethodPost,
		URL:    u,
		Host:   u.Host,
		Proto:  "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        header,
		ContentLength: int64(len(body)),
		Body:          http.NoBody,
	}
	if len(body) > 0 {
		open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		req.Body, _ = open()
		req.GetBody = open
	}
	return req.WithContext(ctx)
}

// progress is how far a request came; it tells apart errors that look the same.
type progress struct {
	secure    bool        // over TLS
	connected bool        // a connection was there, TLS included
	reused    bool        // … and had carried another request before
	conn      *conn       // the connection, under TLS
	answered  atomic.Bool // a first byte of an answer came
}

// watch lets net/http tell of the request's progress.
func (p *progress) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:              p.gotConn,
		GotFirstResponseByte: p.gotAnswer,
	})
}

func (p *progress) gotConn(info httptrace.GotConnInfo) {
	p.connected, p.reused, p.conn = true, info.Reused, nil
	p.answered.Store(false)
	under := info.Conn
	if secured, ok := under.(*tls.Conn); ok {
		under = secured.NetConn()
	}
	p.conn, _ = under.(*conn)
}

func (p *progress) gotAnswer() { p.answered.Store(true) }

// wasStale says whether the request failed because a kept connection was dead. net/http tries again by itself unless
// it had written a part of the request, as it often has with a large body.
func (p *progress) wasStale(err error) bool {
	return p.reused && !p.answered.Load() && connectionEnded(err)
}
