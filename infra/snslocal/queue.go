package snslocal

import (
	"container/heap"
	"time"
)

// job is one message on its way to one subscription.
type job struct {
	ID              string    `json:"id"` // the delivery's, in status records
	MessageID       string    `json:"message_id"`
	SubscriptionARN string    `json:"subscription_arn"`
	Due             time.Time `json:"due"`
	Attempts        int       `json:"attempts"`        // made until now
	Record          []byte    `json:"record,omitzero"` // it is over, and this is still to be told
}

// laneWidth is how many requests one endpoint gets at once.
const laneWidth = 16

// queue orders jobs by time, and holds back those of a subscription that has enough under way. Its owner's mutex guards it.
type queue struct {
	waiting byDue
	ready   map[string][]*job // by subscription: due, but it has enough under way
	running map[string]int    // by subscription
	needs   map[string]int    // jobs by message
	changed chan struct{}     // has one when the earliest job may be another
}

func newQueue() *queue {
	return &queue{ready: map[string][]*job{}, running: map[string]int{}, needs: map[string]int{}, changed: make(chan struct{}, 1)}
}

// add takes up a new job.
func (q *queue) add(j *job) {
	q.needs[j.MessageID]++
	q.again(j)
}

// again puts a job back for its next time.
func (q *queue) again(j *job) {
	heap.Push(&q.waiting, j)
	select {
	case q.changed <- struct{}{}:
	default:
	}
}

// next takes a job that is due and may run. Without one it says how long to wait at most.
func (q *queue) next(now time.Time) (*job, time.Duration) {
	for len(q.waiting) > 0 {
		j := q.waiting[0]
		if wait := j.Due.Sub(now); wait > 0 {
			return nil, min(wait, time.Minute)
		}
		heap.Pop(&q.waiting)
		if q.running[j.SubscriptionARN] < laneWidth {
			q.running[j.SubscriptionARN]++
			return j, 0
		}
		q.ready[j.SubscriptionARN] = append(q.ready[j.SubscriptionARN], j)
	}
	return nil, time.Minute
}

// ran gives a subscription's place to its next job.
func (q *queue) ran(arn string) {
	if q.running[arn]--; q.running[arn] == 0 {
		delete(q.running, arn)
	}
	if list := q.ready[arn]; len(list) > 0 {
		q.again(list[0])
		if q.ready[arn] = list[1:]; len(list) == 1 {
			delete(q.ready, arn)
		}
	}
}

// done forgets a job, and says whether its message is needed no more.
func (q *queue) done(j *job) bool {
	q.needs[j.MessageID]--
	if q.needs[j.MessageID] > 0 {
		return false
	}
	delete(q.needs, j.MessageID)
	return true
}

type byDue []*job

// Len, Less, Swap, Push and Pop are heap.Interface.
func (b byDue) Len() int           { return len(b) }
func (b byDue) Less(i, j int) bool { return b[i].Due.Before(b[j].Due) }
func (b byDue) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

// Push adds at the end.
func (b *byDue) Push(x any) { *b = append(*b, x.(*job)) }

// Pop takes the last one.
func (b *byDue) Pop() any {
	last := (*b)[len(*b)-1]
	(*b)[len(*b)-1] = nil
	*b = (*b)[:len(*b)-1]
	return last
}
