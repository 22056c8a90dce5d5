package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/go-json-experiment/json"

	"webplug/infra/stage"
)

// Batches at full load, of the event source mappings and of CloudWatch Logs.
const (
	batchRecords = 100 // of the log's stream: a shard's records of some 100 ms
	batchQueue   = 10  // of a queue: what SQS gives at once
	batchReports = 100 // of a log group's records
)

// load is how webhooks come.
type load struct {
	name     string
	together int  // messages in one request
	full     bool // batches are full; else each record comes alone, as at one message a second
	webhooks int
}

// publish publishes a number of messages, each for another user.
func (w *world) publish(ctx context.Context, l load, from, n int) error {
	for i := from; i < from+n; i += l.together {
		if l.together == 1 {
			body := fmt.Sprintf(`{"event_type":%q,"user_id":%q,"payload":%s}`, eventType, w.users[i%len(w.users)], payload(i))
			if err := w.call(ctx, w.key, "POST", w.path("/messages"), body, 202, nil); err != nil {
				return err
			}
			continue
		}
		var all bytes.Buffer
		for j := i; j < min(i+l.together, from+n); j++ {
			if j > i {
				all.WriteByte(',')
			}
			fmt.Fprintf(&all, `{"event_type":%q,"user_id":%q,"payload":%s}`, eventType, w.users[j%len(w.users)], payload(j))
		}
		if err := w.call(ctx, w.key, "POST", w.path("/messages/batch"), `{"messages":[`+all.String()+`]}`, 202, nil); err != nil {
			return err
		}
	}
	return nil
}

// payload is about 1 KB of ordinary JSON, as a bank would send it; every message has other figures and ids.
func payload(i int) string {
	h := md5Of(fmt.Sprint("payload ", i))
	text := fmt.Sprintf(`{"transaction":{"id":"%s-%s-4c47-9d39-%s","account":"DE%s","amount":{"value":"%d.%02d","currency":"EUR"},`+
		`"status":"booked","booked_at":"%s","merchant":{"name":"Coffee House Berlin","category":"5814","city":"Berlin","country":"DE"},`+
		`"card":{"id":"card_%s","last4":"%04d","network":"visa","type":"debit"},"balance_after":{"value":"%d.%02d","currency":"EUR"}},"lines":[`,
		h[:8], h[8:12], h[12:24], digits(h, 20), i%400, i%100, time.Now().UTC().Format(time.RFC3339), h[24:], i%10000, 1000+i%900, i%97)
	for n := range 5 {
		if n > 0 {
			text += ","
		}
		text += fmt.Sprintf(`{"position":%d,"description":"Flat white, large","quantity":%d,"unit_price":{"value":"4.%02d","currency":"EUR"}}`, n+1, 1+(i+n)%3, (i*7+n)%100)
	}
	return text + `]}`
}

// digits makes so many of a hash.
func digits(hash string, n int) string {
	out := make([]byte, n)
	for i := range out {
		out[i] = '0' + hash[i%len(hash)]%10
	}
	return string(out)
}

// feed gives both readers of the stream what has come, in batches of a size.
func (w *world) feed(ctx context.Context, size int) error {
	return w.feedOf(ctx, size, math.MaxInt)
}

// feedOf gives them so many records, or what has come if that is less.
func (w *world) feedOf(ctx context.Context, size, most int) error {
	for {
		w.mu.Lock()
		n := min(size, len(w.stream), most)
		most -= n
		batch := w.stream[:n:n]
		w.stream = w.stream[n:]
		w.mu.Unlock()
		if n == 0 {
			return nil
		}
		for _, r := range []stage.Role{stage.Views, stage.Dispatch} {
			if err := w.functions[r].batch(ctx, events.DynamoDBEvent{Records: batch}); err != nil {
				return err
			}
		}
	}
}

// drain gives a role what lies in its queue and is due. Receiving and deleting are calls too.
func (w *world) drain(ctx context.Context, r stage.Role, q *queue, size int) (some bool, err error) {
	for {
		batch := q.take(size)
		if len(batch) == 0 {
			return some, nil
		}
		some = true
		bytes := 0
		for _, m := range batch {
			bytes += len(m.Body)
		}
		w.meter.note(func(u *usage) { u.sqsCalls += chunks(bytes) + 1 })
		if err := w.functions[r].batch(ctx, events.SQSEvent{Records: batch}); err != nil {
			return some, err
		}
	}
}

// report gives the role reports what SNS has written.
func (w *world) report(ctx context.Context, size int) error {
	for {
		w.mu.Lock()
		n := min(size, len(w.records))
		records := w.records[:n:n]
		w.records = w.records[n:]
		w.mu.Unlock()
		if n == 0 {
			return nil
		}
		e, err := logBatch(records)
		if err != nil {
			return err
		}
		if err := w.functions[stage.Reports].invoke(ctx, e, nil); err != nil {
			return err
		}
	}
}

