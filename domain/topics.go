package domain

import (
	"slices"

	"webplug/domain/eventlog"
)

// The events of an event type's topics. An event type begins with one topic, shard 0; it gets a further one when the slots
// of a topic are full, or when two endpoints share a URL: SNS has one subscription per topic and URL.
type (
	// TopicProvisioned says that a topic stands, with all that belongs to it.
	TopicProvisioned struct {
		Shard    int    `json:"shard"`
		TopicARN string `json:"topic_arn"`
	}
	// TopicRemoved says that it is taken down.
	TopicRemoved struct {
		Shard    int    `json:"shard"`
		TopicARN string `json:"topic_arn"`
	}
	// SlotAssigned gives an endpoint a slot of a topic. The slot belongs to (topic, URL) for ever: whoever has that URL later
	// takes it up again.
	SlotAssigned struct {
		Shard      int    `json:"shard"`
		Slot       string `json:"slot"`
		URL        string `json:"url"`
		EndpointID string `json:"endpoint_id"`
	}
	// SlotReleased says that no endpoint holds it now.
	SlotReleased struct {
		Shard int    `json:"shard"`
		Slot  string `json:"slot"`
	}
)

// EventType is the stored name.
func (TopicProvisioned) EventType() string { return "TopicProvisioned" }

// EventType is the stored name.
func (TopicRemoved) EventType() string { return "TopicRemoved" }

// EventType is the stored name.
func (SlotAssigned) EventType() string { return "SlotAssigned" }

// EventType is the stored name.
func (SlotReleased) EventType() string { return "SlotReleased" }

// TopicsStream is the stream of an event type's topics and slots, beneath the type.
func TopicsStream(service, eventType string) eventlog.Stream {
	return eventlog.Stream{Service: service, Root: eventType, Leaf: "topics"}
}

// Slot is a place in a topic.
type Slot struct {
	Shard    int
	Name     string // opaque digits
	URL      string
	Endpoint string // that holds it, "" if none does
}

// Topics is an event type's topics and their slots.
type Topics struct {
	ARNs    map[int]string // by shard, of topics that stand
	Slots   []Slot
	Version eventlog.Version
	queue   queueSubscription
}

// At is the version that the state is of.
func (t Topics) At() eventlog.Version { return t.Version }

// Evolve folds one event. It never changes a map or slice of the state before.
func (t Topics) Evolve(r eventlog.Recorded) Topics {
	t.Version = r.Version
	switch e := r.Event.(type) {
	case TopicProvisioned:
		t.ARNs = t.withARN(e.Shard, e.TopicARN)
	case TopicRemoved:
		t.ARNs = t.withARN(e.Shard, "")
		if e.Shard == 0 {
			t.queue = queueSubscription{}
		}
	case QueueSubscribed:
		t.queue = queueSubscription{e.TopicARN, e.QueueARN}
	case SlotAssigned:
		t.Slots = slices.DeleteFunc(slices.Clone(t.Slots), func(s Slot) bool { return s.Shard == e.Shard && s.Name == e.Slot })
		t.Slots = append(t.Slots, Slot{e.Shard, e.Slot, e.URL, e.EndpointID})
	case SlotReleased:
		t.Slots = slices.Clone(t.Slots)
		for i, s := range t.Slots {
			if s.Shard == e.Shard && s.Name == e.Slot {
				t.Slots[i].Endpoint = ""
			}
		}
	}
	return t
}

func (t Topics) withARN(shard int, arn string) map[int]string {
	arns := make(map[int]string, len(t.ARNs)+1)
	for k, v := range t.ARNs {
		arns[k] = v
	}
	arns[shard] = arn
	if arn == "" {
		delete(arns, shard)
	}
	return arns
}

// Shards is how many topics there are or were: the next one has this number.
func (t Topics) Shards() int {
	n := 0
	for shard := range t.ARNs {
		n = max(n, shard+1)
	}
	for _, s := range t.Slots {
		n = max(n, s.Shard+1)
	}
	return n
}

// Held finds the slot that an endpoint holds for a URL.
func (t Topics) Held(endpoint, url string) (Slot, bool) {
	return t.find(func(s Slot) bool { return s.Endpoint == endpoint && s.URL == url })
}

