package dynamo

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"webplug/domain/eventlog"
)

var update = flag.Bool("update", false, "write the golden files anew")

func testRecord(s eventlog.Stream, v eventlog.Version, data string) eventlog.Record {
	r := eventlog.Record{Stream: s, Version: v, Data: []byte(data)}
	for i := range r.Hash {
		r.Hash[i] = byte(int(v)*16 + i)
	}
	return r
}

func testWrite(s eventlog.Stream, expected eventlog.Version, data ...string) eventlog.Write {
	w := eventlog.Write{Stream: s, Expected: expected}
	for i, d := range data {
		w.Records = append(w.Records, testRecord(s, expected+eventlog.Version(i)+1, d))
	}
	return w
}

var delivery = eventlog.Stream{Service: "svc_1", Root: "msg_2", Leaf: "ep_3"}

// The golden file is what tables hold: it may get company, but never change.
func TestItemIsStoredAsItEverWas(t *testing.T) {
	w := testWrite(delivery, 9, `{"type":"AttemptFailed"}`, "", strings.Repeat("x", 200))
	i := newItem(w)
	text := fmt.Sprintf("%s\n%s\n%s\n", i.Partition, i.Sort, hex.EncodeToString(i.Records))
	const file = "testdata/item_v1.txt"
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(golden) {
		t.Errorf("written:\n%sgolden:\n%s", text, golden)
	}

	lines := strings.Split(string(golden), "\n")
	records, err := hex.DecodeString(lines[2])
	if err != nil {
		t.Fatal(err)
	}
	got, err := item{Partition: lines[0], Sort: lines[1], Records: records}.open()
	if err != nil {
		t.Fatal(err)
	}
	wantStored(t, got, w)
}

func wantStored(t interface{ Fatalf(string, ...any) }, got stored, w eventlog.Write) {
	same := slices.EqualFunc(got.records, w.Records, func(a, b eventlog.Record) bool {
		return a.Stream == b.Stream && a.Version == b.Version && a.Hash == b.Hash && bytes.Equal(a.Data, b.Data)
	})
	if got.stream != w.Stream || got.first != w.Expected+1 || !same {
		t.Fatalf("read back %+v, want %+v", got, w)
	}
}

func drawStream(t *rapid.T) eventlog.Stream {
	segment := rapid.StringMatching(`[A-Za-z0-9_.~:-]{1,12}`)
	return eventlog.Stream{
		Service: segment.Draw(t, "service"), Root: segment.Draw(t, "root"),
		Leaf: rapid.OneOf(rapid.Just(""), segment).Draw(t, "leaf"),
	}
}

func TestItemComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		expected := eventlog.Version(rapid.Uint64Range(0, 1<<63).Draw(t, "expected"))
		w := testWrite(drawStream(t), expected, rapid.SliceOfN(rapid.String(), 1, 5).Draw(t, "data")...)
		got, err := newItem(w).open()
		if err != nil {
			t.Fatal(err)
		}
		wantStored(t, got, w)
	})
}

func TestDamagedItemIsNeverTakenForAnother(t *testing.T) {
	whole := newItem(testWrite(delivery, 0, "first", "second"))
	damaged := func(what string, i item) {
		if _, err := i.open(); !errors.Is(err, eventlog.ErrDamaged) {
			t.Errorf("%s: got %v, want ErrDamaged", what, err)
		}
	}
	complete := len(newItem(testWrite(delivery, 0, "first")).Records)
	for n := range len(whole.Records) {
		if n != complete { // without the second record it is a whole item; the chain of hashes knows what was
			cut := whole
			cut.Records = cut.Records[:n]
			damaged(fmt.Sprintf("cut to %d bytes", n), cut)
		}
	}
	newer := whole
	newer.Records = append([]byte{2}, whole.Records[1:]...)
	damaged("a newer format", newer)
	for _, sort := range []string{"", "#", "ep_3", "#1", "#a0", "#a01", "#b1", "#a", "#a1x", "#a-1", "ep/3#a1", "ep 3#a1"} {
		other := whole
		other.Sort = sort
		damaged("sort key "+sort, other)
	}
	for _, partition := range []string{"", "svc_1", "svc_1/", "/msg_2", "svc_1/msg_2/ep_3"} {
		other := whole
		other.Partition = partition
		damaged("partition key "+partition, other)
	}
}

func TestSortKeysSortAsTheirStreamsDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawStream(t), drawStream(t)
		number := rapid.OneOf(rapid.Uint64Range(1, 1200), rapid.Uint64Min(1))
		va, vb := eventlog.Version(number.Draw(t, "va")), eventlog.Version(number.Draw(t, "vb"))
		if rapid.Bool().Draw(t, "same leaf") {
			b.Leaf = a.Leaf
		}
		want := strings.Compare(a.Leaf, b.Leaf)
		if want == 0 {
			want = compareVersions(va, vb)
		}
		if got := strings.Compare(sortKey(a.Leaf, va), sortKey(b.Leaf, vb)); got != want {
			t.Fatalf("%s@%d and %s@%d sort as %d, want %d", a.Leaf, va, b.Leaf, vb, got, want)
		}
		if sortKey(a.Leaf, va) >= a.Leaf+pastAll {
			t.Fatalf("%s@%d is behind the end of its stream", a.Leaf, va)
		}
	})
}

func compareVersions(a, b eventlog.Version) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestCheckpointComesBackAsItWas(t *testing.T) {
	at := place{stream: delivery, first: 9, last: 12}
	if c := checkpoint(at); c != "1 svc_1/msg_2 ep_3#a9 12" {
		t.Errorf("checkpoint is %q", c)
	}
	if got, err := parseCheckpoint(checkpoint(at)); err != nil || got != at {
		t.Errorf("read back %+v, %v, want %+v", got, err, at)
	}
	for _, bad := range []eventlog.Checkpoint{" ", "2 svc_1/msg_2 ep_3#a9 12", "1 svc_1/msg_2 ep_3#a9 8", "1 svc_1/msg_2 ep_3#a9 x", "1 svc_1 #a1 1"} {
		if _, err := parseCheckpoint(bad); err == nil {
			t.Errorf("%q is taken for a checkpoint", bad)
		}
	}
}
