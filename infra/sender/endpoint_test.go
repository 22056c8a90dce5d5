package sender_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"webplug/domain"
	"webplug/infra/sender"
)

// open is a sender that may reach this machine.
func open(t testing.TB, change ...func(*sender.Options)) *sender.Sender {
	o := sender.Options{Guard: sender.Guard{AllowPrivate: true}, Version: "1.2.3"}
	for _, f := range change {
		f(&o)
	}
	s := sender.New(o)
	t.Cleanup(s.Close)
	return s
}

func within(d time.Duration) func(*sender.Options) {
	return func(o *sender.Options) { o.Timeout = d }
}

// webhook is an attempt at a URL, signed by one secret.
func webhook(url string) domain.Attempt {
	return domain.Attempt{
		ID: "1", MessageID: "msg_1", URL: url, Body: []byte(`{"type":"card_issued"}`),
		Secrets: [][]byte{bytes.Repeat([]byte("k"), 32)}, At: time.Now(),
	}
}

// received is a request as an endpoint got it.
type received struct {
	*http.Request
	body []byte
}

// endpoint is a server that answers by a handler, and the requests that it got.
func endpoint(t testing.TB, answer http.HandlerFunc) (url string, got func() []received) {
	requests := make(chan received, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- received{r, body}
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() (all []received) {
		for {
			select {
			case r := <-requests:
				all = append(all, r)
			default:
				return all
			}
		}
	}
}

func answerWith(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

func listen(t testing.TB) net.Listener {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// rawEndpoint is an endpoint below HTTP: it gets each connection, numbered from 1, and closes it when it returns.
func rawEndpoint(t testing.TB, serve func(n int, c *net.TCPConn, in *bufio.Reader)) (url string, connections *atomic.Int64) {
	l := listen(t)
	t.Cleanup(func() { _ = l.Close() })
	connections = new(atomic.Int64)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			n := int(connections.Add(1))
			t.Cleanup(func() { _ = c.Close() })
			go func() {
				defer func() { _ = c.Close() }()
				serve(n, c.(*net.TCPConn), bufio.NewReader(c))
			}()
		}
	}()
	return "http://" + l.Addr().String(), connections
}

// request reads a whole request, and says whether there was one.
func request(in *bufio.Reader) bool {
	r, err := http.ReadRequest(in)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, r.Body)
	return err == nil
}

// unusedURL leads to a port where nobody listens.
func unusedURL(t testing.TB) string {
	l := listen(t)
	defer func() { _ = l.Close() }()
	return "http://" + l.Addr().String()
}

func refusalOf(err error) *sender.Refusal {
	var r *sender.Refusal
	if errors.As(err, &r) {
		return r
	}
	return nil
}
