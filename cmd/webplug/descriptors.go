package main

import (
	"log/slog"
	"net"
	"sync"
)

// descriptors is what the process's file descriptors are for. The parts are bounded each, so that the event log, which ends
// the process if it cannot open a file, never lacks one. Go raises the limit to the hard one when a program starts (package
// os), so that is what there is to share.
type descriptors struct {
	attempts int // requests to endpoints under way
	idle     int // connections to endpoints kept between requests
	tables   int // files that the event log keeps open
	clients  int // connections of the API's clients
}

const (
	// mostAttempts is how many requests are under way at once where descriptors do not bound them: beyond, they only
	// wait for the CPU.
	mostAttempts = 8192
	// fewDescriptors is what one line of the log says is few.
	fewDescriptors = 4096
)

// shareDescriptors shares a limit; 0 is none. What it leaves, a sixth, is for the log being written, compactions, look-ups
// of names, and second addresses that are tried beside the first.
func shareDescriptors(limit uint64) descriptors {
	n := int(min(limit, 1<<20))
	if limit == 0 {
		n = 1 << 20
	}
	return descriptors{
		attempts: min(max(n/3, 1), mostAttempts), idle: min(max(n/12, 1), 1024), tables: min(max(n/5, 16), 512), clients: max(n/5, 16),
	}
}

// openFiles shares the process's own limit, and tells if it is low.
func openFiles(logger *slog.Logger) descriptors {
	limit := descriptorLimit()
	d := shareDescriptors(limit)
	if limit > 0 && limit < fewDescriptors {
		logger.Warn("file descriptors are few, so few requests to endpoints can be under way at once; raise their limit (ulimit -n)",
			"file_descriptors", limit, "requests_at_once", d.attempts)
	}
	return d
}

// limited is a listener whose connections are at most as many as its places: a further one waits in the kernel.
type limited struct {
	net.Listener
	places chan struct{}
	closed chan struct{}
	once   sync.Once
}

func limitConnections(l net.Listener, most int) *limited {
	return &limited{Listener: l, places: make(chan struct{}, most), closed: make(chan struct{})}
}

// Accept waits for a place and a connection.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &placed{Conn: c, leave: sync.OnceFunc(func() { <-l.places })}, nil
}

// Close ends Accept too where that waits for a place.
func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type placed struct {
	net.Conn
	leave func()
}

// Close gives the place back.
func (c *placed) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
