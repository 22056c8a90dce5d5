package dynamo_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/domain/eventlog"
	"webplug/infra/dynamo"
	"webplug/projections"
)

// failures are all ways in which a request is not answered, for a while.
var failures = map[string]fault{
	"throttled": throttled, "limited": limited, "internal error": broke, "unavailable": unavailable,
	"reset": reset, "lost": answerLost, "cut": answerCut,
}

// viewReads is every way to read rows, as text.
var viewReads = map[string]func(context.Context, *dynamo.Views) (string, error){
	"get": func(ctx context.Context, v *dynamo.Views) (string, error) {
		r, err := v.Get(ctx, generation, projections.ViewDeliveries, "a")
		return string(r.Body), err
	},
	"list": func(ctx context.Context, v *dynamo.Views) (string, error) {
		rows, err := v.List(ctx, generation, projections.ListQuery{View: projections.ViewDeliveries, List: "due/svc_1/ep_1", Limit: 10})
		return fmt.Sprint(len(rows)), err
	},
	"a busy list": func(ctx context.Context, v *dynamo.Views) (string, error) {
		rows, err := v.List(ctx, generation, projections.ListQuery{View: projections.ViewDeliveries, List: "status/svc_1/retrying", Limit: 10})
		return fmt.Sprint(len(rows)), err
	},
	"notices": func(ctx context.Context, v *dynamo.Views) (string, error) {
		found, err := v.Notices(ctx, generation, projections.ListQuery{View: projections.ViewDeliveries, List: "routes", Limit: 10})
		return fmt.Sprint(found), err
	},
	"names of lists": func(ctx context.Context, v *dynamo.Views) (string, error) {
		var names []string
		for name, err := range v.Lists(ctx, generation, projections.ViewDeliveries, "due/") {
			if err != nil {
				return "", err
			}
			names = append(names, name)
		}
		return fmt.Sprint(names), nil
	},
	"the current generation": func(ctx context.Context, v *dynamo.Views) (string, error) {
		g, err := v.Current(ctx)
		return fmt.Sprint(g), err
	},
	"the checkpoint": func(ctx context.Context, v *dynamo.Views) (string, error) {
		at, err := v.Checkpoint(ctx, generation)
		return fmt.Sprint(at), err
	},
}

