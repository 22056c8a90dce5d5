package projections

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

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
	seen, wanted := 0, make([]factIn, 0, r.Limit)
	for fact, err := range at.allFacts(ctx, service, f, c) {
		if err != nil {
			return page, fmt.Errorf("read the journal: %w", err)
		}
		if seen++; seen > 10*budget {
			return at.filled(ctx, page, wanted, sees)
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
			if len(wanted) == r.Limit {
				return at.filled(ctx, page, wanted, sees)
			}
			wanted = append(wanted, fact)
			seen += 10
		}
		page.Next = cursor{List: in, Fact: fact.place(), Part: fact.service}.String()
	}
	page.Next = ""
	return at.filled(ctx, page, wanted, sees)
}

// readsAtOnce is how many of a page's reads are made side by side: a store may be far away.
const readsAtOnce = 16

// filled reads the events of a page's facts, as its audience may see them.
func (q *Queries) filled(ctx context.Context, page Page[eventlog.Recorded], facts []factIn, sees *audience) (Page[eventlog.Recorded], error) {
	page.Data = make([]eventlog.Recorded, len(facts))
	var group errgroup.Group
	group.SetLimit(readsAtOnce)
	for i, f := range facts {
		group.Go(func() (err error) {
			page.Data[i], err = q.event(ctx, f.Fact.Stream(f.service), f.Version)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return Page[eventlog.Recorded]{}, err
	}
	for i, e := range page.Data {
		if sees.user == "" {
			break
		}
		var err error
		if page.Data[i], err = sees.shown(ctx, e); err != nil {
			return Page[eventlog.Recorded]{}, err
		}
	}
	return page, nil
}

// within says whether a stream is the one asked for, or a leaf or a further chunk of it.
func within(want, stream string) bool {
	rest, ok := strings.CutPrefix(stream, want)
	return ok && (want == "" || rest == "" || rest[0] == '/' || rest[0] == '~')
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
			ok      bool
		}
		sources := make([]source, len(services))
		var group errgroup.Group
		group.SetLimit(readsAtOnce)
		for i, s := range services {
			next, stop := iter.Pull2(q.facts(ctx, factRange{
				service: s, from: f.Since, to: f.Until, backward: f.NewestFirst, beyond: c.Fact,
				// Equal facts of several services come in the order of services.
				orEqual: c.Part != s && (c.Part < s) != f.NewestFirst,
			}))
			defer stop()
			sources[i] = source{service: s, next: next}
			group.Go(func() (err error) {
				sources[i].head, err, sources[i].ok = next()
				return err
			})
		}
		if err := group.Wait(); err != nil {
			yield(factIn{}, err)
			return
		}
		sources = slices.DeleteFunc(sources, func(s source) bool { return !s.ok })
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
