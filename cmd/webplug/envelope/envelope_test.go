package envelope_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"

	"webplug/cmd/webplug/envelope"
)

func TestTrusted(t *testing.T) {
	for url, want := range map[string]bool{
		"https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem": true, "https://sns.cn-north-1.amazonaws.com.cn/x.pem": true,
		"http://127.0.0.1:8080/sns/x.pem": true, "http://localhost/x": true, "http://[::1]:1/x": true,
		"http://sns.eu-central-1.amazonaws.com/x.pem": false, "https://sns.eu-central-1.amazonaws.com.evil.example/x.pem": false,
		"https://evil.example/sns.us-east-1.amazonaws.com.pem": false, "https://169.254.169.254/x": false, "https://sns.us-east-1.amazonaws.com@evil.example/": false,
	} {
		if err := envelope.Trusted(url); (err == nil) != want {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// signer stands in for SNS: it has a certificate, and signs texts.
func signer(t *testing.T, answer func(w http.ResponseWriter, certificate []byte)) (certURL string, sign func(text string) string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}))
	t.Cleanup(server.Close)
	return server.URL + "/x.pem", func(text string) string {
		sum := sha256.Sum256([]byte(text))
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return base64.StdEncoding.EncodeToString(signature)
	}
}

func plainly(w http.ResponseWriter, certificate []byte) { _, _ = w.Write(certificate) }

// signedText is written out here as AWS documents it, not made by what is tested.
const signedText = "Message\nhello\nMessageId\n1\nSubject\nabout\nTimestamp\n2026-01-01T00:00:00.000Z\nTopicArn\narn:aws:sns:x\nType\nNotification\n"

func notification(certURL, signature string) envelope.Envelope {
	return envelope.Envelope{
		Type: envelope.Notification, MessageID: "1", TopicARN: "arn:aws:sns:x", Subject: "about", Message: "hello",
		Timestamp: "2026-01-01T00:00:00.000Z", SignatureVersion: "2", Signature: signature, SigningCertURL: certURL,
	}
}

func TestVerify(t *testing.T) {
	certURL, sign := signer(t, plainly)
	good := notification(certURL, sign(signedText))
	keys := envelope.NewKeys()
	if err := keys.Verify(t.Context(), good); err != nil {
		t.Fatalf("what is signed is refused: %v", err)
	}
	for name, c := range map[string]struct {
		change func(*envelope.Envelope)
		want   envelope.Reason
	}{
		"another message":  {func(e *envelope.Envelope) { e.Message = "bye" }, envelope.NoMatch},
		"another topic":    {func(e *envelope.Envelope) { e.TopicARN = "arn:aws:sns:y" }, envelope.NoMatch},
		"two lines in one": {func(e *envelope.Envelope) { e.TopicARN, e.Type = "arn:aws:sns:x\nType", "Notification" }, envelope.NoMatch},
		"version 3":        {func(e *envelope.Envelope) { e.SignatureVersion = "3" }, envelope.UnsupportedVersion},
		"no base64":        {func(e *envelope.Envelope) { e.Signature = "?" }, envelope.SignatureMalformed},
		"elsewhere":        {func(e *envelope.Envelope) { e.SigningCertURL = "https://evil.example/x.pem" }, envelope.UntrustedURL},
		"a query":          {func(e *envelope.Envelope) { e.SigningCertURL += "?x=.pem" }, envelope.UntrustedURL},
		"no certificate":   {func(e *envelope.Envelope) { e.SigningCertURL = "http://127.0.0.1:1/x.pem" }, envelope.CertUnavailable},
	} {
		e := good
		c.change(&e)
		var refusal *envelope.Refusal
		if err := keys.Verify(t.Context(), e); !errors.As(err, &refusal) || refusal.Reason != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestACertificateThatIsNoneIsRefusedAndARedirectIsNotFollowed(t *testing.T) {
	for want, answer := range map[envelope.Reason]func(http.ResponseWriter, []byte){
		envelope.CertInvalid:     func(w http.ResponseWriter, _ []byte) { _, _ = w.Write([]byte("hello")) },
		envelope.CertUnavailable: func(w http.ResponseWriter, _ []byte) { w.Header().Set("Location", "/y.pem"); w.WriteHeader(302) },
	} {
		certURL, sign := signer(t, answer)
		var refusal *envelope.Refusal
		if err := envelope.NewKeys().Verify(t.Context(), notification(certURL, sign(signedText))); !errors.As(err, &refusal) || refusal.Reason != want {
			t.Errorf("%v is not %s", err, want)
		}
	}
}

func TestDoubtFindsWhatWasChanged(t *testing.T) {
	certURL, sign := signer(t, plainly)
	good := notification(certURL, sign(signedText))
	keys := envelope.NewKeys()
	for want, change := range map[string]func(*envelope.Envelope){
		"SignatureVersion was changed from 2":          func(e *envelope.Envelope) { e.SignatureVersion = "1" },
		"a line break was added at the end of Message": func(e *envelope.Envelope) { e.Message += "\n" },
		"Type was changed from Notification":           func(e *envelope.Envelope) { e.Type = "SubscriptionConfirmation" },
		"":                                             func(e *envelope.Envelope) { e.Message = "bye" },
	} {
		e := good
		change(&e)
		if got := keys.Doubt(t.Context(), e); got != want {
			t.Errorf("%q instead of %q", got, want)
		}
	}
	e := good
	e.Message = "bye"
	if !keys.Signs(t.Context(), e, "hello") || keys.Signs(t.Context(), e, "bye") {
		t.Error("it does not know which message was signed")
	}
}
