package dynamo_test

import (
	"errors"
	"strings"
	"testing"

	"webplug/domain/eventlog"
)

func TestTooLarge(t *testing.T) {
	t.Parallel()
	s, network := openFaulty(t)
	half := noise(eventlog.MaxWriteBytes / 2)
	var all []eventlog.Write
	for _, name := range strings.Fields("a b c d e f g h i j k l m n o p q r s t u v") {
		all = append(all, write("svc_1/"+name, 0, half)) // 22 of 195 KB
	}
	many := make([]string, 13_000) // small ones, but each has a hash
	network.then()
	for name, writes := range map[string][]eventlog.Write{"a transaction over 4 MB": all, "an item over 400 KB": {write("svc_1/a", 0, many...)}} {
		if err := s.Append(t.Context(), batch(writes...)); !errors.Is(err, eventlog.ErrTooLarge) {
			t.Errorf("%s: got %v, want ErrTooLarge", name, err)
		}
	}
	if got := network.requests(); len(got) != 0 {
		t.Errorf("it was sent: %q", got)
	}
	mustAppend(t, s, all[:20]...)
}

// What the store counts as 400 KB is what DynamoDB counts: one byte more is refused before it is sent.
func TestLargestItem(t *testing.T) {
	t.Parallel()
	s, network := openFaulty(t)
	// Names and keys 13, format 1, 310 records of a hash and a length 33 each, a hash and a length of three bytes 35.
	const rest = 400*1024 - 13 - 1 - 310*33 - 35
	full := write("svc_1/a", 0, append(make([]string, 310), noise(rest))...)
	over := write("svc_1/b", 0, append(make([]string, 310), noise(rest+1))...)
	mustAppend(t, s, full)
	network.then()
	if err := s.Append(t.Context(), batch(over)); !errors.Is(err, eventlog.ErrTooLarge) || len(network.requests()) != 0 {
		t.Errorf("got %v after %q, want ErrTooLarge at once", err, network.requests())
	}
	got, err := texts(s.Read(t.Context(), full.Stream, 0))
	if err != nil || len(got) != 310+rest {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
}

func TestSenselessBatchesAreRefused(t *testing.T) {
	t.Parallel()
	s, network := openFaulty(t)
	misplaced, gap, bad := write("svc_1/a", 0, "1"), write("svc_1/a", 0, "1", "2"), write("svc_1/a", 0, "1")
	misplaced.Stream.Root = "b"
	gap.Records[1].Version = 3
	bad.Stream.Root, bad.Records[0].Stream.Root = "a#a7", "a#a7"
	network.then()
	for name, writes := range map[string][]eventlog.Write{
		"none": nil, "no records": {{Stream: gap.Stream}}, "another stream's record": {misplaced}, "a gap": {gap}, "a bad name": {bad},
	} {
		err := s.Append(t.Context(), batch(writes...))
		if err == nil || errors.Is(err, eventlog.ErrConflict) || errors.Is(err, eventlog.ErrUnavailable) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if got := network.requests(); len(got) != 0 {
		t.Errorf("it was sent: %q", got)
	}
}
