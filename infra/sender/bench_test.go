package sender

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"webplug/domain"
)

// The sender's own cost: b/op, allocs/op and the CPU of client, kernel and a receiver that does next to nothing.
func BenchmarkAttempt(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10} {
		for _, secrets := range []int{1, 2} {
			b.Run(fmt.Sprintf("%d KB, %d secrets", size>>10, secrets), func(b *testing.B) {
				s := New(Options{Guard: Guard{AllowPrivate: true}, Version: "bench"})
				defer s.Close()
				a := domain.Attempt{
					ID: "01JBQ3Y8ZC4T7V9W2X5A6B8D0E", MessageID: "msg_01JBQ3Y8ZC4T7V9W2X5A6B8D0E", URL: leanReceiver(b) + "/hooks",
					Body: bytes.Repeat([]byte("x"), size), At: time.Unix(1_800_000_000, 0),
				}
				for range secrets {
					a.Secrets = append(a.Secrets, bytes.Repeat([]byte("k"), 32))
				}
				measured(b, func() error {
					if r := s.Attempt(b.Context(), a); !r.Delivered() {
						return fmt.Errorf("%+v", r)
					}
					return nil
				})
			})
		}
	}
}

// The same by the plainest use of net/http, without signature, deadline or report.
func BenchmarkPlainClient(b *testing.B) {
	transport := &http.Transport{MaxIdleConnsPerHost: idlePerHost}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	url, body := leanReceiver(b)+"/hooks", bytes.Repeat([]byte("x"), 1<<10)
	measured(b, func() error {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		answer, err := client.Do(req)
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		return answer.Body.Close()
	})
}

// The same over TLS, against Go's own server.
func BenchmarkAttemptTLS(b *testing.B) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	server.StartTLS()
	defer server.Close()
	s := New(Options{Guard: Guard{AllowPrivate: true}, Version: "bench", TLS: &tls.Config{InsecureSkipVerify: true}})
	defer s.Close()
	a := domain.Attempt{MessageID: "msg_01JBQ3Y8ZC4T7V9W2X5A6B8D0E", URL: server.URL, Body: bytes.Repeat([]byte("x"), 1<<10), Secrets: [][]byte{bytes.Repeat([]byte("k"), 32)}}
	measured(b, func() error {
		if r := s.Attempt(b.Context(), a); !r.Delivered() {
			return fmt.Errorf("%+v", r)
		}
		return nil
	})
}

func BenchmarkSignature(b *testing.B) {
	body, secrets := bytes.Repeat([]byte("x"), 1<<10), [][]byte{bytes.Repeat([]byte("k"), 32)}
	b.ReportAllocs()
	for b.Loop() {
		Signature("msg_01JBQ3Y8ZC4T7V9W2X5A6B8D0E", time.Unix(1_800_000_000, 0), body, secrets)
	}
}

func BenchmarkCheckOfLiteral(b *testing.B) {
	g := &Guard{}
	b.ReportAllocs()
	for b.Loop() {
		if err := g.Check(context.Background(), "https://93.184.216.34:8443/hooks/a?b=c"); err != nil {
			b.Fatal(err)
		}
	}
}

// measured runs f on both cores and adds the CPU time per operation to the figures.
func measured(b *testing.B, f func() error) {
	b.ReportAllocs()
	b.SetParallelism(8) // with two cores the 16 that an endpoint gets
	before := cpu(b)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := f(); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// leanReceiver answers every request with 204 at the least cost, so that what is measured is the client.
func leanReceiver(b *testing.B) string {
	l, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serveLean(c)
		}
	}()
	return "http://" + l.Addr().String()
}

func serveLean(c net.Conn) {
	defer func() { _ = c.Close() }()
	in := bufio.NewReaderSize(c, 8<<10)
	for {
		length := 0
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return
			}
			if len(line) == 2 {
				break
			}
			if value, ok := strings.CutPrefix(string(line), "Content-Length: "); ok {
				_, _ = fmt.Sscan(value, &length)
			}
		}
		if _, err := in.Discard(length); err != nil {
			return
		}
		if _, err := io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n"); err != nil {
			return
		}
	}
}
