package pebble

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/domain/eventlog"
)

// TestCrashes lets writers, followers and releases run in virtual time, and the machine crash at any moment, again and
// again. Of what was not synced any part may be left.
func TestCrashes(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &machine{rng: rand.New(rand.NewPCG(seed, 1)), acked: map[eventlog.Stream][]eventlog.Record{}}
				fs := vfs.NewCrashableMem()
				for range 5 {
					fs = m.live(t, fs)
				}
			})
		})
	}
}

// machine remembers over crashes what was acknowledged and seen.
type machine struct {
	rng *rand.Rand

	mu       sync.Mutex
	acked    map[eventlog.Stream][]eventlog.Record // with gaps where an append was not answered
	followed eventlog.Position                     // what a consumer has behind it, durably
}

// live runs the store until it crashes and answers the disk as it is then.
func (m *machine) live(t *testing.T, fs *vfs.MemFS) *vfs.MemFS {
	small := size{heads: 4, recentCommits: 3, recentBytes: 3000, pageRecords: 5, pageBytes: 5000, memTable: 16 << 10}
	s, err := Open(t.Context(), quiet(t, Options{Dir: "data", FS: fs, size: small}))
	if err != nil {
		t.Fatal(err)
	}
	m.check(t, s)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for i := range 5 {
		of := eventlog.Stream{Service: "svc_1", Root: fmt.Sprintf("msg_%d", i/2), Leaf: []string{"", "ep_1"}[i%2]}
		rng := rand.New(rand.NewPCG(m.rng.Uint64(), 2))
		wg.Go(func() { m.writes(ctx, t, s, of, rng) })
	}
	wg.Go(func() { m.follows(ctx, t, s) })
	time.Sleep(time.Duration(m.rng.IntN(60)) * time.Millisecond)

	m.mu.Lock() // nothing is acknowledged between this and the crash, as far as anybody knows
	crashed := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: m.rng.IntN(101), RNG: m.rng})
	acked, followed := m.snapshot(), m.followed
	m.mu.Unlock()

	stop()
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	m.acked, m.followed = acked, followed
	return crashed
}

func (m *machine) snapshot() map[eventlog.Stream][]eventlog.Record {
	kept := map[eventlog.Stream][]eventlog.Record{}
	for of, rs := range m.acked {
		kept[of] = rs[:len(rs):len(rs)]
	}
	return kept
}

// writes appends to one stream, lazily or not, with pauses.
func (m *machine) writes(ctx context.Context, t *testing.T, s *Store, of eventlog.Stream, rng *rand.Rand) {
	var head eventlog.Version
	for r, err := range s.Read(ctx, of, 0) {
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("read %s: %v", of, err)
			}
			return
		}
		head = r.Version
	}
	for ctx.Err() == nil {
		b := one(of.String(), head, fmt.Sprintf("%s@%d of %d %x", of, head+1, rng.Uint64(), random(rng.IntN(500))))
		b.Lazy = rng.IntN(3) == 0
		if err := s.Append(ctx, b); err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("append %s@%d: %v", of, head+1, err)
			}
			return
		}
		m.mu.Lock()
		m.acked[of] = append(m.acked[of], b.Writes[0].Records[0])
		m.mu.Unlock()
		head++
		time.Sleep(time.Duration(rng.IntN(4)) * time.Millisecond)
	}
}

// follows is a consumer that keeps its position where a crash does not reach it, and releases what it has.
func (m *machine) follows(ctx context.Context, t *testing.T, s *Store) {
	seen := map[eventlog.Stream]eventlog.Version{}
	err := s.Follow(ctx, m.followed, func(ctx context.Context, at eventlog.Position, records []eventlog.Record) error {
		m.mu.Lock()
		defer m.mu.Unlock()
		if at != m.followed+1 {
			return fmt.Errorf("position %d after %d", at, m.followed)
		}
		for _, r := range records {
			if last, ok := seen[r.Stream]; ok && r.Version != last+1 {
				return fmt.Errorf("%s@%d after %d", r.Stream, r.Version, last)
			}
			seen[r.Stream] = r.Version
		}
		m.followed = at
		if at%7 == 0 {
			return s.Release(ctx, at)
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("follow: %v", err)
	}
}

// check holds that all that was acknowledged is there, and streams are without gaps.
func (m *machine) check(t *testing.T, s *Store) {
	if head := s.Head(); head < m.followed {
		t.Errorf("head is %d, a follower was given %d", head, m.followed)
	}
	for of, want := range m.acked {
		var got []eventlog.Record
		for r, err := range s.Read(t.Context(), of, 0) {
			if err != nil {
				t.Fatalf("read %s: %v", of, err)
			}
			if got = append(got, r); r.Version != eventlog.Version(len(got)) {
				t.Fatalf("%s has version %d at place %d", of, r.Version, len(got))
			}
		}
		for _, w := range want {
			if i := int(w.Version) - 1; i >= len(got) || got[i].Hash != w.Hash || string(got[i].Data) != string(w.Data) {
				t.Fatalf("%s@%d was acknowledged and is lost", of, w.Version)
			}
		}
	}
}
