package projections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// What is delivered at once never has a row, so nothing but the journal tells of a message that was accepted and has no
// outcome. It is walked in the order of arrival, behind what may still come late; acceptances and outcomes that lie near each
// other, as nearly all do, cost no look at the log. The rest are looked at, and those that go on being open get a row each
// beside the read models, with the time of the next look.

// ViewAwaited has those rows, and how far each service's journal is walked.
const ViewAwaited View = "awaited"

func listAwaited() string { return "awaited" }

const (
	// arrivedBefore is how far behind now the journal is walked: pages may come as late as late, and outcomes take a moment.
	arrivedBefore = late + overdueAfter
	// awaitedPages is how many pages are walked before it is noted.
	awaitedPages = 200
	// longestLook is how far apart looks at one message are at most.
	longestLook = time.Hour
)

// walked is how far a service's journal is walked: the mark of the last page.
type walked struct {
	Mark string `json:"mark"`
}

// awaitedMessage is a message to look at again.
type awaitedMessage struct {
	Service string `json:"service"`
	Message string `json:"message"`
	Looks   int    `json:"looks"`
}

// Accepted looks for messages without an outcome among those that have arrived since the last call, and looks again at those
// that it has found before. What it does not come to in its time is gone on with at the next call.
func (o *Overdue) Accepted(ctx context.Context) error {
	at, err := o.Queries.fresh(ctx)
	if err != nil {
		return err
	}
	defer at.release()
	failed := o.lookAgain(ctx)
	services, err := at.journalServices(ctx)
	if err != nil {
		return errors.Join(failed, fmt.Errorf("read the journal: %w", err))
	}
	return errors.Join(failed, each(ctx, services, func(ctx context.Context, service string) error {
		if err := o.walk(ctx, at.Queries, service); err != nil {
			return fmt.Errorf("look for what %s accepted: %w", service, err)
		}
		return nil
	}))
}

// arrivals are the facts of a part of a journal that tell of deliveries.
type arrivals struct {
	targets map[string]int                 // of messages accepted in the part, by message
	full    map[string]bool                // messages whose audience may have further chunks, by message
	settled map[string]map[string]struct{} // endpoints that have an outcome, by message
	last    string                         // mark of the last page of the part
	pages   int
}

// walk goes through what has arrived of a service.
func (o *Overdue) walk(ctx context.Context, q *Queries, service string) error {
	row, from, err := o.walkedTo(ctx, service)
	if err != nil {
		return err
	}
	for {
		a, err := o.arrived(ctx, q, service, from)
		if err != nil || a.pages == 0 {
			return err
		}
		var open []string
		for message, targets := range a.targets {
			if len(a.settled[message]) < targets || a.full[message] {
				open = append(open, message)
			}
		}
		if err := each(ctx, open, func(ctx context.Context, message string) error {
			return o.await(ctx, Row{}, awaitedMessage{Service: service, Message: message})
		}); err != nil {
			return err
		}
		if row, err = o.note(ctx, row, service, a.last); err != nil {
			return err
		}
		if from = a.last; a.pages < awaitedPages {
			return nil
		}
	}
}

// arrived reads a part of the journal, and outcomes that have arrived after it.
func (o *Overdue) arrived(ctx context.Context, q *Queries, service, from string) (arrivals, error) {
	a := arrivals{targets: map[string]int{}, full: map[string]bool{}, settled: map[string]map[string]struct{}{}}
	end := markOf(eventlog.Position(o.Now().Add(-arrivedBefore).UnixMicro()), "")
	query := ListQuery{View: ViewJournal, List: listArrived(service), Limit: 50}
	if from != "" {
		query.From = from + "\x00"
	}
	err := q.walk(ctx, query, func(page Listed) error {
		within := page.Sort < end && a.pages < awaitedPages
		switch {
		case within:
			a.pages++
			a.last = page.Sort
		case a.pages == 0 || page.Sort >= end && len(a.targets) == 0:
			return errEnough
		case page.Sort < end: // a full part: outcomes that come a little later are found by looking
			return errEnough
		}
		facts, err := factsOf(page)
		if err != nil {
			return err
		}
		for _, f := range facts {
			a.take(service, f, within)
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return a, err
	}
	return a, nil
}

func (a *arrivals) take(service string, f Fact, within bool) {
	switch kindOf(f.Stream(service)) {
	case kindMessage:
		if full := f.Targets+len(f.Skipped) >= domain.MaxAudience; within && (f.Targets > 0 || full) {
			a.targets[f.Root], a.full[f.Root] = f.Targets, full
		}
	case kindDelivery:
		if a.settled[f.Root] == nil {
			a.settled[f.Root] = map[string]struct{}{}
		}
		a.settled[f.Root][f.Leaf] = struct{}{}
	default:
	}
}

// await looks at a message, and keeps a row where it is to be looked at again. row is the one that there is.
func (o *Overdue) await(ctx context.Context, row Row, w awaitedMessage) error {
	again, err := o.message(ctx, w.Service, w.Message, "")
	if err != nil || again.IsZero() && row.ID == "" {
		return err
	}
	s := domain.MessageStream(w.Service, w.Message)
	version := max(row.Version+1, eventlog.Version(o.Now().UnixMicro()))
	row = Row{View: ViewAwaited, ID: s.String(), Version: version}
	if !again.IsZero() {
		again = later(again, o.Now().Add(min(overdueAfter<<min(w.Looks, 10), longestLook)))
		w.Looks++
		if row.Body, err = json.Marshal(w); err != nil {
			return err
		}
		row.Lists = []Entry{{listAwaited(), timeKey(again) + "/" + row.ID}}
	}
	if err := o.Views.Apply(ctx, Beside, []Row{row}, 0); err != nil {
		return fmt.Errorf("keep that %s is awaited: %w", s, err)
	}
	return nil
}

// lookAgain looks at the messages whose time has come.
func (o *Overdue) lookAgain(ctx context.Context) error {
	query := ListQuery{View: ViewAwaited, List: listAwaited(), To: timeKey(o.Now()), Limit: overduePage}
	for {
		rows, err := o.Views.List(ctx, Beside, query)
		if err != nil {
			return fmt.Errorf("read what is awaited: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		if err := each(ctx, rows, func(ctx context.Context, l Listed) error {
			var w awaitedMessage
			if err := json.Unmarshal(l.Body, &w); err != nil {
				return fmt.Errorf("read what is awaited: %w", err)
			}
			return o.await(ctx, l.Row, w)
		}); err != nil {
			return err
		}
		query.From = rows[len(rows)-1].Sort + "\x00"
	}
}

// walkedTo reads how far a service's journal is walked.
func (o *Overdue) walkedTo(ctx context.Context, service string) (Row, string, error) {
	row, err := o.Views.Get(ctx, Beside, ViewAwaited, walkedID(service))
	if errors.Is(err, ErrNoRow) {
		return Row{}, "", nil
	}
	var to walked
	if err == nil {
		err = json.Unmarshal(row.Body, &to)
	}
	return row, to.Mark, err
}

func walkedID(service string) string { return "walked/" + service }

// note keeps how far a service's journal is walked. A mark says a time, so it is good in another generation too.
func (o *Overdue) note(ctx context.Context, row Row, service, mark string) (Row, error) {
	body, err := json.Marshal(walked{mark})
	if err != nil {
		return row, err
	}
	row = Row{View: ViewAwaited, ID: walkedID(service), Version: row.Version + 1, Body: body}
	return row, o.Views.Apply(ctx, Beside, []Row{row}, 0)
}
