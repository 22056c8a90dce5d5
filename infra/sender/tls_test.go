package sender_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"webplug/domain"
	"webplug/infra/sender"
)

// authority signs certificates for the tests' servers.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	ca := &authority{t: t, key: newKey(t), pool: x509.NewCertPool()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tests"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, ca.key.Public(), ca.key)
	if err != nil {
		t.Fatal(err)
	}
	if ca.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	ca.pool.AddCert(ca.cert)
	return ca
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// certificate is for 127.0.0.1, valid from and until hours from now, changed as a test needs it.
func (ca *authority) certificate(from, until time.Duration, change func(*x509.Certificate)) tls.Certificate {
	key := newKey(ca.t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		NotBefore: time.Now().Add(from * time.Hour), NotAfter: time.Now().Add(until * time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		ca.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// server is an endpoint over TLS.
func (ca *authority) server(config *tls.Config) *httptest.Server {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	server.TLS, server.EnableHTTP2 = config, true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	ca.t.Cleanup(server.Close)
	return server
}

func TestAttempt_over_TLS(t *testing.T) {
	ca := newAuthority(t)
	good := ca.certificate(-1, 1, nil)
	serve := func(c tls.Certificate) string { return ca.server(&tls.Config{Certificates: []tls.Certificate{c}}).URL }
	plainURL, _ := endpoint(t, answerWith(204))
	tests := []struct {
		name string
		url  string
		want domain.Cause
	}{
		{"a good certificate", serve(good), ""},
		{"an expired certificate", serve(ca.certificate(-2, -1, nil)), "tls_expired"},
		{"a certificate of tomorrow", serve(ca.certificate(1, 2, nil)), "tls_expired"},
		{"another host's certificate", serve(ca.certificate(-1, 1, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"example.com"} })), "tls_invalid"},
		{"an unknown authority", serve(newAuthority(t).certificate(-1, 1, nil)), "tls_invalid"},
		{"a certificate for clients", serve(ca.certificate(-1, 1, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })), "tls_invalid"},
		{"an outdated version", ca.server(&tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}).URL, "tls_invalid"},
		{"a client certificate wanted (1.2)", ca.server(&tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}).URL, "tls_invalid"},
		{"a client certificate wanted (1.3)", ca.server(&tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAnyClientCert}).URL, "tls_invalid"},
		{"no TLS there", "https" + plainURL[len("http"):], "tls_invalid"},
		{"closed in the handshake", "https" + closing(t)[len("http"):], "tls_invalid"},
		{"no handshake in time", "https" + mute(t)[len("http"):], "timeout"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			limit := time.Minute
			if test.want == domain.CauseTimeout {
				limit = 100 * time.Millisecond
			}
			s := open(t, within(limit), func(o *sender.Options) { o.TLS = &tls.Config{RootCAs: ca.pool} })
			if r := s.Attempt(t.Context(), webhook(test.url)); r.Cause != test.want {
				t.Errorf("got %q, want %q", r.Cause, test.want)
			}
		})
	}
}

// HTTP/2 cost a quarter more CPU when it was measured, and one stuck connection would stall all its attempts.
func TestAttempt_speaks_HTTP_1_over_TLS(t *testing.T) {
	ca := newAuthority(t)
	server := ca.server(&tls.Config{Certificates: []tls.Certificate{ca.certificate(-1, 1, nil)}})
	s := open(t, func(o *sender.Options) { o.TLS = &tls.Config{RootCAs: ca.pool} })
	if r := s.Attempt(t.Context(), webhook(server.URL)); string(r.Answer) != "HTTP/1.1" {
		t.Fatalf("the endpoint saw %q: %+v", r.Answer, r)
	}
}
