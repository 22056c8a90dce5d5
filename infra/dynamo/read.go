package dynamo

import (
	"context"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"webplug/domain/eventlog"
)

// Read implements eventlog.Store by one consistent Query, and a small one before it if after is not known to be the end
// of an item: the next records may be in the middle of one.
func (s *Store) Read(ctx context.Context, of eventlog.Stream, after eventlog.Version) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		if !of.Valid() {
			yield(eventlog.Record{}, fmt.Errorf("reading %q: %w", of, eventlog.ErrBadStream))
			return
		}
		at := place{stream: of, last: after}
		if after > 0 && !s.ends.has(of, after) {
			in, found, err := s.holding(ctx, of, after)
			switch {
			case err != nil:
				yield(eventlog.Record{}, err)
				return
			case !found || in.last() < after:
				return // the stream is not that long
			}
			for _, r := range in.records[after-in.first+1:] {
				if !yield(r, nil) {
					return
				}
			}
			at.last = in.last()
			s.ends.add(of, at.last)
		}
		s.give(gapless(at, func(at place) iter.Seq2[stored, error] {
			return s.query(ctx, "read", "reading "+of.String(), s.between(of, at.last+1))
		}), yield)
	}
}

// Trail implements eventlog.Store by one consistent Query of the partition.
func (s *Store) Trail(ctx context.Context, service, root string) iter.Seq2[eventlog.Record, error] {
	return func(yield func(eventlog.Record, error) bool) {
		of := eventlog.Stream{Service: service, Root: root}
		if !of.Valid() {
			yield(eventlog.Record{}, fmt.Errorf("reading the trail of %q: %w", of, eventlog.ErrBadStream))
			return
		}
		s.give(gapless(place{stream: of}, func(at place) iter.Seq2[stored, error] {
			return s.query(ctx, "trail", "reading the trail of "+of.String(), s.onwards(of, sortKey(at.stream.Leaf, at.last+1)))
		}), yield)
	}
}

// give hands on the records of items, and remembers where these end.
func (s *Store) give(items iter.Seq2[stored, error], yield func(eventlog.Record, error) bool) {
	for in, err := range items {
		if err != nil {
			yield(eventlog.Record{}, err)
			return
		}
		s.ends.add(in.stream, in.last())
		for _, r := range in.records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// holding finds the item that has a version, or the last one before it.
func (s *Store) holding(ctx context.Context, of eventlog.Stream, v eventlog.Version) (stored, bool, error) {
	in := s.keys("p = :p AND s BETWEEN :from AND :to", of, map[string]string{
		":from": of.Leaf + mark, ":to": sortKey(of.Leaf, v),
	})
	in.ScanIndexForward, in.Limit = aws.Bool(false), aws.Int32(1)
	for found, err := range s.query(ctx, "look", fmt.Sprintf("looking for %s@%d", of, v), in) {
		return found, err == nil, err
	}
	return stored{}, false, nil
}

// between asks for one stream's items from a version on.
func (s *Store) between(of eventlog.Stream, from eventlog.Version) *dynamodb.QueryInput {
	return s.keys("p = :p AND s BETWEEN :from AND :to", of, map[string]string{
		":from": sortKey(of.Leaf, from), ":to": of.Leaf + pastAll,
	})
}

// onwards asks for all items of a root from a sort key on.
func (s *Store) onwards(of eventlog.Stream, from string) *dynamodb.QueryInput {
	return s.keys("p = :p AND s >= :from", of, map[string]string{":from": from})
}

func (s *Store) keys(condition string, of eventlog.Stream, values map[string]string) *dynamodb.QueryInput {
	attributes := map[string]types.AttributeValue{":p": &types.AttributeValueMemberS{Value: partitionKey(of)}}
	for name, text := range values {
		attributes[name] = &types.AttributeValueMemberS{Value: text}
	}
	return &dynamodb.QueryInput{
		TableName:                 aws.String(s.o.LogTable),
		ConsistentRead:            aws.Bool(true),
		KeyConditionExpression:    aws.String(condition),
		ExpressionAttributeValues: attributes,
		ReturnConsumedCapacity:    s.asked(),
	}
}

// query gives the items of all pages; with a limit, of the first page.
func (s *Store) query(ctx context.Context, operation, doing string, in *dynamodb.QueryInput) iter.Seq2[stored, error] {
	return func(yield func(stored, error) bool) {
		for pages := dynamodb.NewQueryPaginator(s.client, in); pages.HasMorePages(); {
			out, err := pages.NextPage(ctx)
			if err != nil {
				yield(stored{}, s.failed(ctx, doing, err))
				return
			}
			s.spentReading(ctx, operation, len(out.Items), one(out.ConsumedCapacity)...)
			if !each(out.Items, yield) || in.Limit != nil {
				return
			}
		}
	}
}

// each opens items one after the other and stops after the first that is damaged.
func each(items []attributes, yield func(stored, error) bool) bool {
	for _, values := range items {
		in, err := opened(values)
		if !yield(in, err) || err != nil {
			return false
		}
	}
	return true
}

func opened(values attributes) (stored, error) {
	var i item
	if err := attributevalue.UnmarshalMap(values, &i); err != nil {
		return stored{}, fmt.Errorf("an item of the log: %w: %w", eventlog.ErrDamaged, err)
	}
	return i.open()
}
