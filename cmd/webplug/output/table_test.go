package output

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

var columns = []Column{
	{Title: "ID", Path: "id"}, {Title: "STATUS", Path: "status", State: true}, {Title: "HOLDER", Path: "holder.name"},
	{Title: "COUNTS", Path: "counts", As: Counts}, {Title: "SCOPES", Path: "scopes"},
}

var rows = []jsontext.Value{
	jsontext.Value(`{"id":"a","status":"active","holder":{"name":"Ada"},"counts":{"delivered":2,"failed":1},"scopes":["read","publish"]}`),
	jsontext.Value(`{"id":"längér","status":"failed","holder":null,"counts":{},"scopes":[]}`),
	jsontext.Value(`{"id":"\u001b[2Jx\n","status":"","holder":{"name":"` + strings.Repeat("x", 200) + `"}}`),
}

func TestTable_lines_up_and_is_harmless(t *testing.T) {
	var out bytes.Buffer
	if err := Table(&out, Palette{}, columns, rows); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", maxCell-1) + "…"
	pad := func(s string) string { return s + strings.Repeat(" ", maxCell-len([]rune(s))) }
	want := "ID          STATUS  " + pad("HOLDER") + "  COUNTS                 SCOPES\n" +
		"a           active  " + pad("Ada") + "  2 delivered, 1 failed  read, publish\n" +
		"längér      failed  " + pad("-") + "  -                      -\n" +
		`\x1b[2Jx\n  -       ` + long + "  -                      -\n"
	if out.String() != want {
		t.Errorf("the table is\n%s\nnot\n%s", out.String(), want)
	}
}

func TestTable_keeps_its_columns_with_colours(t *testing.T) {
	p := Palette{Dim: "\x1b[2m", Good: "\x1b[32m", Bad: "\x1b[31m", Plain: "\x1b[0m"}
	var plain, coloured bytes.Buffer
	if err := Table(&plain, Palette{}, columns, rows); err != nil {
		t.Fatal(err)
	}
	if err := Table(&coloured, p, columns, rows); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(coloured.String(), "\x1b[32mactive\x1b[0m") {
		t.Error("a state has no colour")
	}
	without := strings.NewReplacer(p.Dim, "", p.Good, "", p.Bad, "", p.Plain, "").Replace(coloured.String())
	if without != plain.String() {
		t.Errorf("colours move columns:\n%s", without)
	}
}

func TestColoursAreForTerminals(t *testing.T) {
	if PaletteFor(new(bytes.Buffer)) != (Palette{}) || IsTerminal(strings.NewReader("")) {
		t.Error("what is no terminal is one")
	}
}

func TestCard_shows_all_in_its_own_order(t *testing.T) {
	local := time.Local
	time.Local = time.UTC
	defer func() { time.Local = local }()
	var out bytes.Buffer
	err := Card(&out, Palette{}, jsontext.Value(`{"id":"x","n":12345678901234567890.10,"at":"2026-11-24T10:52:38.44Z","gone":null,"within":{"a":1E2}}`))
	const want = "id      x\nn       12345678901234567890.10\nat      2026-11-24 10:52:38.440\ngone    -\nwithin  {\n          \"a\": 1E2\n        }\n"
	if err != nil || out.String() != want {
		t.Errorf("the card is\n%s%v", out.String(), err)
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 µs", 170 * time.Microsecond: "170 µs", 3 * time.Millisecond: "3 ms", 1250 * time.Millisecond: "1.25 s", 2 * time.Second: "2 s",
		90 * time.Second: "1 min 30 s", 2 * time.Hour: "2 h", 125 * time.Minute: "2 h 5 min", 50 * time.Hour: "2 d 2 h", -time.Second: "-1 s",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%v is %q, not %q", d, got, want)
		}
	}
}

func TestBar(t *testing.T) {
	if got := Bar(5, 10, 4*time.Second, "5 of 10"); got != strings.Repeat("█", 15)+strings.Repeat("░", 15)+"  50 %, 5 of 10, about 4 s left" {
		t.Errorf("half is %q", got)
	}
	if got := Bar(5, 0, 4*time.Second, "5 messages"); got != "5 messages, 4 s" {
		t.Errorf("without a total it is %q", got)
	}
}

func TestJSON_changes_nothing(t *testing.T) {
	var whole, line bytes.Buffer
	v := jsontext.Value("{\"a\": 1E2,\n \"s\":\"\\u0041\"}\n")
	if err := JSON(&whole, v); err != nil || whole.String() != string(v) {
		t.Errorf("it is %q, %v", whole.String(), err)
	}
	if err := JSONLine(&line, v); err != nil || line.String() != "{\"a\":1E2,\"s\":\"\\u0041\"}\n" {
		t.Errorf("on a line it is %q, %v", line.String(), err)
	}
}
