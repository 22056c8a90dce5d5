package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	v2 "github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/infra/stage"
	"webplug/projections"
)

// queuesOf is SQS with the stage's three queues, as far as the schedule uses it: what is sent is kept, and dead letters are
// what the test puts there. How SQS itself behaves is asked of moto (infra/sqs).
type queuesOf struct {
	mu      sync.Mutex
	sent    map[string][]string // bodies, by the queue's name
	letters []letter
	changes map[string]int // seconds that letters were put off
}

type letter struct {
	Handle string
	Body   string
	Sent   time.Time
	Hidden bool
}

func (q *queuesOf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		QueueURL          string `json:"QueueUrl"`
		ReceiptHandle     string
		VisibilityTimeout int
		Entries           []struct{ Id, MessageBody string }
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	out := map[string]any{}
	_, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch action {
	case "SendMessageBatch":
		name := in.QueueURL[strings.LastIndex(in.QueueURL, "-")+1:]
		var taken []map[string]string
		for _, e := range in.Entries {
			q.sent[name] = append(q.sent[name], e.MessageBody)
			taken = append(taken, map[string]string{"Id": e.Id, "MessageId": e.Id, "MD5OfMessageBody": projections.MD5(e.MessageBody)})
		}
		out["Successful"] = taken
	case "ReceiveMessage":
		var messages []map[string]any
		for i, l := range q.letters {
			if !l.Hidden {
				q.letters[i].Hidden = true
				messages = append(messages, map[string]any{
					"MessageId": l.Handle, "ReceiptHandle": l.Handle, "Body": l.Body, "MD5OfBody": projections.MD5(l.Body),
					"Attributes": map[string]string{"SentTimestamp": strconv.FormatInt(l.Sent.UnixMilli(), 10)},
				})
			}
		}
		out["Messages"] = messages
	case "DeleteMessage":
		q.letters = slices.DeleteFunc(q.letters, func(l letter) bool { return l.Handle == in.ReceiptHandle })
	case "ChangeMessageVisibility":
		q.changes[in.ReceiptHandle] = in.VisibilityTimeout
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(out)
}

// queues lets the world have queues.
func (w *world) queues() *queuesOf {
	q := &queuesOf{sent: map[string][]string{}, changes: map[string]int{}}
	w.cloud.Serve("sqs", q)
	return q
}

// wakes are the attempts that were asked for, and forgets them.
func (q *queuesOf) wakes(t *testing.T) (out []projections.Wake) {
	t.Helper()
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, body := range q.sent["attempts"] {
		var w projections.Wake
		if err := v2.Unmarshal([]byte(body), &w); err != nil {
			t.Fatal(err)
		}
		out = append(out, w)
	}
	delete(q.sent, "attempts")
	return out
}

func (q *queuesOf) tasks(t *testing.T) (out []projections.Task) {
	t.Helper()
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, body := range q.sent["work"] {
		var w projections.Task
		if err := v2.Unmarshal([]byte(body), &w); err != nil {
			t.Fatal(err)
		}
		out = append(out, w)
	}
	delete(q.sent, "work")
	return out
}

// tick is what EventBridge Scheduler sends each minute.
var tick = []byte(`{"version":"0","id":"53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa","detail-type":"Scheduled Event","source":"aws.scheduler","detail":"{}"}`)

func TestTheScheduleDoesEveryStepOnAnEmptyStage(t *testing.T) {
	w := newWorld(t)
	w.queues()
	w.invoke(stage.Schedule, tick, nil)
	w.invoke(stage.Schedule, tick, nil)
}

// A step that fails is told by its name, and keeps no other back.
func TestAStepThatFailsKeepsNoOtherBack(t *testing.T) {
	w := newWorld(t)
	q := w.queues()
	b := w.bank(domain.StandardWebhooks, 1)
	message := b.publish()
	b.fail(message, b.endpoints[0], time.Now().Add(-4*time.Minute-time.Second))
	w.invoke(stage.Views, w.batch(), nil)
	w.cloud.SetFault(throttled("ReceiveMessage", "dead-letters"))
	err := invokeAs(t.Context(), w.function(stage.Schedule), tick, nil)
	if err == nil || !strings.Contains(err.Error(), "what SNS could not deliver") {
		t.Errorf("the invocation says %v", err)
	}
	if got := q.wakes(t); len(got) != 1 || got[0].Message != message {
		t.Errorf("attempts that were asked for: %v", got)
	}
}

// fail records that the first attempt of a delivery failed, and when the next one is due.
func (b *bank) fail(message, endpoint string, next time.Time) {
	b.w.t.Helper()
	b.w.command(eventlog.On(domain.DeliveryStream(b.svc, message, endpoint), domain.RecordReport{
		Report: domain.Report{AttemptID: "att_" + b.w.log.NewID(), StatusCode: 503, Cause: domain.CauseOfStatus(503), At: time.Now().Add(-time.Hour)},
		Next:   next,
	}))
}

func TestOverdueAttemptsAreAskedForAgain(t *testing.T) {
	w := newWorld(t)
	q := w.queues()
	b := w.bank(domain.StandardWebhooks, 3)
	message := b.publish()
	b.fail(message, b.endpoints[0], time.Now().Add(-4*time.Minute-time.Second)) // overdue
	b.fail(message, b.endpoints[1], time.Now().Add(-time.Minute))               // its queue may be a little behind
	b.fail(message, b.endpoints[2], time.Now().Add(time.Hour))                  // planned
	w.invoke(stage.Views, w.batch(), nil)
	w.invoke(stage.Schedule, tick, nil)
	got := q.wakes(t)
	if len(got) != 1 || len(got[0].To) != 1 || got[0].To[0].Endpoint != b.endpoints[0] || got[0].To[0].Plan != b.delivery(message, b.endpoints[0]).Plan {
		t.Errorf("attempts that were asked for: %+v", got)
	}
}

// undelivered is what SNS's dead-letter queue has of a webhook (measured by others, see infra/snslocal).
func undelivered(messageID, body, subscription string) string {
	text, _ := json.Marshal(map[string]string{
		"Type": "Notification", "MessageId": messageID, "TopicArn": topicARN, "Message": body, "Timestamp": "2026-11-24T16:00:00.000Z",
		"SignatureVersion": "2", "Signature": "x", "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/x.pem",
		"UnsubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=" + subscription,
	})
	return string(text)
}

func TestDeadLettersOfSNSBecomeTheSameOutcomes(t *testing.T) {
	w := newWorld(t)
	q := w.queues()
	b := w.bank(domain.SNS, 2)
	links := b.confirm()
	message := b.publish()
	md5 := b.published(message, 0, 1)
	body := b.body(message)
	now := time.Now()
	q.letters = []letter{
		{Handle: "fresh", Body: undelivered("m1", body, links[0].SubscriptionARN), Sent: now.Add(-time.Minute)},
		{Handle: "old", Body: undelivered("m1", body, links[1].SubscriptionARN), Sent: now.Add(-6 * time.Minute)},
		{Handle: "strange", Body: "no envelope", Sent: now.Add(-6 * time.Minute)},
		{Handle: "forgotten", Body: "no envelope, for a day", Sent: now.Add(-25 * time.Hour)},
	}
	w.invoke(stage.Schedule, tick, nil)
	if d := b.delivery(message, b.endpoints[1]); d.Status() != domain.Failed || d.Cause != domain.CauseNoAnswer {
		t.Errorf("the delivery is %s, %s", d.Status(), d.Cause)
	}
	if d := b.delivery(message, b.endpoints[0]); d.Status() != domain.Pending {
		t.Errorf("a letter waits for the record that has the status, but the delivery is %s", d.Status())
	}
	var left []string
	for _, l := range q.letters {
		left = append(left, l.Handle)
	}
	if !slices.Equal(left, []string{"fresh", "strange"}) || q.changes["fresh"] < 200 || q.changes["strange"] < 600 {
		t.Errorf("left are %v, put off %v", left, q.changes)
	}
	// The record comes after all: it is a further attempt of a delivery that has failed.
	w.invoke(stage.Reports, logged(t, "DATA_MESSAGE", status(md5, b.url(0), 200)), nil)
	q.mu.Lock()
	q.letters = []letter{{Handle: "late", Body: undelivered("m1", body, links[0].SubscriptionARN), Sent: now.Add(-6 * time.Minute)}}
	q.mu.Unlock()
	w.invoke(stage.Schedule, tick, nil)
	if d := b.delivery(message, b.endpoints[0]); d.Status() != domain.Delivered || d.Attempts != 1 {
		t.Errorf("a letter of what was delivered changes it to %s after %d attempts", d.Status(), d.Attempts)
	}
}

func TestAReportThatWaitedIsMatchedByTheSchedule(t *testing.T) {
	w := newWorld(t)
	w.queues()
	b := w.bank(domain.StandardWebhooks, 1)
	message := b.publish()
	record := status(projections.MD5(b.body(message)), b.url(0), 200)
	w.invoke(stage.Reports, logged(t, "DATA_MESSAGE", record), nil)
	if d := b.delivery(message, b.endpoints[0]); d.Status() != domain.Pending {
		t.Fatalf("the delivery is %s before its mapping is there", d.Status())
	}
	b.published(message, 0)
	w.invoke(stage.Schedule, tick, nil)
	if d := b.delivery(message, b.endpoints[0]); d.Status() != domain.Delivered {
		t.Errorf("the delivery is %s", d.Status())
	}
}

func TestPendingHandshakesAndDriftAreAskedFor(t *testing.T) {
	w := newWorld(t)
	q := w.queues()
	b := w.bank(domain.SNS, 2)
	b.confirm()
	other := w.bank(domain.SNS, 1) // not confirmed
	w.invoke(stage.Views, w.batch(), nil)
	w.invoke(stage.Schedule, tick, nil)
	var drift, pending []string
	for _, task := range q.tasks(t) {
		if task.Kind != projections.TaskReconcile {
			t.Errorf("asked for %+v", task)
		}
		if task.Drift {
			drift = append(drift, task.ID)
		} else {
			pending = append(pending, task.ID)
		}
	}
	want := append(slices.Concat(b.endpoints, other.endpoints), b.typ, other.typ)
	slices.Sort(want)
	slices.Sort(drift)
	if !slices.Equal(drift, want) {
		t.Errorf("once an hour everything is looked at: %v, want %v", drift, want)
	}
	if !slices.Equal(pending, other.endpoints) {
		t.Errorf("each minute what is pending is looked at: %v, want %v", pending, other.endpoints)
	}
	w.invoke(stage.Schedule, tick, nil)
	for _, task := range q.tasks(t) {
		if task.Drift {
			t.Errorf("within the hour again: %+v", task)
		}
	}
}

// confirm has all endpoints' subscriptions confirmed by SNS, and gives them.
func (b *bank) confirm() (links []domain.Link) {
	b.w.t.Helper()
	for n, id := range b.endpoints {
		link := domain.Link{TopicARN: topicARN, SubscriptionARN: topicARN + ":" + strconv.Itoa(n), Slot: "00000000000" + strconv.Itoa(n), URL: b.url(n)}
		b.w.command(eventlog.On(domain.EndpointStream(b.svc, id), domain.RecordConfirmation{EventTypeID: b.typ, Link: link}))
		links = append(links, link)
	}
	return links
}

func TestJobsAreDoneInSlices(t *testing.T) {
	w := newWorld(t)
	w.queues()
	w.stream()
	b := w.bank(domain.StandardWebhooks, 1)
	message := b.publish()
	b.w.command(eventlog.On(domain.DeliveryStream(b.svc, message, b.endpoints[0]), domain.RecordReport{
		Report: domain.Report{AttemptID: "att_1", StatusCode: 403, Cause: domain.CauseOfStatus(403), At: time.Now()}, Last: true,
	}))
	at := "/v1/services/" + b.svc
	w.until("it is among the dead letters", func() bool { return strings.Contains(w.ask("GET", at+"/dead-letters", "").Body, message) })
	job := w.do(202, "POST", at+"/dead-letters/retry", `{"filter":{}}`)["job_id"].(string)
	w.until("the job is done", func() bool {
		w.invoke(stage.Schedule, tick, nil)
		return w.do(200, "GET", at+"/jobs/"+job, "")["status"] == "finished"
	})
	if d := b.delivery(message, b.endpoints[0]); d.Status() != domain.Pending {
		t.Errorf("the delivery is %s", d.Status())
	}
}