// filled has a row on lists of each kind, a checkpoint and a current generation.
func filled(t *testing.T) dynamo.Options {
	t.Helper()
	o := options(t)
	v := open(t, o).Views()
	if err := v.Apply(t.Context(), generation, []projections.Row{row(1, "status/svc_1/retrying", "due/svc_1/ep_1")}, 7); err != nil {
		t.Fatal(err)
	}
	if err := v.Switch(t.Context(), generation); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestReadsOfRowsOutlastFaults(t *testing.T) {
	t.Parallel()
	o := filled(t)
	for what, read := range viewReads {
		want, err := read(t.Context(), dynamo.New(o).Views())
		if err != nil {
			t.Fatal(what, err)
		}
		for name, f := range failures {
			s, network := faulty(o)
			network.then(f, f)
			if got, err := read(t.Context(), s.Views()); err != nil || got != want {
				t.Errorf("%s, %s: %q, %v, want %q", what, name, got, err, want)
			}
			network.then(always(f)...)
			_, err := read(t.Context(), s.Views())
			if !errors.Is(err, eventlog.ErrUnavailable) || errors.Is(err, projections.ErrNoRow) {
				t.Errorf("%s, %s for ever: got %v, want ErrUnavailable", what, name, err)
			}
		}
	}
}

// someUnprocessed carries out all of a batch but its last request, and gives that one back (API reference,
// "BatchWriteItem").
func someUnprocessed(r *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
	var body struct {
		RequestItems map[string][]jsontext.Value
		Rest         jsontext.Value `json:",inline"`
	}
	if err := json.UnmarshalRead(r.Body, &body); err != nil {
		return nil, err
	}
	var left string
	for table, requests := range body.RequestItems {
		last := len(requests) - 1
		left = fmt.Sprintf(`{"UnprocessedItems":{%q:[%s]}}`, table, requests[last])
		if last > 0 {
			body.RequestItems[table] = requests[:last]
			if err := sendBody(r, send, body); err != nil {
				return nil, err
			}
		}
	}
	return answered(r, left), nil
}

func TestBatchesGoOnWithWhatWasUnprocessed(t *testing.T) {
	t.Parallel()
	o := options(t)
	open(t, o)
	var pages []projections.Row
	for i := range 12 {
		pages = append(pages, projections.Row{
			View: projections.ViewJournal, ID: fmt.Sprint("page ", i), Version: 1, Body: []byte("facts"), Fresh: true,
			Lists: []projections.Entry{{List: "newest/svc_1/1", Sort: fmt.Sprintf("%02d", i)}},
		})
	}
	s, network := faulty(o)
	network.then(someUnprocessed, someUnprocessed, throttled, someUnprocessed)
	if err := s.Views().Apply(t.Context(), generation, pages, 0); err != nil {
		t.Fatal(err)
	}
	if n := len(network.requests()); n != 5 {
		t.Errorf("%d requests for a batch that was cut short three times and throttled once", n)
	}
	found, err := s.Views().List(t.Context(), generation, projections.ListQuery{View: projections.ViewJournal, List: "newest/svc_1/1", Limit: 100})
	if err != nil || len(found) != len(pages) {
		t.Errorf("%d of %d pages, %v", len(found), len(pages), err)
	}
	network.then(nil, someUnprocessed, unprocessed("UnprocessedItems"))
	if err := s.Views().Drop(t.Context(), generation); err != nil {
		t.Fatal(err)
	}
	out, err := raw(o).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(o.ViewsTable)})
	if err != nil || len(out.Items) != 0 {
		t.Errorf("a dropped generation leaves %d items, %v", len(out.Items), err)
	}
}

// A function's time is over before a large table is read: the next call reads on, for what was read is paid for.
func TestADropGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	o := options(t)
	open(t, o)
	s, network := faulty(o)
	v := s.Views()
	for i := range 8 { // a Scan reads 1 MB at once
		big := make([]byte, 300_000)
		_, _ = rand.Read(big)
		page := projections.Row{View: projections.ViewJournal, ID: fmt.Sprint("page ", i), Version: 1, Body: big, Fresh: true}
		if err := v.Apply(t.Context(), generation, []projections.Row{page}, 0); err != nil {
			t.Fatal(err)
		}
	}
	ctx, end := context.WithCancel(t.Context())
	network.then(nil, nil, func(r *http.Request, _ func() (*http.Response, error)) (*http.Response, error) {
		end()
		return nil, r.Context().Err()
	})
	if err := v.Drop(ctx, generation); !errors.Is(err, context.Canceled) {
		t.Fatalf("dropped in time: %v", err)
	}
	from := ""
	network.then(func(r *http.Request, send func() (*http.Response, error)) (*http.Response, error) {
		var scan struct {
			ExclusiveStartKey map[string]struct{ S string }
			Rest              jsontext.Value `json:",inline"`
		}
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(body, &scan)
		}
		if err != nil {
			return nil, err
		}
		from = scan.ExclusiveStartKey["p"].S
		r.Body = io.NopCloser(bytes.NewReader(body))
		return send()
	})
	if err := v.Drop(t.Context(), generation); err != nil {
		t.Fatal(err)
	}
	if from == "" {
		t.Error("it began anew")
	}
	out, err := raw(o).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(o.ViewsTable)})
	if err != nil || len(out.Items) != 0 {
		t.Errorf("%d items are left, %v", len(out.Items), err)
	}
	network.then()
	if err := v.Drop(t.Context(), generation); err != nil || len(network.requests()) != 1 {
		t.Errorf("once dropped, it is looked through in %v, %v", network.requests(), err)
	}
}

