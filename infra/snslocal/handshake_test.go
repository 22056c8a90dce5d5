package snslocal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"webplug/infra/snslocal"
)

func (w *world) attributes(arn string) map[string]string {
	w.Helper()
	out, err := w.sns.GetSubscriptionAttributes(w.Context(), &sns.GetSubscriptionAttributesInput{SubscriptionArn: &arn})
	if err != nil {
		w.Fatal(err)
	}
	return out.Attributes
}

func TestHandshake(t *testing.T) {
	t.Run("the endpoint is sent what AWS documents", func(t *testing.T) {
		w := start(t, nil)
		topic := w.topic(nil)
		w.subscribe(topic, nil)
		r := w.got("SubscriptionConfirmation", 1)
		e := r.envelope(t)
		for _, name := range []string{"Type", "MessageId", "Token", "TopicArn", "Message", "SubscribeURL", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL"} {
			if e[name] == "" || e[name] == nil {
				t.Errorf("no %s in %s", name, r.Body)
			}
		}
		if len(e) != 10 || e["SignatureVersion"] != "1" {
			t.Errorf("%s", r.Body)
		}
		h := r.Header
		if h.Get("X-Amz-Sns-Message-Id") != e["MessageId"] || h.Get("X-Amz-Sns-Topic-Arn") != topic || h.Get("Content-Type") != "text/plain; charset=UTF-8" ||
			h.Get("X-Amz-Sns-Subscription-Arn") != "" || h.Get("User-Agent") != "Amazon Simple Notification Service Agent" {
			t.Errorf("%v", h)
		}
	})
	t.Run("visiting the SubscribeURL confirms, without credentials", func(t *testing.T) {
		w := start(t, nil)
		topic := w.topic(nil)
		arn := w.subscribe(topic, nil)
		if w.attributes(arn)["PendingConfirmation"] != "true" {
			t.Fatal("it is not pending")
		}
		url := w.got("SubscriptionConfirmation", 1).envelope(t)["SubscribeURL"].(string)
		for range 2 { // repeated it is the same
			status, body := w.visit(url)
			if status != http.StatusOK || !strings.Contains(body, "<ConfirmSubscriptionResult><SubscriptionArn>"+arn+"</SubscriptionArn>") {
				t.Fatalf("%d %s", status, body)
			}
		}
		if a := w.attributes(arn); a["PendingConfirmation"] != "false" || a["ConfirmationWasAuthenticated"] != "false" {
			t.Fatalf("%v", a)
		}
		unsubscribe := strings.Replace(url[:strings.Index(url, "?")], "?", "", 1) + "?Action=Unsubscribe&SubscriptionArn=" + arn
		if status, body := w.visit(unsubscribe); status != http.StatusOK {
			t.Fatalf("whoever has the envelope may end it: %d %s", status, body)
		}
	})
	t.Run("confirmed by a signed request it cannot be ended without credentials", func(t *testing.T) {
		w := start(t, nil)
		topic := w.topic(nil)
		arn := w.confirmed(topic, nil)
		if w.attributes(arn)["ConfirmationWasAuthenticated"] != "true" {
			t.Fatal("it was not authenticated")
		}
		if status, _ := w.visit(w.public.URL + "/sns/?Action=Unsubscribe&SubscriptionArn=" + arn); status != http.StatusForbidden {
			t.Fatalf("%d", status)
		}
		for range 2 {
			if _, err := w.sns.Unsubscribe(t.Context(), &sns.UnsubscribeInput{SubscriptionArn: &arn}); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("another token is refused", func(t *testing.T) {
		w := start(t, nil)
		topic := w.topic(nil)
		w.subscribe(topic, nil)
		_, err := w.sns.ConfirmSubscription(t.Context(), &sns.ConfirmSubscriptionInput{TopicArn: &topic, Token: aws.String("2336412f37")})
		if code(err) != "InvalidParameter" {
			t.Fatal(err)
		}
	})
	t.Run("a token lives two days, and the subscription with it", func(t *testing.T) {
		clock := &clock{now: time.Now()}
		w := start(t, func(o *snslocal.Options) { o.Now = clock.Now })
		topic := w.topic(nil)
		arn := w.subscribe(topic, nil)
		token := w.got("SubscriptionConfirmation", 1).envelope(t)["Token"].(string)
		clock.pass(48 * time.Hour)
		_, err := w.sns.ConfirmSubscription(t.Context(), &sns.ConfirmSubscriptionInput{TopicArn: &topic, Token: &token})
		if code(err) != "InvalidParameter" {
			t.Fatal(err)
		}
		_, err = w.sns.GetSubscriptionAttributes(t.Context(), &sns.GetSubscriptionAttributesInput{SubscriptionArn: &arn})
		if code(err) != "NotFound" {
			t.Fatal(err)
		}
	})
	t.Run("subscribed again while it is pending it is sent a further token, and either is good", func(t *testing.T) {
		w := start(t, nil)
		topic := w.topic(nil)
		arn := w.subscribe(topic, nil)
		if again := w.subscribe(topic, nil); again != arn {
			t.Fatalf("%s, then %s", arn, again)
		}
		tokens := map[string]bool{}
		for n := 1; n <= 2; n++ {
			tokens[w.got("SubscriptionConfirmation", n).envelope(t)["Token"].(string)] = true
		}
		for token := range tokens {
			out, err := w.sns.ConfirmSubscription(t.Context(), &sns.ConfirmSubscriptionInput{TopicArn: &topic, Token: &token})
			if err != nil || *out.SubscriptionArn != arn {
				t.Fatal(err)
			}
		}
		if len(tokens) != 2 {
			t.Fatal("the same token twice")
		}
	})
	t.Run("with other attributes it is refused", func(t *testing.T) {
		w := start(t, nil)
		topic := w.topic(nil)
		w.subscribe(topic, map[string]string{"FilterPolicy": `{"to":["1"]}`})
		_, err := w.sns.Subscribe(t.Context(), &sns.SubscribeInput{
			TopicArn: &topic, Protocol: aws.String("http"), Endpoint: aws.String(w.endpoint.URL + "/hook"), Attributes: map[string]string{"FilterPolicy": `{"to":["2"]}`},
		})
		if code(err) != "InvalidParameter" || !strings.Contains(err.Error(), "different attributes") {
			t.Fatal(err)
		}
	})
	t.Run("what has no credentials may do nothing else", func(t *testing.T) {
		w := start(t, nil)
		if status, body := w.visit(w.public.URL + "/sns/?Action=CreateTopic&Name=x"); status != http.StatusForbidden || !strings.Contains(body, "AuthorizationError") {
			t.Fatalf("%d %s", status, body)
		}
	})
}
