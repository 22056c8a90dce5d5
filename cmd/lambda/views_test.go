package main

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"webplug/cmd/lambda/cloud"
	"webplug/domain"
	"webplug/infra/stage"
)

// holding finds the records whose item lies in the partition of a root.
func holding(e events.DynamoDBEvent, root string) (at []int) {
	for i, r := range e.Records {
		if strings.Contains(r.Change.Keys["p"].String(), root) {
			at = append(at, i)
		}
	}
	return at
}

func TestAPoisonRecordIsSetAsideAndTheOthersAreDone(t *testing.T) {
	w := newWorld(t)
	b := w.bank(domain.StandardWebhooks, 1)
	first, poison, last := b.publish(), b.publish(), b.publish()
	batch := w.batch()
	at := holding(batch, poison)[0]
	broken := batch.Records[at]
	broken.Change.NewImage = map[string]events.DynamoDBAttributeValue{
		"p": broken.Change.NewImage["p"], "s": broken.Change.NewImage["s"], "r": events.NewBinaryAttribute([]byte("no record")),
	}
	batch.Records[at] = broken

	var answer events.DynamoDBEventResponse
	w.invoke(stage.Views, batch, &answer)
	if len(answer.BatchItemFailures) != 0 {
		t.Errorf("what is set aside need not come again: %v", answer)
	}
	if got := b.messages(); !slices.Contains(got, first) || !slices.Contains(got, last) || slices.Contains(got, poison) {
		t.Errorf("the lists have %v, want %s and %s", got, first, last)
	}
	if got := w.stuck(); !slices.Equal(got, []string{b.svc + "/" + poison}) {
		t.Errorf("set aside are %v, want the poison alone", got)
	}
	if a := w.ask("POST", "/v1/stuck/"+strings.ReplaceAll(b.svc+"/"+poison, "/", "%2F")+"/retry", ""); a.StatusCode >= 300 {
		t.Errorf("to try it again, now that the log can be read: %d %s", a.StatusCode, a.Body)
	}
	if got := b.messages(); len(got) != 3 || len(w.stuck()) != 0 {
		t.Errorf("after that the lists have %v, and set aside is %v", got, w.stuck())
	}
}

// throttled refuses calls that are about something.
func throttled(action, about string) cloud.Fault {
	return func(c cloud.Call, w http.ResponseWriter, _ func() (int, []byte)) bool {
		if c.Action != action || !strings.Contains(string(c.Body), about) {
			return false
		}
		cloud.Refuse(w, http.StatusBadRequest, "com.amazonaws.dynamodb.v20120810#ThrottlingException", "Rate of requests exceeds the allowed throughput.")
		return true
	}
}

func TestWhatIsThrottledComesAgainByItsSequenceNumber(t *testing.T) {
	w := newWorld(t)
	b := w.bank(domain.StandardWebhooks, 2)
	message := b.publish()
	batch := w.batch()
	slow := holding(batch, b.endpoints[1])[0]
	w.cloud.SetFault(throttled("Query", b.endpoints[1]))
	var answer events.DynamoDBEventResponse
	w.invoke(stage.Views, batch, &answer)
	want := batch.Records[slow].Change.SequenceNumber
	if len(answer.BatchItemFailures) != 1 || answer.BatchItemFailures[0].ItemIdentifier != want {
		t.Fatalf("to come again is %v, want %s", answer, want)
	}
	w.until("the operator is told", func() bool { return w.output.says("a part of the stream is to come again") })
	w.cloud.SetFault(nil)
	var again events.DynamoDBEventResponse
	w.invoke(stage.Views, events.DynamoDBEvent{Records: batch.Records[slow:]}, &again)
	if len(again.BatchItemFailures) != 0 || !slices.Equal(b.messages(), []string{message}) || len(w.stuck()) != 0 {
		t.Errorf("%v; lists have %v, set aside are %v", again, b.messages(), w.stuck())
	}
}

