package sender_test

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"webplug/infra/sender"
)

// FuzzGuard holds for any URL: if the guard takes it, then what Go's HTTP client would connect to, asking a resolver
// that reads addresses as C does, is public; and whatever the guard thinks of it, a sender connects to public addresses
// only.
func FuzzGuard(f *testing.F) {
	for _, url := range []string{
		"http://127.0.0.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.01/", "http://127.1/",
		"http://127.0.1/", "http://127.0.0.1./", "http://0/", "http://LOCALHOST./", "http://a.localhost/", "http://[::1]/",
		"http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/",
		"http://[2002:7f00:1::]/", "http://[fe80::1%25eth0]/", "http://[fd00:ec2::254]/", "http://169.254.169.254/latest/meta-data/",
		"http://１２７.0.0.1/", "http://①②⑦.0.0.1/", "http://127。0。0。1/", "http://%31%32%37.0.0.1/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/",
		"http://loc\u00adalhost/", "http://ſlocalhost/", "http://localhoſt/", "http://example.com@127.0.0.1/", "http://example.com#@127.0.0.1/", "http://example.com\\@127.0.0.1/",
		"http://127.0.0.1\\.example.com/", "http://127.0.0.1%00.example.com/", "http://127.0.0.1%2f.example.com/", "http://[::1", "http://[::1]:80:80/",
		"http:127.0.0.1/", "http:/127.0.0.1/", "http:///127.0.0.1/", "//127.0.0.1/", "http://127.0.0.1:080/", "http://0x7F.0X0.00.01/",
		"HTTP://127.0.0.1", "https://example.com/", "http://8.8.8.8/", "http://xn--lgbbat1ad8j.example/", "http://mixed.example/", "http://4294967295/",
	} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		ctx := context.Background()
		g := sender.Guard{Resolver: likeC}
		if g.Check(ctx, url) == nil {
			for _, addr := range connectedByGo(ctx, url) {
				if !isPublic(addr) {
					t.Errorf("%q was taken, and leads to %v", url, addr)
				}
			}
		}
		d := &dials{err: syscall.ECONNREFUSED}
		g.Dial = d.dial
		s := sender.New(sender.Options{Guard: g})
		defer s.Close()
		s.Attempt(ctx, webhook(url))
		for _, address := range d.all {
			if to, err := netip.ParseAddrPort(address); err != nil || !isPublic(to.Addr()) {
				t.Errorf("%q was connected to at %s (%v)", url, address, err)
			}
		}
	})
}

// connectedByGo gives the addresses that a plain client would try.
func connectedByGo(ctx context.Context, url string) (addrs []netip.Addr) {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
		if host, _, err := net.SplitHostPort(address); err == nil {
			if addr, err := netip.ParseAddr(host); err == nil {
				addrs = append(addrs, addr)
			} else if found, err := likeC(ctx, host); err == nil {
				addrs = append(addrs, found...)
			}
		}
		return nil, syscall.ECONNREFUSED
	}}
	if req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil); err == nil {
		if answer, err := transport.RoundTrip(req); err == nil {
			_ = answer.Body.Close()
		}
	}
	return addrs
}

// likeC resolves names as C's getaddrinfo does on many systems: numbers in any base, one to four of them, are an
// address (inet_aton); localhost is this machine; all else has one public address.
func likeC(_ context.Context, host string) ([]netip.Addr, error) {
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if addr, ok := inetAton(name); ok {
		return []netip.Addr{addr}, nil
	}
	if addr, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{addr}, nil
	}
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}
	return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
}

func inetAton(s string) (netip.Addr, bool) {
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var sum uint64
	for i, part := range parts {
		if strings.ContainsAny(part, "_+-bo") && !strings.HasPrefix(part, "0x") {
			return netip.Addr{}, false
		}
		n, err := strconv.ParseUint(part, 0, 32)
		if err != nil {
			return netip.Addr{}, false
		}
		if last := i == len(parts)-1; last {
			sum += n
		} else {
			sum += n << (24 - 8*i)
		}
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}), true
}

// isPublic is told in other words than the guard's.
func isPublic(addr netip.Addr) bool {
	if addr.Is4() {
		b := addr.As4()
		return addr.IsGlobalUnicast() && !addr.IsPrivate() && !addr.IsLoopback() && b[0] != 0 && b[0] < 240 && (b[0] != 100 || b[1]&0xc0 != 64)
	}
	b := addr.As16()
	return b[0]&0xe0 == 0x20 && (b[0] != 0x20 || b[1] != 2)
}
