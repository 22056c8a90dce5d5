package sender

import (
	"net"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// piped is a connection to nobody.
func piped(t *testing.T, host string) *conn {
	here, there := net.Pipe()
	t.Cleanup(func() { _, _ = here.Close(), there.Close() })
	return newConn(here, origin{"http", host})
}

func isOpen(c *conn) bool { return c.under.SetDeadline(time.Time{}) == nil }

func TestPool_keeps_the_last_1024_and_16_of_a_host(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(time.Now)
		defer p.close()
		var all []*conn
		for i := range idleOverall + 5 {
			c := piped(t, strconv.Itoa(i/idlePerHost))
			all = append(all, c)
			p.put(c)
			time.Sleep(time.Millisecond)
		}
		for i, c := range all {
			if want := i >= 5; isOpen(c) != want {
				t.Errorf("connection %d: open %v", i, !want)
			}
		}
		full := piped(t, "1")
		p.put(full)
		if isOpen(full) || p.count != idleOverall {
			t.Errorf("a 17th connection is kept; %d in all", p.count)
		}
		if c := p.take(origin{"http", "1"}, time.Now().Add(time.Second)); c != all[2*idlePerHost-1] {
			t.Error("not the last one is taken first")
		}
		if p.take(origin{"https", "1"}, time.Now().Add(time.Second)) != nil {
			t.Error("another scheme's is taken")
		}
	})
}

func TestPool_closes_what_is_idle_for_55_s(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(time.Now)
		defer p.close()
		first, second := piped(t, "a"), piped(t, "b")
		p.put(first)
		time.Sleep(30 * time.Second)
		p.put(second)
		time.Sleep(26 * time.Second)
		if isOpen(first) || !isOpen(second) {
			t.Errorf("after 56 s: open %v; after 26 s: open %v", isOpen(first), isOpen(second))
		}
		time.Sleep(30 * time.Second)
		if isOpen(second) || p.count != 0 || len(p.idle) != 0 || p.oldest != nil || p.newest != nil || p.sweeper != nil {
			t.Errorf("something is left: %+v", p)
		}
	})
}

func TestPool_keeps_nothing_after_its_close(t *testing.T) {
	p := newPool(time.Now)
	before, after := piped(t, "a"), piped(t, "a")
	p.put(before)
	p.close()
	p.put(after)
	if isOpen(before) || isOpen(after) || p.count != 0 {
		t.Errorf("open: %v, %v", isOpen(before), isOpen(after))
	}
}
