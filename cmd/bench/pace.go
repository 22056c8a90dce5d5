package main

import (
	"context"
	"runtime"
	"time"
)

// schedule gives the turns of an open loop, each when its time has come, or nil for a closed loop. It never waits for the
// connections: what comes late has its intended time, so that a slow answer is not hidden by the messages that it holds up.
func (p *publisher) schedule(ctx context.Context) <-chan turn {
	if p.rate <= 0 {
		return nil
	}
	turns := make(chan turn, p.messages)
	go func() {
		defer close(turns)
		runtime.LockOSThread() // for pause
		defer runtime.UnlockOSThread()
		start := time.Now()
		for i := range p.messages {
			at := start.Add(intendedAfter(i, p.rate))
			for rest := time.Until(at); rest > 0; rest = time.Until(at) {
				pause(rest)
			}
			if ctx.Err() != nil {
				return
			}
			turns <- turn{p.first + i, at}
		}
	}()
	return turns
}

// intendedAfter is when the i-th message is to be sent, counted from the first.
func intendedAfter(i int, rate float64) time.Duration {
	return time.Duration(float64(i) / rate * float64(time.Second))
}
