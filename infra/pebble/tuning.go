package pebble

import (
	"runtime"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable/block"
)

const (
	// memTable is the largest memtable in bytes: what is replayed at the next start is at most a few of them. On a small
	// volume it is a hundredth, so that a flush fits what is kept free.
	memTable         = 16 << 20
	memTableShare    = 100
	smallestMemTable = 1 << 20

	blockCache = 32 << 20
	bloomBits  = 10 // a bit less than 1 in 100 lookups of what is absent reads a block
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
		MaxOpenFiles:                512,
		CompactionConcurrencyRange:  func() (int, int) { return 1, max(1, runtime.GOMAXPROCS(0)/2) },
	}
	// Payloads are sealed, so what is left to compress are names and numbers: the cheapest will do.
	o.ApplyCompressionSettings(func() pebble.DBCompressionSettings {
		return pebble.UniformDBCompressionSettings(block.FastestCompression)
	})
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBits)
	}
	return o
}

func (s *Store) memTableSize() uint64 {
	size := uint64(memTable)
	if use, err := s.disk.fs.GetDiskUsage(s.disk.dir); err == nil && use.TotalBytes > 0 {
		size = min(size, max(use.TotalBytes/memTableShare, smallestMemTable))
	}
	return size
}
