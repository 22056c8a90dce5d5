package projections

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// The deliveries that need rows of their own: those with an attempt ahead, and those that failed. What was delivered,
// discarded or skipped is read from its message's trail.

// Names of lists.
func listDue(service, endpoint string) string { return "due/" + service + "/" + endpoint }
func listDead(service string) string          { return "dead/" + service }

// listPlanned has the planned attempts of all services by their time, for whoever looks for what is overdue without knowing
// all endpoints.
func listPlanned() string { return "planned" }
func listDeadOf(service, endpoint string) string {
	return "dead/" + service + "/" + endpoint
}
func listStatus(service string, status domain.DeliveryStatus) string {
	return "status/" + service + "/" + string(status)
}

// delivery is one that is folded in memory.
type delivery struct {
	message *domain.Message
	state   domain.Delivery
	stored  bool // there is a row of it
	dirty   bool // the row is not as the state
	// at is the commit that accepted it, and fresh says that this process saw it happen, so that there was no row before;
	// 0 and false where it was read from the log.
	at    eventlog.Position
	fresh bool
	waits bool // it was held back in the last flush
}

// shown says whether a delivery has a row.
func shown(d domain.Delivery) bool { return d.Open() || d.Status() == domain.Failed }

// deliveries folds deliveries between two flushes: one that is accepted and delivered within them is never written.
type deliveries struct {
	log  *eventlog.Log
	open map[eventlog.Stream]*delivery
	// done remembers streams that were folded away, so that a repeated MessageAccepted does not bring them back. Two
	// maps take turns in forgetting.
	done, doneBefore map[eventlog.Stream]struct{}
	messages         recently[eventlog.Stream, *domain.Message] // that deliveries were reloaded with
}

const (
	// openInMemory bounds the clean deliveries that are kept in memory: beyond, they are read from the log again.
	openInMemory = 60_000
	// doneInMemory is how many that ended are remembered at least.
	doneInMemory = 30_000
	// messagesInMemory is how many messages are kept for the next of their deliveries that must be read from the log.
	messagesInMemory = 2000
)

func newDeliveries(l *eventlog.Log) *deliveries {
	return &deliveries{
		log: l, open: map[eventlog.Stream]*delivery{},
		done: map[eventlog.Stream]struct{}{}, doneBefore: map[eventlog.Stream]struct{}{},
		messages: recently[eventlog.Stream, *domain.Message]{most: messagesInMemory},
	}
}

func (p *deliveries) isDone(s eventlog.Stream) bool {
	if _, ok := p.done[s]; ok {
		return true
	}
	_, ok := p.doneBefore[s]
	return ok
}

func (p *deliveries) setDone(s eventlog.Stream) {
	if len(p.done) >= doneInMemory {
		p.done, p.doneBefore = map[eventlog.Stream]struct{}{}, p.done
	}
	p.done[s] = struct{}{}
}

// accepted makes the deliveries of a chunk of a message pending.
func (p *deliveries) accepted(r eventlog.Recorded, at eventlog.Position, fresh bool) {
	targets, _, ok := domain.Audience(r.Event)
	if !ok {
		return
	}
	m := new(domain.Message)
	*m = m.Evolve(r)
	lighten(m)
	for _, endpoint := range targets {
		s := domain.DeliveryStream(r.Stream.Service, r.Stream.Root, endpoint)
		if p.open[s] == nil && !p.isDone(s) {
			p.open[s] = &delivery{message: m, dirty: true, at: at, fresh: fresh}
		}
	}
}

// outcome takes the next event of a delivery; on a gap the stream is read from the log.
func (p *deliveries) outcome(ctx context.Context, r eventlog.Recorded) error {
	d := p.open[r.Stream]
	switch {
	case d != nil && r.Version <= d.state.Version:
		return nil
	case d != nil && r.Version == d.state.Version+1:
		d.state, d.dirty = d.state.Evolve(r), true
		return nil
	}
	return p.reload(ctx, r.Stream)
}

// lighten takes out of a message what the rows of its deliveries do not show, and memory need not hold.
func lighten(m *domain.Message) {
	m.Accepted.Payload, m.Accepted.Targets, m.Accepted.Skipped, m.Accepted.More, m.After = eventlog.Sealed{}, nil, nil, "", ""
}

