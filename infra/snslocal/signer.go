package snslocal

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // SignatureVersion 1 is SHA1withRSA
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"time"
)

// signer signs as SNS does: SHA1withRSA as version 1, SHA256withRSA as version 2 (Amazon SNS Developer Guide, "Verifying the
// signatures of Amazon SNS messages"). Its key lies in the folder, so that a certificate stays good.
type signer struct {
	key         *rsa.PrivateKey
	random      io.Reader
	certificate []byte // PEM
}

type storedSigner struct {
	Key         []byte `json:"key"`         // PKCS #1
	Certificate []byte `json:"certificate"` // PEM
}

const keyBits = 2048

func openSigner(st *store, random io.Reader, now time.Time) (*signer, error) {
	var kept storedSigner
	found, err := st.read(keySigner, &kept)
	if err != nil {
		return nil, err
	}
	if !found {
		if kept, err = newSigner(random, now); err != nil {
			return nil, fmt.Errorf("make a signing key: %w", err)
		}
		if err := st.apply(true, write{keySigner, kept}); err != nil {
			return nil, err
		}
	}
	key, err := x509.ParsePKCS1PrivateKey(kept.Key)
	if err != nil {
		return nil, fmt.Errorf("read the signing key: %w", err)
	}
	return &signer{key, random, kept.Certificate}, nil
}

func newSigner(random io.Reader, now time.Time) (storedSigner, error) {
	key, err := rsa.GenerateKey(random, keyBits)
	if err != nil {
		return storedSigner{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "sns.local"}, DNSNames: []string{"sns.local"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(random, template, template, key.Public(), key)
	if err != nil {
		return storedSigner{}, err
	}
	return storedSigner{x509.MarshalPKCS1PrivateKey(key), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}, nil
}

// name is the certificate's file, as SNS names its own.
func (s *signer) name() string {
	sum := sha256.Sum256(s.certificate)
	return "SimpleNotificationService-" + hex.EncodeToString(sum[:16]) + ".pem"
}

var errVersion = errors.New("unknown SignatureVersion")

// sign signs a text, in base64.
func (s *signer) sign(version, text string) (string, error) {
	var hash crypto.Hash
	var digest []byte
	switch version {
	case "1":
		sum := sha1.Sum([]byte(text)) //nolint:gosec // as above
		hash, digest = crypto.SHA1, sum[:]
	case "2":
		sum := sha256.Sum256([]byte(text))
		hash, digest = crypto.SHA256, sum[:]
	default:
		return "", errVersion
	}
	signature, err := rsa.SignPKCS1v15(s.random, s.key, hash, digest)
	if err != nil {
		return "", fmt.Errorf("sign a message: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}
