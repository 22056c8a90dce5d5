package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// wire reads HTTP/1.1 requests or answers from one kept connection, with no more work than a bench needs: publishers and
// sink share two cores with what they measure, so net/http would measure itself. It knows Content-Length alone.
type wire struct {
	net.Conn
	r    *bufio.Reader
	line []byte
	id   []byte
	body []byte
}

// head is what matters of a request's or an answer's first lines. Its slices hold until the next read.
type head struct {
	line []byte // the first one, such as "POST /e/3 HTTP/1.1"
	id   []byte // webhook-id
	last bool   // the peer closes the connection after this
}

// longestBody bounds what is read, in bytes.
const longestBody = 8 << 20

var (
	errNotHTTP = errors.New("not HTTP/1.1 as the bench speaks it")
	errChunked = fmt.Errorf("%w: no Content-Length", errNotHTTP)
)

func newWire(c net.Conn) *wire { return &wire{Conn: c, r: bufio.NewReaderSize(c, 8<<10)} }

// read gives the next request or answer. io.EOF means that the peer closed the connection between two.
func (w *wire) read() (head, []byte, error) {
	line, err := w.r.ReadSlice('\n')
	if err != nil {
		if len(line) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return head{}, nil, err
	}
	w.line, w.id = append(w.line[:0], bytes.TrimRight(line, "\r\n")...), w.id[:0]
	length, last, err := w.fields()
	if err != nil {
		return head{}, nil, err
	}
	if cap(w.body) < length {
		w.body = make([]byte, length)
	}
	w.body = w.body[:length]
	if _, err := io.ReadFull(w.r, w.body); err != nil {
		return head{}, nil, fmt.Errorf("read a body: %w", err)
	}
	return head{line: w.line, id: w.id, last: last}, w.body, nil
}

// fields reads the header's fields up to the empty line.
func (w *wire) fields() (length int, last bool, err error) {
	for {
		line, err := w.r.ReadSlice('\n')
		if err != nil {
			return 0, false, fmt.Errorf("read a header: %w", err)
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			return length, last, nil
		}
		colon := bytes.IndexByte(line, ':')
		if colon < 0 {
			return 0, false, errNotHTTP
		}
		value := bytes.TrimSpace(line[colon+1:])
		switch name := line[:colon]; {
		case isField(name, "content-length"):
			length, err = strconv.Atoi(string(value))
			if err != nil || length < 0 || length > longestBody {
				return 0, false, fmt.Errorf("%w: Content-Length %q", errNotHTTP, value)
			}
		case isField(name, "transfer-encoding"):
			return 0, false, errChunked
		case isField(name, "connection"):
			last = isField(value, "close")
		case isField(name, "webhook-id"):
			w.id = append(w.id[:0], value...)
		}
	}
}

// isField compares without regard to case; lower is in lower case.
func isField(name []byte, lower string) bool {
	if len(name) != len(lower) {
		return false
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// status gives an answer's status code, 0 if its first line has none.
func (h head) status() int {
	_, rest, _ := bytes.Cut(h.line, []byte(" "))
	if len(rest) < 3 {
		return 0
	}
	code, err := strconv.Atoi(string(rest[:3]))
	if err != nil {
		return 0
	}
	return code
}

// path gives a request's path.
func (h head) path() []byte {
	_, rest, _ := bytes.Cut(h.line, []byte(" "))
	path, _, _ := bytes.Cut(rest, []byte(" "))
	return path
}
