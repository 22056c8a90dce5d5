package sender

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// dial connects through the guard. net/http lets a dial go on when its request has ended, so it has a limit of its own.
func dial(ctx context.Context, g *Guard, network, address string, limit time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	c, err := g.DialContext(ctx, network, address)
	if err != nil {
		return nil, &dialError{err}
	}
	return &conn{Conn: c}, nil
}

// conn is a connection that remembers whether the other side ended it.
type conn struct {
	net.Conn
	ended atomic.Bool
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil && endedByOther(err) {
		c.ended.Store(true)
	}
	return n, err
}

// copyBuffers are for bodies that net/http does not write at once with the headers (over 4 KB).
var copyBuffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// ReadFrom is how net/http writes such bodies; without it each one would cost a fresh buffer.
func (c *conn) ReadFrom(body io.Reader) (int64, error) {
	buffer := copyBuffers.Get().(*[32 << 10]byte)
	defer copyBuffers.Put(buffer)
	return io.CopyBuffer(struct{ io.Writer }{c.Conn}, body, buffer[:])
}
