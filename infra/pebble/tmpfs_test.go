package pebble

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"webplug/domain/eventlog"
)

// smallVolume mounts a real file system of a few megabytes.
func smallVolume(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small volume can't be mounted here (it needs root): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestARealFullDisk lets the store fill a small volume, starts again on it, and makes room.
func TestARealFullDisk(t *testing.T) {
	volume := smallVolume(t, "24m")
	other := filepath.Join(volume, "other")
	if err := os.WriteFile(other, random(6*megabytes), 0o600); err != nil {
		t.Fatal(err)
	}
	o := quiet(t, Options{Dir: filepath.Join(volume, "data"), Logger: discard()})
	taken := 0
	for range 2 {
		s, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		for ; numbered(s, taken, 8000) == nil; taken++ {
		}
		wantDiskFull(t, "append", numbered(s, taken, 8000))
		taken = wantTaken(t, s, taken)
		wantFeedWhole(t, s)
		_ = s.Close() // may say that it found no room
	}
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	s := open(t, o)
	wantRoom(s)
	if err := numbered(s, taken, 8000); err != nil {
		t.Errorf("append with room: %v", err)
	}
	wantReads(t, s, taken+1)
}

// TestAStartOnTheLastByte: nobody can write another byte, and the ballast is there for it.
func TestAStartOnTheLastByte(t *testing.T) {
	volume := smallVolume(t, "16m")
	o := quiet(t, Options{Dir: filepath.Join(volume, "data"), Logger: discard()})
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 10 {
		if err := numbered(s, n, 1000); err != nil {
			t.Fatal(err)
		}
	}
	fillUp(t, volume)
	_ = s.Close()
	s = open(t, o)
	fillUp(t, volume) // what is left of the ballast
	for n := 10; s.Health() == nil; n++ {
		_ = numbered(s, n, 1000)
	}
	wantDiskFull(t, "append", numbered(s, 0, 1000))
	for n := range 10 {
		for r, err := range s.Read(t.Context(), one(fmt.Sprintf("svc_1/msg_%d", n), 0, "").Writes[0].Stream, 0) {
			if err != nil || r.Version != 1 {
				t.Errorf("read %d: %v", n, err)
			}
		}
	}
	makeRoom(t, volume)
	wantRoom(s)
	if err := numbered(s, 0, 1000); err != nil {
		t.Errorf("a repeat: %v", err)
	}
}

// wantRoom waits until the store finds that there is room again.
func wantRoom(s *Store) {
	for s.Health() != nil {
		time.Sleep(lookEvery / 4)
	}
}

// wantTaken counts what can be read: all that was acknowledged, and maybe the one after it, of which it is open.
func wantTaken(t *testing.T, s *Store, acked int) int {
	t.Helper()
	got := 0
	for page, err := range s.Scan(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		got += len(page.Records)
	}
	if got != acked && got != acked+1 {
		t.Errorf("%d records can be read, %d were acknowledged", got, acked)
	}
	return got
}

// makeRoom takes back what fillUp took.
func makeRoom(t *testing.T, volume string) {
	t.Helper()
	fillers, err := filepath.Glob(filepath.Join(volume, "filler*"))
	if err != nil || len(fillers) == 0 {
		t.Fatalf("%v, %v", fillers, err)
	}
	for _, f := range fillers {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
}

// fillUp writes a file until there is no room.
func fillUp(t *testing.T, volume string) {
	t.Helper()
	f, err := os.CreateTemp(volume, "filler")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for block := make([]byte, 4096); ; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// TestARealFullDiskUnderWrites lets somebody else take the last byte while writers write, and give it back.
func TestARealFullDiskUnderWrites(t *testing.T) {
	volume := smallVolume(t, "64m")
	s := open(t, Options{Dir: filepath.Join(volume, "data"), Logger: discard()})
	acked := make(chan int, 1)
	stop := make(chan struct{})
	refused := make(chan struct{}, 1)
	go func() {
		n := 0
		defer func() { acked <- n }()
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := numbered(s, n, 2000); err == nil { // the same one again until it is taken
				n++
			} else if errors.Is(err, eventlog.ErrUnavailable) {
				select {
				case refused <- struct{}{}:
				default:
				}
			} else {
				t.Errorf("append: %v", err)
				return
			}
		}
	}()
	for range 3 {
		fillUp(t, volume)
		<-refused
		makeRoom(t, volume)
		wantRoom(s)
	}
	close(stop)
	n := <-acked
	for i := range n {
		if err := numbered(s, i, 2000); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
	}
	t.Logf("%d records", n)
}
