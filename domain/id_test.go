package domain_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// These ids are stored, and asked for again by whoever repeats a request: they can never change.
func TestDerivedIDsAreForEver(t *testing.T) {
	for _, c := range []struct{ prefix, scope, key, want string }{
		{domain.PrefixService, eventlog.Above, "key-1", "svc_116K6JHD8SFXE35VB4NP3B1MYW"},
		{domain.PrefixMessage, "svc_01KE0000000000000000000001", "key-1", "msg_A6XZTK98TY45HZZQTPCWHGHVJD"},
		{domain.PrefixMessage, "svc_01KE0000000000000000000002", "key-1", "msg_KFMF267T70HN91ZYMC79PKAQT0"},
		{domain.PrefixUser, "svc_01KE0000000000000000000001", "key-1", "usr_XXQZMNBQF4YD63QHNR5W5XSJ87"},
		{domain.PrefixMessage, "svc_01KE0000000000000000000001", "key-2", "msg_G97XGQMAPB7HEV7XEJ27MCD5P8"},
		{domain.PrefixMessage, "svc_01KE0000000000000000000001", "~ !\"", "msg_KKFP1Y76MJZ8BSQGG446YB5H76"},
	} {
		got := domain.DerivedID(c.prefix, c.scope, c.key)
		if got != c.want {
			t.Errorf("DerivedID(%q, %q, %q): %s, want %s", c.prefix, c.scope, c.key, got, c.want)
		}
		if !domain.ValidID(c.prefix, got) {
			t.Errorf("%s is not called valid", got)
		}
	}
	for what, c := range map[string]struct{ got, want string }{
		"Fingerprint":      {domain.Fingerprint("POST", `{"a":1}`), "6TFD9EWJY4WKEJNQ8HB2A1674Q"},
		"Fingerprint of 0": {domain.Fingerprint(), "CHQWV7HM8CNXGPTTD1PNAQMG4N"},
		"SubscriptionKey":  {domain.SubscriptionKey("svc_01KE0000000000000000000001", "key-1"), "M0AN13E3DXZ8H8YXQ46040NWVN"},
		"ServiceName":      {domain.ServiceName("Cards").String(), "_/name_3V3FHFRH4E4DJXA2AHK8JPV0CW"},
		"EventTypeName":    {domain.EventTypeName("svc_1", "card_issued").String(), "svc_1/name_5J6P415VTGHCY2CDNQGPMSDMAJ"},
		"ExternalID":       {domain.ExternalID("svc_1", "cus_7").String(), "svc_1/name_JAN0105PR1RQD2RFQ1R3AA864X"},
		"EndpointURL":      {domain.EndpointURL("svc_1", "usr_2", "https://example.com/", domain.StandardWebhooks).String(), "svc_1/name_JDCJ5DPRGG5FZRFW2C5Y7D950F"},
		"HashKey":          {domain.HashKey("secret"), "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"},
		"SecretsKey":       {domain.SecretsKey("svc_1"), "svc_1/secrets"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", what, c.got, c.want)
		}
	}
}

func TestHashedPartsDoNotRunIntoEachOther(t *testing.T) {
	for _, pair := range [][2]string{
		{domain.Fingerprint("ab", "c"), domain.Fingerprint("a", "bc")},
		{domain.Fingerprint("a"), domain.Fingerprint("a", "")},
		{domain.DerivedID("svc_", "a", "bc"), domain.DerivedID("svc_", "ab", "c")},
		{domain.EndpointURL("s", "u", "https://a/b", "f").Root, domain.EndpointURL("s", "u", "https://a/", "bf").Root},
		{domain.EventTypeName("s", "x").Root, domain.ExternalID("s", "x").Root},
	} {
		if pair[0] == pair[1] {
			t.Errorf("%s comes of two inputs", pair[0])
		}
	}
}

func TestValidID(t *testing.T) {
	const ulid = "01KE0000000000000000000001"
	for _, c := range []struct {
		prefix, id string
		want       bool
	}{
		{"svc_", "svc_" + ulid, true},
		{"svc_", "svc_ZZZZZZZZZZZZZZZZZZZZZZZZZZ", true},
		{"sub_", "sub_" + ulid + ulid, true},
		{"svc_", "", false},
		{"svc_", "svc_", false},
		{"svc_", ulid, false},
		{"svc_", "usr_" + ulid, false},
		{"svc_", "svc_" + ulid[1:], false},
		{"svc_", "svc_" + ulid + "0", false},
		{"svc_", "svc_" + strings.ToLower(ulid), false},
		{"svc_", "svc_01KE00000000000000000000U1", false}, // U is not in the alphabet
		{"svc_", "svc_01KE0000000/0000000000001", false},
		{"svc_", "svc_01KE00000000000000000000 1", false},
		{"svc_", "svc_01KE00000000000000000000ü", false},
		{"sub_", "sub_" + ulid, false},
	} {
		if got := domain.ValidID(c.prefix, c.id); got != c.want {
			t.Errorf("ValidID(%q, %q) = %v", c.prefix, c.id, got)
		}
	}
}

func TestASubscriptionIDHoldsItsParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		endpoint := domain.DerivedID(domain.PrefixEndpoint, "svc_1", rapid.String().Draw(t, "endpoint"))
		typ := domain.DerivedID(domain.PrefixEventType, "svc_1", rapid.String().Draw(t, "type"))
		id := domain.SubscriptionID(endpoint, typ)
		if !domain.ValidID(domain.PrefixSub, id) {
			t.Fatalf("%s is not called valid", id)
		}
		if e, y, ok := domain.SplitSubscriptionID(id); !ok || e != endpoint || y != typ {
			t.Fatalf("%s is split into %s and %s, %v; it was made of %s and %s", id, e, y, ok, endpoint, typ)
		}
	})
	for _, id := range []string{"", "sub_", "sub_01KE0000000000000000000001", "ep_01KE000000000000000000000101KE0000000000000000000002"} {
		if e, y, ok := domain.SplitSubscriptionID(id); ok || e != "" || y != "" {
			t.Errorf("%q is split into %q and %q", id, e, y)
		}
	}
}