// message reads the chunk that a delivery is in, once for many of them: it may have 500.
func (p *deliveries) message(ctx context.Context, s eventlog.Stream) (*domain.Message, error) {
	return p.messages.get(domain.MessageStream(s.Service, s.Root), func() (*domain.Message, int, error) {
		m, err := eventlog.Load[domain.Message](ctx, p.log, domain.MessageStream(s.Service, s.Root))
		lighten(&m.State)
		return &m.State, 1, err
	})
}

// reload folds a delivery anew.
func (p *deliveries) reload(ctx context.Context, s eventlog.Stream) error {
	m, err := p.message(ctx, s)
	if err != nil {
		return err
	}
	d, err := loadDelivery(ctx, p.log, s, m)
	if err != nil {
		return err
	}
	p.open[s] = d
	return nil
}

// loadDelivery folds a delivery of a message from the log.
func loadDelivery(ctx context.Context, l *eventlog.Log, s eventlog.Stream, m *domain.Message) (*delivery, error) {
	loaded, err := eventlog.Load[domain.Delivery](ctx, l, s)
	if err != nil {
		return nil, err
	}
	return &delivery{message: m, state: loaded.State, stored: true, dirty: true}, nil
}

// holdBack is how long a delivery may be pending before it gets a row: most are delivered by then, and need none. A
// checkpoint does not go past what is held back, so that after a crash the feed gives it again.
const (
	holdBack     = 5 * time.Second
	mostHeldBack = 60_000
)

// held says whether a delivery is held back.
func (d *delivery) held(now time.Time) bool {
	age := now.Sub(d.message.RoutedAt) // below 0 where the clock was put back
	return d.at > 0 && !d.stored && d.state.Version == 0 && age >= 0 && age < holdBack
}

// maybeStored says whether there can be a row: of one that the feed gave again after a crash, an earlier process may have
// written one.
func (d *delivery) maybeStored() bool { return d.stored || d.at > 0 && !d.fresh }

// rows gives what has changed since the last flush, and the first commit whose deliveries are held back (0: none are).
// With all set, or if they are too many, nothing is held back.
func (p *deliveries) rows(now time.Time, all bool) (out []Row, heldFrom eventlog.Position, err error) {
	if !all {
		count := 0
		for _, d := range p.open {
			if d.dirty && d.held(now) {
				count++
			}
		}
		all = count > mostHeldBack
	}
	for s, d := range p.open {
		switch {
		case !d.dirty, !shown(d.state) && !d.maybeStored():
			continue
		case !all && d.held(now):
			if heldFrom == 0 || d.at < heldFrom {
				heldFrom = d.at
			}
			d.waits = true
			continue
		}
		row, err := deliveryRow(s, d)
		if err != nil {
			return nil, 0, err
		}
		d.waits = false
		out = append(out, row)
	}
	return out, heldFrom, nil
}

// flushed says that what rows gave is written.
func (p *deliveries) flushed() {
	for s, d := range p.open {
		switch {
		case !shown(d.state):
			p.setDone(s)
			delete(p.open, s)
		case d.waits:
		case d.dirty:
			d.dirty, d.stored = false, true
		case len(p.open) > openInMemory:
			delete(p.open, s)
		}
	}
}

func deliveryRow(s eventlog.Stream, d *delivery) (Row, error) {
	row := Row{View: ViewDeliveries, ID: s.String(), Version: d.state.Version, Fresh: d.fresh && !d.stored}
	if !shown(d.state) {
		return row, nil
	}
	body := NewDeliveryRow(*d.message, s.Leaf, d.state)
	id := s.Root + "/" + s.Leaf
	row.Lists = []Entry{{listStatus(s.Service, body.Status), timeKey(d.message.AcceptedAt) + "/" + id}}
	if d.state.Open() {
		row.Lists = append(row.Lists, Entry{listDue(s.Service, s.Leaf), timeKey(*body.NextAttemptAt) + "/" + id},
			Entry{listPlanned(), timeKey(*body.NextAttemptAt) + "/" + s.Service + "/" + id})
	} else {
		sort := timeKey(d.state.EndedAt) + "/" + id
		row.Lists = append(row.Lists, Entry{listDead(s.Service), sort}, Entry{listDeadOf(s.Service, s.Leaf), sort})
	}
	var err error
	row.Body, err = json.Marshal(body)
	return row, err
}
