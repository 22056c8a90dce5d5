package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain"
)

// maxBatch is how many messages one batch may have.
const maxBatch = 100

// batched bounds the body of a batch: a payload lies two levels deeper in it than alone.
var batched = bounds{bytes: 4 << 20, depth: single.depth + 2}

// published is what became of one message of a batch.
type published struct {
	id     string
	answer []byte // of the message, or
	err    error  // why it is not accepted
}

// publishBatch publishes each message for itself, all at once, so that they share one commit.
func (a *API) publishBatch(ctx context.Context, c *call) error {
	c.quiet = true
	var body struct {
		Messages []jsontext.Value `json:"messages"`
	}
	if err := c.decodeWithin(batched, &body); err != nil {
		return err
	}
	if n := len(body.Messages); n == 0 || n > maxBatch {
		return domain.Refuse(domain.Invalid, "messages", "must have 1 to %d messages, not %d", maxBatch, n)
	}
	key, err := c.idempotencyKey()
	if err != nil {
		return err
	}
	results := make([]published, len(body.Messages))
	var all sync.WaitGroup
	for i, message := range body.Messages {
		all.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					results[i].err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
				}
			}()
			results[i] = a.publishOne(ctx, c, message, placed(key, i))
		})
	}
	all.Wait()
	return a.answerBatch(ctx, c, results)
}

// placed is the key of a message that has none of its own, of a batch that has one. No caller's key has a zero byte.
func placed(key string, place int) string {
	if key == "" {
		return ""
	}
	return key + "\x00" + strconv.Itoa(place)
}

// publishOne publishes a message of a batch.
func (a *API) publishOne(ctx context.Context, c *call, message jsontext.Value, key string) (done published) {
	var body struct {
		EventType string         `json:"event_type"`
		UserID    *string        `json:"user_id"`
		Payload   jsontext.Value `json:"payload"`
		Key       *string        `json:"idempotency_key"`
	}
	p := publishing{}
	if done.err = decodeBody(message, batched, &body); done.err == nil {
		p, done.err = c.newPublishing(body.EventType, body.UserID, body.Payload)
	}
	if done.err == nil && body.Key != nil {
		key, done.err = *body.Key, domain.CheckIdempotencyKey("idempotency_key", *body.Key)
	}
	if done.err != nil {
		return done
	}
	n, err := a.messageOf(c, key, p)
	if err != nil {
		done.err = err
		return done
	}
	m, err := a.acceptOnce(ctx, c, n, func() (domain.PublishMessage, error) { return a.routed(ctx, c, p) })
	if err == nil {
		done.answer, err = appendAccepted(nil, m)
	}
	done.id, done.err = n.id, inBatch(err)
	return done
}

// inBatch names the field that a message of a batch has for the header.
func inBatch(err error) error {
	var refused *domain.Error
	if errors.As(err, &refused) && refused.Field == headerIdempotencyKey {
		named := *refused
		named.Field = "idempotency_key"
		return &named
	}
	return err
}

// answerBatch answers in the order of the request.
func (a *API) answerBatch(ctx context.Context, c *call, results []published) error {
	body := []byte(`{"data":[`)
	for i, r := range results {
		if i > 0 {
			body = append(body, ',')
		}
		if r.err == nil {
			c.did(domain.MessageStream(c.service.ID, r.id), 1)
			body = append(body, r.answer...)
			continue
		}
		c.quiet = false
		problem, err := json.Marshal(a.problemInBatch(ctx, c, i, r.err), json.Deterministic(true))
		if err != nil {
			return err
		}
		body = append(append(append(body, `{"problem":`...), problem...), '}')
	}
	writeBody(c.Response(), http.StatusAccepted, "application/json", append(body, "]}\n"...))
	return nil
}

// problemInBatch is a message's refusal. An error of ours gets a line of its own, as it does where it is all of the answer.
func (a *API) problemInBatch(ctx context.Context, c *call, place int, err error) Problem {
	p := problemOf(err)
	p.RequestID = c.Response().Header()[headerRequestID][0]
	if p.Status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		attrs := append(requestAttrs(c, p.Status, err), slog.String("actor", c.cause.Actor), slog.Int("place", place))
		a.Logger.LogAttrs(ctx, logLevelOf(p.Status), "a message of a batch failed", attrs...)
	}
	return p
}
