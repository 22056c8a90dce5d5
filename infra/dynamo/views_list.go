package dynamo

import (
	"context"
	"fmt"
	"hash/fnv"
	"iter"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"webplug/domain/eventlog"
	"webplug/projections"
)

// shardOf spreads a busy list.
func shardOf(list, sort string) int {
	if !projections.Busy(list) {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(sort)) // it never fails
	return int(h.Sum32() % listShards)
}

// listBytes is what a list gives at most if its reader does not say.
const listBytes = 1 << 20

// List implements projections.Views: a Query of each shard, merged, and a BatchGetItem of the rows. An entry that its row
// does not name is left out.
func (v *Views) List(ctx context.Context, g projections.Generation, q projections.ListQuery) ([]projections.Listed, error) {
	var out []projections.Listed
	bytes := q.MaxBytes
	if bytes == 0 {
		bytes = listBytes
	}
	entries, err := v.openList(ctx, g, q)
	if err != nil {
		return nil, err
	}
	for len(out) < q.Limit {
		part, err := entries.take(ctx, min(q.Limit-len(out), batchGets))
		if err != nil {
			return nil, err
		}
		if len(part) == 0 {
			break
		}
		keys := make([]string, len(part))
		for i, e := range part {
			keys[i] = rowPartition(g, q.View, e.ID)
		}
		rows, err := v.rowsAt(ctx, keys)
		if err != nil {
			return nil, err
		}
		for i, e := range part {
			r := rows[keys[i]]
			if r == nil || r.body == nil || !r.on(listPlace{q.List, e.Sort}) {
				continue
			}
			out = append(out, projections.Listed{Row: r.row(q.View, e.ID), Sort: e.Sort})
			if bytes -= len(r.body); bytes <= 0 {
				return out, nil
			}
		}
	}
	return out, nil
}

func noticePartition(g projections.Generation, view projections.View, list string) string {
	return generationKey(g) + "o/" + string(view) + "/" + list
}

// Notices implements projections.Views by one consistent Query.
func (v *Views) Notices(ctx context.Context, g projections.Generation, q projections.ListQuery) ([]projections.Noticed, error) {
	if q.To != "" && q.From >= q.To {
		return nil, nil
	}
	var out []projections.Noticed
	bytes := q.MaxBytes
	if bytes == 0 {
		bytes = listBytes
	}
	read := shardReader{v: v, q: q, partition: noticePartition(g, q.View, q.List)}
	for len(out) < q.Limit && bytes > 0 {
		e, ok, err := read.head(ctx, q.Limit-len(out))
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		read.entries = read.entries[1:]
		out = append(out, projections.Noticed{Sort: e.Sort, Version: e.Version, Data: e.Data})
		bytes -= len(e.Data) + len(e.Sort)
	}
	return out, nil
}

// listReader merges the shards of a list.
type listReader struct {
	backward bool
	shards   []*shardReader
}

func (v *Views) openList(ctx context.Context, g projections.Generation, q projections.ListQuery) (*listReader, error) {
	l := &listReader{backward: q.Backward}
	if q.To != "" && q.From >= q.To {
		return l, nil
	}
	n := 1
	if projections.Busy(q.List) {
		n = listShards
	}
	for i := range n {
		l.shards = append(l.shards, &shardReader{v: v, q: q, partition: listPartition(g, q.View, i, q.List)})
	}
	return l, inParallel(ctx, n, n, func(ctx context.Context, i int) error {
		_, _, err := l.shards[i].head(ctx, q.Limit)
		return err
	})
}

// take gives the next entries of all shards, n at most.
func (l *listReader) take(ctx context.Context, n int) ([]entryItem, error) {
	var out []entryItem
	for len(out) < n {
		var next *shardReader
		for _, s := range l.shards {
			e, ok, err := s.head(ctx, n-len(out))
			if err != nil {
				return nil, err
			}
			if ok && (next == nil || l.before(e, next.entries[0])) {
				next = s
			}
		}
		if next == nil {
			break
		}
		out = append(out, next.entries[0])
		next.entries = next.entries[1:]
	}
	return out, nil
}

func (l *listReader) before(a, b entryItem) bool {
	if l.backward {
		return a.Sort > b.Sort
	}
	return a.Sort < b.Sort
}

// shardReader reads one partition of a list, page by page.
type shardReader struct {
	v         *Views
	q         projections.ListQuery
	partition string
	entries   []entryItem
	after     attributes // where the next page begins
	ended     bool
}

// head is the next entry; a page that must be read for it has so many as are wanted.
func (s *shardReader) head(ctx context.Context, wanted int) (entryItem, bool, error) {
	for len(s.entries) == 0 && !s.ended {
		if err := s.read(ctx, wanted); err != nil {
			return entryItem{}, false, err
		}
	}
	if len(s.entries) == 0 {
		return entryItem{}, false, nil
	}
	return s.entries[0], true, nil
}

