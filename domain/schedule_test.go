package domain_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"webplug/domain"
)

func TestTheDefaultSchedule(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	t.Run("has eight attempts over 27 h 35 m 5 s", func(t *testing.T) {
		now, attempts := at, 1
		for {
			next := domain.DefaultSchedule.Next(attempts, now, 0, 0)
			if next.IsZero() {
				break
			}
			now, attempts = next, attempts+1
		}
		if got, want := now.Sub(at), 27*time.Hour+35*time.Minute+5*time.Second; attempts != 8 || got != want {
			t.Fatalf("%d attempts over %v, want 8 over %v", attempts, got, want)
		}
	})
	t.Run("begins at once", func(t *testing.T) {
		if domain.DefaultSchedule[0] != 0 {
			t.Fatalf("after %v", domain.DefaultSchedule[0])
		}
	})
}

func TestNextAttempt(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	const most = 0.999999
	for _, c := range []struct {
		name       string
		attempts   int
		retryAfter time.Duration
		jitter     float64
		want       time.Duration // 0: none
	}{
		{"after the first", 1, 0, 0, 5 * time.Second},
		{"after the seventh", 7, 0, 0, 10 * time.Hour},
		{"after the last there is none", 8, 0, 0, 0},
		{"after more than all there is none", 9, 0, 0, 0},
		{"before the first there is none", 0, 0, 0, 0},
		{"of a number that is none", -1, 0, 0, 0},
		{"with half the jitter", 2, 0, 0.5, 5*time.Minute + 15*time.Second},
		{"what the endpoint asks for", 2, 8 * time.Minute, 0, 8 * time.Minute},
		{"never earlier than planned", 2, time.Second, 0, 5 * time.Minute},
		{"never earlier than planned with its jitter", 2, 5*time.Minute + time.Second, 0.5, 5*time.Minute + 15*time.Second},
		{"at most twice as late as planned", 2, time.Hour, most, 10 * time.Minute},
		{"exactly twice as late", 2, 10 * time.Minute, 0, 10 * time.Minute},
		{"however long it is asked to wait", 1, 1 << 62, 0, 10 * time.Second},
		{"asked for a time in the past", 1, -time.Hour, 0, 5 * time.Second},
		{"after the last there is none, whatever is asked", 8, time.Hour, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := domain.DefaultSchedule.Next(c.attempts, at, c.retryAfter, c.jitter)
			if c.want == 0 {
				if !got.IsZero() {
					t.Fatalf("after %v, want none", got.Sub(at))
				}
				return
			}
			if got.Sub(at) != c.want {
				t.Fatalf("after %v, want %v", got.Sub(at), c.want)
			}
		})
	}
}

func TestADelayIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		delays := rapid.SliceOfN(rapid.Int64Range(0, int64(100*time.Hour)), 1, 10).Draw(t, "delays")
		schedule := make(domain.Schedule, len(delays))
		for i, d := range delays {
			schedule[i] = time.Duration(d)
		}
		attempts := rapid.IntRange(1, len(schedule)).Draw(t, "attempts")
		retryAfter := time.Duration(rapid.Int64Range(-int64(time.Hour), int64(1000*time.Hour)).Draw(t, "retry after"))
		jitter := rapid.Float64Range(0, 1).Filter(func(f float64) bool { return f < 1 }).Draw(t, "jitter")
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

		next := schedule.Next(attempts, at, retryAfter, jitter)
		if attempts == len(schedule) {
			if !next.IsZero() {
				t.Fatalf("after the last: %v", next)
			}
			return
		}
		delay, planned := next.Sub(at), schedule[attempts]
		if delay < planned || delay > 2*planned {
			t.Fatalf("%v is not between %v and twice that", delay, planned)
		}
		if retryAfter <= planned && float64(delay) > float64(planned)*(1+domain.MaxJitter) {
			t.Fatalf("%v for %v: more than its jitter", delay, planned)
		}
		if retryAfter >= planned && retryAfter <= 2*planned && delay < retryAfter {
			t.Fatalf("%v, asked for %v", delay, retryAfter)
		}
	})
}
