package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"webplug/cmd/internal/process"
	"webplug/cmd/lambda/cloud"
	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/infra/dynamo"
	"webplug/infra/dynamo/local"
	"webplug/infra/snslocal"
	"webplug/infra/stage"
)

const (
	region    = "us-east-1"
	stageName = "cost"
	arnBase   = ":us-east-1:000000000000:"
	masterARN = "arn:aws:secretsmanager" + arnBase + "secret:webplug/cost/master-key"
	adminARN  = "arn:aws:secretsmanager" + arnBase + "secret:webplug/cost/admin-key"
	adminKey  = "wpa_admin-key-of-the-measurement"
)

// world is a stage of one format: DynamoDB Local, the local SNS, queues, and the functions as they are deployed.
type world struct {
	format    domain.Format
	meter     *meter
	cloud     *cloud.Cloud
	tables    *dynamo.Store // past the meter: the stream's own reads are free
	sns       *snslocal.Server
	endpoints *endpoints
	attempts  *queue
	work      *queue
	functions map[stage.Role]*function

	mu      sync.Mutex
	stream  []events.DynamoDBEventRecord // that no function was given yet
	records [][]byte                     // of SNS's status, likewise

	service, key string
	users        []string
	stop         []func()
}

// newWorld makes the stage. Its functions start with their first event.
func newWorld(ctx context.Context, program, dir string, db *local.Server, format domain.Format) (w *world, err error) {
	w = &world{
		format: format, meter: newMeter(), cloud: cloud.New(), attempts: &queue{}, work: &queue{}, functions: map[stage.Role]*function{},
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	w.stop = append(w.stop, w.cloud.Close)
	behind, err := cloud.Behind(db.Endpoint())
	if err != nil {
		return w, err
	}
	w.endpoints = newEndpoints(w.meter)
	w.stop = append(w.stop, w.endpoints.server.Close)
	if err := w.openTables(ctx, db); err != nil {
		return w, err
	}
	if err := w.openSNS(ctx, filepath.Join(dir, "sns-"+string(format))); err != nil {
		return w, err
	}
	master := make([]byte, eventlog.MasterKeySize)
	if _, err := rand.Read(master); err != nil {
		return w, err
	}
	_, err = process.Sealer(ctx, w.tables, master, rand.Reader, func(context.Context) (bool, error) { return true, nil })
	if err != nil {
		return w, err
	}
	w.cloud.Serve("dynamodb", &metered{behind, w.meter})
	w.cloud.Serve("secretsmanager", cloud.Secrets{masterARN: hex.EncodeToString(master), adminARN: adminKey})
	w.cloud.Serve("logs", cloud.Agreeable{})
	w.cloud.Serve("sns", &topics{w.sns.API(), w.meter, w.attempts})
	w.cloud.Serve("sqs", &queues{w.meter, map[string]*queue{"attempts": w.attempts, "work": w.work, "dead-letters": {}}})
	for _, r := range stage.Roles() {
		f, err := newFunction(program, r, w.environment(), w.meter)
		if err != nil {
			return w, err
		}
		w.functions[r] = f
		w.stop = append(w.stop, func() { _ = f.run.Close() })
	}
	return w, nil
}

// environment is what the stack gives to functions.
func (w *world) environment() map[string]string {
	return map[string]string{
		"AWS_REGION": region, "AWS_ENDPOINT_URL": w.cloud.URL(), "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true",
		stage.EnvStage: stageName, stage.EnvTables: w.name(), stage.EnvDefaultFormat: string(w.format),
		stage.EnvMasterKeySecret: masterARN, stage.EnvAdminKeySecret: adminARN,
		stage.EnvAttemptsQueueURL: w.cloud.URL() + "/000000000000/attempts", stage.EnvAttemptsQueueARN: "arn:aws:sqs" + arnBase + "attempts",
		stage.EnvWorkQueueURL:   w.cloud.URL() + "/000000000000/work",
		stage.EnvDeadLettersURL: w.cloud.URL() + "/000000000000/dead-letters", stage.EnvDeadLettersARN: "arn:aws:sqs" + arnBase + "dead-letters",
		stage.EnvFeedbackRole: "arn:aws:iam::000000000000:role/feedback", stage.EnvReportsFunction: "arn:aws:lambda" + arnBase + "function:reports",
		stage.EnvLogRetention: "14",
	}
}

func (w *world) name() string { return stageName + "-" + strings.ReplaceAll(string(w.format), "-", "") }

// openTables makes the tables and follows the log's stream.
func (w *world) openTables(ctx context.Context, db *local.Server) error {
	w.tables = dynamo.New(dynamo.Options{
		AWS: db.Config(), LogTable: w.name() + "-log", KeysTable: w.name() + "-keys", ViewsTable: w.name() + "-views",
	})
	if err := w.tables.CreateTables(ctx); err != nil {
		return err
	}
	pump := w.tables.NewPump(dynamo.PumpOptions{
		Reader: "cost", Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Handle: func(_ context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.stream = append(w.stream, e.Records...)
			return events.DynamoDBEventResponse{}, nil
		},
		Lost: func(context.Context) error { return errors.New("the stream has lost something") },
	})
	w.background(ctx, pump.Run)
	return nil
}

// openSNS opens the local SNS, whose status records are kept for the role reports.
func (w *world) openSNS(ctx context.Context, dir string) (err error) {
	w.sns, err = snslocal.Open(snslocal.Options{
		Dir: dir, PublicURL: "http://127.0.0.1:1", Now: time.Now, Random: rand.Reader, Limits: snslocal.Limits{SubscribesPerSecond: 10_000},
		Status: func(_ context.Context, record []byte) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.records = append(w.records, bytes.Clone(record))
			w.meter.note(func(u *usage) { u.recordBytes += int64(len(record)) + logEventBytes })
			return nil
		},
	})
	if err != nil {
		return fmt.Errorf("open the local SNS: %w", err)
	}
	w.stop = append(w.stop, func() { _ = w.sns.Close() })
	w.background(ctx, w.sns.Run)
	return nil
}

// background runs something until the world is closed.
func (w *world) background(ctx context.Context, run func(context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	w.stop = append(w.stop, func() { cancel(); <-done })
}

// close ends all, what was begun last first.
func (w *world) close() {
	for i := len(w.stop) - 1; i >= 0; i-- {
		w.stop[i]()
	}
}
