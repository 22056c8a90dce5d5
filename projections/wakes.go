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
	if l.wakes.earlier(name, at) && l.wakes.byTime[0].lane == name {
		select {
		case l.rewake <- struct{}{}:
		default:
		}
	}
}

// longestWait bounds how long a timer runs: one that runs for hours does not see that the clock was put forward.
const longestWait = time.Minute

func (l *Lanes) wakeLoop(ctx context.Context) {
	for {
		l.mu.Lock()
		now := l.dispatcher.Now()
		for name, ok := l.wakes.due(now); ok; name, ok = l.wakes.due(now) {
			n := l.lane(name)
			n.behind, n.rests = true, false
			l.advance(n)
		}
		wait := longestWait
		if len(l.wakes.byTime) > 0 {
			wait = min(wait, l.wakes.byTime[0].at.Sub(now))
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

// wakes is when each lane is to look into its rows: one time a lane, the earliest first.
type wakes struct {
	byTime []*wake
	of     map[Lane]*wake
}

type wake struct {
	at    time.Time
	lane  Lane
	index int
}

func newWakes() wakes { return wakes{of: map[Lane]*wake{}} }

// earlier sets a lane's time if it has none, or a later one.
func (w *wakes) earlier(name Lane, at time.Time) bool {
	v, ok := w.of[name]
	switch {
	case !ok:
		v = &wake{at: at, lane: name}
		w.of[name] = v
		heap.Push(w, v)
	case at.Before(v.at):
		v.at = at
		heap.Fix(w, v.index)
	default:
		return false
	}
	return true
}

// due takes a lane whose time has come.
func (w *wakes) due(now time.Time) (Lane, bool) {
	if len(w.byTime) == 0 || w.byTime[0].at.After(now) {
		return Lane{}, false
	}
	v := heap.Pop(w).(*wake)
	delete(w.of, v.lane)
	return v.lane, true
}

// Len, Less, Swap, Push and Pop are heap.Interface.
func (w *wakes) Len() int           { return len(w.byTime) }
func (w *wakes) Less(i, j int) bool { return w.byTime[i].at.Before(w.byTime[j].at) }
func (w *wakes) Swap(i, j int) {
	w.byTime[i], w.byTime[j] = w.byTime[j], w.byTime[i]
	w.byTime[i].index, w.byTime[j].index = i, j
}

// Push adds a wake at the end.
func (w *wakes) Push(x any) {
	v := x.(*wake)
	v.index = len(w.byTime)
	w.byTime = append(w.byTime, v)
}

// Pop takes the last one.
func (w *wakes) Pop() any {
	last := w.byTime[len(w.byTime)-1]
	w.byTime = w.byTime[:len(w.byTime)-1]
	return last
}
