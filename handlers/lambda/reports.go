package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"
	"golang.org/x/sync/errgroup"

	"webplug/domain/eventlog"
)

// ReportTaker takes what SNS says of its deliveries.
type ReportTaker interface {
	// Take records a report or keeps it for later, whatever its shape. When it returns nil, the record need not come again.
	Take(ctx context.Context, record []byte) error
}

// Reports hands on SNS's delivery status records as CloudWatch Logs brings them. Lambda is invoked asynchronously, so an
// error has the whole batch come again; what was taken before is taken again, and is one report.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#LambdaFunctionExample
type Reports struct {
	Taker  ReportTaker
	Logger *slog.Logger
}

// The kinds of batches: data, and what CloudWatch Logs sends to see whether it can.
const (
	dataMessage    = "DATA_MESSAGE"
	controlMessage = "CONTROL_MESSAGE"
)

// reportsAtOnce is how many records are taken side by side: each waits for the event log several times.
const reportsAtOnce = 16

// Handle takes a batch. A record that cannot be taken does not keep the others back.
func (r *Reports) Handle(ctx context.Context, e events.CloudwatchLogsEvent) error {
	batch, err := e.AWSLogs.Parse()
	if err != nil {
		// The same bytes would come again, for a day; what SNS told no one of shows as a delivery without a report.
		r.Logger.Error("a batch of log records cannot be read", "error", err, "bytes", len(e.AWSLogs.Data))
		return nil
	}
	switch batch.MessageType {
	case dataMessage:
	case controlMessage:
		return nil
	default:
		r.Logger.Warn("a batch of log records is of an unknown kind; its records are taken all the same", "kind", batch.MessageType, "group", batch.LogGroup)
	}
	errs := make([]error, len(batch.LogEvents))
	var group errgroup.Group
	group.SetLimit(reportsAtOnce)
	for i, record := range batch.LogEvents {
		group.Go(func() error {
			err := ctx.Err() // what is not begun in time comes again
			if err == nil {
				err = r.Taker.Take(ctx, []byte(record.Message))
			}
			if err != nil {
				errs[i] = fmt.Errorf("record %s of %s: %w", record.ID, batch.LogGroup, err)
			}
			return nil
		})
	}
	_ = group.Wait() // each has its own
	if failed := errors.Join(errs...); failed != nil {
		r.log(ctx, failed)
		return fmt.Errorf("take SNS's reports: %w", failed)
	}
	return nil
}

func (r *Reports) log(ctx context.Context, err error) {
	level := slog.LevelError
	if errors.Is(err, eventlog.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
		level = slog.LevelWarn
	}
	r.Logger.Log(ctx, level, "a batch of SNS's reports is to come again", "error", err)
}
