package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// The sink is all endpoints in one process. An endpoint's URL says what it does: /ok/<n> answers 200 at once, /fail/<n>
// answers 503, /hang/<n> never answers. A second port is for the bench: what has come so far.

var (
	answerOK    = []byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	answerFail  = []byte("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
	answerWrong = []byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
)

// sinkURL is the n-th endpoint of a sink.
func sinkURL(address string, n int) string { return fmt.Sprintf("http://%s/ok/%d", address, n) }

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
func runSink(ctx context.Context, _ []string, std streams) error {
	endpoints, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s := &sink{newTally(time.Now)}
	go func() { _ = s.serve(endpoints) }() // ends with the process
	server := &http.Server{Handler: s.control(), ReadHeaderTimeout: 10 * time.Second}
	return serveUntil(ctx, std, ready{Address: endpoints.Addr().String(), Control: control.Addr().String()}, server, control)
}