func (s *shardReader) read(ctx context.Context, wanted int) error {
	in := s.input()
	in.Limit = aws.Int32(int32(min(wanted, 1000)) + 1)
	out, err := s.v.s.client.Query(ctx, in)
	if err != nil {
		return s.v.s.failed(ctx, fmt.Sprintf("reading list %s of %s", s.q.List, s.q.View), err)
	}
	s.v.s.spentReading(ctx, "list", len(out.Items), one(out.ConsumedCapacity)...)
	s.after, s.ended = out.LastEvaluatedKey, len(out.LastEvaluatedKey) == 0
	for _, item := range out.Items {
		var e entryItem
		if err := attributevalue.UnmarshalMap(item, &e); err != nil {
			return fmt.Errorf("reading list %s of %s: %w: %w", s.q.List, s.q.View, eventlog.ErrDamaged, err)
		}
		if s.q.To == "" || e.Sort < s.q.To { // BETWEEN has both its ends
			s.entries = append(s.entries, e)
		}
	}
	return nil
}

func (s *shardReader) input() *dynamodb.QueryInput {
	value := func(text string) types.AttributeValue { return &types.AttributeValueMemberS{Value: text} }
	in := &dynamodb.QueryInput{
		TableName: aws.String(s.v.s.o.ViewsTable), ConsistentRead: aws.Bool(true), ExclusiveStartKey: s.after,
		ScanIndexForward:          aws.Bool(!s.q.Backward),
		KeyConditionExpression:    aws.String("p = :p"),
		ExpressionAttributeValues: attributes{":p": value(s.partition)},
		ReturnConsumedCapacity:    s.v.s.asked(),
	}
	switch {
	case s.q.From != "" && s.q.To != "":
		in.KeyConditionExpression = aws.String("p = :p AND s BETWEEN :from AND :to")
	case s.q.From != "":
		in.KeyConditionExpression = aws.String("p = :p AND s >= :from")
	case s.q.To != "":
		in.KeyConditionExpression = aws.String("p = :p AND s < :to")
	}
	if s.q.From != "" {
		in.ExpressionAttributeValues[":from"] = value(s.q.From)
	}
	if s.q.To != "" {
		in.ExpressionAttributeValues[":to"] = value(s.q.To)
	}
	return in
}

// names remembers which names of lists are in the table: each is written once by each process.
type names struct {
	mu   sync.Mutex
	seen map[string]struct{}
}

const (
	// namesKept bounds them; beyond, all are forgotten and written again.
	namesKept = 20_000
	nameMark  = "=" // a list may have no name, and a sort key must have one
)

// name notes that lists have an entry, before they do. A name stays: whether its list is empty is asked of the list.
func (v *Views) name(ctx context.Context, g projections.Generation, view projections.View, lists []listPlace) error {
	for _, l := range lists {
		p := namesPartition(g, view)
		id := p + nameMark + l.list
		if !named(l.list) || v.names.has(id) {
			continue
		}
		if err := v.putAll(ctx, "write name", []any{number{Partition: p, Sort: nameMark + l.list}}); err != nil {
			return err
		}
		v.names.add(id)
	}
	return nil
}

// named says whether anybody asks for lists of this kind by Lists.
func named(list string) bool {
	kind, _, _ := strings.Cut(list, "/")
	return projections.Named(kind)
}

func (n *names) has(id string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, ok := n.seen[id]
	return ok
}

func (n *names) add(id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.seen == nil || len(n.seen) >= namesKept {
		n.seen = map[string]struct{}{}
	}
	n.seen[id] = struct{}{}
}

// listsAtOnce is how many lists are looked at side by side, whether they have rows.
const listsAtOnce = 16

// Lists implements projections.Views: the names that were ever written, less those whose list is empty.
func (v *Views) Lists(ctx context.Context, g projections.Generation, view projections.View, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		read := shardReader{v: v, q: projections.ListQuery{View: view, From: nameMark + prefix}, partition: namesPartition(g, view)}
		for {
			lists, err := read.names(ctx, prefix)
			if err != nil {
				yield("", err)
				return
			}
			if len(lists) == 0 {
				return
			}
			has := make([]bool, len(lists))
			err = inParallel(ctx, listsAtOnce, len(lists), func(ctx context.Context, i int) error {
				if kind, _, _ := strings.Cut(lists[i], "/"); projections.Lasting(kind) {
					has[i] = true
					return nil
				}
				rows, err := v.List(ctx, g, projections.ListQuery{View: view, List: lists[i], Limit: 1})
				has[i] = len(rows) > 0
				return err
			})
			if err != nil {
				yield("", err)
				return
			}
			for i, list := range lists {
				if has[i] && !yield(list, nil) {
					return
				}
			}
		}
	}
}

// names gives the next names of lists with a prefix; none at the end.
func (s *shardReader) names(ctx context.Context, prefix string) (lists []string, err error) {
	for len(lists) < 10*listsAtOnce {
		e, ok, err := s.head(ctx, 1000)
		if err != nil {
			return nil, err
		}
		if !ok || !strings.HasPrefix(e.Sort, nameMark+prefix) {
			break
		}
		s.entries = s.entries[1:]
		lists = append(lists, strings.TrimPrefix(e.Sort, nameMark))
	}
	return lists, nil
}
