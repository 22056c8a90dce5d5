package projections

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Directory is what publishing and dispatch need to know of the catalogue, in memory, on one machine: all endpoints with
// their subscriptions, and a bounded part of the rest, read from the log when it is asked for. The projector keeps it;
// it is never behind what a command has answered (see Settled).
type Directory struct {
	*schemas

	log     *eventlog.Log
	settled func(context.Context) error

	mu          sync.RWMutex
	services    map[string]domain.Service
	users       map[eventlog.Stream]domain.User
	types       map[eventlog.Stream]domain.EventType
	keys        map[string]domain.APIKey
	endpoints   map[eventlog.Stream]domain.Endpoint
	subscribers map[eventlog.Stream]*subscribers // of event types
	names       map[eventlog.Stream]string       // reservation stream of a type's name ▶ type id
	evictions   uint64                           // how often a cache was cut
	viaSNS      atomic.Int64                     // endpoints of the format sns
}

// remembered bounds each of the directory's caches of single aggregates.
const remembered = 20_000

// NewDirectory makes an empty directory. settled waits until the projector has taken everything that is committed.
func NewDirectory(l *eventlog.Log, settled func(context.Context) error) *Directory {
	return &Directory{
		log: l, settled: settled,
		services: map[string]domain.Service{}, users: map[eventlog.Stream]domain.User{},
		types: map[eventlog.Stream]domain.EventType{}, keys: map[string]domain.APIKey{},
		endpoints: map[eventlog.Stream]domain.Endpoint{}, subscribers: map[eventlog.Stream]*subscribers{},
		schemas: newSchemas(), names: map[eventlog.Stream]string{},
	}
}

// settleLimit is how long a command waits for its effect on routing before it answers all the same.
const settleLimit = 2 * time.Second

// Settled waits until the directory has a stream as of a version, as it does when it has everything that was acknowledged
// before the call; false if that takes over 2 s.
func (d *Directory) Settled(ctx context.Context, _ eventlog.Stream, _ eventlog.Version) bool {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	return d.settled(ctx) == nil
}

// Service gives a service; its zero value if there is none.
func (d *Directory) Service(ctx context.Context, id string) (domain.Service, error) {
	return cached(ctx, d, d.services, id, domain.ServiceStream(id))
}

// User gives a user.
func (d *Directory) User(ctx context.Context, service, id string) (domain.User, error) {
	s := domain.UserStream(service, id)
	return cached(ctx, d, d.users, s, s)
}

// EventType gives an event type.
func (d *Directory) EventType(ctx context.Context, service, id string) (domain.EventType, error) {
	s := domain.EventTypeStream(service, id)
	return cached(ctx, d, d.types, s, s)
}

// Key gives an API key.
func (d *Directory) Key(ctx context.Context, id string) (domain.APIKey, error) {
	return cached(ctx, d, d.keys, id, domain.KeyStream(id))
}

// Endpoint gives an endpoint, without its secrets.
func (d *Directory) Endpoint(ctx context.Context, service, id string) (domain.Endpoint, error) {
	s := domain.EndpointStream(service, id)
	d.mu.RLock()
	e, ok := d.endpoints[s]
	d.mu.RUnlock()
	if ok {
		return e, nil
	}
	// It does not exist, or its stream is set aside and has no row: the log knows.
	loaded, err := eventlog.Load[domain.Endpoint](ctx, d.log, s)
	return loaded.State, err
}

