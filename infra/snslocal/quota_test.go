package snslocal_test

import (
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"webplug/infra/snslocal"
)

// clock is a time that a test puts forward.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestQuotas(t *testing.T) {
	subscribe := func(w *world, topic, path string) error {
		_, err := w.sns.Subscribe(t.Context(), &sns.SubscribeInput{
			TopicArn: &topic, Protocol: aws.String("http"), Endpoint: aws.String(w.endpoint.URL + path),
			Attributes: map[string]string{"FilterPolicy": `{"to":["1"]}`},
		})
		return err
	}
	for name, c := range map[string]struct {
		limits snslocal.Limits
		code   string
	}{
		"filter policies of a topic":     {snslocal.Limits{PoliciesPerTopic: 1}, "FilterPolicyLimitExceeded"},
		"filter policies of the account": {snslocal.Limits{PoliciesPerAccount: 1}, "FilterPolicyLimitExceeded"},
		"pending subscriptions":          {snslocal.Limits{Pending: 1}, "SubscriptionLimitExceeded"},
		"subscribes a second":            {snslocal.Limits{SubscribesPerSecond: 1}, "Throttling"},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, func(o *snslocal.Options) {
				o.Limits, o.Now = c.limits, (&clock{now: time.Now()}).Now
			})
			topic := w.topic(nil)
			if err := subscribe(w, topic, "/1"); err != nil {
				t.Fatal(err)
			}
			if err := subscribe(w, topic, "/2"); code(err) != c.code {
				t.Fatal(err)
			}
		})
	}
	t.Run("filter policies of the account, as an answer of ConfirmSubscription", func(t *testing.T) {
		w := start(t, nil)
		topic := w.topic(nil)
		w.confirmed(topic, map[string]string{"FilterPolicy": `{"to":["1"]}`})
		if err := subscribe(w, topic, "/2"); err != nil {
			t.Fatal(err)
		}
		w.server.SetLimits(snslocal.Limits{PoliciesPerAccount: 1})
		token := w.got("SubscriptionConfirmation", 2).envelope(t)["Token"].(string)
		_, err := w.sns.ConfirmSubscription(t.Context(), &sns.ConfirmSubscriptionInput{TopicArn: &topic, Token: &token})
		if code(err) != "FilterPolicyLimitExceeded" {
			t.Fatal(err)
		}
	})
	t.Run("topics", func(t *testing.T) {
		w := start(t, func(o *snslocal.Options) { o.Limits.Topics = 1 })
		w.topic(nil)
		w.topic(nil) // the same
		if _, err := w.sns.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("another")}); code(err) != "TopicLimitExceeded" {
			t.Fatal(err)
		}
	})
}