// Lambda gives a shard's records again after a fault, those of a child shard to another process, and, where a transaction
// wrote them, in another order.
func TestRepeatedAndReorderedRecordsOfTwoProcessesMakeTheSameRows(t *testing.T) {
	w := newWorld(t)
	b := w.bank(domain.StandardWebhooks, 2)
	var want []string
	for range 3 {
		want = append(want, b.publish())
	}
	slices.Reverse(want) // lists are newest first
	batch := w.batch()
	child := w.functionLike(stage.Views, nil, time.Minute)
	backwards := events.DynamoDBEvent{Records: slices.Clone(batch.Records)}
	slices.Reverse(backwards.Records)
	half := events.DynamoDBEvent{Records: batch.Records[len(batch.Records)/2:]}
	for _, e := range []events.DynamoDBEvent{half, backwards, batch} {
		done := make(chan error, 1)
		go func() { done <- invokeAs(t.Context(), child, e, nil) }()
		w.invoke(stage.Views, batch, nil)
		w.must(<-done)
	}
	if got := b.messages(); !slices.Equal(got, want) {
		t.Errorf("lists have %v, want %v", got, want)
	}
	if got := w.stuck(); len(got) != 0 {
		t.Errorf("set aside are %v", got)
	}
}

// hanging holds the calls of an action until the test lets them go, so that an invocation's time runs out.
func hanging(action string, until <-chan struct{}, held *atomic.Int32) cloud.Fault {
	return func(c cloud.Call, _ http.ResponseWriter, _ func() (int, []byte)) bool {
		if c.Action != action {
			return false
		}
		held.Add(1)
		<-until
		return false
	}
}

func TestAnInvocationThatRunsOutOfTimeAnswersWhatIsNotDone(t *testing.T) {
	w := newWorld(t)
	b := w.bank(domain.StandardWebhooks, 1)
	message := b.publish()
	batch := w.batch()
	until, held := make(chan struct{}), atomic.Int32{}
	w.cloud.SetFault(hanging("PutItem", until, &held))
	short := w.functionLike(stage.Views, nil, 3*time.Second)
	var answer events.DynamoDBEventResponse
	err := invokeAs(t.Context(), short, batch, &answer)
	close(until)
	w.cloud.SetFault(nil)
	if err == nil && (len(answer.BatchItemFailures) != 1 || answer.BatchItemFailures[0].ItemIdentifier != batch.Records[0].Change.SequenceNumber) {
		t.Fatalf("held %d calls; to come again is %v, want the first", held.Load(), answer)
	}
	w.invoke(stage.Views, batch, nil)
	if got := b.messages(); !slices.Equal(got, []string{message}) {
		t.Errorf("the next invocation makes the rows: %v", got)
	}
}

func TestAProcessThatIsKilledInTheMiddleOfABatchLosesNothing(t *testing.T) {
	w := newWorld(t)
	b := w.bank(domain.StandardWebhooks, 1)
	message := b.publish()
	batch := w.batch()
	f := w.function(stage.Views)
	w.invoke(stage.Views, events.DynamoDBEvent{}, nil) // it has begun
	until, held := make(chan struct{}), atomic.Int32{}
	w.cloud.SetFault(hanging("BatchWriteItem", until, &held))
	done := make(chan error, 1)
	go func() { done <- invokeAs(t.Context(), f, batch, nil) }()
	w.until("it is in the middle of the batch", func() bool { return held.Load() > 0 })
	f.Kill()
	if err := <-done; err == nil || !strings.Contains(err.Error(), "ended") {
		t.Errorf("the invocation came to %v", err)
	}
	close(until)
	w.cloud.SetFault(nil)
	w.invoke(stage.Views, batch, nil)
	if got := b.messages(); !slices.Equal(got, []string{message}) {
		t.Errorf("the next invocation makes the rows: %v", got)
	}
}
