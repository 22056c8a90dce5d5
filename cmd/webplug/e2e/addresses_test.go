package e2e

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
)

// internal are spellings of addresses that no webhook goes to.
var internal = []string{
	"127.0.0.1", "127.1.2.3", "127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.0.0.1.", "0", "0.0.0.0", "0x0",
	"localhost", "LOCALHOST", "localhost.", "a.localhost", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
	"[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::10.0.0.1]", "[2002:7f00:1::]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
	"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.1.1", "169.254.169.254", "[fd00:ec2::254]", "[fe80::1]", "[fc00::1]", "[ff02::1]",
	"168.63.129.16", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
	"2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]", "[64:ff9b::169.254.169.254]",
	"①②⑦.⓪.⓪.①", "127。0。0。1", "%31%32%37.0.0.1",
}

func TestInternalAddressesAreRefusedInAnySpelling(t *testing.T) {
	t.Parallel()
	s := serviceOn(t, startOptions{})
	u := s.user()
	s.eventType("card_issued")
	there := s.endpoint(u.ID, "https://93.184.216.34/hook")
	s.changesNothing(func() {
		for _, host := range internal {
			for _, url := range []string{"http://" + host + "/hook", "https://" + host + ":8443/hook"} {
				p := s.post("/endpoints", members{"user_id": u.ID, "url": url}).refused(422, "invalid", "url")
				s.patch("/endpoints/"+there.ID, members{"url": url}).refused(422, "invalid", "url")
				s.post("/subscriptions", members{"user_id": u.ID, "event_type": "card_issued", "endpoint": url}).refused(422, "invalid", "endpoint")
				if strings.Contains(p.Detail, "allow-private") {
					t.Errorf("the refusal tells customers of the operator's flags: %s", p.Detail)
				}
			}
		}
	})
	for _, host := range []string{"93.184.216.34", "[2606:2800:220:1::1]", "100.63.255.255", "172.32.0.1", "169.253.1.1"} {
		s.endpoint(u.ID, "http://"+host+"/hook")
	}
}

// TestANameThatResolvesToAnInternalAddressIsRefused needs a name that the machine itself resolves so.
func TestANameThatResolvesToAnInternalAddressIsRefused(t *testing.T) {
	t.Parallel()
	own, _ := os.Hostname()
	names := slices.DeleteFunc([]string{"ip6-localhost", "ip6-loopback", own}, func(name string) bool {
		resolver := net.Resolver{PreferGo: true}
		found, err := resolver.LookupNetIP(t.Context(), "ip", name)
		return err != nil || !slices.ContainsFunc(found, func(a netip.Addr) bool { return a.Unmap().IsLoopback() || a.Unmap().IsPrivate() })
	})
	if len(names) == 0 {
		t.Skip("this machine resolves no name to an internal address but localhost")
	}
	s := serviceOn(t, startOptions{})
	u := s.user()
	s.changesNothing(func() {
		for _, name := range names {
			s.post("/endpoints", members{"user_id": u.ID, "url": "https://" + name + "/hook"}).refused(422, "invalid", "url")
		}
	})
	t.Run("one that does not resolve yet is taken", func(*testing.T) { s.endpoint(u.ID, "https://nowhere.invalid/hook") })
}

func TestInternalAddressesAreRefusedAgainAtEachAttempt(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	r := receive(t, nil)
	o := startOptions{private: true, adminKey: newToken("admin")}
	lax, err := start(o)
	if err != nil {
		t.Fatal(err)
	}
	s := serviceOf(client{t: t, server: lax, key: lax.adminKey, base: "/v1"})
	s.eventType("card_issued")
	e := s.endpoint(s.user().ID, r.url(), "card_issued")
	s.awaitDelivery(s.publish("card_issued", "").ID, e.ID, "delivered")
	if err := lax.stop(); err != nil {
		t.Fatal(err)
	}

	// The same data, served without the permission: what was subscribed before is not sent to.
	o.private, o.dir = false, lax.dir
	strict, err := start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := strict.stop(); err != nil {
			t.Error(err)
		}
		_ = os.RemoveAll(strict.dir)
	})
	s.server = strict
	m := s.publish("card_issued", "")
	d := s.awaitDelivery(m.ID, e.ID, "retrying")
	if value(d.Cause) != "address_refused" || d.LastStatusCode != nil {
		t.Errorf("the delivery: %+v", d)
	}
	if n := len(r.got()); n != 1 {
		t.Errorf("%d webhooks, want 1", n)
	}
}
