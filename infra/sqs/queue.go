// Package sqs is Amazon SQS behind the ports of projections: queues of attempts and of tasks, with what comes later handed on
// from delay to delay; and a poller that does on one machine what Lambda does in AWS.
package sqs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/go-json-experiment/json"

	"webplug/domain/eventlog"
	"webplug/projections"
)

// Queue is one queue.
type Queue struct {
	Client *sqs.Client
	URL    string
	Now    eventlog.Clock
}

// Attempts is the attempts queue. It implements projections.Later.
type Attempts struct{ Queue }

// Work is the work queue. It implements projections.Tasks.
type Work struct{ Queue }

var (
	_ projections.Later = Attempts{}
	_ projections.Tasks = Work{}
)

// Later implements projections.Later.
func (a Attempts) Later(ctx context.Context, wakes ...projections.Wake) error {
	return send(ctx, a.Queue, wakes, func(w projections.Wake) time.Time { return w.At })
}

// Ask implements projections.Tasks.
func (w Work) Ask(ctx context.Context, tasks ...projections.Task) error {
	return send(ctx, w.Queue, tasks, func(t projections.Task) time.Time { return t.At })
}

// Limits of SQS (Amazon SQS Developer Guide, "Message quotas"). Bodies are far below the size that a batch may have.
const (
	longestDelay = 15 * time.Minute
	batchEntries = 10
)

// send sends bodies as JSON, ten a request.
func send[T any](ctx context.Context, q Queue, all []T, at func(T) time.Time) error {
	entries := make([]types.SendMessageBatchRequestEntry, len(all))
	now := q.Now()
	for i, one := range all {
		body, err := json.Marshal(one)
		if err != nil {
			return fmt.Errorf("write what goes to %s: %w", q.URL, err)
		}
		entries[i] = types.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i % batchEntries)), MessageBody: aws.String(string(body)), DelaySeconds: delay(at(one), now),
		}
	}
	var failed error
	for len(entries) > 0 {
		n := min(len(entries), batchEntries)
		failed = errors.Join(failed, q.sendBatch(ctx, entries[:n]))
		entries = entries[n:]
	}
	return failed
}

// delay is in whole seconds, up: what comes early would only be handed on.
func delay(at, now time.Time) int32 {
	wait := at.Sub(now)
	if at.IsZero() || wait <= 0 {
		return 0
	}
	return int32((min(wait, longestDelay) + time.Second - 1) / time.Second)
}

// sendAgain is how often what SQS did not take of a batch is sent once more; the SDK repeats whole requests by itself.
const sendAgain = 2

func (q Queue) sendBatch(ctx context.Context, entries []types.SendMessageBatchRequestEntry) error {
	for again := 0; ; again++ {
		out, err := q.Client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &q.URL, Entries: entries})
		if err != nil {
			return failed(ctx, "send to "+q.URL, err)
		}
		var left []types.SendMessageBatchRequestEntry
		var why error
		for _, refused := range out.Failed {
			why = errors.Join(why, refusal(refused))
			for _, e := range entries {
				if aws.ToString(e.Id) == aws.ToString(refused.Id) {
					left = append(left, e)
				}
			}
		}
		if why == nil || again == sendAgain {
			return why
		}
		entries = left
	}
}

// refusal is why one message of a batch was not taken.
func refusal(e types.BatchResultErrorEntry) error {
	err := fmt.Errorf("a queue refused a message: %s: %s", aws.ToString(e.Code), aws.ToString(e.Message))
	if e.SenderFault {
		return err
	}
	return fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
}

// failed gives an error of the SDK the meaning that callers have for it: what kept a request from being taken is
// eventlog.ErrUnavailable, but for a queue that does not exist.
func failed(ctx context.Context, doing string, err error) error {
	if cause := ctx.Err(); cause != nil {
		return fmt.Errorf("%s: %w", doing, cause)
	}
	var none *types.QueueDoesNotExist
	if errors.As(err, &none) {
		return fmt.Errorf("%s: the queue does not exist: %w", doing, err)
	}
	return fmt.Errorf("%s: %w: %w", doing, eventlog.ErrUnavailable, err)
}
