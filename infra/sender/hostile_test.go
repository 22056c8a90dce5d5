package sender_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"webplug/domain"
)

// flood writes a text over and over until the other side has had enough, and counts the bytes that it took.
func flood(begin, again string, taken *atomic.Int64) func(*testing.T) string {
	return func(t *testing.T) string {
		url, _ := rawEndpoint(t, func(_ int, c *net.TCPConn, in *bufio.Reader) {
			request(in)
			_, _ = io.WriteString(c, begin)
			block := []byte(strings.Repeat(again, 1+(4<<10)/len(again)))
			for {
				n, err := c.Write(block)
				taken.Add(int64(n))
				if err != nil {
					return
				}
			}
		})
		return url
	}
}

// An endpoint that never stops may cost what an answer may have, the kernel's buffers and no more.
func TestAttempt_bounds_what_an_endpoint_can_send(t *testing.T) {
	ok := "HTTP/1.1 200 OK\r\n"
	tests := []struct {
		name, begin, again string
		want               domain.Cause
	}{
		{"a body without end", ok + "Content-Length: 1099511627776\r\n\r\n", "x", ""},
		{"a body until closed", ok + "\r\n", "x", ""},
		{"chunks without end", ok + "Transfer-Encoding: chunked\r\n\r\n", "4\r\nxxxx\r\n", ""},
		{"chunks of one byte", ok + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", ""},
		{"a chunk's size without end", ok + "Transfer-Encoding: chunked\r\n\r\n", "0", domain.CauseAnswerInvalid},
		{"a chunk's extension without end", ok + "Transfer-Encoding: chunked\r\n\r\n1;", "x", domain.CauseAnswerInvalid},
		{"trailers without end", ok + "Transfer-Encoding: chunked\r\nTrailer: A\r\n\r\n1\r\nx\r\n0\r\n", "A: b\r\n", domain.CauseAnswerInvalid},
		{"headers without end", ok, "X-A: b\r\n", domain.CauseAnswerInvalid},
		{"a header without end", ok + "X-A: ", "b", domain.CauseAnswerInvalid},
		{"a reason without end", "HTTP/1.1 200 ", "b", domain.CauseAnswerInvalid},
		{"informational answers without end", "", "HTTP/1.1 102 Processing\r\n\r\n", domain.CauseAnswerInvalid},
		{"hints without end", "", "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n", domain.CauseAnswerInvalid},
		{"another protocol without end", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", "x", "http_101"},
		{"garbage without end", "", "\x00", domain.CauseAnswerInvalid},
		{"lines without end", "", "\r\n", domain.CauseAnswerInvalid},
		{"answers to what was not asked", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var taken atomic.Int64
			url := flood(test.begin, test.again, &taken)(t)
			s := open(t, within(time.Minute))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := s.Attempt(t.Context(), webhook(url))
			runtime.ReadMemStats(&after)
			if r.Cause != test.want || len(r.Answer) > domain.MaxAnswer {
				t.Errorf("got %q and %d bytes, want %q", r.Cause, len(r.Answer), test.want)
			}
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 2<<20 {
				t.Errorf("%d bytes allocated", allocated)
			}
			if n := taken.Load(); n > 32<<20 {
				t.Errorf("%d bytes taken", n)
			}
		})
	}
}

// What trickles in costs the time of one attempt.
func TestAttempt_bounds_how_long_an_endpoint_can_take(t *testing.T) {
	ok := "HTTP/1.1 200 OK\r\n"
	for name, parts := range map[string][2]string{
		"headers, byte by byte":        {ok + "X-A: ", "b"},
		"a body, byte by byte":         {ok + "Content-Length: 100000\r\n\r\n", "x"},
		"informational answers, slow":  {"", "HTTP/1.1 102 Processing\r\n\r\n"},
		"chunks, byte by byte, no end": {ok + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gone := make(chan struct{})
			url, _ := rawEndpoint(t, func(_ int, c *net.TCPConn, in *bufio.Reader) {
				defer close(gone)
				request(in)
				_, err := io.WriteString(c, parts[0])
				for tick := time.NewTicker(5 * time.Millisecond); err == nil; <-tick.C {
					_, err = io.WriteString(c, parts[1])
				}
			})
			if r := open(t, within(200*time.Millisecond)).Attempt(t.Context(), webhook(url)); r.Cause != domain.CauseTimeout {
				t.Errorf("got %+v", r)
			}
			<-gone // the connection is not left open
		})
	}
}

// 4 KB are enough to call it a success, however long the rest may take.
func TestAttempt_does_not_need_the_rest_of_a_long_answer(t *testing.T) {
	url, _ := rawEndpoint(t, func(_ int, c *net.TCPConn, in *bufio.Reader) {
		request(in)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
		_, _ = c.Write(bytes.Repeat([]byte("x"), domain.MaxAnswer))
		hold(c, in)
	})
	r := open(t, within(time.Second)).Attempt(t.Context(), webhook(url))
	if !r.Delivered() || len(r.Answer) != domain.MaxAnswer {
		t.Errorf("got %q and %d bytes", r.Cause, len(r.Answer))
	}
}

func TestAttempt_leaves_nothing_behind(t *testing.T) {
	s := open(t, within(50*time.Millisecond))
	urls := []string{
		mute(t), closing(t), greeting(t), unusedURL(t),
		answering("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", hold)(t),
		answering("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", hold)(t),
		"https" + mute(t)[len("http"):],
	}
	before := runtime.NumGoroutine()
	for range 5 {
		for _, url := range urls {
			s.Attempt(t.Context(), webhook(url))
		}
	}
	s.Close()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines more than before", runtime.NumGoroutine()-before)
		}
	}
}
