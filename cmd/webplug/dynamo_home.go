package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"webplug/cmd/internal/process"
	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/handlers/lambda"
	"webplug/handlers/rest"
	"webplug/infra/dynamo"
	"webplug/projections"
	"webplug/ui"
)

// dynamoHome is WebPlug's AWS home on one machine: log and read models on DynamoDB, its stream pumped to the handler that
// Lambda calls, and deliveries made by this process.
type dynamoHome struct {
	options    homeOptions
	store      *dynamo.Store
	unseen     *unseen
	log        *eventlog.Log
	batches    *projections.Batches
	relay      *projections.Relay // to the lanes
	published  *projections.Relay // to the format sns
	topics     *topics
	queues     *queues          // nil: deliveries are made by lanes
	sns        *projections.SNS // nil without topics
	views      lambda.Feed
	pump       *dynamo.Pump
	lanes      *projections.Lanes
	jobs       *projections.JobRunner
	router     *projections.RouterRunner
	metrics    *metrics
	api        *rest.API
	awaiting   *projections.Awaiting
	generation projections.Generation
	started    time.Time
	lags       lags
	isReady    chan struct{}
	answered   <-chan struct{}
}

// openDynamoHome makes ready all parts. Nothing runs yet.
func openDynamoHome(ctx context.Context, o homeOptions, store *dynamo.Store) (*dynamoHome, error) {
	sealer, err := process.Sealer(ctx, store, o.keys.master, o.random, func(ctx context.Context) (bool, error) { return process.Empty(ctx, store) })
	if err != nil {
		return nil, err
	}
	h := &dynamoHome{
		options: o, store: store, unseen: newUnseen(store), relay: projections.NewRelay(), published: projections.NewRelay(), started: o.now().UTC(), isReady: make(chan struct{}),
	}
	h.log = eventlog.New(h.unseen, domain.Events(), sealer, o.now, o.newID)
	views := store.Views()
	h.batches = projections.NewBatches(h.log, views, o.now, o.logger)
	if h.generation, err = h.batches.Open(ctx, store, o.rebuild); err != nil {
		return nil, fmt.Errorf("open the read models: %w", err)
	}
	h.views = lambda.Feed{Decode: dynamo.Decode, Reader: h, Logger: o.logger}
	h.pump = store.NewPump(dynamo.PumpOptions{
		Reader: "machine", Handle: h.handle, Appended: h.unseen.appended, Logger: o.logger,
		Lost: func(ctx context.Context) error { return h.batches.CatchUp(ctx, store) },
	})
	endpoints := projections.NewDirectory(h.log, h.unseen.catchUp) // which of them has which format
	if err := h.batches.Keep(ctx, endpoints); err != nil {
		return nil, fmt.Errorf("open the read models: %w", err)
	}
	directory := projections.NewConsistentDirectory(h.log, views, o.now)
	queries := projections.NewQueriesOf(h.log, views, h.batches, h.unseen.catchUp)
	// Dispatch need not wait until rows have what was just acknowledged: it has been handed it, and looks into the log
	// before it sends anything again.
	planned := projections.NewQueriesOf(h.log, views, h.batches, func(context.Context) error { return nil })
	h.awaiting = projections.NewAwaiting(h.log, views, planned, o.now)
	if err := h.awaiting.Fill(ctx, h.generation); err != nil {
		return nil, err
	}
	dispatcher := &projections.Dispatcher{
		Log: h.log, Endpoints: directory, Sender: o.sender, Schedule: o.schedule, Now: o.now, NewID: o.newID,
		Jitter: o.jitter, Logger: o.logger, Observe: func(r domain.Report) { h.metrics.attempted(r) },
	}
	h.lanes = projections.NewLanes(dispatcher, h.awaiting, h.park, o.logger)
	h.lanes.ByRowsBefore(h.started)
	if o.files.attempts > 0 {
		h.lanes.AtOnce(o.files.attempts)
	}
	h.lanes.LeaveOut(endpoints.ViaSNS)
	h.jobs = projections.NewJobRunner(&projections.Jobs{
		Log: h.log, Now: o.now, Endpoints: directory, Letters: queries, Scanner: store, Logger: o.logger,
		Rebuild: func(ctx context.Context, progress func(ctx context.Context, events int) error) error {
			return h.batches.Rebuild(ctx, store, progress)
		},
	}, planned.OpenJobs, o.logger) // it is woken when a job has its row
	h.batches.OnJob(h.jobs.Wake)
	h.router = projections.NewRouterRunner(
		&projections.Router{Log: h.log, Candidates: directory, Now: o.now},
		h.batches.Unrouted, o.logger)
	h.batches.OnUnrouted(h.router.Ask)
	queries.OnUnstuck(func(ctx context.Context) { h.lanes.Rescan(ctx) })
	h.metrics = newMetrics(gauges{
		lanes: func() *projections.Lanes { return h.lanes },
		lag:   func() float64 { return float64(h.unseen.lag()) },
		stuck: func() float64 { return float64(h.batches.Stuck(context.Background())) },
	})
	var handshakes rest.Handshakes
	if o.openTopics != nil {
		if h.topics, err = o.openTopics(ctx); err != nil {
			return nil, err
		}
		h.sns = h.topics.join(joined{
			options: o, log: h.log, views: views, directory: endpoints, endpoints: directory, rows: h.awaiting, park: h.park,
			observe: h.metrics.attempted,
		})
		handshakes = h.sns
	}
	if o.openQueues != nil {
		if h.queues, err = o.openQueues(ctx); err != nil {
			return nil, err
		}
		h.queues.join(h, dispatcher, directory, queries)
		h.lanes.LeaveOut(everywhere)
	}
	pages, err := ui.New()
	if err != nil {
		return nil, err
	}
	h.api, err = rest.New(rest.Options{
		Handshakes: handshakes,
		Log:        h.log, Directory: directory, Queries: queries, KeyUses: projections.NewKeyUses(views, o.logger),
		CheckURL: o.checkURL, Health: h.health, System: h.system,
		NewID: o.newID, Random: o.random, Clock: o.now, AdminKey: o.keys.admin, DefaultFormat: o.defaultFormat,
		Metrics: h.metrics.handler(), Pages: pages, Logger: o.logger, Observe: h.metrics.answered,
	})
	return h, err
}

