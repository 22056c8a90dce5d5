package sender_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"webplug/domain"
	"webplug/infra/sender"
)

// world is an Internet of pipes for one test in virtual time: every name resolves, every address answers by a function.
func world(serve func(c net.Conn, in *bufio.Reader), connections *atomic.Int64) func(*sender.Options) {
	return func(o *sender.Options) {
		o.Guard = sender.Guard{
			Resolver: func(context.Context, string) ([]netip.Addr, error) {
				return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
			},
			Dial: func(context.Context, string, string) (net.Conn, error) {
				connections.Add(1)
				here, there := net.Pipe()
				go func() {
					defer func() { _ = there.Close() }()
					serve(there, bufio.NewReader(there))
				}()
				return here, nil
			},
		}
	}
}

func TestAttempt_in_virtual_time(t *testing.T) {
	after := func(d time.Duration) func(net.Conn, *bufio.Reader) {
		return func(c net.Conn, in *bufio.Reader) {
			for request(in) {
				time.Sleep(d)
				if _, err := io.WriteString(c, noContent); err != nil {
					return
				}
			}
		}
	}
	tests := []struct {
		name  string
		serve func(net.Conn, *bufio.Reader)
		want  domain.Cause
		took  time.Duration
	}{
		{"an answer at once", after(0), "", 0},
		{"an answer after 14.999 s", after(14_999 * time.Millisecond), "", 14_999 * time.Millisecond},
		{"an answer after a minute", after(time.Minute), domain.CauseTimeout, 15 * time.Second},
		{"no answer", func(_ net.Conn, in *bufio.Reader) { _, _ = io.Copy(io.Discard, in) }, domain.CauseTimeout, 15 * time.Second},
		{"nobody who reads", func(net.Conn, *bufio.Reader) { time.Sleep(time.Hour) }, domain.CauseTimeout, 15 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var connections atomic.Int64
				s := open(t, world(test.serve, &connections))
				r := s.Attempt(t.Context(), webhook("http://hooks.example.com/"))
				if r.Cause != test.want || r.Duration != test.took {
					t.Errorf("got %q after %v, want %q after %v", r.Cause, r.Duration, test.want, test.took)
				}
				s.Close()
				time.Sleep(2 * time.Hour) // of virtual time: the endpoint comes to its end
			})
		})
	}
}

func TestAttempt_keeps_a_connection_for_55_s(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var connections atomic.Int64
		s := open(t, world(func(c net.Conn, in *bufio.Reader) {
			for request(in) {
				_, _ = io.WriteString(c, noContent)
			}
		}, &connections))
		defer s.Close()
		for i, pause := range []time.Duration{0, 54 * time.Second, 56 * time.Second, 54 * time.Second} {
			time.Sleep(pause)
			if r := s.Attempt(t.Context(), webhook("http://hooks.example.com/")); !r.Delivered() {
				t.Fatalf("attempt %d: %+v", i+1, r)
			}
		}
		if n := connections.Load(); n != 2 {
			t.Errorf("%d connections", n)
		}
	})
}

func TestAttempt_tells_a_silent_resolver_from_a_silent_endpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, func(o *sender.Options) {
			o.Guard.Resolver = func(ctx context.Context, _ string) ([]netip.Addr, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		})
		defer s.Close()
		r := s.Attempt(t.Context(), webhook("http://hooks.example.com/"))
		if r.Cause != domain.CauseDNSFailed || r.Duration != 5*time.Second {
			t.Errorf("got %q after %v", r.Cause, r.Duration)
		}
	})
}
