package pebble

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/domain/eventlog"
)

// What is kept free. A full disk first meets the reserve: appends are refused while there is still room for what Pebble
// does in the background. Should somebody else fill the disk to the last byte, the ballast is given up, so that what
// is half written can be finished, and a process that is started on a full disk can open its data and be read.
const (
	reserveShare, reserveMost = 20, 64 << 20 // a twentieth of the volume, at most 64 MB
	openingNeeds              = 1 << 20      // bytes, beside what the logs hold
	ballastName               = "BALLAST"

	lookEvery      = 100 * time.Millisecond // how often free space is asked for
	lookEveryBytes = 4 << 20                // and after how much was written
	retryEvery     = 100 * time.Millisecond // how often a write that found no room is tried again
	compactionRest = time.Second            // how long there is no further compaction after one that found no room
)

// disk watches the free space of the volume that the data lies on.
type disk struct {
	fs  vfs.FS
	dir string
	log *slog.Logger
	now func() time.Time

	written atomic.Int64                  // bytes since the last look
	looked  atomic.Int64                  // when, in Unix nanoseconds
	refused atomic.Pointer[error]         // why nothing is taken, nil while there is room
	stuck   atomic.Pointer[stuckage]      // closed while a write waits for room
	resting atomic.Pointer[chan struct{}] // closed when a compaction may start again
	over    chan struct{}                 // closed by close: nothing waits any longer
	closing sync.Once

	mu      sync.Mutex
	stalls  int // writes that wait for room
	ballast bool
	without bool // the volume can't allocate a ballast
}

// stuckage tells those who wait for an answer that it may take long.
type stuckage struct{ began chan struct{} }

func newDisk(fs vfs.FS, dir string, log *slog.Logger, now func() time.Time) *disk {
	d := &disk{fs: fs, dir: dir, log: log, now: now, over: make(chan struct{})}
	d.stuck.Store(&stuckage{began: make(chan struct{})})
	return d
}

// sizes answers what is free, how much is kept free, and how large the ballast is; not ok where a volume cannot tell.
func (d *disk) sizes() (free, reserve, ballast uint64, ok bool) {
	use, err := d.fs.GetDiskUsage(d.dir)
	if err != nil || use.TotalBytes == 0 {
		return 0, 0, 0, false
	}
	return use.AvailBytes, min(use.TotalBytes/reserveShare, reserveMost), 2*memTableFor(use.TotalBytes) + openingNeeds, true
}

// roomToOpen refuses a disk that has no room for what opening the data writes: the logs' contents once more, as tables.
// The ballast is there for this.
func (d *disk) roomToOpen() error {
	logs, err := newestLogs(d.fs, d.dir)
	if err != nil {
		return err
	}
	need := uint64(openingNeeds)
	for _, name := range logs {
		if info, err := d.fs.Stat(d.fs.PathJoin(d.dir, name)); err == nil {
			need += uint64(info.Size())
		}
	}
	free, _, _, ok := d.sizes()
	if ok && free < need && d.giveBallast() {
		free, _, _, ok = d.sizes()
	}
	if ok && free < need {
		return fmt.Errorf("can't be opened: %w: disk full: %s free, %s are needed",
			eventlog.ErrUnavailable, bytesText(free), bytesText(need))
	}
	return nil
}

