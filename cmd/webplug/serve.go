package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	cryptorand "crypto/rand"

	"github.com/spf13/cobra"

	"webplug/cmd/internal/process"
	"webplug/domain"
	"webplug/infra/sender"
)

// settings are what serve and dev take from flags and environment.
type settings struct {
	addr          string
	data          string
	allowPrivate  bool
	rebuild       bool
	defaultFormat string
	publicURL     string
	stage         string
	logFormat     string
	logLevel      string
	grace         time.Duration
	store         string
	tables        string
}

// The homes of the log.
const (
	storePebble = "pebble"
	storeDynamo = "dynamodb"
)

// product is WebPlug whole, in one of its homes.
type product interface {
	http.Handler
	run(context.Context) error
	ready() <-chan struct{}
	untilAnswered(<-chan struct{})
	endStreams()
	close() error
}

const serveHelp = `Runs WebPlug whole on this machine: API, event log, read models and delivery, with its data in one folder.

Two keys are not in the event log. The master key seals payloads and secrets: without it they are lost, so back it up
apart from the data. The admin key may do everything.

Environment:
  WEBPLUG_ADDR        where to listen, as --addr
  WEBPLUG_DATA        the data folder, as --data
  WEBPLUG_API_KEY     the admin key; else the one in <data>/admin.key, made at the first start
  WEBPLUG_MASTER_KEY  32 bytes in base64; else the ones in <data>/master.key, made at the first start
  WEBPLUG_STORE       the home of the log, as --store
  WEBPLUG_TABLES      what tables' names begin with, as --tables
  WEBPLUG_PUBLIC_URL  where endpoints reach this server, as --public-url
  WEBPLUG_STAGE       stands in the names of SNS topics, as --stage
  AWS_ENDPOINT_URL_SNS  an SNS to use instead of the one that this binary brings; with AWS's other variables
  WEBPLUG_SNS_FEEDBACK_ROLE  with it: the role by which that SNS writes delivery status records
  AWS_ENDPOINT_URL_SQS  with --store dynamodb: deliver as in an AWS account, by topics and the queues of this SQS
  WEBPLUG_PPROF       address on loopback where Go's profiles are served; else nowhere

With --store dynamodb the log, its keys and the read models lie in tables of DynamoDB, named by --tables, and deliveries are
made by this process. The environment says where they are, as for every program that uses AWS's SDK: region and credentials,
and AWS_ENDPOINT_URL_DYNAMODB with AWS_ENDPOINT_URL_DYNAMODB_STREAMS for another endpoint. webplug dev needs none of it: it
runs AWS's own DynamoDB Local, and ends it with itself.

Exit codes: 0 it was asked to end and did; 1 it failed; 2 the command line is wrong.`

func serveCommand() *cobra.Command {
	var s settings
	c := &cobra.Command{
		Use: "serve", Short: "Run WebPlug on this machine", Long: serveHelp, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return serve(c.Context(), s, c.ErrOrStderr(), nil)
		},
	}
	s.flags(c, "json")
	return c
}

func devCommand() *cobra.Command {
	var s settings
	c := &cobra.Command{
		Use: "dev", Short: "Run WebPlug for development: serve, and print URL and key", Args: cobra.NoArgs,
		Long: "Like serve, with logs for people, and URL and admin key printed at each start.\n\n" + serveHelp,
		RunE: func(c *cobra.Command, _ []string) error {
			return serve(c.Context(), s, c.ErrOrStderr(), c.OutOrStdout())
		},
	}
	s.flags(c, "text")
	return c
}

