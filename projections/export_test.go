package projections

import "webplug/domain"

// Put makes a directory know an endpoint.
func (d *Directory) Put(e domain.Endpoint) { d.putEndpoint(e) }

// Slice bounds the chunks of one call tighter than in production.
func (r *Router) Slice(chunks int) { r.slice = chunks }

// Wakes is how many wake-ups are in memory.
func (l *Lanes) Wakes() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.wakes.byTime)
}

// Limit bounds the queues tighter than in production, so that a test can outgrow them.
func (l *Lanes) Limit(attempts, bytes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limits = queueLimits{attempts, bytes}
}

// Recently is what was loaded last.
type Recently[K comparable, V any] struct{ r recently[K, V] }

// NewRecently makes one that keeps what weighs no more than most.
func NewRecently[K comparable, V any](most int) *Recently[K, V] {
	return &Recently[K, V]{recently[K, V]{most: most}}
}

// Get gives what is kept, or loads it.
func (r *Recently[K, V]) Get(key K, load func() (V, int, error)) (V, error) {
	return r.r.get(key, load)
}

// Len is how many are kept.
func (r *Recently[K, V]) Len() int { return len(r.r.loaded) }
