package projections

import (
	"time"

	"webplug/domain"
)

// pace is how long an endpoint holds a request, as far as is known.
type pace int

const (
	prompt  pace = iota // the newest one ended within promptly
	unknown             // none has ended
	slow
	paces
)

const (
	// promptly is how fast an endpoint must end a request to have all of the turns: whatever it answers, and also if it
	// refuses connections, since it is the time that takes turns from others.
	promptly = time.Second
	// shareOfFree is which part of the free turns one lane may have: the fewer are free, the fewer it gets, so that some
	// always are, whoever hangs (as a switch shares its buffer, Choudhury and Hahne, "Dynamic queue length thresholds for
	// shared-memory packet switches", 1998).
	shareOfFree = 8
)

// turns shares the requests that may be under way at once among the lanes; one of a large webhook counts as several. Endpoints that are slow have at most half of
// them together, slow and unknown ones at most three quarters: the rest is for those known to be prompt. A lane that has no
// request and gets none waits for its turn; who waits comes before who has had one.
type turns struct {
	most    int
	taken   [paces]int
	waiting [paces][]*lane // first come, first served
	waiters int
	last    pace // that had a turn of those who wait
}

func (t *turns) inAll() int { return t.taken[prompt] + t.taken[unknown] + t.taken[slow] }

// free says whether there is a turn for a lane of a pace.
func (t *turns) free(p pace) bool {
	sum := 0
	for k := slow; k >= prompt; k-- {
		sum += t.taken[k]
		if k <= p && sum >= max(1, t.most*int(4-k)/4) {
			return false
		}
	}
	return true
}

// share is how many turns a lane may have that wants up to a number.
func (t *turns) share(want int) int { return max(1, min(want, (t.most-t.inAll())/shareOfFree)) }

// wait puts a lane at the end.
func (t *turns) wait(n *lane) {
	n.waits = true
	t.waiting[n.pace] = append(t.waiting[n.pace], n)
	t.waiters++
}

// next takes a lane that waits and has its turn, nil if none has. Paces take turns too.
func (t *turns) next() *lane {
	if t.waiters == 0 {
		return nil
	}
	for i := range paces {
		p := (t.last + 1 + i) % paces
		if len(t.waiting[p]) == 0 || !t.free(p) {
			continue
		}
		n := t.waiting[p][0]
		t.waiting[p][0] = nil
		t.waiting[p] = t.waiting[p][1:]
		t.waiters--
		t.last, n.waits = p, false
		return n
	}
	return nil
}

// took counts an attempt that begins, gave one that ends.
func (t *turns) took(n *lane, p Planned) {
	n.running++
	n.turns += t.turnsOf(p)
	t.taken[n.pace] += t.turnsOf(p)
}

func (t *turns) gave(n *lane, p Planned) {
	n.running--
	n.turns -= t.turnsOf(p)
	t.taken[n.pace] -= t.turnsOf(p)
}

// learn notes how fast a lane's endpoint is. It has a request under way, so it does not wait.
func (t *turns) learn(n *lane, r domain.Report) {
	p := prompt
	if r.Duration >= promptly {
		p = slow
	}
	t.taken[n.pace] -= n.turns
	n.pace = p
	t.taken[n.pace] += n.turns
}

// AtOnce bounds the requests under way, of all lanes together. It comes before Run.
func (l *Lanes) AtOnce(most int) { l.turns.most = most }

// UnderWay is how many turns are taken by requests under way (one of a large webhook takes several), how many there are,
// and how many lanes wait for one.
func (l *Lanes) UnderWay() (now, most, waiting int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.turns.inAll(), l.turns.most, l.turns.waiters
}

// await lets a lane wait for its turn, and tells once in a while that lanes do. The caller holds mu.
func (l *Lanes) await(n *lane) {
	l.turns.wait(n)
	now := l.dispatcher.Now()
	if since := now.Sub(l.crowded); since < 0 || since >= tellAgain {
		l.crowded = now
		l.logger.Warn("endpoints that hold requests for long have used up their part of those that may be under way at once; others take turns",
			"under_way", l.turns.inAll(), "at_most", l.turns.most, "slow", l.turns.taken[slow], "file_descriptors", "raise their limit (ulimit -n) for more")
	}
}

// serve starts those whose turn has come. The caller holds mu.
func (l *Lanes) serve() {
	for !l.closing {
		n := l.turns.next()
		if n == nil {
			return
		}
		if len(n.queue) > 0 && !n.rests {
			l.start(n)
		}
	}
}
