package sender

import "net/netip"

// A network that no webhook goes to, and what to call it.
type network struct {
	prefix netip.Prefix
	name   string
}

// internal lists what is not public in the registries "IANA IPv4 Special-Purpose Address Registry" and "IANA IPv6
// Special-Purpose Address Registry" (RFC 6890 and its updates), multicast, and what reaches IPv4 through IPv6, where
// the address behind would go unseen. The first match names the rule.
var internal = []network{
	v("0.0.0.0/8", "unspecified (RFC 1122)"),
	v("10.0.0.0/8", "private (RFC 1918)"),
	v("100.64.0.0/10", "carrier-grade NAT (RFC 6598)"),
	v("127.0.0.0/8", "loopback (RFC 1122)"),
	v("168.63.129.16/32", "a cloud platform's own"), // Azure's virtual machines reach their host's services there
	v("169.254.0.0/16", "link-local (RFC 3927), where clouds keep metadata"),
	v("172.16.0.0/12", "private (RFC 1918)"),
	v("192.0.0.0/24", "reserved for protocols (RFC 6890)"),
	v("192.0.2.0/24", "for documentation (RFC 5737)"),
	v("192.88.99.0/24", "6to4 relays (RFC 7526)"),
	v("192.168.0.0/16", "private (RFC 1918)"),
	v("198.18.0.0/15", "for benchmarks (RFC 2544)"),
	v("198.51.100.0/24", "for documentation (RFC 5737)"),
	v("203.0.113.0/24", "for documentation (RFC 5737)"),
	v("224.0.0.0/4", "multicast (RFC 5771)"),
	v("255.255.255.255/32", "broadcast (RFC 919)"),
	v("240.0.0.0/4", "reserved (RFC 1112)"),

	v("::/128", "unspecified (RFC 4291)"),
	v("::1/128", "loopback (RFC 4291)"),
	v("::ffff:0:0/96", "IPv4 in IPv6 (RFC 4291)"),
	v("::/96", "IPv4 in IPv6 (RFC 4291)"),
	v("64:ff9b::/96", "IPv4 in IPv6 (NAT64, RFC 6052)"),
	v("64:ff9b:1::/48", "IPv4 in IPv6 (NAT64, RFC 8215)"),
	v("2001::/32", "IPv4 in IPv6 (Teredo, RFC 4380)"),
	v("2001::/23", "reserved for protocols (RFC 2928)"),
	v("2001:db8::/32", "for documentation (RFC 3849)"),
	v("2002::/16", "IPv4 in IPv6 (6to4, RFC 3056)"),
	v("3fff::/20", "for documentation (RFC 9637)"),
	v("fc00::/7", "unique local (RFC 4193)"),
	v("fe80::/10", "link-local (RFC 4291)"),
	v("fec0::/10", "site-local (RFC 3879)"),
	v("ff00::/8", "multicast (RFC 4291)"),
}

func v(prefix, name string) network { return network{netip.MustParsePrefix(prefix), name} }

// globalUnicast is all of IPv6 that is handed out to networks (IANA, "Internet Protocol Version 6 Address Space").
var globalUnicast = netip.MustParsePrefix("2000::/3")

// refuseAddress says why no webhook goes to an address, or nil. An IPv4 address mapped into IPv6 is not unwrapped here:
// as such it is refused.
func refuseAddress(addr netip.Addr) *Refusal {
	refuse := func(name string) *Refusal {
		return &Refusal{Rule: RuleInternal, Addr: addr, Message: "leads to an address that is not public: " + name}
	}
	if !addr.IsValid() || addr.Zone() != "" {
		return refuse("no address of the Internet")
	}
	for _, n := range internal {
		if n.prefix.Contains(addr) {
			return refuse(n.name)
		}
	}
	if addr.Is6() && !globalUnicast.Contains(addr) {
		return refuse("reserved (RFC 4291)")
	}
	return nil
}
