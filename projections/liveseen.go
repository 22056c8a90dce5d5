package projections

import (
	"context"
	"hash/fnv"
	"slices"

	"webplug/domain/eventlog"
)

// Where several processes write the journal, a page may appear before one that a reader has passed: its mark says when its
// writer began. So a reader reads what has arrived in the last minute again, and its cursor knows which pages it has given.

const (
	// pageMark is how many bytes of a page's name a cursor keeps: two pages of a minute with the same are one in 10^11.
	pageMark = 6
	// pagesKept bounds those of a cursor, which must fit a URL; where more arrive in a minute, less is read again.
	pagesKept = 300
)

// livePages are the pages that a cursor has given whole, of those that are read again; as a set of marks, end to end.
type livePages []byte

// markOfPage is a page's place in a set.
func markOfPage(sort string) []byte {
	h := fnv.New64a()
	_, _ = h.Write([]byte(sort)) // it never fails
	return h.Sum(nil)[:pageMark]
}

func (p livePages) has(sort string) bool {
	m := markOfPage(sort)
	for at := 0; at+pageMark <= len(p); at += pageMark {
		if slices.Equal(p[at:at+pageMark], m) {
			return true
		}
	}
	return false
}

// arrivedFrom is the mark from which a cursor that is at a time reads again.
func arrivedFrom(at int64) string {
	return markOf(eventlog.Position(max(0, at-late.Microseconds())), "")
}

// beginShared makes a cursor begin now: all that has arrived is given.
func (q *Queries) beginShared(ctx context.Context, service string, c *liveCursor) error {
	c.At = q.now().UnixMicro()
	query := ListQuery{View: ViewJournal, List: listArrived(service), From: arrivedFrom(c.At), Limit: 50}
	return q.walk(ctx, query, func(page Listed) error {
		c.Pages = append(c.Pages, markOfPage(page.Sort)...)
		return nil
	})
}

// readShared gives the pages that have arrived and were not given. What was passed stays in the cursor for as long as it is
// read again.
func (l *liveReader) readShared(ctx context.Context) error {
	began, from := l.q.now().UnixMicro(), max(arrivedFrom(l.cursor.At), l.cursor.Floor)
	query := ListQuery{View: ViewJournal, List: listArrived(l.service), From: from, Limit: 20}
	passed, at := l.cursor.Pages, l.cursor.At
	var sorts []string // of the pages that are passed, in order
	err := l.q.walk(ctx, query, func(page Listed) error {
		if !passed.has(page.Sort) {
			if err := l.give(ctx, page); err != nil {
				return err
			}
			l.cursor.Page, l.cursor.Given = "", 0
		}
		sorts = append(sorts, page.Sort)
		return nil
	})
	if err == nil {
		at = began
	}
	l.cursor.pass(sorts, at, err == nil)
	return err
}

// give gives the rest of a page.
func (l *liveReader) give(ctx context.Context, page Listed) error {
	facts, err := factsOf(page)
	if err != nil {
		return err
	}
	given := 0
	if page.Sort == l.cursor.Page {
		given = min(l.cursor.Given, len(facts))
	}
	for i, f := range facts[given:] {
		if err := l.take(ctx, f); err != nil {
			l.cursor.Page, l.cursor.Given = page.Sort, given+i
			return err
		}
	}
	return nil
}

// pass notes the pages that were passed. whole says that they are all there are; else those that were passed before may lie
// behind, and stay.
func (c *liveCursor) pass(sorts []string, at int64, whole bool) {
	again := arrivedFrom(at)
	var kept livePages
	if !whole {
		kept = slices.Clone(c.Pages)
		sorts = slices.DeleteFunc(sorts, c.Pages.has)
	} else {
		sorts = slices.DeleteFunc(sorts, func(sort string) bool { return sort < again })
	}
	if over := len(sorts) - pagesKept; whole && over > 0 {
		c.Floor = sorts[over]
		sorts = sorts[over:]
	}
	for _, sort := range sorts {
		kept = append(kept, markOfPage(sort)...)
	}
	c.Pages, c.At = kept, at
}
