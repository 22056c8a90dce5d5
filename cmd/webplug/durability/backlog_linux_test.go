package durability

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestBacklog piles up deliveries to endpoints that refuse connections, and starts the process on them: neither its
// start nor its memory grows with them. It reports figures; what it asserts is far from them.
func TestBacklog(t *testing.T) {
	t.Parallel()
	const dead, messages = 10, 2000
	s := serve(t, t.TempDir(), settings{})
	of := s.tenant(t, "bank")
	for n := range dead {
		s.endpoint(t, of, fmt.Sprintf("http://%s/%d", deadAddress(t), n))
	}
	began := time.Now()
	s = s.reborn(t)
	t.Logf("empty: ready %v after its start, with %d MB", time.Since(began).Round(time.Millisecond), s.memory(t)>>20)

	publishing := newLoad(t, s.api, of)
	publishing.begin(16)
	publishing.more(messages)
	publishing.end()
	backlog := dead * publishing.count()
	t.Logf("with %d deliveries accepted: %d MB", backlog, s.memory(t)>>20)

	began = time.Now()
	s = s.reborn(t)
	t.Logf("with %d deliveries waiting: ready %v after its start", backlog, time.Since(began).Round(time.Millisecond))
	to := newSink(t)
	s.endpoint(t, of, to.URL)
	to.wants(t, []string{s.publish(t, of, fields{"n": "beside the backlog"})})
	waiting := s.must(t, http.StatusOK, http.MethodGet, of.path+"/messages?status=retrying", nil, nil)
	if !strings.Contains(string(waiting.body), "msg_") {
		t.Errorf("nothing waits for its retry: %s", waiting.body)
	}
	used := s.memory(t)
	t.Logf("with %d deliveries waiting: %d MB", backlog, used>>20)
	if most := int64(512 << 20); used > most {
		t.Errorf("it takes %d MB", used>>20)
	}
}

// deadAddress is an address on loopback that refuses connections, and that nobody else can come to listen on.
func deadAddress(t *testing.T) string {
	t.Helper()
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(socket) })
	if err := unix.Bind(socket, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", name.(*unix.SockaddrInet4).Port)
}

// reborn kills the process and starts another.
func (s *server) reborn(t *testing.T) *server {
	t.Helper()
	s.kill()
	return s.again(settings{})
}

// memory is the process's resident memory in bytes.
func (p *process) memory(t *testing.T) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}

// TestIdle reports the CPU time that a server takes which has nothing to do. Nothing is asserted but that it serves after.
func TestIdle(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), settings{})
	of := s.tenant(t, "bank")
	to := newSink(t)
	s.endpoint(t, of, to.URL)
	to.wants(t, []string{s.publish(t, of, fields{"n": 1})})
	const watched = 3 * time.Second
	time.Sleep(time.Second) // until rows are written
	before := s.cpu(t)
	time.Sleep(watched)
	took := s.cpu(t) - before
	t.Logf("idle: %v of CPU in %v, %d MB", took, watched, s.memory(t)>>20)
	to.wants(t, []string{s.publish(t, of, fields{"n": 2})})
}

// cpu is the CPU time that the process has taken, in ticks of 10 ms (proc(5), USER_HZ).
func (p *process) cpu(t *testing.T) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] { // utime, stime
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
