package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/go-json-experiment/json"

	"webplug/cmd/internal/process"
	"webplug/cmd/lambda/cloud"
	"webplug/cmd/lambda/runtimeapi"
	"webplug/domain"
	"webplug/domain/eventlog"
	"webplug/infra/dynamo"
	"webplug/infra/dynamo/local"
	"webplug/infra/stage"
)

// One DynamoDB Local and one build of the program serve all tests; each test has tables of its own.
var (
	dynamoDB = sync.OnceValues(func() (*local.Server, error) {
		return local.Start(context.Background(), local.Options{Progress: func(step string) { fmt.Fprintln(os.Stderr, step) }})
	})
	bootstrap = sync.OnceValues(build)
	worlds    atomic.Int64
	running   atomic.Bool // DynamoDB Local
	seen      = newCallsSeen()
)

// build makes the program as it is deployed, but for this machine.
func build() (string, error) {
	dir, err := os.MkdirTemp("", "webplug-lambda-*")
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "bootstrap")
	command := exec.Command("go", "build", "-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w", "-o", program, ".")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the function: %w: %s", err, output)
	}
	return program, nil
}

func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 {
		code = seen.check()
	}
	if running.Load() {
		if server, err := dynamoDB(); err == nil {
			_ = server.Close()
		}
		if program, err := bootstrap(); err == nil {
			_ = os.RemoveAll(filepath.Dir(program))
		}
	}
	os.Exit(code)
}

// Secrets of the world's stage.
const (
	masterARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:webplug-test-master-AbCdEf"
	adminARN  = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:webplug-test-admin-AbCdEf"
	adminKey  = "wpa_the-admin-key-of-this-test"
)

var masterKey = strings.Repeat("0f", eventlog.MasterKeySize)

// world is a stage: tables, and functions that reach AWS at one endpoint.
type world struct {
	t      *testing.T
	cloud  *cloud.Cloud
	tables string
	store  *dynamo.Store // past the cloud, so that what the test does is no function's call
	log    *eventlog.Log
	output *output

	mu        sync.Mutex
	functions map[stage.Role]*runtimeapi.Function
}

// newWorld makes the tables.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := emptyWorld(t)
	w.must(w.store.CreateTables(t.Context()))
	sealer, err := process.Sealer(t.Context(), w.store, bytes.Repeat([]byte{0x0f}, eventlog.MasterKeySize), rand.Reader, func(context.Context) (bool, error) { return true, nil })
	w.must(err)
	w.log = eventlog.New(w.store, domain.Events(), sealer, time.Now, process.NewIDs(time.Now))
	return w
}

// emptyWorld has no tables.
func emptyWorld(t *testing.T) *world {
	t.Helper()
	running.Store(true)
	server, err := dynamoDB()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, cloud: cloud.New(), tables: fmt.Sprintf("w%d", worlds.Add(1)), functions: map[stage.Role]*runtimeapi.Function{}, output: &output{}}
	t.Cleanup(w.close)
	behind, err := cloud.Behind(server.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	w.cloud.Serve("dynamodb", behind)
	w.cloud.Serve("secretsmanager", cloud.Secrets{masterARN: masterKey, adminARN: adminKey})
	w.cloud.Serve("logs", cloud.Agreeable{})
	w.store = dynamo.New(dynamo.Options{
		AWS: server.Config(), LogTable: w.tables + "-log", KeysTable: w.tables + "-keys", ViewsTable: w.tables + "-views",
	})
	return w
}

func (w *world) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range w.functions {
		_ = f.Close()
	}
	seen.note(w.tables, w.cloud.Calls())
	w.cloud.Close()
	if w.t.Failed() {
		w.t.Log(w.output.String())
	}
}

// environment is what the stack sets for a role. changes replace variables; an empty value takes one away.
func (w *world) environment(r stage.Role, changes map[string]string) []string {
	e := map[string]string{
		"PATH": os.Getenv("PATH"), "AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": w.cloud.URL(),
		"AWS_ACCESS_KEY_ID": "AKIA" + strings.ToUpper(string(r)), "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true",
		stage.EnvRole: string(r), stage.EnvStage: "test", stage.EnvTables: w.tables, stage.EnvDefaultFormat: string(domain.SNS),
		stage.EnvMasterKeySecret: masterARN, stage.EnvAdminKeySecret: adminARN,
		stage.EnvAttemptsQueueURL: w.cloud.URL() + "/123456789012/webplug-test-attempts",
		stage.EnvAttemptsQueueARN: "arn:aws:sqs:eu-central-1:123456789012:webplug-test-attempts",
		stage.EnvWorkQueueURL:     w.cloud.URL() + "/123456789012/webplug-test-work",
		stage.EnvDeadLettersURL:   w.cloud.URL() + "/123456789012/webplug-test-dead-letters",
		stage.EnvDeadLettersARN:   "arn:aws:sqs:eu-central-1:123456789012:webplug-test-dead-letters",
		stage.EnvFeedbackRole:     "arn:aws:iam::123456789012:role/webplug-test-feedback",
		stage.EnvReportsFunction:  "arn:aws:lambda:eu-central-1:123456789012:function:webplug-test-reports",
		stage.EnvLogRetention:     "14",
	}
	if r == stage.Views { // the stack gives no role what it does not need
		delete(e, stage.EnvMasterKeySecret)
	}
	maps.Copy(e, changes)
	var out []string
	for k, v := range e {
		if v != "" {
			out = append(out, k+"="+v)
		}
	}
	return out
}

