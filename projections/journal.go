package projections

import (
	"cmp"
	"fmt"
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
	// Of MessageAccepted only.
	EventTypeID string `json:"e,omitzero"`
	UserID      string `json:"u,omitzero"`
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

func factOf(r eventlog.Recorded) Fact {
	f := Fact{
		Root: r.Stream.Root, Leaf: r.Stream.Leaf, Version: r.Version, Type: r.Event.EventType(),
		Time: r.Time.UnixMicro(), Actor: r.Actor,
	}
	if m, ok := r.Event.(domain.MessageAccepted); ok {
		f.EventTypeID, f.UserID = m.EventTypeID, m.UserID
	}
	return f
}

const (
	// pageFacts bounds the facts of one page, about 120 bytes each.
	pageFacts = 500
	// pageSpan bounds the time between a page's facts, so that a reader can seek by time.
	pageSpan = 10 * time.Second
	hourForm = "2006010215"
	// hoursInMemory bounds the services whose last hour is remembered.
	hoursInMemory = 10_000
)

func listHours(service string) string { return "hours/" + service }
func listByNewest(service, hour string) string {
	return "newest/" + service + "/" + hour
}
func listByOldest(service, hour string) string {
	return "oldest/" + service + "/" + hour
}

// listArrived has a service's pages in the order in which they were written: the live feed reads it.
func listArrived(service string) string { return "arrived/" + service }

// markOf names a flush. Marks sort as flushes followed each other: by how far the log was folded, and flushes that found
// nothing new by their ids.
func markOf(folded eventlog.Position, id string) string {
	return fmt.Sprintf("%016x.%s", uint64(folded), id)
}

// journal collects facts between two flushes.
type journal struct {
	facts map[string][]Fact // by service
	hours map[string]string // by service: the hour that was entered last
}

func newJournal() *journal {
	return &journal{facts: map[string][]Fact{}, hours: map[string]string{}}
}

func (j *journal) add(r eventlog.Recorded) {
	j.facts[r.Stream.Service] = append(j.facts[r.Stream.Service], factOf(r))
}

// flushed says that what rows gave is written.
func (j *journal) flushed() {
	for service, facts := range j.facts {
		if len(j.hours) >= hoursInMemory {
			clear(j.hours)
		}
		j.hours[service] = facts[len(facts)-1].At().Format(hourForm)
	}
	clear(j.facts)
}

// rows makes the pages. mark is markOf the flush.
func (j *journal) rows(mark string) ([]Row, error) {
	var out []Row
	for service, facts := range j.facts {
		slices.SortFunc(facts, Fact.compare)
		for len(facts) > 0 {
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
			if j.hours[service] != hour {
				out = append(out, hourRow(service, hour))
			}
			facts = facts[n:]
		}
	}
	return out, nil
}

// pageRow is one page. It is listed by the time of its newest fact, by that of its oldest, and by its arrival.
func pageRow(service, hour, mark string, facts []Fact) (Row, error) {
	body, err := json.Marshal(facts)
	if err != nil {
		return Row{}, err
	}
	oldest, newest := timeKey(facts[0].At()), timeKey(facts[len(facts)-1].At())
	return Row{
		View: ViewJournal, ID: service + "/" + newest + "/" + mark, Version: 1, Body: body, Fresh: true,
		Lists: []Entry{
			{listByNewest(service, hour), newest + "/" + mark}, {listByOldest(service, hour), oldest + "/" + mark},
			{listArrived(service), mark},
		},
	}, nil
}

// hourRow says that a service has pages of an hour.
func hourRow(service, hour string) Row {
	return Row{View: ViewJournal, ID: "hour/" + service + "/" + hour, Version: 1, Body: []byte("{}"), Lists: []Entry{{listHours(service), hour}}}
}
