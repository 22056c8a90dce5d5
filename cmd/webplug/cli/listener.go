package cli

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"time"

	"webplug/domain"
)

// listener is what a listen keeps from one run to the next, in a file that only its owner can read.
type listener struct {
	Name    string    `json:"name"`
	Server  string    `json:"server"`
	Service string    `json:"service"`
	Secret  string    `json:"secret"`
	Cursor  string    `json:"cursor,omitempty"`
	Since   string    `json:"since,omitempty"` // where it began, while there is no cursor
	Done    []string  `json:"done,omitempty"`  // events behind the cursor that are done with
	Kept    time.Time `json:"kept"`

	path string
	lock *os.File
}

// openListener finds or makes what is kept under a name, and keeps others from using it.
func openListener(s *session, name string, l listening) (*listener, error) {
	dir, err := folder("XDG_STATE_HOME", filepath.Join(".local", "state"))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(s.URL() + "\x00" + s.service + "\x00" + name))
	k := &listener{path: filepath.Join(dir, "listen", hex.EncodeToString(sum[:16])+".json")}
	if err := os.MkdirAll(filepath.Dir(k.path), 0o700); err != nil {
		return nil, err
	}
	if !l.printSecret {
		if k.lock, err = lockFile(strings.TrimSuffix(k.path, ".json") + ".lock"); err != nil {
			return nil, err
		}
	}
	if err := k.open(s, name, l); err != nil {
		k.close()
		return nil, err
	}
	return k, nil
}

func (k *listener) open(s *session, name string, l listening) error {
	if err := readJSON(k.path, k); err != nil {
		return err
	}
	before := *k
	k.Name, k.Server, k.Service = name, s.URL(), s.service
	if l.secret != "" {
		if _, err := domain.ParseSecret(l.secret); err != nil {
			return usage("--secret: %s", err.Error())
		}
		k.Secret = l.secret
	}
	if k.Secret == "" {
		random := make([]byte, 32)
		_, _ = rand.Read(random) // never fails
		secret, err := domain.NewSecret(random)
		if err != nil {
			return err
		}
		k.Secret = secret.Reveal()
	}
	if l.reset {
		k.Cursor, k.Since, k.Done = "", "", nil
	}
	if k.Cursor == "" && l.since != "" {
		at, err := parseTime(l.since, time.Now())
		if err != nil {
			return usage("--since: %s", err.Error())
		}
		k.Since = at.UTC().Format(time.RFC3339Nano)
	}
	if k.Secret == before.Secret && k.Since == before.Since && !l.reset {
		return nil
	}
	return writeJSON(k.path, k)
}

// keep keeps a cursor, and which events behind it are done with already.
func (k *listener) keep(cursor string, done []string) error {
	if k.Cursor == cursor && len(done) == len(k.Done) {
		return nil
	}
	k.Cursor, k.Done, k.Kept = cursor, done, time.Now()
	return writeJSON(k.path, k)
}

func (k *listener) close() {
	if k.lock != nil {
		_ = k.lock.Close() // which unlocks it
	}
}
