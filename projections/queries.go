package projections

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
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
	generation Generation
	catchUp    func(context.Context) error
	retry      func(ctx context.Context, id string) error
	unstuck    func(context.Context)
}

// NewQueries makes the queries over what a projector writes.
func NewQueries(l *eventlog.Log, v Views, p *Projector, feed eventlog.Feed) *Queries {
	return &Queries{
		log: l, views: v, generation: p.generation, retry: p.RetryStuck,
		catchUp: func(ctx context.Context) error { return p.CatchUp(ctx, feed) },
	}
}

// freshen waits until the rows have all that was acknowledged before. Where they cannot be written (a full disk), those
// that are there are better than no answer: then it says that they are stale.
func (q *Queries) freshen(ctx context.Context) (stale bool, err error) {
	err = q.catchUp(ctx)
	if errors.Is(err, eventlog.ErrUnavailable) {
		return true, nil
	}
	return false, err
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

// Users lists a service's users, newest first.
func (q *Queries) Users(ctx context.Context, service string, f UserFilter, r PageRequest) (Page[UserRow], error) {
	if f.ExternalID != "" {
		from := f.ExternalID + "\x00"
		return listPart(ctx, q, ListQuery{View: ViewUsers, List: listExternalIDs(service), From: from, To: f.ExternalID + "\x01"}, r,
			func(u UserRow) bool { return u.ExternalID != nil && *u.ExternalID == f.ExternalID })
	}
	return list(ctx, q, ViewUsers, listUsers(service), r, func(UserRow) bool { return true })
}

// EventTypes lists a service's event types, newest first.
func (q *Queries) EventTypes(ctx context.Context, service string, f EventTypeFilter, r PageRequest) (Page[EventTypeRow], error) {
	return list(ctx, q, ViewEventTypes, listEventTypes(service), r, func(t EventTypeRow) bool { return is(f.Name, t.Name) })
}

// Endpoints lists a service's endpoints, newest first.
func (q *Queries) Endpoints(ctx context.Context, service string, f EndpointFilter, r PageRequest) (Page[EndpointRow], error) {
	in := listEndpoints(service)
	if f.UserID != "" {
		in = listEndpointsOf(service, f.UserID)
	}
	return list(ctx, q, ViewEndpoints, in, r, func(e EndpointRow) bool { return is(f.Status, e.Status) && is(f.URL, e.URL) })
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
	if page.Stale, err = q.freshen(ctx); err != nil {
		return page, err
	}
	query := ListQuery{View: ViewEndpoints, List: in, Backward: true, Limit: r.Limit}
	if c.Sort != "" {
		query.To = c.Sort + "\x00" // the same endpoint again, for the rest of its subscriptions
	}
	seen := 0
	err = q.walk(ctx, query, func(l Listed) error {
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
	var page Page[T]
	c, err := readCursor(r.Cursor, query.List)
	if err != nil {
		return page, err
	}
	if page.Stale, err = q.freshen(ctx); err != nil {
		return page, err
	}
	query.Limit = r.Limit + 1
	if c.Sort != "" && query.Backward {
		query.To = c.Sort
	} else if c.Sort != "" {
		query.From = c.Sort + "\x00"
	}
	seen := 0
	err = q.walk(ctx, query, func(l Listed) error {
		var row T
		if err := json.Unmarshal(l.Body, &row); err != nil {
			return err
		}
		if wants(row) {
			if len(page.Data) == r.Limit {
				return errEnough
			}
			page.Data = append(page.Data, row)
		}
		page.Next = cursor{List: query.List, Sort: l.Sort}.String()
		if seen++; seen >= budget {
			return errEnough
		}
		return nil
	})
	return finish(page, err)
}

// DeadLetters lists failed deliveries, the newest failure first.
func (q *Queries) DeadLetters(ctx context.Context, service string, f DeliveryFilter, r PageRequest) (Page[DeliveryRow], error) {
	query := ListQuery{View: ViewDeliveries, List: listDead(service), Backward: true, From: sortFrom(f.Since), To: sortFrom(f.Until)}
	return listPart(ctx, q, query, r, func(d DeliveryRow) bool {
		return is(f.UserID, value(d.UserID)) && is(f.EventTypeID, d.EventTypeID) && is(f.EventType, d.EventType) &&
			is(f.EndpointID, d.EndpointID) && is(f.Cause, value(d.Cause))
	})
}

func sortFrom(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return timeKey(t)
}

func value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

// Messages lists messages, newest first.
func (q *Queries) Messages(ctx context.Context, service string, f MessageFilter, r PageRequest) (Page[MessageRow], error) {
	stale, err := q.freshen(ctx)
	if err != nil {
		return Page[MessageRow]{}, err
	}
	var find func(context.Context, string, MessageFilter, PageRequest) (Page[MessageRow], error)
	switch f.Status {
	case domain.Pending, domain.Retrying, domain.Failed: // these have rows, so that the rest need not be looked at
		find = q.unhappyMessages
	default:
		find = q.journalMessages
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
	seen := 0
	for fact, err := range q.facts(ctx, factRange{service: service, from: f.Since, to: f.Until, backward: true, beyond: c.Fact}) {
		if err != nil {
			return page, fmt.Errorf("read the journal: %w", err)
		}
		if seen++; seen > 10*budget {
			return page, nil
		}
		if fact.Type == (domain.MessageAccepted{}).EventType() && is(f.EventTypeID, fact.EventTypeID) && is(f.UserID, fact.UserID) {
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
			seen += 10
		}
		page.Next = cursor{List: "messages/" + service, Fact: &fact}.String()
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
	err = q.walk(ctx, query, func(l Listed) error {
		prefix := l.Sort[:strings.LastIndexByte(l.Sort, '/')]
		if prefix == last {
			return nil
		}
		last = prefix
		message := prefix[strings.LastIndexByte(prefix, '/')+1:]
		row, ok, err := q.message(ctx, service, message, f)
		if err != nil {
			return err
		}
		if ok && len(page.Data) == r.Limit {
			return errEnough
		}
		if ok {
			page.Data = append(page.Data, row)
		}
		page.Next = cursor{List: in, Sort: prefix}.String()
		if seen++; seen >= budget {
			return errEnough
		}
		return nil
	})
	return finish(page, err)
}

// message reads a message's row, and says whether the filter wants it.
func (q *Queries) message(ctx context.Context, service, id string, f MessageFilter) (MessageRow, bool, error) {
	trail, err := LoadTrail(ctx, q.log, service, id)
	if err != nil || !trail.Message().Exists() {
		return MessageRow{}, false, err
	}
	row := trail.Row()
	wants := is(f.Status, row.Status) && is(f.EventTypeID, value(row.EventTypeID)) && is(f.EventType, row.EventType) &&
		is(f.UserID, value(row.UserID))
	if !wants || f.EndpointID == "" && f.Cause == "" {
		return row, wants, nil
	}
	for _, d := range trail.Deliveries() {
		if is(f.EndpointID, d.EndpointID) && is(f.Cause, value(d.Cause)) {
			return row, true, nil
		}
	}
	return row, false, nil
}

// History lists events, oldest first or newest first.
func (q *Queries) History(ctx context.Context, service string, f HistoryFilter, r PageRequest) (Page[eventlog.Recorded], error) {
	var page Page[eventlog.Recorded]
	in := "history/" + service
	if f.NewestFirst {
		in = "newest/" + service
	}
	c, err := readCursor(r.Cursor, in)
	if err != nil {
		return page, err
	}
	if page.Stale, err = q.freshen(ctx); err != nil {
		return page, err
	}
	seen := 0
	for fact, err := range q.allFacts(ctx, service, f, c) {
		if err != nil {
			return page, fmt.Errorf("read the journal: %w", err)
		}
		if seen++; seen > 10*budget {
			return page, nil
		}
		stream := fact.Fact.Stream(fact.service)
		if is(f.Type, fact.Type) && is(f.Actor, fact.Actor) && is(f.Stream, stream.String()) {
			if len(page.Data) == r.Limit {
				return page, nil
			}
			event, err := q.event(ctx, stream, fact.Version)
			if err != nil {
				return page, err
			}
			page.Data = append(page.Data, event)
			seen += 10
		}
		page.Next = cursor{List: in, Fact: &fact.Fact, Part: fact.service}.String()
	}
	page.Next = ""
	return page, nil
}

func (q *Queries) event(ctx context.Context, s eventlog.Stream, v eventlog.Version) (eventlog.Recorded, error) {
	for r, err := range q.log.Read(ctx, s, v-1) {
		return r, err
	}
	return eventlog.Recorded{}, fmt.Errorf("%s@%d is in the journal and not in the log: %w", s, v, eventlog.ErrDamaged)
}

// factIn is a fact with the service that it is of.
type factIn struct {
	Fact
	service string
}

// allFacts merges the journals of all services, or gives one's.
func (q *Queries) allFacts(ctx context.Context, service string, f HistoryFilter, c cursor) iter.Seq2[factIn, error] {
	return func(yield func(factIn, error) bool) {
		services := []string{service}
		if service == "" {
			var err error
			if services, err = q.journalServices(ctx); err != nil {
				yield(factIn{}, err)
				return
			}
		}
		type source struct {
			service string
			next    func() (Fact, error, bool)
			head    Fact
		}
		var sources []source
		for _, s := range services {
			next, stop := iter.Pull2(q.facts(ctx, factRange{
				service: s, from: f.Since, to: f.Until, backward: f.NewestFirst, beyond: c.Fact,
				// Equal facts of several services come in the order of services.
				orEqual: c.Part != s && (c.Part < s) != f.NewestFirst,
			}))
			defer stop()
			head, err, ok := next()
			if err != nil {
				yield(factIn{}, err)
				return
			}
			if ok {
				sources = append(sources, source{s, next, head})
			}
		}
		for len(sources) > 0 {
			first := 0
			for i := range sources {
				less := sources[i].head.compare(sources[first].head) < 0
				if i > 0 && less != f.NewestFirst {
					first = i
				}
			}
			s := &sources[first]
			if !yield(factIn{s.head, s.service}, nil) {
				return
			}
			var err error
			var ok bool
			if s.head, err, ok = s.next(); err != nil {
				yield(factIn{}, err)
				return
			}
			if !ok {
				sources = append(sources[:first], sources[first+1:]...)
			}
		}
	}
}

func (q *Queries) journalServices(ctx context.Context) ([]string, error) {
	var out []string
	for name, err := range q.views.Lists(ctx, q.generation, ViewJournal, "hours/") {
		if err != nil {
			return nil, err
		}
		out = append(out, strings.TrimPrefix(name, "hours/"))
	}
	return out, nil
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
		there := false
		for _, err := range q.log.Read(limited, s, v-1) {
			switch {
			case err == nil:
				there = true
			case limited.Err() != nil && ctx.Err() == nil: // the 2 s ended while it read
			default:
				return false, err
			}
			break
		}
		if there {
			err := q.catchUp(limited)
			return err == nil, nil
		}
		if !sleep(limited, 50*time.Millisecond) {
			return false, nil
		}
	}
}
