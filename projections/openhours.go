package projections

import (
	"context"
	"sync"
)

// openHours keeps the figures of hours that are not rolled up, so that a query reads only what has arrived since the last.
type openHours struct {
	mu    sync.Mutex
	hours map[serviceHour]*openHour
}

type openHour struct {
	mu      sync.Mutex
	figures *hourFigures
	upto    string // the newest page that is counted
	gen     Generation
}

// openHoursKept bounds them; one has a few hundred bytes for each endpoint that was active.
const openHoursKept = 64

func (o *openHours) of(h serviceHour) *openHour {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.hours == nil || len(o.hours) >= openHoursKept && o.hours[h] == nil {
		o.hours = map[serviceHour]*openHour{}
	}
	if o.hours[h] == nil {
		o.hours[h] = &openHour{}
	}
	return o.hours[h]
}

// forget makes every hour be counted anew: a stream that was set aside may have entered facts a second time.
func (o *openHours) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hours = nil
}

// openFigures gives the cells of an hour that is not rolled up.
func (q *Queries) openFigures(ctx context.Context, h serviceHour, visit func(cellKey, tally)) error {
	kept := q.open.of(h)
	kept.mu.Lock()
	defer kept.mu.Unlock()
	keep := q.onceEach() // before it looks: what comes after is new
	newest, err := q.views.List(ctx, q.generation, ListQuery{View: ViewJournal, List: listArrived(h.service), Backward: true, Limit: 1})
	if err != nil || len(newest) == 0 {
		return err
	}
	upto := newest[0].Sort
	figures := kept.figures
	kept.figures = nil // if it fails half-way
	switch {
	case figures == nil || kept.gen != q.generation:
		figures, err = q.foldHour(ctx, h, upto)
	case kept.upto != upto:
		err = q.countArrived(ctx, h, figures, kept.upto+"\x00", upto+"\x00")
	}
	if err != nil {
		return err
	}
	for k, t := range figures.cells {
		visit(k, *t)
	}
	if keep {
		kept.figures, kept.upto, kept.gen = figures, upto, q.generation
	}
	return nil
}

func (q *Queries) countArrived(ctx context.Context, h serviceHour, figures *hourFigures, from, to string) error {
	query := ListQuery{View: ViewJournal, List: listArrived(h.service), From: from, To: to, Limit: 20}
	return q.walk(ctx, query, func(page Listed) error {
		facts, err := factsOf(page)
		if err != nil {
			return err
		}
		for _, f := range facts {
			if f.At().Format(hourForm) != h.hour {
				continue
			}
			if err := figures.add(ctx, f); err != nil {
				return err
			}
		}
		return nil
	})
}
