package domain

import (
	"time"

	"webplug/domain/eventlog"
)

// TopicAfterlife is how long a topic stands after its event type was archived: what was accepted before is sent meanwhile.
const TopicAfterlife = 2 * time.Hour

// QueueSubscribed says that a queue of WebPlug's own gets what is published to an event type's topic with QueueSlot among its
// slots: the webhooks of the format standard-webhooks, in an AWS account.
type QueueSubscribed struct {
	Shard           int    `json:"shard"`
	TopicARN        string `json:"topic_arn"`
	QueueARN        string `json:"queue_arn"`
	SubscriptionARN string `json:"subscription_arn"`
}

// EventType is the stored name.
func (QueueSubscribed) EventType() string { return "QueueSubscribed" }

// QueueSlot is the queue's slot in every topic: no endpoint's, which have 12 digits.
const QueueSlot = "0"

// queueSubscription is which queue gets what of the first topic.
type queueSubscription struct{ topicARN, queueARN string }

// First is the ARN of the topic that gets each message; false if it does not stand.
func (t Topics) First() (string, bool) {
	arn, ok := t.ARNs[0]
	return arn, ok
}

// Feeds says whether the first topic stands and a queue is subscribed to it; "" is no queue, which needs no subscription.
func (t Topics) Feeds(queueARN string) bool {
	arn, ok := t.First()
	return ok && (queueARN == "" || t.queue == queueSubscription{arn, queueARN})
}

// RecordQueue records that a queue is subscribed to an event type's first topic.
type RecordQueue struct{ TopicARN, QueueARN, SubscriptionARN string }

// Decide is repeatable, and leaves a topic that was taken down meanwhile.
func (c RecordQueue) Decide(t Topics) ([]eventlog.Event, error) {
	if arn, ok := t.First(); !ok || arn != c.TopicARN || t.Feeds(c.QueueARN) {
		return nil, nil
	}
	return []eventlog.Event{QueueSubscribed{TopicARN: c.TopicARN, QueueARN: c.QueueARN, SubscriptionARN: c.SubscriptionARN}}, nil
}
