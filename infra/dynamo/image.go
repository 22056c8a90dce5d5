package dynamo

import (
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	"webplug/domain/eventlog"
)

// Decode reads an item of the log as DynamoDB Streams gives it: its new image. An item whose key can be read and whose
// records cannot is an eventlog.RecordError; all errors are ErrDamaged.
func Decode(image map[string]events.DynamoDBAttributeValue) ([]eventlog.Record, error) {
	var i item
	var kinds error
	text := func(name string) string {
		v, ok := image[name]
		if !ok || v.DataType() != events.DataTypeString {
			kinds = errors.Join(kinds, fmt.Errorf("attribute %s is no text", name))
			return ""
		}
		return v.String()
	}
	i.Partition, i.Sort = text("p"), text("s")
	if kinds != nil {
		return nil, fmt.Errorf("an item of the log: %w: %w", eventlog.ErrDamaged, kinds)
	}
	stream, first, err := parseKey(i.Partition, i.Sort)
	if err != nil {
		return nil, err
	}
	r, ok := image["r"]
	if !ok || r.DataType() != events.DataTypeBinary {
		return nil, &eventlog.RecordError{Stream: stream, Version: first, Err: fmt.Errorf("no records: %w", eventlog.ErrDamaged)}
	}
	i.Records = r.Binary()
	in, err := i.open()
	if err != nil {
		return nil, &eventlog.RecordError{Stream: stream, Version: first, Err: err}
	}
	return in.records, nil
}
