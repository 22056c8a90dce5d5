package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"webplug/cmd/internal/process"
	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/handlers/rest"
	"webplug/infra/pebble"
	"webplug/projections"
	"webplug/ui"
)

// homeOptions is all that WebPlug on one machine takes from outside: with other functions in the place of clock, ids,
// randomness, disk and network, the same program runs in a simulation.
type homeOptions struct {
	dir           string
	fs            vfs.FS      // of the event log; nil is the disk
	files         descriptors // zero: as if there were no limit
	virtualTime   bool        // hours go by in an instant
	keys          keyring
	feed          func(eventlog.Feed) eventlog.Feed // what consumers follow; nil is the log's own
	sender        projections.Sender
	checkURL      func(ctx context.Context, url string) error
	now           eventlog.Clock
	newID         eventlog.IDs
	random        io.Reader
	jitter        func() float64
	schedule      domain.Schedule
	defaultFormat domain.Format
	openTopics    func(context.Context) (*topics, error) // what the format sns goes by; nil: nothing of that format is sent
	openQueues    func(context.Context) (*queues, error) // what standard-webhooks goes by; nil: the sender in this process
	stage         string                                 // in the names of topics
	rebuild       bool
	grace         time.Duration // for requests under way when it ends
	fail          func(error)   // called when the log cannot go on
	logger        *slog.Logger
}

// keyring is the two keys that are not in the log.
type keyring struct {
	master []byte
	admin  string
}

// home is WebPlug on one machine, whole: log, read models, dispatch and API.
type home struct {
	options   homeOptions
	store     *pebble.Store
	feed      eventlog.Feed
	log       *eventlog.Log
	projector *projections.Projector
	queries   *projections.Queries
	lanes     *projections.Lanes
	topics    *topics
	sns       *projections.SNS // nil without topics
	jobs      *projections.JobRunner
	router    *projections.RouterRunner
	metrics   *metrics
	api       *rest.API
	started   time.Time
	lags      lags
	isReady   chan struct{}   // closed when all that was committed before is folded
	answered  <-chan struct{} // closed when no more are; read models are kept until then. nil: until dispatch has ended
}

