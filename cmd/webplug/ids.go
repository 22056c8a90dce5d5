package main

import (
	"bufio"
	"crypto/rand"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"webplug/domain/eventlog"
)

// newIDs makes ULIDs that grow, from the system's randomness. Safe for concurrent use.
func newIDs(now eventlog.Clock) eventlog.IDs {
	var mu sync.Mutex
	entropy := ulid.Monotonic(bufio.NewReaderSize(rand.Reader, 4096), 0)
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		ms := ulid.Timestamp(now())
		id, err := ulid.New(ms, entropy)
		for err != nil { // more ids in a millisecond than fit: take the next one
			ms++
			id, err = ulid.New(ms, entropy)
		}
		return id.String()
	}
}

// systemClock is the time outside of tests.
func systemClock() time.Time { return time.Now() }
