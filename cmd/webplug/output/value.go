package output

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Moments are written so, in the machine's own zone.
const moment = "2006-01-02 15:04:05.000"

// Format makes a JSON value a text for people.
type Format func(jsontext.Value) string

// none stands where there is no value.
const none = "-"

// Plain shows texts without quotes, lists with commas, null as "-", and the rest as JSON.
func Plain(v jsontext.Value) string {
	switch v.Kind() {
	case '"':
		var s string
		if json.Unmarshal(v, &s) != nil || s == "" {
			return none
		}
		return s
	case '[':
		var items []jsontext.Value
		if json.Unmarshal(v, &items) != nil || len(items) == 0 {
			return none
		}
		texts := make([]string, len(items))
		for i, item := range items {
			texts[i] = Plain(item)
		}
		return strings.Join(texts, ", ")
	case 'n', 0:
		return none
	default:
		return string(v)
	}
}

// Moment shows an RFC 3339 time to the millisecond, in the machine's own zone.
func Moment(v jsontext.Value) string {
	t, err := time.Parse(time.RFC3339, Plain(v))
	if err != nil {
		return Plain(v)
	}
	return At(t)
}

// At is Moment for a time.
func At(t time.Time) string { return t.Local().Format(moment) }

// Counts shows an object of numbers, {"delivered":2}, as "2 delivered", in its own order.
func Counts(v jsontext.Value) string {
	var parts []string
	for _, m := range Members(v) {
		parts = append(parts, Plain(m.Value)+" "+m.Name)
	}
	if len(parts) == 0 {
		return none
	}
	return strings.Join(parts, ", ")
}

// Member is one of an object's.
type Member struct {
	Name  string
	Value jsontext.Value
}

// Members are an object's, in its own order; none of what is no object.
func Members(v jsontext.Value) []Member {
	d := jsontext.NewDecoder(strings.NewReader(string(v)))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return nil
	}
	var all []Member
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return all
		}
		member := Member{Name: name.String()}
		value, err := d.ReadValue()
		if err != nil {
			return all
		}
		member.Value = value.Clone()
		all = append(all, member)
	}
	return all
}

// Find is the value at a dotted path of names, "holder.name"; nil if there is none.
func Find(v jsontext.Value, path string) jsontext.Value {
	for name := range strings.SplitSeq(path, ".") {
		var found jsontext.Value
		for _, m := range Members(v) {
			if m.Name == name {
				found = m.Value
			}
		}
		if v = found; v == nil {
			return nil
		}
	}
	return v
}

// Duration is how long something took, with as many digits as matter: "3 ms", "1.25 s", "2 h 5 min".
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + Duration(-d)
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.2f", d.Truncate(10*time.Millisecond).Seconds()), "0"), ".") + " s"
	case d < time.Hour:
		return two(d, time.Minute, "min", time.Second, "s")
	case d < 24*time.Hour:
		return two(d, time.Hour, "h", time.Minute, "min")
	}
	return two(d, 24*time.Hour, "d", time.Hour, "h")
}

func two(d, unit time.Duration, name string, smaller time.Duration, smallerName string) string {
	whole, rest := d/unit, d%unit/smaller
	if rest == 0 {
		return fmt.Sprintf("%d %s", whole, name)
	}
	return fmt.Sprintf("%d %s %d %s", whole, name, rest, smallerName)
}
