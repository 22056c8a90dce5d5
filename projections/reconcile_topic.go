package projections

import (
	"context"
	"fmt"

	"webplug/domain"
	"webplug/domain/eventlog"
)

// topic makes a topic of an event type as it is wanted.
func (r *Reconciler) topic(ctx context.Context, service, typ string, shard int, cause eventlog.Cause) (string, error) {
	found, err := r.Transport.Reconcile(ctx, Wanted{Topic: &WantedTopic{
		Name: fmt.Sprintf("webplug-%s-%s-%d", r.Stage, typ, shard),
		Tags: map[string]string{"webplug:stage": r.Stage, "webplug:service": service, "webplug:event-type": typ},
	}})
	if err != nil {
		return "", err
	}
	record := domain.RecordTopic{Shard: shard, TopicARN: found.TopicARN}
	_, err = eventlog.Execute(ctx, r.Log, domain.TopicsStream(service, typ), record, cause)
	return found.TopicARN, err
}

func (r *Reconciler) noTopic(ctx context.Context, service, typ string, shard int, cause eventlog.Cause) error {
	_, err := eventlog.Execute(ctx, r.Log, domain.TopicsStream(service, typ), domain.RecordTopicGone{Shard: shard}, cause)
	return err
}

// provide makes an event type's first topic and subscribes the queue to it. With drift it does so also where the log has it
// that both are there.
func (r *Reconciler) provide(ctx context.Context, service, typ string, drift bool) (domain.Topics, error) {
	stream := domain.TopicsStream(service, typ)
	for attempt := 0; ; attempt++ {
		topics, err := eventlog.Load[domain.Topics](ctx, r.Log, stream)
		if err != nil || topics.State.Feeds(r.QueueARN) && !drift {
			return topics.State, err
		}
		cause := r.causeOf(stream, topics.Version)
		arn, stands := topics.State.First()
		if !stands || drift {
			if arn, err = r.topic(ctx, service, typ, 0, cause); err != nil {
				return topics.State, err
			}
		}
		if r.QueueARN == "" {
			topics, err = eventlog.Load[domain.Topics](ctx, r.Log, stream)
			return topics.State, err
		}
		after, err := r.subscribeQueue(ctx, stream, arn, cause)
		if asTransport(err).NoTopic && attempt == 0 { // it was taken away behind our back
			if err := r.noTopic(ctx, service, typ, 0, cause); err != nil {
				return after, err
			}
			continue
		}
		return after, err
	}
}

func (r *Reconciler) subscribeQueue(ctx context.Context, stream eventlog.Stream, topicARN string, cause eventlog.Cause) (domain.Topics, error) {
	found, err := r.Transport.Reconcile(ctx, Wanted{Subscription: &WantedSubscription{
		Do: Ask, Queue: true, TopicARN: topicARN, URL: r.QueueARN, Slot: domain.QueueSlot,
	}})
	if err != nil {
		return domain.Topics{}, err
	}
	record := domain.RecordQueue{TopicARN: topicARN, QueueARN: r.QueueARN, SubscriptionARN: found.SubscriptionARN}
	after, err := eventlog.Execute(ctx, r.Log, stream, record, cause)
	return after.State, err
}
