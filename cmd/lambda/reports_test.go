package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/infra/stage"
	"webplug/projections"
)

const topicARN = "arn:aws:sns:eu-central-1:123456789012:webplug-test-typ_1-0"

// logged is a batch as CloudWatch Logs hands it to a function.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#LambdaFunctionExample
func logged(t *testing.T, kind string, records ...string) events.CloudwatchLogsEvent {
	t.Helper()
	data := events.CloudwatchLogsData{
		Owner: "123456789012", LogGroup: "sns/eu-central-1/123456789012/webplug-test-typ_1-0", LogStream: "a1b2",
		SubscriptionFilters: []string{"webplug"}, MessageType: kind,
	}
	for i, r := range records {
		data.LogEvents = append(data.LogEvents, events.CloudwatchLogsLogEvent{ID: fmt.Sprintf("3195310660696698337880902507980421114328961542429%d", i), Timestamp: time.Now().UnixMilli(), Message: r})
	}
	text, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, _ = z.Write(text)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return events.CloudwatchLogsEvent{AWSLogs: events.CloudwatchLogsRawData{Data: base64.StdEncoding.EncodeToString(out.Bytes())}}
}

// published notes, as the publisher does before it publishes, where a message's webhook goes, and gives its MD5.
func (b *bank) published(message string, endpoints ...int) (md5 string) {
	b.w.t.Helper()
	md5 = projections.MD5(b.body(message))
	mapping := projections.Mapping{Service: b.svc, Message: message, Targets: map[string]projections.MappedTarget{}}
	for _, n := range endpoints {
		mapping.Targets[topicARN+" "+b.url(n)] = projections.MappedTarget{EndpointID: b.endpoints[n]}
	}
	b.w.must(projections.NewMappings(b.w.store.Views(), time.Now).Add(b.w.t.Context(), true, map[string]projections.Mapping{md5: mapping}))
	return md5
}

// body is a message's webhook.
func (b *bank) body(message string) string {
	b.w.t.Helper()
	m, err := eventlog.Load[domain.Message](b.w.t.Context(), b.w.log, domain.MessageStream(b.svc, message))
	b.w.must(err)
	payload, err := b.w.log.Reveal(b.w.t.Context(), m.State.Accepted.Payload)
	b.w.must(err)
	return string(domain.Webhook(message, m.State.Accepted.EventName, m.State.AcceptedAt, payload))
}

// status is a record as SNS writes it (measured by others: https://github.com/aws/aws-sdk-js/issues/3113 has one).
func status(md5, url string, code int) string {
	word := "SUCCESS"
	if code >= 300 {
		word = "FAILURE"
	}
	return fmt.Sprintf(`{"notification":{"messageMD5Sum":%q,"messageId":"f3a2","topicArn":%q,"timestamp":"2026-11-24 15:52:51.904"},`+
		`"delivery":{"deliveryId":"d-%s-%d","destination":%q,"providerResponse":"OK","dwellTimeMs":47,"attempts":1,"statusCode":%d},"status":%q}`,
		md5, topicARN, url, code, url, code, word)
}

func TestReportsBecomeOutcomesAndTheUnknownWaits(t *testing.T) {
	w := newWorld(t)
	b := w.bank(domain.StandardWebhooks, 2)
	message := b.publish()
	md5 := b.published(message, 0, 1)
	w.invoke(stage.Reports, logged(t, "CONTROL_MESSAGE", "CWL CONTROL MESSAGE: Checking health of destination Firehose."), nil)
	odd := []string{
		"no JSON at all", `{"delivery":7}`, `{}`, `{"notification":{"messageMD5Sum":"` + strings.Repeat("0", 32) + `"},"status":"SUCCESS","new":{"field":[1]}}`,
	}
	batch := logged(t, "DATA_MESSAGE", append(odd, status(md5, b.url(0), 200), status(md5, b.url(1), 403))...)
	w.invoke(stage.Reports, batch, nil)
	w.invoke(stage.Reports, batch, nil) // CloudWatch Logs may hand it on twice
	if d := b.delivery(message, b.endpoints[0]); d.Status() != domain.Delivered || d.Attempts != 1 {
		t.Errorf("the first delivery is %s after %d attempts", d.Status(), d.Attempts)
	}
	if d := b.delivery(message, b.endpoints[1]); d.Status() != domain.Failed || d.Attempts != 1 {
		t.Errorf("the second delivery is %s after %d attempts", d.Status(), d.Attempts)
	}
	waiting, err := w.store.Views().List(t.Context(), projections.Beside, projections.ListQuery{View: projections.ViewReports, List: "reports", Limit: 100})
	w.must(err)
	if len(waiting) != len(odd) {
		t.Errorf("%d reports wait for their message, want %d", len(waiting), len(odd))
	}
}

func TestAnUnreadableBatchIsToldAndDoesNotComeAgain(t *testing.T) {
	w := newWorld(t)
	w.invoke(stage.Reports, []byte(`{"awslogs":{"data":"bm8gZ3ppcA=="}}`), nil)
	w.until("the operator is told", func() bool { return w.output.says("a batch of log records cannot be read") })
}

// Lambda gives a batch again that ended with an error; a report that cannot be recorded keeps no other back.
func TestAReportThatCannotBeRecordedNowComesAgainWithItsBatch(t *testing.T) {
	w := newWorld(t)
	b := w.bank(domain.StandardWebhooks, 2)
	slow, fast := b.publish(), b.publish()
	batch := logged(t, "DATA_MESSAGE", status(b.published(slow, 0), b.url(0), 200), status(b.published(fast, 1), b.url(1), 200))
	w.invoke(stage.Reports, logged(t, "CONTROL_MESSAGE", ""), nil)
	w.cloud.SetFault(throttled("Query", slow))
	if err := invokeAs(t.Context(), w.function(stage.Reports), batch, nil); err == nil {
		t.Error("the invocation succeeds though a report is lost")
	}
	if d := b.delivery(fast, b.endpoints[1]); d.Status() != domain.Delivered {
		t.Errorf("the other delivery is %s", d.Status())
	}
	w.cloud.SetFault(nil)
	w.invoke(stage.Reports, batch, nil)
	if d := b.delivery(slow, b.endpoints[0]); d.Status() != domain.Delivered {
		t.Errorf("the delivery is %s", d.Status())
	}
}
