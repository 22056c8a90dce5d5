//go:build unix

package sender

import (
	"errors"
	"net"
	"syscall"
)

// probe looks at an idle connection without waiting. No goroutine reads there meanwhile, so this is how its end is
// noticed before a webhook is written to it, and bytes that nobody asked for: "408 Request Timeout" from servers that
// say so when they close, or an answer made up before its request.
type probe struct {
	raw  syscall.RawConn
	look func(fd uintptr) bool
	ok   *bool
}

func newProbe(c net.Conn) probe {
	ok := false
	return probe{rawConn(c), func(fd uintptr) bool {
		var b [1]byte
		_, err := syscall.Read(int(fd), b[:]) // the network's descriptors do not block; a byte read is a connection lost anyway
		ok = errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR)
		return true
	}, &ok}
}

// quiet says whether the connection is open and nothing came on it. A connection without a descriptor is taken for it.
func (p probe) quiet() bool {
	if p.raw == nil {
		return true
	}
	return p.raw.Read(p.look) == nil && *p.ok
}

// rawConn is the connection below c's, nil if it is of another kind.
func rawConn(c net.Conn) syscall.RawConn {
	s, ok := c.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}
