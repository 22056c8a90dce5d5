package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func startSink(t *testing.T) (address string, ask caller) {
	t.Helper()
	s := &sink{newTally(time.Now)}
	l, err := listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.serve(l) }()
	control := httptest.NewServer(s.control())
	t.Cleanup(func() {
		control.Close()
		if err := errors.Join(l.Close(), <-ended); err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String(), caller{base: control.URL}
}

func post(ctx context.Context, url, id, body string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("webhook-id", id)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

func TestSinkCountsWhatARealClientDelivers(t *testing.T) {
	address, ask := startSink(t)
	for seq, id := range []string{"msg_0", "msg_1", "msg_2"} {
		status, err := post(t.Context(), okURL(address, 0), id, string(delivered(seq, time.Now())))
		if err != nil || status != http.StatusOK {
			t.Fatalf("delivering: %d, %v", status, err)
		}
	}
	if status, err := post(t.Context(), okURL(address, 0), "another", string(delivered(2, time.Now()))); err != nil || status != http.StatusOK {
		t.Fatalf("delivering again: %d, %v", status, err)
	}
	var c count
	if err := ask.ask(t.Context(), "GET", "/await/3", nil, &c); err != nil {
		t.Fatal(err)
	}
	if c.Deliveries != 3 || c.Repeats != 1 || c.OtherIDs != 1 {
		t.Errorf("counted %+v", c)
	}
	var acknowledged bitset
	acknowledged.add(1)
	acknowledged.add(5)
	var lost []int
	if err := ask.ask(t.Context(), "POST", "/missing/0", acknowledged, &lost); err != nil {
		t.Fatal(err)
	}
	if len(lost) != 1 || lost[0] != 5 {
		t.Errorf("missing: %v, want 5", lost)
	}
}

func TestSinkFailsAndHangsWhereAsked(t *testing.T) {
	address, ask := startSink(t)
	body := string(delivered(1, time.Now()))
	if status, err := post(t.Context(), "http://"+address+"/fail/0", "msg_1", body); err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("fail answered %d, %v", status, err)
	}
	if status, err := post(t.Context(), "http://"+address+"/nowhere", "msg_1", body); err != nil || status != http.StatusBadRequest {
		t.Errorf("an unknown path answered %d, %v", status, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := post(ctx, "http://"+address+"/hang/0", "msg_1", body); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hang answered: %v", err)
	}
	var c count
	if err := ask.ask(t.Context(), "GET", "/count", nil, &c); err != nil || c.Deliveries != 0 {
		t.Errorf("counted %+v, %v", c, err)
	}
}

func TestWireRefusesWhatItDoesNotSpeak(t *testing.T) {
	for _, request := range []string{
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
		"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
		"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
		"POST / HTTP/1.1\r\nwhat is this\r\n\r\n",
	} {
		client, server := net.Pipe()
		go func() {
			_, _ = client.Write([]byte(request))
			_ = client.Close()
		}()
		if _, _, err := newWire(server).read(); !errors.Is(err, errNotHTTP) {
			t.Errorf("%q: %v", request, err)
		}
		_ = server.Close()
	}
}