// function gives a role's function.
func (w *world) function(r stage.Role) *runtimeapi.Function {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.functions[r] == nil {
		w.functions[r] = w.functionLike(r, nil, time.Minute)
	}
	return w.functions[r]
}

// functionLike makes a further function of a role.
func (w *world) functionLike(r stage.Role, changes map[string]string, timeout time.Duration) *runtimeapi.Function {
	w.t.Helper()
	program, err := bootstrap()
	if err != nil {
		w.t.Fatal(err)
	}
	f, err := runtimeapi.New(runtimeapi.Options{Program: program, Env: w.environment(r, changes), Timeout: timeout, Log: w.output})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = f.Close() })
	return f
}

// invoke hands an event to a role and reads its answer.
func (w *world) invoke(r stage.Role, event, answer any) {
	w.t.Helper()
	if err := invokeAs(w.t.Context(), w.function(r), event, answer); err != nil {
		w.t.Fatalf("%s: %v", r, err)
	}
}

func invokeAs(ctx context.Context, f *runtimeapi.Function, event, answer any) error {
	text, ok := event.([]byte)
	if !ok {
		var err error
		if text, err = json.Marshal(event); err != nil {
			return err
		}
	}
	body, err := f.Invoke(ctx, text)
	if err != nil || answer == nil {
		return err
	}
	return json.Unmarshal(body, answer)
}

// stream hands what comes on the log's stream to the role views, until the test ends, as Lambda does.
func (w *world) stream() {
	w.t.Helper()
	f := w.function(stage.Views)
	ctx, stop := context.WithCancel(context.Background())
	pump := w.store.NewPump(dynamo.PumpOptions{
		Reader: "test", Logger: slog.New(slog.NewTextHandler(w.output, nil)),
		Handle: func(ctx context.Context, e events.DynamoDBEvent) (answer events.DynamoDBEventResponse, err error) {
			err = invokeAs(ctx, f, e, &answer)
			return answer, err
		},
		Lost: func(context.Context) error { return nil },
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		pump.Run(ctx)
	}()
	w.t.Cleanup(func() { stop(); <-done })
}

// batch gives what the log's stream has, as one event of Lambda's.
func (w *world) batch() events.DynamoDBEvent {
	w.t.Helper()
	var all events.DynamoDBEvent
	ctx, stop := context.WithCancel(w.t.Context())
	defer stop()
	first := true
	pump := w.store.NewPump(dynamo.PumpOptions{
		Reader: fmt.Sprintf("batch-%d", worlds.Add(1)), Logger: slog.New(slog.DiscardHandler),
		Handle: func(_ context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
			all.Records = append(all.Records, e.Records...)
			if first { // all that is there lies in one answer of the stream's
				first = false
				stop()
			}
			return events.DynamoDBEventResponse{}, nil
		},
		Lost: func(context.Context) error { return nil },
	})
	pump.Run(ctx)
	return all
}

// answer is what the API answers.
type answer struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
	IsBase64   bool              `json:"isBase64Encoded"`
}

// ask calls the API as an HTTP API does, payload version 2.0.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
func (w *world) ask(method, path, body string, headers ...string) answer {
	w.t.Helper()
	a, err := w.tryAsk(w.function(stage.API), method, path, body, headers...)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func (w *world) tryAsk(f *runtimeapi.Function, method, path, body string, headers ...string) (a answer, err error) {
	raw, query, _ := strings.Cut(path, "?")
	h := map[string]string{"host": "api.example.com", "authorization": "Bearer " + adminKey, "x-forwarded-for": "203.0.113.7", "accept-encoding": "gzip, br"}
	if body != "" {
		h["content-type"] = "application/json"
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		h[strings.ToLower(name)] = value
	}
	e := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: "$default", RawPath: raw, RawQueryString: query, Headers: h, Body: body,
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: "$default", AccountID: "123456789012", Stage: "$default", RequestID: "JKJaXmPLvHcESHA=", APIID: "r3pmxmplak",
			DomainName: "api.example.com", DomainPrefix: "api", Time: "24/Nov/2026:16:00:00 +0000", TimeEpoch: time.Now().UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: method, Path: raw, Protocol: "HTTP/1.1", SourceIP: "203.0.113.7", UserAgent: "test",
			},
		},
	}
	return a, invokeAs(w.t.Context(), f, e, &a)
}

// do calls the API, wants a status and reads the answer.
func (w *world) do(status int, method, path, body string, headers ...string) map[string]any {
	w.t.Helper()
	a := w.ask(method, path, body, headers...)
	if a.StatusCode != status {
		w.t.Fatalf("%s %s: %d, not %d: %s", method, path, a.StatusCode, status, a.Body)
	}
	var out map[string]any
	if a.Body != "" {
		if err := json.Unmarshal([]byte(a.Body), &out); err != nil {
			w.t.Fatalf("%s %s: %v in %s", method, path, err, a.Body)
		}
	}
	return out
}

// until asks again and again, for half a minute at most.
func (w *world) until(what string, there func() bool) {
	w.t.Helper()
	for end := time.Now().Add(30 * time.Second); !there(); {
		if time.Now().After(end) {
			w.t.Fatalf("still not: %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// output keeps what functions write.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String is all of it.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// says whether functions wrote a text.
func (o *output) says(text string) bool { return strings.Contains(o.String(), text) }
