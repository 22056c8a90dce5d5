package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
)

const hookURL, otherURL = "http://customer.test/hook", "http://customer.test/other"

func TestSNSHandshake(t *testing.T) {
	t.Run("by token: signed, so that nobody else can end it", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		_, sub := c.active(c.usr, hookURL)
		s := c.subscription(sub)
		arn := s["sns"].(map[string]any)["subscription_arn"].(string)
		a, err := c.client.GetSubscriptionAttributes(t.Context(), &awssns.GetSubscriptionAttributesInput{SubscriptionArn: &arn})
		if err != nil || a.Attributes["ConfirmationWasAuthenticated"] != "true" || !strings.Contains(a.Attributes["FilterPolicy"], s["sns"].(map[string]any)["slot"].(string)) {
			t.Fatalf("%v %v", err, a)
		}
	})
	t.Run("by its SubscribeURL, pasted", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		_, sub := c.subscribe(c.usr, hookURL)
		link := c.handshake(hookURL, 1).SubscribeURL
		c.awaitSubscription(sub, "pending_confirmation")
		c.call("POST", "/services/"+c.svc+"/subscriptions/"+sub+"/confirm", map[string]any{"subscribe_url": "http://elsewhere.test/?Action=ConfirmSubscription&TopicArn=x&Token=y"}, 422)
		for range 2 {
			c.call("POST", "/services/"+c.svc+"/subscriptions/"+sub+"/confirm", map[string]any{"subscribe_url": link}, 200)
		}
	})
	t.Run("by a visit of the endpoint, which reconcile finds", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		_, sub := c.subscribe(c.usr, hookURL)
		if status := c.visit(c.handshake(hookURL, 1).SubscribeURL); status != 200 {
			t.Fatal(status)
		}
		c.awaitSubscription(sub, "active")
	})
	t.Run("until then nothing is sent, and the answer says why", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		endpoint, sub := c.subscribe(c.usr, hookURL)
		c.awaitSubscription(sub, "pending_confirmation")
		_, answer := c.send()
		skipped := answer["skipped"].([]any)
		if len(skipped) != 1 || skipped[0].(map[string]any)["reason"] != "unconfirmed" || skipped[0].(map[string]any)["endpoint_id"] != endpoint {
			t.Fatalf("%v", answer)
		}
	})
	t.Run("expires, and is asked for anew", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		_, sub := c.subscribe(c.usr, hookURL)
		c.awaitSubscription(sub, "pending_confirmation")
		c.clock.pass(49 * time.Hour)
		if err := c.sns.Tick(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		c.awaitSubscription(sub, "expired")
		c.call("POST", "/services/"+c.svc+"/subscriptions/"+sub+"/handshake", nil, 202)
		token := c.handshake(hookURL, 2).Token
		c.awaitSubscription(sub, "pending_confirmation")
		c.call("POST", "/services/"+c.svc+"/subscriptions/"+sub+"/confirm", map[string]any{"token": token}, 200)
		c.call("POST", "/services/"+c.svc+"/subscriptions/"+sub+"/handshake", nil, 409)
	})
	t.Run("a token that SNS does not know is refused", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		_, sub := c.subscribe(c.usr, hookURL)
		c.awaitSubscription(sub, "pending_confirmation")
		c.call("POST", "/services/"+c.svc+"/subscriptions/"+sub+"/confirm", map[string]any{"token": "0123"}, 422)
	})
}

