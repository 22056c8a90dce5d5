package domain_test

import (
	"errors"
	"strings"
	"testing"

	"webplug/domain"
	"webplug/domain/eventlog/spec"
)

// Names are checked wherever they are given; badNames has what they may not be.
func TestNamesThatAreTaken(t *testing.T) {
	for what, name := range map[string]string{
		"of one character":              "a",
		"of 200 characters":             strings.Repeat("ü", domain.MaxName),
		"of 200 characters outside BMP": strings.Repeat("🎉", domain.MaxName),
		"with space inside":             "Ann  Lee",
		"of several scripts":            "Ännchen Ли 李 علي",
		"with marks and joiners":        "e\u0301 👩\u200d💻",
		"with what HTML would escape":   `<b>"O'Neil" & Co</b>`,
		"of digits":                     "007",
		"that says null":                "null",
	} {
		t.Run(what, func(t *testing.T) {
			spec.Given[domain.User](t).When(domain.RegisterUser{Name: name}).Then(domain.UserRegistered{Name: name})
		})
	}
}

func TestIdempotencyKeys(t *testing.T) {
	for key, ok := range map[string]bool{
		"a": true, "3f0c7a52-6a30-4bd0-a0b6-7ac4d9a7c1f0": true, " ": true, "~!\"": true, strings.Repeat("k", domain.MaxKey): true,
		"": false, strings.Repeat("k", domain.MaxKey+1): false, "a\n": false, "a\x00": false, "a\x7f": false, "schlüssel": false, "\xff": false,
	} {
		if err := domain.CheckIdempotencyKey("Idempotency-Key", key); (err == nil) != ok || (err != nil && !errors.Is(err, invalid("Idempotency-Key"))) {
			t.Errorf("%.20q: %v", key, err)
		}
	}
}

func TestReasons(t *testing.T) {
	for reason, ok := range map[string]bool{
		"": true, "fixed the certificate": true, strings.Repeat("ü", domain.MaxReason): true,
		strings.Repeat("ü", domain.MaxReason+1): false, "a\tb": false, "\u202e": false, "a ": false,
	} {
		if err := domain.CheckReason(reason); (err == nil) != ok || (err != nil && !errors.Is(err, invalid("reason"))) {
			t.Errorf("%.20q: %v", reason, err)
		}
	}
}

func TestFormats(t *testing.T) {
	for format, ok := range map[domain.Format]bool{"": true, domain.StandardWebhooks: true, domain.SNS: true, "x": false} {
		if err := domain.CheckFormat("format", format); (err == nil) != ok || (err != nil && !errors.Is(err, invalid("format"))) {
			t.Errorf("%q: %v", format, err)
		}
	}
}

func TestCauses(t *testing.T) {
	for text, ok := range map[string]bool{
		"dns_no_host": true, "dns_failed": true, "connect_refused": true, "connect_failed": true, "tls_expired": true, "tls_invalid": true, "timeout": true,
		"closed_early": true, "answer_invalid": true, "address_refused": true, "url_invalid": true, "endpoint_paused": true, "endpoint_removed": true,
		"http_100": true, "http_301": true, "http_503": true, "http_999": true,
		"": false, "http": false, "http_": false, "http_5": false, "http_099": false, "http_5xx": false, "http_+99": false, "http_-99": false, "http_5003": false,
		"Timeout": false, "timeout ": false,
	} {
		if got, is := domain.ParseCause(text); is != ok || (is && string(got) != text) {
			t.Errorf("ParseCause(%q) = %q, %v", text, got, is)
		}
	}
	if got := domain.CauseOfStatus(503); got != "http_503" {
		t.Errorf("of 503: %s", got)
	}
	for _, delivered := range []bool{true, false} {
		r := domain.Report{StatusCode: 200}
		if !delivered {
			r.Cause = domain.CauseClosedEarly // an answer that did not end is none
		}
		if r.Delivered() != delivered {
			t.Errorf("%+v is delivered: %v", r, !delivered)
		}
	}
}

func TestRefusals(t *testing.T) {
	e := domain.Refuse(domain.Invalid, "name", "has %d characters", 7)
	if e.Error() != "name: has 7 characters" || domain.Refuse(domain.NotFound, "", "no such user").Error() != "no such user" {
		t.Errorf("%v", e)
	}
	coded := &domain.Error{Kind: domain.Unauthorized, Code: "key-revoked"}
	for _, c := range []struct {
		err, target error
		want        bool
	}{
		{e, invalid("name"), true},
		{e, invalid("url"), false},
		{e, conflict("name"), false},
		{e, errors.New("name: has 7 characters"), false},
		{coded, domain.Refuse(domain.Unauthorized, "", ""), true},
		{coded, &domain.Error{Kind: domain.Unauthorized, Code: "key-revoked"}, true},
		{coded, &domain.Error{Kind: domain.Unauthorized, Code: "key-unknown"}, false},
		{domain.Refuse(domain.Unauthorized, "", ""), coded, false},
	} {
		if got := errors.Is(c.err, c.target); got != c.want {
			t.Errorf("%+v is %+v: %v", c.err, c.target, got)
		}
	}
}
