package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"webplug/domain/eventlog"
	"webplug/projections"
)

// How a row and its entries stay together without a transaction, which would cost twice as much:
//
//  1. new entries and notices are put, each unless a newer one is there;
//  2. the row is put, if it still has the version that was read;
//  3. entries that it is no longer on are deleted, each unless it has become newer.
//
// Who lost at 2 starts anew from the row that won. Who died before 2 left entries that their row does not name, which
// nobody sees; who died before 3 is repeated, finds the row written, and deletes what the row says was left. So whoever
// has read a row finds its entries and notices at least as new.

// writesAtOnce is how many rows one Apply writes side by side.
const writesAtOnce = 16

// Apply implements projections.Views. The checkpoint is written after the rows.
func (v *Views) Apply(ctx context.Context, g projections.Generation, rows []projections.Row, at eventlog.Position) error {
	fresh, others := newest(rows)
	if err := v.putFresh(ctx, g, fresh); err != nil {
		return err
	}
	if len(others) > 0 {
		old, err := v.stored(ctx, g, slices.DeleteFunc(slices.Clone(others), func(r projections.Row) bool { return r.New }))
		if err != nil {
			return err
		}
		err = inParallel(ctx, writesAtOnce, len(others), func(ctx context.Context, i int) error {
			return v.replace(ctx, g, others[i], old[rowPartition(g, others[i].View, others[i].ID)])
		})
		if err != nil {
			return err
		}
	}
	if at == 0 {
		return nil
	}
	return v.setNumber(ctx, pointPartition(g), uint64(at))
}

// newest keeps of each row the newest version that a call has, the first of equal ones, and sets apart those that need
// no look at what is stored.
func newest(rows []projections.Row) (fresh, others []projections.Row) {
	type name struct {
		view projections.View
		id   string
	}
	best := make(map[name]int, len(rows))
	for i, r := range rows {
		n := name{r.View, r.ID}
		if j, ok := best[n]; !ok || rows[j].Version < r.Version {
			best[n] = i
		}
	}
	for i, r := range rows {
		switch {
		case best[name{r.View, r.ID}] != i:
		case r.Fresh && r.Body != nil && len(r.Notices) == 0:
			fresh = append(fresh, r)
		default:
			others = append(others, r)
		}
	}
	return fresh, others
}

// putFresh writes rows that replace nothing, 25 items a request.
func (v *Views) putFresh(ctx context.Context, g projections.Generation, rows []projections.Row) error {
	var items []any
	for _, r := range rows {
		next := asStored(r)
		item, err := v.rowItem(g, r, next)
		if err != nil {
			return err
		}
		items = append(items, item)
		for _, p := range next.lists {
			e, err := entryOf(g, r, p)
			if err != nil {
				return err
			}
			items = append(items, e)
		}
		if err := v.name(ctx, g, r.View, next.lists); err != nil {
			return err
		}
	}
	return v.putAll(ctx, "write rows", items)
}

// asStored is a row as it is to be stored.
func asStored(r projections.Row) openedRow {
	o := openedRow{version: r.Version, body: r.Body}
	if r.Body != nil {
		for _, e := range r.Lists {
			o.lists = append(o.lists, listPlace{e.List, e.Sort})
		}
	}
	return o
}

func (v *Views) rowItem(g projections.Generation, r projections.Row, o openedRow) (rowItem, error) {
	i := rowItem{Partition: rowPartition(g, r.View, r.ID), Sort: rowSort, Version: r.Version, Content: o.encode(), Expires: expiry(r)}
	if size := len(i.Partition) + len(i.Content) + 32; size > maxItemBytes {
		return i, fmt.Errorf("row %s of %s has %d bytes: %w", r.ID, r.View, size, eventlog.ErrTooLarge)
	}
	return i, nil
}

// maxSortBytes is what DynamoDB takes as a sort key (Developer Guide, "Service, account, and table quotas").
const maxSortBytes = 1024

func entryOf(g projections.Generation, r projections.Row, p listPlace) (entryItem, error) {
	if len(p.sort) > maxSortBytes {
		return entryItem{}, fmt.Errorf("row %s of %s has a sort key of %d bytes: %w", r.ID, r.View, len(p.sort), eventlog.ErrTooLarge)
	}
	return entryItem{
		Partition: listPartition(g, r.View, shardOf(p.list, p.sort), p.list), Sort: p.sort, Version: r.Version, ID: r.ID, Expires: expiry(r),
	}, nil
}

// replace brings a row to a version, unless it has it already, or a newer one.
func (v *Views) replace(ctx context.Context, g projections.Generation, r projections.Row, old *openedRow) error {
	if err := v.name(ctx, g, r.View, asStored(r).lists); err != nil {
		return err
	}
	var put []listPlace // by this call
	for {
		next := asStored(r)
		if old != nil && old.version >= r.Version {
			return v.withdraw(ctx, g, r, old, put)
		}
		if old != nil {
			for _, p := range old.lists {
				if !next.on(p) {
					next.left = append(next.left, p)
				}
			}
		}
		if err := v.announce(ctx, g, r, next, old, &put); err != nil {
			return err
		}
		var err error
		if old, err = v.putRow(ctx, g, r, next, old); err != nil {
			return err
		}
		if old == nil {
			return v.deleteEntries(ctx, g, r, next.left)
		}
	}
}

