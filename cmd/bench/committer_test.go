package main

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// testFile is a file whose syncs wait for leave.
type testFile struct {
	leave chan error // each sync takes one and answers it

	mu      sync.Mutex
	pending bytes.Buffer // written, not synced
	durable string
	syncs   int
	waiting chan struct{} // gets one for each sync that begins
}

func newTestFile() *testFile {
	return &testFile{leave: make(chan error), waiting: make(chan struct{}, 100)}
}

func (f *testFile) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pending.Write(b)
}

func (f *testFile) Sync() error {
	f.waiting <- struct{}{}
	if err := <-f.leave; err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.durable, f.syncs = f.durable+f.pending.String(), f.syncs+1
	f.pending.Reset()
	return nil
}

func (f *testFile) has(body string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return strings.Contains(f.durable, body)
}

func TestCommitAnswersOnlyWhatIsDurable(t *testing.T) {
	f := newTestFile()
	c := newCommitter(f)
	go c.run()
	defer close(c.queue)
	answered := make(chan bool)
	go func() {
		if err := c.commit([]byte("a body")); err != nil {
			t.Errorf("commit: %v", err)
		}
		answered <- f.has("a body")
	}()
	<-f.waiting
	select {
	case <-answered:
		t.Fatal("answered before the sync was done")
	default:
	}
	f.leave <- nil
	if durable := <-answered; !durable {
		t.Fatal("answered, and not durable")
	}
}

func TestCommitTakesAllThatWaitInOneSync(t *testing.T) {
	f := newTestFile()
	c := newCommitter(f)
	var all sync.WaitGroup
	entries := make([]*entry, 10)
	for i := range entries {
		entries[i] = &entry{body: []byte("x"), done: make(chan error, 1)}
		c.queue <- entries[i]
	}
	all.Go(c.run)
	f.leave <- nil
	for _, e := range entries {
		if err := <-e.done; err != nil {
			t.Error(err)
		}
	}
	if f.syncs != 1 {
		t.Errorf("%d syncs for 10 bodies that waited, want 1", f.syncs)
	}
	close(c.queue)
	all.Wait()
}

func TestRelayHandsOnWhatIsDurableAlone(t *testing.T) {
	got := make(chan string, 10)
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		_, _ = b.ReadFrom(r.Body)
		got <- b.String()
	}))
	defer target.Close()
	f := newTestFile()
	r := newRelay(f, []string{target.URL}, slog.New(slog.DiscardHandler))
	defer close(r.committer.queue)
	post := func(body string, synced error) int {
		w := httptest.NewRecorder()
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)))
		}()
		<-f.waiting
		select {
		case b := <-got:
			t.Errorf("%q went on before its sync", b)
		default:
		}
		f.leave <- synced
		<-done
		return w.Code
	}
	if code := post("lost", errors.New("the disk is gone")); code != http.StatusServiceUnavailable {
		t.Errorf("after a failed sync: %d, want 503", code)
	}
	if code := post("kept", nil); code != http.StatusAccepted {
		t.Errorf("after a sync: %d, want 202", code)
	}
	if body := <-got; body != "kept" {
		t.Errorf("the target got %q, want only what is durable", body)
	}
}
