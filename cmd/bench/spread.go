package main

import (
	"cmp"
	"slices"
	"time"
)

// spread says how a set of durations is distributed, in milliseconds.
type spread struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
}

// spreadOf sorts what it is given.
func spreadOf(all []time.Duration) spread {
	if len(all) == 0 {
		return spread{}
	}
	slices.Sort(all)
	return spread{
		Count: len(all), P50: milliseconds(rank(all, 50)), P99: milliseconds(rank(all, 99)), Max: milliseconds(all[len(all)-1]),
	}
}

// rank gives the smallest value that percent of all do not exceed (nearest rank).
func rank(sorted []time.Duration, percent int) time.Duration {
	return sorted[(len(sorted)*percent+99)/100-1]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// median gives the middle value, the lower of two.
func median[T cmp.Ordered](of []T) T {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[(len(sorted)-1)/2]
}

// medianBy gives the median of one figure of several runs.
func medianBy[R any](runs []R, figure func(R) float64) float64 {
	all := make([]float64, len(runs))
	for i, r := range runs {
		all[i] = figure(r)
	}
	return median(all)
}
