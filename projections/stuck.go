package projections

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// An event that cannot be projected is set aside with its stream, so that the rest goes on; the stream is folded anew
// when somebody asks for it, after the program or the data was mended.

func listStuck() string { return "stuck" }

type parked struct {
	row   StuckRow
	gone  bool
	dirty bool
	stamp eventlog.Version // grows with each change of the row
}

// stuck is what is set aside.
type stuck struct{ streams map[eventlog.Stream]*parked }

func newStuck() *stuck { return &stuck{streams: map[eventlog.Stream]*parked{}} }

// The consumers that set streams aside.
const (
	consumerViews    = "views"
	consumerDispatch = "dispatch"
)

// stops says whether a stream is not folded: one that only dispatch has set aside is.
func (s *stuck) stops(stream eventlog.Stream) bool {
	return s.has(stream) && s.streams[stream].row.Consumer == consumerViews
}

func (s *stuck) has(stream eventlog.Stream) bool {
	p, ok := s.streams[stream]
	return ok && !p.gone
}

func (s *stuck) count() int {
	n := 0
	for _, p := range s.streams {
		if !p.gone {
			n++
		}
	}
	return n
}

func (s *stuck) park(consumer string, stream eventlog.Stream, v eventlog.Version, err error, now time.Time) {
	p := s.streams[stream]
	if p == nil || p.gone {
		p = &parked{row: StuckRow{ID: stream.String(), Consumer: consumer, Stream: stream.String(), Version: v, Since: now.UTC()}, stamp: stampOf(p, now)}
		s.streams[stream] = p
	}
	if consumer == consumerViews && p.row.Consumer != consumer {
		p.row.Consumer, p.row.Version = consumer, v
	}
	p.row.Error = err.Error()
	p.row.Tries++
	p.stamp, p.dirty = stampOf(p, now), true
}

func (s *stuck) resolve(stream eventlog.Stream, now time.Time) {
	p := s.streams[stream]
	p.gone, p.dirty, p.stamp = true, true, stampOf(p, now)
}

// stampOf is a version for a row that is not made of a stream: the time, never the same twice.
func stampOf(p *parked, now time.Time) eventlog.Version {
	v := eventlog.Version(now.UnixMicro())
	if p != nil {
		v = max(v, p.stamp+1)
	}
	return v
}

func (s *stuck) load(ctx context.Context, v Views, g Generation) error {
	for from := ""; ; {
		rows, err := v.List(ctx, g, ListQuery{View: ViewStuck, List: listStuck(), From: from, Limit: 1000})
		if err != nil {
			return fmt.Errorf("read what is stuck: %w", err)
		}
		for _, r := range rows {
			p := &parked{stamp: r.Version}
			if err := json.Unmarshal(r.Body, &p.row); err != nil {
				return fmt.Errorf("read what is stuck: %w", err)
			}
			stream, err := eventlog.ParseStream(p.row.Stream)
			if err != nil {
				return fmt.Errorf("read what is stuck: %w", err)
			}
			s.streams[stream] = p
			from = r.Sort + "\x00"
		}
		if len(rows) == 0 {
			return nil
		}
	}
}

func (s *stuck) rows() ([]Row, error) {
	var out []Row
	for stream, p := range s.streams {
		if !p.dirty {
			continue
		}
		row := Row{View: ViewStuck, ID: stream.String(), Version: p.stamp}
		if !p.gone {
			var err error
			if row.Body, err = json.Marshal(p.row); err != nil {
				return nil, err
			}
			row.Lists = []Entry{{listStuck(), timeKey(p.row.Since) + "/" + p.row.ID}}
		}
		out = append(out, row)
	}
	return out, nil
}

func (s *stuck) flushed() {
	for stream, p := range s.streams {
		p.dirty = false
		if p.gone {
			delete(s.streams, stream)
		}
	}
}

// RetryStuck folds a stream that was set aside anew. If it still cannot, it stays set aside and the error says why.
func (p *Projector) RetryStuck(ctx context.Context, id string) error {
	s, err := eventlog.ParseStream(id)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil || !p.stuck.has(s) {
		return domain.Refuse(domain.NotFound, "", "nothing is stuck under this id")
	}
	version := p.stuck.streams[s].row.Version
	err = p.reproject(ctx, s, version)
	switch {
	case err == nil:
		p.stuck.resolve(s, p.now())
		p.soil()
		return nil
	case transient(err):
		return err
	}
	p.park(p.stuck.streams[s].row.Consumer, s, version, err)
	return domain.Refuse(domain.Conflict, "", "the event is still stuck: %s", err)
}

// reproject folds a whole stream, and enters its events from a version on into the journal.
func (p *Projector) reproject(ctx context.Context, s eventlog.Stream, from eventlog.Version) error {
	for r, err := range p.log.Read(ctx, s, 0) {
		if err != nil {
			return err
		}
		if err := p.project(ctx, 0, r); err != nil {
			return err
		}
		if r.Version >= from {
			p.journal.add(s.Service, p.factOf(r))
		}
	}
	return nil
}
