package projections

import (
	"context"
	"time"

	"webplug/domain/eventlog"
)

// Where many processes write the read models (Lambda), a query reads what is there: nobody knows what the others are about
// to write. Who must see an event asks for its position (After). The live feed reads the last minute again.

// remotePause is how long a query waits between two looks for what another process writes.
const remotePause = 250 * time.Millisecond

// NewRemoteQueries makes the queries of a process that does not write the rows that it reads. retry gives a stream that was
// set aside to its consumer again (Batches.RetryStuck).
func NewRemoteQueries(l *eventlog.Log, v Views, retry func(ctx context.Context, id string) error, now eventlog.Clock) *Queries {
	p := newPointer(v, now)
	return &Queries{
		log: l, views: v, pin: p.pin, catchUp: p.readable, enter: p.readable, retry: retry, unawaited: true, open: &openHours{},
		entered: func() <-chan struct{} { return elapsed(remotePause) }, onceEach: func() bool { return false },
		settled: func() string { return "" }, remote: true, now: now,
	}
}

// elapsed is closed after a time.
func elapsed(d time.Duration) <-chan struct{} {
	c := make(chan struct{})
	time.AfterFunc(d, func() { close(c) })
	return c
}

// journalHas says whether the journal has an event: it is written last, so then all rows have it.
func (q *Queries) journalHas(ctx context.Context, r eventlog.Recorded) (bool, error) {
	if err := q.catchUp(ctx); err != nil {
		return false, err
	}
	at := q.pinned()
	defer at.release()
	from := time.UnixMicro(r.Time.UnixMicro())
	for f, err := range at.facts(ctx, factRange{service: r.Stream.Service, from: from, to: from.Add(time.Microsecond)}) {
		if err != nil {
			return false, err
		}
		if f.Stream(r.Stream.Service) == r.Stream && f.Version == r.Version {
			return true, nil
		}
	}
	return false, nil
}
