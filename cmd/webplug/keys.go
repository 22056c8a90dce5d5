package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"webplug/domain/eventlog"
)

// The files of a data folder beside the log.
const (
	masterKeyFile = "master.key"
	adminKeyFile  = "admin.key"
	logFolder     = "log"
)

// openKeyring finds the two keys: given in the environment, kept in a 0600 file of the data folder, or made on the first
// start, of which made is told. A master key is never made for data that exists: it would not open it.
func openKeyring(dir, master, admin string, made func(what, file string)) (keyring, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return keyring{}, fmt.Errorf("make the data folder: %w", err)
	}
	var k keyring
	var err error
	if k.master, err = openMasterKey(dir, master, made); err != nil {
		return keyring{}, err
	}
	if k.admin = admin; k.admin == "" {
		k.admin, err = keptKey(filepath.Join(dir, adminKeyFile), func() (string, error) {
			return "wpa_" + hex.EncodeToString(randomBytes(24)), nil
		}, func(file string) { made("admin", file) })
	}
	if err == nil && strings.ContainsFunc(k.admin, unsendable) {
		err = fmt.Errorf("the admin key (WEBPLUG_API_KEY, or %s in %s) must be printable ASCII without spaces: it is sent in a header", adminKeyFile, dir)
	}
	return k, err
}

func unsendable(r rune) bool { return r <= ' ' || r > '~' }

func openMasterKey(dir, given string, made func(what, file string)) ([]byte, error) {
	text, from := given, "WEBPLUG_MASTER_KEY"
	if text == "" {
		var err error
		from = filepath.Join(dir, masterKeyFile)
		text, err = keptKey(from, func() (string, error) {
			if _, err := os.Stat(filepath.Join(dir, logFolder)); !errors.Is(err, fs.ErrNotExist) {
				return "", fmt.Errorf("%s has data, but its master key is missing: give it in WEBPLUG_MASTER_KEY or put %s back from your backup", dir, masterKeyFile)
			}
			return base64.StdEncoding.EncodeToString(randomBytes(eventlog.MasterKeySize)), nil
		}, func(file string) { made("master", file) })
		if err != nil {
			return nil, err
		}
	}
	key, err := masterKeyOf(strings.TrimSpace(text))
	if err != nil || len(key) != eventlog.MasterKeySize {
		return nil, fmt.Errorf("%s is no master key, which has %d bytes in base64, or hexadecimal (make one with: openssl rand -base64 %d)", from, eventlog.MasterKeySize, eventlog.MasterKeySize)
	}
	return key, nil
}

// masterKeyOf reads base64, or the hexadecimal digits of a key that was made in an AWS account: Secrets Manager makes
// characters, not bytes.
func masterKeyOf(text string) ([]byte, error) {
	if len(text) == hex.EncodedLen(eventlog.MasterKeySize) {
		return hex.DecodeString(text)
	}
	return base64.StdEncoding.DecodeString(text)
}

// keptKey reads a key's file, or makes it, durably and for the owner alone.
func keptKey(path string, create func() (string, error), made func(path string)) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		if key := strings.TrimSpace(string(b)); key != "" {
			return key, nil
		}
		return "", fmt.Errorf("%s is empty: put it back from your backup", path)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read a key: %w", err)
	}
	key, err := create()
	if err != nil {
		return "", err
	}
	err = writeDurably(path, []byte(key+"\n"))
	if errors.Is(err, fs.ErrExist) { // two processes start at once: the first one's key counts
		return keptKey(path, create, made)
	}
	if err != nil {
		return "", fmt.Errorf("keep a new key: %w", err)
	}
	made(path)
	return key, nil
}

// writeDurably makes a 0600 file that is there whole, or not at all, whenever the machine stops. If there is one it is left
// as it is, and the error is fs.ErrExist.
func writeDurably(path string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if left := os.Remove(f.Name()); !errors.Is(left, fs.ErrNotExist) {
			err = errors.Join(err, left)
		}
	}()
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	err = os.Link(f.Name(), path)
	if err != nil && !errors.Is(err, fs.ErrExist) { // a volume that knows no links
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand
	return b
}