func TestSNSReconcile(t *testing.T) {
	t.Run("a new URL takes over when it is confirmed, and the old one is taken down", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		endpoint, sub := c.active(c.usr, hookURL)
		c.call("PATCH", "/services/"+c.svc+"/endpoints/"+endpoint, map[string]any{"url": otherURL}, 200)
		token := c.handshake(otherURL, 1).Token
		message, _ := c.send()
		c.awaitDelivery(message, endpoint, "delivered")
		if len(c.endpoints.arrived(hookURL, "Notification")) != 1 || len(c.endpoints.arrived(otherURL, "Notification")) != 0 {
			t.Fatal("it went to the URL that is not confirmed")
		}
		c.eventually("the handshake is recorded", func() bool { return c.subscription(sub)["confirm_until"] != nil })
		c.call("POST", "/services/"+c.svc+"/subscriptions/"+sub+"/confirm", map[string]any{"token": token}, 200)
		c.eventually("the old one is gone", func() bool { return slices.Equal(c.subscriptionsAtSNS(), []string{otherURL + " 0"}) })
		message, _ = c.send()
		c.awaitDelivery(message, endpoint, "delivered")
		if len(c.endpoints.arrived(otherURL, "Notification")) != 1 {
			t.Fatal("it did not go to the new URL")
		}
	})
	t.Run("what is removed is taken down, and re-added takes up its slot", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		endpoint, sub := c.active(c.usr, hookURL)
		slot := c.subscription(sub)["sns"].(map[string]any)["slot"]
		c.call("DELETE", "/services/"+c.svc+"/subscriptions/"+sub, nil, 204)
		c.eventually("SNS has none", func() bool { return len(c.subscriptionsAtSNS()) == 0 })
		c.eventually("it is recorded", func() bool { return c.subscription(sub)["sns"] == nil })
		c.call("POST", "/services/"+c.svc+"/subscriptions", map[string]any{"user_id": c.usr, "event_type": "card_issued", "endpoint": endpoint}, 201)
		if s := c.awaitSubscription(sub, "pending_confirmation"); s["sns"].(map[string]any)["slot"] != slot {
			t.Fatalf("slot %v, then %v", slot, s)
		}
	})
	t.Run("what is removed while it is pending, and confirmed afterwards, is taken down", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		_, sub := c.subscribe(c.usr, hookURL)
		link := c.handshake(hookURL, 1).SubscribeURL
		c.awaitSubscription(sub, "pending_confirmation")
		c.call("DELETE", "/services/"+c.svc+"/subscriptions/"+sub, nil, 204)
		if status := c.visit(link); status != 200 {
			t.Fatal(status)
		}
		if err := c.sns.Tick(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		c.eventually("SNS has none", func() bool { return len(c.subscriptionsAtSNS()) == 0 })
	})
	t.Run("two users with one URL get a topic each", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		ada, _ := c.active(c.usr, hookURL)
		bob, sub := c.subscribe(c.user(), hookURL)
		token := c.handshake(hookURL, 2).Token
		c.awaitSubscription(sub, "pending_confirmation")
		c.call("POST", "/services/"+c.svc+"/subscriptions/"+sub+"/confirm", map[string]any{"token": token}, 200)
		message, _ := c.send()
		for _, endpoint := range []string{ada, bob} {
			c.awaitDelivery(message, endpoint, "delivered")
		}
		if all := c.subscriptionsAtSNS(); !slices.Contains(all, hookURL+" 0") || !slices.Contains(all, hookURL+" 1") {
			t.Fatalf("%v", all)
		}
	})
	t.Run("what somebody takes away behind our back is asked for anew", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		_, sub := c.active(c.usr, hookURL)
		arn := c.subscription(sub)["sns"].(map[string]any)["subscription_arn"].(string)
		if _, err := c.client.Unsubscribe(t.Context(), &awssns.UnsubscribeInput{SubscriptionArn: &arn}); err != nil {
			t.Fatal(err)
		}
		if err := c.sns.Tick(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		c.awaitSubscription(sub, "pending_confirmation")
	})
	t.Run("a topic that somebody deletes is made anew", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		endpoint, sub := c.active(c.usr, hookURL)
		topic := c.subscription(sub)["sns"].(map[string]any)["topic_arn"].(string)
		if _, err := c.client.DeleteTopic(t.Context(), &awssns.DeleteTopicInput{TopicArn: &topic}); err != nil {
			t.Fatal(err)
		}
		message, _ := c.send() // it finds out
		c.awaitSubscription(sub, "pending_confirmation")
		c.eventually("the message that was lost says so", func() bool { return c.delivery(message, endpoint)["cause"] == "unconfirmed" })
	})
	t.Run("a topic goes two hours after its type", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		endpoint, _ := c.active(c.usr, hookURL)
		c.endpoints.answer(hookURL, 404, 404)
		message, _ := c.send()
		c.awaitDelivery(message, endpoint, "failed")
		c.call("DELETE", "/services/"+c.svc+"/event-types/"+c.typ, nil, 204)
		retry := func(want int) map[string]any {
			return c.call("POST", "/services/"+c.svc+"/messages/"+message+"/deliveries/"+endpoint+"/retry", nil, want)
		}
		retry(202)
		c.awaitDelivery(message, endpoint, "failed")
		topics := func() int {
			out, err := c.client.ListTopics(t.Context(), &awssns.ListTopicsInput{})
			if err != nil {
				t.Fatal(err)
			}
			return len(out.Topics)
		}
		c.clock.pass(time.Hour)
		if err := c.sns.Tick(t.Context(), true); err != nil || topics() != 1 {
			t.Fatal(err, topics())
		}
		c.clock.pass(time.Hour)
		if err := c.sns.Tick(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		c.eventually("the topic is gone", func() bool { return topics() == 0 })
		if why := retry(409)["detail"].(string); !strings.Contains(why, "topic is gone") {
			t.Fatal(why)
		}
	})
	t.Run("topics are as the outcome of deliveries needs them", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		_, sub := c.active(c.usr, hookURL)
		topic := c.subscription(sub)["sns"].(map[string]any)["topic_arn"].(string)
		a, err := c.client.GetTopicAttributes(t.Context(), &awssns.GetTopicAttributesInput{TopicArn: &topic})
		if err != nil {
			t.Fatal(err)
		}
		if a.Attributes["SignatureVersion"] != "2" || a.Attributes["HTTPSuccessFeedbackRoleArn"] == "" || a.Attributes["HTTPFailureFeedbackRoleArn"] == "" ||
			a.Attributes["HTTPSuccessFeedbackSampleRate"] != "100" || !strings.Contains(a.Attributes["DeliveryPolicy"], `"headerContentType":"application/json"`) {
			t.Errorf("%v", a.Attributes)
		}
		tags, err := c.client.ListTagsForResource(t.Context(), &awssns.ListTagsForResourceInput{ResourceArn: &topic})
		if err != nil || len(tags.Tags) != 3 || !strings.Contains(topic, ":webplug-test-"+c.typ+"-0") {
			t.Errorf("%v %v %s", err, tags, topic)
		}
	})
}

