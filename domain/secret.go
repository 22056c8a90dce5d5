package domain

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
)

// Secret is the raw key that signs an endpoint's webhooks. However it is printed, logged or encoded, it shows as
// "whsec_…": only Reveal gives the value. So it cannot be stored by encoding it either; what is to be kept (sealed) is
// []byte(secret).
type Secret []byte

// The size of a secret, in bytes (Standard Webhooks 1.0.0, "Signature scheme").
const (
	MinSecretBytes = 24
	MaxSecretBytes = 64
)

// ErrBadSecret says that a secret is of the wrong shape or size. It never holds the value.
var ErrBadSecret = errors.New("a secret must be whsec_ followed by the base64 of 24 to 64 bytes")

const (
	secretPrefix   = "whsec_"
	redactedSecret = secretPrefix + "…"
)

// NewSecret makes a secret of random bytes, MinSecretBytes to MaxSecretBytes of them. It keeps a copy.
func NewSecret(random []byte) (Secret, error) {
	if len(random) < MinSecretBytes || len(random) > MaxSecretBytes {
		return nil, fmt.Errorf("%d bytes: %w", len(random), ErrBadSecret)
	}
	return slices.Clone(random), nil
}

// ParseSecret reads what Reveal gave: "whsec_" and standard base64 with padding.
func ParseSecret(s string) (Secret, error) {
	encoded, ok := strings.CutPrefix(s, secretPrefix)
	if !ok || strings.ContainsAny(encoded, "\r\n") { // which the decoder would skip
		return nil, ErrBadSecret
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return nil, ErrBadSecret // its text would quote the value
	}
	return NewSecret(raw)
}

// Reveal is the secret as its owner needs it, "whsec_…" with the value. For the one answer that shows it.
func (s Secret) Reveal() string {
	return secretPrefix + base64.StdEncoding.EncodeToString(s)
}

// String hides the value.
func (s Secret) String() string { return redactedSecret }

// Format hides the value from every verb, %x and %#v included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redactedSecret) }

// LogValue hides the value from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redactedSecret) }

// MarshalText hides the value from JSON and every other encoding of texts.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redactedSecret), nil }