// ServeHTTP answers the API.
func (h *dynamoHome) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.topics.serves(r) {
		h.topics.local.Public().ServeHTTP(w, r)
		return
	}
	h.api.ServeHTTP(w, r)
}

// handle is what the pump calls: first rows, then dispatch.
func (h *dynamoHome) handle(ctx context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	return h.views.Handle(ctx, e)
}

// Take makes the rows of records and then hands them to dispatch, so that dispatch finds in rows what it was not given.
func (h *dynamoHome) Take(ctx context.Context, records []eventlog.Record) (int, error) {
	at, published := h.relay.Begin(), h.published.Begin()
	done, err := h.batches.Take(ctx, records)
	h.awaiting.Take(records[:done])
	h.relay.Give(at, records[:done])
	if h.sns != nil {
		h.published.Give(published, records[:done])
	}
	h.unseen.seen(records[:done])
	return done, err
}

// ParkUnread sets aside a stream with an item that cannot be read.
func (h *dynamoHome) ParkUnread(ctx context.Context, s eventlog.Stream, v eventlog.Version, why error) error {
	return h.batches.ParkUnread(ctx, s, v, why)
}

// park sets a delivery aside whose outcome could not be recorded.
func (h *dynamoHome) park(s eventlog.Stream, why error) {
	if err := h.batches.Park(context.Background(), s, 0, why); err != nil {
		h.options.logger.Error("a delivery cannot be set aside", "stream", s.String(), "error", err)
	}
}

