package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"
)

// theWebPlug is WebPlug's own binary, driven through its API as anyone would. profiled lets it serve Go's profiles.
func theWebPlug(program string, profiled bool) subject {
	return subject{name: "WebPlug", start: func(ctx context.Context, dir string, targets []string) (*running, error) {
		w := &webplug{program: program, dir: dir}
		var err error
		if w.address, err = freeAddress(ctx); err != nil {
			return nil, err
		}
		if profiled {
			if w.profile, err = freeAddress(ctx); err != nil {
				return nil, err
			}
		}
		w.api = caller{base: "http://" + w.address, key: adminKey}
		c, err := w.start(ctx)
		if err != nil {
			return nil, err
		}
		if err := w.setUp(ctx, targets); err != nil {
			return nil, errors.Join(err, c.kill())
		}
		return &running{
			child: c, settled: w.settled, restart: w.start, profile: w.profile,
			load: load{url: w.api.base + w.service + "/messages", key: adminKey, eventType: eventType, user: w.user},
		}, nil
	}}
}

// adminKey is the key of the bench's own servers, which live for a minute on loopback.
const adminKey = "bench-admin-key"

type webplug struct {
	program, dir, address string
	profile               string // address of its profiles, "" if it serves none
	api                   caller
	service               string // its path
	user                  string // its id; "" publishes to all
}

// freeAddress gives an address on loopback that nobody listens on just now.
func freeAddress(ctx context.Context) (string, error) {
	l, err := listen(ctx)
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// readyWithin is how long a start may take.
const readyWithin = time.Minute

// start starts the binary on its folder and returns when it is ready.
func (w *webplug) start(ctx context.Context) (*child, error) {
	c, err := startChild(w.dir, "webplug", w.program,
		[]string{"serve", "--addr", w.address, "--data", filepath.Join(w.dir, "data"), "--allow-private-endpoints", "--log-level", "warn"},
		[]string{"WEBPLUG_API_KEY=" + adminKey, "WEBPLUG_PPROF=" + w.profile})
	if err != nil {
		return nil, err
	}
	ctx, cancel := c.watch(ctx)
	defer cancel()
	ctx, cancelTimeout := context.WithTimeout(ctx, readyWithin)
	defer cancelTimeout()
	err = until(ctx, 5*time.Millisecond, "WebPlug to be ready", func() (bool, error) {
		err := w.api.ask(ctx, http.MethodGet, "/readyz", nil, nil)
		return err == nil, err
	})
	if err != nil {
		return nil, errors.Join(err, c.kill())
	}
	return c, nil
}

// setUp makes a service, an event type, and a user with a subscription for each target. One target gets its user's
// messages; several get what is published to all.
func (w *webplug) setUp(ctx context.Context, targets []string) error {
	service, err := w.create(ctx, "/v1/services", map[string]any{"name": "bench"})
	if err != nil {
		return err
	}
	w.service = "/v1/services/" + service
	if _, err := w.create(ctx, w.service+"/event-types", map[string]any{"name": eventType}); err != nil {
		return err
	}
	for i, url := range targets {
		user, err := w.create(ctx, w.service+"/users", map[string]any{"name": fmt.Sprintf("user %d", i)})
		if err != nil {
			return err
		}
		if len(targets) == 1 {
			w.user = user
		}
		_, err = w.create(ctx, w.service+"/subscriptions", map[string]any{"user_id": user, "event_type": eventType, "endpoint": url})
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *webplug) create(ctx context.Context, path string, body any) (string, error) {
	var made struct {
		ID string `json:"id"`
	}
	err := w.api.ask(ctx, http.MethodPost, path, body, &made)
	return made.ID, err
}

// settled returns when no message has a delivery that is still open, or failed. Its list sees all that the log has, so then every
// outcome is in the log, and every outcome is a success.
func (w *webplug) settled(ctx context.Context) error {
	for _, status := range []string{"pending", "retrying", "failed"} {
		err := until(ctx, 5*time.Millisecond, "no message to be "+status, func() (bool, error) {
			var page struct {
				Data []struct {
					ID string `json:"id"`
				} `json:"data"`
			}
			err := w.api.ask(ctx, http.MethodGet, w.service+"/messages?limit=1&status="+status, nil, &page)
			return err == nil && len(page.Data) == 0, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
