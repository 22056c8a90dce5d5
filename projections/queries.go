package projections

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Queries answers the API's lists from the read models, and single webhooks from the log. What was acknowledged before a
// query is in its answer, unless that says that it is stale.
type Queries struct {
	log        *eventlog.Log
	views      Views
	generation Generation // of a pinned one
	pin        func() (g Generation, release func())
	catchUp    func(context.Context) error
	enter      func(context.Context) error // as catchUp, of the journal alone
	entered    func() <-chan struct{}      // closed when a journal grows
	retry      func(ctx context.Context, id string) error
	unstuck    func(context.Context)
	onceEach   func() bool // whether a fact that arrives from now on has not arrived before
	open       *openHours
	settled    func() string // what arrives from now on has this mark or a later one; "" where that need not be known
	// unawaited says that a delivery has no row before its first outcome.
	unawaited bool
	// remote says that several other processes write the rows. now is for what was written in the last minute.
	remote bool
	now    eventlog.Clock
}

// NewQueriesOf makes the queries over what batches write. catchUp makes every query after it see all that was
// acknowledged before it; it is eventlog.ErrUnavailable where it cannot.
func NewQueriesOf(l *eventlog.Log, v Views, b *Batches, catchUp func(context.Context) error) *Queries {
	return &Queries{
		log: l, views: v, pin: b.pin, catchUp: catchUp, enter: catchUp, entered: b.arrival.entered, settled: b.arrival.settled,
		retry: b.RetryStuck, unawaited: true, open: &openHours{},
		onceEach: func() bool { return false }, // a batch may come twice
	}
}

// NewQueries makes the queries over what a projector writes.
func NewQueries(l *eventlog.Log, v Views, p *Projector, feed eventlog.Feed) *Queries {
	return &Queries{
		log: l, views: v, pin: p.pin, retry: p.RetryStuck, open: &openHours{},
		catchUp: func(ctx context.Context) error { return p.CatchUp(ctx, feed) },
		enter:   func(ctx context.Context) error { return p.Enter(ctx, feed) }, entered: p.Entered, onceEach: p.onceEach,
		settled: func() string { return "" },
	}
}

// pinned is a query's own view of the rows: of one generation, which stays until release is called, also if the read
// models are switched meanwhile.
type pinned struct {
	*Queries
	release func()
}

// fresh waits until the rows have all that was acknowledged before, and pins them.
func (q *Queries) fresh(ctx context.Context) (pinned, error) {
	if err := q.catchUp(ctx); err != nil {
		return pinned{}, err
	}
	return q.pinned(), nil
}

// freshWithin is how long a list waits for what was acknowledged before it.
const freshWithin = 2 * time.Second

// freshen is fresh, but where rows cannot be written (a full disk), or not soon enough, those that are there are better
// than no answer: then it says that they are stale.
func (q *Queries) freshen(ctx context.Context) (at pinned, stale bool, err error) {
	err = q.catchUpSoon(ctx)
	late := errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil
	if err != nil && !late && !errors.Is(err, eventlog.ErrUnavailable) {
		return pinned{}, false, err
	}
	return q.pinned(), err != nil, nil
}

// catchUpSoon is catchUp within freshWithin, or by ctx's deadline if that is sooner, whatever it waits for.
func (q *Queries) catchUpSoon(ctx context.Context) error {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), freshWithin)
	defer cancel()
	if by, ok := ctx.Deadline(); ok {
		var end context.CancelFunc
		limited, end = context.WithDeadline(limited, by)
		defer end()
	}
	done := make(chan error, 1)
	go func() { done <- q.catchUp(limited) }()
	select {
	case err := <-done:
		return errors.Join(err, ctx.Err())
	case <-limited.Done():
		return errors.Join(limited.Err(), ctx.Err())
	}
}

func (q *Queries) pinned() pinned {
	at := *q
	g, release := q.pin()
	at.generation = g
	return pinned{&at, release}
}

// budget bounds what one list call looks at: beyond, it answers what it has, and a cursor.
const budget = 2000

// Services lists services, newest first.
func (q *Queries) Services(ctx context.Context, r PageRequest) (Page[ServiceRow], error) {
	return list(ctx, q, ViewServices, listServices(), r, func(ServiceRow) bool { return true })
}

// Keys lists API keys, newest first.
func (q *Queries) Keys(ctx context.Context, r PageRequest) (Page[KeyRow], error) {
	return list(ctx, q, ViewKeys, listKeys(), r, func(KeyRow) bool { return true })
}

// Users lists a service's users, newest first; a search in the order of what is found.
func (q *Queries) Users(ctx context.Context, service string, f UserFilter, r PageRequest) (Page[UserRow], error) {
	if f.Text != "" {
		return search(ctx, q, ViewUsers, service, domain.PrefixUser, f.Text, r,
			func(u UserRow) bool { return is(f.ExternalID, value(u.ExternalID)) })
	}
	if f.ExternalID != "" {
		from := f.ExternalID + "\x00"
		return listPart(ctx, q, ListQuery{View: ViewUsers, List: listExternalIDs(service), From: from, To: f.ExternalID + "\x01"}, r,
			func(u UserRow) bool { return u.ExternalID != nil && *u.ExternalID == f.ExternalID })
	}
	return list(ctx, q, ViewUsers, listUsers(service), r, func(UserRow) bool { return true })
}

// EventTypes lists a service's event types, newest first; a search in the order of what is found.
func (q *Queries) EventTypes(ctx context.Context, service string, f EventTypeFilter, r PageRequest) (Page[EventTypeRow], error) {
	if f.Text != "" {
		return search(ctx, q, ViewEventTypes, service, domain.PrefixEventType, f.Text, r,
			func(t EventTypeRow) bool { return is(f.Name, t.Name) })
	}
	return list(ctx, q, ViewEventTypes, listEventTypes(service), r, func(t EventTypeRow) bool { return is(f.Name, t.Name) })
}

