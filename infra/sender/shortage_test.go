package sender_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"webplug/domain"
	"webplug/infra/sender"
)

// What this machine lacks is not held against the endpoint.
func TestAttempt_says_what_hindered_it(t *testing.T) {
	tests := []struct {
		name string
		url  string
		dial error
		dns  error
		want bool
	}{
		{"no descriptor left", "http://127.0.0.1/", syscall.EMFILE, nil, true},
		{"none left of all processes", "http://127.0.0.1/", syscall.ENFILE, nil, true},
		{"no buffer left", "http://127.0.0.1/", syscall.ENOBUFS, nil, true},
		{"no port left", "http://127.0.0.1/", syscall.EADDRNOTAVAIL, nil, true},
		{"no IPv6 here", "http://[2001:db8::1]/", syscall.EADDRNOTAVAIL, nil, false},
		{"nobody listens", "http://127.0.0.1/", syscall.ECONNREFUSED, nil, false},
		{"no way there", "http://127.0.0.1/", syscall.ENETUNREACH, nil, false},
		{"no descriptor left for a look-up", "http://a.example/", nil, &net.DNSError{Err: "dial udp 127.0.0.53:53: socket: too many open files", Name: "a.example"}, true},
		{"no such name", "http://a.example/", nil, &net.DNSError{Err: "no such host", Name: "a.example", IsNotFound: true}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := sender.New(sender.Options{Guard: sender.Guard{
				AllowPrivate: true,
				Resolver:     func(context.Context, string) ([]netip.Addr, error) { return nil, tt.dns },
				Dial: func(context.Context, string, string) (net.Conn, error) {
					return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("socket", tt.dial)}
				},
			}})
			defer s.Close()
			r := s.Attempt(t.Context(), domain.Attempt{ID: "a", MessageID: "m", URL: tt.url})
			if got := r.Hindered != nil; got != tt.want {
				t.Fatalf("hindered: %v (cause %s), want %v", r.Hindered, r.Cause, tt.want)
			}
			if r.Delivered() {
				t.Fatal("it was delivered")
			}
		})
	}
}
