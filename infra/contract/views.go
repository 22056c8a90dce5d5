package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"webplug/domain/eventlog"
	"webplug/projections"
)

// ViewsMaker opens views that are fresh and empty; they are closed with the test.
type ViewsMaker func(testing.TB) projections.Views

// Views holds a store of read models to the words of projections.Views.
func Views(t *testing.T, open ViewsMaker) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(*testing.T, projections.Views)
	}{
		{"a row is read as it was written", rowWritten},
		{"an older version changes nothing", rowOlder},
		{"a row that is taken away does not come back", rowGone},
		{"one call may write a row twice", rowTwice},
		{"a list is in the order of its sort keys, both ways", listOrder},
		{"a list is read from and to a sort key", listBounds},
		{"a list ends at its limit of rows and bytes", listLimits},
		{"lists, views and generations do not touch each other", listsApart},
		{"a row leaves the lists it is no longer on", listMoves},
		{"a busy list is in order too", listBusy},
		{"a list longer than a page", listLong},
		{"rows that are large and many are written in one call", rowsMany},
		{"a fresh row may come twice", rowFresh},
		{"a row that is said to be new is as any other", rowNew},
		{"notices say what their rows said last", noticesSay},
		{"writers of one row at once agree", writersAtOnce},
		{"the names of lists with rows", listNames},
		{"a checkpoint lies with its generation", checkpoint},
		{"a switch changes what is current", switched},
		{"a dropped generation has no rows", dropped},
		{"rows of the generation 0 stay", besideTheLog},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t))
		})
	}
}

const gen = projections.Generation(7)

func viewRow(id string, v eventlog.Version, body string, lists ...projections.Entry) projections.Row {
	r := projections.Row{View: projections.ViewUsers, ID: id, Version: v, Lists: lists}
	if body != "" {
		r.Body = []byte(body)
	}
	return r
}

func on(list, sort string) projections.Entry { return projections.Entry{List: list, Sort: sort} }

func mustApply(t *testing.T, v projections.Views, rows ...projections.Row) {
	t.Helper()
	if err := v.Apply(t.Context(), gen, rows, 0); err != nil {
		t.Fatalf("apply: %v", err)
	}
}

// wantBody demands what the row "a" holds; "" where there is none.
func wantBody(t *testing.T, v projections.Views, body string) {
	t.Helper()
	r, err := v.Get(t.Context(), gen, projections.ViewUsers, "a")
	switch {
	case body == "" && errors.Is(err, projections.ErrNoRow):
	case err != nil:
		t.Fatalf("get a: %v", err)
	case string(r.Body) != body:
		t.Fatalf("a is %q, want %q", r.Body, body)
	}
}

