// Command cost measures what a delivered webhook costs in AWS: it runs the Lambda binary's functions on this machine, behind
// a Lambda Runtime API, with DynamoDB Local and the local SNS, counts what AWS would bill, and multiplies by list prices.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"webplug/domain"
	"webplug/infra/dynamo/local"
	"webplug/infra/stage"
)

// goals are the dollars that a million may cost at full batches, published one by one.
var goals = map[domain.Format]float64{domain.SNS: 7, domain.StandardWebhooks: 6}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	webhooks := flag.Int("webhooks", 1000, "at full load; a multiple of 100")
	slow := flag.Int("slow", 40, "webhooks at one message a second")
	users := flag.Int("users", 100, "users, with an endpoint each")
	details := flag.Bool("details", false, "also DynamoDB's units by role, call and table")
	only := flag.String("format", "", "only this format")
	flag.Parse()
	if *webhooks < 100 || *webhooks%100 != 0 {
		return errors.New("--webhooks is a multiple of 100")
	}
	dir, err := os.MkdirTemp("", "webplug-cost-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program := filepath.Join(dir, "bootstrap")
	build := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w -X main.loopbackEndpoints=yes", "-o", program, "webplug/cmd/lambda")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the functions: %w\n%s", err, text)
	}
	db, err := local.Start(ctx, local.Options{Progress: func(step string) { fmt.Fprintln(os.Stderr, step) }})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, _ = fmt.Fprintln(os.Stdout, assumptions(*webhooks, *slow, *users))
	var tooDear error
	for _, format := range []domain.Format{domain.SNS, domain.StandardWebhooks} {
		if *only != "" && *only != string(format) {
			continue
		}
		all, err := measure(ctx, program, dir, db, format, *users, []load{
			{"full batches", 1, true, *webhooks}, {"and 100 a request", 100, true, *webhooks}, {"1 message/s", 1, false, *slow},
		})
		if err != nil {
			return fmt.Errorf("format %s: %w", format, err)
		}
		report(os.Stdout, string(format), all, *details)
		if cost := total(all[0].used.bill(all[0].load.webhooks)); cost >= goals[format] {
			tooDear = errors.Join(tooDear, fmt.Errorf("a million webhooks of format %s cost $%.2f at full batches; the goal is under $%g", format, cost, goals[format]))
		}
	}
	_, _ = fmt.Fprintln(os.Stdout, "\n"+months(alarmsOfTheStack, secretsOfTheStack, metricsOfTheStack))
	return tooDear
}

// What the stack has (infra/cdk).
const (
	alarmsOfTheStack  = 24
	secretsOfTheStack = 2
	metricsOfTheStack = 2
)

// warm is how many webhooks come before those that are counted.
const warm = 100

// measure sets a stage up and puts each load on it.
func measure(ctx context.Context, program, dir string, db *local.Server, format domain.Format, users int, loads []load) ([]measured, error) {
	begun := time.Now()
	w, err := newWorld(ctx, program, dir, db, format)
	if err != nil {
		return nil, err
	}
	defer w.close()
	if err := w.setUp(ctx, users); err != nil {
		return nil, fmt.Errorf("set up: %w", err)
	}
	fmt.Fprintf(os.Stderr, "format %s: %d endpoints stand after %.0f s\n", format, users, time.Since(begun).Seconds())
	from := 0
	for range 2 { // the second time a process publishes that has seen what the first led to
		if err := w.warmUp(ctx, from, max(warm, users)); err != nil {
			return nil, fmt.Errorf("warm up: %w", err)
		}
		from += max(warm, users)
		w.functions[stage.Dispatch].run.Kill()
	}
	if err := w.warmUp(ctx, from, warm); err != nil {
		return nil, fmt.Errorf("warm up: %w", err)
	}
	from += warm
	var out []measured
	for _, l := range loads {
		used, err := w.measure(ctx, l, from)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.name, err)
		}
		from += l.webhooks
		out = append(out, measured{l, used})
		fmt.Fprintf(os.Stderr, "format %s, %s: done after %.0f s\n", format, l.name, time.Since(begun).Seconds())
	}
	return out, nil
}
