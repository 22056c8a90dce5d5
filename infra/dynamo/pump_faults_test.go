package dynamo_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/go-json-experiment/json"

	"webplug/infra/dynamo"
)

// streamed is a stream with shards of its own making, at the SDK's HTTP layer; the tables are DynamoDB Local's. It is what
// DynamoDB Local never shows: shards that split, iterators that expire, records that come twice.
type streamed struct {
	next http.RoundTripper

	mu      sync.Mutex
	shards  []fakeShard
	refused map[string][]string // operation ▶ errors to answer with first
}

type fakeShard struct {
	id, parent string
	closed     bool
	items      []string // the records, as JSON
}

func (f *streamed) RoundTrip(r *http.Request) (*http.Response, error) {
	service, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !strings.HasPrefix(service, "DynamoDBStreams") {
		return f.next.RoundTrip(r)
	}
	var in struct {
		ShardId, ShardIterator, SequenceNumber string
	}
	if err := json.UnmarshalRead(r.Body, &in); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if errs := f.refused[operation]; len(errs) > 0 {
		f.refused[operation] = errs[1:]
		return refused(http.StatusBadRequest, errs[0], "")(r, nil)
	}
	var body string
	switch operation {
	case "DescribeStream":
		var shards []string
		for _, s := range f.shards {
			text := fmt.Sprintf(`{"ShardId":%q`, s.id)
			if s.parent != "" {
				text += fmt.Sprintf(`,"ParentShardId":%q`, s.parent)
			}
			shards = append(shards, text+"}")
		}
		slices.Reverse(shards) // nobody promises that parents come first
		body = `{"StreamDescription":{"Shards":[` + strings.Join(shards, ",") + `]}}`
	case "GetShardIterator":
		at := 0
		if in.SequenceNumber != "" {
			_, _ = fmt.Sscan(in.SequenceNumber, &at)
		}
		body = fmt.Sprintf(`{"ShardIterator":"%s %d"}`, in.ShardId, at)
	case "GetRecords":
		body = f.records(in.ShardIterator)
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

// records gives one record after an iterator's place, and the one before it once more.
func (f *streamed) records(iterator string) string {
	var id string
	var at int
	_, _ = fmt.Sscan(iterator, &id, &at)
	s := f.shards[slices.IndexFunc(f.shards, func(s fakeShard) bool { return s.id == id })]
	if at >= len(s.items) {
		if s.closed {
			return `{"Records":[]}`
		}
		return fmt.Sprintf(`{"Records":[],"NextShardIterator":%q}`, iterator)
	}
	give := s.items[max(0, at-1) : at+1]
	return fmt.Sprintf(`{"Records":[%s],"NextShardIterator":"%s %d"}`, strings.Join(give, ","), id, at+1)
}

// fill gives the shards what lies in the log's table: each stream's items to the shard that it is told.
func (f *streamed) fill(t *testing.T, o dynamo.Options, shardOf func(partition, sort string) string) {
	t.Helper()
	out, err := raw(o).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(o.LogTable)})
	if err != nil {
		t.Fatal(err)
	}
	for _, values := range out.Items {
		var i struct {
			P, S string
			R    []byte
		}
		if err := attributevalue.UnmarshalMap(values, &i); err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(f.shards, func(s fakeShard) bool { return s.id == shardOf(i.P, i.S) })
		s := &f.shards[at]
		s.items = append(s.items, fmt.Sprintf(
			`{"eventName":"INSERT","dynamodb":{"SequenceNumber":"%021d","Keys":{"p":{"S":%q},"s":{"S":%q}},"NewImage":{"p":{"S":%q},"s":{"S":%q},"r":{"B":%q}}}}`,
			len(s.items)+1, i.P, i.S, i.P, i.S, base64.StdEncoding.EncodeToString(i.R)))
	}
}

// split is a log of six items in a stream whose first shard has split.
func split(t *testing.T) (*dynamo.Store, *streamed) {
	o := options(t)
	real := open(t, o)
	for _, stream := range []string{"svc_1/a", "svc_1/b"} {
		mustAppend(t, real, write(stream, 0, "1"))
		mustAppend(t, real, write(stream, 1, "2"))
		mustAppend(t, real, write(stream, 2, "3"))
	}
	f := &streamed{next: http.DefaultTransport, refused: map[string][]string{}, shards: []fakeShard{
		{id: "shard-1", closed: true}, {id: "shard-2", parent: "shard-1"}, {id: "shard-3", parent: "shard-1"},
	}}
	f.fill(t, o, func(p, s string) string {
		switch {
		case s == "#a1":
			return "shard-1"
		case p == "svc_1/a":
			return "shard-2"
		}
		return "shard-3"
	})
	o.AWS.HTTPClient = &http.Client{Transport: f}
	return dynamo.New(o), f
}

func TestPumpReadsParentsFirstAndEachRecordOnce(t *testing.T) {
	t.Parallel()
	s, f := split(t)
	f.refused["GetRecords"] = []string{"ExpiredIteratorException", "LimitExceededException", "InternalServerError"}
	f.refused["DescribeStream"] = []string{"ThrottlingException"}
	r := newReader(t)
	failing := 2
	r.answer = func(e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
		if failing--; failing >= 0 {
			return events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{{ItemIdentifier: e.Records[0].Change.SequenceNumber}}}, nil
		}
		return events.DynamoDBEventResponse{}, nil
	}
	stop := pumping(t, s, dynamo.PumpOptions{Handle: r.handle})
	r.until(t.Context(), count(6))
	stop()
	for i, seen := range r.seen {
		if first := strings.HasSuffix(seen, "@1"); first != (i < 2) {
			t.Fatalf("a child was read before its parent's end: %v", r.seen)
		}
	}
	if all := slices.Compact(slices.Sorted(slices.Values(r.seen))); len(all) != 6 || len(r.seen) != 6 {
		t.Fatalf("seen %v", r.seen)
	}
}

func TestPumpTellsWhatTheStreamHasLost(t *testing.T) {
	t.Parallel()
	s, f := split(t)
	r := newReader(t)
	stop := pumping(t, s, dynamo.PumpOptions{Handle: r.handle})
	r.until(t.Context(), count(6))
	stop()
	f.mu.Lock()
	f.refused["GetShardIterator"] = []string{"TrimmedDataAccessException"}
	f.mu.Unlock()
	lost := make(chan struct{}, 8)
	pumping(t, s, dynamo.PumpOptions{Handle: r.handle, Lost: func(context.Context) error { lost <- struct{}{}; return nil }})
	select {
	case <-lost:
	case <-t.Context().Done():
		t.Fatal("it was not told")
	}
}