// ViaSNS says whether an endpoint has the format sns.
func (d *Directory) ViaSNS(service, id string) bool {
	if d.viaSNS.Load() == 0 {
		return false
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.endpoints[domain.EndpointStream(service, id)].Format == domain.SNS
}

// AnyViaSNS says whether there is an endpoint of the format sns, or was.
func (d *Directory) AnyViaSNS() bool { return d.viaSNS.Load() > 0 }

// AllViaSNS lists the endpoints of the format sns, removed ones too: something of theirs may be left.
func (d *Directory) AllViaSNS() []domain.Endpoint {
	d.mu.RLock()
	defer d.mu.RUnlock()
	out := make([]domain.Endpoint, 0, d.viaSNS.Load())
	for _, e := range d.endpoints {
		if e.Format == domain.SNS {
			out = append(out, e)
		}
	}
	return out
}

// EventTypeNamed gives the event type that has a name now; an archived one has it no more.
func (d *Directory) EventTypeNamed(ctx context.Context, service, name string) (domain.EventType, error) {
	s := domain.EventTypeName(service, name)
	d.mu.RLock()
	id, ok := d.names[s]
	t := d.types[domain.EventTypeStream(service, id)]
	d.mu.RUnlock()
	if ok && t.Exists() {
		return t, nil
	}
	holder, err := eventlog.Load[domain.Name](ctx, d.log, s)
	if err != nil || holder.State.Holder == "" {
		return domain.EventType{}, err
	}
	return d.EventType(ctx, service, holder.State.Holder)
}

// fill reads all endpoints' rows: the start of a process.
func (d *Directory) fill(ctx context.Context, v Views, g Generation) error {
	for list, err := range v.Lists(ctx, g, ViewEndpoints, "endpoints/") {
		if err != nil {
			return fmt.Errorf("list services' endpoints: %w", err)
		}
		for from := ""; ; {
			rows, err := v.List(ctx, g, ListQuery{View: ViewEndpoints, List: list, From: from, Limit: 1000})
			if err != nil {
				return fmt.Errorf("read endpoints: %w", err)
			}
			for _, r := range rows {
				var row EndpointRow
				if err := json.Unmarshal(r.Body, &row); err != nil {
					return fmt.Errorf("read endpoint %s: %w", r.ID, err)
				}
				d.putEndpoint(row.endpoint())
				from = r.Sort + "\x00"
			}
			if len(rows) == 0 {
				break
			}
		}
	}
	return nil
}

// endpoint is the state that the row was made of, without secrets.
func (row EndpointRow) endpoint() domain.Endpoint {
	e := domain.Endpoint{
		ID: row.ID, Service: row.ServiceID, UserID: row.UserID, URL: row.URL, Format: row.Format,
		Description: row.Description, Status: row.Status, Changed: row.StatusChanged,
		CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt, Version: row.Version,
	}
	if row.Reason != nil {
		e.PauseReason = *row.Reason
	}
	if row.PreviousSecretUntil != nil {
		e.Secrets = []domain.SigningSecret{{Until: *row.PreviousSecretUntil}, {}}
	}
	for _, s := range row.Subscriptions {
		// One that ended with its endpoint was not removed itself.
		withEndpoint := e.Removed() && s.Changed == e.Changed
		sub := domain.Subscription{
			ID: s.ID, EventTypeID: s.EventTypeID, Removed: s.Status == SubscriptionRemoved && !withEndpoint,
			Changed: s.Changed, CreatedAt: s.CreatedAt, Version: s.Version,
		}
		if e.Format == domain.SNS {
			s.handshake(&sub)
		}
		e.Subscriptions = append(e.Subscriptions, sub)
	}
	return e
}

// handshake fills in what the row knows of the format sns. What is to be taken down is told as one: the log has all.
func (s SubscriptionRow) handshake(sub *domain.Subscription) {
	sub.Reason, sub.Until = value(s.Reason), value(s.ConfirmUntil)
	if s.Status != SubscriptionRemoved {
		sub.State = domain.SubscriptionState(s.Status)
	}
	switch {
	case s.SNS == nil:
	case s.Status == SubscriptionActive:
		sub.Link = *s.SNS
	case s.Status == SubscriptionPending:
		sub.Handshake = *s.SNS
	default:
		sub.Others = []domain.Link{*s.SNS}
	}
}

// Learn takes a key as a command has just left it, before the projector comes to it.
func (d *Directory) Learn(k domain.APIKey) { d.putKey(k) }

func (d *Directory) putService(s domain.Service) {
	if d != nil {
		put(d, d.services, s.ID, s)
	}
}

func (d *Directory) putUser(service string, u domain.User) {
	if d != nil {
		put(d, d.users, domain.UserStream(service, u.ID), u)
	}
}

func (d *Directory) putKey(k domain.APIKey) {
	if d != nil {
		put(d, d.keys, k.ID, k)
	}
}

func (d *Directory) putEventType(service string, t domain.EventType) {
	if d == nil {
		return
	}
	put(d, d.types, domain.EventTypeStream(service, t.ID), t)
	d.mu.Lock()
	defer d.mu.Unlock()
	name := domain.EventTypeName(service, t.Name)
	switch {
	case !t.Archived():
		bound(d, d.names)
		d.names[name] = t.ID
	case d.names[name] == t.ID:
		delete(d.names, name)
	}
}

func (d *Directory) putEndpoint(e domain.Endpoint) {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s := domain.EndpointStream(e.Service, e.ID)
	if d.endpoints[s].Version >= e.Version {
		return
	}
	e.Secrets = slices.Clone(e.Secrets)
	for i := range e.Secrets { // what memory need not hold
		e.Secrets[i].Sealed = eventlog.Sealed{}
	}
	if _, known := d.endpoints[s]; !known && e.Format == domain.SNS {
		d.viaSNS.Add(1)
	}
	d.endpoints[s] = e
	for _, sub := range e.Subscriptions {
		t := domain.EventTypeStream(e.Service, sub.EventTypeID)
		if d.subscribers[t] == nil {
			d.subscribers[t] = &subscribers{of: map[string][]string{}}
		}
		d.subscribers[t].add(e.UserID, e.ID)
	}
}

// versioned is an aggregate's state that knows its version.
type versioned[S any] interface {
	eventlog.State[S]
	At() eventlog.Version
}

func cached[K comparable, S versioned[S]](ctx context.Context, d *Directory, m map[K]S, key K, s eventlog.Stream) (S, error) {
	d.mu.RLock()
	state, ok := m[key]
	evictions := d.evictions
	d.mu.RUnlock()
	if ok {
		return state, nil
	}
	loaded, err := eventlog.Load[S](ctx, d.log, s)
	if err != nil || loaded.Version == 0 {
		return state, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	// If something was forgotten since, a newer state may have been: then this one could be old for ever.
	if evictions == d.evictions {
		keep(d, m, key, loaded.State)
	}
	return loaded.State, nil
}

// put keeps the state of an aggregate that the projector has folded.
func put[K comparable, S versioned[S]](d *Directory, m map[K]S, key K, state S) {
	d.mu.Lock()
	defer d.mu.Unlock()
	keep(d, m, key, state)
}

// keep replaces older states only.
func keep[K comparable, S versioned[S]](d *Directory, m map[K]S, key K, state S) {
	if old, ok := m[key]; ok && old.At() >= state.At() {
		return
	}
	bound(d, m)
	m[key] = state
}

// bound forgets a part of a cache that has grown full.
func bound[K comparable, V any](d *Directory, m map[K]V) {
	if len(m) < remembered {
		return
	}
	d.evictions++
	n := 0
	maps.DeleteFunc(m, func(K, V) bool { n++; return n <= remembered/4 })
}
