package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/go-json-experiment/json"
)

// A role is one of the bench's own processes: relay, sink or publisher. It says on its first line of output that it is
// ready, and ends when its input ends, so that none outlives the bench.

// streams are a process's own.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// ready is a role's first line.
type ready struct {
	Address   string   `json:"address"`
	Endpoints []string `json:"endpoints,omitempty"` // the sink's addresses
}

// say writes one line of JSON.
func (s streams) say(v any) error {
	if err := json.MarshalWrite(s.out, v); err != nil {
		return fmt.Errorf("write to the bench: %w", err)
	}
	_, err := io.WriteString(s.out, "\n")
	return err
}

// untilInputEnds gives a context that ends with the process's input.
func (s streams) untilInputEnds(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, s.in) // any end will do
		cancel()
	}()
	return ctx, cancel
}

// serveUntil serves until the process's input ends.
func serveUntil(ctx context.Context, std streams, r ready, server *http.Server, l net.Listener) error {
	ctx, cancel := std.untilInputEnds(ctx)
	defer cancel()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	if err := std.say(r); err != nil {
		return err
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	if err := server.Close(); err != nil {
		return fmt.Errorf("end serving: %w", err)
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

func answerJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.MarshalWrite(w, v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}
