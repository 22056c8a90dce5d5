package snslocal_test

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // the record's own sum
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/infra/snslocal"
)

// logged are the attributes of a topic whose deliveries are logged, and retried at once.
func logged(retries int) map[string]string {
	return map[string]string{
		"HTTPSuccessFeedbackRoleArn": "arn:aws:iam::000000000000:role/r", "HTTPFailureFeedbackRoleArn": "arn:aws:iam::000000000000:role/r",
		"SignatureVersion": "2",
		"DeliveryPolicy": fmt.Sprintf(`{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":%d,"numNoDelayRetries":%d,`+
			`"numMinDelayRetries":0,"numMaxDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,`+
			`"defaultRequestPolicy":{"headerContentType":"application/json"}}}`, retries, retries),
	}
}

func TestNotification(t *testing.T) {
	t.Run("is what AWS documents", func(t *testing.T) {
		w := start(t, nil)
		topic := w.topic(logged(0))
		arn := w.confirmed(topic, nil)
		text := `{"id":"msg_1","data":{"html":"<b>&</b>","big":12345678901234567890}}`
		id := w.publish(topic, text, "17", "4711")
		r := w.got("Notification", 1)
		e := r.envelope(t)
		if e["MessageId"] != id || e["Message"] != text || e["TopicArn"] != topic || e["SignatureVersion"] != "2" || e["Type"] != "Notification" {
			t.Errorf("%s", r.Body)
		}
		if _, there := e["Subject"]; there || !strings.Contains(e["UnsubscribeURL"].(string), "Action=Unsubscribe") {
			t.Errorf("%s", r.Body)
		}
		want := map[string]any{"to": map[string]any{"Type": "String.Array", "Value": `["17","4711"]`}}
		if fmt.Sprint(e["MessageAttributes"]) != fmt.Sprint(want) {
			t.Errorf("%v", e["MessageAttributes"])
		}
		if h := r.Header; h.Get("X-Amz-Sns-Subscription-Arn") != arn || h.Get("X-Amz-Sns-Message-Id") != id || h.Get("Content-Type") != "application/json" {
			t.Errorf("%v", h)
		}
		if _, err := time.Parse("2006-01-02T15:04:05.000Z", e["Timestamp"].(string)); err != nil {
			t.Error(err)
		}
	})
	t.Run("goes only to slots that it names", func(t *testing.T) {
		w := start(t, nil)
		topic := w.topic(nil)
		w.confirmed(topic, map[string]string{"FilterPolicy": `{"to":["4711"]}`})
		w.publish(topic, "for others", "17")
		w.publish(topic, "for nobody")
		w.publish(topic, "for it", "17", "4711")
		if e := w.got("Notification", 1).envelope(t); e["Message"] != "for it" {
			t.Fatalf("%v", e)
		}
	})
	t.Run("raw is the message alone", func(t *testing.T) {
		w := start(t, nil)
		topic := w.topic(nil)
		w.confirmed(topic, map[string]string{"RawMessageDelivery": "true"})
		w.publish(topic, "as it is")
		r := w.got("Notification", 1)
		if string(r.Body) != "as it is" || r.Header.Get("X-Amz-Sns-Rawdelivery") != "true" {
			t.Fatalf("%s %v", r.Body, r.Header)
		}
	})
	t.Run("never goes to one that is not confirmed", func(t *testing.T) {
		w := start(t, nil)
		topic := w.topic(nil)
		w.subscribe(topic, nil)
		w.publish(topic, "too early")
		w.confirmed(topic, nil)
		w.publish(topic, "in time")
		if e := w.got("Notification", 1).envelope(t); e["Message"] != "in time" {
			t.Fatalf("%v", e)
		}
	})
}

