package sender_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"webplug/domain"
	"webplug/infra/sender"
)

// names is a resolver of fixed names.
type names map[string][]string

func (n names) resolve(_ context.Context, host string) ([]netip.Addr, error) {
	texts, known := n[host]
	if !known {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	var addrs []netip.Addr
	for _, text := range texts {
		addrs = append(addrs, netip.MustParseAddr(text))
	}
	return addrs, nil
}

// internal has an address of every network that is refused: its first, last and some between, and what refuses it.
var internal = map[string][]string{
	"unspecified":         {"0.0.0.0", "0.255.255.255", "::"},
	"private":             {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"},
	"carrier-grade NAT":   {"100.64.0.0", "100.127.255.255", "100.100.100.200"},
	"loopback":            {"127.0.0.0", "127.0.0.1", "127.255.255.255", "::1"},
	"cloud":               {"168.63.129.16"},
	"link-local":          {"169.254.0.0", "169.254.169.254", "169.254.255.255", "fe80::", "fe80::1", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	"protocols":           {"192.0.0.0", "192.0.0.192", "192.0.0.255", "2001:1::", "2001:1ff:ffff::"},
	"documentation":       {"192.0.2.0", "192.0.2.255", "198.51.100.0", "203.0.113.255", "2001:db8::", "2001:db8:ffff::", "3fff::", "3fff:fff:ffff::"},
	"6to4 relays":         {"192.88.99.0", "192.88.99.255"},
	"benchmarks":          {"198.18.0.0", "198.19.255.255"},
	"multicast":           {"224.0.0.0", "239.255.255.255", "ff00::", "ff02::1", "ffff:ffff::"},
	"reserved (RFC 1112)": {"240.0.0.0", "255.255.255.254"},
	"broadcast":           {"255.255.255.255"},
	"IPv4 in IPv6":        {"::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::8.8.8.8"},
	"NAT64":               {"64:ff9b::127.0.0.1", "64:ff9b::8.8.8.8", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"},
	"Teredo":              {"2001::", "2001:0:ffff::"},
	"6to4, RFC 3056":      {"2002::", "2002:7f00:1::", "2002:ffff::"},
	"unique local":        {"fc00::", "fd00:ec2::254", "fdff:ffff::"},
	"site-local":          {"fec0::", "feff:ffff::"},
	"reserved (RFC 4291)": {"1::", "100::", "1fff::", "4000::", "5f00::", "f000::", "fe00::", "fe7f::"},
}

// public are neighbours of those networks, and well-known addresses.
var public = []string{
	"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "168.63.129.15",
	"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.167.255.255",
	"192.169.0.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0", "223.255.255.255", "8.8.8.8", "93.184.216.34",
	"2000::", "2001:200::", "2001:4860:4860::8888", "2003::", "2606:4700:4700::1111", "3ffe::", "3fff:1000::",
}

func literal(addr string) string {
	if strings.Contains(addr, ":") {
		return "http://[" + addr + "]:8080/"
	}
	return "http://" + addr + "/"
}

func TestGuard_refuses_internal_addresses(t *testing.T) {
	for kind, addrs := range internal {
		for _, addr := range addrs {
			for how, g := range map[string]*sender.Guard{
				literal(addr):             {},
				"https://hooks.example/":  {Resolver: names{"hooks.example": {addr}}.resolve},
				"https://hooks2.example/": {Resolver: names{"hooks2.example": {"8.8.8.8", addr}}.resolve},
			} {
				if strings.HasPrefix(addr, "::ffff:") && how[4] == 's' {
					continue // what a resolver writes so is the IPv4 address
				}
				r := refusalOf(g.Check(t.Context(), how))
				if r == nil || r.Rule != sender.RuleInternal || !strings.Contains(r.Message, kind) || r.Addr != netip.MustParseAddr(addr) {
					t.Errorf("%s as %s: got %+v", addr, how, r)
					continue
				}
				if strings.Contains(r.Error(), addr) {
					t.Errorf("%s: the message shows it: %s", addr, r)
				}
				allowing := sender.Guard{AllowPrivate: true, Resolver: g.Resolver}
				if err := allowing.Check(t.Context(), how); err != nil {
					t.Errorf("%s, private ones allowed: %v", how, err)
				}
			}
		}
	}
	for _, addr := range public {
		g := sender.Guard{Resolver: names{"hooks.example": {addr}}.resolve}
		for _, url := range []string{literal(addr), "https://hooks.example/"} {
			if err := g.Check(t.Context(), url); err != nil {
				t.Errorf("%s as %s: %v", addr, url, err)
			}
		}
	}
}

func TestGuard_refuses_this_machine_by_name(t *testing.T) {
	g := sender.Guard{Resolver: names{
		"ip6-loopback": {"::1"}, "mapped.example": {"::ffff:10.0.0.1"}, "localhost": {"8.8.8.8"},
	}.resolve}
	for _, host := range []string{"localhost", "LocalHost", "localhost.", "a.localhost", "A.B.LOCALHOST.", "ip6-loopback", "mapped.example"} {
		if r := refusalOf(g.Check(t.Context(), "http://"+host+":8080/")); r == nil || r.Rule != sender.RuleInternal {
			t.Errorf("%s: got %v", host, r)
		}
	}
	for _, host := range []string{"localhost.example.com", "notlocalhost", "unknown.example"} {
		if err := g.Check(t.Context(), "http://"+host+"/"); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestGuard_takes_a_name_that_does_not_resolve_yet(t *testing.T) {
	for name, err := range map[string]error{
		"no such host": &net.DNSError{IsNotFound: true}, "broken": &net.DNSError{IsTemporary: true}, "other": errors.New("no route"),
	} {
		g := sender.Guard{Resolver: func(context.Context, string) ([]netip.Addr, error) { return nil, err }}
		if err := g.Check(t.Context(), "https://hooks.example/"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	g := sender.Guard{Resolver: names{"hooks.example": nil}.resolve}
	if err := g.Check(t.Context(), "https://hooks.example/"); err != nil {
		t.Errorf("no address: %v", err)
	}
}

func TestGuard_does_not_judge_when_its_caller_has_gone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := sender.Guard{Resolver: func(ctx context.Context, _ string) ([]netip.Addr, error) { cancel(); return nil, ctx.Err() }}
	if err := g.Check(ctx, "https://hooks.example/"); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

func TestGuard_lifts_no_rule_of_writing(t *testing.T) {
	g := sender.Guard{AllowPrivate: true}
	for _, url := range []string{"http://2130706433/", "http://user@localhost/", "ftp://localhost/"} {
		if refusalOf(g.Check(t.Context(), url)) == nil {
			t.Errorf("%s was taken", url)
		}
	}
}

// dials records what is connected to, and fails.
type dials struct {
	mu  sync.Mutex
	all []string
	err error
}

func (d *dials) dial(_ context.Context, _, address string) (net.Conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, address)
	return nil, d.err
}

func TestGuard_connects_only_to_what_it_checked(t *testing.T) {
	tests := []struct {
		name  string
		addrs []string
		want  []string
		cause domain.Cause
	}{
		{"a public one", []string{"93.184.216.34"}, []string{"93.184.216.34:8080"}, "connect_refused"},
		{"an internal one", []string{"10.0.0.1"}, nil, "address_refused"},
		{"IPv4 written as IPv6", []string{"::ffff:93.184.216.34"}, []string{"93.184.216.34:8080"}, "connect_refused"},
		{"an internal one written as IPv6", []string{"::ffff:10.0.0.1"}, nil, "address_refused"},
		{"some of both", []string{"10.0.0.1", "93.184.216.34", "::1", "2606:4700::1"}, []string{"93.184.216.34:8080", "[2606:4700::1]:8080"}, "connect_refused"},
		{"none at all", nil, nil, "dns_no_host"},
		{"very many", slices.Repeat([]string{"93.184.216.34"}, 1000), slices.Repeat([]string{"93.184.216.34:8080"}, 4), "connect_refused"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := &dials{err: syscall.ECONNREFUSED}
			lookups := 0
			s := open(t, func(o *sender.Options) {
				o.Guard = sender.Guard{Dial: d.dial, Resolver: func(ctx context.Context, host string) ([]netip.Addr, error) {
					lookups++
					return names{"hooks.example": test.addrs}.resolve(ctx, host)
				}}
			})
			r := s.Attempt(t.Context(), webhook("http://hooks.example:8080/"))
			if r.Cause != test.cause || !slices.Equal(d.all, test.want) || lookups != 1 {
				t.Errorf("got %q, %v after %d lookups; want %q, %v", r.Cause, d.all, lookups, test.cause, test.want)
			}
		})
	}
}

// A name that was public when it was checked leads inside when it is connected to (DNS rebinding).
func TestGuard_looks_again_at_each_connection(t *testing.T) {
	url, connections := rawEndpoint(t, func(int, *net.TCPConn, *bufio.Reader) {})
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	answers := []string{"93.184.216.34", "127.0.0.1"}
	g := sender.Guard{Resolver: func(context.Context, string) ([]netip.Addr, error) {
		addr := netip.MustParseAddr(answers[0])
		answers = answers[1:]
		return []netip.Addr{addr}, nil
	}}
	target := "http://rebound.example:" + port
	if err := g.Check(t.Context(), target); err != nil {
		t.Fatal(err)
	}
	r := open(t, func(o *sender.Options) { o.Guard = g }).Attempt(t.Context(), webhook(target))
	if r.Cause != domain.CauseAddressRefused || connections.Load() != 0 {
		t.Errorf("got %q, %d connections", r.Cause, connections.Load())
	}
}

func TestGuard_tries_the_next_address(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, _ := net.Pipe()
		late, lateEnd := net.Pipe()
		g := sender.Guard{
			Resolver: names{"hooks.example": {"2606:4700::1", "2606:4700::2", "93.184.216.34"}}.resolve,
			Dial: func(ctx context.Context, _, address string) (net.Conn, error) {
				switch address {
				case "[2606:4700::1]:443": // answers, but too late
					time.Sleep(time.Second)
					return late, nil
				case "[2606:4700::2]:443":
					return nil, syscall.ENETUNREACH
				}
				return here, nil
			},
		}
		start := time.Now()
		c, err := g.DialContext(t.Context(), "tcp", "hooks.example:443")
		if err != nil || c != here || time.Since(start) != 250*time.Millisecond {
			t.Errorf("got %v, %v after %v", c, err, time.Since(start))
		}
		if _, err := lateEnd.Read(make([]byte, 1)); err == nil { // in virtual time: a second later
			t.Error("the connection that came late is left open")
		}
	})
}
