package projections

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// The live feed gives a service's events as they arrive in the journal, from where a cursor was, however long ago that is.

// LiveFilter chooses events of the live feed. A zero field does not filter; what it cannot be said of is left out.
type LiveFilter struct {
	Types      []string // of events
	EventType  string   // name of the message's event type
	EndpointID string   // of the delivery, of the endpoint itself, or of those that a message goes to
	UserID     string   // whom it concerns
	Audience   string   // a user whose part alone is shown; "" shows all
}

// LiveRequest asks for a part of the live feed.
type LiveRequest struct {
	Cursor string    // where it goes on; "" begins at Since, or now
	Since  time.Time // where there is no cursor
	Limit  int
	Wait   time.Duration // how long to wait for an event; 0 answers at once
	// Eager makes what was acknowledged before the call be there. Without it, an event may take half a second to come.
	Eager bool
}

// LiveEvent is an event, and what it is about.
type LiveEvent struct {
	eventlog.Recorded
	MessageID  string // "" where it is about no message
	EndpointID string
	EventType  string // the message's
	UserID     string // the message's, or the user that it is about
	Cursor     string // of what follows it
}

// LivePage is a part of the live feed. Next is never empty.
type LivePage struct {
	Data  []LiveEvent
	Next  string
	Stale bool // what was acknowledged last cannot be shown now
}

// liveCursor is where a reader of the live feed is. Pages are in the order of their arrival. That order is lost when the
// read models are made anew: then the cursor goes on by time, and some events come twice.
type liveCursor struct {
	List       string     `json:"l"`
	Generation Generation `json:"g"`
	Page       string     `json:"s,omitzero"` // the page to go on in, or a place behind one
	Given      int        `json:"n,omitzero"` // how many of its facts were given
	Newest     int64      `json:"m,omitzero"` // time of the newest fact that was passed, microseconds
	// While it goes by time, up to what had arrived when that began; then on from Page.
	ByTime bool  `json:"t,omitzero"`
	From   int64 `json:"f,omitzero"`
	Beyond *Fact `json:"b,omitzero"`
	// Where several write: when it was read last, microseconds; which pages were given of those that are read again, and the
	// first of them, if not all of the last minute are.
	At    int64     `json:"a,omitzero"`
	Pages livePages `json:"p,omitempty"`
	Floor string    `json:"o,omitzero"`
}

// late is how much earlier than another an event may be and yet arrive after it.
const late = time.Minute

