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

// StatsFilter asks for figures. Since and Until are moved out to whole buckets.
type StatsFilter struct {
	Since, Until time.Time
	Bucket       time.Duration // a multiple of 5 minutes that a day is a multiple of
	EndpointID   string
	EventType    string // its name
	UserID       string // whose part it shall be
}

// MaxBuckets is how many buckets one query gives.
const MaxBuckets = 1000

const (
	mostEndpoints = 500
	stripCells    = 96
	// nowCounted bounds the deliveries of one state that are counted.
	nowCounted = 10_000
)

// statsFold gathers the cells of a query.
type statsFold struct {
	q         *Queries
	service   string
	f         StatsFilter
	names     map[string]string // of event types, by id
	about     *audience
	total     tally
	buckets   []tally
	open      []int // by bucket of acceptance: what is pending or retrying now
	endpoints map[string]*endpointTally
	types     map[string]*tally
}

type endpointTally struct {
	tally
	now   NowFigures
	strip map[int]*tally // by bucket
}

// Stats gives a service's figures.
func (q *Queries) Stats(ctx context.Context, service string, f StatsFilter) (Stats, error) {
	f.Since, f.Until = f.Since.UTC().Truncate(f.Bucket), f.Until.UTC().Add(f.Bucket-1).Truncate(f.Bucket)
	n := int(f.Until.Sub(f.Since) / f.Bucket)
	if n > MaxBuckets {
		return Stats{}, domain.Refuse(domain.Invalid, "bucket", "makes %d buckets; %d are the most", n, MaxBuckets)
	}
	at, stale, err := q.freshen(ctx)
	if err != nil {
		return Stats{}, err
	}
	defer at.release()
	s := statsFold{
		q: at.Queries, service: service, f: f, names: map[string]string{}, about: at.audience(service, f.UserID),
		buckets: make([]tally, n), open: make([]int, n), endpoints: map[string]*endpointTally{}, types: map[string]*tally{},
	}
	if err := s.fold(ctx); err != nil {
		return Stats{}, fmt.Errorf("read figures: %w", err)
	}
	now, err := s.now(ctx)
	if err != nil {
		return Stats{}, fmt.Errorf("count deliveries: %w", err)
	}
	out := s.answer(now)
	out.Stale = stale
	out.Endpoints, err = s.showEndpoints(ctx)
	return out, err
}

// fold reads the cells of every hour of the time asked for.
func (s *statsFold) fold(ctx context.Context) error {
	r := factRange{service: s.service, from: s.f.Since, to: s.f.Until.Add(-1)}
	var failed error
	take := func(hour time.Time) func(cellKey, tally) {
		return func(k cellKey, t tally) { failed = errors.Join(failed, s.take(ctx, hour, k, t)) }
	}
	return s.q.walkHourRows(ctx, r, func(l Listed) error {
		hour, err := time.Parse(hourForm, l.Sort)
		if err != nil {
			return err
		}
		var body hourBody
		if err := json.Unmarshal(l.Body, &body); err != nil {
			return err
		}
		if body.Rolled > 0 {
			err = s.q.rolledFigures(ctx, s.service, l.Sort, take(hour))
		} else {
			err = s.q.openFigures(ctx, serviceHour{s.service, l.Sort}, take(hour))
		}
		return errors.Join(err, failed)
	})
}

// rolledFigures gives the cells of an hour that is rolled up.
func (q *Queries) rolledFigures(ctx context.Context, service, hour string, visit func(cellKey, tally)) error {
	query := ListQuery{View: ViewStats, List: listStats(service), From: hour + "/", To: hour + "~", Limit: 20}
	return q.walk(ctx, query, func(l Listed) error {
		var cells []cell
		if err := json.Unmarshal(l.Body, &cells); err != nil {
			return fmt.Errorf("read figures %s: %w", l.ID, err)
		}
		for _, c := range cells {
			visit(c.cellKey, c.tally)
		}
		return nil
	})
}

