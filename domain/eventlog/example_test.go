package eventlog_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"webplug/domain/eventlog"
)

// Events are facts in the past tense. A field that nobody should find in the store is sealed: it is tagged "-", and
// SealedFields gives its stored name.
type (
	CarParked struct {
		Plate string          `json:"plate"`
		PIN   eventlog.Sealed `json:"-"`
	}
	CarLeft struct{}
)

func (CarParked) EventType() string { return "CarParked" }
func (CarLeft) EventType() string   { return "CarLeft" }

func (e *CarParked) SealedFields() []eventlog.SealedField {
	return []eventlog.SealedField{{Name: "pin", Sealed: &e.PIN}}
}

// Bay is the aggregate: its state is the fold of its stream.
type Bay struct {
	Plate string
	PIN   eventlog.Sealed
}

// Evolve takes every event of the stream and never fails.
func (b Bay) Evolve(r eventlog.Recorded) Bay {
	switch e := r.Event.(type) {
	case CarParked:
		return Bay(e)
	case CarLeft:
		return Bay{}
	}
	return b
}

// Park is a command: pure, with all it needs in its fields.
type Park struct {
	Plate string
	PIN   eventlog.Sealed
}

var ErrTaken = errors.New("the bay is taken")

// Decide answers events, a refusal, or nothing if it is already so.
func (c Park) Decide(b Bay) ([]eventlog.Event, error) {
	switch b.Plate {
	case c.Plate:
		return nil, nil
	case "":
		return []eventlog.Event{CarParked(c)}, nil
	}
	return nil, ErrTaken
}

func Example() {
	// A store and its keys come from infra; a registry lists the product's events once.
	store := &memory{streams: map[eventlog.Stream][]eventlog.Record{}}
	keys := &keyring{wrapped: map[string][]byte{}}
	master := make([]byte, eventlog.MasterKeySize)
	_, _ = rand.Read(master)
	sealer, err := eventlog.NewSealer(keys, master, rand.Reader)
	if err != nil {
		fmt.Println(err)
		return
	}
	registry := eventlog.NewRegistry(eventlog.Define[CarParked](), eventlog.Define[CarLeft]())
	log := eventlog.New(store, registry, sealer, time.Now, func() string { return ulid.Make().String() })

	// A command is decided on the stream as it is and appended with the version that was read.
	ctx := context.Background()
	bay := eventlog.Stream{Service: "garage_1", Root: "bay_7"}
	who := eventlog.Cause{Actor: "gate_2", CorrelationID: "req_1", CausationID: "req_1"}
	park := Park{Plate: "B-AB 123", PIN: eventlog.Sealed{Key: "garage_1/pins", Plain: []byte("4711")}}
	after, err := eventlog.Execute(ctx, log, bay, park, who)
	fmt.Println(after.State.Plate, "at version", after.Version, err)

	// Repeated it adds nothing; another car is refused.
	after, err = eventlog.Execute(ctx, log, bay, park, who)
	fmt.Println(after.State.Plate, "at version", after.Version, err)
	_, err = eventlog.Execute(ctx, log, bay, Park{Plate: "M-XY 9"}, who)
	fmt.Println(err)

	// The stream tells what happened; what is sealed opens only when somebody asks for it.
	for r, err := range log.Read(ctx, bay, 0) {
		if err != nil {
			fmt.Println(err)
			return
		}
		pin, err := log.Reveal(ctx, r.Event.(CarParked).PIN)
		fmt.Println(r.Version, r.Actor, r.Event.EventType(), r.Event, string(pin), err)
	}
	// Output:
	// B-AB 123 at version 1 <nil>
	// B-AB 123 at version 1 <nil>
	// the bay is taken
	// 1 gate_2 CarParked {B-AB 123 sealed} 4711 <nil>
}
