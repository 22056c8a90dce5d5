package sender

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"
)

const (
	// maxAddresses is how many of a name's addresses one attempt may try.
	maxAddresses = 4
	// nextAddress is how long an address may take before the next one is tried beside it (RFC 8305 §8, "Connection
	// Attempt Delay", 250 ms).
	nextAddress = 250 * time.Millisecond
)

// dialFirst connects to the first address that answers: in order, each started when the one before has failed or has
// taken nextAddress. Its error holds those of all.
func (g *Guard) dialFirst(ctx context.Context, network string, addrs []netip.Addr, port string) (net.Conn, error) {
	if len(addrs) == 1 {
		return g.dialOne(ctx, network, addrs[0], port)
	}
	addrs = addrs[:min(len(addrs), maxAddresses)]
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	type result struct {
		conn net.Conn
		err  error
	}
	results := make(chan result, len(addrs)) // so that whoever comes late need not wait
	started, failed := 0, make([]error, 0, len(addrs))
	start := func() {
		addr := addrs[started]
		started++
		go func() {
			conn, err := g.dialOne(ctx, network, addr, port)
			results <- result{conn, err}
		}()
	}
	start()
	for {
		var wait <-chan time.Time
		if started < len(addrs) {
			timer := time.NewTimer(nextAddress)
			defer timer.Stop()
			wait = timer.C
		}
		select {
		case <-wait:
			start()
		case r := <-results:
			if r.err == nil {
				late := started - len(failed) - 1
				go func() {
					for range late {
						if r := <-results; r.err == nil {
							_ = r.conn.Close()
						}
					}
				}()
				return r.conn, nil
			}
			failed = append(failed, r.err)
			if len(failed) == len(addrs) {
				return nil, errors.Join(failed...)
			}
			if started < len(addrs) {
				start()
			}
		}
	}
}

func (g *Guard) dialOne(ctx context.Context, network string, addr netip.Addr, port string) (net.Conn, error) {
	dial := g.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	conn, err := dial(ctx, network, net.JoinHostPort(addr.String(), port))
	if err != nil && isShortage(err, addr) {
		return nil, &shortage{err}
	}
	return conn, err
}

// shortage is the error of a connection that this machine has no room for.
type shortage struct{ err error }

func (e *shortage) Error() string { return e.err.Error() }
func (e *shortage) Unwrap() error { return e.err }

// isShortage says whether this machine is to blame for a connection that it could not make: no descriptor or buffer left,
// or no port. EADDRNOTAVAIL says the latter for IPv4 alone (ip(7)): for IPv6 it also says that there is no such network.
func isShortage(err error, to netip.Addr) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOBUFS) ||
		errors.Is(err, syscall.EADDRNOTAVAIL) && to.Is4()
}
