package dynamo_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// faults is a network that does what it is told to the next requests, one each.
type faults struct {
	next http.RoundTripper

	mu    sync.Mutex
	queue []fault
	seen  []string // operations, in order
}

// fault answers a request in place of the network; send is the network.
type fault func(r *http.Request, send func() (*http.Response, error)) (*http.Response, error)

func (f *faults) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	f.seen = append(f.seen, operation)
	var now fault
	if len(f.queue) > 0 {
		now, f.queue = f.queue[0], f.queue[1:]
	}
	f.mu.Unlock()
	send := func() (*http.Response, error) { return f.next.RoundTrip(r) }
	if now == nil {
		return send()
	}
	return now(r, send)
}

// then queues faults for the next requests, and forgets those that were seen.
func (f *faults) then(next ...fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue, f.seen = next, nil
}

// requests are the operations since then was called.
func (f *faults) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.seen...)
}

// always is more of one fault than anybody outlasts.
func always(what fault) []fault {
	all := make([]fault, 100)
	for i := range all {
		all[i] = what
	}
	return all
}

// answerLost lets the request happen and its answer time out.
func answerLost(_ *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
	if res, err := send(); err == nil {
		_ = res.Body.Close()
	}
	return nil, os.ErrDeadlineExceeded
}

// reset lets nothing happen.
func reset(*http.Request, func() (*http.Response, error)) (*http.Response, error) {
	return nil, syscall.ECONNRESET
}

// answerReset lets the request happen and the connection break before its answer.
func answerReset(_ *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
	if res, err := send(); err == nil {
		_ = res.Body.Close()
	}
	return nil, syscall.ECONNRESET
}

// answerCut lets the request happen and the connection break in the middle of its answer.
func answerCut(_ *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
	res, err := send()
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	res.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body[:len(body)/2]), broken{}))
	return res, err
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// refused is an error as DynamoDB sends it (Developer Guide, "Error handling with DynamoDB").
func refused(status int, code, more string) fault {
	return func(r *http.Request, _ func() (*http.Response, error)) (*http.Response, error) {
		body := fmt.Sprintf(`{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":"injected"%s}`, code, more)
		return &http.Response{
			StatusCode: status,
			Header:     http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
			Body:       io.NopCloser(strings.NewReader(body)),
			Request:    r,
		}, nil
	}
}

// cancelled is a transaction that was not carried out, with a reason for each of its writes.
func cancelled(reasons ...string) fault {
	text := ""
	for _, r := range reasons {
		text += fmt.Sprintf(`,{"Code":%q}`, r)
	}
	return refused(http.StatusBadRequest, "TransactionCanceledException", `,"CancellationReasons":[`+text[1:]+`]`)
}

// answered is an answer made up here.
func answered(r *http.Request, body string) *http.Response {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}
}

// sendBody sends a request with another body, and drops its answer.
func sendBody(r *http.Request, send func() (*http.Response, error), body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	res, err := send()
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("DynamoDB Local answers %d", res.StatusCode)
	}
	return nil
}

// looking is a network that shows each request before it is sent.
type looking func(operation string, body jsontext.Value)

func (l looking) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	l(operation, body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultTransport.RoundTrip(r)
}
