package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The relay is about what this machine can do: it accepts a POST, makes its body durable, answers 202 and posts the body
// on. No tenants, no log, no retry. Written plainly, in Go's own HTTP server and client, as WebPlug is.

const (
	// targetWorkers is how many requests one target gets at once, as in WebPlug.
	targetWorkers = 16
	// targetQueue bounds the bodies that wait for a target; then publishers wait.
	targetQueue = 64 << 10
	// targetTimeout bounds one request, as in WebPlug.
	targetTimeout = 15 * time.Second
)

type relay struct {
	committer *committer
	targets   []chan []byte
	client    *http.Client
	logger    *slog.Logger
}

func newRelay(file syncer, targets []string, logger *slog.Logger) *relay {
	r := &relay{
		committer: newCommitter(file), logger: logger,
		client: &http.Client{
			Transport: &http.Transport{MaxIdleConnsPerHost: targetWorkers, IdleConnTimeout: time.Minute, DisableCompression: true},
			Timeout:   targetTimeout,
		},
	}
	go r.committer.run()
	for _, url := range targets {
		queue := make(chan []byte, targetQueue)
		r.targets = append(r.targets, queue)
		for range targetWorkers {
			go r.forward(url, queue)
		}
	}
	return r
}

// ServeHTTP accepts a body: durable first, then handed on, then answered.
func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.ContentLength <= 0 || req.ContentLength > longestBody {
		http.Error(w, "a body with a Content-Length, please", http.StatusBadRequest)
		return
	}
	body := make([]byte, req.ContentLength)
	if _, err := io.ReadFull(req.Body, body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := r.committer.commit(body); err != nil {
		r.logger.Error("a body is not durable", "error", err)
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	for _, t := range r.targets {
		t <- body
	}
	w.WriteHeader(http.StatusAccepted)
}

// forward posts bodies to one target.
func (r *relay) forward(url string, queue <-chan []byte) {
	for body := range queue {
		if err := r.post(url, body); err != nil {
			r.logger.Error("a body is not delivered", "target", url, "error", err)
		}
	}
}

func (r *relay) post(url string, body []byte) error {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := r.client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	if answer.StatusCode/100 != 2 {
		err = errors.Join(err, fmt.Errorf("answered %s", answer.Status))
	}
	return errors.Join(err, answer.Body.Close())
}

// runRelay is the relay's process.
func runRelay(ctx context.Context, args []string, io streams) error {
	flags := flag.NewFlagSet("bench relay", flag.ContinueOnError)
	dir := flags.String("dir", "", "folder of the durable file")
	targets := flags.String("targets", "", "URLs to post to, with commas between")
	if err := flags.Parse(args); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(*dir, "relay.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the relay's file: %w", err)
	}
	defer func() { _ = f.Close() }() // all that counts is synced
	listener, err := listen(ctx)
	if err != nil {
		return err
	}
	r := newRelay(dataFile{f}, strings.Split(*targets, ","), slog.New(slog.NewTextHandler(io.err, nil)))
	return serveUntil(ctx, io, ready{Address: listener.Addr().String()}, &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}, listener)
}
