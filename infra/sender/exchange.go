package sender

import (
	"context"
	"errors"
	"net/http"
	"time"

	"webplug/domain"
)

const (
	answerHeaders    = 64 << 10 // bytes of an answer's headers, those of its 1xx answers included
	maxInformational = 100      // 1xx answers before the one that counts
	// writeGrace is how long a writer may take to say that it is done, once the answer is there.
	writeGrace = 50 * time.Millisecond
)

var errInformational = errors.New("too many informational answers")

// exchange writes a request to a connection, reads its answer into the report, and keeps or closes the connection. It
// says instead that the connection was stale if it had been kept and ended without a byte of an answer: then nothing is
// reported (RFC 9112 §9.3.1 on making such a request again).
func (s *Sender) exchange(ctx context.Context, c *conn, q *request, at time.Time, r *domain.Report) (stale bool) {
	stop := never
	if ctx.Done() != nil {
		stop = context.AfterFunc(ctx, c.interrupt)
	}
	w := c.write(q)
	answer, err := c.readHead(&w) //nolint:bodyclose // closing would read on to its end; the connection is closed instead
	whole := false
	if err == nil {
		whole = readAnswer(answer, at, c, r) && !answer.Close && c.in.Buffered() == 0
	} else if stale = c.reused && !c.answered && connectionEnded(err); !stale {
		r.Cause = causeOf(err, c.ended)
	}
	whole = whole && w.done()
	if !stop() || !whole { // an interrupt under way would hit the next request
		c.abort()
		w.wait()
		return stale
	}
	s.pool.put(c)
	return stale
}

// never is how a context is unwatched that cannot end.
func never() bool { return true }

// writing is a request on its way.
type writing struct {
	err    error
	beside chan error // nil: err is what came of it
}

// write writes a request: a long one beside the reader, since an endpoint may refuse it before it has read it all and
// read no more (RFC 9112 §9.5: a client watches for that).
func (c *conn) write(q *request) writing {
	if len(q.rest) <= besideLimit {
		return writing{err: q.writeTo(c.stream)}
	}
	beside := make(chan error, 1)
	go func() { beside <- q.writeTo(c.stream) }()
	return writing{beside: beside}
}

// done says whether the request has been written whole.
func (w *writing) done() bool {
	if w.beside == nil {
		return w.err == nil
	}
	grace := time.NewTimer(writeGrace)
	defer grace.Stop()
	select {
	case w.err = <-w.beside:
		w.beside = nil
		return w.err == nil
	case <-grace.C:
		return false
	}
}

// wait waits until nothing is written any more, after the connection was closed.
func (w *writing) wait() {
	if w.beside != nil {
		w.err = <-w.beside
	}
}

// readHead reads an answer up to its body, past informational ones (RFC 9110 §15.2) but for 101, which ends HTTP. An
// answer may be there though the request could not be written: then it says why.
func (c *conn) readHead(w *writing) (*http.Response, error) {
	if w.err != nil && timedOut(w.err) {
		return nil, w.err
	}
	c.allowance = answerHeaders
	if _, err := c.in.Peek(1); err != nil {
		return nil, err
	}
	c.answered = true
	for range maxInformational {
		answer, err := http.ReadResponse(c.in, nil) // without a request it is to none of HEAD or CONNECT
		if err != nil {
			return nil, err
		}
		if answer.StatusCode < 100 || answer.StatusCode > 199 || answer.StatusCode == http.StatusSwitchingProtocols {
			c.unbound()
			return answer, nil
		}
	}
	return nil, errInformational
}
