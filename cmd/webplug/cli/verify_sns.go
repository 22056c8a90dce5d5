package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/cmd/webplug/envelope"
	"webplug/cmd/webplug/output"
)

// The reasons that only what SNS posts has, beside those of package envelope.
const (
	rawDelivery     = "sns_raw_delivery_unsigned"
	envelopeAltered = "envelope_altered"
)

// snsTolerance is how old an envelope may be: SNS retries for an hour with the first Timestamp.
const snsTolerance = 75 * time.Minute

// ofSNS is the verdict on what SNS posts; known says that it is that.
func (v verifying) ofSNS(s *session, r received) (verdict, bool) {
	if r.headers.Get(envelope.RawHeader) != "" {
		return verdict{
			Reason: rawDelivery, Detail: "SNS delivered the message raw: without envelope, and so without a signature",
			Try: "take raw message delivery away from the subscription",
		}, true
	}
	var e envelope.Envelope
	if err := json.Unmarshal(r.body, &e); err != nil || e.TopicARN == "" || e.SigningCertURL == "" && e.Signature == "" {
		if r.headers.Get(envelope.Header) == "" {
			return verdict{}, false
		}
		return verdict{Reason: bodyAltered, Detail: "the headers are SNS's, but the body is no envelope of SNS's: it was cut or changed on its way", Try: keepBytes}, true
	}
	keys := envelope.NewKeys()
	var refusal *envelope.Refusal
	if err := keys.Verify(s.ctx, e); errors.As(err, &refusal) {
		return v.refused(s, keys, e, refusal), true
	}
	return v.timelySNS(e, r.at), true
}

// refused says why an envelope's signature is not valid.
func (v verifying) refused(s *session, keys *envelope.Keys, e envelope.Envelope, refusal *envelope.Refusal) verdict {
	bad := verdict{Reason: string(refusal.Reason), Detail: output.Line(refusal.Error(), 300)}
	switch refusal.Reason {
	case envelope.UntrustedURL:
		bad.Try = "do not believe it: whoever wrote the envelope may have signed it too"
	case envelope.CertUnavailable:
		bad.Try = "again, where the certificate's URL can be reached"
	case envelope.CertInvalid, envelope.UnsupportedVersion, envelope.SignatureMalformed:
		bad.Try = keepBytes
	case envelope.NoMatch:
		if how := keys.Doubt(s.ctx, e); how != "" {
			return verdict{Reason: envelopeAltered, Detail: "the envelope was altered: " + how, Try: keepBytes}
		}
		if sent := v.sentBySNS(s, e); sent != nil && keys.Signs(s.ctx, e, string(sent)) {
			return verdict{Reason: envelopeAltered, Detail: "Message: " + difference(sent, []byte(e.Message)), Try: keepBytes}
		}
		bad.Detail = "the certificate's key did not sign this: Message, MessageId, Subject, Timestamp, TopicArn, Type, or of a handshake SubscribeURL or Token, was changed"
		bad.Try = keepBytes
	}
	return bad
}

// sentBySNS is the webhook that an envelope's Message is to be, if the server may be asked and knows it.
func (v verifying) sentBySNS(s *session, e envelope.Envelope) []byte {
	id := output.Plain(output.Find([]byte(e.Message), "id"))
	if v.endpoint == "" || !strings.HasPrefix(id, "msg_") {
		return nil
	}
	m, err := s.message(id)
	if err != nil {
		return nil // it is only to find out more
	}
	return m.webhook()
}

// timelySNS is the verdict on an envelope whose signature matches.
func (v verifying) timelySNS(e envelope.Envelope, at time.Time) verdict {
	sent, err := time.Parse(time.RFC3339, e.Timestamp)
	if err != nil {
		return verdict{Reason: timestampInvalid, Detail: fmt.Sprintf("Timestamp is no time: %q", output.Line(e.Timestamp, 80))}
	}
	r := received{tolerance: snsTolerance, at: at}
	if v.tolerant {
		r.tolerance = v.tolerance
	}
	return r.timely(sent)
}
