package durability

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFailedSync lets the disk beneath a file system run full, as a thin volume does: the file system takes every write
// and cannot keep it, so that the next sync fails. Nobody can tell then what is on the disk, so the process ends; what it
// had acknowledged is there.
func TestFailedSync(t *testing.T) {
	t.Parallel()
	beneath := mountSmallDisk(t, "24m")
	volume := makeThinVolume(t, filepath.Join(beneath.path, "volume"), "256m")
	volume.mount()
	s := serve(t, filepath.Join(volume.path, "data"), settings{})
	of := s.tenant(t, "bank")
	to := newSink(t)
	s.endpoint(t, of, to.URL)
	publishing := newLoad(t, s.api, of)
	publishing.begin(4)
	publishing.more(100)

	beneath.fill(0)
	if code := s.wait(); code != 1 {
		t.Errorf("the exit code is %d", code)
	}
	publishing.end()
	if why := s.logs.said("event log failed, the process ends", "error"); why == "" {
		t.Errorf("it does not say why it ends: %s", lastLines(s.logs.String(), 20))
	} else {
		t.Logf("%d messages accepted, then: %s", publishing.count(), why)
	}

	beneath.free()
	volume.unmount() // what is read from then on comes from the disk, and not from what the system remembers
	volume.mount()
	s = s.again(settings{})
	accepted := publishing.accepted()
	to.wants(t, accepted)
	wantLegal(t, s.api, of, accepted)
	s.end()
}

// thinVolume is a file system in a file that has fewer blocks than it promises. It has a journal: without one, ext4 has
// been seen to report a failed write only at the sync after the next.
type thinVolume struct {
	t          *testing.T
	file, path string
}

func makeThinVolume(t *testing.T, file, size string) thinVolume {
	t.Helper()
	v := thinVolume{t, file, t.TempDir()}
	v.tool("truncate", "--size", size, file)
	v.tool("mkfs.ext4", "-q", file)
	return v
}

func (v thinVolume) mount() {
	v.t.Helper()
	v.tool("mount", "-o", "loop", v.file, v.path)
	v.t.Cleanup(func() { _ = unix.Unmount(v.path, 0) }) // it may be unmounted
}

func (v thinVolume) unmount() {
	v.t.Helper()
	if err := unix.Unmount(v.path, 0); err != nil {
		v.t.Fatalf("unmount %s: %v", v.path, err)
	}
}

// tool runs a tool of the system, without which there is no test.
func (v thinVolume) tool(name string, args ...string) {
	v.t.Helper()
	if out, err := exec.CommandContext(context.Background(), name, args...).CombinedOutput(); err != nil {
		v.t.Skipf("not tested here: a sync that fails, since no file system can be mounted from a file (%s: %v %s)", name, err, out)
	}
}
