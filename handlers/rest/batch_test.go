package rest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"webplug/domain"
)

func TestPublishBatch(t *testing.T) {
	batch := func(s *shop, body any, key ...string) answer {
		s.Helper()
		return s.post(s.path+"/messages/batch", body, key...)
	}
	results := func(a answer) []obj {
		a.t.Helper()
		var out []obj
		for _, r := range a.list("data") {
			out = append(out, r.(obj))
		}
		return out
	}

	t.Run("answers each message at its place, accepted or not", func(t *testing.T) {
		s := newShop(t)
		s.unheld = true // one of them is not as described
		a := batch(s, obj{"messages": []obj{
			{"event_type": "card_issued", "payload": 1},
			{"event_type": "unknown", "payload": 2},
			{"event_type": "card_issued", "payload": 3, "user_id": s.user},
			{"event_type": "card_issued", "payload": 4, "extra": 1},
		}}).want(202)
		got := results(a)
		for i, field := range []string{"", "event_type", "", "extra"} {
			problem, refused := got[i]["problem"].(obj)
			switch {
			case field == "" && (refused || got[i]["deliveries"] != 1.0):
				t.Errorf("%d: %v", i, got[i])
			case field != "" && (!refused || problem["status"] != 422.0 || problem["errors"].([]any)[0].(obj)["field"] != field):
				t.Errorf("%d: %v", i, got[i])
			}
		}
		if a.wrote != 2 || a.position() != s.service+"/"+got[2]["id"].(string)+"@1" {
			t.Fatalf("%d events, at %s", a.wrote, a.position())
		}
	})

	t.Run("keeps each payload byte for byte", func(t *testing.T) {
		s := newShop(t)
		payloads := []string{`{"b": 12345678901234567890,  "a":1.0e0, "html":"<a>&\u0026\/"}`, `null`, `[ ]`, "{\n\t\"ä\":\t[1 , 2]}", `-0.0`}
		var messages []string
		for _, p := range payloads {
			messages = append(messages, `{ "payload" : `+p+` , "event_type":"card_issued"}`)
		}
		for i, r := range results(batch(s, `{"messages":[`+strings.Join(messages, " , ")+`]}`).want(202)) {
			if got := s.payloadOf(r["id"].(string)); got != payloads[i] {
				t.Errorf("%s became %s", payloads[i], got)
			}
		}
	})

	t.Run("is refused whole where it has no message, or more than 100", func(t *testing.T) {
		s := newShop(t)
		for _, n := range []int{0, 101} {
			messages := make([]obj, n)
			for i := range messages {
				messages[i] = obj{"event_type": "card_issued", "payload": i}
			}
			batch(s, obj{"messages": messages}).refused(422, "messages")
		}
		batch(s, obj{}).refused(422, "messages")
		batch(s, obj{"messages": 1}).refused(422, "messages")
		batch(s, obj{"messages": []obj{}, "x": 1}).refused(422, "x")
		batch(s, nil).refused(400)
	})

	t.Run("takes 4 MB and no more", func(t *testing.T) {
		s := newShop(t)
		message := `{"event_type":"card_issued","payload":"` + strings.Repeat("x", domain.MaxPayload-2) + `"}`
		body := `{"messages":[` + strings.TrimSuffix(strings.Repeat(message+",", 17), ",") + `]}`
		if a := batch(s, body+strings.Repeat(" ", 4<<20-len(body))).want(202); a.wrote != 17 {
			t.Fatalf("it wrote %d events", a.wrote)
		}
		batch(s, body+strings.Repeat(" ", 4<<20-len(body)+1)).refused(413)
		deep := func(n int) string {
			return `{"messages":[{"event_type":"card_issued","payload":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}]}`
		}
		batch(s, deep(99)).want(202)
		batch(s, deep(100)).refused(400)
	})

	t.Run("makes a message with an idempotency key once, also one that was published alone", func(t *testing.T) {
		s := newShop(t)
		alone := s.post(s.path+"/messages", obj{"event_type": "card_issued", "payload": 1}, "one").want(202)
		twice := obj{"event_type": "card_issued", "payload": 2, "idempotency_key": "two"}
		a := batch(s, obj{"messages": []obj{{"idempotency_key": "one", "payload": 1, "event_type": "card_issued"}, twice, twice}}).want(202)
		got := results(a)
		if got[0]["id"] != alone.id() || got[1]["id"] != got[2]["id"] || a.wrote != 1 {
			t.Fatalf("%v wrote %d events", got, a.wrote)
		}
		a = batch(s, obj{"messages": []obj{
			{"idempotency_key": "one", "payload": 7, "event_type": "card_issued"}, {"idempotency_key": "", "payload": 7, "event_type": "card_issued"},
		}}).want(202)
		for _, r := range results(a) {
			if field := r["problem"].(obj)["errors"].([]any)[0].(obj)["field"]; field != "idempotency_key" {
				t.Errorf("refused for %v", field)
			}
		}
		if a.wrote != 0 {
			t.Errorf("it wrote %d events", a.wrote)
		}
	})

	t.Run("with an Idempotency-Key can be repeated whole", func(t *testing.T) {
		s := newShop(t)
		body := obj{"messages": []obj{{"event_type": "card_issued", "payload": 1}, {"event_type": "card_issued", "payload": 1}}}
		first := batch(s, body, "all").want(202)
		again := batch(s, body, "all").want(202)
		if again.text != first.text || again.wrote != 0 || first.wrote != 2 {
			t.Fatalf("%s\nthen\n%s", first.text, again.text)
		}
	})

	t.Run("goes on where one message cannot be written, and logs why", func(t *testing.T) {
		s := newShop(t)
		s.memory.full = errors.New("the disk's own words")
		a := batch(s, obj{"messages": []obj{{"event_type": "card_issued", "payload": "secret text"}, {"event_type": "unknown", "payload": 1}}}).want(202)
		got := results(a)
		if fmt.Sprint(got[0]["problem"].(obj)["status"], got[1]["problem"].(obj)["status"]) != "500 422" || strings.Contains(a.text, "own words") {
			t.Fatal(a.text)
		}
		if log := s.lines.String(); !strings.Contains(log, "the disk's own words") || strings.Contains(log, "secret text") {
			t.Fatalf("the log has %s", log)
		}
	})
}
