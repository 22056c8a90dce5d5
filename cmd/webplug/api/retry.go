package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// What is repeated and after how long is as in the npm client (clients/js/src/retry.ts), but that a connection which is
// refused is told at once: somebody waits at a terminal.

const (
	firstPause = 200 * time.Millisecond
	maxPause   = 5 * time.Second
	maxAsked   = time.Minute // the longest that a Retry-After is waited for
)

// worthAgain says whether a failed attempt may be repeated. A request that must not be made twice is repeated only where the
// server said that it did not begin with it (429).
func worthAgain(err error, repeatable bool) bool {
	var unreachable *UnreachableError
	if errors.As(err, &unreachable) {
		return repeatable && !unreachable.Refused
	}
	switch status := statusOf(err); status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusRequestTimeout, http.StatusTooEarly:
		return repeatable
	default:
		return repeatable && status >= http.StatusInternalServerError
	}
}

// statusOf is that of an answer that was none of success, 0 if there was no answer.
func statusOf(err error) int {
	var problem *Problem
	var unexpected *UnexpectedError
	switch {
	case errors.As(err, &problem):
		return problem.Status
	case errors.As(err, &unexpected):
		return unexpected.Status
	}
	return 0
}

// Passing says whether an error may go by itself, so that it is worth to ask again later.
func Passing(err error) bool {
	var unreachable *UnreachableError
	return errors.As(err, &unreachable) || worthAgain(err, true)
}

// Doubled is a pause that doubles from attempt to attempt, the first of which is 0, until it is as long as it may be.
func Doubled(first, most time.Duration, attempt int) time.Duration {
	for range attempt {
		if first >= most {
			break
		}
		first *= 2
	}
	return min(first, most)
}

// pause is any part of a bound that doubles, by chance, so that many clients do not come back at once. What the server asks
// for is the least, as long as it is not unreasonable.
func (c *Client) pause(attempt int, asked time.Duration) time.Duration {
	d := Doubled(firstPause, maxPause, attempt)
	if c.options.Jitter != nil {
		d = time.Duration(c.options.Jitter() * float64(d))
	}
	return max(d, min(asked, maxAsked))
}

// retryAfter reads the header: seconds, or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	given := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(given); err == nil {
		return time.Duration(min(max(seconds, 0), int(maxAsked/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(given); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// Wait pauses, or gives ctx's error where that ends first.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
