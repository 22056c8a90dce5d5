package main

import (
	"slices"
	"sync"
	"time"

	"webplug/infra/stage"
)

// usage is what AWS would bill.
type usage struct {
	writes, reads map[string]float64 // DynamoDB's units, by role, call and table
	apiCalls      int
	apiBytes      int64 // answered to callers
	publishes     int   // to SNS: begun 64 KB
	snsDeliveries int   // over HTTP
	snsBytes      int64 // of these
	recordBytes   int64 // of SNS's delivery status records
	sqsCalls      int
	endpointBytes int64 // of the role queue's requests to endpoints
	functions     map[stage.Role]*functionUsage
	otherCalls    map[string]int // calls of services that are not priced here
}

// functionUsage is what one role did.
type functionUsage struct {
	invocations int
	cpu         time.Duration
	waits       float64 // milliseconds, by what is assumed of each wait
	logBytes    int64   // of its own
}

func newUsage() *usage {
	return &usage{writes: map[string]float64{}, reads: map[string]float64{}, functions: map[stage.Role]*functionUsage{}, otherCalls: map[string]int{}}
}

func (u *usage) of(r stage.Role) *functionUsage {
	if u.functions[r] == nil {
		u.functions[r] = &functionUsage{}
	}
	return u.functions[r]
}

func sum(of map[string]float64) float64 {
	total := 0.0
	for _, n := range of {
		total += n
	}
	return total
}

// wait is a call to a service while a function works.
type wait struct {
	begun, ended time.Time
	costs        float64 // milliseconds that it is assumed to take
}

// meter adds up what is used. It is reset between warming up and measuring.
type meter struct {
	mu    sync.Mutex
	used  *usage
	slow  bool                  // calls take as long as is assumed
	waits map[stage.Role][]wait // of the invocation under way
}

func newMeter() *meter { return &meter{used: newUsage(), waits: map[stage.Role][]wait{}} }

// note changes what is used.
func (m *meter) note(change func(*usage)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m.used)
}

// take gives what was used since the last call.
func (m *meter) take() *usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := m.used
	m.used = newUsage()
	return out
}

// waited notes a call, and lets it take as long as is assumed: what is done side by side overlaps then as it does in AWS.
func (m *meter) waited(r stage.Role, begun time.Time, costs float64) {
	m.mu.Lock()
	slow := m.slow
	m.mu.Unlock()
	if slow {
		time.Sleep(time.Until(begun.Add(time.Duration(costs * float64(time.Millisecond)))))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waits[r] = append(m.waits[r], wait{begun, time.Now(), costs})
}

// measuring says whether calls take their time.
func (m *meter) measuring(yes bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.slow = yes
}

// inARow is how long a role's calls since the last one are assumed to take: those of them that follow each other. Calls
// side by side are as long as one.
func (m *meter) inARow(r stage.Role) float64 {
	m.mu.Lock()
	all := m.waits[r]
	m.waits[r] = nil
	m.mu.Unlock()
	slices.SortFunc(all, func(a, b wait) int { return a.ended.Compare(b.ended) })
	total := 0.0
	var until time.Time
	for _, w := range all {
		if !w.begun.Before(until) {
			total += w.costs
			until = w.ended
		}
	}
	return total
}
