package sender

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"webplug/domain"
)

const (
	// MaxRetryAfter bounds what an endpoint may ask for.
	MaxRetryAfter = 24 * time.Hour
	// drainLimit is how much of an answer is read beyond what is kept, so that its connection can be used again: about
	// what a new connection costs.
	drainLimit = 32 << 10
)

// answerBuffers hold answers while they are read. Most are short or empty.
var answerBuffers = sync.Pool{New: func() any { return new([domain.MaxAnswer]byte) }}

// readAnswer takes down an answer, and says whether it was read whole, so that its connection can carry another. Its
// status decides alone if it is no success; a success must come whole as far as it is kept, or the endpoint may have
// broken down on the way.
func readAnswer(answer *http.Response, at time.Time, c *conn, r *domain.Report) (whole bool) {
	code := answer.StatusCode
	if code < 100 {
		r.Cause = domain.CauseAnswerInvalid
		return false
	}
	r.StatusCode = code
	kept, whole, err := readBody(answer)
	r.Answer = kept
	switch {
	case code < 200 || code > 299:
		r.Cause = domain.CauseOfStatus(code)
		r.RetryAfter = retryAfter(answer.Header.Get("Retry-After"), at)
	case err != nil:
		r.Cause = causeOfAnswer(err, c.ended)
	}
	return whole
}

// readBody gives the first domain.MaxAnswer bytes of a body, nil if it is empty, whether its end was reached, and the
// error that came before them. The body is not closed: net/http would read it to its end, however far.
func readBody(answer *http.Response) (kept []byte, whole bool, err error) {
	if answer.StatusCode == http.StatusSwitchingProtocols { // whose body is the connection
		return nil, false, nil
	}
	if answer.ContentLength == 0 {
		return nil, true, nil
	}
	buffer := answerBuffers.Get().(*[domain.MaxAnswer]byte)
	defer answerBuffers.Put(buffer)
	n, err := fill(answer.Body, buffer[:])
	if n > 0 {
		kept = bytes.Clone(buffer[:n])
	}
	if errors.Is(err, io.EOF) {
		return kept, true, nil
	}
	if err == nil && !answer.Close && answer.ContentLength <= drainLimit {
		whole = drain(answer.Body, buffer[:])
	}
	return kept, whole, err
}

// fill reads until the buffer is full (nil) or an error comes (io.EOF at the end). Unlike io.ReadFull it tells a
// body's end from a body cut short, which is io.ErrUnexpectedEOF.
func fill(body io.Reader, buffer []byte) (n int, err error) {
	for n < len(buffer) && err == nil {
		var m int
		m, err = body.Read(buffer[n:])
		n += m
	}
	return n, err
}

// drain reads on to the end, but not far, and says whether it came there. What else goes wrong does not matter.
func drain(body io.Reader, buffer []byte) bool {
	for left := drainLimit; left > 0; {
		n, err := body.Read(buffer)
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		left -= n
	}
	return false
}

// retryAfter reads the header (RFC 9110 §10.2.3): seconds, or a date, counted from the attempt. 0 if it is missing,
// past or neither; MaxRetryAfter at most.
func retryAfter(header string, at time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0
	}
	if strings.Trim(header, "0123456789") == "" {
		seconds, err := strconv.ParseUint(header, 10, 64)
		if err != nil || seconds > uint64(MaxRetryAfter/time.Second) {
			return MaxRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(at), 0), MaxRetryAfter)
}
