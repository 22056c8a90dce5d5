package projections

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// A message whose audience has more than one chunk has a summary row. Chunks are decided one after the other, each by one
// event, so that the row is a function of the newest, and the number of chunks is its version. It is listed for as long as a
// further chunk is to be decided.

// ViewAudiences has the summary rows.
const ViewAudiences View = "audiences"

func listUnrouted() string { return "unrouted" }

// audienceBody is what a summary row says.
type audienceBody struct {
	Chunks int  `json:"chunks"`
	More   bool `json:"more,omitzero"`
}

// audienceRow is the summary row that an event brings about; ok is false for most.
func audienceRow(r eventlog.Recorded) (row Row, ok bool, err error) {
	message, chunk := domain.MessageOf(r.Stream.Root)
	var more string
	var accepted time.Time
	switch e := r.Event.(type) {
	case domain.MessageAccepted:
		more, accepted = e.More, r.Time
	case domain.MessageRouted:
		more, accepted = e.More, e.AcceptedAt
	}
	if chunk == 0 && more == "" {
		return row, false, nil
	}
	id := domain.MessageStream(r.Stream.Service, message).String()
	row = Row{View: ViewAudiences, ID: id, Version: eventlog.Version(chunk + 1)}
	if more != "" {
		row.Lists = []Entry{{listUnrouted(), timeKey(accepted) + "/" + id}}
	}
	row.Body, err = json.Marshal(audienceBody{chunk + 1, more != ""})
	return row, true, err
}

// audienceRows is the summary row that events of one chunk bring about, if there is one.
func audienceRows(events []eventlog.Recorded) ([]Row, error) {
	for _, r := range events {
		if row, ok, err := audienceRow(r); err != nil || ok {
			return []Row{row}, err
		}
	}
	return nil, nil
}

// unrouted says whether an event leaves a message with endpoints that are yet to be decided on.
func unrouted(r eventlog.Recorded) bool {
	switch e := r.Event.(type) {
	case domain.MessageAccepted:
		return e.More != ""
	case domain.MessageRouted:
		return e.More != ""
	}
	return false
}

// Unrouted lists the messages that the rows know to be routed on, the oldest first. What was appended lately may be missing,
// and what was routed on lately may be there.
func (p *Projector) Unrouted(ctx context.Context) ([]eventlog.Stream, error) {
	g, release := p.pin()
	defer release()
	return listOfUnrouted(ctx, p.views, g)
}

// Unrouted lists the messages that the rows know to be routed on, the oldest first. What was appended lately may be missing,
// and what was routed on lately may be there.
func (b *Batches) Unrouted(ctx context.Context) ([]eventlog.Stream, error) {
	g, err := b.generation(ctx)
	if err != nil {
		return nil, fmt.Errorf("find the read models: %w", err)
	}
	return listOfUnrouted(ctx, b.views, g)
}

func listOfUnrouted(ctx context.Context, v Views, g Generation) ([]eventlog.Stream, error) {
	var out []eventlog.Stream
	q := &Queries{views: v, generation: g}
	err := q.walk(ctx, ListQuery{View: ViewAudiences, List: listUnrouted(), Limit: 100}, func(l Listed) error {
		s, err := eventlog.ParseStream(l.ID)
		out = append(out, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the messages that are to be routed on: %w", err)
	}
	return out, nil
}

// RouterRunner routes messages on, on one machine: each a slice in its turn, also those from before this process began.
type RouterRunner struct {
	router *Router
	before func(context.Context) ([]eventlog.Stream, error)
	logger *slog.Logger
	wake   chan struct{} // has one when something waits

	mu      sync.Mutex
	waiting []eventlog.Stream
	known   map[eventlog.Stream]bool // those that wait
}

// NewRouterRunner makes a runner. before lists what an earlier process has left.
func NewRouterRunner(r *Router, before func(context.Context) ([]eventlog.Stream, error), logger *slog.Logger) *RouterRunner {
	return &RouterRunner{router: r, before: before, logger: logger, wake: make(chan struct{}, 1), known: map[eventlog.Stream]bool{}}
}

// Ask has a message routed on. It does not block.
func (r *RouterRunner) Ask(message eventlog.Stream) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.known[message] {
		r.known[message] = true
		r.waiting = append(r.waiting, message)
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run routes on until ctx ends. What is not done then is gone on with by the next process.
func (r *RouterRunner) Run(ctx context.Context) {
	for !r.askBefore(ctx) {
		if !sleep(ctx, time.Second) {
			return
		}
	}
	for {
		s, some := r.next()
		if !some {
			select {
			case <-r.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		done, err := r.router.RouteOn(ctx, s.Service, s.Root)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			r.logger.Error("a message is not routed on yet; it is tried again", "message", s.String(), "error", err)
		}
		if !done {
			r.Ask(s)
		}
		if err != nil && !sleep(ctx, time.Second) {
			return
		}
	}
}

func (r *RouterRunner) askBefore(ctx context.Context) bool {
	left, err := r.before(ctx)
	if err != nil {
		if ctx.Err() == nil {
			r.logger.Error("messages that are to be routed on cannot be looked for", "error", err)
		}
		return false
	}
	for _, s := range left {
		r.Ask(s)
	}
	return true
}

func (r *RouterRunner) next() (eventlog.Stream, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting) == 0 {
		return eventlog.Stream{}, false
	}
	s := r.waiting[0]
	r.waiting = r.waiting[1:]
	delete(r.known, s)
	return s, true
}

// summarise makes the summary row of a large audience.
func (p *Projector) summarise(r eventlog.Recorded) error {
	row, ok, err := audienceRow(r)
	if err != nil || !ok {
		return err
	}
	message, _ := domain.MessageOf(r.Stream.Root)
	of := domain.MessageStream(r.Stream.Service, message)
	if rows := p.catalogue[of]; len(rows) == 0 || rows[0].Version < row.Version {
		p.catalogue[of] = []Row{row}
	}
	if p.onUnrouted != nil && unrouted(r) {
		p.onUnrouted(of)
	}
	return nil
}

// OnUnrouted tells what to do when a message is to be routed on. It must not block, and comes before Run.
func (p *Projector) OnUnrouted(do func(message eventlog.Stream)) { p.onUnrouted = do }
