package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"webplug/domain"
)

// An audience of two chunks: both have the same body, and so the same MD5, by which alone reports are found here.
func TestSNSAudienceOfMoreThanOneChunk(t *testing.T) {
	w := newSNSWorld(t, func(w *snsWorld) {
		w.record = func(record []byte) []byte {
			return bytes.Replace(record, []byte(`"messageId":"`), []byte(`"messageId":"x`), 1)
		}
	})
	c := w.customer()
	urls := make([]string, 5)
	for i := range urls { // two of the user who comes first, three of another
		if urls[i] = fmt.Sprintf("https://%d.example/hook", i); i == 2 {
			c.usr = c.user()
		}
		c.active(c.usr, urls[i])
		if i > 0 {
			continue
		}
		for n := range domain.MaxAudience - 2 { // the first chunk is full of those that get nothing
			e := c.call("POST", "/services/"+c.svc+"/endpoints", map[string]any{
				"user_id": c.usr, "url": fmt.Sprintf("https://paused-%d.example/", n), "format": "standard-webhooks", "event_types": []string{"card_issued"},
			}, 201)["id"].(string)
			c.call("POST", "/services/"+c.svc+"/endpoints/"+e+"/pause", nil, 200)
		}
	}
	message, answer := c.send()
	if answer["deliveries"] != 2.0 || answer["more"] != true {
		t.Fatalf("%v deliveries, more: %v", answer["deliveries"], answer["more"])
	}
	var row map[string]any
	c.eventually("each is delivered", func() bool {
		row = c.call("GET", "/services/"+c.svc+"/messages/"+message, nil, 200)
		return row["deliveries"].(map[string]any)["delivered"] == 5.0
	})
	if row["status"] != "delivered" || row["more"] != nil {
		t.Fatalf("%v", row)
	}
	for _, url := range urls {
		got := c.endpoints.arrived(url, "Notification")
		if len(got) != 1 || !strings.Contains(got[0].Message, `"id":"`+message+`"`) {
			t.Fatalf("%s got %v", url, got)
		}
	}
	published, chunks := map[string]bool{}, 0
	for _, e := range c.call("GET", "/services/"+c.svc+"/messages/"+message+"/history", nil, 200)["data"].([]any) {
		e := e.(map[string]any)
		switch e["type"] {
		case "MessageRouted":
			chunks++
		case "MessagePublished":
			published[e["stream"].(string)] = true
		}
	}
	if chunks != 1 || len(published) != 2 {
		t.Fatalf("%d further chunks, published from %v", chunks, published)
	}
}
