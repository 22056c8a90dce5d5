package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// load is what a publisher is to do.
type load struct {
	url, key        string
	eventType, user string
	connections     int
	messages        int     // 0: until the process's input ends, whatever fails on the way
	first           int     // sequence number
	rate            float64 // messages a second, each at its time whatever became of those before; 0: as fast as answers come
}

func (l *load) flags(f *flag.FlagSet) {
	f.StringVar(&l.url, "url", "", "where to publish")
	f.StringVar(&l.key, "key", "", "API key")
	f.StringVar(&l.eventType, "event-type", "bench", "event type's name")
	f.StringVar(&l.user, "user", "", "user's id; empty: to all")
	f.IntVar(&l.connections, "connections", 32, "kept connections, each with one request at a time")
	f.IntVar(&l.messages, "messages", 0, "how many; 0: until input ends, whatever fails on the way")
	f.IntVar(&l.first, "first", 0, "first sequence number")
	f.Float64Var(&l.rate, "rate", 0, "messages a second; 0: as fast as answers come")
}

// published is what a publisher did. Times are Unix nanoseconds.
type published struct {
	Started      int64  `json:"started"`
	Ended        int64  `json:"ended"`
	Acknowledged int    `json:"acknowledged"`
	Unanswered   int    `json:"unanswered"` // the connection broke: it may be accepted or not
	Refused      int    `json:"refused"`    // answered, and not with 2xx
	Answer       spread `json:"answer"`     // how long acknowledging took, from the intended time on
	Set          bitset `json:"set"`        // the sequence numbers that were acknowledged
}

// publisher carries out one load.
type publisher struct {
	load
	address string
	header  []byte // of every request, up to the body
	next    atomic.Int64
	failed  context.CancelCauseFunc

	mu   sync.Mutex
	done published
	took []time.Duration
}

func newPublisher(l load) (*publisher, error) {
	u, err := url.Parse(l.url)
	if err != nil {
		return nil, fmt.Errorf("--url: %w", err)
	}
	length := len(newMessage(l.eventType, l.user, 0).body)
	header := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		u.RequestURI(), u.Host, l.key, length)
	p := &publisher{load: l, address: u.Host, header: []byte(header)}
	p.next.Store(int64(l.first))
	return p, nil
}

// endless says that failures are part of the load.
func (p *publisher) endless() bool { return p.messages == 0 }

// run publishes, and tells what became of it.
func (p *publisher) run(ctx context.Context) (published, error) {
	ctx, p.failed = context.WithCancelCause(ctx)
	defer p.failed(nil)
	intended := p.schedule(ctx)
	started := time.Now()
	var all sync.WaitGroup
	for i := range p.connections {
		all.Go(func() { p.work(ctx, uint64(i), intended) })
	}
	all.Wait()
	p.done.Started, p.done.Ended = started.UnixNano(), time.Now().UnixNano()
	p.done.Answer = spreadOf(p.took)
	if p.endless() {
		return p.done, nil
	}
	return p.done, context.Cause(ctx)
}

// turn is one message's: its number, and when it is to be sent.
type turn struct {
	seq int
	at  time.Time
}

// turn gives the next message's; false when there is none.
func (p *publisher) turn(ctx context.Context, intended <-chan turn) (turn, bool) {
	if intended != nil {
		t, more := <-intended
		return t, more && ctx.Err() == nil
	}
	seq := int(p.next.Add(1)) - 1
	if ctx.Err() != nil || !p.endless() && seq >= p.first+p.messages {
		return turn{}, false
	}
	return turn{seq, time.Now()}, true
}

// work publishes over one connection.
func (p *publisher) work(ctx context.Context, seed uint64, intended <-chan turn) {
	m := newMessage(p.eventType, p.user, seed)
	line := publishing{publisher: p, request: append([]byte(nil), p.header...)}
	defer line.close()
	for {
		t, more := p.turn(ctx, intended)
		if !more {
			return
		}
		m.write(t.seq, t.at)
		status, err := line.post(ctx, m.body)
		p.note(t, status, err)
		if status/100 == 2 {
			continue
		}
		if !p.endless() {
			p.failed(fmt.Errorf("publish message %d: status %d: %w", t.seq, status, err))
			return
		}
		time.Sleep(5 * time.Millisecond) // it is down just now
	}
}

// note keeps what became of a message.
func (p *publisher) note(t turn, status int, err error) {
	took := time.Since(t.at)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case status/100 == 2:
		p.done.Acknowledged++
		p.done.Set.add(t.seq)
		p.took = append(p.took, took)
	case errors.Is(err, errNotSent):
	case status == 0:
		p.done.Unanswered++
	default:
		p.done.Refused++
	}
}

// publishing is one connection's requests.
type publishing struct {
	*publisher
	wire    *wire
	request []byte
}

var (
	errNotSent = errors.New("no connection")
	errRefused = errors.New("refused")
)

// post sends one body and gives the answer's status, 0 if none came.
func (l *publishing) post(ctx context.Context, body []byte) (int, error) {
	if l.wire == nil {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", l.address)
		if err != nil {
			return 0, fmt.Errorf("%w: %w", errNotSent, err)
		}
		l.wire = newWire(c)
	}
	l.request = append(l.request[:len(l.header)], body...)
	if _, err := l.wire.Write(l.request); err != nil {
		l.close()
		return 0, fmt.Errorf("write a request: %w", err)
	}
	h, answer, err := l.wire.read()
	if err != nil {
		l.close()
		return 0, fmt.Errorf("read an answer: %w", err)
	}
	status := h.status()
	if status/100 != 2 {
		err = fmt.Errorf("%w: %.300s", errRefused, answer)
	}
	if h.last {
		l.close()
	}
	return status, err
}

func (l *publishing) close() {
	if l.wire != nil {
		_ = l.wire.Close() // nothing is expected of it any more
		l.wire = nil
	}
}
