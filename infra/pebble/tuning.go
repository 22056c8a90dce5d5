package pebble

import (
	"runtime"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable/block"
)

const (
	// memTable is the largest memtable in bytes: what is replayed at the next start is at most a few of them. On a small
	// volume it is smaller, so that its flush fits what is kept free.
	memTable         = 16 << 20
	memTableShare    = 128
	smallestMemTable = 512 << 10

	blockCache = 64 << 20 // Pebble takes the memtables out of it
	indexBlock = 64 << 10 // an index in one block is one step less of each lookup
	bloomBits  = 10       // a bit less than 1 in 100 lookups of what is absent reads a block
)

// options is Pebble's configuration for a log that only grows, with rows beside it that change often.
func (s *Store) options(fs *watchedFS) *pebble.Options {
	o := &pebble.Options{
		FS:                          fs,
		Lock:                        s.lock,
		Logger:                      logger{s.log, s.fail},
		EventListener:               s.listener(),
		FormatMajorVersion:          pebble.FormatValueSeparation, // a newer one of Pebble's own is refused
		CacheSize:                   blockCache,
		MemTableSize:                s.memTableSize(),
		MemTableStopWritesThreshold: 4,
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       24,
		MaxOpenFiles:                s.openFiles,
		CompactionConcurrencyRange:  func() (int, int) { return 1, max(1, runtime.GOMAXPROCS(0)/4) },
	}
	if s.virtualTime {
		o.Experimental.CompactionScheduler = pebble.NewConcurrencyLimitSchedulerWithNoPeriodicGrantingForTest()
	}
	// Payloads are sealed, so what is left to compress are names and numbers: the cheapest will do.
	o.ApplyCompressionSettings(func() pebble.DBCompressionSettings {
		return pebble.UniformDBCompressionSettings(block.FastestCompression)
	})
	for i := range o.Levels {
		o.Levels[i].IndexBlockSize = indexBlock
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBits)
	}
	return o
}

func (s *Store) memTableSize() uint64 {
	if s.size.memTable > 0 {
		return s.size.memTable
	}
	use, err := s.disk.fs.GetDiskUsage(s.disk.dir)
	if err != nil {
		return memTable
	}
	return memTableFor(use.TotalBytes)
}

func memTableFor(volume uint64) uint64 {
	return min(max(volume/memTableShare, smallestMemTable), memTable)
}
