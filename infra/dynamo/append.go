package dynamo

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"webplug/domain/eventlog"
)

// maxTransactionBytes bounds the items of one batch over several streams (Developer Guide, "TransactWriteItems").
const maxTransactionBytes = 4 * 1024 * 1024

// unlessThere is the condition that decides every race.
const unlessThere = "attribute_not_exists(p)"

// Append implements eventlog.Store: one conditional put for one stream, a transaction at twice the price for several. A
// batch over several streams has at most 4 MB.
func (s *Store) Append(ctx context.Context, b eventlog.Batch) error {
	doing := "appending to " + name(b)
	items, err := encode(b)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	fits, err := s.fits(ctx, b)
	if err != nil {
		return err
	}
	if !fits {
		return s.repeatOrConflict(ctx, b, nil)
	}
	there, err := s.write(ctx, b, items)
	if err != nil {
		return s.failed(ctx, doing, err)
	}
	if there != nil {
		return s.repeatOrConflict(ctx, b, there)
	}
	for _, w := range b.Writes {
		s.ends.add(w.Stream, w.Expected+eventlog.Version(len(w.Records)))
	}
	return nil
}

// name is a batch in messages: its first stream.
func name(b eventlog.Batch) string {
	if len(b.Writes) == 0 {
		return "nothing"
	}
	return fmt.Sprintf("%s@%d", b.Writes[0].Stream, b.Writes[0].Expected)
}

// encode refuses what is too large before it is sent, and what no Log gives.
func encode(b eventlog.Batch) ([]item, error) {
	if len(b.Writes) > eventlog.MaxWriteStreams {
		return nil, fmt.Errorf("%d streams: %w", len(b.Writes), eventlog.ErrTooLarge)
	}
	if len(b.Writes) == 0 {
		return nil, errors.New("a batch without writes")
	}
	var items []item
	all := 0
	for _, w := range b.Writes {
		if err := checkWrite(w); err != nil {
			return nil, err
		}
		i := newItem(w)
		if i.size() > maxItemBytes {
			return nil, fmt.Errorf("an item of %d bytes for %s: %w", i.size(), w.Stream, eventlog.ErrTooLarge)
		}
		all += i.size()
		items = append(items, i)
	}
	if len(items) > 1 && all > maxTransactionBytes {
		return nil, fmt.Errorf("%d bytes over several streams: %w", all, eventlog.ErrTooLarge)
	}
	return items, nil
}

func checkWrite(w eventlog.Write) error {
	if !w.Stream.Valid() {
		return fmt.Errorf("%q: %w", w.Stream, eventlog.ErrBadStream)
	}
	if len(w.Records) == 0 {
		return fmt.Errorf("a write without records to %s", w.Stream)
	}
	bytes := 0
	for i, r := range w.Records {
		if want := w.Expected + eventlog.Version(i) + 1; r.Stream != w.Stream || r.Version != want {
			return fmt.Errorf("record %s@%d in the place of %s@%d", r.Stream, r.Version, w.Stream, want)
		}
		bytes += len(r.Data)
	}
	if bytes > eventlog.MaxWriteBytes {
		return fmt.Errorf("%d bytes for %s: %w", bytes, w.Stream, eventlog.ErrTooLarge)
	}
	return nil
}

// write puts all items or none. If a key is there already it answers, for each write, the item in its place as far as
// DynamoDB gave it.
func (s *Store) write(ctx context.Context, b eventlog.Batch, items []item) ([]attributes, error) {
	if len(items) == 1 {
		return s.put(ctx, items[0])
	}
	return s.transact(ctx, b, items)
}

// attributes is an item as the SDK has it; nil if it is not known.
type attributes = map[string]types.AttributeValue

func (s *Store) put(ctx context.Context, i item) ([]attributes, error) {
	values, err := attributevalue.MarshalMap(i)
	if err != nil {
		return nil, err
	}
	out, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                           aws.String(s.o.LogTable),
		Item:                                values,
		ConditionExpression:                 aws.String(unlessThere),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		ReturnConsumedCapacity:              s.asked(),
	})
	var there *types.ConditionalCheckFailedException
	if errors.As(err, &there) {
		return []attributes{there.Item}, nil
	}
	if err != nil {
		return nil, err
	}
	s.spentWriting(ctx, "append", 1, one(out.ConsumedCapacity)...)
	return nil, nil
}

func (s *Store) transact(ctx context.Context, b eventlog.Batch, items []item) ([]attributes, error) {
	in := &dynamodb.TransactWriteItemsInput{
		ClientRequestToken:     aws.String(token(s.o.LogTable, b)),
		ReturnConsumedCapacity: s.asked(),
	}
	for _, i := range items {
		values, err := attributevalue.MarshalMap(i)
		if err != nil {
			return nil, err
		}
		in.TransactItems = append(in.TransactItems, types.TransactWriteItem{Put: &types.Put{
			TableName:                           aws.String(s.o.LogTable),
			Item:                                values,
			ConditionExpression:                 aws.String(unlessThere),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}})
	}
	out, err := s.client.TransactWriteItems(ctx, in)
	if there := standing(err, len(items)); there != nil {
		return there, nil
	}
	if err != nil {
		return nil, err
	}
	s.spentWriting(ctx, "append", len(items), out.ConsumedCapacity...)
	return nil, nil
}

// standing reads from a cancelled transaction what was in the way; nil if no condition failed.
func standing(err error, writes int) []attributes {
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return nil
	}
	there := make([]attributes, writes)
	failed := false
	for i, r := range cancelled.CancellationReasons {
		if i < writes && aws.ToString(r.Code) == "ConditionalCheckFailed" {
			there[i], failed = r.Item, true
		}
	}
	if !failed {
		return nil
	}
	return there
}

// token makes DynamoDB take a transaction sent twice within ten minutes for one. It depends on all that is sent, because
// the same token with another content is refused; 36 characters are allowed.
func token(table string, b eventlog.Batch) string {
	h := sha256.New()
	put := func(text string) {
		h.Write(binary.AppendUvarint(nil, uint64(len(text))))
		h.Write([]byte(text))
	}
	put(table)
	h.Write([]byte{framing})
	for _, w := range b.Writes {
		put(w.Stream.String())
		h.Write(binary.AppendUvarint(nil, uint64(w.Expected)))
		h.Write(binary.AppendUvarint(nil, uint64(len(w.Records))))
		for _, r := range w.Records {
			h.Write(r.Hash[:])
		}
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:27])
}
