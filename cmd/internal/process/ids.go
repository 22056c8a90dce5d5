// Package process is what every process of WebPlug is made of, whichever its home: clock, ids, version, the sealer, and the
// way to AWS.
package process

import (
	"bufio"
	"crypto/rand"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"webplug/domain/eventlog"
)

// NewIDs makes ULIDs that grow, from the system's randomness. Safe for concurrent use.
func NewIDs(now eventlog.Clock) eventlog.IDs {
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

// SystemClock is the time outside of tests.
func SystemClock() time.Time { return time.Now() }
