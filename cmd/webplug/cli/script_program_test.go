package cli_test

import (
	"os"
	"os/exec"
	"regexp"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"

	"webplug/cmd/webplug/output"
)

type programsKey struct{}

// program starts webplug beside a script, which ends it.
func program(ts *testscript.TestScript, _ bool, args []string) {
	c := exec.Command(installed.binary, args[2:]...)
	for _, name := range []string{"PATH", "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "TZ", "GORACE", "WEBPLUG_URL", "WEBPLUG_API_KEY", "WEBPLUG_SERVICE"} {
		c.Env = append(c.Env, name+"="+ts.Getenv(name))
	}
	out := new(said)
	c.Stdout, c.Stderr = out, out
	ts.Check(c.Start())
	ts.Defer(func() {
		_ = c.Process.Signal(syscall.SIGTERM) // it may have ended
		_ = c.Wait()
	})
	ts.Value(programsKey{}).(map[string]*said)[args[0]] = out
	says(ts, false, []string{args[0], args[1], args[0]})
}

// says waits until a program has said something.
func says(ts *testscript.TestScript, _ bool, args []string) {
	out, pattern := ts.Value(programsKey{}).(map[string]*said)[args[0]], regexp.MustCompile(args[1])
	var found []string
	if !eventually(func() bool { found = pattern.FindStringSubmatch(out.String()); return found != nil }) {
		ts.Fatalf("it says\n%s", out)
	}
	if len(args) == 3 {
		ts.Setenv(args[2], found[len(found)-1])
	}
}

// envelopeOf waits for what SNS posts.
func envelopeOf(ts *testscript.TestScript, _ bool, args []string) {
	in := ts.Value(receiversKey{}).(map[string]*inbox)[args[0]]
	var found []byte
	if !eventually(func() bool {
		in.mu.Lock()
		defer in.mu.Unlock()
		for _, body := range in.all {
			if output.Plain(output.Find(body, "Type")) == args[1] {
				found = body
			}
		}
		return found != nil
	}) {
		ts.Fatalf("none came")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), found, 0o600))
}
