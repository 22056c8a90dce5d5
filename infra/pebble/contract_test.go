package pebble

import (
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/domain/eventlog"
	"webplug/infra/contract"
)

// open opens a store that must not fail, and closes it at the end.
func open(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), quiet(t, o))
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

// quiet lets warnings go to the test's output, and a failure fail the test.
func quiet(t testing.TB, o Options) Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	if o.Fail == nil {
		o.Fail = func(err error) { t.Errorf("failed: %v", err) }
	}
	return o
}

func harness(s *Store, reopen func(testing.TB) contract.Harness) contract.Harness {
	return contract.Harness{Store: s, Scanner: s, Feed: s, Keys: s, SeesHead: true, Reopen: reopen}
}

// inMemory is a store whose crash leaves no more than what was synced.
func inMemory(t testing.TB, fs *vfs.MemFS, size size) contract.Harness {
	return harness(open(t, Options{Dir: "data", FS: fs, size: size}), func(t testing.TB) contract.Harness {
		return inMemory(t, fs.CrashClone(vfs.CrashCloneCfg{}), size)
	})
}

// inFolder is a store on a real disk; it is not crashed but closed.
func inFolder(t testing.TB, dir string) contract.Harness {
	s := open(t, Options{Dir: dir})
	return harness(s, func(t testing.TB) contract.Harness {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		return inFolder(t, dir)
	})
}

// tight lets every lookup miss the caches, every follower lag, and every page end early.
var tight = size{heads: 1, recentCommits: 1, recentBytes: 1, pageRecords: 3, pageBytes: 100_000}

func TestContract(t *testing.T) {
	suites(t, func(t testing.TB) contract.Harness { return inMemory(t, vfs.NewCrashableMem(), size{}) })
}

func TestContractWithTightMemory(t *testing.T) {
	suites(t, func(t testing.TB) contract.Harness { return inMemory(t, vfs.NewCrashableMem(), tight) })
}

func TestContractOnDisk(t *testing.T) {
	suites(t, func(t testing.TB) contract.Harness { return inFolder(t, filepath.Join(t.TempDir(), "new", "data")) })
}

// A simulation of the whole product stands on this: the store in a bubble of virtual time, on a disk that can crash.
func TestContractInVirtualTime(t *testing.T) {
	suites(t, func(t testing.TB) contract.Harness { return inMemory(t, vfs.NewCrashableMem(), size{}) }, synctest.Test)
}

func suites(t *testing.T, open contract.Maker, within ...contract.Within) {
	t.Run("EventLog", func(t *testing.T) { contract.EventLog(t, open, within...) })
	t.Run("Scanner", func(t *testing.T) { contract.Scanner(t, open, within...) })
	t.Run("Feed", func(t *testing.T) { contract.Feed(t, open, within...) })
	t.Run("Keys", func(t *testing.T) { contract.Keys(t, open, within...) })
}

// one is a batch of one record.
func one(name string, expected eventlog.Version, text string) eventlog.Batch {
	of, err := eventlog.ParseStream(name)
	if err != nil {
		panic(err)
	}
	r := eventlog.Record{Stream: of, Version: expected + 1, Data: []byte(text)}
	copy(r.Hash[:], text)
	return eventlog.Batch{Writes: []eventlog.Write{{Stream: of, Expected: expected, Records: []eventlog.Record{r}}}}
}