// announce puts the entries that a row gets, and all its notices.
func (v *Views) announce(ctx context.Context, g projections.Generation, r projections.Row, next openedRow, old *openedRow, put *[]listPlace) error {
	var entries []entryItem
	for _, p := range next.lists {
		if old != nil && old.on(p) {
			continue
		}
		e, err := entryOf(g, r, p)
		if err != nil {
			return err
		}
		entries = append(entries, e)
		*put = append(*put, p)
	}
	for _, n := range r.Notices {
		entries = append(entries, entryItem{
			Partition: noticePartition(g, r.View, n.List), Sort: n.Sort, Version: r.Version, ID: r.ID, Data: n.Data,
		})
	}
	return inParallel(ctx, writesAtOnce, len(entries), func(ctx context.Context, i int) error {
		return v.putUnlessNewer(ctx, entries[i])
	})
}

// withdraw is the end of a row that is there already, as new or newer: what this call put in vain, or what an earlier
// one left, is taken away.
func (v *Views) withdraw(ctx context.Context, g projections.Generation, r projections.Row, old *openedRow, put []listPlace) error {
	var gone []listPlace
	for _, p := range put {
		if !old.on(p) {
			gone = append(gone, p)
		}
	}
	if old.version == r.Version {
		gone = append(gone, old.left...)
	}
	return v.deleteEntries(ctx, g, r, gone)
}

// putRow puts a row in the place of the version that was read. If another is there by now, it gives that one.
func (v *Views) putRow(ctx context.Context, g projections.Generation, r projections.Row, next openedRow, old *openedRow) (*openedRow, error) {
	item, err := v.rowItem(g, r, next)
	if err != nil {
		return nil, err
	}
	values, err := attributevalue.MarshalMap(item)
	if err != nil {
		return nil, err
	}
	in := &dynamodb.PutItemInput{
		TableName: aws.String(v.s.o.ViewsTable), Item: values,
		ConditionExpression:                 aws.String(unlessThere),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		ReturnConsumedCapacity:              v.s.asked(),
	}
	if old != nil {
		in.ConditionExpression, in.ExpressionAttributeValues = aws.String("v = :v"), versionValue(old.version)
	}
	out, err := v.s.client.PutItem(ctx, in)
	var there *types.ConditionalCheckFailedException
	switch {
	case errors.As(err, &there) && there.Item == nil: // it was dropped with its generation
		return nil, fmt.Errorf("row %s of %s is gone: %w", r.ID, r.View, eventlog.ErrUnavailable)
	case errors.As(err, &there):
		won, err := openRow(there.Item)
		return &won, err
	case err != nil:
		return nil, v.s.failed(ctx, fmt.Sprintf("writing row %s of %s", r.ID, r.View), err)
	}
	v.s.spentWriting(ctx, "write row", 1, one(out.ConsumedCapacity)...)
	return nil, nil
}

func versionValue(v eventlog.Version) attributes {
	return attributes{":v": &types.AttributeValueMemberN{Value: fmt.Sprint(uint64(v))}}
}

func (v *Views) putUnlessNewer(ctx context.Context, e entryItem) error {
	values, err := attributevalue.MarshalMap(e)
	if err != nil {
		return err
	}
	out, err := v.s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(v.s.o.ViewsTable), Item: values,
		ConditionExpression:       aws.String("attribute_not_exists(p) OR v < :v"),
		ExpressionAttributeValues: versionValue(e.Version),
		ReturnConsumedCapacity:    v.s.asked(),
	})
	var there *types.ConditionalCheckFailedException
	if errors.As(err, &there) {
		return nil
	}
	if err != nil {
		return v.s.failed(ctx, "writing an entry of "+e.ID, err)
	}
	v.s.spentWriting(ctx, "write entry", 1, one(out.ConsumedCapacity)...)
	return nil
}

func (v *Views) deleteEntries(ctx context.Context, g projections.Generation, r projections.Row, places []listPlace) error {
	for _, p := range places {
		out, err := v.s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName:                 aws.String(v.s.o.ViewsTable),
			Key:                       key(listPartition(g, r.View, shardOf(p.list, p.sort), p.list), p.sort),
			ConditionExpression:       aws.String("v <= :v"),
			ExpressionAttributeValues: versionValue(r.Version),
			ReturnConsumedCapacity:    v.s.asked(),
		})
		var there *types.ConditionalCheckFailedException
		if errors.As(err, &there) {
			continue // it is gone, or newer
		}
		if err != nil {
			return v.s.failed(ctx, "taking away an entry of "+r.ID, err)
		}
		v.s.spentWriting(ctx, "delete entry", 1, one(out.ConsumedCapacity)...)
	}
	return nil
}
