package e2e

import (
	"slices"
	"sync"
	"testing"
	"time"
)

func TestMessagesAreFiltered(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	s := newService(t)
	ada, eve := s.user(), s.user()
	s.eventType("card_issued")
	s.eventType("card_debited")
	good, gone, busy := receive(t, nil), receive(t, always(410)), receive(t, always(503))
	a := s.endpoint(ada.ID, good.url(), "card_issued", "card_debited")
	b := s.endpoint(eve.ID, busy.url(), "card_issued")
	c := s.endpoint(eve.ID, gone.url(), "card_debited")
	type sent struct {
		messageRow
		endpoints []string
		causes    []string
	}
	var all_ []sent
	send := func(eventType, user, status string, causes []string, endpoints ...string) {
		t.Helper()
		m := s.publish(eventType, user)
		var row messageRow
		eventually(t, "a message is "+status, func() bool {
			row = of[messageRow](s.get("/messages/" + m.ID).is(200))
			open := row.Deliveries["pending"] > 0 && status != "pending"
			return row.Status == status && !open
		})
		all_ = append(all_, sent{row, endpoints, causes})
	}
	send("card_issued", ada.ID, "delivered", nil, a.ID)
	send("card_debited", eve.ID, "failed", []string{"http_410"}, c.ID)
	eventually(t, "who answered 410 is paused", func() bool {
		return of[endpointRow](s.get("/endpoints/"+c.ID).is(200)).Status == "paused"
	})
	send("card_debited", eve.ID, "skipped", nil, c.ID)
	send("card_issued", eve.ID, "retrying", []string{"http_503"}, b.ID)
	send("card_issued", "", "retrying", []string{"http_503"}, a.ID, b.ID)
	send("card_debited", "", "delivered", nil, a.ID, c.ID) // to one of them it is skipped
	discarded := all_[3]
	s.discard(discarded.ID, b.ID)
	all_[3].Status = "discarded"

	middle := all_[3].CreatedAt
	at := middle.Format(time.RFC3339Nano)
	for name, f := range map[string]struct {
		by    []string
		wants func(sent) bool
	}{
		"all":                {nil, func(sent) bool { return true }},
		"user_id":            {[]string{"user_id", eve.ID}, func(m sent) bool { return value(m.UserID) == eve.ID }},
		"event_type":         {[]string{"event_type", "card_debited"}, func(m sent) bool { return m.EventType == "card_debited" }},
		"endpoint_id":        {[]string{"endpoint_id", a.ID}, func(m sent) bool { return slices.Contains(m.endpoints, a.ID) }},
		"a skipped endpoint": {[]string{"endpoint_id", c.ID}, func(m sent) bool { return slices.Contains(m.endpoints, c.ID) }},
		"cause":              {[]string{"cause", "http_503"}, func(m sent) bool { return slices.Contains(m.causes, "http_503") }},
		"since":              {[]string{"since", at}, func(m sent) bool { return !m.CreatedAt.Before(middle) }},
		"until":              {[]string{"until", at}, func(m sent) bool { return m.CreatedAt.Before(middle) }},
		"an empty span":      {[]string{"since", at, "until", at}, func(sent) bool { return false }},
		"delivered":          {[]string{"status", "delivered"}, func(m sent) bool { return m.Status == "delivered" }},
		"failed":             {[]string{"status", "failed"}, func(m sent) bool { return m.Status == "failed" }},
		"retrying":           {[]string{"status", "retrying"}, func(m sent) bool { return m.Status == "retrying" }},
		"pending":            {[]string{"status", "pending"}, func(m sent) bool { return m.Status == "pending" }},
		"discarded":          {[]string{"status", "discarded"}, func(m sent) bool { return m.Status == "discarded" }},
		"skipped":            {[]string{"status", "skipped"}, func(m sent) bool { return m.Status == "skipped" }},
		"failed of a user": {[]string{"status", "failed", "user_id", eve.ID, "event_type", "card_debited", "endpoint_id", c.ID, "cause", "http_410"},
			func(m sent) bool { return m.Status == "failed" }},
		"delivered since": {[]string{"status", "delivered", "since", at}, func(m sent) bool { return m.Status == "delivered" && m.UserID == nil }},
		"retrying until":  {[]string{"status", "retrying", "until", at}, func(sent) bool { return false }},
		"of no one":       {[]string{"user_id", ada.ID, "event_type", "card_debited"}, func(sent) bool { return false }},
	} {
		for _, limit := range []string{"1", "2", "100"} {
			got := each(all[messageRow](s.client, "/messages", where(append(f.by, "limit", limit)...)), func(m messageRow) string { return m.ID })
			want := []string{}
			for _, m := range slices.Backward(all_) {
				if f.wants(m) {
					want = append(want, m.ID)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s by %s: %v, want %v", name, limit, got, want)
			}
		}
	}
	t.Run("a list shows a message as it is", func(t *testing.T) {
		for _, m := range first[messageRow](s.client, "/messages") {
			alone := of[messageRow](s.get("/messages/" + m.ID).is(200))
			if m.Status != alone.Status || !m.CreatedAt.Equal(alone.CreatedAt) || m.EventType != alone.EventType {
				t.Errorf("listed %+v, alone %+v", m, alone)
			}
		}
	})
	s.discard(all_[4].ID, b.ID)
}

func TestDeliveriesOfAMessageAreFiltered(t *testing.T) {
	ofStandardWebhooks(t, "attempt that is reported by itself")
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	good := s.endpoint(s.user().ID, receive(t, nil).url(), "card_issued")
	busy := s.endpoint(s.user().ID, receive(t, always(503)).url(), "card_issued")
	paused := s.endpoint(s.user().ID, "https://example.com/hook", "card_issued")
	s.post("/endpoints/"+paused.ID+"/pause", nil).is(200)
	m := s.publish("card_issued", "")
	s.awaitDelivery(m.ID, good.ID, "delivered")
	s.awaitDelivery(m.ID, busy.ID, "retrying")
	every := []string{good.ID, busy.ID, paused.ID}
	slices.Sort(every)
	for _, f := range []struct{ by, want []string }{
		{nil, every},
		{[]string{"status", "delivered"}, []string{good.ID}},
		{[]string{"status", "skipped"}, []string{paused.ID}},
		{[]string{"cause", "http_503"}, []string{busy.ID}},
		{[]string{"endpoint_id", busy.ID, "status", "retrying"}, []string{busy.ID}},
		{[]string{"endpoint_id", busy.ID, "status", "failed"}, []string{}},
	} {
		got := each(all[deliveryRow](s.client, "/messages/"+m.ID+"/deliveries", where(append(f.by, "limit", "1")...)), func(d deliveryRow) string { return d.EndpointID })
		if !slices.Equal(got, f.want) {
			t.Errorf("%v: %v, want %v", f.by, got, f.want)
		}
	}
	s.discard(m.ID, busy.ID)
}

func TestNoMessageIsLostOrGivenTwiceWhileOthersArrive(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	s.endpoint(s.user().ID, receive(t, nil).url(), "card_issued")
	var before []string
	for range 60 {
		before = append(before, s.publish("card_issued", "").ID)
	}
	slices.Reverse(before)
	for _, status := range []string{"", "delivered"} {
		options := []option{where("limit", "7")}
		if status != "" {
			for _, m := range before {
				s.awaitDelivery(m, s.deliveries(m)[0].EndpointID, status)
			}
			options = append(options, where("status", status))
		}
		var got []string
		var arriving sync.WaitGroup
		for cursor := new(""); cursor != nil; {
			arriving.Go(func() { s.post("/messages", message("card_issued", "")) })
			arriving.Go(func() { s.post("/messages", message("card_issued", "")) })
			o := options
			if *cursor != "" {
				o = append(o[:len(o):len(o)], where("cursor", *cursor))
			}
			p := of[page[messageRow]](s.get("/messages", o...).is(200))
			got = append(got, each(p.Data, func(m messageRow) string { return m.ID })...)
			cursor = p.Next
		}
		arriving.Wait()
		seen := map[string]bool{}
		for _, id := range got {
			if seen[id] {
				t.Errorf("%s is given twice", id)
			}
			seen[id] = true
		}
		if old := slices.DeleteFunc(got, func(id string) bool { return !slices.Contains(before, id) }); !slices.Equal(old, before) {
			t.Errorf("status %q: of %d messages that were there %d are given, or in another order", status, len(before), len(old))
		}
	}
}

func TestMessagesOfOneMomentAreAllListed(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.eventType("card_issued")
	want := map[string]bool{}
	for range 4 {
		for _, a := range together(racers, func(int) answer { return s.post("/messages", message("card_issued", "")) }) {
			want[of[row](a.is(202)).ID] = true
		}
	}
	if p := of[page[messageRow]](s.get("/messages").is(200)); len(p.Data) != 50 || p.Next == nil {
		t.Errorf("without a limit a page has %d rows", len(p.Data))
	}
	got := all[messageRow](s.client, "/messages", where("limit", "3"))
	for i, m := range got {
		if !want[m.ID] {
			t.Errorf("%s is given twice, or was never sent", m.ID)
		}
		delete(want, m.ID)
		if i > 0 && m.CreatedAt.After(got[i-1].CreatedAt) {
			t.Errorf("%s comes after %s", m.CreatedAt, got[i-1].CreatedAt)
		}
	}
	if len(want) > 0 {
		t.Errorf("%d messages are missing", len(want))
	}
}

func TestAMessageIsShown(t *testing.T) {
	t.Parallel()
	s := newService(t)
	u, kind := s.user(), s.eventType("card_issued")
	k := newKey(s.client, s.id, "publish")
	sent := s.by(k.Key).post("/messages", message("card_issued", u.ID)).is(202)
	m := of[acceptedRow](sent)
	if want := s.id + "/" + m.ID + "@1"; sent.position() != want {
		t.Errorf("position %s, want %s", sent.position(), want)
	}
	shown := of[messageRow](s.get("/messages/" + m.ID).is(200))
	if shown.EventType != "card_issued" || value(shown.EventTypeID) != kind.ID || value(shown.UserID) != u.ID || shown.By != k.ID || shown.Test || len(shown.Payload) == 0 {
		t.Errorf("shown %+v", shown)
	}
	for _, path := range []string{"", "/history", "/deliveries"} {
		s.get("/messages/msg_00000000000000000000000000"+path).refused(404, "not-found", "")
		s.get("/messages/1"+path).refused(404, "not-found", "")
		newService(t).get("/messages/"+m.ID+path).refused(404, "not-found", "")
	}
}

func TestDeliveriesAreFilteredByEverything(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, bob := s.user(), s.user()
	s.eventType("card_issued")
	well, broken := receive(t, nil), receive(t, always(410))
	adas, bobs := s.endpoint(ada.ID, well.url(), "card_issued"), s.endpoint(bob.ID, broken.url(), "card_issued")
	m := s.publish("card_issued", "")
	s.awaitDelivery(m.ID, adas.ID, "delivered")
	failed := s.awaitDelivery(m.ID, bobs.ID, "failed")
	after := failed.EndedAt.Add(time.Millisecond).Format(time.RFC3339Nano)
	for name, c := range map[string]struct {
		query []string
		want  []string
	}{
		"a user":        {[]string{"user_id", ada.ID}, []string{adas.ID}},
		"an endpoint":   {[]string{"endpoint_id", bobs.ID}, []string{bobs.ID}},
		"a status":      {[]string{"status", "failed"}, []string{bobs.ID}},
		"a cause":       {[]string{"cause", "http_410"}, []string{bobs.ID}},
		"its type":      {[]string{"event_type", "card_issued", "user_id", bob.ID}, []string{bobs.ID}},
		"another type":  {[]string{"event_type", "card_debited"}, nil},
		"before":        {[]string{"until", failed.AcceptedAt.Format(time.RFC3339Nano)}, nil},
		"since, status": {[]string{"since", failed.AcceptedAt.Format(time.RFC3339Nano), "status", "failed"}, []string{bobs.ID}},
		"after":         {[]string{"since", after, "user_id", bob.ID}, nil},
	} {
		if got := each(s.deliveries(m.ID, where(c.query...)), func(d deliveryRow) string { return d.EndpointID }); !slices.Equal(got, c.want) {
			t.Errorf("by %s: %v, want %v", name, got, c.want)
		}
	}
	s.get("/messages/"+m.ID+"/deliveries", where("since", after, "until", failed.AcceptedAt.Format(time.RFC3339Nano)), wrong).refused(422, "invalid", "until")
	s.get("/messages/"+m.ID+"/deliveries", where("user_id", "x"), wrong).refused(422, "invalid", "user_id")
}