// logBatch is what a subscription filter hands on.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html#LambdaFunctionExample
func logBatch(records [][]byte) (e events.CloudwatchLogsEvent, err error) {
	data := events.CloudwatchLogsData{
		MessageType: "DATA_MESSAGE", Owner: "000000000000", LogGroup: "sns/us-east-1/000000000000/webplug-cost", LogStream: "1", SubscriptionFilters: []string{"webplug"},
	}
	for i, r := range records {
		data.LogEvents = append(data.LogEvents, events.CloudwatchLogsLogEvent{ID: fmt.Sprint(i), Timestamp: time.Now().UnixMilli(), Message: string(r)})
	}
	text, err := json.Marshal(data)
	if err != nil {
		return e, err
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err = z.Write(text); err == nil {
		err = z.Close()
	}
	e.AWSLogs.Data = base64.StdEncoding.EncodeToString(packed.Bytes())
	return e, err
}

// settle does whatever there is to do, until nothing is.
func (w *world) settle(ctx context.Context) error {
	for quiet := 0; quiet < 3; quiet++ {
		did, err := w.step(ctx, batchRecords, batchQueue, batchReports)
		if err != nil {
			return err
		}
		if did {
			quiet = 0
		}
		time.Sleep(streamLag)
	}
	return nil
}

// streamLag is how long the stream's items take at most until they are there.
const streamLag = 150 * time.Millisecond

func (w *world) step(ctx context.Context, stream, queue, reports int) (did bool, err error) {
	w.mu.Lock()
	did = len(w.stream) > 0 || len(w.records) > 0
	w.mu.Unlock()
	if err := w.feed(ctx, stream); err != nil {
		return did, err
	}
	worked, err := w.drain(ctx, stage.Work, w.work, queue)
	if err != nil {
		return did, err
	}
	attempted, err := w.drain(ctx, stage.Queue, w.attempts, queue)
	if err != nil {
		return did, err
	}
	return did || worked || attempted, w.report(ctx, reports)
}

// until waits for something, and does meanwhile what there is to do.
func (w *world) until(ctx context.Context, what string, there func() bool) error {
	for end := time.Now().Add(time.Minute); !there(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("still not: %s", what)
		}
		if _, err := w.step(ctx, batchRecords, batchQueue, batchReports); err != nil {
			return err
		}
	}
	return nil
}

// measure publishes webhooks and sees them delivered and reported. It gives what was used.
func (w *world) measure(ctx context.Context, l load, from int) (*usage, error) {
	if err := w.settle(ctx); err != nil {
		return nil, err
	}
	w.meter.take()
	w.meter.measuring(true)
	defer w.meter.measuring(false)
	before := w.endpoints.count()
	for done := 0; done < l.webhooks; {
		n := l.webhooks // all at once
		if !l.full {
			n = 1
		}
		if err := w.publish(ctx, l, from+done, n); err != nil {
			return nil, err
		}
		done += n
		if err := w.deliver(ctx, l, n); err != nil {
			return nil, err
		}
	}
	if got := w.endpoints.count() - before; got != l.webhooks {
		return nil, fmt.Errorf("%d webhooks came to their endpoints, not %d", got, l.webhooks)
	}
	return w.meter.take(), nil
}

// warmUp publishes webhooks that are not counted, until all have come.
func (w *world) warmUp(ctx context.Context, from, n int) error {
	if err := w.publish(ctx, load{together: 1}, from, n); err != nil {
		return err
	}
	if err := w.until(ctx, "the first webhooks", func() bool { return w.endpoints.count() >= from+n }); err != nil {
		return fmt.Errorf("%w: %d have come", err, w.endpoints.count())
	}
	return w.settle(ctx)
}

// deliver brings what was published all the way, phase by phase, so that batches are as full as they are at full load.
func (w *world) deliver(ctx context.Context, l load, n int) error {
	stream, queue, reports := batchRecords, batchQueue, batchReports
	if !l.full {
		stream, queue, reports = 1, 1, 1
	}
	phase := func() error { // an item of the stream for each webhook
		err := waitFor(fmt.Sprintf("%d records in the log's stream", n), func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.stream) >= n })
		if err != nil {
			return err
		}
		return w.feedOf(ctx, stream, n)
	}
	if err := phase(); err != nil { // accepted
		return err
	}
	if w.format == "sns" {
		if err := phase(); err != nil { // published
			return err
		}
		err := waitFor("SNS's records", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.records) >= n })
		if err != nil {
			return err
		}
		if err := w.report(ctx, reports); err != nil {
			return err
		}
	} else if _, err := w.drain(ctx, stage.Queue, w.attempts, queue); err != nil {
		return err
	}
	return phase() // outcomes
}

func waitFor(what string, there func() bool) error {
	for end := time.Now().Add(time.Minute); !there(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("still not: %s", what)
		}
	}
	return nil
}
