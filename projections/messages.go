package projections

import (
	"context"
	"fmt"
	"strings"

	"webplug/domain"
)

func value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

// Messages lists messages, newest first.
func (q *Queries) Messages(ctx context.Context, service string, f MessageFilter, r PageRequest) (Page[MessageRow], error) {
	at, stale, err := q.freshen(ctx)
	if err != nil {
		return Page[MessageRow]{}, err
	}
	defer at.release()
	var find func(context.Context, string, MessageFilter, PageRequest) (Page[MessageRow], error)
	switch f.Status {
	case domain.Pending, domain.Retrying, domain.Failed: // these have rows, so that the rest need not be looked at
		find = at.unhappyMessages
		if f.Status == domain.Pending && q.unawaited {
			find = at.journalMessages
		}
	default:
		find = at.journalMessages
	}
	page, err := find(ctx, service, f, r)
	page.Stale = stale
	return page, err
}

func (q *Queries) journalMessages(ctx context.Context, service string, f MessageFilter, r PageRequest) (Page[MessageRow], error) {
	var page Page[MessageRow]
	c, err := readCursor(r.Cursor, "messages/"+service)
	if err != nil {
		return page, err
	}
	seen, others := 0, 0
	for fact, err := range q.facts(ctx, factRange{service: service, from: f.Since, to: f.Until, backward: true, accepted: true, beyond: c.Fact}) {
		if err != nil {
			return page, fmt.Errorf("read the journal: %w", err)
		}
		if seen > 10*budget {
			return page, nil
		}
		if !fact.accepts() { // a page's other facts cost little
			if others++; others%20 == 0 {
				seen++
			}
			continue
		}
		seen++
		if is(f.EventTypeID, fact.EventTypeID) && is(f.UserID, fact.UserID) &&
			(f.Audience == "" || fact.UserID == "" || fact.UserID == f.Audience) {
			row, ok, err := q.message(ctx, service, fact.Root, f)
			if err != nil {
				return page, err
			}
			if ok && len(page.Data) == r.Limit {
				return page, nil
			}
			if ok {
				page.Data = append(page.Data, row)
			}
			seen += 10 + row.total()/4
		}
		page.Next = cursor{List: "messages/" + service, Fact: fact.place()}.String()
	}
	page.Next = ""
	return page, nil
}

// unhappyMessages lists by the rows of deliveries with a status; a message is one if that is its worst.
func (q *Queries) unhappyMessages(ctx context.Context, service string, f MessageFilter, r PageRequest) (Page[MessageRow], error) {
	var page Page[MessageRow]
	in := listStatus(service, f.Status)
	c, err := readCursor(r.Cursor, in)
	if err != nil {
		return page, err
	}
	query := ListQuery{View: ViewDeliveries, List: in, Backward: true, From: sortFrom(f.Since), To: sortFrom(f.Until), Limit: r.Limit + 1}
	if c.Sort != "" {
		query.To = c.Sort // the last message's own prefix: its other deliveries sort after it
	}
	seen, last := 0, ""
	for {
		rows, err := q.views.List(ctx, q.generation, query)
		if err != nil || len(rows) == 0 {
			return finish(page, err)
		}
		for _, l := range rows {
			message, _ := domain.MessageOf(rootOf(l))
			prefix := l.Sort[:strings.IndexByte(l.Sort, '/')+1] + message
			if prefix == last {
				continue
			}
			row, ok, err := q.message(ctx, service, message, f)
			if err != nil {
				return finish(page, err)
			}
			if ok && len(page.Data) == r.Limit {
				return page, nil
			}
			if ok {
				page.Data = append(page.Data, row)
			}
			last, page.Next = prefix, cursor{List: in, Sort: prefix}.String()
			if seen += 1 + row.total()/500; seen >= budget {
				return page, nil
			}
		}
		query.To = last // leaves out the rest of its deliveries, which may be very many
	}
}

// message reads a message's row, and says whether the filter wants it.
func (q *Queries) message(ctx context.Context, service, id string, f MessageFilter) (MessageRow, bool, error) {
	var trail MessageTrail
	var err error
	if f.Audience != "" {
		trail, err = LoadTrailOf(ctx, q.log, service, id, Within{User: f.Audience})
	} else {
		trail, err = LoadTrail(ctx, q.log, service, id)
	}
	if err != nil || !trail.Message().Exists() {
		return MessageRow{}, false, err
	}
	if f.Audience != "" {
		var meets bool
		sees := q.audience(service, f.Audience)
		trail, meets, err = trail.Part(f.Audience, func(e string) (bool, error) { return sees.owns(ctx, e) })
		if err != nil || !meets {
			return MessageRow{}, false, err
		}
	}
	row := trail.Row()
	wants := is(f.Status, row.Status) && is(f.EventTypeID, value(row.EventTypeID)) && is(f.EventType, row.EventType) &&
		is(f.UserID, value(row.UserID))
	if !wants || f.EndpointID == "" && f.Cause == "" {
		return row, wants, nil
	}
	for _, d := range trail.Deliveries() {
		if is(f.EndpointID, value(d.EndpointID)) && is(f.Cause, value(d.Cause)) {
			if f.EndpointID != "" {
				row.Delivery = &d
			}
			return row, true, nil
		}
	}
	return row, false, nil
}
