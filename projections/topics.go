package projections

import (
	"context"
	"fmt"
	"sync"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// firstTopics remembers which event types' first topics stand and feed the queue. What is remembered may be over: then SNS
// says so at the next publish, and it is forgotten.
type firstTopics struct {
	log      *eventlog.Log
	queueARN string
	mu       sync.Mutex
	known    map[eventlog.Stream]string
}

func newFirstTopics(l *eventlog.Log, queueARN string) *firstTopics {
	return &firstTopics{log: l, queueARN: queueARN, known: map[eventlog.Stream]string{}}
}

// of gives the ARN of an event type's first topic; "" if a message must not be published to it yet.
func (f *firstTopics) of(ctx context.Context, service, eventType string) (string, error) {
	s := domain.TopicsStream(service, eventType)
	f.mu.Lock()
	arn, ok := f.known[s]
	f.mu.Unlock()
	if ok {
		return arn, nil
	}
	topics, err := eventlog.Load[domain.Topics](ctx, f.log, s)
	if err != nil {
		return "", fmt.Errorf("look up the topics of %s: %w", eventType, err)
	}
	if !topics.State.Feeds(f.queueARN) {
		return "", nil
	}
	arn, _ = topics.State.First()
	f.mu.Lock()
	defer f.mu.Unlock()
	keepIn(f.known, s, arn)
	return arn, nil
}

func (f *firstTopics) forget(service, eventType string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.known, domain.TopicsStream(service, eventType))
}
