package projections

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// DeadLetterGroup is the dead letters of one endpoint with one cause.
type DeadLetterGroup struct {
	EndpointID  string       `json:"endpoint_id"`
	Cause       domain.Cause `json:"cause"`
	Count       int          `json:"count"`
	Oldest      time.Time    `json:"oldest"`
	Newest      time.Time    `json:"newest"`
	LastAttempt *LastAttempt `json:"last_attempt"` // nil where none is known of
}

// LastAttempt is how the newest request to an endpoint went, whatever it was for.
type LastAttempt struct {
	MessageID  string        `json:"message_id"`
	Delivered  bool          `json:"delivered"`
	StatusCode *int          `json:"status_code"`
	Cause      *domain.Cause `json:"cause"`
	At         time.Time     `json:"at"`
}

// Groups are all groups, the one with the newest failure first.
type Groups struct {
	Data  []DeadLetterGroup
	More  bool // there are more than 100,000 dead letters; the oldest are not counted
	Stale bool
}

type groupKey struct {
	endpoint string
	cause    domain.Cause
}

// DeadLetterGroups counts dead letters by endpoint and cause.
func (q *Queries) DeadLetterGroups(ctx context.Context, service string, f DeliveryFilter) (Groups, error) {
	at, stale, err := q.freshen(ctx)
	if err != nil {
		return Groups{}, err
	}
	defer at.release()
	out := Groups{Stale: stale}
	groups := map[groupKey]*DeadLetterGroup{}
	seen := 0
	err = at.eachDeadNewest(ctx, service, f, func(d DeadLetter) error {
		if seen++; seen > maxCounted {
			out.More = true
			return errEnough
		}
		k := groupKey{d.Endpoint, d.Cause}
		g := groups[k]
		if g == nil {
			g = &DeadLetterGroup{EndpointID: d.Endpoint, Cause: d.Cause, Newest: d.EndedAt}
			groups[k] = g
		}
		g.Count++
		g.Oldest = d.EndedAt
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return out, err
	}
	last, err := at.lastAttempts(ctx, service, groups)
	if err != nil {
		return out, err
	}
	out.Data = make([]DeadLetterGroup, 0, len(groups))
	for _, g := range groups {
		g.LastAttempt = last[g.EndpointID]
		out.Data = append(out.Data, *g)
	}
	slices.SortFunc(out.Data, func(a, b DeadLetterGroup) int {
		return cmp.Or(b.Newest.Compare(a.Newest), cmp.Compare(a.EndpointID, b.EndpointID), cmp.Compare(a.Cause, b.Cause))
	})
	return out, nil
}

// eachDeadNewest visits the dead letters that a filter wants, newest first.
func (q *Queries) eachDeadNewest(ctx context.Context, service string, f DeliveryFilter, visit func(DeadLetter) error) error {
	query := deadQuery(service, f)
	query.Backward, query.Limit = true, 1000
	sees := q.audience(service, f.Audience)
	return q.walk(ctx, query, func(l Listed) error {
		row, err := readDelivery(l)
		if err != nil {
			return err
		}
		if wanted, err := f.shows(ctx, sees, row); err != nil || !wanted {
			return err
		}
		return visit(DeadLetter{rootOf(l), value(row.EndpointID), value(row.Cause), value(row.EndedAt), l.Sort})
	})
}

// attemptsLookedAt bounds how far back the journal is read for the newest attempts.
const attemptsLookedAt = 20_000

// lastAttempts finds the newest attempt to each endpoint of the groups. An attempt is not older than the newest dead letter
// that came of one, so the journal is read back to there, within a bound.
func (q *Queries) lastAttempts(ctx context.Context, service string, groups map[groupKey]*DeadLetterGroup) (map[string]*LastAttempt, error) {
	found := map[string]*LastAttempt{}
	open := map[string]bool{}
	var from time.Time
	for k, g := range groups {
		open[k.endpoint] = true
		if from.IsZero() || g.Newest.Before(from) {
			from = g.Newest
		}
	}
	if len(open) == 0 {
		return found, nil
	}
	seen := 0
	for fact, err := range q.facts(ctx, factRange{service: service, from: from, backward: true}) {
		if err != nil {
			return nil, err
		}
		if seen++; seen > attemptsLookedAt || len(open) == 0 {
			break
		}
		if !open[fact.Leaf] {
			continue
		}
		attempt, err := q.attempt(ctx, fact.Stream(service), fact)
		if err != nil {
			return nil, err
		}
		if attempt != nil {
			found[fact.Leaf] = attempt
			delete(open, fact.Leaf)
		}
	}
	return found, nil
}

// attempt reads the attempt that a fact tells of; nil if it tells of none.
func (q *Queries) attempt(ctx context.Context, s eventlog.Stream, f Fact) (*LastAttempt, error) {
	switch f.Type {
	case (domain.AttemptFailed{}).EventType(), (domain.DeliverySucceeded{}).EventType(), (domain.DeliveryFailed{}).EventType():
	default:
		return nil, nil
	}
	r, err := q.event(ctx, s, f.Version)
	if err != nil {
		return nil, err
	}
	var a domain.AttemptRecord
	delivered := false
	switch e := r.Event.(type) {
	case domain.AttemptFailed:
		a = e.AttemptRecord
	case domain.DeliveryFailed:
		a = e.AttemptRecord
	case domain.DeliverySucceeded:
		a, delivered = e.AttemptRecord, true
	}
	if a.AttemptID == "" { // it was paused or removed when an attempt was due
		return nil, nil
	}
	message, _ := domain.MessageOf(s.Root)
	return &LastAttempt{message, delivered, present(a.StatusCode), present(a.Cause), a.At}, nil
}