// take adds a cell to what it is part of.
func (s *statsFold) take(ctx context.Context, hour time.Time, k cellKey, t tally) error {
	at := hour.Add(time.Duration(k.Slot) * slotSpan)
	if at.Before(s.f.Since) || !at.Before(s.f.Until) || !is(s.f.UserID, k.UserID) || !is(s.f.EndpointID, k.EndpointID) {
		return nil
	}
	name, err := s.name(ctx, k.EventTypeID)
	if err != nil || !is(s.f.EventType, name) {
		return err
	}
	if s.f.UserID == "" {
		t.Met = 0
	}
	i := int(at.Sub(s.f.Since) / s.f.Bucket)
	s.total.add(t)
	s.buckets[i].add(t)
	if s.types[k.EventTypeID] == nil {
		s.types[k.EventTypeID] = &tally{}
	}
	s.types[k.EventTypeID].add(t)
	if k.EndpointID == "" {
		return nil
	}
	e := s.endpoint(k.EndpointID)
	e.add(t)
	if e.strip[i] == nil {
		e.strip[i] = &tally{}
	}
	e.strip[i].add(t)
	return nil
}

func (s *statsFold) endpoint(id string) *endpointTally {
	if s.endpoints[id] == nil {
		s.endpoints[id] = &endpointTally{strip: map[int]*tally{}}
	}
	return s.endpoints[id]
}

// name is an event type's name.
func (s *statsFold) name(ctx context.Context, id string) (string, error) {
	if id == "" {
		return domain.TestEventName, nil
	}
	if name, ok := s.names[id]; ok {
		return name, nil
	}
	row, err := s.q.views.Get(ctx, s.q.generation, ViewEventTypes, domain.EventTypeStream(s.service, id).String())
	if err != nil && !errors.Is(err, ErrNoRow) {
		return "", err
	}
	var t EventTypeRow
	if err == nil {
		err = json.Unmarshal(row.Body, &t)
	} else {
		err, t.Name = nil, id // its stream is set aside
	}
	s.names[id] = t.Name
	return t.Name, err
}

