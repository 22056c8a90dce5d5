package projections

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// Candidates gives who may get a message.
type Candidates interface {
	// Candidates gives endpoints of a user, or of all users for "", that are, or were, subscribed to an event type: those
	// behind a place (domain.Candidate.Place; "" is the beginning), up to a limit, and whether there are more. They are in
	// the order of their places, unless they are all there is.
	Candidates(ctx context.Context, service, eventType, user, after string, limit int) (list []domain.Candidate, more bool, err error)
}

// RouteFirst decides the first chunk of a message's audience.
func RouteFirst(ctx context.Context, from Candidates, service, eventType, user string, now time.Time) (domain.Routed, error) {
	routing := domain.Routing{User: user, Now: now}
	more, err := route(ctx, from, service, eventType, "", &routing)
	routed := routing.First()
	routed.More = more
	return routed, err
}

// route decides on the candidates behind a place, until the chunk is full. It gives the place of the last one that was
// looked at, "" if there are no more.
func route(ctx context.Context, from Candidates, service, eventType, after string, r *domain.Routing) (string, error) {
	for {
		list, more, err := from.Candidates(ctx, service, eventType, r.User, after, domain.MaxAudience)
		if err != nil {
			return "", fmt.Errorf("read who is subscribed: %w", err)
		}
		for i, c := range list {
			if r.Take(c) {
				continue
			}
			if i > 0 {
				after = list[i-1].Place()
			}
			return after, nil
		}
		if !more || len(list) == 0 {
			return "", nil
		}
		if after = list[len(list)-1].Place(); r.Full() {
			return after, nil
		}
	}
}

// Router routes on messages whose audience has more than one chunk. What it does is in the log alone: it goes on where it,
// or another, was, and two at once do nothing twice.
type Router struct {
	Log        *eventlog.Log
	Candidates Candidates
	Now        eventlog.Clock
	slice      int // chunks of one call; 0 is chunksOfSlice
}

// RouterActor is who the router is in histories.
const RouterActor = "routing"

// chunksOfSlice is how many chunks one call decides at most: on DynamoDB some 100 ms each.
const chunksOfSlice = 10

// RouteOn decides the next chunks of a message's audience, ten at most, and says whether it is decided whole. It is to be
// called again until it is, also after an error; for a message of one chunk there is nothing to do. Each chunk is one
// MessageRouted, written where no other is. An error wraps eventlog's; ErrUnavailable, and ctx's, say that it may succeed
// another time.
func (r *Router) RouteOn(ctx context.Context, service, message string) (done bool, err error) {
	message, _ = domain.MessageOf(message)
	first, err := r.load(ctx, service, message, 0)
	if err != nil || !first.State.Exists() || first.State.Accepted.More == "" {
		return err == nil, err
	}
	last, err := lastChunk(ctx, r.Log, service, first.State)
	if err != nil {
		return false, err
	}
	for range cmp.Or(r.slice, chunksOfSlice) {
		if last.Accepted.More == "" {
			return true, nil
		}
		if last, err = r.next(ctx, service, first.State, last); err != nil {
			return false, fmt.Errorf("route %s/%s on: %w", service, message, err)
		}
	}
	return last.Accepted.More == "", nil
}

func (r *Router) load(ctx context.Context, service, message string, chunk int) (eventlog.Loaded[domain.Message], error) {
	return eventlog.Load[domain.Message](ctx, r.Log, domain.MessageStream(service, domain.ChunkRoot(message, chunk)))
}

