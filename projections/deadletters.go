package projections

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
)

// Dead letters are failed deliveries that nobody retried or discarded: one list of a service, one of each endpoint.

// DeadLetter is one of them.
type DeadLetter struct {
	Message, Endpoint string // Message is the root of the chunk that the delivery is in
	Cause             domain.Cause
	EndedAt           time.Time
	Sort              string // its place, oldest first
}

// DeadLetters lists failed deliveries, the newest failure first.
func (q *Queries) DeadLetters(ctx context.Context, service string, f DeliveryFilter, r PageRequest) (Page[DeliveryRow], error) {
	query := deadQuery(service, f)
	query.Backward = true
	sees, failed := q.audience(service, f.Audience), error(nil)
	page, err := listPart(ctx, q, query, r, func(d DeliveryRow) bool {
		wanted, err := f.shows(ctx, sees, d)
		failed = errors.Join(failed, err)
		return wanted
	})
	return page, errors.Join(err, failed)
}

func deadQuery(service string, f DeliveryFilter) ListQuery {
	query := ListQuery{View: ViewDeliveries, List: listDead(service), From: sortFrom(f.Since), To: sortFrom(f.Until)}
	if f.EndpointID != "" {
		query.List = listDeadOf(service, f.EndpointID)
	}
	return query
}

func (f DeliveryFilter) wants(d DeliveryRow) bool {
	return is(f.UserID, value(d.UserID)) && is(f.EventTypeID, value(d.EventTypeID)) && is(f.EventType, d.EventType) &&
		is(f.EndpointID, value(d.EndpointID)) && is(f.Cause, value(d.Cause)) && is(f.MessageID, d.MessageID)
}

// shows says whether a delivery is wanted, and is the audience's to see if there is one.
func (f DeliveryFilter) shows(ctx context.Context, sees *audience, d DeliveryRow) (bool, error) {
	if !f.wants(d) || f.Audience == "" {
		return f.wants(d), nil
	}
	return sees.owns(ctx, value(d.EndpointID))
}

// DeliveryFilterOf is a job's filter as lists take it.
func DeliveryFilterOf(f domain.DeadLetterFilter) DeliveryFilter {
	return DeliveryFilter{
		MessageID: f.MessageID, EndpointID: f.EndpointID, UserID: f.UserID, EventType: f.EventType, Cause: f.Cause,
		Since: f.Since, Until: f.Until,
	}
}

// Letters is a part of the dead letters, oldest first.
type Letters struct {
	Data []DeadLetter
	Next string // what to give as after for more; "" at the end
}

// FailedAfter gives dead letters behind a place of the list, "" for the first, oldest first. It may give fewer than the
// limit, even none, and still have a Next.
func (q *Queries) FailedAfter(ctx context.Context, service string, f DeliveryFilter, after string, limit int) (Letters, error) {
	at, err := q.fresh(ctx)
	if err != nil {
		return Letters{}, err
	}
	defer at.release()
	var out Letters
	seen := 0
	err = at.eachDead(ctx, service, f, after, func(d DeadLetter, wanted bool) error {
		if seen++; len(out.Data) == limit || seen > max(budget, limit) {
			return errEnough
		}
		if wanted {
			out.Data = append(out.Data, d)
		}
		out.Next = d.Sort
		return nil
	})
	switch {
	case errors.Is(err, errEnough):
		return out, nil
	case err != nil:
		return Letters{}, err
	}
	out.Next = ""
	return out, nil
}

// maxCounted bounds the dead letters that one call counts.
const maxCounted = 100_000

// CountDeadLetters is how many there are, up to 100,000.
func (q *Queries) CountDeadLetters(ctx context.Context, service string, f DeliveryFilter) (int, error) {
	at, _, err := q.freshen(ctx)
	if err != nil {
		return 0, err
	}
	defer at.release()
	n := 0
	err = at.eachDead(ctx, service, f, "", func(_ DeadLetter, wanted bool) error {
		if wanted {
			n++
		}
		if n == maxCounted {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return n, err
}

// eachDead visits the dead letters in a filter's time, oldest first, and says which the filter wants.
func (q *Queries) eachDead(ctx context.Context, service string, f DeliveryFilter, after string, visit func(d DeadLetter, wanted bool) error) error {
	if f.MessageID != "" {
		return q.eachDeadOf(ctx, service, f, after, visit)
	}
	query := deadQuery(service, f)
	query.Limit = 1000
	if after != "" {
		query.From = max(query.From, after+"\x00")
	}
	return q.walk(ctx, query, func(l Listed) error {
		row, err := readDelivery(l)
		if err != nil {
			return err
		}
		return visit(DeadLetter{rootOf(l), value(row.EndpointID), value(row.Cause), value(row.EndedAt), l.Sort}, f.wants(row))
	})
}

// eachDeadOf is eachDead of one message, whose trail tells.
func (q *Queries) eachDeadOf(ctx context.Context, service string, f DeliveryFilter, after string, visit func(d DeadLetter, wanted bool) error) error {
	trail, err := LoadTrail(ctx, q.log, service, f.MessageID)
	if err != nil {
		return err
	}
	var found []DeadLetter
	for _, c := range trail.chunks {
		root := c.message.Root()
		for _, row := range c.rows() {
			at := value(row.EndedAt)
			if row.Status == domain.Failed && f.wants(row) && !at.Before(f.Since) && (f.Until.IsZero() || at.Before(f.Until)) {
				id := root + "/" + *row.EndpointID
				found = append(found, DeadLetter{root, *row.EndpointID, value(row.Cause), at, timeKey(at) + "/" + id})
			}
		}
	}
	slices.SortFunc(found, func(a, b DeadLetter) int { return cmp.Compare(a.Sort, b.Sort) })
	for _, d := range found {
		if d.Sort > after {
			if err := visit(d, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// rootOf is the root of the delivery that a row of a list is of: its place ends in root and endpoint.
func rootOf(l Listed) string {
	place := l.Sort[:strings.LastIndexByte(l.Sort, '/')]
	return place[strings.LastIndexByte(place, '/')+1:]
}

func readDelivery(l Listed) (row DeliveryRow, err error) {
	if err = json.Unmarshal(l.Body, &row); err != nil {
		err = fmt.Errorf("read delivery %s: %w", l.ID, err)
	}
	return row, err
}

func sortFrom(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return timeKey(t)
}
