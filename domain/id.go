package domain

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// Prefixes of ids. An id is its prefix and 26 characters of Crockford's base 32.
const (
	PrefixService   = "svc_"
	PrefixUser      = "usr_"
	PrefixEventType = "typ_"
	PrefixEndpoint  = "ep_"
	PrefixSub       = "sub_"
	PrefixMessage   = "msg_"
	PrefixKey       = "key_"
	PrefixJob       = "job_"
)

// idChars is the length of an id after its prefix: a ULID's.
const idChars = 26

// crockford writes 130 bits of a hash in the alphabet of ULIDs.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// DerivedID is the id that a creating request with an Idempotency-Key gives: the same for the same key, so that a
// repeat finds what the first one made. scope is a service's id, or eventlog.Above.
func DerivedID(prefix, scope, key string) string {
	return prefix + hashed("id", scope, prefix, key)
}

// hashed is 26 characters of a hash over texts, each bound to its place.
func hashed(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte{byte(len(p) >> 24), byte(len(p) >> 16), byte(len(p) >> 8), byte(len(p))})
		h.Write([]byte(p))
	}
	return crockford.EncodeToString(h.Sum(nil))[:idChars]
}

// Fingerprint is a short hash of a request's body, to tell a repeat from another request with the same key.
func Fingerprint(parts ...string) string { return hashed(append([]string{"body"}, parts...)...) }

// ValidID says whether a text has the form of an id with this prefix.
func ValidID(prefix, id string) bool {
	rest, ok := strings.CutPrefix(id, prefix)
	want := idChars
	if prefix == PrefixSub {
		want = 2 * idChars
	}
	return ok && len(rest) == want && !strings.ContainsFunc(rest, outsideBase32)
}

// outsideBase32 says that a character is none of Crockford's base 32, as ULIDs have it.
func outsideBase32(c rune) bool {
	return (c < '0' || c > '9') && (c < 'A' || c > 'Z' || c == 'I' || c == 'L' || c == 'O' || c == 'U')
}

// SubscriptionID is made of its endpoint's and its event type's, so that the stream is found from it and a subscription
// added again is the same one.
func SubscriptionID(endpoint, eventType string) string {
	return PrefixSub + strings.TrimPrefix(endpoint, PrefixEndpoint) + strings.TrimPrefix(eventType, PrefixEventType)
}

// SplitSubscriptionID gives back endpoint and event type.
func SplitSubscriptionID(id string) (endpoint, eventType string, ok bool) {
	if !ValidID(PrefixSub, id) {
		return "", "", false
	}
	rest := strings.TrimPrefix(id, PrefixSub)
	return PrefixEndpoint + rest[:idChars], PrefixEventType + rest[idChars:], true
}
