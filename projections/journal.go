package projections

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// The journal is the one read model that spans streams: which event happened when. It is written in pages, one or more
// for each flush, service and hour, in which facts lie in order of time. Message lists and audit queries read it.

// Fact is what the journal keeps of an event: enough to find it in the log, and to leave it aside.
type Fact struct {
	Root    string           `json:"r"`
	Leaf    string           `json:"l,omitzero"`
	Version eventlog.Version `json:"v"`
	Type    string           `json:"t"`
	Time    int64            `json:"m"` // microseconds since 1970
	Actor   string           `json:"a"`
	// Of MessageAccepted and MessageRouted: whom it is for (UserID "" is all users), and who gets it and who does not.
	EventTypeID string       `json:"e,omitzero"` // of a delivery's events too
	UserID      string       `json:"u,omitzero"`
	Targets     int          `json:"n,omitzero"`
	Skipped     []skippedOne `json:"k,omitempty"`
	// Of a delivery's outcome.
	Cause     domain.Cause `json:"c,omitzero"` // of a failure
	Took      int64        `json:"d,omitzero"` // of a success: microseconds from the message's acceptance to the endpoint's answer
	NoRequest bool         `json:"x,omitzero"` // it failed without one
}

// skippedOne is an endpoint that did not get a message.
type skippedOne struct {
	Endpoint string            `json:"e,omitzero"`
	Reason   domain.SkipReason `json:"r"`
}

// place is what a cursor keeps of a fact.
func (f Fact) place() *Fact {
	return &Fact{Root: f.Root, Leaf: f.Leaf, Version: f.Version, Time: f.Time}
}

// key is what tells a fact from every other.
func (f Fact) key() factKey { return factKey{f.Root, f.Leaf, f.Version} }

type factKey struct {
	root, leaf string
	version    eventlog.Version
}

// At is the event's time.
func (f Fact) At() time.Time { return time.UnixMicro(f.Time).UTC() }

// Stream is where the event lies.
func (f Fact) Stream(service string) eventlog.Stream {
	return eventlog.Stream{Service: service, Root: f.Root, Leaf: f.Leaf}
}

// compare orders facts by time; events of one time by stream and version, so that a cursor always finds its place.
func (f Fact) compare(g Fact) int {
	return cmp.Or(cmp.Compare(f.Time, g.Time), strings.Compare(f.Root, g.Root), strings.Compare(f.Leaf, g.Leaf), cmp.Compare(f.Version, g.Version))
}

// factOf makes the fact of an event. m is the message of a delivery's event; nil if it cannot be read.
func factOf(r eventlog.Recorded, m *domain.Message) Fact {
	f := Fact{
		Root: r.Stream.Root, Leaf: r.Stream.Leaf, Version: r.Version, Type: r.Event.EventType(),
		Time: r.Time.UnixMicro(), Actor: r.Actor,
	}
	if m != nil {
		f.EventTypeID = m.Accepted.EventTypeID
	}
	switch e := r.Event.(type) {
	case domain.MessageAccepted:
		f.EventTypeID, f.UserID = e.EventTypeID, e.UserID
		f.meets(e.Targets, e.Skipped)
	case domain.MessageRouted:
		f.EventTypeID, f.UserID = e.EventTypeID, e.UserID
		f.meets(e.Targets, e.Skipped)
	case domain.AttemptFailed:
		f.Cause = e.Cause
	case domain.DeliveryFailed:
		f.Cause, f.NoRequest = e.Cause, e.AttemptID == ""
	case domain.DeliveryUnreported:
		f.Cause, f.NoRequest = domain.CauseNoReport, true
	case domain.DeliverySucceeded:
		if m != nil {
			answered := e.At.Add(time.Duration(e.DurationMS * float64(time.Millisecond)))
			f.Took = max(0, answered.Sub(m.AcceptedAt).Microseconds())
		}
	}
	return f
}

func (f *Fact) meets(targets []string, skipped []domain.Skip) {
	f.Targets = len(targets)
	for _, s := range skipped {
		f.Skipped = append(f.Skipped, skippedOne{s.EndpointID, s.Reason})
	}
}

const (
	// pageFacts bounds the facts of one page, about 120 bytes each.
	pageFacts = 500
	// pageSpan bounds the time between a page's facts, so that a reader can seek by time.
	pageSpan = 10 * time.Second
	hourForm = "2006010215"
	// hoursInMemory bounds the hours that are known to be open.
	hoursInMemory = 10_000
)

func listHours(service string) string { return "hours/" + service }
func listByNewest(service, hour string) string {
	return "newest/" + service + "/" + hour
}
func listByOldest(service, hour string) string {
	return "oldest/" + service + "/" + hour
}

// listAccepted has the pages of an hour that hold accepted messages, by newest fact: a list of messages costs what they
// cost, however many outcomes lie between them.
func listAccepted(service, hour string) string {
	return "accepted/" + service + "/" + hour
}

