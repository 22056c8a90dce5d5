package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// The sink is all endpoints in one process, each on a port of its own, as endpoints are on hosts of their own. An endpoint's
// URL says what it does: /ok/<n> answers 200 at once, /fail/<n> answers 503, /hang/<n> never answers. A further port is for
// the bench: what has come so far.

var (
	answerOK    = []byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	answerFail  = []byte("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
	answerWrong = []byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
)

// okURL is the n-th endpoint, at an address of the sink.
func okURL(address string, n int) string { return fmt.Sprintf("http://%s/ok/%d", address, n) }

type sink struct{ tally *tally }

// serve answers all connections of a listener until it is closed.
func (s *sink) serve(l net.Listener) error {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		go s.answer(newWire(c))
	}
}

func (s *sink) answer(w *wire) {
	defer func() { _ = w.Close() }() // whatever ended it, the sender sees the end
	for {
		h, body, err := w.read()
		if errors.Is(err, errNotHTTP) {
			_, _ = w.Write(answerWrong) // best effort: the connection ends anyway
		}
		if err != nil {
			return
		}
		kind, n, err := endpointOf(h.path())
		switch {
		case err != nil:
			_, _ = w.Write(answerWrong)
			return
		case kind == "hang":
			_, _ = io.Copy(io.Discard, w) // until the sender gives up
			return
		case kind == "fail":
			_, err = w.Write(answerFail)
		default:
			s.tally.add(n, h.id, body)
			_, err = w.Write(answerOK)
		}
		if err != nil || h.last {
			return
		}
	}
}

// mostEndpoints bounds the memory that a wrong path can take.
const mostEndpoints = 1000

func endpointOf(path []byte) (kind string, n int, err error) {
	first, number, _ := bytes.Cut(bytes.TrimPrefix(path, []byte("/")), []byte("/"))
	n, err = strconv.Atoi(string(number))
	if err != nil || n < 0 || n >= mostEndpoints {
		return "", 0, fmt.Errorf("%w: path %q", errNotHTTP, path)
	}
	switch string(first) {
	case "ok":
		return "ok", n, nil
	case "fail":
		return "fail", n, nil
	case "hang":
		return "hang", n, nil
	}
	return "", 0, fmt.Errorf("%w: path %q", errNotHTTP, path)
}

// control is what the bench asks a sink.
func (s *sink) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /reset", func(http.ResponseWriter, *http.Request) { s.tally.reset() })
	mux.HandleFunc("GET /count", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, s.tally.sum()) })
	mux.HandleFunc("GET /spread", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, s.tally.spread()) })
	mux.HandleFunc("GET /await/{deliveries}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("deliveries"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		select {
		case <-s.tally.await(n):
			answerJSON(w, s.tally.sum())
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("POST /missing/{endpoint}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("endpoint"))
		set, err2 := io.ReadAll(io.LimitReader(r.Body, longestBody))
		if err := errors.Join(err, err2); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answerJSON(w, s.tally.missing(n, set))
	})
	return mux
}

// runSink is the sink's process.
func runSink(ctx context.Context, args []string, std streams) error {
	flags := flag.NewFlagSet("bench sink", flag.ContinueOnError)
	n := flags.Int("endpoints", 1, "how many")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s := &sink{newTally(time.Now)}
	var at ready
	for range *n {
		l, err := listen(ctx)
		if err != nil {
			return err
		}
		go func() { _ = s.serve(l) }() // ends with the process
		at.Endpoints = append(at.Endpoints, l.Addr().String())
	}
	control, err := listen(ctx)
	if err != nil {
		return err
	}
	at.Address = control.Addr().String()
	return serveUntil(ctx, std, at, &http.Server{Handler: s.control(), ReadHeaderTimeout: 10 * time.Second}, control)
}

// listen listens on a free port of loopback.
func listen(ctx context.Context) (net.Listener, error) {
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return l, nil
}
