package dynamo_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"webplug/domain/eventlog"
	"webplug/infra/dynamo"
)

var (
	throttled   = refused(http.StatusBadRequest, "ProvisionedThroughputExceededException", "")
	limited     = refused(http.StatusBadRequest, "ThrottlingException", "")
	broke       = refused(http.StatusInternalServerError, "InternalServerError", "")
	unavailable = refused(http.StatusServiceUnavailable, "ServiceUnavailable", "")
	contended   = refused(http.StatusBadRequest, "TransactionConflictException", "")
	running     = refused(http.StatusBadRequest, "TransactionInProgressException", "")
)

var (
	oneStream  = []eventlog.Write{write("svc_1/a", 0, "1", "2")}
	twoStreams = []eventlog.Write{write("svc_1/a", 0, "1", "2"), write("svc_1/b", 0, "3")}
)

// What passes is waited for, and an answer that got lost is not a conflict with oneself.
func TestAppendOutlastsFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		writes []eventlog.Write
		faults []fault
	}{
		{"throttled, one stream", oneStream, []fault{throttled, limited}},
		{"throttled, two streams", twoStreams, []fault{throttled, limited}},
		{"internal errors, one stream", oneStream, []fault{broke, unavailable}},
		{"internal errors, two streams", twoStreams, []fault{broke, unavailable}},
		{"connection reset, one stream", oneStream, []fault{reset, reset}},
		{"connection reset, two streams", twoStreams, []fault{reset, reset}},
		{"answer lost, one stream", oneStream, []fault{answerLost, answerLost}},
		{"answer lost, two streams", twoStreams, []fault{answerLost, answerLost}},
		{"answer reset, one stream", oneStream, []fault{answerReset}},
		{"answer reset, two streams", twoStreams, []fault{answerReset}},
		{"answer cut, one stream", oneStream, []fault{answerCut}},
		{"answer cut, two streams", twoStreams, []fault{answerCut}},
		{"answer lost, then throttled", oneStream, []fault{answerLost, throttled, broke, reset}},
		{"a transaction on the same item, one stream", oneStream, []fault{contended, contended}},
		{"a transaction on the same item, two streams", twoStreams, []fault{cancelled("TransactionConflict", "None"), cancelled("None", "TransactionConflict")}},
		{"a throttled item of a transaction", twoStreams, []fault{cancelled("None", "ThrottlingError"), cancelled("ProvisionedThroughputExceeded", "None")}},
		{"its own transaction is still running", twoStreams, []fault{running, running}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, network := openFaulty(t)
			network.then(c.faults...)
			mustAppend(t, s, c.writes...)
			if n := len(network.requests()); n != len(c.faults)+1 {
				t.Errorf("%d requests for %d faults", n, len(c.faults))
			}
			wantTexts(t, s, "svc_1/a", "1,2")
			for _, w := range c.writes {
				mustAppend(t, s, write(w.Stream.String(), eventlog.Version(len(w.Records)), "next"))
			}
		})
	}
}

// What does not pass is ErrUnavailable, whether it was written or not, and the same append succeeds later.
func TestAppendGivesUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault fault
	}{
		{"throttled", throttled},
		{"internal error", broke},
		{"connection reset", reset},
		{"answer lost", answerLost},
		{"answer cut", answerCut},
	} {
		for streams, writes := range map[string][]eventlog.Write{"one stream": oneStream, "two streams": twoStreams} {
			t.Run(c.name+", "+streams, func(t *testing.T) {
				t.Parallel()
				s, network := openFaulty(t)
				network.then(always(c.fault)...)
				err := s.Append(t.Context(), batch(writes...))
				if !errors.Is(err, eventlog.ErrUnavailable) || errors.Is(err, eventlog.ErrConflict) {
					t.Errorf("got %v, want ErrUnavailable", err)
				}
				if n := len(network.requests()); n < 3 || n > 10 {
					t.Errorf("%d requests: it should try a few times, not for ever", n)
				}
				network.then()
				mustAppend(t, s, writes...)
				wantTexts(t, s, "svc_1/a", "1,2")
			})
		}
	}
	t.Run("no such host", func(t *testing.T) {
		t.Parallel()
		s, network := openFaulty(t)
		network.then(func(*http.Request, func() (*http.Response, error)) (*http.Response, error) {
			return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
		})
		if err := s.Append(t.Context(), batch(oneStream...)); !errors.Is(err, eventlog.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
	})
	t.Run("a transaction on the same item", func(t *testing.T) {
		t.Parallel()
		s, network := openFaulty(t)
		network.then(always(cancelled("TransactionConflict", "None"))...)
		if err := s.Append(t.Context(), batch(twoStreams...)); !errors.Is(err, eventlog.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
	})
}

// When everything fails the SDK stops retrying, which makes nothing of it another error.
func TestOutageStaysUnavailable(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault{"throttled": throttled, "broke": broke, "reset": reset} {
		s, network := openFaulty(t)
		requests := 0
		for range 60 {
			network.then(always(f)...)
			if err := s.Append(t.Context(), batch(oneStream...)); !errors.Is(err, eventlog.ErrUnavailable) {
				t.Fatalf("%s: got %v, want ErrUnavailable", name, err)
			}
			requests = len(network.requests())
		}
		if requests != 1 {
			t.Errorf("%s: the last append was tried %d times in an outage", name, requests)
		}
	}
}

// DynamoDB may name only one of several reasons: what it does not show is looked up.
func TestCancelledTransactionThatShowsLittle(t *testing.T) {
	t.Parallel()
	hidden := cancelled("ConditionalCheckFailed", "None")
	busy := cancelled("ConditionalCheckFailed", "TransactionConflict")
	t.Run("all is there: a repeat", func(t *testing.T) {
		t.Parallel()
		s, network := openFaulty(t)
		mustAppend(t, s, twoStreams...)
		for _, f := range []fault{hidden, busy} {
			network.then(f)
			mustAppend(t, s, twoStreams...)
		}
	})
	t.Run("one is there: a conflict", func(t *testing.T) {
		t.Parallel()
		s, network := openFaulty(t)
		mustAppend(t, s, twoStreams[0])
		for _, f := range []fault{hidden, busy} {
			network.then(f)
			wantConflict(t, s, twoStreams...)
		}
	})
	t.Run("another is there: a conflict", func(t *testing.T) {
		t.Parallel()
		s, network := openFaulty(t)
		mustAppend(t, s, write("svc_1/a", 0, "other"))
		network.then(hidden)
		wantConflict(t, s, twoStreams...)
	})
}

// Nothing else is retried, nor called something that passes.
func TestRefusedForGood(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			s, network := openFaulty(t)
			network.then(refused(http.StatusBadRequest, code, ""))
			err := s.Append(t.Context(), batch(oneStream...))
			if err == nil || errors.Is(err, eventlog.ErrUnavailable) || !strings.Contains(err.Error(), code) {
				t.Errorf("got %v, want an error that says %s", err, code)
			}
			if got := network.requests(); !slices.Equal(got, []string{"PutItem"}) {
				t.Errorf("requests: %q", got)
			}
		})
	}
}