// look asks for the free space, at most every lookEvery, and decides whether to take more.
func (d *disk) look() {
	now, last := d.now().UnixNano(), d.looked.Load()
	soon := now >= last && now-last < int64(lookEvery) // unless the clock was put back
	if soon && d.written.Load() < lookEveryBytes || !d.looked.CompareAndSwap(last, now) {
		return
	}
	d.written.Store(0)
	free, reserve, ballast, ok := d.sizes()
	if !ok {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	full := d.refused.Load() != nil
	switch {
	case d.stalls > 0, d.resting.Load() != nil:
		d.refuse(d.waits())
	case free < reserve, full && free < reserve+reserve/4: // not at the first byte, or it would go on and off
		d.refuse(fmt.Errorf("%w: disk full: %s free in %s, %s are kept in reserve",
			eventlog.ErrUnavailable, bytesText(free), d.dir, bytesText(reserve)))
	case full:
		d.refused.Store(nil)
		d.log.Info("disk has room again", "dir", d.dir, "free", free)
	}
	if !d.ballast && !d.without && free >= 2*reserve+ballast {
		d.takeBallast(int64(ballast))
	}
}

func (d *disk) refuse(why error) {
	if d.refused.Swap(&why) == nil {
		d.log.Error("nothing is taken", "reason", why)
	}
}

// refusal says why nothing can be taken, or nil.
func (d *disk) refusal() error {
	if d.refused.Load() == nil {
		return nil
	}
	d.look() // who is refused looks whether there is room again
	if why := d.refused.Load(); why != nil {
		return *why
	}
	return nil
}

// takeBallast allocates the ballast's blocks, where the volume can allocate without writing. The caller holds d.mu.
func (d *disk) takeBallast(size int64) {
	name := d.fs.PathJoin(d.dir, ballastName)
	f, err := d.fs.OpenReadWrite(name, "webplug-ballast")
	if err == nil {
		err = errors.Join(f.Preallocate(0, size), f.Close())
	}
	if err != nil {
		d.log.Debug("no ballast", "error", err)
		_ = d.fs.Remove(name) // a part of it is of no use
		d.without = !noRoom(err)
		return
	}
	d.ballast = true
}

// giveBallast frees the ballast and says whether there was one.
func (d *disk) giveBallast() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ballast = false
	return d.fs.Remove(d.fs.PathJoin(d.dir, ballastName)) == nil
}

// close ends all waiting for room: what waits fails.
func (d *disk) close() { d.closing.Do(func() { close(d.over) }) }

func (d *disk) closed() bool {
	select {
	case <-d.over:
		return true
	default:
		return false
	}
}

// retry runs a write until it finds room or the store is closed. Pebble ends the process when its log or its manifest
// cannot be written, and tries a failed flush again at once; to both a full disk looks like a slow one.
func (d *disk) retry(write func() error) error {
	err := write()
	if !noRoom(err) {
		return err
	}
	if d.giveBallast() {
		d.log.Warn("disk full: the ballast is given up", "dir", d.dir)
		if err = write(); !noRoom(err) {
			return err
		}
	}
	d.stall()
	defer d.resume()
	tick := time.NewTicker(retryEvery)
	defer tick.Stop()
	for ; noRoom(err); err = write() {
		select {
		case <-tick.C:
		case <-d.over:
			return err
		}
	}
	return err
}

// waits is what those hear whose write is held up by a full disk.
func (d *disk) waits() error {
	return fmt.Errorf("%w: disk full: writing to %s waits for room", eventlog.ErrUnavailable, d.dir)
}

func (d *disk) stall() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stalls++; d.stalls == 1 {
		d.refuse(d.waits())
		close(d.stuck.Load().began)
	}
}

func (d *disk) resume() {
	d.mu.Lock()
	if d.stalls--; d.stalls == 0 {
		d.stuck.Store(&stuckage{began: make(chan struct{})})
	}
	d.mu.Unlock()
	d.relieve()
}

// relieve takes again where nothing waits for room and the volume can't tell how much there is. Where it can, look
// decides.
func (d *disk) relieve() {
	if _, _, _, ok := d.sizes(); ok {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stalls == 0 && d.resting.Load() == nil {
		d.refused.Store(nil)
	}
}

// giveUp is what a compaction does that found no room: it fails, and so frees what it had taken itself. Pebble starts it
// again at once, so until it may, startCompaction waits.
func (d *disk) giveUp() {
	rested := make(chan struct{})
	if !d.resting.CompareAndSwap(nil, &rested) {
		return
	}
	d.mu.Lock()
	d.refuse(d.waits())
	d.mu.Unlock()
	time.AfterFunc(compactionRest, func() {
		d.resting.Store(nil)
		close(rested)
		d.relieve()
	})
}

func (d *disk) startCompaction() {
	if rested := d.resting.Load(); rested != nil {
		select {
		case <-*rested:
		case <-d.over:
		}
	}
}

func noRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func bytesText(n uint64) string {
	if n < 10<<20 {
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d MB", n>>20)
}