// Endpoints lists a service's endpoints, newest first; a search in the order of what is found.
func (q *Queries) Endpoints(ctx context.Context, service string, f EndpointFilter, r PageRequest) (Page[EndpointRow], error) {
	wants := func(e EndpointRow) bool { return is(f.Status, e.Status) && is(f.URL, e.URL) && is(f.UserID, e.UserID) }
	if f.Text != "" {
		return search(ctx, q, ViewEndpoints, service, domain.PrefixEndpoint, address(f.Text), r, wants)
	}
	in := listEndpoints(service)
	if f.UserID != "" {
		in = listEndpointsOf(service, f.UserID)
	}
	return list(ctx, q, ViewEndpoints, in, r, wants)
}

// Subscriptions lists a service's subscriptions, those of the newest endpoint first.
func (q *Queries) Subscriptions(ctx context.Context, service string, f SubscriptionFilter, r PageRequest) (Page[SubscriptionRow], error) {
	in := listEndpoints(service)
	switch {
	case f.EventTypeID != "":
		in = listSubscribed(service, f.EventTypeID)
	case f.UserID != "":
		in = listEndpointsOf(service, f.UserID)
	}
	c, err := readCursor(r.Cursor, in)
	if err != nil {
		return Page[SubscriptionRow]{}, err
	}
	var page Page[SubscriptionRow]
	at, stale, err := q.freshen(ctx)
	if err != nil {
		return page, err
	}
	defer at.release()
	page.Stale = stale
	query := ListQuery{View: ViewEndpoints, List: in, Backward: true, Limit: r.Limit}
	if c.Sort != "" {
		query.To = c.Sort + "\x00" // the same endpoint again, for the rest of its subscriptions
	}
	seen := 0
	err = at.walk(ctx, query, func(l Listed) error {
		var e EndpointRow
		if err := json.Unmarshal(l.Body, &e); err != nil {
			return err
		}
		given := slices.IndexFunc(e.Subscriptions, func(s SubscriptionRow) bool { return l.Sort == c.Sort && s.ID == c.Part })
		for _, s := range e.Subscriptions[given+1:] {
			if is(f.UserID, s.UserID) && is(f.EndpointID, s.EndpointID) && is(f.EventTypeID, s.EventTypeID) && is(f.Status, s.Status) {
				if len(page.Data) == r.Limit {
					return errEnough
				}
				page.Data = append(page.Data, s)
			}
			page.Next = cursor{List: in, Sort: l.Sort, Part: s.ID}.String()
		}
		if seen++; seen >= budget {
			return errEnough
		}
		return nil
	})
	return finish(page, err)
}

// finish ends a list: an error other than "enough" is the caller's; without it there is nothing more.
func finish[T any](page Page[T], err error) (Page[T], error) {
	switch {
	case errors.Is(err, errEnough):
		return page, nil
	case err != nil:
		return Page[T]{}, fmt.Errorf("read a list: %w", err)
	}
	page.Next = ""
	return page, nil
}

func is[T comparable](want, have T) bool {
	var any T
	return want == any || want == have
}

func list[T any](ctx context.Context, q *Queries, v View, in string, r PageRequest, wants func(T) bool) (Page[T], error) {
	return listPart(ctx, q, ListQuery{View: v, List: in, Backward: true}, r, wants)
}

// listPart gives a page of a list's rows.
func listPart[T any](ctx context.Context, q *Queries, query ListQuery, r PageRequest, wants func(T) bool) (Page[T], error) {
	return listWanted(ctx, q, query, r, func(_ Listed, row T) bool { return wants(row) })
}

// Stuck lists what is set aside, oldest first.
func (q *Queries) Stuck(ctx context.Context, r PageRequest) (Page[StuckRow], error) {
	return listPart(ctx, q, ListQuery{View: ViewStuck, List: listStuck()}, r, func(StuckRow) bool { return true })
}

// RetryStuck tries a stream again that was set aside.
func (q *Queries) RetryStuck(ctx context.Context, id string) error {
	if err := q.retry(ctx, id); err != nil {
		return err
	}
	q.open.forget()
	if q.unstuck != nil {
		q.unstuck(ctx)
	}
	return nil
}

// OnUnstuck tells what to do after a stream is no longer set aside: its deliveries may have become due.
func (q *Queries) OnUnstuck(do func(context.Context)) { q.unstuck = do }

// afterLimit is how long a query waits for a position.
const afterLimit = 2 * time.Second

// After says whether every list has an event of a stream. It waits up to 2 s for it.
func (q *Queries) After(ctx context.Context, s eventlog.Stream, v eventlog.Version) (bool, error) {
	limited, cancel := context.WithTimeout(ctx, afterLimit)
	defer cancel()
	for {
		shown, again, err := q.shows(limited, s, v)
		switch {
		case err != nil && limited.Err() != nil && ctx.Err() == nil: // the 2 s ended while it looked
			return false, nil
		case err != nil || !again:
			return shown, err
		case !sleep(limited, 50*time.Millisecond):
			return false, nil
		}
	}
}

// shows says whether every list has an event, or whether to look again.
func (q *Queries) shows(ctx context.Context, s eventlog.Stream, v eventlog.Version) (shown, again bool, err error) {
	for r, err := range q.log.Read(ctx, s, v-1) {
		switch {
		case err != nil:
			return false, false, err
		case q.remote:
			shown, err = q.journalHas(ctx, r)
			return shown, !shown, err
		}
		return q.catchUpSoon(ctx) == nil, false, nil
	}
	return false, true, nil
}
