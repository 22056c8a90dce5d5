package sender_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"webplug/domain"
	"webplug/infra/sender"
)

// Every cause of a failure without TLS, each shown by something real that fails so.
func TestAttempt_names_the_cause_of_a_failure(t *testing.T) {
	tests := []struct {
		name   string
		url    func(*testing.T) string
		change func(*sender.Options)
		want   domain.Cause
		status int
	}{
		{"the name does not exist", named("gone.test"), resolvedBy(nameServer(t, dnsmessage.RCodeNameError)), "dns_no_host", 0},
		{"the name has no address", named("empty.test"), resolvedBy(nameServer(t, dnsmessage.RCodeSuccess)), "dns_no_host", 0},
		{"the name server is broken", named("broken.test"), resolvedBy(nameServer(t, dnsmessage.RCodeServerFailure)), "dns_failed", 0},
		{"nobody listens", func(t *testing.T) string { return unusedURL(t) }, nil, "connect_refused", 0},
		{"nobody can be reached there", fixed("http://255.255.255.255/"), nil, "connect_failed", 0},
		{"an internal address", mute, func(o *sender.Options) { o.Guard.AllowPrivate = false }, "address_refused", 0},
		{"a URL that cannot be requested", fixed("ftp://example.com/"), nil, "url_invalid", 0},
		{"an IPv4 address in another spelling", fixed("http://0x7f000001/"), nil, "url_invalid", 0},
		{"no answer", mute, within(100 * time.Millisecond), "timeout", 0},
		{"no connection in time", fixed("http://127.0.0.1/"), func(o *sender.Options) {
			o.Timeout, o.Guard.Dial = 100*time.Millisecond, func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		}, "timeout", 0},
		{"headers that stop", answering("HTTP/1.1 200 OK\r\nContent-Type: te", hold), within(100 * time.Millisecond), "timeout", 0},
		{"a body that stops", answering("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", hold), within(time.Second), "timeout", 200},
		{"closed without an answer", answering("", leave), nil, "closed_early", 0},
		{"reset without an answer", answering("", reset), nil, "closed_early", 0},
		{"half-closed without an answer", answering("", halfClose), nil, "closed_early", 0},
		{"closed before a request", closing, nil, "closed_early", 0},
		{"closed within the headers", answering("HTTP/1.1 200 OK\r\nContent-Ty", leave), nil, "closed_early", 0},
		{"closed within the body", answering("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", leave), nil, "closed_early", 200},
		{"reset within the body", answering("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", reset), nil, "closed_early", 200},
		{"closed within a chunk", answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", leave), nil, "closed_early", 200},
		{"bytes that are not HTTP", answering("220 mail.example.com ESMTP\r\n", leave), nil, "answer_invalid", 0},
		{"a greeting before the request", greeting, nil, "answer_invalid", 0},
		{"a status that is no number", answering("HTTP/1.1 OK\r\n\r\n", leave), nil, "answer_invalid", 0},
		{"a status below 100", answering("HTTP/1.1 042 What\r\nContent-Length: 0\r\n\r\n", leave), nil, "answer_invalid", 0},
		{"headers that are none", answering("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", leave), nil, "answer_invalid", 0},
		{"two lengths", answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", leave), nil, "answer_invalid", 0},
		{"chunks that are none", answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", leave), nil, "answer_invalid", 200},
		{"closed within a first line that is none", answering("\x00\x00\x12\x04\x00", leave), nil, "closed_early", 0},
		{"a server error", answering("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", leave), nil, "http_503", 503},
		{"a server error cut short", answering("HTTP/1.1 500 Oops\r\nContent-Length: 9\r\n\r\nhalf", leave), nil, "http_500", 500},
		{"a client error", answering("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", leave), nil, "http_410", 410},
		{"another protocol", answering("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", leave), nil, "http_101", 101},
		{"a status unheard of", answering("HTTP/1.1 799 ?\r\nContent-Length: 0\r\n\r\n", leave), nil, "http_799", 799},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			change := test.change
			if change == nil {
				change = func(*sender.Options) {}
			}
			a := webhook(test.url(t))
			r := open(t, change).Attempt(t.Context(), a)
			if r.Cause != test.want || r.StatusCode != test.status || r.Delivered() {
				t.Errorf("got %q with status %d, want %q with %d", r.Cause, r.StatusCode, test.want, test.status)
			}
			if _, known := domain.ParseCause(string(r.Cause)); !known {
				t.Errorf("%q is not of the vocabulary", r.Cause)
			}
			if r.AttemptID != a.ID || r.URL != a.URL || !r.At.Equal(a.At) || r.Duration <= 0 {
				t.Errorf("the report is of something else: %+v", r)
			}
		})
	}
}

func TestAttempt_ends_with_its_context(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url, _ := rawEndpoint(t, func(_ int, _ *net.TCPConn, in *bufio.Reader) {
		request(in)
		cancel()
		_, _ = in.ReadByte()
	})
	if r := open(t).Attempt(ctx, webhook(url)); r.Cause != domain.CauseTimeout {
		t.Fatalf("got %+v", r)
	}
}

func fixed(url string) func(*testing.T) string { return func(*testing.T) string { return url } }

func named(host string) func(*testing.T) string { return fixed("http://" + host + "/hooks") }

// What an endpoint does after it has written its answer.
func leave(*net.TCPConn, *bufio.Reader)     {}
func hold(_ *net.TCPConn, in *bufio.Reader) { _, _ = in.ReadByte() }
func reset(c *net.TCPConn, _ *bufio.Reader) { _ = c.SetLinger(0) }
func halfClose(c *net.TCPConn, in *bufio.Reader) {
	_ = c.CloseWrite()
	_, _ = in.ReadByte()
}

// answering is an endpoint that reads a request, writes a text and then does something.
func answering(text string, then func(*net.TCPConn, *bufio.Reader)) func(*testing.T) string {
	return func(t *testing.T) string {
		url, _ := rawEndpoint(t, func(_ int, c *net.TCPConn, in *bufio.Reader) {
			if request(in) {
				_, _ = io.WriteString(c, text)
				then(c, in)
			}
		})
		return url
	}
}

// closing is an endpoint that closes each connection as soon as it has it.
func closing(t *testing.T) string {
	url, _ := rawEndpoint(t, func(int, *net.TCPConn, *bufio.Reader) {})
	return url
}

// mute is an endpoint that reads all and says nothing.
func mute(t *testing.T) string {
	url, _ := rawEndpoint(t, func(_ int, _ *net.TCPConn, in *bufio.Reader) { _, _ = io.Copy(io.Discard, in) })
	return url
}

// greeting is an endpoint that speaks first, as SSH and SMTP do.
func greeting(t *testing.T) string {
	url, _ := rawEndpoint(t, func(_ int, c *net.TCPConn, in *bufio.Reader) {
		_, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.9\r\n")
		_, _ = io.Copy(io.Discard, in)
	})
	return url
}

// resolvedBy lets Go's resolver ask a name server.
func resolvedBy(server string) func(*sender.Options) {
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server)
	}}
	return func(o *sender.Options) {
		o.Guard.Resolver = func(ctx context.Context, host string) ([]netip.Addr, error) {
			addrs, err := resolver.LookupNetIP(ctx, "ip", host+".")
			if err != nil {
				return nil, fmt.Errorf("ask %s: %w", server, err)
			}
			return addrs, nil
		}
	}
}

// nameServer is a DNS server on this machine that answers every question with a code and without an address.
func nameServer(t *testing.T, code dnsmessage.RCode) string {
	c, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	go func() {
		packet := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(packet)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if err := m.Unpack(packet[:n]); err != nil {
				continue
			}
			m.Response, m.RecursionAvailable, m.RCode, m.Additionals = true, true, code, nil
			if answer, err := m.Pack(); err == nil {
				_, _ = c.WriteTo(answer, from)
			}
		}
	}()
	return c.LocalAddr().String()
}
