package domain

import "time"

// Schedule is when attempts are made: the delay before each, the first from the moment of planning, each further one
// from the failure before it.
type Schedule []time.Duration

// DefaultSchedule is the field's: 8 attempts over 27 h 35 m 5 s, not counting jitter.
var DefaultSchedule = Schedule{
	0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour,
}

// MaxJitter is the largest part of a delay that is added to it, so that endpoints that failed together do not come back
// together. It is only ever added: no attempt is earlier than planned.
const MaxJitter = 0.1

// Next is when to try again after a number of attempts of one plan, or zero if that was the last. jitter is in [0, 1);
// retryAfter is what the endpoint asked for (RFC 9110, 10.2.3): honoured up to twice the planned delay.
func (s Schedule) Next(attempts int, failedAt time.Time, retryAfter time.Duration, jitter float64) time.Time {
	if attempts < 1 || attempts >= len(s) {
		return time.Time{}
	}
	planned := s[attempts]
	delay := planned + time.Duration(float64(planned)*MaxJitter*jitter)
	if retryAfter > delay {
		delay = min(retryAfter, 2*planned)
	}
	return failedAt.Add(delay)
}
