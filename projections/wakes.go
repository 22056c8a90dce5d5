package projections

import (
	"container/heap"
	"context"
	"time"
)

// wake makes the lane look into its rows at a time.
func (l *Lanes) wake(name Lane, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wakeLocked(name, at)
}

func (l *Lanes) wakeLocked(name Lane, at time.Time) {
	if earlier, ok := l.wakeAt[name]; ok && !at.Before(earlier) {
		return
	}
	l.wakeAt[name] = at
	heap.Push(&l.wakes, wake{at, name})
	if l.wakes[0].at.Equal(at) {
		select {
		case l.rewake <- struct{}{}:
		default:
		}
	}
}

func (l *Lanes) wakeLoop(ctx context.Context) {
	for {
		wait := time.Hour
		l.mu.Lock()
		now := l.dispatcher.Now()
		for len(l.wakes) > 0 {
			first := l.wakes[0]
			if first.at.After(now) {
				wait = first.at.Sub(now)
				break
			}
			heap.Pop(&l.wakes)
			if l.wakeAt[first.lane].Equal(first.at) {
				delete(l.wakeAt, first.lane)
				n := l.lane(first.lane)
				n.behind = true
				l.advance(n)
			}
		}
		l.mu.Unlock()
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-l.rewake:
		case <-t.C:
		}
		t.Stop()
	}
}

type wake struct {
	at   time.Time
	lane Lane
}

type wakes []wake

func (w wakes) Len() int           { return len(w) }
func (w wakes) Less(i, j int) bool { return w[i].at.Before(w[j].at) }
func (w wakes) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *wakes) Push(x any)        { *w = append(*w, x.(wake)) }
func (w *wakes) Pop() any {
	old := *w
	last := old[len(old)-1]
	*w = old[:len(old)-1]
	return last
}
