package cli_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/rogpeppe/go-internal/testscript"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"webplug/cmd/webplug/output"
)

// TestScripts runs the scripts in testdata/scripts, each as a user at a shell with a service of its own, $SVC. Beside
// testscript's own commands they have:
//
//	exits CODE PROGRAM ARG…      the program ends with this code
//	take VAR PATH                $VAR is the value at a dotted path of the JSON on stdout; data.0.id is one of a list
//	json FILE                    stdout, stderr or a file is JSON, one value a line; it is not empty
//	receiver VAR [STATUS]        an endpoint at $VAR, which answers so
//	received VAR N [SECRET]      wait until it got N different webhooks, all signed with SECRET
//	body VAR FILE                the last webhook's body is the file's content, to the byte
//	envelope VAR TYPE FILE       wait until SNS has posted one of this type to it, and write it to a file
//	program VAR PATTERN ARG…     webplug ARG… runs beside the script; wait until it has said so, $VAR is the pattern's group
//	says VAR PATTERN [NAME]      wait until it has said so, $NAME is the pattern's group
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/scripts", Setup: setUp, RequireExplicitExec: true, RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "take": take, "json": isJSON, "receiver": startReceiver, "received": received, "body": body,
			"envelope": envelopeOf, "program": program, "says": says,
		},
	})
}

type receiversKey struct{}

func setUp(env *testscript.Env) error {
	env.Values[receiversKey{}] = map[string]*inbox{}
	env.Values[programsKey{}] = map[string]*said{}
	env.Setenv("PATH", installed.dir+string(os.PathListSeparator)+env.Getenv("PATH"))
	for name, folder := range map[string]string{"HOME": "home", "XDG_CONFIG_HOME": "config", "XDG_STATE_HOME": "state"} {
		env.Setenv(name, filepath.Join(env.WorkDir, folder))
	}
	env.Setenv("TZ", "UTC")
	env.Setenv("GORACE", noPause)
	env.Setenv("WEBPLUG_URL", installed.url)
	env.Setenv("WEBPLUG_API_KEY", installed.key)
	env.Setenv("SERVER", installed.url)
	env.Setenv("ADMIN", installed.key)
	name := filepath.Base(env.WorkDir)
	create := exec.Command(installed.binary, "services", "create", "--name", name, "--output", "json")
	create.Env = append(plainEnvironment(), "WEBPLUG_URL="+installed.url, "WEBPLUG_API_KEY="+installed.key, "HOME="+env.WorkDir)
	out, err := create.Output()
	if err != nil {
		return fmt.Errorf("create a service: %w", err)
	}
	id := output.Plain(output.Find(out, "id"))
	env.Setenv("SVC", id)
	env.Setenv("SVC_NAME", name)
	env.Setenv("WEBPLUG_SERVICE", id)
	return nil
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG…")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		code = ended.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

func take(ts *testscript.TestScript, _ bool, args []string) {
	v := jsontext.Value(ts.ReadFile("stdout"))
	for part := range strings.SplitSeq(args[1], ".") {
		if i, err := strconv.Atoi(part); err == nil {
			v = element(v, i)
		} else {
			v = output.Find(v, part)
		}
	}
	if v == nil {
		ts.Fatalf("there is nothing at %s", args[1])
	}
	ts.Setenv(args[0], output.Plain(v))
}

func element(v jsontext.Value, at int) jsontext.Value {
	d := jsontext.NewDecoder(strings.NewReader(string(v)))
	if _, err := d.ReadToken(); err != nil {
		return nil
	}
	for i := 0; d.PeekKind() != ']'; i++ {
		e, err := d.ReadValue()
		if err != nil {
			return nil
		}
		if i == at {
			return e.Clone()
		}
	}
	return nil
}

func isJSON(ts *testscript.TestScript, neg bool, args []string) {
	text := strings.TrimSpace(ts.ReadFile(args[0]))
	for line := range strings.Lines(text) {
		if jsontext.Value(line).IsValid() == neg {
			ts.Fatalf("a line of %s: %s", args[0], line)
		}
	}
	if text == "" {
		ts.Fatalf("%s is empty", args[0])
	}
}

// inbox is an endpoint that keeps what it gets.
type inbox struct {
	status int

	mu    sync.Mutex
	came  map[string]int // by webhook-id
	heads []http.Header
	all   [][]byte
}

func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	in.mu.Lock()
	in.came[r.Header.Get("webhook-id")]++
	in.heads, in.all = append(in.heads, r.Header), append(in.all, body)
	in.mu.Unlock()
	w.WriteHeader(in.status)
	_, _ = io.WriteString(w, "so says the receiver")
}

// ids are the different webhooks that came.
func (in *inbox) ids() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.came)
}

// check verifies all that came by the specification's own library.
func (in *inbox) check(secret string) error {
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	for i, body := range in.all {
		if err := verifier.Verify(body, in.heads[i]); err != nil {
			return fmt.Errorf("%s: %w", body, err)
		}
	}
	return nil
}

func newInbox(status int) *inbox { return &inbox{status: status, came: map[string]int{}} }

func startReceiver(ts *testscript.TestScript, _ bool, args []string) {
	in := newInbox(http.StatusNoContent)
	if len(args) == 2 {
		in.status, _ = strconv.Atoi(args[1])
	}
	server := httptest.NewServer(in)
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
	ts.Value(receiversKey{}).(map[string]*inbox)[args[0]] = in
}

// patience is how long a condition may take before a test gives up. No test asserts how long anything takes.
const patience = time.Minute

func eventually(holds func() bool) bool {
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

func received(ts *testscript.TestScript, _ bool, args []string) {
	in := ts.Value(receiversKey{}).(map[string]*inbox)[args[0]]
	want, _ := strconv.Atoi(args[1])
	if !eventually(func() bool { return in.ids() >= want }) || in.ids() > want {
		ts.Fatalf("%d webhooks came, not %d", in.ids(), want)
	}
	if len(args) == 3 {
		if err := in.check(args[2]); err != nil {
			ts.Fatalf("%v", err)
		}
	}
}

func body(ts *testscript.TestScript, _ bool, args []string) {
	in := ts.Value(receiversKey{}).(map[string]*inbox)[args[0]]
	in.mu.Lock()
	defer in.mu.Unlock()
	last := in.all[len(in.all)-1]
	data := output.Find(last, "data")
	if want := strings.TrimSpace(ts.ReadFile(args[1])); string(data) != want {
		ts.Fatalf("the payload came as %s", data)
	}
	ts.Check(os.WriteFile(ts.MkAbs("webhook.json"), last, 0o600))
	head := in.heads[len(in.heads)-1]
	var lines strings.Builder
	for _, name := range []string{"webhook-id", "webhook-timestamp", "webhook-signature"} {
		fmt.Fprintf(&lines, "%s: %s\n", name, head.Get(name))
	}
	ts.Check(os.WriteFile(ts.MkAbs("webhook.headers"), []byte(lines.String()), 0o600))
}
