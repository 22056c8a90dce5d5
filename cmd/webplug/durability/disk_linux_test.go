package durability

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFullDisk lets somebody else fill the disk under load: below what WebPlug keeps in reserve, and to the last byte.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for name, left := range map[string]uint64{"below the reserve": 2 << 20, "to the last byte": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := mountSmallDisk(t, "64m")
			s := serve(t, filepath.Join(d.path, "data"), settings{args: []string{"--grace", "1s"}})
			of := s.tenant(t, "bank")
			to := newSink(t)
			s.endpoint(t, of, to.URL)
			first := s.publish(t, of, fields{"n": -1})
			publishing := newLoad(t, s.api, of)
			publishing.begin(4)
			publishing.more(100)

			d.fill(left)
			eventually(t, "publishing is refused", func() bool { return len(publishing.refused()) >= 50 })
			wantRefused(t, s, of, func() { d.fill(left) })
			wantReadable(t, s, of, first)

			if left > 0 {
				s.kill()
				s = s.again(settings{})
				wantRefused(t, s, of, func() { d.fill(left) })
				wantReadable(t, s, of, first)
				d.free()
			} else { // then it starts only if what it must write first fits what it had put by
				s.end()
				if p := serving(s.dir, settings{}).start(t); !p.servesOrSays("disk full") {
					t.Errorf("it ended with %d: %s", p.wait(), p.logs)
				}
				d.free()
				s = s.again(settings{})
			}
			publishing.to(s.api)
			eventually(t, "it is ready again", func() bool {
				got, err := s.call(t.Context(), http.MethodGet, "/readyz", nil)
				return err == nil && got.status == http.StatusOK
			})
			publishing.more(50)
			publishing.end()
			to.wants(t, publishing.accepted())
			eventually(t, "every outcome is recorded", func() bool {
				return len(s.all(t, of.path+"/messages?status=pending", 100)) == 0
			})
			wantLegal(t, s.api, of, publishing.accepted())
			wantNoneOf(t, to, publishing, left == 0)
			s.end()
		})
	}
}

// wantRefused wants a full disk to be said, to whoever publishes and to whoever watches. A compaction may give room back
// at any moment, so the disk is filled again before each look.
func wantRefused(t *testing.T, s *server, of tenant, fill func()) {
	t.Helper()
	refused := func(method, path string, body any) (got answer) {
		t.Helper()
		eventually(t, method+" "+path+" is refused", func() bool {
			fill()
			var err error
			got, err = s.call(t.Context(), method, path, body)
			return err == nil && got.status == http.StatusServiceUnavailable
		})
		return got
	}
	got := refused(http.MethodPost, of.path+"/messages", message(fields{"n": "refused"}))
	if kind := got.header.Get("Content-Type"); kind != "application/problem+json" || !strings.Contains(string(got.body), `"type":"unavailable"`) {
		t.Errorf("the refusal is %s %s", kind, got.body)
	}
	refused(http.MethodPost, of.path+"/users", fields{"name": "another"})
	ready := refused(http.MethodGet, "/readyz", nil)
	if text := string(ready.body); !strings.Contains(text, "disk full") || !strings.Contains(text, s.dir) {
		t.Errorf("/readyz does not name the disk and the reason: %s", text)
	}
	s.must(t, http.StatusOK, http.MethodGet, "/healthz", nil, nil)
}

// wantReadable wants everything to be read as ever.
func wantReadable(t *testing.T, s *server, of tenant, message string) {
	t.Helper()
	for _, path := range []string{
		"/v1/services", of.path, of.path + "/endpoints", of.path + "/messages", of.path + "/messages?status=pending",
		of.path + "/messages/" + message, of.path + "/history", "/v1/history", "/v1/stuck", "/metrics",
	} {
		s.must(t, http.StatusOK, http.MethodGet, path, nil, nil)
	}
	if got := types(s.history(t, of, message)); got != "MessageAccepted DeliverySucceeded" {
		t.Errorf("the history is %s", got)
	}
}

// wantNoneOf wants nothing that was refused to have been sent. unknown allows for what was being written when the last
// byte was taken: whoever sent that was told to try again, and nobody can know yet what became of it.
func wantNoneOf(t *testing.T, to *sink, from *load, unknown bool) {
	t.Helper()
	refused, came := from.refused(), 0
	for _, a := range to.arrivals() {
		if got, ok := refused[a.data]; ok && got.status == http.StatusServiceUnavailable {
			came++
			if !unknown {
				t.Errorf("%s was sent, and refused with %s", a.data, got.body)
			}
		}
	}
	t.Logf("%d messages accepted, %d refused, %d of those sent", from.count(), len(refused), came)
	if came > len(refused)/10 { // each time that a compaction gave room back, one for each client
		t.Errorf("%d of %d refused were sent", came, len(refused))
	}
}

// disk is a small volume that can be filled.
type disk struct {
	t    *testing.T
	path string
}

// mountSmallDisk mounts a tmpfs, which takes root.
func mountSmallDisk(t *testing.T, size string) disk {
	t.Helper()
	d := disk{t, t.TempDir()}
	mount(t, "tmpfs", d.path, "tmpfs", "size="+size)
	return d
}

func mount(t *testing.T, source, target, kind, options string) {
	t.Helper()
	if err := unix.Mount(source, target, kind, 0, options); err != nil {
		t.Skipf("not tested here: a full disk, since this user cannot mount a small one (%v); it takes root", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(target, 0); err != nil {
			t.Errorf("unmount %s: %v", target, err)
		}
	})
}

func (d disk) filler() string { return filepath.Join(d.path, "somebody-else") }

// fill takes all that is free but for so many bytes.
func (d disk) fill(left uint64) {
	d.t.Helper()
	f, err := os.OpenFile(d.filler(), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		d.t.Fatal(err)
	}
	size := info.Size()
	for {
		var use unix.Statfs_t
		if err := unix.Fstatfs(int(f.Fd()), &use); err != nil {
			d.t.Fatal(err)
		}
		free := use.Bavail * uint64(use.Bsize)
		if free <= left {
			return
		}
		take := max(int64(free-left)/2, use.Bsize) // by halves: the other side writes too
		if err := unix.Fallocate(int(f.Fd()), 0, size, take); err != nil && !errors.Is(err, unix.ENOSPC) {
			d.t.Fatal(err)
		} else if err == nil {
			size += take
		}
	}
}

// free gives up what fill took.
func (d disk) free() {
	d.t.Helper()
	if err := os.Remove(d.filler()); err != nil {
		d.t.Fatal(err)
	}
}
