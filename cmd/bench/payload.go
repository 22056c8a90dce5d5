package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// A message's payload is {"bench":"<sequence>.<sent>.<text>"}: 16 hex digits, 16 hex digits (Unix nanoseconds), random
// text. Fixed widths let a publisher write the next message over the last one, and let the sink read it where it stands,
// whatever is around it.
const (
	payloadStart = `"bench":"`
	digits       = 16
	stampLen     = 2 * (digits + 1)
	textLen      = 1024
)

// message is a body to publish, written anew for each message in the same bytes.
type message struct {
	body  []byte
	stamp []byte // in body
	text  []byte // in body
	rng   *rand.PCG
}

// newMessage makes a body for WebPlug's API; the relay takes the same. user may be empty: to all.
func newMessage(eventType, user string, seed uint64) *message {
	var b bytes.Buffer
	b.WriteString(`{"event_type":` + strconv.Quote(eventType))
	if user != "" {
		b.WriteString(`,"user_id":` + strconv.Quote(user))
	}
	b.WriteString(`,"payload":{` + payloadStart)
	at := b.Len()
	b.Write(make([]byte, stampLen+textLen))
	b.WriteString(`"}}`)
	m := &message{body: b.Bytes(), rng: rand.NewPCG(seed, 0)}
	m.stamp = m.body[at : at+stampLen]
	m.text = m.body[at+stampLen : at+stampLen+textLen]
	return m
}

// textAlphabet has 64 letters, so that 6 random bits are one; none needs escaping in JSON.
const textAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// write makes the body the next message's.
func (m *message) write(seq int, sent time.Time) {
	putHex(m.stamp[:digits], uint64(seq))
	m.stamp[digits] = '.'
	putHex(m.stamp[digits+1:2*digits+1], uint64(sent.UnixNano()))
	m.stamp[2*digits+1] = '.'
	for i := 0; i < len(m.text); {
		bits := m.rng.Uint64()
		for range 10 {
			if i == len(m.text) {
				break
			}
			m.text[i] = textAlphabet[bits&63]
			bits >>= 6
			i++
		}
	}
}

func putHex(dst []byte, n uint64) {
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = "0123456789abcdef"[n&15]
		n >>= 4
	}
}

// readStamp finds a message's sequence number and intended time of sending in what was delivered.
func readStamp(body []byte) (seq int, sent time.Time, err error) {
	_, rest, found := bytes.Cut(body, []byte(payloadStart))
	if !found || len(rest) < stampLen {
		return 0, time.Time{}, fmt.Errorf("no message of the bench in %.80q", body)
	}
	n, err := getHex(rest[:digits])
	if err != nil {
		return 0, time.Time{}, err
	}
	nanos, err := getHex(rest[digits+1 : 2*digits+1])
	return int(n), time.Unix(0, int64(nanos)), err
}

func getHex(src []byte) (uint64, error) {
	n := uint64(0)
	for _, c := range src {
		switch {
		case '0' <= c && c <= '9':
			n = n<<4 | uint64(c-'0')
		case 'a' <= c && c <= 'f':
			n = n<<4 | uint64(c-'a'+10)
		default:
			return 0, fmt.Errorf("no hex number: %q", src)
		}
	}
	return n, nil
}
