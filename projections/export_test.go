package projections

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