func TestPublishBatch(t *testing.T) {
	w := start(t, nil)
	topic := w.topic(nil)
	w.confirmed(topic, nil)
	entry := func(id, text string) types.PublishBatchRequestEntry {
		return types.PublishBatchRequestEntry{Id: &id, Message: &text}
	}
	out, err := w.sns.PublishBatch(t.Context(), &sns.PublishBatchInput{
		TopicArn: &topic, PublishBatchRequestEntries: []types.PublishBatchRequestEntry{entry("a", "one"), entry("b", strings.Repeat("x", 300<<10)), entry("c", "three")},
	})
	if err != nil || len(out.Successful) != 2 || len(out.Failed) != 1 || *out.Failed[0].Id != "b" || !out.Failed[0].SenderFault {
		t.Fatalf("%v %+v", err, out)
	}
	w.got("Notification", 2)
	var eleven []types.PublishBatchRequestEntry
	for i := range 11 {
		eleven = append(eleven, entry(fmt.Sprint(i), "x"))
	}
	for want, entries := range map[string][]types.PublishBatchRequestEntry{
		"TooManyEntriesInBatchRequest": eleven,
		"BatchEntryIdsNotDistinct":     {entry("a", "x"), entry("a", "y")},
		"BatchRequestTooLong":          {entry("a", strings.Repeat("x", 200<<10)), entry("b", strings.Repeat("x", 200<<10))},
	} {
		_, err := w.sns.PublishBatch(t.Context(), &sns.PublishBatchInput{TopicArn: &topic, PublishBatchRequestEntries: entries})
		if !strings.HasPrefix(code(err), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestStatusRecords(t *testing.T) {
	const text = "a message"
	sum := md5.Sum([]byte(text)) //nolint:gosec // as above
	run := func(t *testing.T, change func(*snslocal.Options), retries int, statuses ...int) []string {
		w := start(t, change)
		w.status.fail = 1 // told again when nobody took it
		topic := w.topic(logged(retries))
		w.confirmed(topic, nil)
		w.endpoint.answer(statuses...)
		id := w.publish(topic, text)
		w.got("Notification", len(statuses))
		eventually(t, "a record", func() bool { return len(w.status.list()) > 0 })
		shape := regexp.MustCompile(`^\{"notification":\{"messageMD5Sum":"` + hex.EncodeToString(sum[:]) + `","messageId":"` + id + `","topicArn":"` + topic +
			`","timestamp":"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"\},"delivery":\{"deliveryId":"[0-9a-f-]{36}","destination":"` + regexp.QuoteMeta(w.endpoint.URL) +
			`/hook","providerResponse":"[^"]*","dwellTimeMs":\d+,"attempts":\d+,"statusCode":\d{3}\},"status":"(SUCCESS|FAILURE)"\}$`)
		for _, r := range w.status.list() {
			if !shape.MatchString(r) {
				t.Errorf("%s\nis not as\n%s", r, shape)
			}
		}
		return w.status.list()
	}
	has := func(t *testing.T, records []string, parts ...string) {
		t.Helper()
		if len(records) != 1 {
			t.Fatalf("%v", records)
		}
		for _, p := range parts {
			if !strings.Contains(records[0], p) {
				t.Errorf("no %s in %s", p, records[0])
			}
		}
	}
	t.Run("of a success", func(t *testing.T) {
		has(t, run(t, nil, 2, 201), `"attempts":1,"statusCode":201`, "SUCCESS", "answered Created")
	})
	t.Run("of a success after server errors and 429", func(t *testing.T) {
		has(t, run(t, nil, 3, 500, 429, 200), `"attempts":3,"statusCode":200`, "SUCCESS")
	})
	t.Run("of the policy's last attempt", func(t *testing.T) {
		has(t, run(t, nil, 2, 503, 503, 503), `"attempts":3,"statusCode":503`, "FAILURE")
	})
	t.Run("of a client error, which is final", func(t *testing.T) {
		has(t, run(t, nil, 2, 404), `"attempts":1,"statusCode":404`, "FAILURE")
	})
	t.Run("of a redirect, which is not followed", func(t *testing.T) { has(t, run(t, nil, 2, 302), `"statusCode":302`, "FAILURE") })
}

func TestDeadLetter(t *testing.T) {
	letters := make(chan string, 1)
	w := start(t, func(o *snslocal.Options) {
		o.DeadLetter = func(_ context.Context, queue string, body []byte) error {
			letters <- queue + " " + string(body)
			return nil
		}
	})
	topic := w.topic(nil)
	w.confirmed(topic, map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead"}`})
	w.endpoint.answer(400)
	w.publish(topic, "refused")
	if letter := <-letters; !strings.HasPrefix(letter, "arn:aws:sqs:us-east-1:000000000000:dead {") || !strings.Contains(letter, `"Message": "refused"`) {
		t.Fatal(letter)
	}
}

// What was acknowledged survives a crash that loses everything that is not synced.
func TestSurvivesACrash(t *testing.T) {
	disk := vfs.NewCrashableMem()
	o := snslocal.Options{Dir: "sns", FS: disk, PublicURL: "http://127.0.0.1/sns", Now: time.Now, Random: rand.Reader, Key: bytes.Repeat([]byte{7}, 32)}
	before, err := snslocal.Open(o) // it does not run: nothing is delivered
	if err != nil {
		t.Fatal(err)
	}
	e := newEndpoint(t)
	w := &world{T: t, server: before, endpoint: e, sns: client(before.RoundTripper(), "http://sns.local"), status: &records{}}
	topic := w.topic(nil)
	arn := w.subscribe(topic, nil)
	o.FS = disk.CrashClone(vfs.CrashCloneCfg{})
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	w.server = open(t, o)
	w.sns = client(w.server.RoundTripper(), "http://sns.local")
	other := o
	other.FS, other.Key = disk.CrashClone(vfs.CrashCloneCfg{}), bytes.Repeat([]byte{8}, 32)
	if _, err := snslocal.Open(other); !errors.Is(err, snslocal.ErrOtherKey) {
		t.Errorf("with another key: %v", err)
	}
	token := w.got("SubscriptionConfirmation", 1).envelope(t)["Token"].(string)
	out, err := w.sns.ConfirmSubscription(t.Context(), &sns.ConfirmSubscriptionInput{TopicArn: &topic, Token: &token})
	if err != nil || *out.SubscriptionArn != arn {
		t.Fatal(err)
	}
	w.publish(topic, "still there")
	w.got("Notification", 1)
}

func TestRefusals(t *testing.T) {
	w := start(t, func(o *snslocal.Options) {
		o.CheckURL = func(_ context.Context, url string) error {
			if strings.Contains(url, "internal") {
				return fmt.Errorf("leads to an address that is not public")
			}
			return nil
		}
	})
	topic := w.topic(nil)
	subscribe := func(protocol, url string, attributes map[string]string) error {
		_, err := w.sns.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: &topic, Protocol: &protocol, Endpoint: &url, Attributes: attributes})
		return err
	}
	for name, err := range map[string]error{
		"another scheme":         subscribe("https", "http://a.example/", nil),
		"an internal address":    subscribe("http", "http://internal/", nil),
		"no filter policy":       subscribe("http", "http://a.example/", map[string]string{"FilterPolicy": `{"to":"1"}`}),
		"no delivery policy":     subscribe("http", "http://a.example/", map[string]string{"DeliveryPolicy": `{"healthyRetryPolicy":{"numRetries":101}}`}),
		"retries over an hour":   subscribe("http", "http://a.example/", map[string]string{"DeliveryPolicy": `{"healthyRetryPolicy":{"numRetries":4,"numMaxDelayRetries":4,"maxDelayTarget":1000}}`}),
		"an unknown attribute":   subscribe("http", "http://a.example/", map[string]string{"Colour": "red"}),
		"a queue that is no ARN": subscribe("http", "http://a.example/", map[string]string{"RedrivePolicy": `{"deadLetterTargetArn":"q"}`}),
	} {
		if code(err) != "InvalidParameter" {
			t.Errorf("%s: %v", name, err)
		}
	}
	missing := topic + "x"
	if _, err := w.sns.Publish(t.Context(), &sns.PublishInput{TopicArn: &missing, Message: aws.String("x")}); code(err) != "NotFound" {
		t.Error(err)
	}
	if _, err := w.sns.DeleteTopic(t.Context(), &sns.DeleteTopicInput{TopicArn: &missing}); err != nil {
		t.Errorf("deleting is repeatable: %v", err)
	}
}
