package sender

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"time"
)

// origin is what connections are shared by: whatever is subscribed at the same place.
type origin struct {
	scheme string
	host   string // with the port, if the URL has one
}

// conn is a connection to an endpoint. One attempt at a time has it; no goroutine waits on it in between.
type conn struct {
	stream net.Conn // what is written to and read from: under, or TLS over it
	under  net.Conn // what was dialled; it has the deadlines
	in     *bufio.Reader
	probe  probe

	allowance int  // bytes that may yet be read
	reused    bool // it has carried a request before
	answered  bool // a first byte of this request's answer came
	ended     bool // it is no more; told apart from a bad answer by this alone, where a parser's error has no type

	// What the pool knows of it.
	to           origin
	since        time.Time // idle
	older, newer *conn
}

// errHead says that an answer's headers have no end. It has no cause of its own: such an answer is invalid.
var errHead = errors.New("the headers of an answer are too long")

// dialError says that there was no connection. It hides nothing of its cause.
type dialError struct{ err error }

func (e *dialError) Error() string { return "connect: " + e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// handshakeError says that there was a connection, but no TLS.
type handshakeError struct{ err error }

func (e *handshakeError) Error() string { return "handshake: " + e.err.Error() }
func (e *handshakeError) Unwrap() error { return e.err }

// connect makes a new connection, ready for a request, by the deadline. Its errors are a *dialError, a *handshakeError,
// or ctx's if its end came first.
func (s *Sender) connect(ctx context.Context, u *url.URL, deadline time.Time) (*conn, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	under, err := s.guard.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		if ctx.Err() != nil { // also within a lookup, which is then not to blame
			return nil, fmt.Errorf("connect: %w", ctx.Err())
		}
		return nil, &dialError{err}
	}
	c := newConn(under, origin{u.Scheme, u.Host})
	_ = under.SetDeadline(deadline)
	if u.Scheme == "https" {
		if err := c.secure(ctx, s.tls, u.Hostname()); err != nil {
			c.abort()
			return nil, err
		}
	}
	return c, nil
}

func newConn(under net.Conn, to origin) *conn {
	c := &conn{stream: under, under: under, probe: newProbe(under), to: to}
	c.in = bufio.NewReader(c)
	return c
}

// secure puts TLS over the connection.
func (c *conn) secure(ctx context.Context, config *tls.Config, host string) error {
	if config.ServerName == "" {
		config = config.Clone()
		config.ServerName = host
	}
	t := tls.Client(c.under, config)
	if err := t.HandshakeContext(ctx); err != nil {
		return &handshakeError{err}
	}
	c.stream = t
	return nil
}

// Read reads for in, within the allowance.
func (c *conn) Read(b []byte) (int, error) {
	if c.allowance <= 0 {
		return 0, errHead
	}
	n, err := c.stream.Read(b[:min(len(b), c.allowance)])
	c.allowance -= n
	if err != nil && connectionEnded(err) {
		c.ended = true
	}
	return n, err
}

// renew readies a kept connection for another request, and says whether it can have one: not if the endpoint has closed
// it or said something unasked, which would be taken for the answer (RFC 9112 §9.3 to §9.5).
func (c *conn) renew(deadline time.Time) bool {
	c.reused, c.answered = true, false
	return c.nothingDecrypted() && c.in.Buffered() == 0 && c.under.SetDeadline(deadline) == nil && c.probe.quiet()
}

// nothingDecrypted says whether TLS holds back nothing that came together with the last answer. With its time over, it
// gives what it has and waits for no more.
func (c *conn) nothingDecrypted() bool {
	if c.stream == c.under {
		return true
	}
	c.interrupt()
	_, err := c.in.Peek(1)
	return timedOut(err)
}

// interrupt ends what is read or written.
func (c *conn) interrupt() { _ = c.under.SetDeadline(time.Unix(1, 0)) }

// unbound lets an answer's body be read; whoever reads it counts.
func (c *conn) unbound() { c.allowance = math.MaxInt }

// close closes a connection on which nothing is under way; the other side of TLS is told (RFC 8446 §6.1).
func (c *conn) close() { _ = c.stream.Close() }

// abort closes a connection that went wrong: at once, where TLS would wait until its last words can be written.
func (c *conn) abort() { _ = c.under.Close() }
