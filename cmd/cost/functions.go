package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"webplug/cmd/lambda/runtimeapi"
	"webplug/infra/stage"
)

// memory is what the stack gives to each function, in MB (infra/cdk/functions.go).
func memory(r stage.Role) float64 {
	if r == stage.API {
		return 1024
	}
	return 512
}

// function is one role's, as it runs in AWS.
type function struct {
	role  stage.Role
	run   *runtimeapi.Function
	log   *logBytes
	meter *meter
}

// logBytes counts what a function writes as CloudWatch Logs does, and keeps the end of it for who looks for a mistake.
type logBytes struct {
	mu    sync.Mutex
	bytes int64
	last  []byte
}

// Write counts.
func (l *logBytes) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bytes += int64(len(p) + bytes.Count(p, []byte("\n"))*logEventBytes)
	l.last = append(l.last, p...)
	l.last = l.last[max(0, len(l.last)-4000):]
	return len(p), nil
}

func (l *logBytes) take() (n int64, last string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, l.bytes = l.bytes, 0
	return n, string(l.last)
}

func newFunction(program string, r stage.Role, env map[string]string, m *meter) (*function, error) {
	f := &function{role: r, log: &logBytes{}, meter: m}
	var all []string
	for name, value := range env {
		all = append(all, name+"="+value)
	}
	all = append(all, "PATH="+os.Getenv("PATH"), stage.EnvRole+"="+string(r), "AWS_ACCESS_KEY_ID=AKIA"+strings.ToUpper(string(r)))
	var err error
	f.run, err = runtimeapi.New(runtimeapi.Options{Program: program, Env: all, Timeout: time.Minute, Log: f.log})
	return f, err
}

// invoke hands an event to the function, and notes what that took.
func (f *function) invoke(ctx context.Context, event, answer any) error {
	text, err := json.Marshal(event)
	if err != nil {
		return err
	}
	f.meter.inARow(f.role) // what a start asked for is no invocation's
	var before time.Duration
	if pid := f.run.PID(); pid != 0 {
		if before, err = cpuOf(pid); err != nil {
			return err
		}
	}
	f.log.take()
	body, err := f.run.Invoke(ctx, text)
	if err != nil {
		_, last := f.log.take()
		return fmt.Errorf("the role %s: %w\n%s", f.role, err, last)
	}
	after, err := cpuOf(f.run.PID())
	if err != nil {
		return err
	}
	waits := f.meter.inARow(f.role)
	written, _ := f.log.take()
	f.meter.note(func(u *usage) {
		of := u.of(f.role)
		of.invocations++
		of.cpu += after - before
		of.waits += waits
		of.logBytes += written
	})
	if answer == nil {
		return nil
	}
	return json.Unmarshal(body, answer)
}

// refused reads which records of a batch are not done: in a measurement that is a mistake.
func (f *function) batch(ctx context.Context, event any) error {
	var answer struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if err := f.invoke(ctx, event, &answer); err != nil {
		return err
	}
	if n := len(answer.BatchItemFailures); n > 0 {
		_, last := f.log.take()
		return fmt.Errorf("the role %s has not done %d records of a batch\n%s", f.role, n, last)
	}
	return nil
}
