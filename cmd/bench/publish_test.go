package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// received is a server that keeps what is published to it.
type received struct {
	mu   sync.Mutex
	seqs []int
	sent []time.Time
}

func (r *received) take(t *testing.T, req *http.Request) int {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		t.Error(err)
	}
	seq, sent, err := readStamp(body)
	if err != nil {
		t.Error(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seqs, r.sent = append(r.seqs, seq), append(r.sent, sent)
	return seq
}

func publishTo(t *testing.T, l load, serve http.HandlerFunc) (published, error) {
	t.Helper()
	server := httptest.NewServer(serve)
	defer server.Close()
	l.url = server.URL + "/v1/messages"
	p, err := newPublisher(l)
	if err != nil {
		t.Fatal(err)
	}
	return p.run(t.Context())
}

func TestClosedLoopPublishesEachSequenceNumberOnce(t *testing.T) {
	var r received
	done, err := publishTo(t, load{connections: 4, messages: 50, first: 100, eventType: "t"}, func(w http.ResponseWriter, req *http.Request) {
		r.take(t, req)
		w.WriteHeader(http.StatusAccepted)
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(r.seqs)
	if len(r.seqs) != 50 || r.seqs[0] != 100 || r.seqs[49] != 149 || len(slices.Compact(r.seqs)) != 50 {
		t.Errorf("published %v, want 100 to 149, each once", r.seqs)
	}
	if done.Acknowledged != 50 || done.Answer.Count != 50 || !slices.Equal(slices.Collect(done.Set.all()), r.seqs) {
		t.Errorf("told %+v", done)
	}
}

func TestARefusalEndsAMeasuredLoad(t *testing.T) {
	done, err := publishTo(t, load{connections: 1, messages: 50, eventType: "t"}, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no such event type", http.StatusUnprocessableEntity)
	})
	if err == nil || done.Refused != 1 || done.Acknowledged != 0 {
		t.Errorf("told %+v, %v", done, err)
	}
}

// An open loop must not leave out what a slow answer holds up: each message's time is its turn's, not when it went off.
func TestOpenLoopStampsTheIntendedTime(t *testing.T) {
	var r received
	held := make(chan struct{})
	var waiting sync.WaitGroup
	waiting.Add(1)
	go func() {
		waiting.Wait()
		close(held)
	}()
	_, err := publishTo(t, load{connections: 1, messages: 20, rate: 2000, eventType: "t"}, func(w http.ResponseWriter, req *http.Request) {
		if r.take(t, req) == 0 {
			waiting.Done()
			<-held
		}
		w.WriteHeader(http.StatusAccepted)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.sent) != 20 {
		t.Fatalf("%d messages came, want 20", len(r.sent))
	}
	for i, sent := range r.sent {
		if got, want := sent.Sub(r.sent[0]), time.Duration(i)*time.Second/2000; got != want {
			t.Errorf("message %d was stamped %s after the first, want %s", i, got, want)
		}
	}
}

func TestAnEndlessLoadCountsOnlyAnswersAsAcknowledged(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var r received
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch seq := r.take(t, req); {
		case seq%3 == 1:
			panic(http.ErrAbortHandler) // taken, and never answered
		case seq%3 == 2:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			w.WriteHeader(http.StatusAccepted)
		}
		if len(r.seqs) == 9 {
			cancel()
		}
	}))
	defer server.Close()
	p, err := newPublisher(load{url: server.URL, connections: 1, eventType: "t"})
	if err != nil {
		t.Fatal(err)
	}
	done, err := p.run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := slices.Collect(done.Set.all()), []int{0, 3, 6}; !slices.Equal(got, want) {
		t.Errorf("acknowledged %v, want %v", got, want)
	}
	if done.Acknowledged != 3 || done.Unanswered != 3 || done.Refused != 3 {
		t.Errorf("told %+v", done)
	}
}
