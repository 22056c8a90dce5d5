package main

import (
	"bytes"
	"crypto/md5" //nolint:gosec // what SQS answers
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/go-json-experiment/json"

	"webplug/domain"
	"webplug/projections"
)

// topics is SNS: the local one, which makes the requests to endpoints, and in front of it what that one does not have, a
// subscription of the attempts queue to each topic.
type topics struct {
	local    http.Handler
	meter    *meter
	attempts *queue
}

const queueSubscription = "arn:aws:sns:us-east-1:000000000000:attempts"

// ServeHTTP answers a call.
func (t *topics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	role, begun := caller(r), time.Now()
	defer t.meter.waited(role, begun, waitSNS)
	action := form.Get("Action")
	if form.Get("Protocol") == "sqs" || form.Get("SubscriptionArn") == queueSubscription {
		_, _ = fmt.Fprintf(w, "<%sResponse><%sResult><SubscriptionArn>%s</SubscriptionArn><Attributes></Attributes></%sResult></%sResponse>", action, action, queueSubscription, action, action)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	t.local.ServeHTTP(w, r)
	if action == "PublishBatch" || action == "Publish" {
		t.published(form)
		return
	}
	t.meter.note(func(u *usage) { u.otherCalls["sns "+action]++ })
}

// published counts a publish, and gives the queue what is for it.
func (t *topics) published(form url.Values) {
	size := 0
	for i := 1; ; i++ {
		at := fmt.Sprintf("PublishBatchRequestEntries.member.%d.", i)
		if !form.Has(at + "Id") {
			break
		}
		message := form.Get(at + "Message")
		size += len(message)
		attributes := map[string]events.SQSMessageAttribute{}
		for n := 1; form.Has(fmt.Sprintf("%sMessageAttributes.entry.%d.Name", at, n)); n++ {
			entry := fmt.Sprintf("%sMessageAttributes.entry.%d.", at, n)
			value := form.Get(entry + "Value.StringValue")
			attributes[form.Get(entry+"Name")] = events.SQSMessageAttribute{DataType: form.Get(entry + "Value.DataType"), StringValue: &value}
			size += len(form.Get(entry+"Name")) + len(value)
		}
		var to []string
		if slots := attributes[projections.AttributeTo].StringValue; slots != nil {
			_ = json.Unmarshal([]byte(*slots), &to) // the local SNS has refused what is none
		}
		if slices.Contains(to, domain.QueueSlot) {
			t.attempts.put(message, attributes, 0)
			t.meter.note(func(u *usage) { u.sqsCalls += chunks(len(message)) })
		}
	}
	t.meter.note(func(u *usage) { u.publishes += chunks(size) })
}

// chunks is how many requests AWS bills for so many bytes.
func chunks(size int) int { return max(1, (size+64<<10-1)/(64<<10)) }

// queue is one of SQS, as its event source mapping sees it.
type queue struct {
	mu     sync.Mutex
	number int
	all    []queued
}

type queued struct {
	message events.SQSMessage
	due     time.Time
}

func (q *queue) put(body string, attributes map[string]events.SQSMessageAttribute, delay time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.number++
	q.all = append(q.all, queued{events.SQSMessage{
		MessageId: strconv.Itoa(q.number), ReceiptHandle: strconv.Itoa(q.number), Body: body, EventSource: "aws:sqs", AWSRegion: region,
		Attributes: map[string]string{"ApproximateReceiveCount": "1"}, MessageAttributes: attributes,
	}, time.Now().Add(delay)})
}

// take gives messages that are due, n at most, and takes them out.
func (q *queue) take(n int) (out []events.SQSMessage) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	q.all = slices.DeleteFunc(q.all, func(m queued) bool {
		if len(out) == n || m.due.After(now) {
			return false
		}
		out = append(out, m.message)
		return true
	})
	return out
}

// queues is SQS: it takes what is sent.
type queues struct {
	meter *meter
	named map[string]*queue // by the end of their URL
}

// ServeHTTP answers SendMessageBatch.
func (s *queues) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		QueueUrl string
		Entries  []struct {
			Id           string
			MessageBody  string
			DelaySeconds int
		}
	}
	role, begun := caller(r), time.Now()
	if err := json.UnmarshalRead(r.Body, &in); err != nil || !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".SendMessageBatch") {
		http.Error(w, fmt.Sprint("only SendMessageBatch is answered: ", err), http.StatusBadRequest)
		return
	}
	q := s.named[in.QueueUrl[strings.LastIndexByte(in.QueueUrl, '/')+1:]]
	size, answer := 0, map[string][]map[string]string{"Successful": {}, "Failed": {}}
	for _, e := range in.Entries {
		size += len(e.MessageBody)
		q.put(e.MessageBody, nil, time.Duration(e.DelaySeconds)*time.Second)
		answer["Successful"] = append(answer["Successful"], map[string]string{"Id": e.Id, "MessageId": e.Id, "MD5OfMessageBody": md5Of(e.MessageBody)})
	}
	s.meter.note(func(u *usage) { u.sqsCalls += chunks(size) })
	s.meter.waited(role, begun, waitSQS)
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.MarshalWrite(w, answer)
}

func md5Of(text string) string {
	sum := md5.Sum([]byte(text)) //nolint:gosec // the SDK checks it
	return hex.EncodeToString(sum[:])
}
