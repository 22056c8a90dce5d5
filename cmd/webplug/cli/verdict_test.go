package cli

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"webplug/domain"
	"webplug/infra/sender"
)

// sample is a webhook as an endpoint got it, and the secret that signed it.
func sample(t *testing.T) received {
	t.Helper()
	secret, err := domain.NewSecret(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 24, 10, 52, 38, 0, time.UTC)
	body := domain.Webhook("msg_1", "card_issued", at, []byte(`{"card":"<4242>"}`))
	return received{
		headers: http.Header{
			"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {"1795517558"},
			"Webhook-Signature": {sender.Signature("msg_1", at, body, [][]byte{secret})},
		},
		body: body, secrets: []domain.Secret{secret}, tolerance: 5 * time.Minute, at: at.Add(time.Second),
	}
}

func TestVerify_says_why(t *testing.T) {
	other, err := domain.NewSecret(bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	replace := func(old, with string) func(*received) {
		return func(r *received) { r.body = bytes.ReplaceAll(r.body, []byte(old), []byte(with)) }
	}
	header := func(name, value string) func(*received) {
		return func(r *received) { r.headers.Set(name, value) }
	}
	for name, c := range map[string]struct {
		change func(*received)
		reason string
		detail string // part of it
	}{
		"as it came":                  {func(*received) {}, "", ""},
		"several secrets":             {func(r *received) { r.secrets = append([]domain.Secret{other}, r.secrets...) }, "", ""},
		"several signatures":          {func(r *received) { r.headers.Set(headerSignature, "v1,AAAA v1a,xyz "+r.headers.Get(headerSignature)) }, "", ""},
		"no id":                       {func(r *received) { r.headers.Del(headerID) }, headerMissing, "webhook-id is missing"},
		"no headers":                  {func(r *received) { r.headers = http.Header{} }, headerMissing, "webhook-id and webhook-timestamp and webhook-signature"},
		"timestamp no number":         {header(headerTimestamp, "2026-11-24"), timestampInvalid, "no number"},
		"kept for an hour":            {func(r *received) { r.at = r.at.Add(time.Hour) }, timestampTooOld, "1 h ago"},
		"a clock that is behind":      {func(r *received) { r.at = r.at.Add(-time.Hour) }, timestampTooNew, "ahead of this clock"},
		"signature of another kind":   {header(headerSignature, "v1a,AAAA"), signatureMalformed, "no signature of version 1"},
		"secret of another endpoint":  {func(r *received) { r.secrets = []domain.Secret{other} }, wrongSecret, "another endpoint"},
		"line break added":            {func(r *received) { r.body = append(r.body, '\n') }, bodyAltered, "line break was added"},
		"spaces added":                {replace(`":"`, `": "`), bodyAltered, "written anew with spaces"},
		"HTML escaped":                {replace("<", `\u003c`), bodyAltered, "HTML"},
		"byte order mark":             {func(r *received) { r.body = append([]byte("\xef\xbb\xbf"), r.body...) }, bodyAltered, "byte order mark"},
		"cut short":                   {func(r *received) { r.body = r.body[:20] }, bodyAltered, "no JSON"},
		"members in another order":    {func(r *received) { r.body = []byte(`{"data":{"card":"<4242>"},"id":"msg_1"}`) }, bodyAltered, "parsed and written again"},
		"body of another webhook":     {replace("msg_1", "msg_2"), otherWebhook, "msg_2"},
		"a value changed, surely":     {func(r *received) { replace("4242", "6666")(r); r.sure = true }, bodyAltered, "was changed"},
		"a value changed, and it was": {func(r *received) { r.sent = bytes.Clone(r.body); replace("4242", "6666")(r) }, bodyAltered, "altered at byte 95"},
	} {
		t.Run(name, func(t *testing.T) {
			r := sample(t)
			c.change(&r)
			got := r.judge()
			if got.Valid != (c.reason == "") || got.Reason != c.reason || !strings.Contains(got.Detail, c.detail) {
				t.Errorf("it says %+v", got)
			}
			if strings.Contains(got.Detail+got.Try, r.secrets[0].Reveal()) {
				t.Error("it shows the secret")
			}
		})
	}
}
