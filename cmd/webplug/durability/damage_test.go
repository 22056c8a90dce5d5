package durability

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// TestDamage changes data files as a bad disk or a bad hand does. A process refuses them with a sentence, or serves and
// says which part cannot be read; it never shows less than there was as if it were all.
func TestDamage(t *testing.T) {
	t.Parallel()
	of, young, ended, killed := dataToDamage(t)
	flip := func(part int) func([]byte) []byte { // a byte at so many hundredths of a file
		return func(b []byte) []byte {
			b[min(len(b)*part/100, len(b)-1)] ^= 0x55
			return b
		}
	}
	cut := func(part int) func([]byte) []byte { return func(b []byte) []byte { return b[:len(b)*part/100] } }
	blank := func(b []byte) []byte { clear(b[len(b)/2 : min(len(b)/2+64, len(b))]); return b }
	for name, c := range map[string]struct {
		from   folder
		file   string
		change func([]byte) []byte // nil: the file is taken away
	}{
		"a table's first byte":             {ended, "*.sst", flip(0)},
		"a table's content":                {ended, "*.sst", flip(30)},
		"a table's last byte":              {ended, "*.sst", flip(100)},
		"half a table":                     {ended, "*.sst", cut(50)},
		"a part of a table that is zeroes": {ended, "*.sst", blank},
		"no table":                         {ended, "*.sst", nil},
		"the manifest's first byte":        {ended, "MANIFEST-*", flip(0)},
		"the manifest's middle":            {ended, "MANIFEST-*", flip(50)},
		"the manifest's last byte":         {ended, "MANIFEST-*", flip(100)},
		"half the manifest":                {ended, "MANIFEST-*", cut(50)},
		"no manifest":                      {ended, "MANIFEST-*", nil},
		"no marker":                        {ended, "WEBPLUG", nil},
		"a marker that makes no sense":     {ended, "WEBPLUG", flip(50)},
		"a young manifest's middle":        {young, "MANIFEST-*", flip(60)},
		"a young manifest's last byte":     {young, "MANIFEST-*", flip(100)},
		"half a young manifest":            {young, "MANIFEST-*", cut(60)},
		// The last commits of a process that was killed may be cut short by that, so only what is before them counts.
		"the log's first byte":             {killed, "*.log", flip(0)},
		"the log's middle":                 {killed, "*.log", flip(50)},
		"a part of the log that is zeroes": {killed, "*.log", blank},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyOf(t, c.from.dir)
			file := newest(t, filepath.Join(dir, "log", c.file))
			if c.change == nil {
				remove(t, file)
			} else {
				write(t, file, string(c.change([]byte(readAll(t, file)))))
			}
			wantNothingHidden(t, dir, of, c.from.messages)
		})
	}
}

// TestNewerData opens data of a WebPlug that does not exist yet.
func TestNewerData(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	serve(t, dir, settings{}).end()
	newer := copyOf(t, dir)
	write(t, filepath.Join(newer, "log", "WEBPLUG"), "webplug data, format 99\n")
	wantRefusal(t, serving(newer, settings{}), "was written by a newer webplug: it has format 99")

	newer = copyOf(t, dir)
	marker := newest(t, filepath.Join(newer, "log", "marker.format-version.*"))
	if err := os.Rename(marker, marker[:strings.LastIndex(marker, ".")]+".099"); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, serving(newer, settings{}), "was written by a newer webplug")
}

// folder is a data folder with messages in it.
type folder struct {
	dir      string
	messages int
}

// dataToDamage makes a folder whose data has all become a table, a later one, and one whose process was killed, so that it
// has a log too.
func dataToDamage(t *testing.T) (of tenant, young, ended, killed folder) {
	t.Helper()
	s := serve(t, filepath.Join(t.TempDir(), "data"), settings{})
	of = s.tenant(t, "bank")
	to := newSink(t)
	s.endpoint(t, of, to.URL)
	messages := 0
	publish := func() {
		for range 150 {
			s.publish(t, of, fields{"text": strings.Repeat("lorem ipsum ", 50)})
		}
		messages += 150
		eventually(t, "all is delivered", func() bool { return len(s.all(t, of.path+"/messages?status=pending", 100)) == 0 })
	}
	snapshot := func() folder { return folder{copyOf(t, s.dir), messages} }
	publish()
	s.kill()
	s = s.again(settings{}) // what was in the log is in a table now
	s.kill()
	young = snapshot()
	s = s.again(settings{})
	publish()
	s.kill()
	killed = snapshot()
	s = s.again(settings{})
	s.end()
	return of, young, snapshot(), killed
}

func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// newest is the last of the files that match, by name; an empty log has nothing to damage.
func newest(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("no file is %s: %v", pattern, err)
	}
	return found[len(found)-1]
}

func readAll(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil || len(b) == 0 {
		t.Fatalf("%s has nothing to damage: %v", name, err)
	}
	return string(b)
}

// wantNothingHidden starts a process that must refuse its data, or answer every message, or say that it cannot.
func wantNothingHidden(t *testing.T, dir string, of tenant, messages int) {
	t.Helper()
	p := serving(dir, settings{}).start(t)
	eventually(t, "webplug is ready or ends", func() bool { return !p.running() || p.logs.says("webplug is ready") })
	if !p.running() {
		if err := p.failedSaying("data folder " + dir + "/log "); err != nil {
			t.Error(err)
		}
		return
	}
	a := api{url: p.logs.said("webplug is ready", "url"), key: strings.TrimSpace(read(t, filepath.Join(dir, "admin.key"))), client: newClient(t)}
	seen, err := a.readEverything(t, of)
	ready, readyErr := a.call(t.Context(), http.MethodGet, "/readyz", nil)
	if readyErr != nil {
		t.Fatalf("the process does not answer any more: %v", readyErr)
	}
	says := ready.status == http.StatusServiceUnavailable && strings.Contains(string(ready.body), "damaged")
	if (err != nil || seen != messages) && !says {
		t.Errorf("it serves %d of %d messages (%v), and /readyz says %s", seen, messages, err, ready.body)
	}
	if !p.running() {
		t.Errorf("reading ended the process")
	}
}

// readEverything counts the messages whose whole history can be read.
func (a api) readEverything(t *testing.T, of tenant) (count int, err error) {
	for cursor := ""; ; {
		got, err := a.readable(t, of.path+"/messages?limit=100"+cursor)
		if err != nil {
			return count, err
		}
		var page struct {
			Data []identified `json:"data"`
			Next string       `json:"next_cursor"`
		}
		if err := json.Unmarshal(got.body, &page); err != nil {
			return count, err
		}
		for _, m := range page.Data {
			if _, err := a.readable(t, of.path+"/messages/"+m.ID+"/history"); err != nil {
				return count, err
			}
			count++
		}
		if page.Next == "" {
			return count, nil
		}
		cursor = "&cursor=" + page.Next
	}
}

// readable reads a path, and fails where the answer is another than 200.
func (a api) readable(t *testing.T, path string) (answer, error) {
	got, err := a.call(t.Context(), http.MethodGet, path, nil)
	if err == nil && got.status != http.StatusOK {
		err = fmt.Errorf("%s: %d %s", path, got.status, got.body)
	}
	return got, err
}