// held counts a topic's slots that are held.
func (t Topics) held(shard int) int {
	n := 0
	for _, s := range t.Slots {
		if s.Shard == shard && s.Endpoint != "" {
			n++
		}
	}
	return n
}

func (t Topics) find(is func(Slot) bool) (Slot, bool) {
	if i := slices.IndexFunc(t.Slots, is); i >= 0 {
		return t.Slots[i], true
	}
	return Slot{}, false
}

// AssignSlot gives an endpoint a slot for a URL.
type AssignSlot struct {
	EndpointID string
	URL        string
	Name       string // fresh opaque digits, used if the topic has no slot of this URL yet
	Full       []int  // shards of which SNS has just said that they take no more policies
	MaxSlots   int    // filter policies of one topic
	MaxShards  int    // topics of one event type
}

// Decide leaves a slot that is held where it is, unless its topic is full. A topic that is full although none of its slots
// is held tells of the account's quota: a further one would not help.
func (c AssignSlot) Decide(t Topics) ([]eventlog.Event, error) {
	old, has := t.Held(c.EndpointID, c.URL)
	if has && !slices.Contains(c.Full, old.Shard) {
		return nil, nil
	}
	assigned, ok := c.place(t)
	if !ok {
		return nil, &Error{Kind: Conflict, Code: string(FailPolicyLimit), Message: "the event type's topics have no free slot"}
	}
	if has {
		return []eventlog.Event{SlotReleased{old.Shard, old.Name}, assigned}, nil
	}
	return []eventlog.Event{assigned}, nil
}

func (c AssignSlot) place(t Topics) (SlotAssigned, bool) {
	helpless := false
	for shard := range t.Shards() {
		slot, known := t.find(func(s Slot) bool { return s.Shard == shard && s.URL == c.URL })
		switch others := t.held(shard) - t.heldBy(c, shard); {
		case slices.Contains(c.Full, shard):
			helpless = helpless || others == 0
		case known && slot.Endpoint != "", others >= c.MaxSlots:
		case known:
			return SlotAssigned{shard, slot.Name, c.URL, c.EndpointID}, true
		case t.uses(shard, c.Name): // of a thousand billion
			return SlotAssigned{}, false
		default:
			return SlotAssigned{shard, c.Name, c.URL, c.EndpointID}, true
		}
	}
	if next := t.Shards(); next < c.MaxShards && !helpless {
		return SlotAssigned{next, c.Name, c.URL, c.EndpointID}, true
	}
	return SlotAssigned{}, false
}

// heldBy is 1 if the slot that is asked for is held already, in this shard.
func (t Topics) heldBy(c AssignSlot, shard int) int {
	if s, ok := t.Held(c.EndpointID, c.URL); ok && s.Shard == shard {
		return 1
	}
	return 0
}

func (t Topics) uses(shard int, name string) bool {
	_, ok := t.find(func(s Slot) bool { return s.Shard == shard && s.Name == name })
	return ok
}

// ReleaseSlot says that an endpoint uses a slot no more.
type ReleaseSlot struct {
	EndpointID string
	URL        string
	Name       string
}

// Decide leaves a slot that somebody else has taken up.
func (c ReleaseSlot) Decide(t Topics) ([]eventlog.Event, error) {
	s, ok := t.find(func(s Slot) bool { return s.Endpoint == c.EndpointID && s.URL == c.URL && s.Name == c.Name })
	if !ok {
		return nil, nil
	}
	return []eventlog.Event{SlotReleased{s.Shard, s.Name}}, nil
}

// RecordTopic records that a topic stands.
type RecordTopic struct {
	Shard    int
	TopicARN string
}

// Decide is repeatable.
func (c RecordTopic) Decide(t Topics) ([]eventlog.Event, error) {
	if t.ARNs[c.Shard] == c.TopicARN {
		return nil, nil
	}
	return []eventlog.Event{TopicProvisioned(c)}, nil
}

// RecordTopicGone records that a topic is taken down.
type RecordTopicGone struct{ Shard int }

// Decide is repeatable.
func (c RecordTopicGone) Decide(t Topics) ([]eventlog.Event, error) {
	arn, ok := t.ARNs[c.Shard]
	if !ok {
		return nil, nil
	}
	return []eventlog.Event{TopicRemoved{c.Shard, arn}}, nil
}