// now counts the deliveries that are pending, retrying and failed.
func (s *statsFold) now(ctx context.Context) (all NowFigures, err error) {
	for list, field := range map[string]func(*NowFigures) *int{
		listStatus(s.service, domain.Pending):  func(n *NowFigures) *int { return &n.Pending },
		listStatus(s.service, domain.Retrying): func(n *NowFigures) *int { return &n.Retrying },
		listDead(s.service):                    func(n *NowFigures) *int { return &n.Failed },
	} {
		seen := 0
		err := s.q.walk(ctx, ListQuery{View: ViewDeliveries, List: list, Backward: true, Limit: 1000}, func(l Listed) error {
			if seen++; seen > nowCounted {
				all.More = true
				return errEnough
			}
			var d struct {
				EndpointID string    `json:"endpoint_id"`
				EventType  string    `json:"event_type"`
				AcceptedAt time.Time `json:"accepted_at"`
			}
			if err := json.Unmarshal(l.Body, &d); err != nil {
				return err
			}
			if !is(s.f.EndpointID, d.EndpointID) || !is(s.f.EventType, d.EventType) {
				return nil
			}
			if s.f.UserID != "" {
				if mine, err := s.about.owns(ctx, d.EndpointID); err != nil || !mine {
					return err
				}
			}
			*field(&all)++
			if at := d.AcceptedAt; list != listDead(s.service) && !at.Before(s.f.Since) && at.Before(s.f.Until) {
				s.open[int(at.Sub(s.f.Since)/s.f.Bucket)]++
			}
			*field(&s.endpoint(d.EndpointID).now)++
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return all, err
		}
	}
	return all, nil
}

func (s *statsFold) answer(now NowFigures) Stats {
	out := Stats{
		Since: s.f.Since, Until: s.f.Until, Bucket: BucketName(s.f.Bucket), Now: now, Total: s.figures(&s.total),
		LatencyBounds: latencyBounds, LatencyCounts: s.total.latencyCounts(),
		Buckets: make([]BucketFigures, 0, len(s.buckets)), EventTypes: make([]EventTypeStats, 0, len(s.types)),
	}
	for i := range s.buckets {
		start := s.f.Since.Add(time.Duration(i) * s.f.Bucket)
		out.Buckets = append(out.Buckets, BucketFigures{start, s.figures(&s.buckets[i]), s.open[i], s.buckets[i].latencyCounts()})
	}
	for id, t := range s.types {
		name := s.names[id]
		if id == "" {
			name = domain.TestEventName
		}
		out.EventTypes = append(out.EventTypes, EventTypeStats{present(id), name, s.figures(t)})
	}
	slices.SortFunc(out.EventTypes, func(a, b EventTypeStats) int {
		return cmp.Or(cmp.Compare(value(b.Figures.Accepted), value(a.Figures.Accepted)), strings.Compare(a.EventType, b.EventType))
	})
	return out
}

// figures shows what was counted, as far as the filter lets it be said.
func (s *statsFold) figures(t *tally) Figures {
	f := Figures{
		Delivered: t.Delivered, Failed: t.Failed, Discarded: t.Discarded, Retried: t.Retried, Attempts: t.Attempts,
		AttemptsFailed: t.AttemptsFailed, Causes: map[domain.Cause]int{}, SkipReasons: map[domain.SkipReason]int{},
		Latency: Latency{t.quantile(.5), t.quantile(.95), t.quantile(.99)},
	}
	for k, n := range t.Causes {
		f.Causes[k] = n
	}
	for k, n := range t.Skipped {
		f.SkipReasons[k] = n
		f.Skipped += n
	}
	if n := t.Delivered + t.Failed; n > 0 {
		rate := float64(t.Delivered) / float64(n)
		f.SuccessRate = &rate
	}
	if s.f.EndpointID == "" {
		accepted := t.Accepted + t.Met
		f.Accepted = &accepted
		if s.f.UserID == "" {
			f.Deliveries = &t.Deliveries
		}
	}
	return f
}

// showEndpoints gives the endpoints that something happened to, the worst first.
func (s *statsFold) showEndpoints(ctx context.Context) ([]EndpointStats, error) {
	ids := make([]string, 0, len(s.endpoints))
	for id := range s.endpoints {
		ids = append(ids, id)
	}
	rate := func(id string) float64 {
		t := s.endpoints[id]
		if n := t.Delivered + t.Failed; n > 0 {
			return float64(t.Delivered) / float64(n)
		}
		return 1
	}
	slices.SortFunc(ids, func(a, b string) int {
		x, y := s.endpoints[a], s.endpoints[b]
		return cmp.Or(cmp.Compare(rate(a), rate(b)), cmp.Compare(y.Failed, x.Failed),
			cmp.Compare(y.AttemptsFailed, x.AttemptsFailed), strings.Compare(a, b))
	})
	out := make([]EndpointStats, 0, len(ids))
	for _, id := range ids[:min(len(ids), mostEndpoints)] {
		row, err := s.q.endpoint(ctx, s.service, id)
		if err != nil {
			return nil, err
		}
		e := s.endpoints[id]
		figures := s.figures(&e.tally)
		figures.Accepted, figures.Deliveries = nil, nil
		shown := EndpointStats{
			EndpointID: id, UserID: row.UserID, URL: row.URL, Status: row.Status, Figures: figures, Now: e.now, Strip: s.strip(e),
		}
		if l := e.Last; l != nil {
			shown.Last = &LastOutcome{time.UnixMicro(l.Time).UTC(), l.Status, present(l.Cause)}
		}
		out = append(out, shown)
	}
	return out, nil
}

func (s *statsFold) strip(e *endpointTally) []StripCell {
	out := make([]StripCell, 0, min(stripCells, len(s.buckets)))
	for i := max(0, len(s.buckets)-stripCells); i < len(s.buckets); i++ {
		c := StripCell{Start: s.f.Since.Add(time.Duration(i) * s.f.Bucket)}
		if t := e.strip[i]; t != nil {
			c.Delivered, c.Failed, c.AttemptsFailed = t.Delivered, t.Failed, t.AttemptsFailed
			for _, n := range t.Skipped {
				c.Skipped += n
			}
		}
		out = append(out, c)
	}
	return out
}
