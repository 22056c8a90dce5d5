package sender

import (
	"net"
	"net/url"
	"strconv"
	"sync"

	"webplug/domain"
)

const (
	// joinLimit is up to which length a body is copied behind its headers, to be written with them: one system call and
	// one TLS record.
	joinLimit = 16 << 10
	// besideLimit is up to which length a body is written before its answer is awaited. That much a kernel takes from
	// the writer even if the other side does not read.
	besideLimit = 64 << 10
)

// request is a webhook as it goes over the wire (RFC 9112 §3 to §6).
type request struct {
	head []byte // the request line, the headers and, if it is short, the body
	rest []byte // the body, if it is not in head
}

// requests are reused, for the room of their heads.
var requests = sync.Pool{New: func() any { return new(request) }}

// newRequest writes an attempt's request. The URL comes from ParseURL and the rest from the program, so no value holds
// the end of a line. The headers of the specification are in lower case, as it has them.
func (s *Sender) newRequest(u *url.URL, a domain.Attempt) *request {
	q := requests.Get().(*request)
	b := append(q.head[:0], "POST "...)
	b = append(b, u.RequestURI()...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, u.Host...)
	b = append(b, s.sameHeaders...)
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(a.Body)), 10)
	b = append(b, "\r\n"+headerID+": "...)
	b = append(b, a.MessageID...)
	b = append(b, "\r\n"+headerTimestamp+": "...)
	b = strconv.AppendInt(b, a.At.Unix(), 10)
	if len(a.Secrets) > 0 {
		b = append(b, "\r\n"+headerSignature+": "...)
		b = s.macs.appendSignature(b, a.MessageID, a.At, a.Body, a.Secrets)
	}
	b = append(b, "\r\n\r\n"...)
	q.rest = a.Body
	if len(a.Body) <= joinLimit {
		b, q.rest = append(b, a.Body...), nil
	}
	q.head = b
	return q
}

// release gives the request back when nobody writes it any more.
func (q *request) release() {
	q.rest = nil
	requests.Put(q)
}

// writeTo writes the request as a whole.
func (q *request) writeTo(c net.Conn) error {
	if len(q.rest) == 0 {
		_, err := c.Write(q.head)
		return err
	}
	parts := net.Buffers{q.head, q.rest} // one system call, but over TLS
	_, err := parts.WriteTo(c)
	return err
}
