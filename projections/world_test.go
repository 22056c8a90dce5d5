package projections_test

import (
	"context"
	"crypto/rand"
	"errors"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/oklog/ulid/v2"

	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/infra/pebble"
	"webplug/projections"
)

// world is log, read models and dispatch in one process, with endpoints that are functions and a clock that is the
// bubble's of testing/synctest.
type world struct {
	t         *testing.T
	fs        *vfs.MemFS
	store     *pebble.Store
	log       *eventlog.Log
	sealer    *eventlog.Sealer
	projector *projections.Projector
	queries   *projections.Queries
	lanes     *projections.Lanes
	jobs      *projections.Jobs
	router    *projections.Router
	stop      context.CancelFunc
	done      chan struct{}

	byHand bool // nobody routes on or delivers but the test

	knows *eventlog.Registry // what the program knows; nil is today's

	mu       sync.Mutex
	ids      uint64
	answer   map[string]func(domain.Attempt) domain.Report // by URL
	attempts []domain.Attempt
	reads    int // of messages' streams
}

// reading counts what is read of messages.
type reading struct {
	*pebble.Store
	w *world
}

// Read counts.
func (r reading) Read(ctx context.Context, s eventlog.Stream, after eventlog.Version) iter.Seq2[eventlog.Record, error] {
	if strings.HasPrefix(s.Root, domain.PrefixMessage) && s.Leaf == "" {
		r.w.mu.Lock()
		r.w.reads++
		r.w.mu.Unlock()
	}
	return r.Store.Read(ctx, s, after)
}

const (
	svc = "svc_00000000000000000000000001"
	usr = "usr_00000000000000000000000002"
	typ = "typ_00000000000000000000000003"
)

// inWorld runs a test in a bubble with a service, a user and an event type.
func inWorld(t *testing.T, run func(w *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, fs: vfs.NewCrashableMem(), answer: map[string]func(domain.Attempt) domain.Report{}}
		w.open(false)
		defer func() { w.close() }()
		w.do(eventlog.On(domain.ServiceStream(svc), domain.CreateService{Name: "bank", DefaultFormat: domain.StandardWebhooks}))
		w.do(eventlog.On(domain.UserStream(svc, usr), domain.RegisterUser{Name: "ada"}))
		w.do(eventlog.On(domain.EventTypeStream(svc, typ), domain.CreateEventType{Name: "card_issued"}))
		run(w)
	})
}

