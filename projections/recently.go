package projections

import (
	linked "container/list"
	"sync"
)

// recently keeps what was loaded last, so that a thousand deliveries of one message load it once: those who ask while it is
// loaded wait for it. It is bounded by weight. The zero value keeps nothing; set most.
type recently[K comparable, V any] struct {
	most   int // weight of all
	mu     sync.Mutex
	loaded map[K]*linked.Element // of *recent[K, V]
	order  linked.List           // the newest first
	weight int
}

type recent[K comparable, V any] struct {
	key    K
	ready  chan struct{} // closed when it is loaded
	value  V
	err    error
	weight int // 0 while it is loaded
}

// get gives what is kept, or loads it. load says what it weighs. An error is not kept.
func (r *recently[K, V]) get(key K, load func() (V, int, error)) (V, error) {
	r.mu.Lock()
	if e, ok := r.loaded[key]; ok {
		r.order.MoveToFront(e)
		r.mu.Unlock()
		one := e.Value.(*recent[K, V])
		<-one.ready
		return one.value, one.err
	}
	one := &recent[K, V]{key: key, ready: make(chan struct{})}
	if r.loaded == nil {
		r.loaded = map[K]*linked.Element{}
	}
	e := r.order.PushFront(one)
	r.loaded[key] = e
	r.mu.Unlock()

	value, weight, err := load()
	r.mu.Lock()
	defer r.mu.Unlock()
	one.value, one.err, one.weight = value, err, weight
	close(one.ready)
	r.weight += weight
	if err != nil {
		r.drop(e)
	}
	for last := r.order.Back(); last != nil && r.weight > r.most; {
		before := last.Prev()
		if last.Value.(*recent[K, V]).weight > 0 {
			r.drop(last)
		}
		last = before
	}
	return value, err
}

func (r *recently[K, V]) drop(e *linked.Element) {
	one := r.order.Remove(e).(*recent[K, V])
	delete(r.loaded, one.key)
	r.weight -= one.weight
}
