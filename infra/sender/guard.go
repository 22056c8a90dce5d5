package sender

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// Guard keeps webhooks away from what only this machine or its network can reach (server-side request forgery). It
// judges a URL when it is subscribed, and each address again when a connection is made, since a name may lead
// elsewhere by then.
type Guard struct {
	// AllowPrivate takes every address. The rules of how a URL is written stay.
	AllowPrivate bool
	// Resolver gives the addresses of a host name; an error that is a *net.DNSError with IsNotFound says that it has
	// none. nil: the system's configuration, by Go's own resolver.
	Resolver func(ctx context.Context, host string) ([]netip.Addr, error)
	// Dial connects to "address:port", where the address is an IP address. nil: the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Rule says which rule a URL breaks.
type Rule string

// The rules of a URL.
const (
	RuleLength      Rule = "length"      // over MaxURL
	RuleCharacters  Rule = "characters"  // white space, control, not ASCII, backslash
	RuleSyntax      Rule = "syntax"      // not a URL
	RuleScheme      Rule = "scheme"      // neither http nor https
	RuleCredentials Rule = "credentials" // user or password
	RuleFragment    Rule = "fragment"    // #…
	RuleHost        Rule = "host"        // missing, or in a spelling that parsers read differently
	RulePort        Rule = "port"        // not 1 to 65535
	RuleInternal    Rule = "internal"    // leads to an address that is not public; lifted by AllowPrivate
)

// Refusal is the error for a URL or address that is not taken.
type Refusal struct {
	Rule Rule
	// Message goes on after "url", for whoever gave the URL: it names no address, so that nobody can learn what a
	// name resolves to inside.
	Message string
	// Addr is the address in question, for the operator; invalid if the rule is not RuleInternal or the host is
	// "localhost".
	Addr netip.Addr
}

// Error is the message.
func (r *Refusal) Error() string { return r.Message }

// lookupLimit is how long a name may take to resolve. It is well under an attempt's time, so that a resolver that does
// not answer is told from an endpoint that does not.
const lookupLimit = 5 * time.Second

// Check judges a URL before it is stored: nil, a *Refusal, or ctx's error. A name that does not resolve (yet) is taken;
// one that leads to any internal address is refused.
func (g *Guard) Check(ctx context.Context, rawURL string) error {
	u, err := ParseURL(rawURL)
	if err != nil || g.AllowPrivate {
		return err
	}
	host := u.Hostname()
	if addr, err := netip.ParseAddr(host); err == nil {
		return asError(refuseAddress(addr))
	}
	if r := refuseLocal(host); r != nil {
		return r
	}
	addrs, err := g.lookup(ctx, host)
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("check where a URL leads: %w", ctx.Err())
		}
		return nil
	}
	for _, addr := range addrs {
		if r := refuseAddress(addr); r != nil {
			return r
		}
	}
	return nil
}

// DialContext connects to "host:port". It resolves the host itself, leaves out internal addresses and connects to the
// others by address, so that nothing is resolved a second time. Its errors are a *Refusal if no address is left, a
// *lookupError or what Dial gives.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("connect to an endpoint: %w", err)
	}
	addrs, err := g.permitted(ctx, host)
	if err != nil {
		return nil, err
	}
	return g.dialFirst(ctx, network, addrs, port)
}

// permitted gives the addresses of a host that may be connected to, at least one.
func (g *Guard) permitted(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		if g.AllowPrivate {
			return []netip.Addr{addr}, nil
		}
		return []netip.Addr{addr}, asError(refuseAddress(addr))
	}
	if r := refuseLocal(host); r != nil && !g.AllowPrivate {
		return nil, r
	}
	addrs, err := g.lookup(ctx, host)
	if err != nil || g.AllowPrivate {
		return addrs, err
	}
	var refused *Refusal
	permitted := addrs[:0:0]
	for _, addr := range addrs {
		if r := refuseAddress(addr); r != nil {
			refused = r
			continue
		}
		permitted = append(permitted, addr)
	}
	if len(permitted) == 0 {
		return nil, refused
	}
	return permitted, nil
}

// refuseLocal refuses the names that mean this machine whatever a resolver says (RFC 6761 §6.3).
func refuseLocal(host string) *Refusal {
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return refuse(RuleInternal, "leads to an address that is not public: loopback (RFC 6761)")
	}
	return nil
}

// lookupError says that a name gave no address.
type lookupError struct {
	host string
	err  error
}

func (e *lookupError) Error() string { return "resolve " + e.host + ": " + e.err.Error() }
func (e *lookupError) Unwrap() error { return e.err }

// notFound says whether the name has no address, as against a resolver that gave no answer.
func (e *lookupError) notFound() bool {
	var dns *net.DNSError
	return errors.As(e.err, &dns) && dns.IsNotFound
}

// lookup gives a name's addresses, at least one. Go's resolver may write IPv4 addresses as IPv6; they are unwrapped, as
// the socket would.
func (g *Guard) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	resolve := g.Resolver
	if resolve == nil {
		resolve = systemResolver
	}
	found, err := resolve(ctx, host)
	if err == nil && len(found) == 0 {
		err = &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	}
	if err != nil && strings.Contains(err.Error(), syscall.EMFILE.Error()) { // the resolver hides its type
		return nil, &shortage{err}
	}
	if err != nil {
		return nil, &lookupError{host, err}
	}
	addrs := make([]netip.Addr, len(found))
	for i, addr := range found {
		addrs[i] = addr.Unmap()
	}
	return addrs, nil
}

// systemResolver asks as the system is configured, without C's resolver: that one reads "0x7f.1" as an address, and
// blocks a thread.
func systemResolver(ctx context.Context, host string) ([]netip.Addr, error) {
	r := net.Resolver{PreferGo: true}
	return r.LookupNetIP(ctx, "ip", host)
}

// asError keeps a nil *Refusal from becoming an error.
func asError(r *Refusal) error {
	if r == nil {
		return nil
	}
	return r
}
