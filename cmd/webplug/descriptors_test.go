package main

import (
	"errors"
	"net"
	"testing"
)

func TestDescriptorsAreNeverAllGivenAway(t *testing.T) {
	for _, limit := range []uint64{256, 1000, 1024, 20_000, 1 << 20, 1 << 40} {
		d := shareDescriptors(limit)
		given := uint64(d.attempts + d.idle + d.tables + d.clients)
		if given > limit-limit/8 {
			t.Errorf("of %d descriptors %d are given away: %+v", limit, given, d)
		}
		if d.attempts < 1 || d.idle < 1 || d.tables < 16 || d.clients < 16 {
			t.Errorf("of %d descriptors a part has none: %+v", limit, d)
		}
	}
}

func TestFurtherConnectionsWait(t *testing.T) {
	under, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := limitConnections(under, 1)
	accepted := make(chan net.Conn)
	ended := make(chan error, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				ended <- err
				return
			}
			accepted <- c
		}
	}()
	for range 2 {
		c, err := net.Dial("tcp", under.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
	}
	first := <-accepted
	select {
	case <-accepted:
		t.Fatal("two connections have the one place")
	default:
	}
	for range 2 { // a connection that is closed twice gives back one place
		_ = first.Close()
	}
	if second := <-accepted; second == nil {
		t.Fatal("no second connection")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) { // also while it waits for a place
		t.Fatal(err)
	}
}
