package domain_test

import (
	"testing"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/domain/eventlog/spec"
)

func topics(t *testing.T, past ...eventlog.Event) spec.Scenario[domain.Topics] {
	t.Helper()
	return spec.Given[domain.Topics](t, past...)
}

func slot(shard int, name, url, endpoint string) domain.SlotAssigned {
	return domain.SlotAssigned{Shard: shard, Slot: name, URL: url, EndpointID: endpoint}
}

func TestAssignSlot(t *testing.T) {
	assign := domain.AssignSlot{EndpointID: "ep_1", URL: "https://a", Name: "111", MaxSlots: 2, MaxShards: 2}
	mine := slot(0, "111", "https://a", "ep_1")
	t.Run("begins with the first topic", func(t *testing.T) { topics(t).When(assign).Then(mine) })
	t.Run("held already it stays", func(t *testing.T) { topics(t, mine).When(assign).ThenNothing() })
	t.Run("takes up the slot that the URL had before", func(t *testing.T) {
		past := []eventlog.Event{slot(0, "777", "https://a", "ep_0"), domain.SlotReleased{Slot: "777"}}
		topics(t, past...).When(assign).Then(slot(0, "777", "https://a", "ep_1"))
	})
	t.Run("of a URL that another endpoint has there is in a further topic", func(t *testing.T) {
		topics(t, slot(0, "777", "https://a", "ep_0")).When(assign).Then(slot(1, "111", "https://a", "ep_1"))
	})
	full := []eventlog.Event{slot(0, "7", "https://x", "ep_7"), slot(0, "8", "https://y", "ep_8")}
	t.Run("where the slots are used up is in a further topic", func(t *testing.T) {
		topics(t, full...).When(assign).Then(slot(1, "111", "https://a", "ep_1"))
	})
	t.Run("where one was released is in the first topic", func(t *testing.T) {
		topics(t, append(full, domain.SlotReleased{Slot: "8"})...).When(assign).Then(mine)
	})
	t.Run("where all topics are used up is refused", func(t *testing.T) {
		more := append(full, slot(1, "7", "https://x", "ep_9"), slot(1, "8", "https://y", "ep_10"))
		topics(t, more...).When(assign).ThenRefused(&domain.Error{Kind: domain.Conflict, Code: "policy_limit"})
	})
	t.Run("where SNS says that the topic is full moves to a further one", func(t *testing.T) {
		c := assign
		c.Full = []int{0}
		topics(t, slot(0, "7", "https://x", "ep_7"), mine).When(c).
			Then(domain.SlotReleased{Slot: "111"}, slot(1, "111", "https://a", "ep_1"))
	})
	t.Run("where SNS calls an empty topic full is refused: the account is", func(t *testing.T) {
		c := assign
		c.Full = []int{0}
		topics(t, mine).When(c).ThenRefused(&domain.Error{Kind: domain.Conflict, Code: "policy_limit"})
	})
	t.Run("never under a name that is taken", func(t *testing.T) {
		topics(t, slot(0, "111", "https://x", "ep_7")).When(assign).ThenRefused(conflict(""))
	})
}

func TestReleaseSlot(t *testing.T) {
	release := domain.ReleaseSlot{EndpointID: "ep_1", URL: "https://a", Name: "111"}
	t.Run("frees it", func(t *testing.T) {
		topics(t, slot(0, "111", "https://a", "ep_1")).When(release).Then(domain.SlotReleased{Slot: "111"})
	})
	t.Run("leaves it to who has it now", func(t *testing.T) { topics(t, slot(0, "111", "https://a", "ep_2")).When(release).ThenNothing() })
}

func TestTopics(t *testing.T) {
	stands := domain.TopicProvisioned{Shard: 1, TopicARN: "arn:1"}
	t.Run("a topic is recorded once", func(t *testing.T) { topics(t).When(domain.RecordTopic{Shard: 1, TopicARN: "arn:1"}).Then(stands) })
	t.Run("and once that it is gone", func(t *testing.T) {
		topics(t, stands).When(domain.RecordTopicGone{Shard: 1}).Then(domain.TopicRemoved{Shard: 1, TopicARN: "arn:1"})
		topics(t).When(domain.RecordTopicGone{Shard: 1}).ThenNothing()
	})
}

func TestQueue(t *testing.T) {
	stands := domain.TopicProvisioned{TopicARN: "arn:0"}
	record := domain.RecordQueue{TopicARN: "arn:0", QueueARN: "arn:q", SubscriptionARN: "arn:s"}
	subscribed := domain.QueueSubscribed{TopicARN: "arn:0", QueueARN: "arn:q", SubscriptionARN: "arn:s"}
	t.Run("it is recorded once", func(t *testing.T) { topics(t, stands).When(record).Then(subscribed) })
	t.Run("of a topic that went meanwhile is nothing to record", func(t *testing.T) { topics(t).When(record).ThenNothing() })
	t.Run("another queue is recorded", func(t *testing.T) {
		other := record
		other.QueueARN = "arn:r"
		topics(t, stands, subscribed).When(other).Then(domain.QueueSubscribed{TopicARN: "arn:0", QueueARN: "arn:r", SubscriptionARN: "arn:s"})
	})
	t.Run("a topic of the same name that was made anew has no queue yet", func(t *testing.T) {
		topics(t, stands, subscribed, domain.TopicRemoved{TopicARN: "arn:0"}, stands).When(record).Then(subscribed)
	})
}
