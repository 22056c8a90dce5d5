package pebble

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/domain/eventlog"
)

const (
	childEnv  = "WEBPLUG_TEST_CHILD" // what a second process of this test binary is to do
	folderEnv = "WEBPLUG_TEST_FOLDER"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "":
		os.Exit(m.Run())
	case "hold":
		hold(os.Getenv(folderEnv))
	case "append":
		appendForEver(os.Getenv(folderEnv))
	case "fail":
		failSync(os.Getenv(folderEnv))
	}
}

// say writes a line to the parent, in one write, so that lines of goroutines don't mix.
func say(words ...any) { _, _ = fmt.Fprintln(os.Stdout, words...) }

// hold opens a folder and keeps it.
func hold(dir string) {
	_, err := Open(context.Background(), Options{Dir: dir, Logger: discard()})
	say("open", err)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// appendForEver appends from several goroutines and prints each acknowledged record's hash.
func appendForEver(dir string) {
	s, err := Open(context.Background(), Options{Dir: dir, Logger: discard()})
	say("open", err)
	if err != nil {
		return
	}
	run := rand.Uint64()
	for i := range 8 {
		go func() {
			for n := 0; ; n++ {
				b := one(fmt.Sprintf("svc_1/msg_%x-%d-%d", run, i, n), 0, fmt.Sprintf("%x %d %d", run, i, n))
				b.Writes[0].Fresh = true
				b.Lazy = i == 7
				if err := s.Append(context.Background(), b); err != nil {
					say("error", err)
					return
				}
				r := b.Writes[0].Records[0]
				say("ack", r.Stream, fmt.Sprintf("%x", r.Hash))
			}
		}()
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// failSync appends to a disk that fails to sync.
func failSync(dir string) {
	fs := &faultyFS{FS: vfs.Default}
	fs.setFull("")
	fs.setFailing("")
	s, err := Open(context.Background(), Options{Dir: dir, FS: fs})
	say("open", err)
	fs.setFailing(logFiles)
	say("append", s.Append(context.Background(), one("svc_1/msg_1", 0, "never acknowledged")))
}

func TestAFailedSyncEndsTheProcess(t *testing.T) {
	p := child(t, "fail", t.TempDir())
	for p.lines.Scan() {
		t.Errorf("child says %q", p.lines.Text())
	}
	var exit *exec.ExitError
	if err := p.cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("child ended with %v, want exit code 1", err)
	}
	if !strings.Contains(p.warnings.String(), "the process ends") {
		t.Errorf("child logged %q", p.warnings.String())
	}
}

type process struct {
	cmd      *exec.Cmd
	lines    *bufio.Scanner
	warnings bytes.Buffer
}

// child starts this test binary again, to do something in a folder, and waits until the folder is open.
func child(t *testing.T, what, dir string) *process {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+what, folderEnv+"="+dir)
	if _, err := cmd.StdinPipe(); err != nil { // its end is the end of the child
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, lines: bufio.NewScanner(out)}
	cmd.Stderr = &p.warnings
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !p.lines.Scan() || p.lines.Text() != "open <nil>" {
		t.Fatalf("child says %q %s", p.lines.Text(), p.warnings.String())
	}
	return p
}

// kill is kill -9.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait() // says that it was killed
}

// TestKilled kills a process that appends, at random moments, and looks for all that it was told is durable.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	acked := map[string]string{}
	for range 5 {
		p := child(t, "append", dir)
		moment := time.Duration(rand.IntN(200)) * time.Millisecond
		time.AfterFunc(moment, func() { _ = p.cmd.Process.Kill() })
		for p.lines.Scan() {
			stream, hash, ok := strings.Cut(strings.TrimPrefix(p.lines.Text(), "ack "), " ")
			if !ok || strings.HasPrefix(p.lines.Text(), "error") {
				t.Fatalf("child says %q", p.lines.Text())
			}
			acked[stream] = hash
		}
		_ = p.cmd.Wait()
	}
	s := open(t, Options{Dir: dir})
	found := 0
	for page, err := range s.Scan(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			if hash, ok := acked[r.Stream.String()]; ok && hash == fmt.Sprintf("%x", r.Hash) {
				found++
			}
		}
	}
	if found != len(acked) || found == 0 {
		t.Errorf("%d records were acknowledged, %d are there", len(acked), found)
	}
	t.Logf("%d records over %d positions", found, s.Head())
	wantFeedWhole(t, s)
}

// wantFeedWhole follows from the beginning and counts what the log holds.
func wantFeedWhole(t *testing.T, s *Store) {
	t.Helper()
	followed, end := 0, errors.New("the end")
	head := s.Head()
	err := s.Follow(t.Context(), 0, func(_ context.Context, at eventlog.Position, records []eventlog.Record) error {
		followed += len(records)
		if at == head {
			return end
		}
		return nil
	})
	if !errors.Is(err, end) {
		t.Fatal(err)
	}
	scanned := 0
	for page, err := range s.Scan(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		scanned += len(page.Records)
	}
	if followed != scanned {
		t.Errorf("the feed has %d records, the log %d", followed, scanned)
	}
}
