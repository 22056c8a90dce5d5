package sender_test

import (
	"strings"
	"testing"

	"webplug/infra/sender"
)

func TestParseURL(t *testing.T) {
	label63, host253 := strings.Repeat("a", 63), strings.Repeat("a.", 125)+"com"
	for _, url := range []string{
		"https://example.com", "http://example.com/", "HTTPS://Example.COM/Hooks?a=b&c=%20",
		"https://example.com:8443/a/b?x=1;y=[z]", "https://example.com./", "https://xn--bcher-kva.example/",
		"https://my_service.internal/", "https://a-b.example/%C3%A9", "http://localhost:9999/", "http://8.8.8.8/",
		"http://127.0.0.1:9999/", "http://[2606:4700::1111]:80/", "http://[::1]/", "http://1.2.3.4.example.com/",
		"http://0x7f.example/", "http://example.com:1/", "http://example.com:65535/", "https://example.com/a@b:c",
		"https://" + label63 + ".com/", "https://" + host253 + "/", "https://example.com/?q=http://127.0.0.1",
		"https://example.com/" + strings.Repeat("a", sender.MaxURL-len("https://example.com/")),
	} {
		if u, err := sender.ParseURL(url); err != nil || u.Host == "" {
			t.Errorf("%s: refused: %v", url, err)
		}
	}
	for rule, urls := range map[sender.Rule][]string{
		sender.RuleSyntax: {
			"", "http://example.com/%zz", "http://[::1", "http://exa%41mple.com/", "http://%31%32%37.0.0.1/", "http://example.com:a/",
			"http://[::1]x/", "://example.com", "http://[fe80::1%eth0]/", "http://[::1]:-1/", "1http://example.com",
			"http://[v1.x]/", "http://[127.0.0.1]/", "http://[]/",
		},
		sender.RuleLength: {"https://example.com/" + strings.Repeat("a", sender.MaxURL-len("https://example.com/")+1)},
		sender.RuleCharacters: {
			" http://example.com/", "http://example.com/ ", "http://exam ple.com/", "http://example.com/a b", "http://example.com/\r\nX: y",
			"http://example.com/\x00", "http://exa\tmple.com/", "http://example.com\x7f/", "http://example.com\\@127.0.0.1/", `http:\\127.0.0.1\`,
			"http://１２７.0.0.1/", "http://ⓛocalhost/", "http://127。0。0。1/", "http://bücher.example/", "http://example.com/é",
			"http://example.com/\xff", "http://loc\u00adalhost/", "http://example.com/\u2028",
		},
		sender.RuleScheme: {
			"example.com", "/hooks", "//example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_x",
			"javascript:alert(1)", "ws://example.com/", "httpss://example.com/", "unix:///var/run/x.sock", "?", "127.0.0.1",
		},
		sender.RuleCredentials: {"http://user@example.com/", "http://user:pass@example.com/", "http://:@example.com/", "http://@example.com/", "http://127.0.0.1@example.com/"},
		sender.RuleFragment:    {"http://example.com/#", "http://example.com/#a", "http://example.com#@127.0.0.1/"},
		sender.RuleHost: {
			"http:///hooks", "http://", "https:example.com", "http:/example.com", "http://:80/", "http://./", "http://../", "http://.example.com/",
			"http://example..com/", "http://example.com../", "http://*.example.com/", "http://a!b.example/", "http://exa$mple.com/",
			"http://" + strings.Repeat("a", 64) + ".com/", "http://" + host253 + "m/", "http://ex<am>ple.com/",
			"http://[fe80::1%25eth0]/", "http://a;b/", "http://a,b/", "http://(a)/",
			// An IPv4 address, to one parser or another.
			"http://2130706433/", "http://0x7f000001/", "http://0X7F.0.0.1/", "http://017700000001/", "http://0177.0.0.1/", "http://127.1/",
			"http://127.0.1/", "http://127.0.0.1./", "http://127.0.0.01/", "http://0/", "http://0x/", "http://0x.0x.0x.0x/", "http://256.0.0.1/",
			"http://1.2.3.4.5/", "http://example.0x1/", "http://4294967296/", "http://example.1/", "http://0x7f.1/", "http://010.8.8.8/",
			"http://134744072/",
		},
		sender.RulePort: {"http://example.com:/", "http://example.com:0/", "http://example.com:65536/", "http://example.com:080/", "http://example.com:99999999999/", "http://[::1]:/"},
	} {
		for _, url := range urls {
			u, err := sender.ParseURL(url)
			if r := refusalOf(err); u != nil || r == nil || r.Rule != rule {
				t.Errorf("%q: got %v, want rule %s", url, err, rule)
			} else if strings.Contains(r.Error(), url) && len(url) > 3 {
				t.Errorf("%q is in its own error: %s", url, r)
			}
		}
	}
}
