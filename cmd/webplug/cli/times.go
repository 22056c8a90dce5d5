package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

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
		return time.Time{}, fmt.Errorf("%q is neither a time, as 2026-11-24T10:52:38Z, nor how long ago, as 90m, 24h or 7d", given)
	}
	return now.Add(-ago), nil
}
