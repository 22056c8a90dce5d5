package sqs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/go-json-experiment/json"

	"webplug/domain/eventlog"
	"webplug/infra/contract"
	"webplug/infra/moto"
	"webplug/infra/sqs"
	"webplug/projections"
)

// made makes a queue with a visibility timeout of a second.
func made(t testing.TB, c *awssqs.Client) sqs.Queue {
	t.Helper()
	name := "q-" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return '-'
	}, strings.ToLower(t.Name()))
	out, err := c.CreateQueue(t.Context(), &awssqs.CreateQueueInput{
		QueueName: aws.String(name[:min(len(name), 80)]), Attributes: map[string]string{"VisibilityTimeout": "1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return sqs.Queue{Client: c, URL: *out.QueueUrl, Now: time.Now}
}

func take[T any](q sqs.Queue) func(testing.TB) []T {
	return func(t testing.TB) (all []T) {
		t.Helper()
		out, err := q.Client.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &q.URL, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range out.Messages {
			var one T
			if err := json.Unmarshal([]byte(*m.Body), &one); err != nil {
				t.Fatal(err)
			}
			all = append(all, one)
			if _, err := q.Client.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: &q.URL, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
		return all
	}
}

func TestContract(t *testing.T) {
	c := awssqs.NewFromConfig(moto.Config(moto.Start(t)))
	t.Run("later", func(t *testing.T) {
		contract.Later(t, func(t testing.TB) contract.QueueOf[projections.Wake] {
			q := sqs.Attempts{Queue: made(t, c)}
			return contract.QueueOf[projections.Wake]{Put: q.Later, Take: take[projections.Wake](q.Queue)}
		})
	})
	t.Run("tasks", func(t *testing.T) {
		contract.Tasks(t, func(t testing.TB) contract.QueueOf[projections.Task] {
			q := sqs.Work{Queue: made(t, c)}
			return contract.QueueOf[projections.Task]{Put: q.Ask, Take: take[projections.Task](q.Queue)}
		})
	})
}

// answers is SQS as a function: each request's action and body, and what to answer.
type answers func(action, body string) (status int, answer string)

// RoundTrip answers.
func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	status, answer := a(action, string(body))
	if status == 0 {
		return nil, errors.New("connection reset by peer")
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Request: r,
		Body: io.NopCloser(bytes.NewReader([]byte(answer))),
	}, nil
}

func faked(a answers) sqs.Queue {
	c := moto.Config("http://sqs.test")
	return sqs.Queue{
		Client: awssqs.NewFromConfig(c, func(o *awssqs.Options) {
			o.HTTPClient, o.Retryer, o.DisableMessageChecksumValidation = &http.Client{Transport: a}, aws.NopRetryer{}, true
		}),
		URL: "http://sqs.test/1/q", Now: time.Now,
	}
}

// sent are the entries of a SendMessageBatch.
func sent(t *testing.T, body string) []types.SendMessageBatchRequestEntry {
	t.Helper()
	var in struct {
		Entries []types.SendMessageBatchRequestEntry
	}
	if err := json.Unmarshal([]byte(body), &in, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatal(err)
	}
	return in.Entries
}

func took(entries []types.SendMessageBatchRequestEntry, failed ...string) string {
	out := `{"Successful":[`
	for i, e := range entries {
		if i > 0 {
			out += ","
		}
		out += fmt.Sprintf(`{"Id":%q,"MessageId":"m","MD5OfMessageBody":"d"}`, *e.Id)
	}
	return out + `],"Failed":[` + strings.Join(failed, ",") + `]}`
}

// SQS waits for a quarter of an hour at most; the rest of the way is another hop's.
func TestDelays(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for wait, want := range map[time.Duration]int32{
		-time.Hour: 0, 0: 0, time.Millisecond: 1, 5 * time.Second: 5, 5*time.Second + 1: 6, 15 * time.Minute: 900, 10 * time.Hour: 900,
	} {
		var got []types.SendMessageBatchRequestEntry
		q := faked(func(_, body string) (int, string) {
			got = append(got, sent(t, body)...)
			return 200, took(got)
		})
		q.Now = func() time.Time { return now }
		if err := (sqs.Attempts{Queue: q}).Later(t.Context(), projections.Wake{Service: "s", Message: "m", To: []projections.WakeTo{{Endpoint: "e"}}, At: now.Add(wait)}); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].DelaySeconds != want {
			t.Errorf("for %v: %+v, want %d s", wait, got, want)
		}
	}
}

func TestFaults(t *testing.T) {
	ask := func(q sqs.Queue, n int) error {
		return sqs.Work{Queue: q}.Ask(t.Context(), make([]projections.Task, n)...)
	}
	t.Run("what was not taken of a batch is sent again", func(t *testing.T) {
		var sizes []int
		err := ask(faked(func(_, body string) (int, string) {
			all := sent(t, body)
			sizes = append(sizes, len(all))
			if len(sizes) == 1 {
				return 200, took(all[:8], `{"Id":"8","Code":"InternalError","SenderFault":false}`, `{"Id":"9","Code":"InternalError","SenderFault":false}`)
			}
			return 200, took(all)
		}), 10)
		if err != nil || len(sizes) != 2 || sizes[1] != 2 {
			t.Fatalf("%v, sent %v", err, sizes)
		}
	})
	for name, c := range map[string]struct {
		answers answers
		passes  bool // it may succeed another time
	}{
		"what is never taken is an error": {func(_, body string) (int, string) {
			return 200, took(nil, `{"Id":"0","Code":"InternalError","SenderFault":false}`)
		}, true},
		"throttled": {func(string, string) (int, string) {
			return 400, `{"__type":"com.amazonaws.sqs#RequestThrottled","message":"Rate exceeded"}`
		}, true},
		"no answer": {func(string, string) (int, string) { return 0, "" }, true},
		"no queue": {func(string, string) (int, string) {
			return 400, `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}`
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := ask(faked(c.answers), 1); err == nil || errors.Is(err, eventlog.ErrUnavailable) != c.passes {
				t.Fatal(err)
			}
		})
	}
}

// What a function has not done comes again; what it has done does not.
func TestPoller(t *testing.T) {
	q := made(t, awssqs.NewFromConfig(moto.Config(moto.Start(t))))
	if err := (sqs.Work{Queue: q}).Ask(t.Context(), projections.Task{ID: "good"}, projections.Task{ID: "bad"}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	times := map[string]int{}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	again := make(chan struct{})
	p := q.NewPoller(sqs.PollerOptions{
		Timeout: 10 * time.Second, Wait: time.Second, Logger: slog.New(slog.DiscardHandler),
		Handle: func(_ context.Context, e events.SQSEvent) (out events.SQSEventResponse, err error) {
			mu.Lock()
			defer mu.Unlock()
			for _, r := range e.Records {
				var task projections.Task
				if err := json.Unmarshal([]byte(r.Body), &task); err != nil {
					return out, err
				}
				if times[task.ID]++; task.ID == "bad" {
					out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: r.MessageId})
					if times["bad"] == 3 {
						close(again)
					}
				}
			}
			return out, nil
		},
	})
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	select {
	case <-again:
	case <-time.After(time.Minute):
		t.Fatal("what was not done did not come again")
	}
	stop()
	<-done
	if times["good"] != 1 {
		t.Fatalf("%v", times)
	}
}