func (s *settings) flags(c *cobra.Command, logFormat string) {
	f := c.Flags()
	f.StringVar(&s.addr, "addr", env("WEBPLUG_ADDR", "127.0.0.1:8080"), "where to listen")
	f.StringVar(&s.data, "data", env("WEBPLUG_DATA", "data"), "the data folder")
	f.BoolVar(&s.allowPrivate, "allow-private-endpoints", false, "let endpoints be on loopback and private addresses")
	f.BoolVar(&s.rebuild, "rebuild", false, "make all read models anew from the log before serving")
	f.StringVar(&s.defaultFormat, "default-format", string(domain.StandardWebhooks), "format of endpoints that name none")
	f.StringVar(&s.publicURL, "public-url", env("WEBPLUG_PUBLIC_URL", ""), "where endpoints reach this server, for the links of format sns; else http:// and where it listens")
	f.StringVar(&s.stage, "stage", env("WEBPLUG_STAGE", "dev"), "stands in the names of SNS topics")
	f.StringVar(&s.logFormat, "log-format", logFormat, "text or json")
	f.StringVar(&s.logLevel, "log-level", "info", "debug, info, warn or error")
	f.StringVar(&s.store, "store", env("WEBPLUG_STORE", storePebble), "where the log lies: pebble (in the data folder) or dynamodb")
	f.StringVar(&s.tables, "tables", env("WEBPLUG_TABLES", "webplug"), "with --store dynamodb: what the tables' names begin with")
	f.DurationVar(&s.grace, "grace", 20*time.Second, "how long requests under way may take when it is asked to end")
}

func env(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// logger makes the process's logger.
func (s settings) logger(out io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.logLevel)); err != nil {
		return nil, usage("--log-level: %q is none of debug, info, warn, error", s.logLevel)
	}
	options := &slog.HandlerOptions{Level: level}
	switch s.logFormat {
	case "text":
		return slog.New(slog.NewTextHandler(out, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(out, options)), nil
	}
	return nil, usage("--log-format: %q is neither text nor json", s.logFormat)
}

// check refuses what no flag or variable may be.
func (s settings) check() error {
	if _, port, err := net.SplitHostPort(s.addr); err != nil {
		return usage("--addr: %q is not an address and a port, like 127.0.0.1:8080", s.addr)
	} else if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return usage("--addr: %q does not end in a port", s.addr)
	}
	if s.data == "" {
		return usage("--data: is empty; name a folder, like --data data")
	}
	if s.grace < 0 {
		return usage("--grace: %v is negative", s.grace)
	}
	if s.store != storePebble && s.store != storeDynamo {
		return usage("--store: %q is neither pebble nor dynamodb", s.store)
	}
	if err := s.checkTables(); err != nil {
		return err
	}
	if err := domain.CheckFormat("--default-format", domain.Format(s.defaultFormat)); err != nil {
		return usage("%s", err)
	}
	return nil
}

// serve runs until ctx ends. welcome, if not nil, gets URL and key.
func serve(ctx context.Context, s settings, logs, welcome io.Writer) error {
	logger, err := s.logger(logs)
	if err != nil {
		return err
	}
	if err := servePprof(ctx, os.Getenv("WEBPLUG_PPROF"), logger); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	tuneRuntime()
	listener, err := listen(ctx, s.addr, "--addr or WEBPLUG_ADDR")
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // closed already where the server ran
	keys, err := s.keys(logger)
	if err != nil {
		return err
	}
	guard := sender.Guard{AllowPrivate: s.allowPrivate}
	files := openFiles(logger)
	out := sender.New(sender.Options{Guard: guard, Version: version, Idle: files.idle})
	defer out.Close()
	o := homeOptions{
		openTopics: func(ctx context.Context) (*topics, error) {
			return s.openTopics(ctx, listener.Addr().String(), keys.master, &guard, cryptorand.Reader, logger)
		},
		stage: s.stage, files: files, dir: s.data, keys: keys, sender: out, checkURL: guard.Check, now: process.SystemClock, newID: process.NewIDs(process.SystemClock),
		random: cryptorand.Reader, jitter: rand.Float64, schedule: domain.DefaultSchedule,
		defaultFormat: domain.Format(s.defaultFormat), rebuild: s.rebuild, grace: s.grace, logger: logger,
	}
	if os.Getenv(sqsVariable) != "" && s.store == storeDynamo {
		o.openQueues = func(ctx context.Context) (*queues, error) {
			c, err := process.AWS(ctx)
			if err != nil {
				return nil, err
			}
			return openQueues(ctx, c, s.stage, visible, process.SystemClock)
		}
	}
	h, leave, err := s.open(ctx, o, welcome != nil)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		logger.Info("webplug ends; it was not ready yet")
		return nil
	}
	if err != nil {
		return err
	}
	err = s.run(ctx, h, limitConnections(listener, files.clients), logger, keys.admin, welcome)
	return errors.Join(err, h.close(), leave())
}

