// Package envelope checks what Amazon SNS posts to endpoints, and says why it is not to be believed. It fetches certificates
// from AWS and from this machine alone: else whoever can post here could have it ask anybody, or sign with a certificate of
// their own.
package envelope

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // SignatureVersion 1 is SHA1withRSA
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// Header says what kind of message of SNS's a request is.
const Header = "X-Amz-Sns-Message-Type"

// RawHeader is there where SNS posts the message alone, without envelope and signature.
const RawHeader = "X-Amz-Sns-Rawdelivery"

// Notification is the Type of what a publisher published; the others are handshakes.
const Notification = "Notification"

// Envelope is what SNS posts, as far as it matters here
// (https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html).
type Envelope struct {
	Type             string `json:"Type"`
	MessageID        string `json:"MessageId"`
	Token            string `json:"Token"`
	TopicARN         string `json:"TopicArn"`
	Subject          string `json:"Subject"`
	Message          string `json:"Message"`
	SubscribeURL     string `json:"SubscribeURL"`
	Timestamp        string `json:"Timestamp"`
	SignatureVersion string `json:"SignatureVersion"`
	Signature        string `json:"Signature"`
	SigningCertURL   string `json:"SigningCertURL"`
}

// signed is the text that the signature is over
// (https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html).
func (e Envelope) signed() string {
	pairs := []string{"Message", e.Message, "MessageId", e.MessageID}
	if e.Type == Notification {
		if e.Subject != "" {
			pairs = append(pairs, "Subject", e.Subject)
		}
		pairs = append(pairs, "Timestamp", e.Timestamp)
	} else {
		pairs = append(pairs, "SubscribeURL", e.SubscribeURL, "Timestamp", e.Timestamp, "Token", e.Token)
	}
	pairs = append(pairs, "TopicArn", e.TopicARN, "Type", e.Type)
	return strings.Join(pairs, "\n") + "\n"
}

// Reason is a word for why an envelope is not to be believed.
type Reason string

// The reasons.
const (
	UntrustedURL       Reason = "sns_untrusted_url"     // SigningCertURL is neither at AWS nor on this machine
	CertUnavailable    Reason = "sns_cert_unavailable"  // it cannot be fetched
	CertInvalid        Reason = "sns_cert_invalid"      // it is no certificate with an RSA key
	UnsupportedVersion Reason = "unsupported_version"   // SignatureVersion is neither 1 nor 2
	SignatureMalformed Reason = "signature_malformed"   // Signature is no base64
	NoMatch            Reason = "no_matching_signature" // the certificate's key did not sign this
)

// Refusal is the error of an envelope that is not to be believed.
type Refusal struct {
	Reason Reason
	err    error
}

func (r *Refusal) Error() string { return r.err.Error() }

func (r *Refusal) Unwrap() error { return r.err }

func refuse(reason Reason, format string, args ...any) *Refusal {
	return &Refusal{reason, fmt.Errorf(format, args...)}
}

// Verify checks an envelope's signature; its error is a *Refusal.
func (k *Keys) Verify(ctx context.Context, e Envelope) error {
	if strings.ContainsAny(e.TopicARN+e.Type+e.MessageID+e.Timestamp, "\r\n") {
		return refuse(NoMatch, "a field has a line break: what is signed has a line for each, so that one could pass for several")
	}
	key, err := k.key(ctx, e.SigningCertURL)
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(e.Signature)
	if err != nil {
		return refuse(SignatureMalformed, "the signature is not base64")
	}
	if e.SignatureVersion != "1" && e.SignatureVersion != "2" {
		return refuse(UnsupportedVersion, "SignatureVersion %s is unknown", label(e.SignatureVersion))
	}
	if !matches(key, e.SignatureVersion, e.signed(), signature) {
		return refuse(NoMatch, "no signature matches: another key, or a changed envelope")
	}
	return nil
}

func matches(key *rsa.PublicKey, version, text string, signature []byte) bool {
	hash, digest := crypto.SHA256, sha256.Sum256([]byte(text))
	sum := digest[:]
	if version == "1" {
		old := sha1.Sum([]byte(text)) //nolint:gosec // as above
		hash, sum = crypto.SHA1, old[:]
	}
	return rsa.VerifyPKCS1v15(key, hash, sum, signature) == nil
}
