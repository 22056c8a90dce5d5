package projections

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"webplug/domain/eventlog"
)

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
	at, stale, err := q.freshen(ctx)
	if err != nil {
		return page, err
	}
	defer at.release()
	page.Stale = stale
	sees := at.audience(service, f.Audience)
	seen := 0
	for fact, err := range at.allFacts(ctx, service, f, c) {
		if err != nil {
			return page, fmt.Errorf("read the journal: %w", err)
		}
		if seen++; seen > 10*budget {
			return page, nil
		}
		stream := fact.Fact.Stream(fact.service)
		wants := is(f.Type, fact.Type) && is(f.Actor, fact.Actor) && within(f.Stream, stream.String())
		if wants && f.Audience != "" {
			seen += 2
			if wants, err = sees.concerns(ctx, fact.Fact); err != nil {
				return page, err
			}
		}
		if wants {
			if len(page.Data) == r.Limit {
				return page, nil
			}
			event, err := q.event(ctx, stream, fact.Version)
			if err != nil {
				return page, err
			}
			if f.Audience != "" {
				if event, err = sees.shown(ctx, event); err != nil {
					return page, err
				}
			}
			page.Data = append(page.Data, event)
			seen += 10
		}
		page.Next = cursor{List: in, Fact: fact.place(), Part: fact.service}.String()
	}
	page.Next = ""
	return page, nil
}

// within says whether a stream is the one asked for, or a leaf of it.
func within(want, stream string) bool {
	rest, ok := strings.CutPrefix(stream, want)
	return ok && (want == "" || rest == "" || rest[0] == '/')
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
