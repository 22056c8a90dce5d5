package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// Limits of streams of server-sent events (WHATWG HTML, 9.2). A stream reads the journal as a query does and keeps nothing in memory
// between two parts, so a slow reader delays nobody.
const (
	streamsOfKey   = 16
	streamsInAll   = 128
	streamPart     = 100              // events that are read at once
	keepAlive      = 15 * time.Second // without an event, a comment says that the stream lives
	slowestReading = 10 * time.Second // who takes longer for one part is cut off
	streamRetry    = time.Second      // after which a client shall reconnect
)

// streams counts those that are open, and ends them.
type streams struct {
	mu     sync.Mutex
	open   map[string]int // by actor
	total  int
	ending chan struct{} // closed when all shall end
	ended  bool
}

func newStreams() streams {
	return streams{open: map[string]int{}, ending: make(chan struct{})}
}

// begin takes one of a key's places.
func (s *streams) begin(actor string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[actor] >= streamsOfKey || s.total >= streamsInAll {
		e := domain.Refuse(domain.TooMany, "", "there are %d streams open; a key may have %d, all keys together %d", s.total, streamsOfKey, streamsInAll)
		e.Code = "too-many-streams"
		return e
	}
	s.open[actor]++
	s.total++
	return nil
}

func (s *streams) end(actor string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	if s.open[actor]--; s.open[actor] == 0 {
		delete(s.open, actor)
	}
}

// Streams is how many live streams are open.
func (a *API) Streams() int {
	a.streams.mu.Lock()
	defer a.streams.mu.Unlock()
	return a.streams.total
}

// EndStreams ends all live streams, and those that begin later, each with the cursor to go on from. It is for a server
// that ends, which would wait for them.
func (a *API) EndStreams() {
	a.streams.mu.Lock()
	defer a.streams.mu.Unlock()
	if !a.streams.ended {
		a.streams.ended = true
		close(a.streams.ending)
	}
}

// stream answers events until the client goes, the server ends, or the key is revoked.
func (a *API) stream(c *call, f projections.LiveFilter, r projections.LiveRequest) error {
	actor := c.cause.Actor
	if err := a.streams.begin(actor); err != nil {
		return err
	}
	defer a.streams.end(actor)
	ctx, cancel := context.WithCancel(c.Request().Context()) // not the time limit of other requests
	defer cancel()
	r.Limit, r.Wait = streamPart, 0
	page, err := a.Queries.Live(ctx, c.service.ID, f, r) // what is wrong with the request is a problem, not a stream
	if err != nil {
		return err
	}
	s := sse{c: c, control: http.NewResponseController(c.Response()), now: a.Clock}
	if err := s.begin(); err != nil {
		return err
	}
	for {
		shown, err := a.showLive(ctx, c, page)
		if err == nil {
			err = s.send(shown, page.Next)
		}
		if err != nil {
			return a.endStream(&s, err)
		}
		if err := a.stillOpen(ctx, c); err != nil {
			return a.endStream(&s, err)
		}
		r = projections.LiveRequest{Cursor: page.Next, Limit: streamPart, Wait: keepAlive}
		if page, err = a.nextLive(ctx, c.service.ID, f, r); err != nil {
			return a.endStream(&s, err)
		}
	}
}

// nextLive waits for the next part, or for the end of all streams.
func (a *API) nextLive(ctx context.Context, service string, f projections.LiveFilter, r projections.LiveRequest) (projections.LivePage, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-a.streams.ending:
			cancel(errShutdown)
		case <-stop:
		}
	}()
	page, err := a.Queries.Live(ctx, service, f, r)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return page, err
}

// errShutdown ends a stream with its server.
var errShutdown = fmt.Errorf("the server ends: %w", context.Canceled)

// stillOpen refuses to go on for a key that was revoked meanwhile, and for a server that ends.
func (a *API) stillOpen(ctx context.Context, c *call) error {
	select {
	case <-a.streams.ending:
		return errShutdown
	default:
	}
	_, err := a.authenticate(ctx, c.Request())
	return err
}

// endStream says why, where the client is still there.
func (a *API) endStream(s *sse, err error) error {
	reason := "unavailable"
	switch {
	case s.broken || s.c.Request().Context().Err() != nil:
		return nil
	case errors.Is(err, errShutdown):
		reason = "shutdown"
	case problemOf(err).Status == http.StatusUnauthorized:
		reason = problemOf(err).Type
	default:
		a.Logger.Warn("a live stream ends", "error", err, "request_id", s.c.Response().Header().Get(headerRequestID))
	}
	_ = s.write(fmt.Appendf(nil, "event: end\ndata: {\"reason\":%q,\"cursor\":%q}\n\n", reason, s.last))
	return nil
}

// sse writes one stream.
type sse struct {
	c       *call
	control *http.ResponseController
	now     eventlog.Clock
	last    string // place that was reached last
	broken  bool   // nothing can be sent any more
}

func (s *sse) begin() error {
	h := s.c.Response().Header()
	h["Content-Type"] = []string{"text/event-stream"}
	h["X-Accel-Buffering"] = []string{"no"} // for a proxy in between
	s.c.Response().WriteHeader(http.StatusOK)
	_ = s.control.SetReadDeadline(time.Time{}) // the server's is for requests; where there is none nothing is to be lifted
	return s.write(fmt.Appendf(nil, "retry: %d\n", streamRetry.Milliseconds()))
}

// send sends events, each with its place, or else a comment with the place that was reached.
func (s *sse) send(events []liveEvent, next string) error {
	var out bytes.Buffer
	for i, e := range events {
		data, err := json.Marshal(e, json.Deterministic(true))
		if err != nil {
			return err
		}
		id := e.cursor
		if i == len(events)-1 {
			id = next
		}
		fmt.Fprintf(&out, "id: %s\ndata: %s\n\n", id, data)
	}
	if len(events) == 0 {
		fmt.Fprintf(&out, ": no event\nid: %s\n\n", next)
	}
	s.last = next
	return s.write(out.Bytes())
}

func (s *sse) write(p []byte) error {
	_ = s.control.SetWriteDeadline(s.now().Add(slowestReading))
	_, err := s.c.Response().Write(p)
	if err == nil {
		err = s.control.Flush()
	}
	s.broken = s.broken || err != nil
	return err
}
