package cli

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"webplug/cmd/webplug/output"
)

// bulkRun is one run of a bulk publish: the key that its messages' keys are made of. That of a file is kept until all of its
// lines are published, so that the same command goes on with it.
type bulkRun struct {
	Key   string    `json:"idempotency_key"`
	Began time.Time `json:"began"`

	kept  string // the file that has it; "" if it is not kept
	given bool   // by --idempotency-key, or by a field of each line
}

// beginRun begins a run, or goes on with one that was interrupted.
func beginRun(s *session, b *bulk) (*bulkRun, error) {
	r := &bulkRun{Key: b.key, Began: time.Now(), given: b.key != "" || b.field != ""}
	if r.given {
		return r, nil
	}
	r.Key = newID()
	if b.file == "" {
		return r, nil
	}
	var err error
	if r.kept, b.size, err = runFile(s, b); err != nil || r.kept == "" {
		return r, err
	}
	var before bulkRun
	if err := readJSON(r.kept, &before); err != nil {
		return nil, err
	}
	if before.Key == "" || b.anew {
		return r, writeJSON(r.kept, r)
	}
	r.Key, r.Began = before.Key, before.Began
	r.tell(s)
	return r, nil
}

// runFile is where the run of a file's content is kept; "" if it is no regular file.
func runFile(s *session, b *bulk) (path string, size int64, err error) {
	info, err := os.Stat(b.file)
	if err != nil {
		return "", 0, err
	}
	if !info.Mode().IsRegular() {
		return "", 0, nil
	}
	dir, err := folder("XDG_STATE_HOME", filepath.Join(".local", "state"))
	if err != nil {
		return "", 0, err
	}
	if _, err := s.within(); err != nil { // finds the service's id
		return "", 0, err
	}
	f, err := os.Open(b.file)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	_, _ = io.WriteString(sum, strings.Join([]string{s.URL(), s.service, b.eventType, b.user, ""}, "\x00")) // a hash takes all
	if _, err := io.Copy(sum, f); err != nil {
		return "", 0, err
	}
	return filepath.Join(dir, "publish", hex.EncodeToString(sum.Sum(nil))[:32]+".json"), info.Size(), nil
}

// end forgets a run that is through.
func (r *bulkRun) end() error {
	if r.kept == "" {
		return nil
	}
	if err := os.Remove(r.kept); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// tell says that a run goes on.
func (r *bulkRun) tell(s *session) {
	if s.json {
		o := newObject()
		o.set("going_on_with", text(r.Key))
		o.set("began", text(r.Began.UTC().Format(time.RFC3339)))
		_ = output.JSONLine(s.err, o.value()) // if nobody reads it, nobody needs it
		return
	}
	s.tell("going on with the run of %s: what was published then is not published again; with --anew it is",
		r.Began.Local().Format(time.DateTime))
}

// mended says how the lines that were refused are published.
func (r *bulkRun) mended() string {
	const once = "what was published is not published again"
	switch {
	case r.given:
		return "mend them, and the same command again: " + once
	case r.kept != "":
		return "the same command again, or, once the file is mended, with --idempotency-key " + r.Key + ": " + once
	}
	return "mend them, and the same command with --idempotency-key " + r.Key + ": " + once
}

// again says how an interrupted run goes on.
func (r *bulkRun) again() string {
	if r.kept != "" || r.given {
		return "the same command again: what was published is not published twice"
	}
	return "the same command with --idempotency-key " + r.Key + ": what was published is not published twice"
}

// newID is a random text of 26 letters and digits.
func newID() string { return strings.ToLower(rand.Text()) }