// run pumps and dispatches until ctx ends; then it waits for what is under way, no attempt longer than the grace.
func (h *dynamoHome) run(ctx context.Context) error {
	pumping, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	pumped := make(chan struct{})
	go func() {
		defer close(pumped)
		h.pump.Run(pumping)
	}()
	go h.keepAwaiting(pumping)
	go h.rollUp(pumping)
	working := make(chan struct{})
	go func() {
		defer close(working)
		var both sync.WaitGroup
		both.Go(func() { h.jobs.Run(ctx) })
		both.Go(func() { h.router.Run(ctx) })
		both.Wait()
	}()
	delivering := h.queues.run(ctx)
	sns := h.sns
	if h.queues != nil {
		sns = nil
	}
	topics := h.topics.run(ctx, sns, h.published, h.options.logger)
	err := h.lanes.Run(ctx, h.relay, h.options.grace, func() { close(h.isReady) })
	<-working
	topics.Wait()
	delivering.Wait()
	if h.answered != nil {
		<-h.answered
	}
	// So that a start finds little to do again; what is left comes again all the same.
	if err := h.unseen.catchUp(pumping); err != nil {
		h.options.logger.Warn("read models end behind the event log; the next start catches up", "error", err)
	}
	stop()
	<-pumped
	if err := h.awaiting.Save(context.WithoutCancel(ctx), h.generation); err != nil {
		h.options.logger.Warn("the next start looks further back for what was not delivered", "error", err)
	}
	return err
}

// saveEvery is how often it is kept since when deliveries are awaited.
const saveEvery = 30 * time.Second

// keepAwaiting keeps it until ctx ends, so that a start after a crash looks back no further than need be.
func (h *dynamoHome) keepAwaiting(ctx context.Context) {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := h.awaiting.Save(ctx, h.generation); err != nil && ctx.Err() == nil {
				h.options.logger.Warn("read models cannot be written", "error", err)
			}
		}
	}
}

// rollUpAgain is after how long it is tried again to roll up hours where that failed.
const rollUpAgain = time.Minute

// rollUp rolls up figures of closed hours until ctx ends.
func (h *dynamoHome) rollUp(ctx context.Context) {
	for ctx.Err() == nil {
		wait := rollUpAgain
		next, err := h.batches.RollUp(ctx)
		if err == nil {
			wait = max(wait, next.Sub(h.options.now()))
		} else if ctx.Err() == nil {
			h.options.logger.Warn("figures are not rolled up; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// system is what /v1/system says.
func (h *dynamoHome) system(ctx context.Context) rest.System {
	number, format := h.batches.Generation()
	now := h.options.now()
	return rest.System{
		Version: version + process.Commit(), Store: storeDynamo, StartedAt: h.started, Generation: number, RowsFormat: format,
		Position: h.unseen.appends(), Stuck: h.batches.Stuck(ctx), Waiting: h.lanes.Waiting(),
		Consumers: []rest.Consumer{
			h.lags.of("views", uint64(h.unseen.lag()), now), h.lags.of("dispatch", h.lanes.Lag(h.relay), now),
		},
	}
}

// endStreams ends all live streams.
func (h *dynamoHome) endStreams() { h.api.EndStreams() }

// health is what /readyz says: whether DynamoDB answers.
func (h *dynamoHome) health(ctx context.Context) []rest.Check {
	c := rest.Check{Name: "dynamodb", OK: true}
	if _, err := h.store.Views().Current(ctx); err != nil {
		c = rest.Check{Name: "dynamodb", Reason: err.Error()}
	}
	sending := rest.Check{Name: "requests to endpoints", OK: true}
	if err := h.lanes.Health(); err != nil {
		sending = rest.Check{Name: sending.Name, Reason: err.Error()}
	}
	return []rest.Check{c, sending}
}

// ready is closed when requests can be taken.
func (h *dynamoHome) ready() <-chan struct{} { return h.isReady }

// untilAnswered tells when no request is answered any more; it comes before run.
func (h *dynamoHome) untilAnswered(done <-chan struct{}) { h.answered = done }

// close closes the local SNS's folder; the store holds nothing open.
func (h *dynamoHome) close() error { return h.topics.close() }