func TestSNSDelivery(t *testing.T) {
	t.Run("a retry by hand publishes to this endpoint alone", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		endpoint, _ := c.active(c.usr, hookURL)
		other, _ := c.active(c.usr, otherURL)
		c.endpoints.answer(hookURL, 404)
		message, _ := c.send()
		if d := c.awaitDelivery(message, endpoint, "failed"); d["cause"] != "http_404" || d["attempts"] != 1.0 {
			t.Fatalf("%v", d)
		}
		c.awaitDelivery(message, other, "delivered")
		c.call("POST", "/services/"+c.svc+"/messages/"+message+"/deliveries/"+endpoint+"/retry", nil, 202)
		if d := c.awaitDelivery(message, endpoint, "delivered"); d["attempts"] != 2.0 {
			t.Fatalf("%v", d)
		}
		if n := len(c.endpoints.arrived(otherURL, "Notification")); n != 1 {
			t.Fatalf("the other endpoint got it %d times", n)
		}
		first, second := c.endpoints.arrived(hookURL, "Notification")[0], c.endpoints.arrived(hookURL, "Notification")[1]
		if first.Message != second.Message || !strings.Contains(first.Message, `"id":"`+message+`"`) || !strings.Contains(first.Message, `"data":{"card":"4242"}`) {
			t.Fatalf("%v, then %v", first, second)
		}
	})
	t.Run("server errors and silence are SNS's to try again, as often as the policy says", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		endpoint, _ := c.active(c.usr, hookURL)
		c.endpoints.answer(hookURL, 503, 0, 503)
		message, _ := c.send()
		if d := c.awaitDelivery(message, endpoint, "failed"); d["cause"] != "http_503" || d["attempts"] != 3.0 {
			t.Fatalf("%v", d)
		}
		c.endpoints.answer(hookURL, 500, 429, 200)
		message, _ = c.send()
		if d := c.awaitDelivery(message, endpoint, "delivered"); d["attempts"] != 3.0 {
			t.Fatalf("%v", d)
		}
	})
	t.Run("410 pauses the endpoint", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		endpoint, _ := c.active(c.usr, hookURL)
		c.endpoints.answer(hookURL, 410)
		message, _ := c.send()
		c.awaitDelivery(message, endpoint, "failed")
		c.eventually("the endpoint is paused", func() bool {
			e := c.call("GET", "/services/"+c.svc+"/endpoints/"+endpoint, nil, 200)
			return e["status"] == "paused" && e["reason"] == "gone"
		})
	})
	t.Run("a test webhook goes by any subscription that is confirmed", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		endpoint, sub := c.subscribe(c.usr, hookURL)
		c.awaitSubscription(sub, "pending_confirmation")
		c.call("POST", "/services/"+c.svc+"/endpoints/"+endpoint+"/test", nil, 409)
		c.call("POST", "/services/"+c.svc+"/subscriptions/"+sub+"/confirm", map[string]any{"token": c.handshake(hookURL, 1).Token}, 200)
		message := c.call("POST", "/services/"+c.svc+"/endpoints/"+endpoint+"/test", nil, 202)["id"].(string)
		c.awaitDelivery(message, endpoint, "delivered")
	})
	t.Run("what SNS tells nothing of is failed after 75 minutes, until a report mends it", func(t *testing.T) {
		held := make(chan func() error, 1)
		c := newSNSWorld(t, func(w *snsWorld) { w.status = func(take func() error) error { held <- take; return nil } }).customer()
		endpoint, _ := c.active(c.usr, hookURL)
		message, _ := c.send()
		late := <-held
		c.eventually("it is published", func() bool { return slices.Contains(c.types(message), "MessagePublished") })
		c.clock.pass(76 * time.Minute)
		if err := c.sns.Tick(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if d := c.awaitDelivery(message, endpoint, "failed"); d["cause"] != "no_report" {
			t.Fatalf("%v", d)
		}
		if err := late(); err != nil {
			t.Fatal(err)
		}
		c.awaitDelivery(message, endpoint, "delivered")
	})
	t.Run("a report that fits no message is kept for a day, and then told", func(t *testing.T) {
		c := newSNSWorld(t, nil).customer()
		record := `{"notification":{"messageMD5Sum":"x","messageId":"y","topicArn":"z"},"delivery":{"destination":"http://a/","statusCode":500},"status":"FAILURE"}`
		for _, text := range []string{record, record, "not even JSON"} {
			if err := c.topics.reports.Take(t.Context(), []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		told := func() int {
			n := 0
			for _, e := range c.call("GET", "/history?type=ReportUnmatched", nil, 200)["data"].([]any) {
				if strings.HasPrefix(e.(map[string]any)["stream"].(string), "_/report_") {
					n++
				}
			}
			return n
		}
		c.clock.pass(23 * time.Hour)
		if err := c.sns.Tick(t.Context(), false); err != nil || told() != 0 {
			t.Fatal(err, told())
		}
		c.clock.pass(2 * time.Hour)
		for range 2 {
			if err := c.sns.Tick(t.Context(), false); err != nil || told() != 2 {
				t.Fatal(err, told())
			}
		}
	})
}
