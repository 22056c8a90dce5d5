package main

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// some takes so many records.
type some struct {
	upto int
	err  error
}

func (s some) Take(context.Context, []eventlog.Record) (int, error) { return s.upto, s.err }

func (s some) ParkUnread(context.Context, eventlog.Stream, eventlog.Version, error) error { return nil }

// outcomesOf decodes record n as the nth of some events; one that is nil cannot be read.
func outcomesOf(events ...eventlog.Event) ([]eventlog.Record, func(eventlog.Record) (eventlog.Recorded, error)) {
	records := make([]eventlog.Record, len(events))
	for i := range records {
		records[i].Version = eventlog.Version(i)
	}
	return records, func(r eventlog.Record) (eventlog.Recorded, error) {
		if events[r.Version] == nil {
			return eventlog.Recorded{}, eventlog.ErrDamaged
		}
		return eventlog.Recorded{Event: events[r.Version]}, nil
	}
}

func TestFiguresOfOutcomes(t *testing.T) {
	records, decode := outcomesOf(domain.DeliverySucceeded{}, domain.DeliverySucceeded{}, domain.AttemptFailed{}, nil,
		domain.DeliveryFailed{}, domain.DeliveryUnreported{}, domain.DeliveryFailed{})
	now := func() time.Time { return time.UnixMilli(1_700_000_000_000) }
	throttled := errors.New("throttled")
	for name, c := range map[string]struct {
		upto int
		want string
	}{
		"both ways": {6, `{"Delivered":2,"Failed":2,"Stage":"prod","_aws":{"Timestamp":1700000000000,"CloudWatchMetrics":[{"Namespace":"WebPlug",` +
			`"Dimensions":[["Stage"]],"Metrics":[{"Name":"Delivered","Unit":"Count"},{"Name":"Failed","Unit":"Count"}]}]}}` + "\n"},
		"one way, and none the other": {1, `{"Delivered":1,"Failed":0,"Stage":"prod","_aws":{"Timestamp":1700000000000,"CloudWatchMetrics":[{"Namespace":"WebPlug",` +
			`"Dimensions":[["Stage"]],"Metrics":[{"Name":"Delivered","Unit":"Count"},{"Name":"Failed","Unit":"Count"}]}]}}` + "\n"},
		"nothing done": {0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			reader := counting{some{c.upto, throttled}, figures{&out, "prod", now}, decode}
			if done, err := reader.Take(t.Context(), records); done != c.upto || !errors.Is(err, throttled) {
				t.Errorf("%d, %v", done, err)
			}
			if out.String() != c.want {
				t.Errorf("said\n%s, not\n%s", out.String(), c.want)
			}
		})
	}
}

// Where nothing is set aside nothing is said: a metric costs while it is written.
func TestFiguresOfWhatIsSetAside(t *testing.T) {
	var out bytes.Buffer
	f := figures{&out, "prod", func() time.Time { return time.UnixMilli(1) }}
	for _, n := range []int{-1, 0} {
		if err := f.parked(n); err != nil || out.Len() > 0 {
			t.Errorf("%d: %v %s", n, err, out.String())
		}
	}
	if err := f.parked(3); err != nil || !bytes.Contains(out.Bytes(), []byte(`"Parked":3`)) {
		t.Errorf("%v %s", err, out.String())
	}
}
