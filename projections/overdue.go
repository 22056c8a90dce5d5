package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/sync/errgroup"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Overdue finds deliveries whose attempt or report should have come and has not, where queues carry them: it asks for them
// again, or ends what SNS tells nothing of. So a lost record of a queue loses no delivery. Whoever is asked twice looks into
// the log; two at once do nothing twice.
type Overdue struct {
	Log     *eventlog.Log
	Views   Views
	Queries *Queries
	Formats *Formats
	Later   Later
	Tasks   Tasks
	// Park sets a stream aside that cannot be read.
	Park   func(context.Context, eventlog.Stream, eventlog.Version, error) error
	Now    eventlog.Clock
	Logger *slog.Logger
}

const (
	// overdueAfter is how long after its time an attempt is asked for again: most of that long a queue may be behind.
	overdueAfter = 2 * time.Minute
	// overduePage is how many planned attempts are read at once.
	overduePage = 500
)

// Planned asks again for planned attempts that are overdue, each after 2, 4, 8, … minutes and then each hour, so that a queue
// that is far behind is not filled with repeats. It is to be called once a minute.
func (o *Overdue) Planned(ctx context.Context) error {
	now := o.Now()
	at, err := o.Queries.fresh(ctx)
	if err != nil {
		return err
	}
	defer at.release()
	var wakes []Due
	asked := 0
	ask := func() error { // a part at a time: a long list may outlast the call
		if len(wakes) == 0 {
			return nil
		}
		part := WakesOf(wakes...)
		asked, wakes = asked+len(wakes), nil
		return o.Later.Later(ctx, part...)
	}
	err = at.walk(ctx, ListQuery{View: ViewDeliveries, List: listPlanned(), To: timeKey(now.Add(-overdueAfter)), Limit: overduePage}, func(l Listed) error {
		s, err := eventlog.ParseStream(l.ID)
		if err != nil {
			return err
		}
		var row DeliveryRow
		if err := json.Unmarshal(l.Body, &row); err != nil {
			return fmt.Errorf("%s: %w", l.ID, err)
		}
		due := Due{s.Service, s.Root, s.Leaf, row.Plan, value(row.NextAttemptAt)}
		if !askedAgain(now.Sub(due.At)) {
			return nil
		}
		if err := o.planned(ctx, due, &wakes); err != nil || len(wakes) < overduePage {
			return err
		}
		return ask()
	})
	err = errors.Join(err, ask())
	if asked > 0 {
		o.Logger.Warn("planned attempts are overdue and are asked for again", "count", asked)
	}
	return err
}

// askedAgain says whether it is time to ask again for what is late by so much, where that is looked at once a minute.
func askedAgain(late time.Duration) bool {
	n := int(late / time.Minute)
	return n&(n-1) == 0 || n%60 == 0
}

// planned acts on one overdue attempt. By the format sns it is SNS that makes it: then only a missing report is overdue.
func (o *Overdue) planned(ctx context.Context, d Due, wakes *[]Due) error {
	format, err := o.Formats.Of(ctx, d.Service, d.Endpoint)
	switch {
	case err != nil:
		return o.setAside(ctx, domain.DeliveryStream(d.Service, d.Message, d.Endpoint), err)
	case format != domain.SNS:
		*wakes = append(*wakes, Due{Service: d.Service, Message: d.Message, Endpoint: d.Endpoint, Plan: d.Plan})
		return nil
	}
	_, err = o.message(ctx, d.Service, d.Message, d.Endpoint)
	return err
}

// setAside parks a stream, unless the same may succeed another time.
func (o *Overdue) setAside(ctx context.Context, s eventlog.Stream, why error) error {
	if transient(why) {
		return why
	}
	return o.Park(ctx, s, 1, why)
}

// message looks what became of a message (a chunk of its audience, by its root), or of one of its deliveries, and asks for
// what is missing. It answers when to look again; zero if all have an outcome or a row of their own. What cannot be read is
// set aside, so that it keeps nothing else back.
func (o *Overdue) message(ctx context.Context, service, message, only string) (again time.Time, err error) {
	stream := domain.MessageStream(service, message)
	chunk, err := loadChunk(ctx, o.Log, service, message)
	if err != nil {
		return again, o.setAside(ctx, stream, err)
	}
	m := chunk.message
	if !m.Exists() {
		return again, nil // it is set aside
	}
	var wakes []Due
	unpublished, published := false, false
	for _, endpoint := range m.Accepted.Targets {
		d := chunk.deliveries[endpoint]
		if only != "" && endpoint != only || !d.Open() {
			continue
		}
		format, err := o.Formats.Of(ctx, service, endpoint)
		if err != nil { // the others are looked at all the same
			if err = o.setAside(ctx, domain.DeliveryStream(service, message, endpoint), err); err != nil {
				return again, err
			}
			continue
		}
		if format != domain.SNS {
			if d.Version == 0 { // later plans have rows
				wakes = append(wakes, Due{Service: service, Message: message, Endpoint: endpoint})
				again = earlier(again, o.Now().Add(overdueAfter))
			}
			continue
		}
		at, ok := m.PublishedFor(endpoint, d.Round)
		switch {
		case !ok:
			unpublished = true
			again = earlier(again, o.Now().Add(overdueAfter))
		case o.Now().Sub(at.At) < domain.ReportLimit:
			published = true
			again = earlier(again, at.At.Add(domain.ReportLimit))
		default:
			published = true
			delivery := domain.DeliveryStream(service, message, endpoint)
			if err := o.giveUp(ctx, m, delivery, d.Round, at.At); err != nil {
				if err = o.setAside(ctx, delivery, err); err != nil {
					return again, err
				}
			}
		}
	}
	if len(wakes) > 0 {
		if err := o.Later.Later(ctx, WakesOf(wakes...)...); err != nil {
			return again, err
		}
	}
	if unpublished {
		if err := o.Tasks.Ask(ctx, Task{Kind: TaskPublish, Service: service, ID: message, First: !published && m.Chunk == 0}); err != nil {
			return again, err
		}
	}
	if m.Accepted.More == "" || only != "" {
		return again, nil
	}
	at, err := o.routedOn(ctx, service, m)
	return earlier(again, at), err
}

// routedOn asks for the rest of an audience where nobody has decided it.
func (o *Overdue) routedOn(ctx context.Context, service string, m domain.Message) (again time.Time, err error) {
	next, err := eventlog.Load[domain.Message](ctx, o.Log, domain.MessageStream(service, domain.ChunkRoot(m.ID, m.Chunk+1)))
	if err != nil {
		return again, o.setAside(ctx, next.Stream, err)
	}
	if next.State.Exists() {
		return again, nil
	}
	return o.Now().Add(overdueAfter), o.Tasks.Ask(ctx, Task{Kind: TaskRoute, Service: service, ID: m.ID})
}

// giveUp ends a delivery that SNS tells nothing of.
func (o *Overdue) giveUp(ctx context.Context, m domain.Message, delivery eventlog.Stream, plan eventlog.Version, at time.Time) error {
	_, err := eventlog.Execute(ctx, o.Log, delivery, domain.GiveUpReport{Plan: plan, PublishedAt: at}, publishCause(m))
	if errors.Is(err, eventlog.ErrConflict) {
		return nil // a report came
	}
	return err
}

// looksAtOnce is how many messages are looked at side by side.
const looksAtOnce = 16

// each looks at messages side by side, until one cannot be read now.
func each[T any](ctx context.Context, all []T, do func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(looksAtOnce)
	for _, one := range all {
		group.Go(func() error { return do(ctx, one) })
	}
	return group.Wait()
}
