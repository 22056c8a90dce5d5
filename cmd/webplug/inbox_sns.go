package main

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // SignatureVersion 1 is SHA1withRSA
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// headerSNS says what kind of message of SNS's a request is.
const headerSNS = "X-Amz-Sns-Message-Type"

// snsEnvelope is what SNS sends, as far as it matters here.
type snsEnvelope struct {
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

// signed is the text that the signature is over (Amazon SNS Developer Guide, "Verifying the signatures of Amazon SNS
// messages").
func (e snsEnvelope) signed() string {
	pairs := []string{"Message", e.Message, "MessageId", e.MessageID}
	if e.Type == "Notification" {
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

// snsKeys fetches the certificates that SNS signs with, each once. It asks only AWS, and this machine: else whoever can post
// here could have it ask anybody, or sign with a certificate of their own.
type snsKeys struct {
	client *http.Client
	mu     sync.Mutex
	keys   map[string]*rsa.PublicKey
}

func newSNSKeys() *snsKeys {
	return &snsKeys{client: &http.Client{Timeout: 10 * time.Second}, keys: map[string]*rsa.PublicKey{}}
}

var snsHost = regexp.MustCompile(`^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$`)

// trusted refuses a URL that neither AWS's SNS nor one on this machine has given.
func trusted(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("it cannot be read")
	}
	ip := net.ParseIP(u.Hostname())
	switch {
	case u.Scheme == "https" && snsHost.MatchString(u.Host):
		return nil
	case u.Hostname() == "localhost" || ip != nil && ip.IsLoopback():
		return nil
	}
	return fmt.Errorf("%s is neither AWS's SNS nor on this machine", label(u.Host, "nobody"))
}

const maxCertificate = 64 << 10 // bytes

func (k *snsKeys) key(ctx context.Context, certURL string) (*rsa.PublicKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key := k.keys[certURL]; key != nil {
		return key, nil
	}
	if err := trusted(certURL); err != nil {
		return nil, fmt.Errorf("SigningCertURL: %w", err)
	}
	text, err := k.get(ctx, certURL)
	if err != nil {
		return nil, fmt.Errorf("fetch the certificate: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("what SigningCertURL has is no certificate")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read the certificate: %w", err)
	}
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("the certificate's key is not RSA")
	}
	k.keys[certURL] = key
	return key, nil
}

func (k *snsKeys) get(ctx context.Context, from string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, err
	}
	answer, err := k.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %s", answer.Status)
	}
	return io.ReadAll(io.LimitReader(answer.Body, maxCertificate))
}

// verify checks an envelope's signature.
func (k *snsKeys) verify(ctx context.Context, e snsEnvelope) error {
	key, err := k.key(ctx, e.SigningCertURL)
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(e.Signature)
	if err != nil {
		return errors.New("the signature is not base64")
	}
	hash, digest := crypto.SHA256, sha256.Sum256([]byte(e.signed()))
	sum := digest[:]
	switch e.SignatureVersion {
	case "1":
		old := sha1.Sum([]byte(e.signed())) //nolint:gosec // as above
		hash, sum = crypto.SHA1, old[:]
	case "2":
	default:
		return fmt.Errorf("SignatureVersion %s is unknown", label(e.SignatureVersion, "(none)"))
	}
	if rsa.VerifyPKCS1v15(key, hash, sum, signature) != nil {
		return errors.New("no signature matches: another key, or a changed envelope")
	}
	return nil
}

// openSNS takes the webhook out of its envelope. What asks to confirm a subscription is confirmed, if its signature is good.
func (in *inbox) openSNS(ctx context.Context, a *arrival, body []byte) (webhook []byte) {
	var e snsEnvelope
	if err := json.Unmarshal(body, &e); err != nil {
		a.Signature, a.Reason = signatureInvalid, "the body is no envelope of SNS's"
		return body
	}
	a.ID, a.Signature = e.MessageID, signatureValid
	if err := in.sns.verify(ctx, e); err != nil {
		a.Signature, a.Reason = signatureInvalid, err.Error()
	}
	if e.Type != "SubscriptionConfirmation" {
		var inner struct {
			ID string `json:"id"`
		}
		if json.Unmarshal([]byte(e.Message), &inner) == nil && inner.ID != "" {
			a.ID = inner.ID
		}
		return []byte(e.Message)
	}
	a.Type = e.Type
	switch {
	case a.Signature != signatureValid:
	case in.unconfirmed:
		a.Note = "not confirmed, as told; token " + e.Token
	default:
		err := trusted(e.SubscribeURL)
		if err == nil {
			_, err = in.sns.get(ctx, e.SubscribeURL)
		}
		a.Note = "confirmed"
		if err != nil {
			a.Note = "not confirmed: " + err.Error()
		}
	}
	return body
}
