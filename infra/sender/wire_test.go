package sender_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"webplug/domain"
	"webplug/infra/sender"
)

// Servers say 408 when they close an idle connection; and what comes before a request cannot be its answer.
func TestAttempt_takes_nothing_unasked_for_an_answer(t *testing.T) {
	for name, unasked := range map[string]string{
		"at once":      "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
		"a line break": "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			url, connections := rawEndpoint(t, func(_ int, c *net.TCPConn, in *bufio.Reader) {
				for request(in) {
					_, _ = io.WriteString(c, noContent+unasked)
				}
			})
			s := open(t)
			for range 5 {
				if r := s.Attempt(t.Context(), webhook(url)); r.StatusCode != 204 {
					t.Fatalf("got %+v", r)
				}
			}
			if n := connections.Load(); n != 5 {
				t.Errorf("%d connections", n)
			}
		})
	}
	t.Run("later", func(t *testing.T) {
		said := make(chan struct{}, 5)
		url, connections := rawEndpoint(t, func(_ int, c *net.TCPConn, in *bufio.Reader) {
			request(in)
			_, _ = io.WriteString(c, noContent)
			time.AfterFunc(time.Millisecond, func() {
				_, _ = io.WriteString(c, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
				said <- struct{}{}
			})
			_, _ = in.Peek(1)
		})
		s := open(t)
		for range 5 {
			if r := s.Attempt(t.Context(), webhook(url)); r.StatusCode != 204 {
				t.Fatalf("got %+v", r)
			}
			<-said
		}
		if n := connections.Load(); n != 5 {
			t.Errorf("%d connections", n)
		}
	})
}

// gathered is a connection whose writes leave together.
type gathered struct {
	*net.TCPConn
	out bytes.Buffer
}

func (g *gathered) Write(b []byte) (int, error) { return g.out.Write(b) }

func (g *gathered) Read(b []byte) (int, error) {
	if _, err := g.out.WriteTo(g.TCPConn); err != nil {
		return 0, err
	}
	return g.TCPConn.Read(b)
}

func TestAttempt_takes_nothing_unasked_over_TLS_for_an_answer(t *testing.T) {
	ca := newAuthority(t)
	config := &tls.Config{Certificates: []tls.Certificate{ca.certificate(-1, 1, nil)}}
	url, connections := rawEndpoint(t, func(_ int, c *net.TCPConn, _ *bufio.Reader) {
		secured := tls.Server(&gathered{TCPConn: c}, config)
		for in := bufio.NewReader(secured); request(in); {
			_, _ = io.WriteString(secured, noContent) // one record
			_, _ = io.WriteString(secured, "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
		}
	})
	s := open(t, func(o *sender.Options) { o.TLS = &tls.Config{RootCAs: ca.pool} })
	for range 5 {
		if r := s.Attempt(t.Context(), webhook("https"+url[len("http"):])); r.StatusCode != 204 {
			t.Fatalf("got %+v", r)
		}
	}
	if n := connections.Load(); n != 5 {
		t.Errorf("%d connections", n)
	}
}

// An endpoint may refuse a webhook by its headers, and then read no more.
func TestAttempt_hears_an_answer_before_its_body_is_written(t *testing.T) {
	const refused = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
	synctest.Test(t, func(t *testing.T) { // a pipe has no buffers: what is not read is not written
		var connections atomic.Int64
		s := open(t, world(func(c net.Conn, in *bufio.Reader) {
			_, _ = http.ReadRequest(in)
			_, _ = io.WriteString(c, refused)
			time.Sleep(time.Minute)
		}, &connections))
		a := webhook("http://hooks.example.com/")
		a.Body = large
		if r := s.Attempt(t.Context(), a); r.StatusCode != 413 || r.Duration > time.Second {
			t.Errorf("got %+v", r)
		}
		time.Sleep(time.Hour)
	})
}

// The deadline of one attempt, or its cancelled context, is not that of the next on the same connection.
func TestAttempt_leaves_no_deadline_on_a_kept_connection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var connections atomic.Int64
		s := open(t, world(func(c net.Conn, in *bufio.Reader) {
			for request(in) {
				time.Sleep(10 * time.Second)
				_, _ = io.WriteString(c, noContent)
			}
		}, &connections))
		for range 5 {
			ctx, cancel := context.WithCancel(t.Context())
			r := s.Attempt(ctx, webhook("http://hooks.example.com/"))
			cancel()
			synctest.Wait()
			if !r.Delivered() || r.Duration != 10*time.Second {
				t.Fatalf("got %+v", r)
			}
		}
		if n := connections.Load(); n != 1 {
			t.Errorf("%d connections", n)
		}
		s.Close()
		synctest.Wait()
	})
}

func TestAttempt_after_the_end_of_its_context_sends_nothing(t *testing.T) {
	url, got := endpoint(t, answerWith(204))
	s := open(t)
	s.Attempt(t.Context(), webhook(url))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := s.Attempt(ctx, webhook(url)); r.Cause != domain.CauseTimeout || len(got()) != 1 {
		t.Errorf("got %+v", r)
	}
}

func TestAttempt_uses_a_TLS_connection_again(t *testing.T) {
	ca := newAuthority(t)
	server := ca.server(&tls.Config{Certificates: []tls.Certificate{ca.certificate(-1, 1, nil)}})
	var connections atomic.Int64
	s := open(t, func(o *sender.Options) {
		o.TLS = &tls.Config{RootCAs: ca.pool}
		o.Guard.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			connections.Add(1)
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
	})
	a := webhook(server.URL)
	for i := range 10 {
		a.Body = large[:len(large)/(i+1)]
		if r := s.Attempt(t.Context(), a); !r.Delivered() {
			t.Fatalf("got %+v", r)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
	server.CloseClientConnections()
	if r := s.Attempt(t.Context(), a); !r.Delivered() || connections.Load() != 2 {
		t.Errorf("got %+v on connection %d", r, connections.Load())
	}
}

// What a URL has in it stays in the request's first line.
func TestAttempt_cannot_be_given_headers(t *testing.T) {
	url, got := endpoint(t, answerWith(204))
	path := "/a%0d%0aX-Evil:%201?b=%0d%0aX-Evil:1"
	if r := open(t).Attempt(t.Context(), webhook(url+path)); !r.Delivered() {
		t.Fatalf("got %+v", r)
	}
	if sent := got()[0]; sent.Header.Get("X-Evil") != "" || sent.RequestURI != path {
		t.Errorf("got %s %v", sent.RequestURI, sent.Header)
	}
	for _, raw := range []string{url + "/\r\nX-Evil: 1", url + "/?\nX-Evil: 1", strings.Replace(url, "127", "%0d%0a127", 1)} {
		if r := open(t).Attempt(t.Context(), webhook(raw)); r.Cause != domain.CauseURLInvalid {
			t.Errorf("%q: got %+v", raw, r)
		}
	}
}
