package sender

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"time"
)

// The headers of Standard Webhooks 1.0.0 ("Webhook metadata" and "Signature scheme"), in lower case as it writes them.
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

const signatureVersion = "v1," // HMAC-SHA256

// Signature is the value of webhook-signature: for each secret, in the order given, "v1," and the base64 of the
// HMAC-SHA256 of "{id}.{Unix seconds}.{body}", separated by spaces. A receiver takes any that matches, which is how a
// secret is rotated without a gap. "" if there is no secret.
func Signature(id string, at time.Time, body []byte, secrets [][]byte) string {
	var m macs
	return string(m.appendSignature(nil, id, at, body, secrets))
}

func (m *macs) appendSignature(header []byte, id string, at time.Time, body []byte, secrets [][]byte) []byte {
	var room [128]byte
	signed := append(room[:0], id...)
	signed = append(signed, '.')
	signed = strconv.AppendInt(signed, at.Unix(), 10)
	signed = append(signed, '.')

	var sum [sha256.Size]byte
	header = slices.Grow(header, len(secrets)*(len(signatureVersion)+base64.StdEncoding.EncodedLen(len(sum))+1))
	for i, secret := range secrets {
		mac, room := m.take(secret)
		mac.Write(signed)
		mac.Write(body)
		if i > 0 {
			header = append(header, ' ')
		}
		header = append(header, signatureVersion...)
		header = base64.StdEncoding.AppendEncode(header, mac.Sum(sum[:0]))
		room.Put(mac)
	}
	return header
}
