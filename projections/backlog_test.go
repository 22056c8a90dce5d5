package projections_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/projections"
)

// TestRestartOnBroadcastsReadsEachOnce starts the process on a fan-out backlog: a message is read for all of its
// deliveries, not for each.
func TestRestartOnBroadcastsReadsEachOnce(t *testing.T) {
	inWorld(t, func(w *world) {
		const endpoints, messages = 40, 10
		up := false
		var all []string
		for i := range endpoints {
			all = append(all, w.endpoint(fmt.Sprintf("e%d", i), func(a domain.Attempt) domain.Report {
				if up {
					return accepts(a)
				}
				return fails(a)
			}))
		}
		var published []string
		for range messages {
			published = append(published, w.publish())
		}
		w.later(time.Second)
		w.crash()
		up = true
		w.mu.Lock()
		w.reads = 0
		w.mu.Unlock()
		w.later(time.Minute)
		if w.reads > 10*messages {
			t.Errorf("messages were read %d times for %d deliveries of %d messages", w.reads, endpoints*messages, messages)
		}
		for _, msg := range published {
			for _, ep := range all {
				w.wantStatus(msg, ep, domain.Delivered)
			}
		}
	})
}

// ahead is a feed that has more than it brings.
type ahead struct{ eventlog.Feed }

// Head is one too far.
func (a ahead) Head() eventlog.Position { return a.Feed.Head() + 1 }

// TestListsAnswerWhileRowsAreBehind asks for a list that cannot be made fresh: it says so, within two seconds.
func TestListsAnswerWhileRowsAreBehind(t *testing.T) {
	inWorld(t, func(w *world) {
		w.endpoint("ok", accepts)
		w.publish()
		w.later(time.Minute)
		q := projections.NewQueries(w.log, w.store.Views(), w.projector, ahead{w.store})
		began := time.Now()
		page, err := q.Endpoints(t.Context(), svc, projections.EndpointFilter{}, projections.PageRequest{Limit: 10})
		if err != nil || len(page.Data) != 1 || !page.Stale {
			t.Fatalf("%d rows, stale: %v, %v", len(page.Data), page.Stale, err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Fatalf("it took %s", took)
		}
	})
}

// counting counts the rows that are read.
type counting struct {
	projections.Views
	rows int
}

// List counts.
func (c *counting) List(ctx context.Context, g projections.Generation, q projections.ListQuery) ([]projections.Listed, error) {
	rows, err := c.Views.List(ctx, g, q)
	if q.View == projections.ViewJournal && !strings.HasPrefix(q.List, "hours/") {
		c.rows += len(rows)
	}
	return rows, err
}

// TestAListOfMessagesCostsWhatTheyCost lists messages behind many more outcomes.
func TestAListOfMessagesCostsWhatTheyCost(t *testing.T) {
	inWorld(t, func(w *world) {
		for i := range 20 {
			w.endpoint(fmt.Sprintf("e%d", i), fails)
		}
		const messages = 10
		want := map[string]bool{}
		for range messages {
			want[w.publish()] = true
		}
		w.later(25 * time.Hour)
		pages := &counting{Views: w.store.Views()}
		q := projections.NewQueries(w.log, pages, w.projector, w.store)
		got := 0
		for cursor := ""; ; {
			page, err := q.Messages(w.t.Context(), svc, projections.MessageFilter{}, projections.PageRequest{Limit: 7, Cursor: cursor})
			w.must(err)
			for _, m := range page.Data {
				if !want[m.ID] {
					t.Fatalf("%s is listed twice, or was never published", m.ID)
				}
				delete(want, m.ID)
				got++
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if got != messages {
			t.Fatalf("%d messages are listed, of %d", got, messages)
		}
		if pages.rows > 10 {
			t.Fatalf("%d pages of the journal were read for %d messages, which lie in one or two", pages.rows, messages)
		}
	})
}

func TestRecentlyLoadsOnceAndIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept, loads := projections.NewRecently[int, int](3), 0
		slowly := func() (int, int, error) {
			loads++
			time.Sleep(time.Second)
			return 7, 1, nil
		}
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if v, err := kept.Get(1, slowly); v != 7 || err != nil {
					t.Errorf("%d, %v", v, err)
				}
			})
		}
		all.Wait()
		if loads != 1 {
			t.Fatalf("loaded %d times", loads)
		}
		if _, err := kept.Get(2, func() (int, int, error) { return 0, 0, errors.New("not now") }); err == nil {
			t.Fatal("no error")
		}
		for i := 3; i < 6; i++ { // 1 has to go
			if v, err := kept.Get(i, func() (int, int, error) { return i, 1, nil }); v != i || err != nil {
				t.Fatalf("%d, %v", v, err)
			}
		}
		if _, err := kept.Get(1, slowly); err != nil || loads != 2 {
			t.Fatalf("loaded %d times, %v", loads, err)
		}
		if _, err := kept.Get(9, func() (int, int, error) { return 9, 100, nil }); err != nil || kept.Len() != 0 {
			t.Fatalf("%d are kept, though the last one is too heavy (%v)", kept.Len(), err)
		}
	})
}
