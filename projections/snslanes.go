package projections

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
)

const (
	// publishers is how many publishes are made at once.
	publishers = 16
	// publishQueue bounds the messages of one event type that wait in memory; the rest waits in its due rows.
	publishQueue = 4096
	// publishLimit is how long a publish with its records may take. A shutdown waits for it: without its record it would be
	// made again.
	publishLimit = 30 * time.Second
)

// publishLanes are queues of messages, one for each event type, so that up to ten go in one request.
type publishLanes struct {
	sns     *SNS
	mu      sync.Mutex
	lanes   map[ringKey]*publishLane
	active  map[string]eventlog.Version // plans by message and endpoint: queued or under way
	behind  bool                        // something was left to the rows
	closing bool
	places  chan struct{}
	working sync.WaitGroup
}

type publishLane struct {
	queue   []*toPublish
	running bool
}

func activeKey(service, message, endpoint string) string {
	return service + "/" + message + "/" + endpoint
}

// add queues a message for its targets that are not on their way already.
func (l *publishLanes) add(item *toPublish) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fresh := item.targets[:0:0]
	for _, t := range item.targets {
		key := activeKey(item.service, item.message, t.endpoint)
		if plan, there := l.active[key]; !there || plan < t.plan {
			fresh = append(fresh, t)
		}
	}
	if item.targets = fresh; len(fresh) == 0 || l.closing {
		return
	}
	name := ringKey{item.service, item.eventType}
	lane := l.lanes[name]
	if lane == nil {
		lane = &publishLane{}
		l.lanes[name] = lane
	}
	if len(lane.queue) >= publishQueue {
		l.behind = true
		return
	}
	for _, t := range fresh {
		l.active[activeKey(item.service, item.message, t.endpoint)] = t.plan
	}
	lane.queue = append(lane.queue, item)
	l.start(name, lane)
}

// start lets a lane work if it does not.
func (l *publishLanes) start(name ringKey, lane *publishLane) {
	if !lane.running {
		lane.running = true
		l.working.Go(func() { l.work(name, lane) })
	}
}

// work publishes what is queued, up to ten messages at once.
func (l *publishLanes) work(name ringKey, lane *publishLane) {
	for {
		l.places <- struct{}{}
		l.mu.Lock()
		n := min(len(lane.queue), MaxPublish)
		if n == 0 || l.closing {
			lane.running = false
			delete(l.lanes, name)
			l.mu.Unlock()
			<-l.places
			return
		}
		items := lane.queue[:n:n]
		lane.queue = lane.queue[n:]
		l.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), publishLimit)
		again := l.sns.Publisher.publish(ctx, items)
		cancel()
		<-l.places
		for _, item := range items {
			l.settle(item)
		}
		for _, item := range again {
			l.later(item)
		}
	}
}

func (l *publishLanes) settle(item *toPublish) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range item.targets {
		key := activeKey(item.service, item.message, t.endpoint)
		if l.active[key] == t.plan {
			delete(l.active, key)
		}
	}
}

// later tries a message again, further and further apart; what cannot be read is set aside.
func (l *publishLanes) later(item *toPublish) {
	var refused *TransportError
	if !transient(item.err) && !errors.As(item.err, &refused) && !errors.Is(item.err, eventlog.ErrConflict) {
		for _, t := range item.targets {
			l.sns.Park(domain.DeliveryStream(item.service, item.message, t.endpoint), fmt.Errorf("publish: %w", item.err))
		}
		return
	}
	level := l.sns.Logger.Warn
	if item.tries > 1 {
		level = l.sns.Logger.Debug
	}
	level("a message is not published yet; it is tried again", "message", item.message, "tries", item.tries, "error", item.err)
	wait := min(time.Second<<min(item.tries-1, 6), time.Minute)
	time.AfterFunc(wait, func() { l.add(item) })
}

// takeBehind says whether something was left to the rows since the last call.
func (l *publishLanes) takeBehind() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	behind := l.behind
	l.behind = false
	return behind
}

// wait lets nothing more begin, and waits for what is under way.
func (l *publishLanes) wait() {
	l.mu.Lock()
	l.closing = true
	l.mu.Unlock()
	l.working.Wait()
}