func listed(t *testing.T, v projections.Views, q projections.ListQuery) []string {
	t.Helper()
	if q.View == "" {
		q.View = projections.ViewUsers
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	rows, err := v.List(t.Context(), gen, q)
	if err != nil {
		t.Fatalf("list %s: %v", q.List, err)
	}
	var out []string
	for _, r := range rows {
		out = append(out, r.Sort+"="+r.ID)
	}
	return out
}

func wantList(t *testing.T, v projections.Views, q projections.ListQuery, want ...string) {
	t.Helper()
	if got := listed(t, v, q); !slices.Equal(got, want) {
		t.Fatalf("%+v lists %q, want %q", q, got, want)
	}
}

func rowWritten(t *testing.T, v projections.Views) {
	wantBody(t, v, "")
	mustApply(t, v, viewRow("a", 3, `{"n":1}`, on("all", "1")))
	r, err := v.Get(t.Context(), gen, projections.ViewUsers, "a")
	if err != nil || r.Version != 3 || string(r.Body) != `{"n":1}` || r.ID != "a" || r.View != projections.ViewUsers {
		t.Fatalf("got %+v, %v", r, err)
	}
	if !slices.Equal(r.Lists, []projections.Entry{on("all", "1")}) {
		t.Fatalf("it is on %v", r.Lists)
	}
}

func rowOlder(t *testing.T, v projections.Views) {
	mustApply(t, v, viewRow("a", 3, "three", on("all", "3")))
	mustApply(t, v, viewRow("a", 2, "two", on("all", "2")))
	mustApply(t, v, viewRow("a", 3, "three again", on("all", "4")))
	wantBody(t, v, "three")
	wantList(t, v, projections.ListQuery{List: "all"}, "3=a")
}

func rowGone(t *testing.T, v projections.Views) {
	mustApply(t, v, viewRow("a", 1, "one", on("all", "1")))
	mustApply(t, v, viewRow("a", 2, ""))
	wantBody(t, v, "")
	wantList(t, v, projections.ListQuery{List: "all"})
	mustApply(t, v, viewRow("a", 1, "one", on("all", "1")))
	wantBody(t, v, "")
	mustApply(t, v, viewRow("a", 3, "three", on("all", "3")))
	wantBody(t, v, "three")
}

func rowTwice(t *testing.T, v projections.Views) {
	mustApply(t, v, viewRow("a", 1, "one", on("all", "1")), viewRow("a", 2, "two", on("all", "2")), viewRow("a", 1, "one", on("all", "1")))
	wantBody(t, v, "two")
	wantList(t, v, projections.ListQuery{List: "all"}, "2=a")
}

func listOrder(t *testing.T, v projections.Views) {
	mustApply(t, v,
		viewRow("x", 1, "x", on("all", "b")), viewRow("y", 1, "y", on("all", "a\x00z")), viewRow("z", 1, "z", on("all", "a")),
		viewRow("w", 1, "w", on("all", "c/1")))
	wantList(t, v, projections.ListQuery{List: "all"}, "a=z", "a\x00z=y", "b=x", "c/1=w")
	wantList(t, v, projections.ListQuery{List: "all", Backward: true}, "c/1=w", "b=x", "a\x00z=y", "a=z")
}

func listBounds(t *testing.T, v projections.Views) {
	for _, s := range []string{"1", "2", "3", "4"} {
		mustApply(t, v, viewRow(s, 1, s, on("all", s)))
	}
	wantList(t, v, projections.ListQuery{List: "all", From: "2", To: "4"}, "2=2", "3=3")
	wantList(t, v, projections.ListQuery{List: "all", From: "2\x00", Backward: true}, "4=4", "3=3")
	wantList(t, v, projections.ListQuery{List: "all", From: "4", To: "2"})
}

func listLimits(t *testing.T, v projections.Views) {
	for _, s := range []string{"1", "2", "3", "4"} {
		mustApply(t, v, viewRow(s, 1, "a body of 18 bytes", on("all", s)))
	}
	wantList(t, v, projections.ListQuery{List: "all", Limit: 2}, "1=1", "2=2")
	wantList(t, v, projections.ListQuery{List: "all", MaxBytes: 30}, "1=1", "2=2")
}

func listsApart(t *testing.T, v projections.Views) {
	mustApply(t, v, viewRow("a", 1, "a", on("l", "1")), viewRow("b", 1, "b", on("l1", "1")), viewRow("c", 1, "c", on("", "1")))
	other := viewRow("a", 1, "another view's", on("l", "2"))
	other.View = projections.ViewKeys
	mustApply(t, v, other)
	if err := v.Apply(t.Context(), gen+1, []projections.Row{viewRow("a", 9, "another generation's", on("l", "3"))}, 0); err != nil {
		t.Fatal(err)
	}
	wantBody(t, v, "a")
	wantList(t, v, projections.ListQuery{List: "l"}, "1=a")
	wantList(t, v, projections.ListQuery{List: "l1"}, "1=b")
	wantList(t, v, projections.ListQuery{List: "l", View: projections.ViewKeys}, "2=a")
}

func listMoves(t *testing.T, v projections.Views) {
	mustApply(t, v, viewRow("a", 1, "a", on("old", "1"), on("both", "1"), on("moved", "1")))
	mustApply(t, v, viewRow("a", 2, "a", on("new", "1"), on("both", "1"), on("moved", "2")))
	wantList(t, v, projections.ListQuery{List: "old"})
	wantList(t, v, projections.ListQuery{List: "new"}, "1=a")
	wantList(t, v, projections.ListQuery{List: "both"}, "1=a")
	wantList(t, v, projections.ListQuery{List: "moved"}, "2=a")
}

func rowNew(t *testing.T, v projections.Views) {
	likely := func(version eventlog.Version, body string, lists ...projections.Entry) projections.Row {
		r := viewRow("a", version, body, lists...)
		r.New = true
		return r
	}
	mustApply(t, v, likely(2, "second", on("l", "2")))
	wantBody(t, v, "second")
	mustApply(t, v, likely(1, "first", on("l", "1")), viewRow("b", 1, "other"))
	mustApply(t, v, likely(2, "again", on("l", "2")))
	wantBody(t, v, "second")
	mustApply(t, v, likely(3, "third", on("m", "3")))
	wantBody(t, v, "third")
	wantList(t, v, projections.ListQuery{List: "l"})
	wantList(t, v, projections.ListQuery{List: "m"}, "3=a")
	mustApply(t, v, likely(4, ""))
	wantBody(t, v, "")
}

func listBusy(t *testing.T, v projections.Views) {
	const list = "status/svc_1/failed"
	if !projections.Busy(list) {
		t.Fatal("the list is not busy")
	}
	var want []string
	for i := range 30 {
		id := fmt.Sprintf("%02d", i)
		mustApply(t, v, viewRow(id, 1, "x", on(list, id)))
		want = append(want, id+"="+id)
	}
	wantList(t, v, projections.ListQuery{List: list}, want...)
	wantList(t, v, projections.ListQuery{List: list, From: "03", To: "20", Limit: 4}, want[3:7]...)
	slices.Reverse(want)
	wantList(t, v, projections.ListQuery{List: list, Backward: true, Limit: 12}, want[:12]...)
}

func listLong(t *testing.T, v projections.Views) {
	var rows []projections.Row
	var want []string
	for i := range 230 {
		id := fmt.Sprintf("%03d", i)
		r := viewRow(id, 1, "x", on("long", id))
		r.Fresh = true
		rows, want = append(rows, r), append(want, id+"="+id)
	}
	mustApply(t, v, rows...)
	wantList(t, v, projections.ListQuery{List: "long", Limit: 1000}, want...)
	wantList(t, v, projections.ListQuery{List: "long", Limit: 3, From: "120"}, want[120:123]...)
}

func rowsMany(t *testing.T, v projections.Views) {
	large := strings.Repeat("a row of so many bytes, ", 8_000) // 192 KB
	var rows []projections.Row
	for i := range 60 {
		rows = append(rows, viewRow(fmt.Sprint(i), 1, large, on("large", fmt.Sprintf("%02d", i))))
	}
	mustApply(t, v, rows...)
	for from, n := "", 0; n < 60; n++ {
		got, err := v.List(t.Context(), gen, projections.ListQuery{View: projections.ViewUsers, List: "large", From: from, Limit: 1})
		if err != nil || len(got) != 1 || string(got[0].Body) != large {
			t.Fatalf("row %d is not as it was written: %d rows, %v", n, len(got), err)
		}
		from = got[0].Sort + "\x00"
	}
}

func rowFresh(t *testing.T, v projections.Views) {
	r := viewRow("a", 1, "one", on("all", "1"))
	r.Fresh = true
	mustApply(t, v, r)
	mustApply(t, v, r)
	wantBody(t, v, "one")
	wantList(t, v, projections.ListQuery{List: "all"}, "1=a")
}

func noticesSay(t *testing.T, v projections.Views) {
	say := func(id string, version eventlog.Version, notices ...projections.Notice) {
		t.Helper()
		r := viewRow(id, version, "x", on("all", id))
		r.Notices = notices
		mustApply(t, v, r)
	}
	notice := func(list, sort, data string) projections.Notice {
		return projections.Notice{Entry: on(list, sort), Data: data}
	}
	wantNotices := func(q projections.ListQuery, want ...projections.Noticed) {
		t.Helper()
		q.View, q.Limit = projections.ViewUsers, max(q.Limit, 2)
		got, err := v.Notices(t.Context(), gen, q)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%+v gives %v, %v; want %v", q, got, err, want)
		}
	}
	say("a", 1, notice("routes", "u1/a", "active"))
	say("b", 3, notice("routes", "u2/b", "active"), notice("others", "b", ""))
	say("a", 2, notice("routes", "u1/a", "paused"))
	say("a", 1, notice("routes", "u1/a", "active"))
	wantNotices(projections.ListQuery{List: "routes"}, projections.Noticed{Sort: "u1/a", Version: 2, Data: "paused"}, projections.Noticed{Sort: "u2/b", Version: 3, Data: "active"})
	wantNotices(projections.ListQuery{List: "routes", From: "u2/", To: "u20"}, projections.Noticed{Sort: "u2/b", Version: 3, Data: "active"})
	wantNotices(projections.ListQuery{List: "others"}, projections.Noticed{Sort: "b", Version: 3})
	wantNotices(projections.ListQuery{List: "all"})
	wantList(t, v, projections.ListQuery{List: "routes"})
}

