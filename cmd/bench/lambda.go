package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"webplug/cmd/lambda/cloud"
	"webplug/cmd/lambda/runtimeapi"
	"webplug/domain/eventlog"
	"webplug/infra/dynamo"
	"webplug/infra/dynamo/local"
	"webplug/infra/stage"
)

// coldStarts is how often each role is started.
const coldStarts = 9

// runLambda measures how long the functions' program takes from its start to its first answer, behind a Runtime API server,
// with DynamoDB Local where DynamoDB is: the machine's part of a cold start, without Lambda's own.
func runLambda(ctx context.Context, args []string, std streams) error {
	flags := flag.NewFlagSet("bench lambda", flag.ContinueOnError)
	flags.SetOutput(std.err)
	program := flags.String("program", "bin/lambda/host", "the functions' program, for this machine")
	archive := flags.String("package", "bin/lambda.zip", "what is deployed")
	if err := flags.Parse(args); err != nil {
		return errors.Join(errUsage, err)
	}
	server, err := local.Start(ctx, local.Options{Progress: func(step string) { _, _ = fmt.Fprintln(std.err, step) }})
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	aws := cloud.New()
	defer aws.Close()
	behind, err := cloud.Behind(server.Endpoint())
	if err != nil {
		return err
	}
	aws.Serve("dynamodb", behind)
	aws.Serve("secretsmanager", cloud.Secrets{"master": strings.Repeat("0f", eventlog.MasterKeySize), "admin": "wpa_bench"})
	store := dynamo.New(dynamo.Options{AWS: server.Config(), LogTable: "bench-log", KeysTable: "bench-keys", ViewsTable: "bench-views"})
	if err := store.CreateTables(ctx); err != nil {
		return err
	}
	events := map[stage.Role]string{
		stage.API:   `{"version":"2.0","rawPath":"/readyz","headers":{},"requestContext":{"http":{"method":"GET","path":"/readyz","sourceIp":"203.0.113.7"}}}`,
		stage.Views: `{"Records":[]}`, stage.Queue: `{"Records":[]}`,
	}
	for _, role := range []stage.Role{stage.API, stage.Views, stage.Queue} {
		times, err := coldStart(ctx, *program, aws.URL(), role, []byte(events[role]))
		if err != nil {
			return fmt.Errorf("start the role %s: %w", role, err)
		}
		_, _ = fmt.Fprintf(std.out, "cold start of %-8s median %4d ms, slowest %4d ms\n", role, times[len(times)/2].Milliseconds(), times[len(times)-1].Milliseconds())
	}
	if info, err := os.Stat(*archive); err == nil {
		_, _ = fmt.Fprintf(std.out, "package of the functions %.1f MB (%s)\n", float64(info.Size())/1e6, *archive)
	}
	return nil
}

// coldStart starts a role again and again, and gives how long each took from its start to its first answer, in order.
func coldStart(ctx context.Context, program, endpoint string, role stage.Role, event []byte) ([]time.Duration, error) {
	f, err := runtimeapi.New(runtimeapi.Options{Program: program, Log: os.Stderr, Env: []string{
		"AWS_REGION=eu-central-1", "AWS_ENDPOINT_URL=" + endpoint, "AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=bench",
		stage.EnvRole + "=" + string(role), stage.EnvStage + "=bench", stage.EnvTables + "=bench", stage.EnvDefaultFormat + "=sns",
		stage.EnvMasterKeySecret + "=master", stage.EnvAdminKeySecret + "=admin", stage.EnvAttemptsQueueURL + "=" + endpoint + "/1/attempts",
	}})
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var times []time.Duration
	for range coldStarts {
		began := time.Now()
		if _, err := f.Invoke(ctx, event); err != nil {
			return nil, err
		}
		times = append(times, time.Since(began))
		f.Kill()
	}
	slices.Sort(times)
	return times, nil
}
