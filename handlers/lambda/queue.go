package lambda

import (
	"context"
	"errors"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/projections"
)

// Attempts makes the attempts that a queue asks for (projections.AttemptQueue).
type Attempts interface {
	// Published makes the first attempts of a message that its topic handed on.
	Published(ctx context.Context, service, message string) error
	// Wake makes those of a wake.
	Wake(context.Context, projections.Wake) error
}

// Doer does tasks (projections.Worker).
type Doer interface {
	Do(context.Context, projections.Task) error
}

// Queue takes a queue's records, side by side. It is to be mapped with ReportBatchItemFailures: each record that is not done
// comes again by itself, when the queue's visibility timeout is over.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
type Queue struct {
	take   func(context.Context, events.SQSMessage) error
	logger *slog.Logger
}

// AttemptsQueue takes the attempts queue: webhooks as their topics hand them on, and wakes.
func AttemptsQueue(a Attempts, logger *slog.Logger) *Queue {
	return &Queue{logger: logger, take: func(ctx context.Context, m events.SQSMessage) error {
		if service := m.MessageAttributes[projections.AttributeService].StringValue; service != nil {
			id, err := messageID(m.Body)
			if err != nil {
				return err
			}
			return a.Published(ctx, *service, id)
		}
		var w projections.Wake
		if err := read(m.Body, &w); err != nil {
			return err
		}
		if w.Service == "" || w.Message == "" || len(w.To) == 0 {
			return &unreadError{errors.New("it names no delivery")}
		}
		return a.Wake(ctx, w)
	}}
}

// WorkQueue takes the work queue: tasks.
func WorkQueue(d Doer, logger *slog.Logger) *Queue {
	return &Queue{logger: logger, take: func(ctx context.Context, m events.SQSMessage) error {
		var t projections.Task
		if err := read(m.Body, &t); err != nil {
			return err
		}
		return d.Do(ctx, t)
	}}
}

// unreadError says that a record is none that this program, or its topics, put there.
type unreadError struct{ why error }

func (e *unreadError) Error() string { return "the record cannot be read: " + e.why.Error() }
func (e *unreadError) Unwrap() error { return e.why }

// read is strict: a member that is unknown means that a newer program wrote it, and is to take it.
func read(body string, into any) error {
	if err := json.Unmarshal([]byte(body), into, json.RejectUnknownMembers(true)); err != nil {
		return &unreadError{err}
	}
	return nil
}

// messageID is the id that a webhook's body has.
func messageID(body string) (string, error) {
	var webhook struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal([]byte(body), &webhook, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)); err != nil {
		return "", &unreadError{err}
	}
	if webhook.ID == "" {
		return "", &unreadError{errors.New("it has no id")}
	}
	return webhook.ID, nil
}

// Handle takes a batch. It answers which records are not done.
func (q *Queue) Handle(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	ctx, cancel := endingBefore(ctx, reserve)
	defer cancel()
	failed := sideBySide(e.Records, func(m events.SQSMessage) error { return q.one(ctx, m) })
	var out events.SQSEventResponse
	for i, err := range failed {
		if err != nil {
			q.tell(e.Records[i], err)
			out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: e.Records[i].MessageId})
		}
	}
	return out, nil
}

// one takes a record. A panic is that record's fault.
func (q *Queue) one(ctx context.Context, m events.SQSMessage) (err error) {
	defer caught(&err, q.logger, "record", m.MessageId)
	return q.take(ctx, m)
}

// tell logs a record that comes again. After its queue's last time it is among the dead.
func (q *Queue) tell(m events.SQSMessage, err error) {
	level := slog.LevelWarn
	var unread *unreadError
	if errors.As(err, &unread) {
		level = slog.LevelError
	}
	q.logger.Log(context.Background(), level, "a record of a queue comes again", "record", m.MessageId, "times", m.Attributes["ApproximateReceiveCount"], "error", err)
}
