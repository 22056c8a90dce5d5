package cli

import (
	"bytes"
	"crypto/hmac"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"webplug/cmd/webplug/output"
	"webplug/domain"
	"webplug/infra/sender"
)

// received is a webhook as somebody got it, and with what its signature is to be checked.
type received struct {
	headers   http.Header
	body      []byte
	secrets   []domain.Secret
	tolerance time.Duration
	at        time.Time // when it was received
	sent      []byte    // the body that WebPlug sends, if it is known
	sure      bool      // the secrets are surely the endpoint's
}

// verdict says whether a signature is valid, and else why not.
type verdict struct {
	Valid  bool   `json:"valid"`
	Reason string `json:"reason,omitempty"` // one word for programs
	Detail string `json:"detail,omitempty"`
	Try    string `json:"try,omitempty"`
}

// The reasons for which a signature is not valid.
const (
	headerMissing      = "header_missing"
	timestampInvalid   = "timestamp_invalid"
	timestampTooOld    = "timestamp_too_old"
	timestampTooNew    = "timestamp_too_new"
	signatureMalformed = "signature_malformed"
	otherWebhook       = "other_webhook"
	bodyAltered        = "body_altered"
	wrongSecret        = "wrong_secret"
)

// The headers of Standard Webhooks 1.0.0.
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

// judge checks a webhook as a receiver should, by Standard Webhooks 1.0.0, and finds out what is wrong.
func (r received) judge() verdict {
	var missing []string
	for _, name := range []string{headerID, headerTimestamp, headerSignature} {
		if r.headers.Get(name) == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return verdict{
			Reason: headerMissing, Detail: strings.Join(missing, " and ") + " is missing",
			Try: "pass all three headers on; a proxy or framework may have dropped them",
		}
	}
	seconds, err := strconv.ParseInt(r.headers.Get(headerTimestamp), 10, 64)
	if err != nil {
		return verdict{Reason: timestampInvalid, Detail: headerTimestamp + " is no number of seconds"}
	}
	sent := time.Unix(seconds, 0)
	given := signatures(r.headers.Get(headerSignature))
	if len(given) == 0 {
		return verdict{
			Reason: signatureMalformed, Detail: headerSignature + " has no signature of version 1: v1, and 32 bytes in base64",
			Try: "pass the header on whole: a list with spaces between its parts",
		}
	}
	if !r.matches(sent, r.body, given) {
		return r.mismatch(sent, given)
	}
	return r.timely(sent)
}

// timely is the verdict on a signature that matches.
func (r received) timely(sent time.Time) verdict {
	age := r.at.Sub(sent)
	switch {
	case age > r.tolerance:
		return verdict{
			Reason: timestampTooOld,
			Detail: fmt.Sprintf("the signature matches, but it was made %s ago, and %s are tolerated", output.Duration(age.Truncate(time.Second)), output.Duration(r.tolerance)),
			Try:    "--tolerance or --at for a webhook that was kept; a receiver looks at its clock",
		}
	case -age > r.tolerance:
		return verdict{
			Reason: timestampTooNew,
			Detail: fmt.Sprintf("the signature matches, but it was made %s ahead of this clock", output.Duration(-age.Truncate(time.Second))),
			Try:    "look whether this clock is right",
		}
	}
	return verdict{Valid: true}
}

// signatures are those of version 1 in a header.
func signatures(header string) [][]byte {
	var all [][]byte
	for _, part := range strings.Fields(header) {
		encoded, ok := strings.CutPrefix(part, "v1,")
		if sum, err := base64.StdEncoding.DecodeString(encoded); ok && err == nil && len(sum) == 32 {
			all = append(all, sum)
		}
	}
	return all
}

// matches says whether one of the secrets signed a body.
func (r received) matches(sent time.Time, body []byte, given [][]byte) bool {
	for _, secret := range r.secrets {
		for _, made := range signatures(sender.Signature(r.headers.Get(headerID), sent, body, [][]byte{secret})) {
			for _, g := range given {
				if hmac.Equal(made, g) {
					return true
				}
			}
		}
	}
	return false
}

// mismatch finds out why no signature matches.
func (r received) mismatch(sent time.Time, given [][]byte) verdict {
	id := r.headers.Get(headerID)
	if r.sent != nil && r.matches(sent, r.sent, given) {
		return verdict{Reason: bodyAltered, Detail: difference(r.sent, r.body), Try: keepBytes}
	}
	for _, change := range alterations(r.body) {
		if r.matches(sent, change.body, given) {
			return verdict{Reason: bodyAltered, Detail: "the body was altered: " + change.how, Try: keepBytes}
		}
	}
	within := output.Plain(output.Find(r.body, "id"))
	switch {
	case !jsontext.Value(r.body).IsValid():
		return verdict{Reason: bodyAltered, Detail: "the body is no JSON: it was cut or changed on its way", Try: keepBytes}
	case within != "-" && within != id:
		return verdict{Reason: otherWebhook, Detail: fmt.Sprintf("the headers are those of %s, the body is that of %s", output.Line(id, 80), output.Line(within, 80))}
	case !asWritten(r.body):
		return verdict{Reason: bodyAltered, Detail: "the body is not as WebPlug writes it: it was parsed and written again", Try: keepBytes}
	case r.sure:
		return verdict{
			Reason: bodyAltered, Detail: "the secret is the endpoint's, so the body, id or timestamp was changed, or the signature is of another endpoint",
			Try: "webplug history " + output.Line(id, 80),
		}
	}
	return verdict{
		Reason: wrongSecret,
		Detail: "no secret given here made this signature: it is of another endpoint or was rotated away; or else a value in the body was changed",
		Try:    "webplug verify --endpoint-id EP …, which takes the secret from the server and compares the body",
	}
}

const keepBytes = "check the bytes as they came, before any framework parses them"

// alteration is a body as it may have been before something changed it.
type alteration struct {
	how  string
	body []byte
}

func alterations(body []byte) []alteration {
	compact := jsontext.Value(bytes.Clone(body))
	if compact.Compact() != nil {
		compact = body
	}
	return []alteration{
		{"a line break was added at its end", bytes.TrimRight(body, "\r\n")},
		{"a line break at its end was taken away", append(bytes.Clone(body), '\n')},
		{"a byte order mark was put before it", bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))},
		{"its line breaks were changed to CR LF", bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))},
		{"it was written anew with spaces and line breaks", compact},
		{"characters of HTML were escaped in it", unescapeHTML(body)},
	}
}

// unescapeHTML undoes what some JSON encoders do to <, > and &.
func unescapeHTML(body []byte) []byte {
	return []byte(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(body)))
}

// asWritten says whether a body has the shape in which WebPlug writes one, to the byte but for the data in it.
func asWritten(body []byte) bool {
	find := func(name string) jsontext.Value { return output.Find(body, name) }
	at, err := time.Parse(time.RFC3339Nano, output.Plain(find("timestamp")))
	if err != nil {
		return false
	}
	data := find("data")
	return bytes.Equal(body, domain.Webhook(output.Plain(find("id")), output.Plain(find("type")), at, data))
}

// difference says where a body is not what was sent.
func difference(sent, got []byte) string {
	at := 0
	for at < len(sent) && at < len(got) && sent[at] == got[at] {
		at++
	}
	around := func(b []byte) string {
		return strconv.Quote(string(b[max(0, at-10):min(len(b), at+20)]))
	}
	if at == len(got) {
		return fmt.Sprintf("the body ends after %d of %d bytes", len(got), len(sent))
	}
	return output.Line(fmt.Sprintf("the body was altered at byte %d: %s was sent, %s came", at+1, around(sent), around(got)), 300)
}
