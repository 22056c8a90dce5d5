package durability

import (
	"encoding/base64"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// wantRefusal starts a process that must end with code 1 and a sentence.
func wantRefusal(t *testing.T, l launch, sentence string) {
	t.Helper()
	if err := l.start(t).failedSaying(sentence); err != nil {
		t.Errorf("%v: %v", l.args, err)
	}
}

func TestASecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir(), settings{})
	of := s.tenant(t, "bank")
	wantRefusal(t, serving(s.dir, settings{}), "is in use by another webplug process")
	wantRefusal(t, serving(s.dir, settings{args: []string{"--rebuild"}}), "is in use by another webplug process")
	s.publish(t, of, fields{"n": 1})
	s.end()
	s.again(settings{}).end()
}

// TestTwoFirstStarts starts two processes on one new folder at once. One of them serves, and the keys in the folder are
// its keys: the next start opens what it made.
func TestTwoFirstStarts(t *testing.T) {
	t.Parallel()
	for range 5 {
		dir := filepath.Join(t.TempDir(), "data")
		both := []*process{serving(dir, settings{}).start(t), serving(dir, settings{}).start(t)}
		eventually(t, "one of two serves, and one is refused", func() bool {
			ready, ended := 0, 0
			for _, p := range both {
				if p.logs.says("webplug is ready") {
					ready++
				}
				if !p.running() {
					ended++
				}
			}
			return ready == 1 && ended == 1
		})
		for _, p := range both {
			if !p.running() {
				if err := p.failedSaying("is in use by another webplug process"); err != nil {
					t.Error(err)
				}
			}
		}
		for _, p := range both {
			if p.running() {
				p.end()
			}
		}
		serve(t, dir, settings{}).end()
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	s := serve(t, dir, settings{})
	of := s.tenant(t, "bank")
	message := s.publish(t, of, fields{"n": 1})
	s.end()
	file := filepath.Join(dir, "master.key")
	right := read(t, file)
	for name, mode := range map[string]os.FileMode{"master.key": 0o600, "admin.key": 0o600, ".": 0o700} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s is not for its owner alone: %v, %v", name, info.Mode(), err)
		}
	}
	other := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	given := func(key string) settings { return settings{env: []string{"WEBPLUG_MASTER_KEY=" + key}} }

	wantRefusal(t, serving(dir, given(other)), "another master key")
	wantRefusal(t, serving(dir, given("not base64!")), "32 bytes in base64")
	wantRefusal(t, serving(dir, given("c2hvcnQ=")), "32 bytes in base64")
	for content, sentence := range map[string]string{
		other: "another master key", "garbage": "32 bytes in base64", "": "master.key is empty", right[:20]: "32 bytes in base64",
	} {
		write(t, file, content)
		wantRefusal(t, serving(dir, settings{}), sentence)
		if got := read(t, file); got != content {
			t.Errorf("master.key with %q was changed to %q", content, got)
		}
	}
	remove(t, file)
	wantRefusal(t, serving(dir, settings{}), "its master key is missing")
	if _, err := os.Stat(file); err == nil {
		t.Error("a master key was made for data that exists")
	}
	wantRefusal(t, serving(dir, settings{env: []string{"WEBPLUG_MASTER_KEY=" + right, "WEBPLUG_API_KEY=with a space"}}), "WEBPLUG_API_KEY")

	s = serve(t, dir, given(right)) // from the environment alone
	if got := types(s.history(t, of, message)); got != "MessageAccepted" {
		t.Errorf("the history is %s", got)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a master key from the environment was written down")
	}
	s.end()
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()

	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	wantRefusal(t, launch{args: []string{"serve", "--addr", taken.Addr().String(), "--data", filepath.Join(dir, "a")}}, "address already in use")

	file := filepath.Join(dir, "file")
	write(t, file, "x")
	wantRefusal(t, serving(file, settings{}), "not a directory")
	wantRefusal(t, serving(filepath.Join(file, "data"), settings{}), "not a directory")

	foreign := filepath.Join(dir, "foreign")
	if err := os.MkdirAll(filepath.Join(foreign, "log"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(foreign, "log", "my-own.txt"), "x")
	write(t, filepath.Join(foreign, "master.key"), base64.StdEncoding.EncodeToString(make([]byte, 32)))
	wantRefusal(t, serving(foreign, settings{}), "is not a webplug data folder")

	locked := serving(readOnly(t), settings{})
	if os.Getuid() == 0 { // whom permissions do not stop
		locked.as = &syscall.Credential{Uid: 65534, Gid: 65534}
	}
	wantRefusal(t, locked, "permission denied")
}

// readOnly is a folder that cannot be written to.
func readOnly(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for above := filepath.Dir(dir); len(above) > len(os.TempDir()); above = filepath.Dir(above) {
		if err := os.Chmod(above, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCommandLines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, l := range map[string]launch{
		"an unknown command":         {args: []string{"sreve"}},
		"an unknown flag":            {args: []string{"serve", "--prot", "8080"}},
		"an argument":                {args: []string{"serve", "now"}},
		"a flag without its value":   {args: []string{"serve", "--addr"}},
		"no port":                    {args: []string{"serve", "--addr", "127.0.0.1"}},
		"a port of letters":          {args: []string{"serve", "--addr", "127.0.0.1:http-alt"}},
		"a port out of range":        {args: []string{"serve", "--addr", "127.0.0.1:70000"}},
		"an unknown format":          {args: []string{"serve", "--default-format", "smoke-signs"}},
		"an unknown log format":      {args: []string{"serve", "--log-format", "xml"}},
		"an unknown log level":       {args: []string{"serve", "--log-level", "loud"}},
		"a grace that is no time":    {args: []string{"serve", "--grace", "20"}},
		"a negative grace":           {args: []string{"serve", "--grace", "-1s"}},
		"a bad WEBPLUG_ADDR":         {args: []string{"serve"}, env: []string{"WEBPLUG_ADDR=localhost"}},
		"a secret that is none":      {args: []string{"receive", "--secret", "hunter2"}},
		"a variable with bad secret": {args: []string{"receive"}, env: []string{"WEBPLUG_RECEIVE_SECRET=whsec_short"}},
	} {
		if l.args[0] == "serve" {
			l.args = append(l.args, "--data", filepath.Join(dir, "data"))
		}
		p := l.start(t)
		if code := p.wait(); code != 2 || !strings.HasPrefix(p.logs.String(), "webplug: ") || !strings.Contains(p.logs.String(), "--help") {
			t.Errorf("%s: exit code %d: %s", name, code, p.logs)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "data")); err == nil {
		t.Error("a wrong command line made a data folder")
	}
}

func read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(b), "\n")
}

func write(t testing.TB, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t testing.TB, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}
