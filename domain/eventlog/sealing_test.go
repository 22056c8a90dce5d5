package eventlog_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"webplug/domain/eventlog"
)

// sealOne appends an event with one sealed field and gives its record as a store opened anew would.
func sealOne(t testing.TB, b *bench, s eventlog.Stream, plain []byte) eventlog.Record {
	t.Helper()
	b.append(t, s, Noted{Text: "x", Memo: eventlog.Sealed{Key: "svc_1/secrets", Plain: plain}})
	records := b.store.stored(s)
	return records[len(records)-1]
}

// reveal opens the memo of a record.
func reveal(l *eventlog.Log, rec eventlog.Record) ([]byte, error) {
	r, err := l.Decode(rec)
	if err != nil {
		return nil, err
	}
	return l.Reveal(context.Background(), r.Event.(Noted).Memo)
}

func contents(t testing.TB) map[string][]byte {
	random := make([]byte, 240*1024)
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"empty":                 {},
		"one byte":              {0},
		"just not compressed":   bytes.Repeat([]byte("a"), 63),
		"just compressed":       bytes.Repeat([]byte("a"), 64),
		"incompressible, short": random[:64],
		"incompressible, large": random,
		"compressible, large":   bytes.Repeat([]byte(`{"amount": 12.50, "currency": "EUR"} `), 6500),
		"looks like zstd":       append([]byte{0x28, 0xb5, 0x2f, 0xfd}, random[:100]...),
	}
}

func TestASealedFieldIsRevealed(t *testing.T) {
	for name, plain := range contents(t) {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			made := Noted{Memo: eventlog.Sealed{Key: "svc_1/secrets", Plain: plain}}
			if got, err := b.Reveal(context.Background(), made.Memo); err != nil || !bytes.Equal(got, plain) {
				t.Fatalf("of the event that was made: %d bytes, %v", len(got), err)
			}
			rec := sealOne(t, b, ann, plain)
			for who, l := range map[string]*eventlog.Log{"the same log": b.Log, "another process": b.reopened(t, b.master)} {
				if got, err := reveal(l, rec); err != nil || !bytes.Equal(got, plain) {
					t.Fatalf("by %s: %d bytes of %d, %v", who, len(got), len(plain), err)
				}
			}
		})
	}
}

func TestAnAbsentFieldStaysAbsent(t *testing.T) {
	b := newBench(t)
	b.append(t, ann, Noted{Text: "nothing sealed"})
	b.store.forget = true
	memo := read(t, b.Log, ann)[0].Event.(Noted).Memo
	if got, err := b.Reveal(context.Background(), memo); !memo.Absent() || got != nil || err != nil {
		t.Fatalf("absent %v, %q, %v", memo.Absent(), got, err)
	}
	if len(b.keys.wrapped) != 0 {
		t.Fatalf("there are keys: %v", b.keys.wrapped)
	}
}

func TestWhatIsCompressibleIsStoredShort(t *testing.T) {
	plain := contents(t)["compressible, large"]
	if rec := sealOne(t, newBench(t), ann, plain); len(rec.Data) > len(plain)/20 {
		t.Fatalf("%d bytes are stored as %d", len(plain), len(rec.Data))
	}
	plain = contents(t)["incompressible, large"]
	if rec := sealOne(t, newBench(t), ann, plain); len(rec.Data) > len(plain)+200 {
		t.Fatalf("%d bytes are stored as %d", len(plain), len(rec.Data))
	}
}