func (c liveCursor) String() string {
	b, err := json.Marshal(c)
	if err != nil { // a struct of texts and numbers always can be
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Live gives what has arrived after a cursor. A page may be empty though there is more: Next goes on.
func (q *Queries) Live(ctx context.Context, service string, f LiveFilter, r LiveRequest) (LivePage, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var page LivePage
	if r.Eager {
		err := q.enter(ctx)
		if err != nil && !errors.Is(err, eventlog.ErrUnavailable) {
			return page, err
		}
		page.Stale = err != nil
	}
	end := time.NewTimer(r.Wait)
	defer end.Stop()
	for {
		entered := q.entered()
		more, err := q.liveOnce(ctx, service, f, r, &page)
		switch {
		case err != nil:
			return page, fmt.Errorf("read the live feed: %w", err)
		case len(page.Data) > 0 || r.Wait == 0:
			return page, nil
		}
		r.Cursor = page.Next
		if !more {
			select {
			case <-entered:
			case <-end.C:
				return page, nil
			case <-ctx.Done():
				return page, ctx.Err()
			}
		}
	}
}

// liveOnce reads what there is behind the request's cursor, from one generation, and says whether it stopped before the end.
func (q *Queries) liveOnce(ctx context.Context, service string, f LiveFilter, r LiveRequest, page *LivePage) (more bool, err error) {
	at := q.pinned()
	defer at.release()
	c, err := at.liveCursor(ctx, service, r)
	if err != nil {
		return false, err
	}
	l := liveReader{
		q: at.Queries, service: service, filter: f, limit: r.Limit, cursor: c,
		about: at.audience(service, f.UserID), sees: at.audience(service, f.Audience),
	}
	more, err = l.read(ctx)
	page.Data, page.Next = l.data, l.cursor.String()
	return more, err
}

// liveCursor reads a cursor, or makes one.
func (q *Queries) liveCursor(ctx context.Context, service string, r LiveRequest) (liveCursor, error) {
	c := liveCursor{List: "live/" + service, Generation: q.generation}
	if r.Cursor != "" {
		var given liveCursor
		b, err := base64.RawURLEncoding.DecodeString(r.Cursor)
		if err != nil || json.Unmarshal(b, &given) != nil || given.List != c.List || given.Given < 0 {
			return c, domain.Refuse(domain.Invalid, "cursor", "is not a cursor of this feed")
		}
		if given.Generation == q.generation {
			return given, nil
		}
		c.ByTime = true
		if from := max(given.Newest, given.From); from > 0 { // 0: there was nothing yet
			c.From = from - late.Microseconds()
		}
	}
	if r.Cursor == "" && !r.Since.IsZero() {
		c.ByTime, c.From = true, r.Since.UnixMicro()
	}
	if q.remote {
		if err := q.beginShared(ctx, service, &c); err != nil {
			return c, err
		}
	}
	newest, err := q.views.List(ctx, q.generation, ListQuery{View: ViewJournal, List: listArrived(service), To: q.settled(), Backward: true, Limit: 1})
	if err != nil || len(newest) == 0 {
		return c, err
	}
	facts, err := factsOf(newest[0])
	if err != nil {
		return c, err
	}
	if !q.remote {
		c.Page, c.Given = newest[0].Sort, len(facts)
	}
	if !c.ByTime {
		c.Newest = facts[len(facts)-1].Time
	}
	return c, nil
}

func factsOf(page Listed) (facts []Fact, err error) {
	if err := json.Unmarshal(page.Body, &facts); err != nil {
		return nil, fmt.Errorf("read page %s of the journal: %w", page.ID, err)
	}
	return facts, nil
}

// liveReader is one reading of the live feed.
type liveReader struct {
	q           *Queries
	service     string
	filter      LiveFilter
	limit       int
	cursor      liveCursor
	about, sees *audience
	data        []LiveEvent
	seen        int
}

// read gives what there is, and says whether it stopped before the end.
func (l *liveReader) read(ctx context.Context) (more bool, err error) {
	l.seen = 0
	if l.cursor.ByTime {
		if err = l.readByTime(ctx); err == nil {
			l.cursor.ByTime, l.cursor.From, l.cursor.Beyond = false, 0, nil
		}
	}
	switch {
	case err != nil:
	case l.q.remote:
		err = l.readShared(ctx)
	default:
		err = l.readArrived(ctx)
	}
	if errors.Is(err, errEnough) {
		return true, nil
	}
	return false, err
}

func (l *liveReader) readByTime(ctx context.Context) error {
	r := factRange{service: l.service, beyond: l.cursor.Beyond}
	if l.cursor.From > 0 {
		r.from = time.UnixMicro(l.cursor.From)
	}
	for f, err := range l.q.facts(ctx, r) {
		if err != nil {
			return err
		}
		if err := l.take(ctx, f); err != nil {
			return err
		}
		l.cursor.Beyond = f.place()
		l.mark()
	}
	return nil
}

func (l *liveReader) readArrived(ctx context.Context) error {
	query := ListQuery{View: ViewJournal, List: listArrived(l.service), From: l.cursor.Page, To: l.q.settled(), Limit: 20}
	return l.q.walk(ctx, query, func(page Listed) error {
		facts, err := factsOf(page)
		if err != nil {
			return err
		}
		if page.Sort != l.cursor.Page {
			l.cursor.Page, l.cursor.Given = page.Sort, 0
		}
		for _, f := range facts[min(l.cursor.Given, len(facts)):] {
			if err := l.take(ctx, f); err != nil {
				return err
			}
			l.cursor.Given++
			l.mark()
		}
		return nil
	})
}

// take gives a fact's event if it is wanted. errEnough says that it has not looked at it.
func (l *liveReader) take(ctx context.Context, f Fact) error {
	if l.seen >= budget || len(l.data) >= l.limit {
		return errEnough
	}
	l.seen++
	e, ok, err := l.event(ctx, f)
	if err != nil {
		return err
	}
	if ok {
		l.data = append(l.data, e)
		l.seen += 10
	}
	l.cursor.Newest = max(l.cursor.Newest, f.Time)
	return nil
}

// mark gives the event that was taken last its cursor.
func (l *liveReader) mark() {
	if n := len(l.data); n > 0 && l.data[n-1].Cursor == "" {
		l.data[n-1].Cursor = l.cursor.String()
	}
}

// event makes the event of a fact, and says whether the filter wants it.
func (l *liveReader) event(ctx context.Context, f Fact) (e LiveEvent, ok bool, err error) {
	if len(l.filter.Types) > 0 && !slices.Contains(l.filter.Types, f.Type) {
		return e, false, nil
	}
	for _, a := range []*audience{l.about, l.sees} {
		if a.user == "" {
			continue
		}
		if ok, err := a.concerns(ctx, f); err != nil || !ok {
			return e, false, err
		}
	}
	if ok, err := l.wants(ctx, f); err != nil || !ok {
		return e, false, err
	}
	if e.Recorded, err = l.q.event(ctx, f.Stream(l.service), f.Version); err != nil {
		return e, false, err
	}
	return e, true, l.tell(ctx, f, &e)
}

// wants says whether the message and the endpoint of a fact are those of the filter.
func (l *liveReader) wants(ctx context.Context, f Fact) (bool, error) {
	if l.filter.EventType == "" && l.filter.EndpointID == "" {
		return true, nil
	}
	kind := kindOf(f.Stream(l.service))
	if kind != kindMessage && kind != kindDelivery {
		return l.filter.EventType == "" && f.Root == l.filter.EndpointID, nil
	}
	m, err := l.about.message(ctx, f.Root)
	if err != nil || !is(l.filter.EventType, m.Accepted.EventName) {
		return false, err
	}
	_, skipped := m.SkippedFor(l.filter.EndpointID)
	meets := kind == kindMessage && (skipped || m.Targets(l.filter.EndpointID))
	return l.filter.EndpointID == "" || f.Leaf == l.filter.EndpointID || meets, nil
}

// tell says what an event is about, and hides the part of others.
func (l *liveReader) tell(ctx context.Context, f Fact, e *LiveEvent) error {
	var err error
	switch kindOf(f.Stream(l.service)) {
	case kindMessage, kindDelivery:
		m, err := l.about.message(ctx, f.Root)
		if err != nil {
			return err
		}
		e.MessageID, _ = domain.MessageOf(f.Root)
		e.EndpointID = f.Leaf
		e.EventType, e.UserID = m.Accepted.EventName, m.Accepted.UserID
	case kindEndpoint:
		e.EndpointID = f.Root
		e.UserID, err = l.about.owner(ctx, f.Root)
	case kindUser:
		e.UserID = f.Root
	case kindNone, kindService, kindEventType, kindKey, kindJob:
	}
	if l.sees.user != "" && err == nil {
		e.Recorded, err = l.sees.shown(ctx, e.Recorded)
	}
	return err
}

// shown is an event as the user may see it.
func (a *audience) shown(ctx context.Context, r eventlog.Recorded) (eventlog.Recorded, error) {
	var err error
	switch m := r.Event.(type) {
	case domain.MessageAccepted:
		r.Event, _, err = a.part(ctx, m)
	case domain.MessageRouted:
		r.Event, err = routedPart(m, func(endpoint string) (bool, error) { return a.owns(ctx, endpoint) })
	case domain.MessagePublished:
		r.Event, err = publishedPart(m, func(endpoint string) (bool, error) { return a.owns(ctx, endpoint) })
	}
	return r, err
}
