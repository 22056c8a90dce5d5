package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// profile is a connection that login keeps.
type profile struct {
	URL     string `json:"url"`
	Key     string `json:"api_key"`
	Service string `json:"service,omitempty"`
}

// profiles is the file that has them all.
type profiles struct {
	Current  string             `json:"current,omitempty"` // the one that is used when none is named
	Profiles map[string]profile `json:"profiles,omitempty"`
}

// folder is WebPlug's own under one of the XDG base directories, "XDG_STATE_HOME" and ".local/state" for instance.
func folder(variable, otherwise string) (string, error) {
	base := os.Getenv(variable)
	if !filepath.IsAbs(base) { // the specification wants others ignored
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("find a folder to keep things in (set %s): %w", variable, err)
		}
		base = filepath.Join(home, otherwise)
	}
	return filepath.Join(base, "webplug"), nil
}

func profilesFile() (string, error) {
	dir, err := folder("XDG_CONFIG_HOME", ".config")
	return filepath.Join(dir, "profiles.json"), err
}

// readProfiles reads the file; none is no profiles.
func readProfiles() (profiles, error) {
	var p profiles
	path, err := profilesFile()
	if err != nil {
		return p, nil // no home: there are none
	}
	return p, readJSON(path, &p)
}

func (p profiles) names() []string { return slices.Sorted(maps.Keys(p.Profiles)) }

func (p profiles) write() error {
	path, err := profilesFile()
	if err != nil {
		return err
	}
	return writeJSON(path, p)
}

// readJSON reads a file into v; one that is not there leaves it as it is.
func readJSON(path string, v any) error {
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	if err := json.Unmarshal(content, v); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// writeJSON puts a file in its place whole, readable by its owner alone.
func writeJSON(path string, v any) error {
	content, err := json.Marshal(v, jsontext.WithIndent("  "), json.Deterministic(true))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(content, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
