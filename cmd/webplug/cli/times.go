package cli

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// resolveTimes makes since and until of a query what the API takes.
func resolveTimes(q url.Values) error {
	for _, name := range []string{"since", "until"} {
		if !q.Has(name) {
			continue
		}
		at, err := parseTime(q.Get(name), time.Now())
		if err != nil {
			return usage("--%s: %s", name, err.Error())
		}
		q.Set(name, at.UTC().Format(time.RFC3339Nano))
	}
	return nil
}

// parseTime reads an RFC 3339 time, a day, or how long ago something was: "90m", "24h", "7d".
func parseTime(given string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05.000", "2006-01-02 15:04:05", "2006-01-02"} {
		if at, err := time.ParseInLocation(layout, given, time.Local); err == nil {
			return at, nil
		}
	}
	if days, ok := strings.CutSuffix(given, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	ago, err := time.ParseDuration(given)
	if err != nil || ago < 0 {
		return time.Time{}, usage("%q is neither a time, as 2026-11-24T10:52:38Z, nor how long ago, as 90m, 24h or 7d", given)
	}
	return now.Add(-ago), nil
}
