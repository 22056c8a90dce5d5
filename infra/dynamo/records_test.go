package dynamo_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"strings"
	"testing"

	"webplug/domain/eventlog"
)

// write is a record for each text, after the expected version. Hashes differ wherever place or bytes do.
func write(stream string, expected eventlog.Version, texts ...string) eventlog.Write {
	s, err := eventlog.ParseStream(stream)
	if err != nil {
		panic(err)
	}
	w := eventlog.Write{Stream: s, Expected: expected}
	for i, text := range texts {
		v := expected + eventlog.Version(i) + 1
		sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(stream+text), uint64(v)))
		w.Records = append(w.Records, eventlog.Record{Stream: s, Version: v, Data: []byte(text), Hash: sum})
	}
	return w
}

func batch(writes ...eventlog.Write) eventlog.Batch { return eventlog.Batch{Writes: writes} }

func mustAppend(t testing.TB, s eventlog.Store, writes ...eventlog.Write) {
	t.Helper()
	if err := s.Append(t.Context(), batch(writes...)); err != nil {
		t.Fatalf("append: %v", err)
	}
}

// texts is what a stream holds, joined by commas, and the error that ended its reading.
func texts(records iter.Seq2[eventlog.Record, error]) (string, error) {
	var all []string
	for r, err := range records {
		if err != nil {
			return strings.Join(all, ","), err
		}
		all = append(all, string(r.Data))
	}
	return strings.Join(all, ","), nil
}

func wantTexts(t testing.TB, s eventlog.Store, stream, want string) {
	t.Helper()
	of, err := eventlog.ParseStream(stream)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := texts(s.Read(t.Context(), of, 0)); err != nil || got != want {
		t.Errorf("%s holds %q, %v, want %q", stream, got, err, want)
	}
}

// noise does not compress and has n bytes.
func noise(n int) string {
	text := ""
	for i := 0; len(text) < n; i++ {
		text += fmt.Sprintf("%x", sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
	}
	return text[:n]
}