func TestABoxDoesNotOpen(t *testing.T) {
	plain := bytes.Repeat([]byte("top secret "), 20)
	refused := func(t *testing.T, l *eventlog.Log, rec eventlog.Record) {
		t.Helper()
		if got, err := reveal(l, rec); !errors.Is(err, eventlog.ErrSealed) {
			t.Fatalf("%q, %v; want ErrSealed", got, err)
		}
	}
	setup := func(t *testing.T) (*bench, eventlog.Record) {
		b := newBench(t)
		return b, sealOne(t, b, ann, plain)
	}
	t.Run("with another master key", func(t *testing.T) {
		b, rec := setup(t)
		refused(t, b.reopened(t, []byte("another master key, 32 bytes lo.")), rec)
	})
	t.Run("when its data key is gone", func(t *testing.T) {
		b, rec := setup(t)
		clear(b.keys.wrapped)
		refused(t, b.reopened(t, b.master), rec)
		if len(b.keys.wrapped) != 0 {
			t.Fatal("a key was made for reading")
		}
	})
	t.Run("with another data key of the same name", func(t *testing.T) {
		b, rec := setup(t)
		other := newBench(t)
		other.append(t, bob, Noted{Memo: sealed("an earlier one, so that the next is another", "x")})
		sealOne(t, other, ann, plain)
		b.keys.wrapped["svc_1/secrets"] = other.keys.wrapped["svc_1/secrets"]
		refused(t, b.reopened(t, b.master), rec)
	})
	t.Run("with a data key stored under another's name", func(t *testing.T) {
		b, rec := setup(t)
		b.append(t, bob, Noted{Memo: sealed("svc_2/secrets", "x")})
		b.keys.wrapped["svc_1/secrets"] = b.keys.wrapped["svc_2/secrets"]
		refused(t, b.reopened(t, b.master), rec)
	})
	t.Run("in another stream", func(t *testing.T) {
		b, rec := setup(t)
		rec.Stream = bob
		refused(t, b.Log, rec)
	})
	t.Run("at another version", func(t *testing.T) {
		b, rec := setup(t)
		rec.Version++
		refused(t, b.Log, rec)
	})
	t.Run("in another field", func(t *testing.T) {
		b := newBench(t)
		b.append(t, ann, Noted{Note: eventlog.Sealed{Key: "svc_1/secrets", Plain: plain}})
		rec := b.store.stored(ann)[0]
		rec.Data = bytes.Replace(rec.Data, []byte("note"), []byte("memo"), 1)
		refused(t, b.Log, rec)
	})
	t.Run("under another key's name", func(t *testing.T) {
		b, rec := setup(t)
		b.append(t, bob, Noted{Memo: sealed("svc_1/letters", "x")})
		rec.Data = bytes.Replace(rec.Data, []byte("/secrets"), []byte("/letters"), 1)
		refused(t, b.Log, rec)
	})
	t.Run("with any bit flipped", func(t *testing.T) {
		b, rec := setup(t)
		whole := rec.Data
		box := bytes.Index(whole, []byte("/secrets")) + len("/secrets") + 1
		for at := box; at < len(whole); at++ {
			for bit := range 8 {
				rec.Data = bytes.Clone(whole)
				rec.Data[at] ^= 1 << bit
				refused(t, b.Log, rec)
			}
		}
	})
	t.Run("cut short", func(t *testing.T) {
		b, rec := setup(t)
		whole := rec.Data
		prefix := bytes.Index(whole, []byte("/secrets")) + len("/secrets")
		for n := range len(whole) - prefix - 1 { // of a length that the envelope says too
			rec.Data = append(bytes.Clone(whole[:prefix]), byte(n&0x7f|0x80), byte(n>>7))
			rec.Data = append(rec.Data, whole[prefix+1:prefix+1+n]...)
			refused(t, b.Log, rec)
		}
	})
}

func TestNoContentIsStored(t *testing.T) {
	b := newBench(t)
	secrets := []string{"whsec_correct-horse-battery-staple", strings.Repeat("a payload that compresses well; ", 40)}
	for i, s := range secrets {
		b.append(t, ann, Noted{Text: "open text", Memo: sealed("svc_1/secrets", s), Note: sealed(fmt.Sprintf("svc_1/usr_2/2026-0%d", i+1), s)})
	}
	var stored []byte
	for _, r := range b.store.stored(ann) {
		stored = append(stored, r.Data...)
	}
	for _, w := range b.keys.wrapped {
		stored = append(stored, w...)
	}
	if !bytes.Contains(stored, []byte("open text")) {
		t.Fatal("what is not sealed cannot be found either: this test finds nothing")
	}
	for _, s := range secrets {
		for at := 0; at+12 <= len(s); at += 4 {
			part := []byte(s[at : at+12])
			for name, form := range map[string][]byte{
				"itself":           part,
				"base64":           []byte(base64.StdEncoding.EncodeToString(part)),
				"base64, shifted":  []byte(base64.StdEncoding.EncodeToString(append([]byte{'x'}, part...))[2:14]),
				"base64, shifted2": []byte(base64.StdEncoding.EncodeToString(append([]byte("xx"), part...))[4:14]),
				"hex":              []byte(fmt.Sprintf("%x", part)),
			} {
				if bytes.Contains(stored, form) {
					t.Fatalf("%q is stored, as %s", part, name)
				}
			}
		}
	}
	if bytes.Contains(stored, b.master) {
		t.Fatal("the master key is stored")
	}
}

func TestASealedFieldIsNotPrinted(t *testing.T) {
	b := newBench(t)
	rec := sealOne(t, b, ann, []byte("top secret"))
	made, _ := b.Decode(b.store.streams[ann][0])
	read, _ := b.Decode(rec)
	for _, r := range []eventlog.Recorded{made, read} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			out := fmt.Sprintf(format, r) + fmt.Sprintf(format, r.Event) + fmt.Sprintf(format, r.Event.(Noted).Memo)
			if strings.Contains(out, "top secret") || strings.Contains(out, "116 111 112") {
				t.Errorf("%s prints %s", format, out)
			}
		}
	}
}
