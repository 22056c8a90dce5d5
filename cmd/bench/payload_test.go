package main

import (
	"bytes"
	"compress/flate"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

func TestStampIsFoundWhereverThePayloadStands(t *testing.T) {
	m := newMessage("card_issued", "usr_1", 1)
	sent := time.Unix(1_700_000_000, 123_456_789)
	m.write(4711, sent)
	var published struct {
		EventType string            `json:"event_type"`
		UserID    string            `json:"user_id"`
		Payload   map[string]string `json:"payload"`
	}
	if err := json.Unmarshal(m.body, &published); err != nil {
		t.Fatalf("a body is no JSON: %v", err)
	}
	if published.EventType != "card_issued" || published.UserID != "usr_1" {
		t.Errorf("published %+v", published)
	}
	webhook, err := json.Marshal(map[string]any{"id": "msg_1", "type": "card_issued", "data": published.Payload})
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range [][]byte{m.body, webhook} {
		seq, at, err := readStamp(body)
		if err != nil || seq != 4711 || !at.Equal(sent) {
			t.Errorf("read %d, %v, %v", seq, at, err)
		}
	}
}

func TestStampOfSomethingElseIsRefused(t *testing.T) {
	for _, body := range []string{``, `{"bench":"`, `{"bench":"zzzzzzzzzzzzzzzz.0000000000000000.x"}`} {
		if _, _, err := readStamp([]byte(body)); err == nil {
			t.Errorf("%q was taken for a message", body)
		}
	}
}

func TestTextDoesNotCompressBeyondItsAlphabet(t *testing.T) {
	m := newMessage("t", "", 1)
	m.write(1, time.Unix(0, 0))
	first := string(m.text)
	m.write(2, time.Unix(0, 0))
	if string(m.text) == first {
		t.Error("two messages have the same text")
	}
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(m.text)
	_ = w.Close()
	if least := textLen * 6 / 8; out.Len() < least {
		t.Errorf("compresses to %d bytes, which random text of 64 letters cannot: at least %d", out.Len(), least)
	}
}
