package sender_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"webplug/domain"
)

const noContent = "HTTP/1.1 204 No Content\r\n\r\n"

// large is more than is written at once.
var large = bytes.Repeat([]byte("0123456789abcdef"), 240<<10/16)

func TestAttempt_uses_a_connection_again(t *testing.T) {
	answers := map[string]string{
		"no body":          noContent,
		"a body":           "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
		"chunks":           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
		"a failure":        "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops",
		"an error page":    fmt.Sprintf("HTTP/1.1 502 Bad Gateway\r\nContent-Length: %d\r\n\r\n%s", 20_000, large[:20_000]),
		"a hint before it": "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + noContent,
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			url, connections := rawEndpoint(t, func(_ int, c *net.TCPConn, in *bufio.Reader) {
				for request(in) {
					_, _ = io.WriteString(c, answer)
				}
			})
			s := open(t)
			for range 20 {
				if r := s.Attempt(t.Context(), webhook(url)); r.StatusCode == 0 {
					t.Fatalf("got %+v", r)
				}
			}
			if n := connections.Load(); n != 1 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

func TestAttempt_drops_a_connection_whose_answer_is_too_long(t *testing.T) {
	url, connections := rawEndpoint(t, func(_ int, c *net.TCPConn, in *bufio.Reader) {
		for request(in) {
			_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(large), large)
		}
	})
	s := open(t)
	for range 3 {
		if r := s.Attempt(t.Context(), webhook(url)); !r.Delivered() {
			t.Fatalf("got %+v", r)
		}
	}
	if n := connections.Load(); n != 3 {
		t.Errorf("%d connections", n)
	}
}

// An endpoint may close a connection that is kept for the next webhook at any time, so also in the moment in which that
// is on its way. That must not look like a failure.
func TestAttempt_survives_that_a_kept_connection_is_closed(t *testing.T) {
	// What the endpoint does with the second request of a connection.
	ways := map[string]func(*net.TCPConn, *bufio.Reader){
		"at once":                  func(*net.TCPConn, *bufio.Reader) {},
		"at once, by a reset":      reset,
		"at its first byte":        func(_ *net.TCPConn, in *bufio.Reader) { _, _ = in.Peek(1) },
		"at its first byte, reset": func(c *net.TCPConn, in *bufio.Reader) { _, _ = in.Peek(1); reset(c, in) },
		"in its middle, reset":     func(c *net.TCPConn, in *bufio.Reader) { _, _ = in.Discard(100); reset(c, in) },
		"when it has it":           func(_ *net.TCPConn, in *bufio.Reader) { request(in) },
		"when it has it, reset":    func(c *net.TCPConn, in *bufio.Reader) { request(in); reset(c, in) },
	}
	for name, close := range ways {
		for _, body := range [][]byte{nil, []byte(`{}`), large} {
			t.Run(fmt.Sprintf("%s/%d bytes", name, len(body)), func(t *testing.T) {
				t.Parallel()
				url, connections := rawEndpoint(t, func(_ int, c *net.TCPConn, in *bufio.Reader) {
					if request(in) {
						_, _ = io.WriteString(c, noContent)
						close(c, in)
					}
				})
				s := open(t)
				a := webhook(url)
				a.Body = body
				const rounds = 25
				for i := range rounds {
					r := s.Attempt(t.Context(), a)
					if !r.Delivered() {
						t.Fatalf("attempt %d: %+v", i+1, r)
					}
				}
				if n := connections.Load(); n > rounds {
					t.Errorf("%d connections for %d attempts", n, rounds)
				}
			})
		}
	}
}

// The whole pool goes stale at once when an endpoint restarts.
func TestAttempt_survives_that_an_endpoint_restarts(t *testing.T) {
	for _, body := range [][]byte{[]byte(`{}`), large} {
		var mu sync.Mutex
		var live []*net.TCPConn
		url, _ := rawEndpoint(t, func(_ int, c *net.TCPConn, in *bufio.Reader) {
			mu.Lock()
			live = append(live, c)
			mu.Unlock()
			for request(in) {
				_, _ = io.WriteString(c, noContent)
			}
		})
		s := open(t)
		a := webhook(url)
		a.Body = body
		for round := range 20 {
			var wg sync.WaitGroup
			for range 16 {
				wg.Go(func() {
					if r := s.Attempt(t.Context(), a); !r.Delivered() {
						t.Errorf("round %d: %+v", round, r)
					}
				})
			}
			wg.Wait()
			mu.Lock()
			for i, c := range live {
				if i%2 == 0 {
					_ = c.SetLinger(0)
				}
				_ = c.Close()
			}
			live = nil
			mu.Unlock()
		}
	}
}

func TestAttempt_does_not_insist_on_a_new_connection(t *testing.T) {
	for name, then := range map[string]func(*net.TCPConn, *bufio.Reader){"closed": leave, "reset": reset} {
		url, connections := rawEndpoint(t, func(_ int, c *net.TCPConn, in *bufio.Reader) {
			request(in)
			then(c, in)
		})
		if r := open(t).Attempt(t.Context(), webhook(url)); r.Cause != domain.CauseClosedEarly {
			t.Errorf("%s: got %+v", name, r)
		}
		if n := connections.Load(); n != 1 {
			t.Errorf("%s: %d connections", name, n)
		}
	}
}

// A part of an answer means that the endpoint has taken the request, so it is not made again.
func TestAttempt_does_not_repeat_what_an_endpoint_began_to_answer(t *testing.T) {
	var mu sync.Mutex
	requests := 0
	url, _ := rawEndpoint(t, func(_ int, c *net.TCPConn, in *bufio.Reader) {
		for answer := noContent; request(in); answer = "HTTP/1.1 2" {
			mu.Lock()
			requests++
			mu.Unlock()
			_, _ = io.WriteString(c, answer)
			if answer != noContent {
				return
			}
		}
	})
	s := open(t)
	s.Attempt(t.Context(), webhook(url))
	r := s.Attempt(t.Context(), webhook(url))
	mu.Lock()
	defer mu.Unlock()
	if r.Cause != domain.CauseClosedEarly || requests != 2 {
		t.Errorf("got %+v after %d requests", r, requests)
	}
}
