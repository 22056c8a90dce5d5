package dynamo_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"webplug/domain/eventlog"
	"webplug/infra/dynamo"
)

func wantConflict(t testing.TB, s eventlog.Store, writes ...eventlog.Write) {
	t.Helper()
	if err := s.Append(t.Context(), batch(writes...)); !errors.Is(err, eventlog.ErrConflict) {
		t.Errorf("append at %d: got %v, want ErrConflict", writes[0].Expected, err)
	}
}

func TestWritersOfDifferentLengthsOnOneHead(t *testing.T) {
	t.Parallel()
	o := options(t)
	mustAppend(t, open(t, o), write("svc_1/a", 0, "1", "2"))
	one, three := write("svc_1/a", 2, "one"), write("svc_1/a", 2, "three", "of", "them")
	var errs [2]error
	var wg sync.WaitGroup
	for i, w := range []eventlog.Write{one, three} {
		s := dynamo.New(o) // each in a process of its own
		wg.Go(func() { errs[i] = s.Append(t.Context(), batch(w)) })
	}
	wg.Wait()
	switch {
	case errs[0] == nil && errors.Is(errs[1], eventlog.ErrConflict):
		wantTexts(t, dynamo.New(o), "svc_1/a", "1,2,one")
	case errs[1] == nil && errors.Is(errs[0], eventlog.ErrConflict):
		wantTexts(t, dynamo.New(o), "svc_1/a", "1,2,three,of,them")
	default:
		t.Errorf("one must win and one must not: %v, %v", errs[0], errs[1])
	}
}

// A version that was never a head cannot be decided by the key of the put, so the store looks.
func TestVersionThatWasNeverAHead(t *testing.T) {
	t.Parallel()
	o := options(t)
	writer := open(t, o)
	mustAppend(t, writer, write("svc_1/a", 0, "1", "2", "3"))
	for who, s := range map[string]*dynamo.Store{"the writer": writer, "another process": dynamo.New(o)} {
		t.Run(who, func(t *testing.T) {
			wantConflict(t, s, write("svc_1/a", 2, "within the item"))
			wantConflict(t, s, write("svc_1/a", 4, "ahead of the head"))
			wantConflict(t, s, write("svc_1/none", 1, "ahead of nothing"))
			wantConflict(t, s, write("svc_1/b", 0, "would fit"), write("svc_1/a", 2, "within the item"))
			wantTexts(t, s, "svc_1/a", "1,2,3")
			wantTexts(t, s, "svc_1/b", "")
		})
	}
}

// Whoever wrote them and in whatever items they are: records that are there are written.
func TestRepeatFromAnotherProcess(t *testing.T) {
	t.Parallel()
	o := options(t)
	first := open(t, o)
	a, both := write("svc_1/a", 0, "1", "2"), []eventlog.Write{write("svc_1/a", 2, "3"), write("svc_1/b", 0, "1")}
	mustAppend(t, first, a)
	mustAppend(t, first, both...)
	mustAppend(t, first, write("svc_1/a", 3, "4"))

	second := dynamo.New(o)
	mustAppend(t, second, a)
	mustAppend(t, second, both...)
	slices.Reverse(both) // another token, so that the conditions decide
	mustAppend(t, second, both...)
	mustAppend(t, second, write("svc_1/a", 0, "1", "2", "3", "4"))
	mustAppend(t, second, write("svc_1/a", 0, "1"))
	inside := write("svc_1/a", 1, "2", "3")
	mustAppend(t, second, inside)
	wantTexts(t, second, "svc_1/a", "1,2,3,4")
}

// The failed condition brings along what is there.
func TestConflictAndRepeatOfANewStreamAreOneRequest(t *testing.T) {
	t.Parallel()
	s, network := openFaulty(t)
	for request, writes := range map[string][]eventlog.Write{"PutItem": oneStream, "TransactWriteItems": twoStreams} {
		mustAppend(t, s, writes...)
		other := slices.Clone(writes)
		other[0] = write("svc_1/a", 0, "other")
		for _, again := range []func(){
			func() { mustAppend(t, s, writes...) }, func() { wantConflict(t, s, other...) },
		} {
			network.then()
			again()
			if got := network.requests(); !slices.Equal(got, []string{request}) {
				t.Errorf("requests: %q, want one %s", got, request)
			}
		}
		s, network = openFaulty(t)
	}
}

func TestDamageIsNotReadAsNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, o dynamo.Options)
	}{
		{"an item that is missing", func(t *testing.T, o dynamo.Options) {
			_, err := raw(o).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String(o.LogTable), Key: key("#a3")})
			if err != nil {
				t.Fatal(err)
			}
		}},
		{"a first item that is missing", func(t *testing.T, o dynamo.Options) {
			_, err := raw(o).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String(o.LogTable), Key: key("#a1")})
			if err != nil {
				t.Fatal(err)
			}
		}},
		{"an item of another format", func(t *testing.T, o dynamo.Options) {
			put(t, o, "#a3", &types.AttributeValueMemberB{Value: []byte{99, 1, 2, 3}})
		}},
		{"an item that overlaps", func(t *testing.T, o dynamo.Options) {
			put(t, o, "#a4", &types.AttributeValueMemberB{Value: append([]byte{1}, make([]byte, 33)...)})
		}},
		{"an item of another type", func(t *testing.T, o dynamo.Options) {
			put(t, o, "#a3", &types.AttributeValueMemberBOOL{Value: true})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			s := open(t, o)
			mustAppend(t, s, write("svc_1/a", 0, "1", "2"))
			mustAppend(t, s, write("svc_1/a", 2, "3", "4"))
			mustAppend(t, s, write("svc_1/a", 4, "5"))
			c.damage(t, o)
			if got, err := texts(s.Read(t.Context(), write("svc_1/a", 0).Stream, 0)); !errors.Is(err, eventlog.ErrDamaged) {
				t.Errorf("read gives %q, %v, want ErrDamaged", got, err)
			}
			if got, err := texts(s.Trail(t.Context(), "svc_1", "a")); !errors.Is(err, eventlog.ErrDamaged) {
				t.Errorf("trail gives %q, %v, want ErrDamaged", got, err)
			}
			var last error
			for _, err := range s.Scan(t.Context(), "") {
				last = err
			}
			if !errors.Is(last, eventlog.ErrDamaged) {
				t.Errorf("scan ends with %v, want ErrDamaged", last)
			}
		})
	}
}

func key(sort string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"p": &types.AttributeValueMemberS{Value: "svc_1/a"}, "s": &types.AttributeValueMemberS{Value: sort},
	}
}

func put(t *testing.T, o dynamo.Options, sort string, records types.AttributeValue) {
	t.Helper()
	item := key(sort)
	item["r"] = records
	if _, err := raw(o).PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(o.LogTable), Item: item}); err != nil {
		t.Fatal(err)
	}
}