// accepts says whether a fact is a message's acceptance.
func (f Fact) accepts() bool { return f.Type == (domain.MessageAccepted{}).EventType() }

// listArrived has a service's pages in the order in which they were written: the live feed reads it.
func listArrived(service string) string { return "arrived/" + service }

// markOf names a flush. Marks sort as flushes followed each other: by how far the log was folded, and flushes that found
// nothing new by their ids.
func markOf(folded eventlog.Position, id string) string {
	return fmt.Sprintf("%016x.%s", uint64(folded), id)
}

// serviceHour is an hour of a service's journal.
type serviceHour struct{ service, hour string }

// journal collects facts between two flushes.
type journal struct {
	facts map[string][]Fact // by service
	// open has the hours whose rows say that they are not rolled up, with the rows' versions; entered has those that the
	// flush under way adds.
	open, entered map[serviceHour]eventlog.Version
	// rolling has the hours that are being rolled up: true where something has come meanwhile.
	rolling map[serviceHour]bool
}

func newJournal() *journal {
	return &journal{
		facts: map[string][]Fact{}, rolling: map[serviceHour]bool{},
		open: map[serviceHour]eventlog.Version{}, entered: map[serviceHour]eventlog.Version{},
	}
}

func (j *journal) add(service string, f Fact) { j.facts[service] = append(j.facts[service], f) }

// flushed says that what rows gave is written.
func (j *journal) flushed() {
	if len(j.open)+len(j.entered) > hoursInMemory {
		clear(j.open)
	}
	maps.Copy(j.open, j.entered)
	clear(j.entered)
	clear(j.facts)
}

// rows makes the pages. mark is markOf the flush. version tells which version the row of an hour has.
func (j *journal) rows(mark string, version func(serviceHour) (eventlog.Version, error)) ([]Row, error) {
	var out []Row
	clear(j.entered) // of a flush that could not be written
	for service, facts := range j.facts {
		slices.SortFunc(facts, Fact.compare)
		for i := 0; len(facts) > 0; i++ {
			hour := facts[0].At().Format(hourForm)
			n := 1
			for n < min(len(facts), pageFacts) && facts[n].At().Sub(facts[0].At()) < pageSpan && facts[n].At().Format(hourForm) == hour {
				n++
			}
			page, err := pageRow(service, hour, fmt.Sprintf("%s.%06d", mark, len(out)), facts[:n])
			if err != nil {
				return nil, err
			}
			out = append(out, page)
			facts = facts[n:]
			if out, err = j.enter(out, serviceHour{service, hour}, version); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// enter adds the row that says that an hour has pages that are not rolled up, where there is none.
func (j *journal) enter(out []Row, h serviceHour, version func(serviceHour) (eventlog.Version, error)) ([]Row, error) {
	if _, ok := j.rolling[h]; ok {
		j.rolling[h] = true
	}
	if j.open[h] > 0 || j.entered[h] > 0 {
		return out, nil
	}
	v, err := version(h)
	if err != nil {
		return nil, err
	}
	j.entered[h] = v + 1
	row, err := hourRow(h, v+1, 0)
	return append(out, row), err
}

// pageRow is one page. It is listed by the time of its newest fact, by that of its oldest, and by its arrival; with an
// accepted message also among those.
func pageRow(service, hour, mark string, facts []Fact) (Row, error) {
	body, err := appendFacts(make([]byte, 0, factBytes*len(facts)), facts)
	if err != nil {
		return Row{}, err
	}
	oldest, newest := timeKey(facts[0].At()), timeKey(facts[len(facts)-1].At())
	row := Row{
		View: ViewJournal, ID: service + "/" + newest + "/" + mark, Version: 1, Body: body, Fresh: true,
		Lists: []Entry{
			{listByNewest(service, hour), newest + "/" + mark}, {listByOldest(service, hour), oldest + "/" + mark},
			{listArrived(service), mark},
		},
	}
	if slices.ContainsFunc(facts, Fact.accepts) {
		row.Lists = append(row.Lists, Entry{listAccepted(service, hour), newest + "/" + mark})
	}
	return row, nil
}

// hourBody is what the row of an hour says.
type hourBody struct {
	Rolled int `json:"rolled,omitzero"` // how many rows of figures it was rolled up into; 0 if it was not
}

func listUnrolled() string { return "unrolled" }

func (h serviceHour) id() string { return "hour/" + h.service + "/" + h.hour }

// hourRow says that a service has pages of an hour, and whether they are rolled up.
func hourRow(h serviceHour, v eventlog.Version, rolled int) (Row, error) {
	row := Row{View: ViewJournal, ID: h.id(), Version: v, Lists: []Entry{{listHours(h.service), h.hour}}}
	if rolled == 0 {
		row.Lists = append(row.Lists, Entry{listUnrolled(), h.hour + "/" + h.service})
	}
	var err error
	row.Body, err = json.Marshal(hourBody{rolled})
	return row, err
}