// Whichever of a row's writes happens without an answer, it is repeated and changes nothing more.
func TestRowsOutlastALostAnswerOfAnyRequest(t *testing.T) {
	t.Parallel()
	for n := range 9 {
		for _, lost := range []fault{answerLost, answerReset, answerCut} {
			s, network := openFaulty(t)
			v := s.Views()
			if err := v.Apply(t.Context(), generation, []projections.Row{row(1, "status/svc_1/retrying", "due/svc_1/ep_1")}, 0); err != nil {
				t.Fatal(err)
			}
			network.then(append(make([]fault, n), lost, lost)...)
			if err := v.Apply(t.Context(), generation, []projections.Row{row(2, "status/svc_1/failed", "dead/svc_1")}, 5); err != nil {
				t.Fatal(err)
			}
			network.then()
			wantOn(t, v, 2, "status/svc_1/failed", "dead/svc_1")
			if at, err := v.Checkpoint(t.Context(), generation); err != nil || at != 5 {
				t.Errorf("checkpoint %d, %v", at, err)
			}
		}
	}
}

func TestMissingViewsTable(t *testing.T) {
	t.Parallel()
	o := filled(t)
	o.ViewsTable += "-of-another-stage"
	v := dynamo.New(o).Views()
	for what, read := range viewReads {
		_, err := read(t.Context(), v)
		wantSentence(t, err, o.ViewsTable, "does not exist", "region local")
		if errors.Is(err, projections.ErrNoRow) {
			t.Errorf("%s: a missing table is taken for a missing row", what)
		}
	}
	fresh := row(1)
	fresh.Fresh, fresh.Notices = true, nil
	wantSentence(t, v.Apply(t.Context(), generation, []projections.Row{row(1)}, 0), o.ViewsTable, "does not exist")
	wantSentence(t, v.Apply(t.Context(), generation, []projections.Row{fresh}, 0), o.ViewsTable, "does not exist")
	_, err := dynamo.Open(t.Context(), o)
	wantSentence(t, err, o.ViewsTable, "does not exist")
}

// Every read of log, keys and rows asks for consistency: what was acknowledged is seen by whoever looks next, in whatever
// process.
func TestReadsAreConsistent(t *testing.T) {
	t.Parallel()
	o := filled(t)
	mustAppend(t, dynamo.New(o), write("svc_1/a", 0, "1", "2"))
	s, network := faulty(o)
	var careless []string
	network.next = looking(func(operation string, body jsontext.Value) {
		var asks struct {
			ConsistentRead bool
			RequestItems   map[string]struct{ ConsistentRead bool }
		}
		if err := json.Unmarshal(body, &asks); err != nil {
			return // a batch of writes
		}
		for _, table := range asks.RequestItems {
			asks.ConsistentRead = table.ConsistentRead
		}
		if slices.Contains([]string{"GetItem", "Query", "Scan", "BatchGetItem"}, operation) && !asks.ConsistentRead {
			careless = append(careless, fmt.Sprintf("%s %s", operation, body))
		}
	})
	for what, read := range viewReads {
		if _, err := read(t.Context(), s.Views()); err != nil {
			t.Fatal(what, err)
		}
	}
	if err := s.Views().Apply(t.Context(), generation, []projections.Row{row(2, "dead/svc_1")}, 0); err != nil {
		t.Fatal(err)
	}
	of := oneStream[0].Stream
	if _, err := texts(s.Read(t.Context(), of, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := texts(s.Trail(t.Context(), of.Service, of.Root)); err != nil {
		t.Fatal(err)
	}
	for _, err := range s.Scan(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.LoadKey(t.Context(), "none"); !errors.Is(err, eventlog.ErrNoKey) {
		t.Fatal(err)
	}
	for _, c := range careless {
		t.Errorf("not consistent: %s", c)
	}
	if n := len(network.requests()); n < 12 {
		t.Errorf("only %d requests were looked at", n)
	}
}
