package local

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The npm package that carries DynamoDB Local, pinned by version and by what its archive must hash to. Nothing of it
// but the emulator's folder is used, and none of its scripts run.
const (
	version    = "1.25.1" // of DynamoDB Local, 2024-11
	npmPackage = "amplify-dynamodb-simulator@2.9.30"
	npmSHA512  = "xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
)

// ErrMissing says that a program that DynamoDB Local needs is not on this machine. The error's text says which one and
// how to install it.
var ErrMissing = errors.New("missing on this machine")

// defaultCache is where the unpacked program stays between runs.
func defaultCache() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding a cache folder for DynamoDB Local: %w", err)
	}
	return filepath.Join(dir, "webplug", "dynamodb-local"), nil
}

// install answers the folder with DynamoDBLocal.jar, fetching about 55 MB if the cache does not have it. Several
// processes may do so at once: each unpacks beside the cache, and the first to rename wins.
func install(ctx context.Context, cache string, progress func(string)) (string, error) {
	folder := filepath.Join(cache, version)
	if installed(folder) {
		return folder, nil
	}
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return "", fmt.Errorf("making the cache folder of DynamoDB Local: %w", err)
	}
	tmp, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return "", fmt.Errorf("making a folder to fetch DynamoDB Local into: %w", err)
	}
	defer func() { _ = os.RemoveAll(tmp) }()

	progress("fetching DynamoDB Local " + version + " (55 MB, once)")
	archive, err := npmPack(ctx, tmp)
	if err != nil {
		return "", err
	}
	if err := verify(archive, npmSHA512); err != nil {
		return "", err
	}
	fresh := filepath.Join(tmp, "unpacked")
	if err := unpack(archive, fresh); err != nil {
		return "", err
	}
	if err := os.Rename(fresh, folder); err != nil && !installed(folder) {
		return "", fmt.Errorf("putting DynamoDB Local into its cache: %w", err)
	}
	return folder, nil
}

func installed(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "DynamoDBLocal.jar"))
	return err == nil
}

// npmPack downloads the package's archive into dir and answers its path.
func npmPack(ctx context.Context, dir string) (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", fmt.Errorf("DynamoDB Local comes as an npm package, and npm is %w: install Node.js with npm "+
			"(Debian: apt-get install npm; macOS: brew install node)", ErrMissing)
	}
	var stderr strings.Builder
	cmd := exec.CommandContext(ctx, npm, "pack", npmPackage, "--pack-destination", dir, "--ignore-scripts", "--silent")
	cmd.Dir = dir
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("fetching DynamoDB Local by npm pack %s: %w: %s", npmPackage, err, strings.TrimSpace(stderr.String()))
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("npm pack %s left %d archives, not one", npmPackage, len(found))
	}
	return found[0], nil
}

// verify compares a file with its SHA-512 in base64, the form of npm's integrity field.
func verify(file, want string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("checking what npm fetched: %w", err)
	}
	defer func() { _ = f.Close() }()
	h := sha512.New()
	if _, err := io.Copy(h, f); err != nil {
		return fmt.Errorf("checking what npm fetched: %w", err)
	}
	if got := base64.StdEncoding.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("%s is not the archive that was pinned: its SHA-512 is %s, not %s", filepath.Base(file), got, want)
	}
	return nil
}
