package pebble

import (
	"log/slog"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/infra/contract"
)

// harness is a store in memory, whose crash leaves what was synced.
func harness(t testing.TB, fs *vfs.MemFS, size size) contract.Harness {
	s := open(t, Options{Dir: "data", FS: fs, size: size})
	return contract.Harness{
		Store: s, Scanner: s, Feed: s, Keys: s, SeesHead: true,
		Reopen: func(t testing.TB) contract.Harness {
			return harness(t, fs.CrashClone(vfs.CrashCloneCfg{}), size)
		},
	}
}

// open opens a store that must not fail, and closes it at the end.
func open(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	if o.Fail == nil {
		o.Fail = func(err error) { t.Errorf("failed: %v", err) }
	}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestContract(t *testing.T) {
	for _, c := range []struct {
		name string
		size size
	}{
		{"ample", size{}},
		// Every lookup misses the caches, every follower lags, every page ends early.
		{"tight", size{heads: 1, recentCommits: 1, recentBytes: 1, pageRecords: 3, pageBytes: 100_000}},
	} {
		t.Run(c.name, func(t *testing.T) {
			open := func(t testing.TB) contract.Harness { return harness(t, vfs.NewCrashableMem(), c.size) }
			t.Run("EventLog", func(t *testing.T) { contract.EventLog(t, open) })
			t.Run("Scanner", func(t *testing.T) { contract.Scanner(t, open) })
			t.Run("Feed", func(t *testing.T) { contract.Feed(t, open) })
			t.Run("Keys", func(t *testing.T) { contract.Keys(t, open) })
		})
	}
}
