package cli

import (
	"bufio"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

func TestSplit_tells_one_value_from_many(t *testing.T) {
	for in, lines := range map[string]bool{
		`{"a":1}`:               false,
		"{\"a\":1}\n\n":         false,
		"{\n\"a\": 1\n}\n":      false,
		"{\"a\":1}\n{\"a\":2}":  true,
		"\n\n{\"a\":1}\n \n[2]": true,
		"1\n2\n":                true,
		"{\"a\":1}\nbroken":     true,
		"":                      false,
		"{broken":               false,
	} {
		got, single, err := split(strings.NewReader(in), false)
		if err != nil || (got != nil) != lines {
			t.Errorf("%q: lines %v, %v", in, got != nil, err)
			continue
		}
		if lines {
			all, err := io.ReadAll(bufio.NewReader(got))
			if err != nil || strings.TrimSpace(string(all)) != strings.TrimSpace(in) {
				t.Errorf("%q: the lines are %q, %v", in, all, err)
			}
		} else if string(single) != strings.TrimSpace(in) {
			t.Errorf("%q: the value is %q", in, single)
		}
	}
}

func TestObject_takes_values_byte_for_byte(t *testing.T) {
	o := newObject()
	o.set("payload", jsontext.Value(`{"n": 1E2,  "s":"\u0041"}`))
	o.setAt("holder.name", text("Ada \"A\"\x1b"))
	o.setAt("holder.kind", text("person"))
	o.set("a.b", boolean(true))
	const want = `{"payload":{"n": 1E2,  "s":"\u0041"},"holder":{"name":"Ada \"A\"\u001b","kind":"person"},"a.b":true}`
	if got := string(o.value()); got != want {
		t.Errorf("it is %s", got)
	}
}

func TestParseTime(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Time{
		"2026-11-24T10:52:38Z":      now.Add(-67*time.Minute - 22*time.Second),
		"2026-11-24T10:52:38+01:00": now.Add(-127*time.Minute - 22*time.Second),
		"90m":                       now.Add(-90 * time.Minute),
		"7d":                        now.AddDate(0, 0, -7),
	} {
		if got, err := parseTime(in, now); err != nil || !got.Equal(want) {
			t.Errorf("%s is %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "yesterday", "-5m", "-1d", "1795517558"} {
		if got, err := parseTime(in, now); err == nil {
			t.Errorf("%q is %v", in, got)
		}
	}
}

func TestWantsJSON_also_of_a_wrong_command_line(t *testing.T) {
	for line, want := range map[string]bool{
		"users list --output json": true, "--output=json bogus": true, "-o json": true, "-ojson": true, "users list": false,
		"--output table": false, "publish x -- --output json": false, "--output": false,
	} {
		if got := wantsJSON(strings.Fields(line)); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}