// openHome opens the data folder and makes ready all parts. Nothing runs yet.
func openHome(ctx context.Context, o homeOptions) (*home, error) {
	store, err := pebble.Open(ctx, pebble.Options{
		Dir: filepath.Join(o.dir, "log"), FS: o.fs, Logger: o.logger, Fail: o.fail, Now: o.now, VirtualTime: o.virtualTime,
		OpenFiles: o.files.tables,
	})
	if err != nil {
		return nil, err
	}
	h := &home{options: o, store: store, feed: store, isReady: make(chan struct{}), started: o.now().UTC()}
	if err := h.assemble(ctx); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

func (h *home) assemble(ctx context.Context) error {
	o, store := h.options, h.store
	sealer, err := process.Sealer(ctx, store, o.keys.master, o.random, func(context.Context) (bool, error) { return store.Head() == 0, nil })
	if err != nil {
		return err
	}
	if o.feed != nil {
		h.feed = o.feed(store)
	}
	h.log = eventlog.New(store, domain.Events(), sealer, o.now, o.newID)
	views := store.Views()
	generation, err := projections.OpenViews(ctx, h.log, store, h.feed, views, o.rebuild, o.now, o.logger)
	if err != nil {
		return fmt.Errorf("open the read models: %w", err)
	}
	h.projector = projections.NewProjector(h.log, views, generation, o.now, o.logger)
	if err := h.projector.Open(ctx, h.feed); err != nil {
		return fmt.Errorf("open the read models: %w", err)
	}
	h.queries = projections.NewQueries(h.log, views, h.projector, h.feed)
	h.metrics = newMetrics(gauges{
		lanes:    func() *projections.Lanes { return h.lanes },
		lag:      func() float64 { return float64(h.projector.Lag(h.store)) },
		stuck:    func() float64 { return float64(h.projector.Stuck()) },
		position: func() float64 { return float64(h.store.Head()) },
	})
	h.lanes = projections.NewLanes(&projections.Dispatcher{
		Log: h.log, Endpoints: h.projector.Directory(), Sender: o.sender, Schedule: o.schedule, Now: o.now, NewID: o.newID,
		Jitter: o.jitter, Logger: o.logger, Observe: h.metrics.attempted,
	}, h.queries, h.projector.Park, o.logger)
	if o.files.attempts > 0 {
		h.lanes.AtOnce(o.files.attempts)
	}
	h.lanes.LeaveOut(h.projector.Directory().ViaSNS)
	h.queries.OnUnstuck(func(ctx context.Context) { h.lanes.Rescan(ctx) })
	var handshakes rest.Handshakes
	if o.openTopics != nil {
		if h.topics, err = o.openTopics(ctx); err != nil {
			return err
		}
		h.sns = h.topics.join(joined{
			options: o, log: h.log, views: views, directory: h.projector.Directory(), endpoints: h.projector.Directory(),
			rows: h.queries, park: h.projector.Park, observe: h.metrics.attempted,
		})
		handshakes = h.sns
	}
	h.jobs = projections.NewJobRunner(&projections.Jobs{
		Log: h.log, Now: o.now, Endpoints: h.projector.Directory(), Letters: h.queries, Scanner: store, Logger: o.logger,
		Rebuild: func(ctx context.Context, progress func(ctx context.Context, events int) error) error {
			return h.projector.Rebuild(ctx, store, h.feed, progress)
		},
	}, h.queries.OpenJobs, o.logger)
	h.projector.OnJob(h.jobs.Wake)
	h.router = projections.NewRouterRunner(
		&projections.Router{Log: h.log, Candidates: h.projector.Directory(), Now: o.now},
		h.projector.Unrouted, o.logger)
	h.projector.OnUnrouted(h.router.Ask)
	pages, err := ui.New()
	if err != nil {
		return err
	}
	h.api, err = rest.New(rest.Options{
		Handshakes: handshakes,
		Log:        h.log, Directory: h.projector.Directory(), Queries: h.queries, KeyUses: projections.NewKeyUses(views, o.logger),
		CheckURL: o.checkURL, Health: h.health, System: h.system,
		NewID: o.newID, Random: o.random, Clock: o.now, AdminKey: o.keys.admin, DefaultFormat: o.defaultFormat,
		Metrics: h.metrics.handler(), Pages: pages, Logger: o.logger, Observe: h.metrics.answered,
	})
	return err
}

// ServeHTTP answers the API.
func (h *home) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.topics.serves(r) {
		h.topics.local.Public().ServeHTTP(w, r)
		return
	}
	h.api.ServeHTTP(w, r)
}

// run projects and dispatches until ctx ends; then it waits for what is under way, no attempt longer than the grace.
func (h *home) run(ctx context.Context) error {
	projecting, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	projected := make(chan error, 1)
	go func() { projected <- h.projector.Run(projecting, h.feed) }()
	topics := h.topics.run(ctx, h.sns, h.feed, h.options.logger)
	working := make(chan struct{})
	go func() {
		defer close(working)
		var both sync.WaitGroup
		both.Go(func() { h.jobs.Run(ctx) })
		both.Go(func() { h.router.Run(ctx) })
		both.Wait()
	}()
	err := h.lanes.Run(ctx, h.feed, h.options.grace, func() { close(h.isReady) })
	<-working
	topics.Wait()
	if h.answered != nil {
		<-h.answered
	}
	stop() // after dispatch, so that its last outcomes are in the read models
	return errors.Join(err, <-projected)
}

// health is what /readyz says.
func (h *home) health(context.Context) []rest.Check {
	check := func(name string, err error) rest.Check {
		if err != nil {
			return rest.Check{Name: name, Reason: err.Error()}
		}
		return rest.Check{Name: name, OK: true}
	}
	return []rest.Check{
		check("event log", h.store.Health()), check("read models", h.projector.Health()),
		check("requests to endpoints", h.lanes.Health()),
	}
}

// ready is closed when requests can be taken.
func (h *home) ready() <-chan struct{} { return h.isReady }

// untilAnswered tells when no request is answered any more; it comes before run.
func (h *home) untilAnswered(done <-chan struct{}) { h.answered = done }

// endStreams ends all live streams.
func (h *home) endStreams() { h.api.EndStreams() }

// close closes the data folder. run must have returned.
func (h *home) close() error { return errors.Join(h.topics.close(), h.store.Close()) }