// writersAtOnce has many writers bring the same row to different versions, with lists that overlap.
func writersAtOnce(t *testing.T, v projections.Views) {
	const writers = 12
	failed := make(chan error, writers)
	for i := 1; i <= writers; i++ {
		go func() {
			r := viewRow("a", eventlog.Version(i), fmt.Sprint(i), on("all", fmt.Sprintf("%02d", i)), on("third", fmt.Sprint(i%3)), on("every", "a"))
			failed <- v.Apply(context.WithoutCancel(t.Context()), gen, []projections.Row{r}, 0)
		}()
	}
	for range writers {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	wantBody(t, v, fmt.Sprint(writers))
	wantList(t, v, projections.ListQuery{List: "all"}, fmt.Sprintf("%02d=a", writers))
	wantList(t, v, projections.ListQuery{List: "third"}, fmt.Sprintf("%d=a", writers%3))
	wantList(t, v, projections.ListQuery{List: "every"}, "a=a")
}

func listNames(t *testing.T, v projections.Views) {
	for i, list := range []string{"due/b", "due/a", "due/a/x", "duel", "dead/a"} {
		mustApply(t, v, viewRow(fmt.Sprint(i), 1, "x", on(list, "1")), viewRow(fmt.Sprint(i, "again"), 1, "x", on(list, "2")))
	}
	mustApply(t, v, viewRow("0", 2, ""), viewRow("0again", 2, ""))
	var got []string
	for name, err := range v.Lists(t.Context(), gen, projections.ViewUsers, "due/") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, name)
	}
	if want := []string{"due/a", "due/a/x"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
}

