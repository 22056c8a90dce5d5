package rest_test

import (
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// directory answers look-ups straight from the log: it is always settled, unless a test says otherwise.
type directory struct {
	memory *memory
	log    *eventlog.Log
	stale  bool
}

func load[S eventlog.State[S]](ctx context.Context, l *eventlog.Log, s eventlog.Stream) (S, error) {
	loaded, err := eventlog.Load[S](ctx, l, s)
	return loaded.State, err
}

func (d *directory) Service(ctx context.Context, id string) (domain.Service, error) {
	return load[domain.Service](ctx, d.log, domain.ServiceStream(id))
}

func (d *directory) User(ctx context.Context, service, id string) (domain.User, error) {
	return load[domain.User](ctx, d.log, domain.UserStream(service, id))
}

func (d *directory) EventType(ctx context.Context, service, id string) (domain.EventType, error) {
	return load[domain.EventType](ctx, d.log, domain.EventTypeStream(service, id))
}

func (d *directory) EventTypeNamed(ctx context.Context, service, name string) (domain.EventType, error) {
	holder, err := load[domain.Name](ctx, d.log, domain.EventTypeName(service, name))
	if err != nil || holder.Holder == "" {
		return domain.EventType{}, err
	}
	return d.EventType(ctx, service, holder.Holder)
}

func (d *directory) Schema(t domain.EventType) (*domain.Schema, error) {
	return domain.CompileSchema(t.Schema)
}

func (d *directory) Endpoint(ctx context.Context, service, id string) (domain.Endpoint, error) {
	return load[domain.Endpoint](ctx, d.log, domain.EndpointStream(service, id))
}

func (d *directory) Key(ctx context.Context, id string) (domain.APIKey, error) {
	return load[domain.APIKey](ctx, d.log, domain.KeyStream(id))
}

func (d *directory) Settled(context.Context, eventlog.Stream, eventlog.Version) bool { return !d.stale }

func (d *directory) Learn(domain.APIKey) {} // it reads the log each time

func (d *directory) Candidates(ctx context.Context, service, eventTypeID, user, _ string, _ int) ([]domain.Candidate, bool, error) {
	var out []domain.Candidate
	for _, s := range d.memory.names(func(s eventlog.Stream) bool {
		return s.Service == service && strings.HasPrefix(s.Root, domain.PrefixEndpoint)
	}) {
		e, err := d.Endpoint(ctx, service, s.Root)
		if err != nil {
			return nil, false, err
		}
		sub, ok := e.Subscription(eventTypeID)
		if !ok || user != "" && e.UserID != user {
			continue
		}
		u, err := d.User(ctx, service, e.UserID)
		if err != nil {
			return nil, false, err
		}
		out = append(out, domain.Candidate{Endpoint: e, Subscription: sub, UserArchived: domain.Stamp{At: u.ArchivedAt}})
	}
	return out, false, nil
}

// queries answers lists by folding the whole log each time.
type queries struct {
	*directory
	stuck []projections.StuckRow
	asked []position // of After
}

type position struct {
	stream  eventlog.Stream
	version eventlog.Version
}

// page cuts a list of rows by a cursor that holds the last row's id.
func page[T any](rows []T, p projections.PageRequest, id func(T) string) (projections.Page[T], error) {
	if p.Cursor != "" {
		last, err := base64.StdEncoding.DecodeString(p.Cursor)
		i := slices.IndexFunc(rows, func(r T) bool { return id(r) == string(last) })
		if err != nil || i < 0 {
			return projections.Page[T]{}, domain.Refuse(domain.Invalid, "cursor", "is not a cursor")
		}
		rows = rows[i+1:]
	}
	if len(rows) <= p.Limit {
		return projections.Page[T]{Data: rows}, nil
	}
	next := base64.StdEncoding.EncodeToString([]byte(id(rows[p.Limit-1])))
	return projections.Page[T]{Data: rows[:p.Limit], Next: next}, nil
}

// rows makes a row of each aggregate of a service whose root begins with a prefix.
func rows[S eventlog.State[S], T any](
	ctx context.Context, q *queries, service, prefix string, row func(S) T, keep func(T) bool,
) ([]T, error) {
	var out []T
	for _, s := range q.memory.names(func(s eventlog.Stream) bool {
		return (service == "" || s.Service == service) && s.Leaf == "" && strings.HasPrefix(s.Root, prefix)
	}) {
		state, err := load[S](ctx, q.log, s)
		if err != nil {
			return nil, err
		}
		if r := row(state); keep(r) {
			out = append(out, r)
		}
	}
	return out, nil
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func is[T comparable](want, got T) bool {
	var any T
	return want == any || want == got
}

func (q *queries) Services(ctx context.Context, p projections.PageRequest) (projections.Page[projections.ServiceRow], error) {
	all, err := rows(ctx, q, "", "service", projections.NewServiceRow, func(projections.ServiceRow) bool { return true })
	if err != nil {
		return projections.Page[projections.ServiceRow]{}, err
	}
	return page(all, p, func(r projections.ServiceRow) string { return r.ID })
}

func (q *queries) Users(ctx context.Context, service string, f projections.UserFilter, p projections.PageRequest) (projections.Page[projections.UserRow], error) {
	all, err := rows(ctx, q, service, domain.PrefixUser,
		func(u domain.User) projections.UserRow { return projections.NewUserRow(service, u) },
		func(r projections.UserRow) bool {
			return f.ExternalID == "" || (r.ExternalID != nil && *r.ExternalID == f.ExternalID)
		})
	if err != nil {
		return projections.Page[projections.UserRow]{}, err
	}
	return page(all, p, func(r projections.UserRow) string { return r.ID })
}

func (q *queries) EventTypes(ctx context.Context, service string, f projections.EventTypeFilter, p projections.PageRequest) (projections.Page[projections.EventTypeRow], error) {
	all, err := rows(ctx, q, service, domain.PrefixEventType,
		func(t domain.EventType) projections.EventTypeRow { return projections.NewEventTypeRow(service, t) },
		func(r projections.EventTypeRow) bool { return is(f.Name, r.Name) })
	if err != nil {
		return projections.Page[projections.EventTypeRow]{}, err
	}
	return page(all, p, func(r projections.EventTypeRow) string { return r.ID })
}

func (q *queries) Endpoints(ctx context.Context, service string, f projections.EndpointFilter, p projections.PageRequest) (projections.Page[projections.EndpointRow], error) {
	all, err := rows(ctx, q, service, domain.PrefixEndpoint, projections.NewEndpointRow, func(r projections.EndpointRow) bool {
		return is(f.UserID, r.UserID) && is(f.Status, r.Status) && is(f.URL, r.URL)
	})
	if err != nil {
		return projections.Page[projections.EndpointRow]{}, err
	}
	return page(all, p, func(r projections.EndpointRow) string { return r.ID })
}

func (q *queries) Subscriptions(ctx context.Context, service string, f projections.SubscriptionFilter, p projections.PageRequest) (projections.Page[projections.SubscriptionRow], error) {
	endpoints, err := rows(ctx, q, service, domain.PrefixEndpoint, projections.NewEndpointRow,
		func(r projections.EndpointRow) bool { return is(f.UserID, r.UserID) && is(f.EndpointID, r.ID) })
	if err != nil {
		return projections.Page[projections.SubscriptionRow]{}, err
	}
	var all []projections.SubscriptionRow
	for _, e := range endpoints {
		for _, s := range e.Subscriptions {
			if is(f.EventTypeID, s.EventTypeID) && is(f.Status, s.Status) {
				all = append(all, s)
			}
		}
	}
	return page(all, p, func(r projections.SubscriptionRow) string { return r.ID })
}

func (q *queries) Keys(ctx context.Context, p projections.PageRequest) (projections.Page[projections.KeyRow], error) {
	all, err := rows(ctx, q, eventlog.Above, domain.PrefixKey, projections.NewKeyRow, func(projections.KeyRow) bool { return true })
	if err != nil {
		return projections.Page[projections.KeyRow]{}, err
	}
	return page(all, p, func(r projections.KeyRow) string { return r.ID })
}

func (q *queries) trails(ctx context.Context, service string) ([]projections.MessageTrail, error) {
	var out []projections.MessageTrail
	for _, s := range q.memory.names(func(s eventlog.Stream) bool {
		return s.Service == service && s.Leaf == "" && strings.HasPrefix(s.Root, domain.PrefixMessage)
	}) {
		t, err := projections.LoadTrail(ctx, q.log, service, s.Root)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	slices.Reverse(out)
	return out, nil
}

func (q *queries) Messages(ctx context.Context, service string, f projections.MessageFilter, p projections.PageRequest) (projections.Page[projections.MessageRow], error) {
	trails, err := q.trails(ctx, service)
	if err != nil {
		return projections.Page[projections.MessageRow]{}, err
	}
	var all []projections.MessageRow
	for _, t := range trails {
		m := t.Message()
		touches := f.EndpointID == "" && f.Cause == ""
		for _, d := range t.Deliveries() {
			touches = touches || (is(f.EndpointID, value(d.EndpointID)) && (f.Cause == "" || d.Cause != nil && *d.Cause == f.Cause))
		}
		if touches && is(f.UserID, m.Accepted.UserID) && is(f.EventType, m.Accepted.EventName) && is(f.Status, t.Row().Status) &&
			within(m.AcceptedAt, f.Since, f.Until) {
			all = append(all, t.Row())
		}
	}
	return page(all, p, func(r projections.MessageRow) string { return r.ID })
}

func within(t, since, until time.Time) bool {
	return !t.Before(since) && (until.IsZero() || t.Before(until))
}

func (q *queries) DeadLetters(ctx context.Context, service string, f projections.DeliveryFilter, p projections.PageRequest) (projections.Page[projections.DeliveryRow], error) {
	trails, err := q.trails(ctx, service)
	if err != nil {
		return projections.Page[projections.DeliveryRow]{}, err
	}
	var all []projections.DeliveryRow
	for _, t := range trails {
		for _, d := range t.Deliveries() {
			if d.Status == domain.Failed && is(f.EndpointID, value(d.EndpointID)) && is(f.EventType, d.EventType) &&
				is(f.Cause, *d.Cause) && is(f.MessageID, d.MessageID) && within(*d.EndedAt, f.Since, f.Until) {
				all = append(all, d)
			}
		}
	}
	return page(all, p, func(r projections.DeliveryRow) string { return r.MessageID + value(r.EndpointID) })
}

func (q *queries) CountDeadLetters(ctx context.Context, service string, f projections.DeliveryFilter) (int, error) {
	all, err := q.DeadLetters(ctx, service, f, projections.PageRequest{Limit: 1 << 20})
	return len(all.Data), err
}

// DeadLetterGroups makes a group of each dead letter.
func (q *queries) DeadLetterGroups(ctx context.Context, service string, f projections.DeliveryFilter) (projections.Groups, error) {
	all, err := q.DeadLetters(ctx, service, f, projections.PageRequest{Limit: 1 << 20})
	out := projections.Groups{Data: []projections.DeadLetterGroup{}, Stale: q.stale}
	for _, d := range all.Data {
		out.Data = append(out.Data, projections.DeadLetterGroup{EndpointID: *d.EndpointID, Cause: *d.Cause, Count: 1, Oldest: *d.EndedAt, Newest: *d.EndedAt})
	}
	return out, err
}

func (q *queries) Jobs(ctx context.Context, service string, f projections.JobFilter, p projections.PageRequest) (projections.Page[projections.JobRow], error) {
	all, err := rows(ctx, q, service, domain.PrefixJob, projections.NewJobRow, func(r projections.JobRow) bool { return is(f.Kind, r.Kind) && is(f.Status, r.Status) })
	if err != nil {
		return projections.Page[projections.JobRow]{}, err
	}
	slices.SortFunc(all, func(a, b projections.JobRow) int { return b.RequestedAt.Compare(a.RequestedAt) })
	return page(all, p, func(r projections.JobRow) string { return r.ID })
}

func (q *queries) History(_ context.Context, service string, f projections.HistoryFilter, p projections.PageRequest) (projections.Page[eventlog.Recorded], error) {
	var all []eventlog.Recorded
	for _, rec := range q.memory.committed() {
		r, err := q.log.Decode(rec)
		if err != nil {
			return projections.Page[eventlog.Recorded]{}, err
		}
		if is(service, r.Stream.Service) && (is(f.Stream, r.Stream.String()) || strings.HasPrefix(r.Stream.String(), f.Stream+"/")) && is(f.Type, r.Event.EventType()) &&
			is(f.Actor, r.Actor) && within(r.Time, f.Since, f.Until) {
			all = append(all, r)
		}
	}
	if f.NewestFirst {
		slices.Reverse(all)
	}
	return page(all, p, func(r eventlog.Recorded) string { return r.ID })
}

func (q *queries) Stuck(_ context.Context, p projections.PageRequest) (projections.Page[projections.StuckRow], error) {
	return page(q.stuck, p, func(r projections.StuckRow) string { return r.ID })
}

func (q *queries) RetryStuck(_ context.Context, id string) error {
	i := slices.IndexFunc(q.stuck, func(r projections.StuckRow) bool { return r.ID == id })
	if i < 0 {
		return domain.Refuse(domain.NotFound, "", "no such event")
	}
	q.stuck = slices.Delete(q.stuck, i, i+1)
	return nil
}

func (q *queries) After(_ context.Context, s eventlog.Stream, v eventlog.Version) (bool, error) {
	q.asked = append(q.asked, position{s, v})
	return !q.stale, nil
}

// Live is a service's events after the one that the cursor names; without one it begins at the end.
func (q *queries) Live(_ context.Context, service string, f projections.LiveFilter, r projections.LiveRequest) (projections.LivePage, error) {
	if r.Cursor == "wrong" {
		return projections.LivePage{}, domain.Refuse(domain.Invalid, "cursor", "is not a cursor")
	}
	page, given := projections.LivePage{Next: "0"}, r.Cursor == "" && r.Since.IsZero()
	for i, rec := range q.memory.committed() {
		e, err := q.log.Decode(rec)
		if err != nil {
			return page, err
		}
		at := "at " + strconv.Itoa(i)
		if given = given && r.Cursor != at; given || e.Stream.Service != service || r.Cursor == at {
			page.Next = at
			continue
		}
		if len(f.Types) == 0 || slices.Contains(f.Types, e.Event.EventType()) {
			page.Data = append(page.Data, projections.LiveEvent{Recorded: e, Cursor: at})
		}
		page.Next = at
	}
	return page, nil
}

// keyUses keeps every use.
type keyUses map[string]projections.KeyUse

func (k keyUses) Note(_ context.Context, key string, u projections.KeyUse) { k[key] = u }

func (k keyUses) Of(_ context.Context, key string) (projections.KeyUse, bool, error) {
	u, ok := k[key]
	return u, ok, nil
}

// Stats counts accepted messages alone.
func (q *queries) Stats(ctx context.Context, service string, f projections.StatsFilter) (projections.Stats, error) {
	trails, err := q.trails(ctx, service)
	n := 0
	for _, t := range trails {
		if within(t.Message().AcceptedAt, f.Since, f.Until) {
			n++
		}
	}
	none := projections.Figures{Accepted: &n, Causes: map[domain.Cause]int{}, SkipReasons: map[domain.SkipReason]int{}}
	return projections.Stats{
		Since: f.Since, Until: f.Until, Bucket: projections.BucketName(f.Bucket), Total: none, LatencyBounds: []float64{},
		LatencyCounts: []int{}, Buckets: []projections.BucketFigures{}, Endpoints: []projections.EndpointStats{},
		EventTypes: []projections.EventTypeStats{},
	}, err
}