func (w *world) open(again bool) {
	w.t.Helper()
	ctx := w.t.Context()
	logger := slog.New(slog.NewTextHandler(w.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	var err error
	w.store, err = pebble.Open(ctx, pebble.Options{Dir: "log", FS: w.fs, VirtualTime: true, Logger: logger, Fail: func(err error) { w.t.Error(err) }})
	w.must(err)
	sealer, err := eventlog.NewSealer(w.store, make([]byte, 32), rand.Reader)
	w.must(err)
	registry := w.knows
	if registry == nil {
		registry = domain.Events()
	}
	w.sealer = sealer
	w.log = eventlog.New(reading{w.store, w}, registry, sealer, time.Now, w.id)
	g, err := projections.OpenViews(ctx, w.log, w.store, w.store, w.store.Views(), again, time.Now, logger)
	w.must(err)
	w.projector = projections.NewProjector(w.log, w.store.Views(), g, time.Now, logger)
	w.must(w.projector.Open(ctx, w.store))
	w.queries = projections.NewQueries(w.log, w.store.Views(), w.projector, w.store)
	w.lanes = projections.NewLanes(&projections.Dispatcher{
		Log: w.log, Endpoints: w.projector.Directory(), Sender: w, Schedule: domain.DefaultSchedule, Now: time.Now,
		NewID: w.id, Jitter: func() float64 { return 0 }, Logger: logger,
	}, w.queries, w.projector.Park, logger)

	w.jobs = &projections.Jobs{Log: w.log, Endpoints: w.projector.Directory(), Letters: w.queries, Scanner: w.store, Logger: logger}
	runner := projections.NewJobRunner(w.jobs, w.queries.OpenJobs, logger)
	w.projector.OnJob(runner.Wake)
	w.router = &projections.Router{Log: w.log, Candidates: w.projector.Directory(), Now: time.Now}
	routing := projections.NewRouterRunner(w.router, w.projector.Unrouted, logger)
	w.projector.OnUnrouted(routing.Ask)

	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	ready := make(chan struct{})
	w.stop, w.done = stop, make(chan struct{})
	go func() {
		defer close(w.done)
		var both sync.WaitGroup
		both.Go(func() { w.may(w.projector.Run(run, w.store)) })
		if w.byHand { // as lanes do: nobody publishes before the directory has what was committed
			w.may(w.projector.CatchUp(run, w.store))
			close(ready)
		} else {
			both.Go(func() { w.may(w.lanes.Run(run, w.store, time.Minute, func() { close(ready) })) })
			both.Go(func() { routing.Run(run) })
		}
		both.Go(func() { runner.Run(run) })
		both.Wait()
	}()
	<-ready
}

func (w *world) close() {
	w.stop()
	<-w.done
	w.must(w.store.Close())
}

// crash ends the process as a power failure would, and starts another on what was synced.
func (w *world) crash() {
	disk := w.fs.CrashClone(vfs.CrashCloneCfg{})
	w.close()
	w.fs = disk
	w.open(false)
}

// reopen ends and starts the process in order.
func (w *world) reopen(again bool) {
	w.close()
	w.open(again)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// may reports an error other than the end of a process.
func (w *world) may(err error) {
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, eventlog.ErrUnavailable) {
		w.t.Error(err)
	}
}

func (w *world) id() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	var id ulid.ULID
	_ = id.SetTime(ulid.Timestamp(time.Now()))
	for i := range 8 {
		id[15-i] = byte(w.ids >> (8 * i))
	}
	return id.String()
}

func (w *world) do(steps ...eventlog.Step) {
	w.t.Helper()
	w.must(eventlog.ExecuteAll(w.t.Context(), w.log, eventlog.Cause{Actor: "admin", CorrelationID: "req"}, steps...))
	if !w.projector.Directory().Settled(w.t.Context(), eventlog.Stream{}, 0) {
		w.t.Fatal("the directory did not settle")
	}
}

// endpoint adds an endpoint that is subscribed to the event type and answers as it is told.
func (w *world) endpoint(name string, answer func(domain.Attempt) domain.Report) string {
	w.t.Helper()
	id := domain.PrefixEndpoint + w.id()
	url := "https://" + name + ".example/"
	w.mu.Lock()
	w.answer[url] = answer
	w.mu.Unlock()
	w.do(eventlog.On(domain.EndpointStream(svc, id), domain.AddEndpoint{
		UserID: usr, URL: url, Format: domain.StandardWebhooks, EventTypes: []string{typ},
		Secret: eventlog.Sealed{Key: domain.SecretsKey(svc), Plain: []byte("secret of " + name)},
	}))
	return id
}

// publish accepts a message as the API does.
func (w *world) publish() string {
	w.t.Helper()
	id := domain.PrefixMessage + w.id()
	w.must(w.tryPublish(id))
	return id
}

func (w *world) tryPublish(id string) error { return w.publishTo(id, w.projector.Directory()) }

func (w *world) publishTo(id string, candidates projections.Candidates) error {
	ctx, d := w.t.Context(), w.projector.Directory()
	kind, err := d.EventType(ctx, svc, typ)
	if err != nil {
		return err
	}
	routed, err := projections.RouteFirst(ctx, candidates, svc, typ, "", time.Now())
	if err != nil {
		return err
	}
	_, err = eventlog.Execute(ctx, w.log, domain.MessageStream(svc, id), domain.PublishMessage{
		EventType: kind, Payload: []byte(`{"card":"` + id + `"}`), PayloadKey: domain.PayloadKey(svc, "", time.Now()),
		Routed: routed,
	}, eventlog.Cause{Actor: "admin", CorrelationID: "req_" + id})
	return err
}

// Attempt is the network: the endpoint's function answers.
func (w *world) Attempt(_ context.Context, a domain.Attempt) domain.Report {
	w.mu.Lock()
	answer := w.answer[a.URL]
	w.attempts = append(w.attempts, a)
	w.mu.Unlock()
	began := time.Now()
	r := answer(a)
	r.Duration = max(r.Duration, time.Since(began))
	r.AttemptID, r.URL, r.At = a.ID, a.URL, a.At
	return r
}

func (w *world) made() []domain.Attempt {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]domain.Attempt(nil), w.attempts...)
}

func accepts(domain.Attempt) domain.Report {
	return domain.Report{StatusCode: 200, Answer: []byte("ok")}
}

func fails(domain.Attempt) domain.Report {
	return domain.Report{StatusCode: 503, Cause: domain.CauseOfStatus(503), Answer: []byte("busy")}
}

func gone(domain.Attempt) domain.Report {
	return domain.Report{StatusCode: 410, Cause: domain.CauseOfStatus(410)}
}

// delivery reads one delivery from the log.
func (w *world) delivery(message, endpoint string) domain.Delivery {
	w.t.Helper()
	trail, err := projections.LoadTrail(w.t.Context(), w.log, svc, message)
	w.must(err)
	d, ok := trail.Delivery(endpoint)
	if !ok {
		w.t.Fatalf("%s has no delivery to %s", message, endpoint)
	}
	return d
}

// story is the types of a webhook's events in order.
func (w *world) story(message string) string {
	w.t.Helper()
	trail, err := projections.LoadTrail(w.t.Context(), w.log, svc, message)
	w.must(err)
	out := ""
	for _, r := range trail.Events() {
		out += r.Event.EventType() + " "
	}
	return out
}

func (w *world) wantStatus(message, endpoint string, want domain.DeliveryStatus) {
	w.t.Helper()
	if got := w.delivery(message, endpoint).Status(); got != want {
		w.t.Fatalf("delivery is %s, want %s (%s)", got, want, w.story(message))
	}
}

func (w *world) settle() { synctest.Wait() }

// later lets time go by.
func (w *world) later(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