func checkpoint(t *testing.T, v projections.Views) {
	wantPoint := func(g projections.Generation, want eventlog.Position) {
		t.Helper()
		if got, err := v.Checkpoint(context.WithoutCancel(t.Context()), g); err != nil || got != want {
			t.Fatalf("checkpoint of %d is %d, %v; want %d", g, got, err, want)
		}
	}
	wantPoint(gen, 0)
	if err := v.Apply(t.Context(), gen, nil, 42); err != nil {
		t.Fatal(err)
	}
	mustApply(t, v, viewRow("a", 1, "a"))
	wantPoint(gen, 42)
	wantPoint(gen+1, 0)
}

func switched(t *testing.T, v projections.Views) {
	if g, err := v.Current(t.Context()); g != 0 || err != nil {
		t.Fatalf("new views are at generation %d, %v", g, err)
	}
	if err := v.Switch(t.Context(), gen); err != nil {
		t.Fatal(err)
	}
	if g, err := v.Current(t.Context()); g != gen || err != nil {
		t.Fatalf("current is %d, %v; want %d", g, err, gen)
	}
}

func dropped(t *testing.T, v projections.Views) {
	mustApply(t, v, viewRow("a", 1, "a", on("all", "1")))
	if err := v.Apply(t.Context(), gen+1, []projections.Row{viewRow("b", 1, "b", on("all", "1"))}, 5); err != nil {
		t.Fatal(err)
	}
	if err := v.Drop(t.Context(), gen); err != nil {
		t.Fatal(err)
	}
	wantBody(t, v, "")
	wantList(t, v, projections.ListQuery{List: "all"})
	if _, err := v.Get(t.Context(), gen+1, projections.ViewUsers, "b"); err != nil {
		t.Fatalf("the next generation lost a row: %v", err)
	}
}

// besideTheLog: what is not made of the log lies in the generation 0, and is touched by no rebuild.
func besideTheLog(t *testing.T, v projections.Views) {
	use := projections.Row{View: projections.ViewKeyUses, ID: "a", Version: 1_790_000_000_000_000, Body: []byte("use")}
	if err := v.Apply(t.Context(), 0, []projections.Row{use}, 0); err != nil {
		t.Fatal(err)
	}
	if err := v.Switch(t.Context(), gen); err != nil {
		t.Fatal(err)
	}
	if err := v.Drop(t.Context(), gen-1); err != nil {
		t.Fatal(err)
	}
	earlier := use
	earlier.Version, earlier.Body = use.Version-1, []byte("earlier")
	if err := v.Apply(t.Context(), 0, []projections.Row{earlier}, 0); err != nil {
		t.Fatal(err)
	}
	if got, err := v.Get(t.Context(), 0, projections.ViewKeyUses, "a"); err != nil || string(got.Body) != "use" || got.Version != use.Version {
		t.Fatalf("it is %+v, %v", got, err)
	}
	if at, err := v.Checkpoint(t.Context(), 0); err != nil || at != 0 {
		t.Fatalf("its checkpoint is %d, %v", at, err)
	}
}