// next decides the chunk after the last one that there is, or finds that another has.
func (r *Router) next(ctx context.Context, service string, first, last domain.Message) (domain.Message, error) {
	after := last.Accepted.More
	routing := domain.Routing{User: first.Accepted.UserID, Now: r.Now()}
	more, err := route(ctx, r.Candidates, service, first.Accepted.EventTypeID, after, &routing)
	if err != nil {
		return domain.Message{}, err
	}
	cmd := domain.RouteMessage{Message: first, After: after, Routed: routing.Further()}
	cmd.Routed.More = more
	stream := domain.MessageStream(service, domain.ChunkRoot(first.ID, last.Chunk+1))
	cause := eventlog.Cause{
		Actor: RouterActor, CorrelationID: first.CorrelationID, CausationID: first.EventID, After: last.RoutedAt,
	}
	decided := eventlog.Loaded[domain.Message]{Stream: stream}
	err = eventlog.ExecuteAll(ctx, r.Log, cause, eventlog.On(stream, cmd).From(decided).Into(&decided))
	return decided.State, err
}

// lastChunk finds the last chunk that is decided. Chunks are decided one after the other, so that it need not look at all.
func lastChunk(ctx context.Context, l *eventlog.Log, service string, first domain.Message) (domain.Message, error) {
	return findChunk(ctx, l, service, first, func(domain.Message) bool { return false })
}

// findChunk finds the first chunk that fits, or the last that is decided. Once one fits all after it must.
func findChunk(ctx context.Context, l *eventlog.Log, service string, first domain.Message, fits func(domain.Message) bool) (domain.Message, error) {
	if fits(first) || first.Accepted.More == "" {
		return first, nil
	}
	below, found := first, domain.Message{} // the greatest that does not fit, the smallest that does
	beyond := 0                             // the smallest number that fits or is not decided; 0: none is known
	for step := 1; beyond == 0 || below.Chunk+1 < beyond; {
		n := below.Chunk + step
		if beyond > 0 {
			n = below.Chunk + (beyond-below.Chunk)/2
		}
		chunk, err := eventlog.Load[domain.Message](ctx, l, domain.MessageStream(service, domain.ChunkRoot(first.ID, n)))
		if err != nil {
			return domain.Message{}, err
		}
		switch {
		case !chunk.State.Exists():
			beyond = n
		case fits(chunk.State):
			beyond, found = n, chunk.State
		case chunk.State.Accepted.More == "":
			return chunk.State, nil
		default:
			below, step = chunk.State, 2*step
		}
	}
	if found.Exists() && found.Chunk == below.Chunk+1 {
		return found, nil
	}
	return below, nil
}

// Within is a part of a message's audience: all of it, or what can have endpoints of a User, or that Endpoint of the user's
// alone; from a chunk on.
type Within struct {
	User, Endpoint string
	From           int
}

// start is a place before all that is wanted.
func (w Within) start() string {
	if w.User == "" {
		return ""
	}
	return w.User + "/"
}

// reaches says whether a chunk ends at or behind the first place that is wanted.
func (w Within) reaches(c domain.Message) bool {
	more := c.Accepted.More
	switch {
	case more == "":
		return true
	case c.Chunk < w.From:
		return false
	case w.Endpoint != "":
		return more >= w.start()+w.Endpoint
	}
	return more > w.start()
}

// goesOn says whether the chunk after one can have more.
func (w Within) goesOn(c domain.Message) bool {
	return c.Accepted.More != "" && strings.HasPrefix(c.Accepted.More, w.start()) && (w.Endpoint == "" || !w.reaches(c))
}

// ChunksOf yields the chunks of a message that hold a part of its audience, in order; first is the message's first chunk.
// Where none does it may yield one all the same.
func ChunksOf(ctx context.Context, l *eventlog.Log, service string, first domain.Message, w Within) iter.Seq2[domain.Message, error] {
	return func(yield func(domain.Message, error) bool) {
		chunk, err := findChunk(ctx, l, service, first, w.reaches)
		for err == nil && chunk.Exists() {
			if !yield(chunk, nil) || !w.goesOn(chunk) {
				return
			}
			var next eventlog.Loaded[domain.Message]
			next, err = eventlog.Load[domain.Message](ctx, l, domain.MessageStream(service, domain.ChunkRoot(first.ID, chunk.Chunk+1)))
			chunk = next.State
		}
		if err != nil {
			yield(domain.Message{}, err)
		}
	}
}
