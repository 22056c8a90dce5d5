// Package lambda takes what AWS hands to functions: batches of DynamoDB Streams so far. A handler decodes, hands on, and
// answers what is to come again; it knows AWS's documents, and none of AWS's services.
package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"webplug/domain/eventlog"
)

// Reader takes what was appended to the log. Records may come twice and in any order; what one stream's are lies with
// whoever reads it.
type Reader interface {
	// Take says how many of the records, from the first on, are done. The error is why the next is not.
	Take(context.Context, []eventlog.Record) (done int, err error)
	// ParkUnread sets aside a stream with an item that cannot be read.
	ParkUnread(ctx context.Context, s eventlog.Stream, v eventlog.Version, why error) error
}

// Feed hands a table's stream on to a reader. It is to be mapped with ReportBatchItemFailures, without a bound of retries
// or of the records' age: it sets aside itself what cannot be taken, so that what comes again is what may succeed.
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
type Feed struct {
	// Decode reads the item of a record: infra/dynamo.Decode.
	Decode func(image map[string]events.DynamoDBAttributeValue) ([]eventlog.Record, error)
	Reader Reader
	Logger *slog.Logger
}

const (
	// takenAtOnce is how many records are taken together: what is done before an invocation's time is over stays done.
	takenAtOnce = 250
	// reserve is kept of an invocation's time, to answer what is done.
	reserve = 500 * time.Millisecond
)

// Handle takes a batch. It answers the sequence number of the first record that is not done; that one and all after it
// come again.
func (f *Feed) Handle(ctx context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	ctx, cancel := endingBefore(ctx, reserve)
	defer cancel()
	for from := 0; from < len(e.Records); {
		part := f.gather(ctx, e.Records[from:])
		if part.stuck != nil && part.items == 0 {
			return f.again(e.Records[from], part.stuck), nil
		}
		done, err := f.Reader.Take(ctx, part.records)
		if err != nil {
			return f.again(e.Records[from+part.itemOf(done)], err), nil
		}
		from += part.items
	}
	return events.DynamoDBEventResponse{}, nil
}

// again answers which record is the first to come again.
func (f *Feed) again(r events.DynamoDBEventRecord, why error) events.DynamoDBEventResponse {
	level := slog.LevelWarn
	if !errors.Is(why, eventlog.ErrUnavailable) && !errors.Is(why, context.DeadlineExceeded) && !errors.Is(why, context.Canceled) {
		level = slog.LevelError
	}
	f.Logger.Log(context.Background(), level, "a part of the stream is to come again", "sequence", r.Change.SequenceNumber, "error", why)
	return events.DynamoDBEventResponse{
		BatchItemFailures: []events.DynamoDBBatchItemFailure{{ItemIdentifier: r.Change.SequenceNumber}},
	}
}

// gathered is a part of a batch, as records of the log.
type gathered struct {
	items   int // that were read
	records []eventlog.Record
	of      []int // the item of each record
	stuck   error // why the next item is neither read nor set aside
}

// itemOf is the item to begin with again after so many records.
func (g gathered) itemOf(done int) int {
	if done < len(g.of) {
		return g.of[done]
	}
	return g.items
}

// gather reads items until there is enough, or one can be neither read nor set aside.
func (f *Feed) gather(ctx context.Context, all []events.DynamoDBEventRecord) gathered {
	var g gathered
	for _, r := range all {
		if len(g.records) >= takenAtOnce {
			break
		}
		records, err := f.read(ctx, r)
		if err != nil {
			g.stuck = err
			break
		}
		for _, rec := range records {
			g.records, g.of = append(g.records, rec), append(g.of, g.items)
		}
		g.items++
	}
	return g
}

// read gives the records of one item; none where it was set aside.
func (f *Feed) read(ctx context.Context, r events.DynamoDBEventRecord) ([]eventlog.Record, error) {
	if r.EventName != string(events.DynamoDBOperationTypeInsert) {
		// WebPlug only ever adds to its log: somebody else was here, and webplug audit verify tells what is left.
		f.Logger.Error("the event log was changed by another hand", "change", r.EventName, "item", name(r))
		return nil, nil
	}
	records, err := f.Decode(r.Change.NewImage)
	if err == nil {
		return records, nil
	}
	stream, version := unread(r), eventlog.Version(1)
	var damaged *eventlog.RecordError
	if errors.As(err, &damaged) {
		stream, version = damaged.Stream, damaged.Version
	}
	if parkErr := f.Reader.ParkUnread(ctx, stream, version, err); parkErr != nil {
		return nil, fmt.Errorf("set %s aside: %w", stream, parkErr)
	}
	return nil, nil
}

// name is an item's key in messages.
func name(r events.DynamoDBEventRecord) string {
	text := ""
	for _, part := range []string{"p", "s"} {
		if v, ok := r.Change.Keys[part]; ok && v.DataType() == events.DataTypeString {
			text += " " + v.String()
		}
	}
	return text
}

// unread names an item that has no stream's name.
func unread(r events.DynamoDBEventRecord) eventlog.Stream {
	return eventlog.Stream{Service: eventlog.Above, Root: "item_" + r.Change.SequenceNumber}
}