func TestReadsOutlastFaults(t *testing.T) {
	t.Parallel()
	o := options(t)
	writer := open(t, o)
	for v := range eventlog.Version(5) {
		mustAppend(t, writer, write("svc_1/a", v, noise(300_000)))
	}
	of := oneStream[0].Stream
	for _, what := range []struct {
		name string
		read func(context.Context, *dynamo.Store) (int, error)
	}{
		{"read", func(ctx context.Context, s *dynamo.Store) (int, error) {
			got, err := texts(s.Read(ctx, of, 0))
			return len(got), err
		}},
		{"trail", func(ctx context.Context, s *dynamo.Store) (int, error) {
			got, err := texts(s.Trail(ctx, of.Service, of.Root))
			return len(got), err
		}},
		{"scan", func(ctx context.Context, s *dynamo.Store) (int, error) {
			n := -1
			for page, err := range s.Scan(ctx, "") {
				if err != nil {
					return n, err
				}
				for _, r := range page.Records {
					n += len(r.Data) + 1
				}
			}
			return n, nil
		}},
	} {
		for name, f := range map[string]fault{"throttled": throttled, "broke": broke, "reset": reset, "lost": answerLost, "cut": answerCut} {
			s, network := faulty(o)    // each with retries of its own
			network.then(f, f, nil, f) // on the first page and on the second
			if n, err := what.read(t.Context(), s); err != nil || n != 5*300_000+4 {
				t.Errorf("%s, %s: %d bytes, %v", what.name, name, n, err)
			}
			network.then(append([]fault{nil}, always(f)...)...)
			if _, err := what.read(t.Context(), s); !errors.Is(err, eventlog.ErrUnavailable) {
				t.Errorf("%s, %s for ever: got %v, want ErrUnavailable", what.name, name, err)
			}
		}
	}
}

func TestKeysOutlastFaults(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]fault{"throttled": throttled, "broke": broke, "reset": reset, "lost": answerLost, "cut": answerCut} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, network := openFaulty(t)
			network.then(f, f)
			if got, err := s.CreateKey(t.Context(), "svc_1", []byte("mine")); err != nil || string(got) != "mine" {
				t.Errorf("create: %q, %v", got, err)
			}
			network.then(f, f)
			if got, err := s.LoadKey(t.Context(), "svc_1"); err != nil || string(got) != "mine" {
				t.Errorf("load: %q, %v", got, err)
			}
			network.then(always(f)...)
			if _, err := s.LoadKey(t.Context(), "svc_1"); !errors.Is(err, eventlog.ErrUnavailable) || errors.Is(err, eventlog.ErrNoKey) {
				t.Errorf("load for ever: got %v, want ErrUnavailable", err)
			}
			if _, err := s.CreateKey(t.Context(), "svc_2", []byte("mine")); !errors.Is(err, eventlog.ErrUnavailable) {
				t.Errorf("create for ever: got %v, want ErrUnavailable", err)
			}
		})
	}
}

func TestDeadlineIsUnavailable(t *testing.T) {
	t.Parallel()
	s, network := openFaulty(t)
	network.then(func(r *http.Request, _ func() (*http.Response, error)) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := s.Append(ctx, batch(oneStream...))
	if !errors.Is(err, eventlog.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want ErrUnavailable and DeadlineExceeded", err)
	}
}
