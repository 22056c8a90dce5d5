package eventlog_test

import (
	"context"
	"errors"
	"testing"

	"webplug/domain/eventlog"
)

// The aggregate of the log's own tests: an account that is opened, noted upon and closed.
type (
	Opened struct {
		Owner string `json:"owner"`
	}
	Noted struct {
		Text string          `json:"text,omitzero"`
		Memo eventlog.Sealed `json:"-"`
		Note eventlog.Sealed `json:"-"`
	}
	Closed struct{}
)

func (Opened) EventType() string { return "Opened" }
func (Noted) EventType() string  { return "Noted" }
func (Closed) EventType() string { return "Closed" }

func (n *Noted) SealedFields() []eventlog.SealedField {
	return []eventlog.SealedField{{Name: "memo", Sealed: &n.Memo}, {Name: "note", Sealed: &n.Note}}
}

type account struct {
	Owner  string
	Notes  []string
	Closed bool
}

func (account) definitions() []eventlog.Definition {
	return []eventlog.Definition{eventlog.Define[Opened](), eventlog.Define[Noted](), eventlog.Define[Closed]()}
}

func (a account) Evolve(r eventlog.Recorded) account {
	switch e := r.Event.(type) {
	case Opened:
		a.Owner = e.Owner
	case Noted:
		a.Notes = append(a.Notes[:len(a.Notes):len(a.Notes)], e.Text)
	case Closed:
		a.Closed = true
	}
	return a
}

var errClosed = errors.New("the account is closed")

type open struct{ owner string }

func (c open) Decide(a account) ([]eventlog.Event, error) {
	if a.Owner != "" {
		return nil, nil
	}
	return []eventlog.Event{Opened{Owner: c.owner}}, nil
}

// write notes several texts at once.
type write []string

func (c write) Decide(a account) ([]eventlog.Event, error) {
	if a.Closed {
		return nil, errClosed
	}
	var events []eventlog.Event
	for _, text := range c {
		events = append(events, Noted{Text: text})
	}
	return events, nil
}

// record appends any events.
type record []eventlog.Event

func (c record) Decide(account) ([]eventlog.Event, error) { return c, nil }

// decide is a command made of a function.
type decide func(account) ([]eventlog.Event, error)

func (c decide) Decide(a account) ([]eventlog.Event, error) { return c(a) }

var (
	ann   = eventlog.Stream{Service: "svc_1", Root: "acc_ann"}
	bob   = eventlog.Stream{Service: "svc_1", Root: "acc_bob"}
	cause = eventlog.Cause{Actor: "key_1", CorrelationID: "req_1", CausationID: "req_1"}
)

// append records events and gives them as they were made.
func (b *bench) append(t testing.TB, s eventlog.Stream, events ...eventlog.Event) []eventlog.Recorded {
	t.Helper()
	before := len(b.store.stored(s))
	if _, err := eventlog.Execute(context.Background(), b.Log, s, record(events), cause); err != nil {
		t.Fatal(err)
	}
	return read(t, b.Log, s)[before:]
}

func read(t testing.TB, l *eventlog.Log, s eventlog.Stream) []eventlog.Recorded {
	t.Helper()
	var out []eventlog.Recorded
	for r, err := range l.Read(context.Background(), s, 0) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func sealed(key, plain string) eventlog.Sealed {
	return eventlog.Sealed{Key: key, Plain: []byte(plain)}
}
