package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
		{"the names of lists with rows", listNames},
		{"a checkpoint lies with its generation", checkpoint},
		{"a switch changes what is current", switched},
		{"a dropped generation has no rows", dropped},
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
