package projections

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// ConsistentDirectory is what publishing and dispatch need to know of the catalogue, where many processes share one log.
// Services, users, event types, endpoints and keys are folded from the log itself; what was folded before is kept, and
// each look-up reads, consistently, what was appended since: so it is never behind, whatever the read models are. Routes
// are rows, read consistently; a command that changes them answers when its row is there (Settled).
type ConsistentDirectory struct {
	*schemas

	log    *eventlog.Log
	views  Views
	routes *routes

	mu    sync.Mutex
	kept  map[eventlog.Stream]any    // a state each
	names map[eventlog.Stream]string // reservation stream of a type's name ▶ type id; verified with each use
}

// NewConsistentDirectory makes a directory over a log and its views.
func NewConsistentDirectory(l *eventlog.Log, v Views, now eventlog.Clock) *ConsistentDirectory {
	return &ConsistentDirectory{
		log: l, views: v, routes: newRoutes(v, now), kept: map[eventlog.Stream]any{}, names: map[eventlog.Stream]string{},
		schemas: newSchemas(),
	}
}

// keptAtOnce bounds each of the directory's maps; one that is full is begun anew.
const keptAtOnce = 5_000

// Service gives a service; its zero value if there is none.
func (d *ConsistentDirectory) Service(ctx context.Context, id string) (domain.Service, error) {
	return newestOf[domain.Service](ctx, d, domain.ServiceStream(id))
}

// User gives a user.
func (d *ConsistentDirectory) User(ctx context.Context, service, id string) (domain.User, error) {
	return newestOf[domain.User](ctx, d, domain.UserStream(service, id))
}

// EventType gives an event type.
func (d *ConsistentDirectory) EventType(ctx context.Context, service, id string) (domain.EventType, error) {
	return newestOf[domain.EventType](ctx, d, domain.EventTypeStream(service, id))
}

// Key gives an API key.
func (d *ConsistentDirectory) Key(ctx context.Context, id string) (domain.APIKey, error) {
	return newestOf[domain.APIKey](ctx, d, domain.KeyStream(id))
}

// Endpoint gives an endpoint.
func (d *ConsistentDirectory) Endpoint(ctx context.Context, service, id string) (domain.Endpoint, error) {
	return newestOf[domain.Endpoint](ctx, d, domain.EndpointStream(service, id))
}

// EventTypeNamed gives the event type that has a name now; an archived one has it no more. A type that had the name, and
// is not archived, has it still: its name never changes, and only archiving frees it.
func (d *ConsistentDirectory) EventTypeNamed(ctx context.Context, service, name string) (domain.EventType, error) {
	s := domain.EventTypeName(service, name)
	d.mu.Lock()
	id := d.names[s]
	d.mu.Unlock()
	if id != "" {
		t, err := d.EventType(ctx, service, id)
		if err != nil || t.Exists() && !t.Archived() {
			return t, err
		}
	}
	holder, err := eventlog.Load[domain.Name](ctx, d.log, s)
	if err != nil || holder.State.Holder == "" {
		return domain.EventType{}, err
	}
	t, err := d.EventType(ctx, service, holder.State.Holder)
	if err == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		keepIn(d.names, s, t.ID)
	}
	return t, err
}

// Candidates implements the port of that name.
func (d *ConsistentDirectory) Candidates(ctx context.Context, service, eventType, user, after string, limit int) ([]domain.Candidate, bool, error) {
	return d.routes.Candidates(ctx, service, eventType, user, after, limit)
}

// Learn is for directories that are behind; this one is not.
func (d *ConsistentDirectory) Learn(domain.APIKey) {}

// settlePause is how long Settled waits between two looks, doubled with each up to eight times that.
const settlePause = 10 * time.Millisecond

// Settled waits until routing has a stream as of a version; false if that takes over 2 s.
func (d *ConsistentDirectory) Settled(ctx context.Context, s eventlog.Stream, v eventlog.Version) bool {
	view, waits := routing(s)
	if !waits || v == 0 {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	for pause := settlePause; ; pause = min(2*pause, 8*settlePause) {
		g, err := d.routes.current(ctx)
		if err != nil {
			return false
		}
		row, err := d.views.Get(ctx, g, view, s.String())
		switch {
		case err == nil && row.Version >= v:
			return true
		case err != nil && !errors.Is(err, ErrNoRow):
			return false
		}
		if !sleep(ctx, pause) {
			return false
		}
	}
}

// newestOf folds a stream as it is now, from what was kept of it on.
func newestOf[S versioned[S]](ctx context.Context, d *ConsistentDirectory, s eventlog.Stream) (S, error) {
	var state S
	d.mu.Lock()
	if kept, ok := d.kept[s].(S); ok {
		state = kept
	}
	d.mu.Unlock()
	before := state.At()
	for r, err := range d.log.Read(ctx, s, before) {
		if err != nil {
			return state, fmt.Errorf("look up %s: %w", s, err)
		}
		if r.Version != state.At()+1 {
			return state, fmt.Errorf("look up %s: version %d is missing: %w", s, state.At()+1, eventlog.ErrDamaged)
		}
		state = state.Evolve(r)
	}
	if state.At() > before {
		d.mu.Lock()
		defer d.mu.Unlock()
		if kept, ok := d.kept[s].(S); !ok || kept.At() < state.At() {
			keepIn[eventlog.Stream, any](d.kept, s, state)
		}
	}
	return state, nil
}

// keepIn remembers a value, in a map that is begun anew when it is full.
func keepIn[K comparable, V any](m map[K]V, k K, v V) {
	if len(m) >= keptAtOnce {
		clear(m)
	}
	m[k] = v
}
