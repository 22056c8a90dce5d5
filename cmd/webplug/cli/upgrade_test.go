package cli_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"webplug/cmd/webplug/output"
)

var keepData = flag.String("keep-data", "", "make testdata/data/NAME of this program, to be read by all later ones")

// The keys of the data folders in testdata/data, which are of nobody else.
var (
	oldAdmin  = "the-admin-key-of-the-data-folders-in-testdata"
	oldMaster = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
)

// TestOldData opens the data folder that each earlier program has left in testdata/data, NAME.tar.gz, and wants of it what that
// program itself answered, NAME.txt: its events with their hashes, its lists, and payloads and secrets that can be unsealed.
// Where rows have another format by now, they are made anew at the start. A folder that is committed never changes; one more
// is made by
//
//	go test ./cmd/webplug/cli -run TestOldData -keep-data NAME
func TestOldData(t *testing.T) {
	if *keepData != "" {
		makeData(t, *keepData)
	}
	folders, err := filepath.Glob("testdata/data/*.tar.gz")
	if err != nil || len(folders) == 0 {
		t.Fatalf("there are no data folders: %v", err)
	}
	for _, folder := range folders {
		name := strings.TrimSuffix(filepath.Base(folder), ".tar.gz")
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join("testdata/data", name+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			unpack(t, folder, dir)
			u := startOn(t, dir)
			if got := u.tell(); !bytes.Equal(got, want) {
				t.Errorf("it tells\n%s\nwant\n%s", got, want)
			}
			u.command("audit", "verify")
			u.command("rebuild")
			if got := u.tell(); !bytes.Equal(got, want) {
				t.Errorf("after a rebuild it tells\n%s\nwant\n%s", got, want)
			}
			u.stop()
		})
	}
}

// upgraded is a server on a data folder.
type upgraded struct {
	t    *testing.T
	url  string
	stop func()
}

func startOn(t *testing.T, dir string) *upgraded {
	t.Helper()
	c := exec.Command(installed.binary, "serve", "--addr", "127.0.0.1:0", "--data", dir, "--allow-private-endpoints")
	c.Env = append(plainEnvironment(), "WEBPLUG_API_KEY="+oldAdmin, "WEBPLUG_MASTER_KEY="+oldMaster)
	logs, err := c.StderrPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	u := &upgraded{t: t}
	kept := new(strings.Builder)
	lines := bufio.NewScanner(logs)
	lines.Buffer(nil, 1<<20)
	for u.url == "" && lines.Scan() {
		fmt.Fprintln(kept, lines.Text())
		if v := jsontext.Value(lines.Text()); output.Plain(output.Find(v, "msg")) == "webplug is ready" {
			u.url = output.Plain(output.Find(v, "url"))
		}
	}
	if u.url == "" {
		t.Fatalf("it does not start: %v\n%s", c.Wait(), kept)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines.Scan() {
			fmt.Fprintln(kept, lines.Text())
		}
	}()
	ended := false
	u.stop = func() {
		if ended {
			return
		}
		ended = true
		_ = c.Process.Signal(syscall.SIGTERM) // it may have ended
		<-read
		if err := c.Wait(); err != nil {
			t.Errorf("it ended with %v\n%s", err, kept)
		}
	}
	t.Cleanup(u.stop)
	return u
}

// command runs one of the CLI's against it and gives its answer.
func (u *upgraded) command(args ...string) jsontext.Value {
	u.t.Helper()
	c := exec.Command(installed.binary, append(args, "--output", "json")...)
	c.Env = append(plainEnvironment(), "WEBPLUG_URL="+u.url, "WEBPLUG_API_KEY="+oldAdmin, "HOME="+u.t.TempDir())
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		u.t.Fatalf("%v: %v\n%s", args, err, stderr.Bytes())
	}
	return out
}

