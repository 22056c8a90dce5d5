package eventlog_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"webplug/domain/eventlog"
)

// update writes golden files that do not exist yet. One that exists was stored somewhere: it is never written again.
var update = flag.Bool("update", false, "write the golden files that are missing")

// writeGolden stores a stream's records and all data keys as text: one record or key a line, in hex.
func writeGolden(t *testing.T, path string, records []eventlog.Record, keys map[string][]byte) string {
	t.Helper()
	var out strings.Builder
	for _, r := range records {
		fmt.Fprintf(&out, "record %s %d %x %x\n", r.Stream, r.Version, r.Hash, r.Data)
	}
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		fmt.Fprintf(&out, "key %s %x\n", name, keys[name])
	}
	if *update {
		if f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644); err == nil {
			_, err = f.WriteString(out.String())
			if err := errors.Join(err, f.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return out.String()
}

// readGolden gives the records of a golden file and puts its keys into a keyring.
func readGolden(t testing.TB, path string, keys *keyring) []eventlog.Record {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var records []eventlog.Record
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		switch f[0] {
		case "record":
			s, err := eventlog.ParseStream(f[1])
			if err != nil {
				t.Fatal(err)
			}
			r := eventlog.Record{Stream: s, Data: unhex(t, f[4])}
			copy(r.Hash[:], unhex(t, f[3]))
			if _, err := fmt.Sscan(f[2], &r.Version); err != nil {
				t.Fatal(err)
			}
			records = append(records, r)
		case "key":
			keys.wrapped[f[1]] = unhex(t, f[2])
		}
	}
	return records
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const envelopeGolden = "testdata/envelope.v1.golden"

// long compresses; short is stored as it is.
var long = strings.Repeat("All work and no play makes Jack a dull boy. ", 20)

// goldenEvents are what the golden file was made of, once: sealed fields short and long, none, no cause, a time long ago.
func goldenEvents(t *testing.T, b *bench) {
	b.append(t, ann, Opened{"Ann <ann@example.com> & Ünïcode \u2028"})
	b.now = start.Add(time.Hour + 1234567*time.Nanosecond)
	b.append(t, ann, Noted{Text: "both", Memo: sealed("svc_1/usr_2/2026-01", "short"), Note: sealed("svc_1/secrets", long)})
	if _, err := eventlog.Execute(context.Background(), b.Log, ann, record{Noted{Note: sealed("svc_1/secrets", "")}, Closed{}}, eventlog.Cause{}); err != nil {
		t.Fatal(err)
	}
}

func TestStoredBytesAreForEver(t *testing.T) {
	b := newBench(t)
	goldenEvents(t, b)
	made := writeGolden(t, envelopeGolden, b.store.stored(ann), b.keys.wrapped)

	stored := newBench(t)
	records := readGolden(t, envelopeGolden, stored.keys)

	t.Run("they are read", func(t *testing.T) {
		var got []string
		for _, rec := range records {
			r, err := stored.Decode(rec)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%s %s@%d %s %+v actor=%s correlation=%s causation=%s",
				r.ID, r.Stream, r.Version, r.Time.Format(time.RFC3339Nano), r.Event, r.Actor, r.CorrelationID, r.CausationID))
		}
		want := []string{
			"01KE0000000000000000000001 svc_1/acc_ann@1 2026-01-02T03:04:05.678901Z {Owner:Ann <ann@example.com> & Ünïcode \u2028} actor=key_1 correlation=req_1 causation=req_1",
			"01KE0000000000000000000002 svc_1/acc_ann@2 2026-01-02T04:04:05.680135Z {Text:both Memo:sealed Note:sealed} actor=key_1 correlation=req_1 causation=req_1",
			"01KE0000000000000000000003 svc_1/acc_ann@3 2026-01-02T04:04:05.680135Z {Text: Memo:sealed Note:sealed} actor= correlation= causation=",
			"01KE0000000000000000000004 svc_1/acc_ann@4 2026-01-02T04:04:05.680135Z {} actor= correlation= causation=",
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Fatalf("read\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
	t.Run("their sealed fields are opened", func(t *testing.T) {
		for i, want := range map[int][2]string{1: {"short", long}, 2: {"", ""}} {
			r, err := stored.Decode(records[i])
			if err != nil {
				t.Fatal(err)
			}
			n := r.Event.(Noted)
			for j, f := range []eventlog.Sealed{n.Memo, n.Note} {
				if plain, err := stored.Reveal(context.Background(), f); err != nil || string(plain) != want[j] {
					t.Errorf("record %d, field %d: %.20q, %v; want %.20q", i, j, plain, err, want[j])
				}
			}
		}
	})
	t.Run("their chain is verified", func(t *testing.T) {
		if err := eventlog.Verify(records); err != nil {
			t.Fatal(err)
		}
	})
	// A new version of the compression may write other bytes for the long field; then write a further golden file and
	// compare with that one, and keep this one to be read.
	t.Run("the same events give the same bytes", func(t *testing.T) {
		want, err := os.ReadFile(envelopeGolden)
		if err != nil {
			t.Fatal(err)
		}
		if made != string(want) {
			t.Fatalf("made\n%s\nstored\n%s", made, want)
		}
	})
}

func TestDamagedRecords(t *testing.T) {
	b := newBench(t)
	records := readGolden(t, envelopeGolden, b.keys)

	t.Run("cut off at any length", func(t *testing.T) {
		for _, rec := range records {
			whole := rec.Data
			for n := range whole {
				rec.Data = whole[:n:n]
				if r, err := b.Decode(rec); !errors.Is(err, eventlog.ErrDamaged) {
					t.Fatalf("%d of %d bytes: %+v, %v; want ErrDamaged", n, len(whole), r, err)
				}
			}
		}
	})
	t.Run("with more behind", func(t *testing.T) {
		for _, rec := range records {
			rec.Data = append(bytes.Clone(rec.Data), 0)
			if r, err := b.Decode(rec); !errors.Is(err, eventlog.ErrDamaged) {
				t.Fatalf("%+v, %v; want ErrDamaged", r, err)
			}
		}
	})
	t.Run("zeros or ones of any length", func(t *testing.T) {
		for n := range 200 {
			rec := eventlog.Record{Stream: ann, Version: 1, Data: make([]byte, n)}
			if r, err := b.Decode(rec); !errors.Is(err, eventlog.ErrDamaged) {
				t.Fatalf("%d zeros: %+v, %v; want ErrDamaged", n, r, err)
			}
			rec.Data = bytes.Repeat([]byte{1}, n)
			if r, err := b.Decode(rec); !errors.Is(err, eventlog.ErrDamaged) && !errors.Is(err, eventlog.ErrUnknownEvent) {
				t.Fatalf("%d ones: %+v, %v; want an error", n, r, err)
			}
		}
	})
	t.Run("any byte turned into another never panics", func(t *testing.T) {
		for _, rec := range records {
			whole := rec.Data
			for at := range whole {
				for _, v := range []byte{0, 1, whole[at] - 1, whole[at] + 1, '"', '}', 0x7f, 0x80, 0xff} {
					rec.Data = bytes.Clone(whole)
					rec.Data[at] = v
					decodeSafely(t, b.Log, rec)
				}
			}
		}
	})
	t.Run("a newer format is not damage", func(t *testing.T) {
		rec := records[0]
		rec.Data = bytes.Clone(rec.Data)
		rec.Data[0] = 2
		if _, err := b.Decode(rec); !errors.Is(err, eventlog.ErrUnknownEvent) {
			t.Fatalf("%v; want ErrUnknownEvent", err)
		}
	})
}

// decodeSafely holds that any bytes give an event or one of the two errors that callers tell apart.
func decodeSafely(t testing.TB, l *eventlog.Log, rec eventlog.Record) {
	t.Helper()
	r, err := l.Decode(rec)
	switch {
	case err == nil && r.Event == nil:
		t.Fatalf("%x: no event and no error", rec.Data)
	case err != nil && !errors.Is(err, eventlog.ErrDamaged) && !errors.Is(err, eventlog.ErrUnknownEvent):
		t.Fatalf("%x: %v", rec.Data, err)
	}
	if n, ok := r.Event.(Noted); ok {
		for _, f := range []eventlog.Sealed{n.Memo, n.Note} {
			if _, err := l.Reveal(context.Background(), f); err != nil && !errors.Is(err, eventlog.ErrSealed) {
				t.Fatalf("%x: reveal: %v", rec.Data, err)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	b := newBench(f)
	for _, path := range []string{envelopeGolden, "testdata/deposited.v1.golden"} {
		for _, rec := range readGolden(f, path, b.keys) {
			f.Add(rec.Data)
			f.Add(rec.Data[:len(rec.Data)/2])
		}
	}
	f.Add([]byte{})
	l := b.reopened(f, b.master, append(account{}.definitions(), eventlog.Define[Deposited](poundsToPence, splitName))...)
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		decodeSafely(t, l, eventlog.Record{Stream: ann, Version: 2, Data: data})
		if !bytes.Equal(before, data) {
			t.Fatal("decoding changed the record")
		}
	})
}

// TestIDsAreStoredShort holds every kind of id to what it was, and those with a ULID to 16 bytes for it.
func TestIDsAreStoredShort(t *testing.T) {
	const id = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
	for _, text := range []string{
		"", "admin", "dispatch", id, "req_" + id, "key_" + id, strings.ToLower(id), id + "x", "8" + id[1:], strings.Repeat("x", 300) + id,
	} {
		b := newBench(t)
		cause := eventlog.Cause{Actor: text, CorrelationID: text, CausationID: text}
		if _, err := eventlog.Execute(t.Context(), b.Log, ann, record{Noted{}}, cause); err != nil {
			t.Fatal(err)
		}
		rec := b.store.stored(ann)[0]
		got, err := b.Decode(rec.Forget())
		if err != nil || got.Actor != text || got.CorrelationID != text || got.CausationID != text {
			t.Fatalf("%q was read as %q, %q, %q, %v", text, got.Actor, got.CorrelationID, got.CausationID, err)
		}
		if text == "req_"+id && bytes.Contains(rec.Data, []byte(id)) {
			t.Fatal("a ULID is stored as a text")
		}
	}
}