// open opens the home that was chosen. leave ends what was started for it.
func (s settings) open(ctx context.Context, o homeOptions, development bool) (h product, leave func() error, err error) {
	if s.store == storePebble {
		h, err = openHome(ctx, o)
		return h, func() error { return nil }, err
	}
	at, err := s.reach(ctx, development, o.logger)
	if err != nil {
		return nil, nil, err
	}
	store, err := s.openDynamo(ctx, development, at.config)
	if err == nil {
		h, err = openDynamoHome(ctx, o, store)
	}
	if err != nil {
		return nil, nil, errors.Join(err, at.close())
	}
	return h, at.close, nil
}

// shortKey is how many characters an admin key should have at least: the random ones have 52.
const shortKey = 20

// keys finds the two keys, and tells where those are that it made.
func (s settings) keys(logger *slog.Logger) (keyring, error) {
	given := os.Getenv("WEBPLUG_API_KEY")
	if given != "" && len(given) < shortKey {
		logger.Warn("WEBPLUG_API_KEY is short: whoever guesses it may do everything", "fewer_characters_than", shortKey)
	}
	return openKeyring(s.data, os.Getenv("WEBPLUG_MASTER_KEY"), given, func(what, file string) {
		logger.Info("webplug made a key", "key", what, "file", file)
	})
}

// run serves the API until ctx ends. Then no request and no attempt is begun any more, and those under way have the same
// grace.
func (s settings) run(ctx context.Context, h product, listener net.Listener, logger *slog.Logger, key string, welcome io.Writer) error {
	dispatching, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	answered := make(chan struct{})
	h.untilAnswered(answered)
	worked := make(chan error, 1)
	go func() { worked <- h.run(dispatching) }()
	select {
	case <-h.ready():
	case <-ctx.Done():
		stop()
		close(answered)
		return <-worked
	}

	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 60 * time.Second, WriteTimeout: 60 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(h.endStreams)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	url := "http://" + listener.Addr().String()
	logger.Info("webplug is ready", "url", url, "data", s.data, "version", version)
	if welcome != nil {
		s.greet(welcome, url, key)
	}

	var err error
	select {
	case <-ctx.Done():
		logger.Info("webplug ends; it finishes what is under way", "at_most", s.grace.String())
		stop()
		finishing, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.grace)
		defer cancel()
		if err = server.Shutdown(finishing); errors.Is(err, context.DeadlineExceeded) {
			err = server.Close()
		}
	case err = <-served:
		err = fmt.Errorf("serve %s: %w", url, err)
		stop()
	}
	close(answered)
	return errors.Join(err, <-worked)
}

// greet tells a person where everything is.
func (s settings) greet(out io.Writer, url, key string) {
	data, err := filepath.Abs(s.data)
	if err != nil {
		data = s.data
	}
	private := "refused (start with --allow-private-endpoints to try it on this machine)"
	if s.allowPrivate {
		private = "allowed"
	}
	_, _ = fmt.Fprintf(out, `
  WebPlug %s

  UI                 %s/
  API                %s/v1
  description        %s/openapi.json
  API key            %s
  data               %s
  private endpoints  %s

`, version, url, url, url, key, data, private)
}
