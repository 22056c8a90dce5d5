package projections

import (
	"container/heap"
	"context"
	"errors"
	"iter"
	"strings"
	"time"
)

// factRange is a part of a service's journal.
type factRange struct {
	service  string
	from, to time.Time // at or after from, before to; zero is open
	backward bool      // newest first
	accepted bool      // only pages that hold accepted messages; with backward
	beyond   *Fact     // only what comes after this one, in the direction read
	orEqual  bool      // and this one
	upto     string    // only pages that arrived no later than this mark; "" is all
}

// errEnough ends a walk that has all it wants.
var errEnough = errors.New("enough")

// facts yields a range of the journal in order of time, each fact once.
func (q *Queries) facts(ctx context.Context, r factRange) iter.Seq2[Fact, error] {
	return func(yield func(Fact, error) bool) {
		var last *Fact
		err := q.walkHours(ctx, r, func(hour string) error {
			return q.walkHour(ctx, r, hour, func(f Fact) error {
				if last != nil && last.compare(f) == 0 || !r.wants(f) {
					return nil
				}
				last = &f
				if !yield(f, nil) {
					return errEnough
				}
				return nil
			})
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(Fact{}, err)
		}
	}
}

func (r factRange) wants(f Fact) bool {
	at := f.At()
	if !r.from.IsZero() && at.Before(r.from) || !r.to.IsZero() && !at.Before(r.to) {
		return false
	}
	if r.beyond == nil {
		return true
	}
	order := f.compare(*r.beyond)
	if r.backward {
		order = -order
	}
	return order > 0 || order == 0 && r.orEqual
}

// bounds narrows the range by the fact to go on from: times at or after low and at or before high; zero is open.
func (r factRange) bounds() (low, high time.Time) {
	low, high = r.from, r.to
	if r.beyond != nil && r.backward {
		high = r.beyond.At()
	} else if r.beyond != nil {
		low = r.beyond.At()
	}
	return low, high
}

func (q *Queries) walkHours(ctx context.Context, r factRange, visit func(hour string) error) error {
	return q.walkHourRows(ctx, r, func(l Listed) error { return visit(l.Sort) })
}

func (q *Queries) walkHourRows(ctx context.Context, r factRange, visit func(Listed) error) error {
	low, high := r.bounds()
	query := ListQuery{View: ViewJournal, List: listHours(r.service), Backward: r.backward, Limit: 100}
	if !low.IsZero() {
		query.From = low.UTC().Format(hourForm)
	}
	if !high.IsZero() {
		query.To = high.UTC().Format(hourForm) + "~"
	}
	return q.walk(ctx, query, visit)
}

// walkHour merges an hour's pages, which overlap. A page is loaded before the first fact that it could precede is given.
func (q *Queries) walkHour(ctx context.Context, r factRange, hour string, visit func(Fact) error) error {
	low, high := r.bounds()
	query := ListQuery{View: ViewJournal, List: listByOldest(r.service, hour), Backward: r.backward, Limit: 20}
	if r.backward {
		query.List = listByNewest(r.service, hour)
	}
	if r.accepted {
		query.List = listAccepted(r.service, hour)
	}
	// No page spans more than pageSpan: the ones that can hold a time lie that near to it, on either list.
	if !low.IsZero() {
		query.From = timeKey(low.Add(-pageSpan))
	}
	if !high.IsZero() {
		query.To = timeKey(high.Add(pageSpan)) + "~"
	}
	merged := &factHeap{backward: r.backward}
	give := func(until string) error { // what no page from there on can precede
		for len(merged.facts) > 0 {
			next := timeKey(merged.facts[0].At())
			if until != "" && (r.backward && next <= until || !r.backward && next >= until) {
				return nil
			}
			if err := visit(heap.Pop(merged).(Fact)); err != nil {
				return err
			}
		}
		return nil
	}
	err := q.walk(ctx, query, func(l Listed) error {
		edge, mark, _ := strings.Cut(l.Sort, "/")
		if r.upto != "" && mark > r.upto {
			return nil
		}
		if err := give(edge); err != nil {
			return err
		}
		facts, err := factsOf(l)
		if err != nil {
			return err
		}
		for _, f := range facts {
			heap.Push(merged, f)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return give("")
}

// walk visits a list's rows, part by part.
func (q *Queries) walk(ctx context.Context, query ListQuery, visit func(Listed) error) error {
	for {
		rows, err := q.views.List(ctx, q.generation, query)
		if err != nil {
			return err
		}
		for _, l := range rows {
			if err := visit(l); err != nil {
				return err
			}
			if query.Backward {
				query.To = l.Sort
			} else {
				query.From = l.Sort + "\x00"
			}
		}
		if len(rows) == 0 {
			return nil
		}
	}
}

// factHeap has the fact to give next on top.
type factHeap struct {
	facts    []Fact
	backward bool
}

func (h *factHeap) Len() int      { return len(h.facts) }
func (h *factHeap) Swap(i, j int) { h.facts[i], h.facts[j] = h.facts[j], h.facts[i] }
func (h *factHeap) Push(x any)    { h.facts = append(h.facts, x.(Fact)) }
func (h *factHeap) Less(i, j int) bool {
	if h.backward {
		i, j = j, i
	}
	return h.facts[i].compare(h.facts[j]) < 0
}

func (h *factHeap) Pop() any {
	f := h.facts[len(h.facts)-1]
	h.facts = h.facts[:len(h.facts)-1]
	return f
}