// tell gives what must stay the same through every version, as lines.
func (u *upgraded) tell() []byte {
	var b strings.Builder
	list := func(title string, rows []jsontext.Value, members ...string) {
		for _, row := range rows {
			fmt.Fprintf(&b, "%s", title)
			for _, m := range members {
				fmt.Fprintf(&b, " %s=%s", m, output.Plain(output.Find(row, m)))
			}
			b.WriteByte('\n')
		}
	}
	services := rowsOf(u.command("services", "list"))
	list("service", services, "id", "name", "version")
	list("user", rowsOf(u.command("users", "list")), "id", "name", "external_id")
	endpoints := rowsOf(u.command("endpoints", "list"))
	list("endpoint", endpoints, "id", "url", "status", "format")
	for _, e := range endpoints {
		secret := output.Plain(output.Find(u.command("endpoints", "secret", output.Plain(output.Find(e, "id"))), "secret"))
		fmt.Fprintf(&b, "secret %x\n", sha256.Sum256([]byte(secret)))
	}
	list("subscription", rowsOf(u.command("subscriptions", "list")), "id", "status", "event_type")
	messages := rowsOf(u.command("messages", "list"))
	list("message", messages, "id", "event_type", "status")
	list("dead letter", rowsOf(u.command("dead-letters", "list")), "message_id", "endpoint_id", "cause")
	for _, m := range messages {
		list("event", rowsOf(u.command("history", output.Plain(output.Find(m, "id")))), "id", "stream", "version", "type", "hash", "data.payload")
	}
	return []byte(b.String())
}

func rowsOf(v jsontext.Value) []jsontext.Value {
	var page struct {
		Data []jsontext.Value `json:"data"`
	}
	if json.Unmarshal(v, &page) != nil {
		return nil
	}
	return page.Data
}

// makeData fills a data folder with a bit of everything, and keeps it with what is told of it.
func makeData(t *testing.T, name string) {
	t.Helper()
	dir := t.TempDir()
	u := startOn(t, dir)
	good := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer good.Close()
	gone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
	defer gone.Close()
	u.command("services", "create", "--name", "Bank")
	user := output.Plain(output.Find(u.command("users", "create", "--name", "Ada", "--external-id", "42"), "id"))
	u.command("event-types", "create", "--name", "card_issued")
	u.command("endpoints", "create", "--user-id", user, "--url", good.URL+"/hook", "--event-types", "card_issued")
	u.command("publish", "card_issued", `{"card": 9007199254740993}`, "--user-id", user, "--wait")
	u.command("endpoints", "create", "--user-id", user, "--url", gone.URL+"/hook", "--event-types", "card_issued")
	// To all, one of which says 410: delivered, and failed for good; then the endpoint is paused, and skipped.
	_ = exec.Command(installed.binary, "publish", "card_issued", "{}", "--wait", "--url", u.url, "--api-key", oldAdmin).Run() // it fails, as a delivery does
	u.command("publish", "card_issued", `{"to": "the rest"}`, "--user-id", user, "--wait")
	told := u.tell()
	u.stop()
	if err := os.MkdirAll("testdata/data", 0o755); err != nil {
		t.Fatal(err)
	}
	pack(t, dir, filepath.Join("testdata/data", name+".tar.gz"))
	if err := os.WriteFile(filepath.Join("testdata/data", name+".txt"), told, 0o644); err != nil {
		t.Fatal(err)
	}
}

func pack(t *testing.T, dir, to string) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		at, err := filepath.Rel(dir, path)
		if err == nil {
			err = w.WriteHeader(&tar.Header{Name: filepath.ToSlash(at), Size: int64(len(content)), Mode: 0o600})
		}
		if err == nil {
			_, err = w.Write(content)
		}
		return err
	})
	if err := errors.Join(err, w.Close(), z.Close(), os.WriteFile(to, b.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func unpack(t *testing.T, from, dir string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		var file []byte
		if err == nil {
			file, err = io.ReadAll(r)
		}
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(dir, h.Name)), 0o700)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, h.Name), file, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
