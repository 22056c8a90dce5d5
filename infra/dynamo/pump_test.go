package dynamo_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"webplug/domain/eventlog"
	"webplug/infra/dynamo"
)

// reader is a handler that notes what it is given, and answers as it is told.
type reader struct {
	t *testing.T

	mu     sync.Mutex
	seen   []string // stream@version, in order
	answer func(events.DynamoDBEvent) (events.DynamoDBEventResponse, error)
	moved  chan struct{}
}

func (r *reader) handle(_ context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answer != nil {
		if res, err := r.answer(e); err != nil || len(res.BatchItemFailures) > 0 {
			return res, err
		}
	}
	for _, one := range e.Records {
		records, err := dynamo.Decode(one.Change.NewImage)
		if err != nil {
			r.t.Error(err)
		}
		for _, rec := range records {
			r.seen = append(r.seen, fmt.Sprintf("%s@%d", rec.Stream, rec.Version))
		}
	}
	close(r.moved)
	r.moved = make(chan struct{})
	return events.DynamoDBEventResponse{}, nil
}

// until waits until a condition of what was seen holds.
func (r *reader) until(ctx context.Context, holds func(seen []string) bool) {
	r.t.Helper()
	for {
		r.mu.Lock()
		ok, moved := holds(r.seen), r.moved
		r.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-moved:
		case <-ctx.Done():
			r.t.Fatalf("it does not come: %v", r.seen)
		}
	}
}

func count(n int) func([]string) bool { return func(seen []string) bool { return len(seen) >= n } }

// pumping runs a pump until the test, or the function that it answers, ends it.
func pumping(t *testing.T, s *dynamo.Store, o dynamo.PumpOptions) (stop func()) {
	t.Helper()
	if o.Lost == nil {
		o.Lost = func(context.Context) error { t.Error("the stream has lost something"); return nil }
	}
	o.Reader, o.Logger = "test", slog.New(slog.NewTextHandler(t.Output(), nil))
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.NewPump(o).Run(ctx)
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

func newReader(t *testing.T) *reader { return &reader{t: t, moved: make(chan struct{})} }

func TestPumpGivesEachAppendOnceAndInOrder(t *testing.T) {
	t.Parallel()
	s := open(t, options(t))
	r := newReader(t)
	stop := pumping(t, s, dynamo.PumpOptions{Handle: r.handle})
	var want []string
	for v := range eventlog.Version(20) {
		mustAppend(t, s, write(message, v, noise(100)))
		want = append(want, fmt.Sprintf("%s@%d", message, v+1))
		if v == 9 {
			r.until(t.Context(), count(10))
			stop() // another goes on where this one was
			pumping(t, s, dynamo.PumpOptions{Handle: r.handle})
		}
	}
	r.until(t.Context(), count(20))
	if got := fmt.Sprint(r.seen); got != fmt.Sprint(want) {
		t.Fatalf("it gives %s", got)
	}
}
