package envelope

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
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

	"webplug/cmd/webplug/output"
)

// Keys has the keys that SNS signs with; each certificate is fetched once. It is safe for concurrent use.
type Keys struct {
	client *http.Client
	mu     sync.Mutex
	keys   map[string]*rsa.PublicKey
}

// NewKeys has none yet.
func NewKeys() *Keys {
	return &Keys{
		client: &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // it would lead away from the host that was checked
		}},
		keys: map[string]*rsa.PublicKey{},
	}
}

var amazon = regexp.MustCompile(`^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$`)

// Trusted refuses a URL that neither AWS's SNS nor one on this machine has given.
func Trusted(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("it cannot be read")
	}
	ip := net.ParseIP(u.Hostname())
	switch {
	case u.Scheme == "https" && amazon.MatchString(u.Host):
		return nil
	case u.Hostname() == "localhost" || ip != nil && ip.IsLoopback():
		return nil
	}
	return fmt.Errorf("%s is neither AWS's SNS nor on this machine", label(u.Host))
}

func label(s string) string {
	if s == "" {
		return "(none)"
	}
	return output.Line(s, 100)
}

func (k *Keys) key(ctx context.Context, certURL string) (*rsa.PublicKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key := k.keys[certURL]; key != nil {
		return key, nil
	}
	if err := Trusted(certURL); err != nil {
		return nil, refuse(UntrustedURL, "SigningCertURL: %w", err)
	}
	if strings.ContainsAny(certURL, "?#") || !strings.HasSuffix(certURL, ".pem") {
		// An answer of SNS's API may repeat what is in a query, and that could be somebody's certificate.
		return nil, refuse(UntrustedURL, "SigningCertURL: %s is not where certificates are", output.Line(certURL, 200))
	}
	text, err := k.Get(ctx, certURL)
	if err != nil {
		return nil, refuse(CertUnavailable, "fetch the certificate: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, refuse(CertInvalid, "what SigningCertURL has is no certificate")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, refuse(CertInvalid, "read the certificate: %w", err)
	}
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, refuse(CertInvalid, "the certificate's key is not RSA")
	}
	k.keys[certURL] = key
	return key, nil
}

const maxAnswer = 64 << 10 // bytes

// Get fetches what is at a URL that is trusted.
func (k *Keys) Get(ctx context.Context, from string) ([]byte, error) {
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
	return io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
}
