package dynamo

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"webplug/domain/eventlog"
)

// pageBytes is about the size of a page of a scan, the same as DynamoDB's own.
const pageBytes = 1 << 20

// Scan implements eventlog.Scanner by a consistent Scan of the table. DynamoDB keeps the items of a partition together in
// the order of their sort keys (Developer Guide, "Core components"), and so it scans them; that a stream's versions do
// follow on each other is checked all the same.
func (s *Store) Scan(ctx context.Context, after eventlog.Checkpoint) iter.Seq2[eventlog.ScanPage, error] {
	return func(yield func(eventlog.ScanPage, error) bool) {
		at, err := parseCheckpoint(after)
		if err != nil {
			yield(eventlog.ScanPage{}, err)
			return
		}
		var page eventlog.ScanPage
		bytes := 0
		for in, err := range gapless(at, func(at place) iter.Seq2[stored, error] { return s.scan(ctx, at) }) {
			if err != nil {
				yield(eventlog.ScanPage{}, err)
				return
			}
			page.Records = append(page.Records, in.records...)
			page.Next = checkpoint(place{stream: in.stream, first: in.first, last: in.last()})
			for _, r := range in.records {
				bytes += len(r.Data)
			}
			if bytes >= pageBytes {
				if !yield(page, nil) {
					return
				}
				page, bytes = eventlog.ScanPage{}, 0
			}
		}
		if len(page.Records) > 0 {
			yield(page, nil)
		}
	}
}

func (s *Store) scan(ctx context.Context, at place) iter.Seq2[stored, error] {
	in := &dynamodb.ScanInput{
		TableName:              aws.String(s.o.LogTable),
		ConsistentRead:         aws.Bool(true),
		ReturnConsumedCapacity: s.asked(),
	}
	if at.last > 0 {
		in.ExclusiveStartKey = attributes{
			"p": &types.AttributeValueMemberS{Value: partitionKey(at.stream)},
			"s": &types.AttributeValueMemberS{Value: sortKey(at.stream.Leaf, at.first)},
		}
	}
	return func(yield func(stored, error) bool) {
		for pages := dynamodb.NewScanPaginator(s.client, in); pages.HasMorePages(); {
			out, err := pages.NextPage(ctx)
			if err != nil {
				yield(stored{}, s.failed(ctx, "scanning the log", err))
				return
			}
			s.spentReading(ctx, "scan", len(out.Items), one(out.ConsumedCapacity)...)
			if !each(out.Items, yield) {
				return
			}
		}
	}
}

// checkpointFormat begins every checkpoint, so that a later format is told from this one.
const checkpointFormat = "1"

// checkpoint names the item that the scan is after: no name has a space in it.
func checkpoint(at place) eventlog.Checkpoint {
	return eventlog.Checkpoint(strings.Join([]string{
		checkpointFormat, partitionKey(at.stream), sortKey(at.stream.Leaf, at.first), strconv.FormatUint(uint64(at.last), 10),
	}, " "))
}

func parseCheckpoint(c eventlog.Checkpoint) (place, error) {
	if c == "" {
		return place{}, nil
	}
	bad := func() (place, error) { return place{}, fmt.Errorf("%q is no checkpoint of this log", c) }
	parts := strings.Split(string(c), " ")
	if len(parts) != 4 || parts[0] != checkpointFormat {
		return bad()
	}
	stream, first, err := parseKey(parts[1], parts[2])
	if err != nil {
		return bad()
	}
	last, err := strconv.ParseUint(parts[3], 10, 64)
	if err != nil || eventlog.Version(last) < first {
		return bad()
	}
	return place{stream: stream, first: first, last: eventlog.Version(last)}, nil
}
