package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// profilePart is the share of a run that its profile covers, so that it ends within the run.
const profilePart = 0.8

// takeProfile takes profiles of a subject, of CPU and of allocations, over most of the next run, if they are wanted and it
// serves them. The channel gives one answer.
func (b *bench) takeProfile(ctx context.Context, r *running, name string, lasts time.Duration) <-chan error {
	done := make(chan error, 1)
	seconds := max(1, int(profilePart*lasts.Seconds()))
	if b.profiles == "" || r.profile == "" {
		done <- nil
		return done
	}
	go func() {
		save := func(kind, suffix string) error {
			url := fmt.Sprintf("http://%s/debug/pprof/%s?seconds=%d", r.profile, kind, seconds)
			return saveProfile(ctx, url, filepath.Join(b.profiles, name+suffix))
		}
		allocated := make(chan error, 1)
		go func() { allocated <- save("allocs", ".allocs.pprof") }()
		done <- errors.Join(save("profile", ".cpu.pprof"), <-allocated)
	}()
	return done
}

func saveProfile(ctx context.Context, url, path string) (err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("take a profile: %w", err)
	}
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("take a profile: %w", err)
	}
	defer func() { _ = answer.Body.Close() }() // all of it is read
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("take a profile: %s", answer.Status)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("keep a profile: %w", err)
	}
	_, err = io.Copy(f, answer.Body)
	return errors.Join(err, f.Close())
}
