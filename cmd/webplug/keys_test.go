package main

import (
	"bytes"
	"encoding/hex"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
)

func TestKeys(t *testing.T) {
	look := func(t *testing.T, dir string) (keyring, string) {
		var logs bytes.Buffer
		k, err := settings{data: dir}.keys(slog.New(slog.NewTextHandler(&logs, nil)))
		if err != nil {
			t.Fatal(err)
		}
		return k, logs.String()
	}
	t.Setenv("WEBPLUG_MASTER_KEY", "")

	t.Run("that were made are told of once, by their files", func(t *testing.T) {
		t.Setenv("WEBPLUG_API_KEY", "")
		dir := t.TempDir()
		k, logs := look(t, dir)
		for _, file := range []string{adminKeyFile, masterKeyFile} {
			if !strings.Contains(logs, filepath.Join(dir, file)) {
				t.Errorf("%s is not in the log: %s", file, logs)
			}
		}
		if strings.Contains(logs, k.admin) {
			t.Errorf("the log has the key: %s", logs)
		}
		again, logs := look(t, dir)
		if logs != "" || again.admin != k.admin {
			t.Errorf("the second start logged %q", logs)
		}
	})
	t.Run("from an AWS account are taken along", func(t *testing.T) {
		t.Setenv("WEBPLUG_API_KEY", strings.Repeat("k", shortKey))
		digits := "00ff" + strings.Repeat("a1", 30) // as Secrets Manager made it
		for _, given := range []string{digits, "AP+hoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaGhoaE="} {
			t.Setenv("WEBPLUG_MASTER_KEY", given)
			if k, _ := look(t, t.TempDir()); hex.EncodeToString(k.master) != digits {
				t.Errorf("%s is read as %x", given, k.master)
			}
		}
		for _, none := range []string{digits[1:], digits + "00", strings.Repeat("g", 64)} {
			t.Setenv("WEBPLUG_MASTER_KEY", none)
			if _, err := (settings{data: t.TempDir()}).keys(slog.New(slog.DiscardHandler)); err == nil {
				t.Errorf("%s is taken for a key", none)
			}
		}
	})
	t.Run("that are short are taken, with a warning", func(t *testing.T) {
		for key, warned := range map[string]bool{strings.Repeat("k", shortKey-1): true, strings.Repeat("k", shortKey): false} {
			t.Setenv("WEBPLUG_API_KEY", key)
			k, logs := look(t, t.TempDir())
			if k.admin != key || strings.Contains(logs, "WEBPLUG_API_KEY") != warned || strings.Contains(logs, key) {
				t.Errorf("%s: %s", key, logs)
			}
		}
	})
}
