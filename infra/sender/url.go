package sender

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// MaxURL is the longest URL of an endpoint, in bytes.
const MaxURL = 2048

// ParseURL reads an endpoint's URL and says by a *Refusal why it is none. It knows how a URL may be written, not where
// it may lead: for that see Guard.
//
// It is stricter than RFC 3986 where parsers disagree, since what is checked must be what is connected to: an IPv4
// address has four decimal numbers and nothing else (not 0x7f000001, 2130706433, 0177.1 or 127.1), a host is ASCII
// without escapes.
func ParseURL(raw string) (*url.URL, error) {
	if raw == "" {
		return nil, refuse(RuleSyntax, "must not be empty")
	}
	if len(raw) > MaxURL {
		return nil, refuse(RuleLength, "must have at most "+strconv.Itoa(MaxURL)+" bytes")
	}
	for i := range len(raw) {
		switch c := raw[i]; {
		case c <= ' ', c == 0x7f:
			return nil, refuse(RuleCharacters, "must not have spaces or control characters")
		case c > 0x7f:
			return nil, refuse(RuleCharacters, "must be ASCII: a host name in punycode (xn--…), the rest percent-encoded")
		case c == '\\':
			return nil, refuse(RuleCharacters, "must not have a backslash")
		case c == '#':
			return nil, refuse(RuleFragment, "must not have a fragment (#…), which is never sent")
		}
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, refuse(RuleSyntax, "is not a URL")
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, refuse(RuleScheme, "must begin with https:// or http://")
	}
	if u.User != nil {
		return nil, refuse(RuleCredentials, "must not have credentials")
	}
	if r := refuseHostAndPort(u); r != nil {
		return nil, r
	}
	return u, nil
}

func refuse(rule Rule, message string) *Refusal { return &Refusal{Rule: rule, Message: message} }

func refuseHostAndPort(u *url.URL) *Refusal {
	host, port := u.Hostname(), u.Port()
	if host == "" {
		return refuse(RuleHost, "must have a host")
	}
	if strings.HasSuffix(u.Host, ":") {
		return refuse(RulePort, "must have a port of 1 to 65535 after the colon")
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
			return refuse(RulePort, "must have a port of 1 to 65535")
		}
	}
	if u.Host[0] == '[' {
		if addr, err := netip.ParseAddr(host); err != nil || !addr.Is6() || addr.Zone() != "" {
			return refuse(RuleHost, "must have an IPv6 address without a zone between the brackets")
		}
		return nil
	}
	return refuseName(host)
}

// refuseName judges a host that is not in brackets: an IPv4 address or a name as DNS has it.
func refuseName(host string) *Refusal {
	name := strings.TrimSuffix(host, ".")
	if len(name) > 253 { // RFC 1035 §2.3.4
		return refuse(RuleHost, "must have a host of at most 253 bytes")
	}
	last := ""
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || !validLabel(label) {
			return refuse(RuleHost, "must have a host of letters, digits, hyphens and dots")
		}
		last = label
	}
	if !numeric(last) {
		return nil
	}
	if addr, err := netip.ParseAddr(host); err != nil || !addr.Is4() {
		return refuse(RuleHost, "must have an IPv4 address as four decimal numbers")
	}
	return nil
}

func validLabel(label string) bool {
	for i := range len(label) {
		switch c := label[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// numeric says whether a host with this last label is an IPv4 address to some parser (WHATWG URL, "ends in a number
// checker"; inet_aton).
func numeric(label string) bool {
	if len(label) >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X') {
		return !strings.ContainsFunc(label[2:], func(c rune) bool { return !decimal(c) && (c|0x20 < 'a' || c|0x20 > 'f') })
	}
	return !strings.ContainsFunc(label, func(c rune) bool { return !decimal(c) })
}

func decimal(c rune) bool { return '0' <= c && c <= '9' }
