package contract

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"testing"

	"webplug/domain/eventlog"
)

// stream is "service/root" or "service/root/leaf".
func stream(name string) eventlog.Stream {
	s, err := eventlog.ParseStream(name)
	if err != nil {
		panic(err)
	}
	return s
}

// record is a record as a store sees it: opaque bytes, and a hash that differs wherever stream, version or bytes do.
func record(s eventlog.Stream, v eventlog.Version, data []byte) eventlog.Record {
	h := sha256.New()
	h.Write([]byte(s.String()))
	h.Write(binary.BigEndian.AppendUint64([]byte{0}, uint64(v)))
	h.Write(data)
	return eventlog.Record{Stream: s, Version: v, Data: data, Hash: eventlog.Hash(h.Sum(nil))}
}

// write is one record a text, after the expected version.
func write(s eventlog.Stream, expected eventlog.Version, texts ...string) eventlog.Write {
	w := eventlog.Write{Stream: s, Expected: expected}
	for i, text := range texts {
		w.Records = append(w.Records, record(s, expected+eventlog.Version(i)+1, []byte(text)))
	}
	return w
}

func batch(writes ...eventlog.Write) eventlog.Batch { return eventlog.Batch{Writes: writes} }

// recordsOf is what a batch adds, in its own order.
func recordsOf(batches ...eventlog.Batch) []eventlog.Record {
	var all []eventlog.Record
	for _, b := range batches {
		for _, w := range b.Writes {
			all = append(all, w.Records...)
		}
	}
	return all
}

func mustAppend(t testing.TB, s eventlog.Store, batches ...eventlog.Batch) {
	t.Helper()
	for _, b := range batches {
		if err := s.Append(t.Context(), b); err != nil {
			t.Fatalf("append %s: %v", describe(b), err)
		}
	}
}

func wantConflict(t testing.TB, s eventlog.Store, b eventlog.Batch) {
	t.Helper()
	if err := s.Append(t.Context(), b); !errors.Is(err, eventlog.ErrConflict) {
		t.Fatalf("append %s: got %v, want ErrConflict", describe(b), err)
	}
}

func describe(b eventlog.Batch) string {
	text := ""
	for i, w := range b.Writes {
		if i == 3 {
			return text + fmt.Sprintf("… (%d streams)", len(b.Writes))
		}
		text += fmt.Sprintf("%s@%d+%d ", w.Stream, w.Expected, len(w.Records))
	}
	return text
}

func collect(seq iter.Seq2[eventlog.Record, error]) ([]eventlog.Record, error) {
	var got []eventlog.Record
	for r, err := range seq {
		if err != nil {
			return got, err
		}
		got = append(got, r)
	}
	return got, nil
}

// wantRead holds all of a stream against what it should be.
func wantRead(t testing.TB, s eventlog.Store, of eventlog.Stream, want ...eventlog.Record) {
	t.Helper()
	got, err := collect(s.Read(t.Context(), of, 0))
	if err != nil {
		t.Fatalf("read %s: %v", of, err)
	}
	wantSame(t, "read "+of.String(), got, want)
}

func wantTrail(t testing.TB, s eventlog.Store, service, root string, want ...eventlog.Record) {
	t.Helper()
	got, err := collect(s.Trail(t.Context(), service, root))
	if err != nil {
		t.Fatalf("trail %s/%s: %v", service, root, err)
	}
	wantSame(t, "trail "+service+"/"+root, got, want)
}

func wantSame(t testing.TB, what string, got, want []eventlog.Record) {
	t.Helper()
	if diff := difference(got, want); diff != "" {
		t.Fatalf("%s: %s", what, diff)
	}
}

// difference says where two lists of records part, or "".
func difference(got, want []eventlog.Record) string {
	for i := range min(len(got), len(want)) {
		g, w := got[i], want[i]
		switch {
		case g.Stream != w.Stream || g.Version != w.Version:
			return fmt.Sprintf("record %d is %s@%d, want %s@%d", i, g.Stream, g.Version, w.Stream, w.Version)
		case g.Hash != w.Hash:
			return fmt.Sprintf("%s@%d has another hash", g.Stream, g.Version)
		case !bytes.Equal(g.Data, w.Data):
			return fmt.Sprintf("%s@%d has other bytes (%d, want %d)", g.Stream, g.Version, len(g.Data), len(w.Data))
		}
	}
	if len(got) != len(want) {
		return fmt.Sprintf("%d records, want %d", len(got), len(want))
	}
	return ""
}

// appendUntil appends single records to one stream after another until ctx ends, and hands each acknowledged one to
// took. It answers the first error that is not the end of ctx or of the store under it.
func appendUntil(ctx context.Context, s eventlog.Store, name string, took func(eventlog.Record)) error {
	head := eventlog.Version(0)
	of := stream(name)
	for ctx.Err() == nil {
		w := write(of, head, fmt.Sprintf("%s number %d", name, head+1))
		if err := s.Append(ctx, batch(w)); err != nil {
			if ctx.Err() != nil || errors.Is(err, eventlog.ErrUnavailable) {
				return nil
			}
			return fmt.Errorf("append %s@%d: %w", name, head, err)
		}
		head++
		took(w.Records[0])
	}
	return nil
}
