package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/go-json-experiment/json"
)

// child is a process that the bench started.
type child struct {
	name  string
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Reader // its output
	log   string        // file of its errors
	gone  chan struct{} // closed when it has ended
	err   error         // how it ended, once gone is closed
	asked atomic.Bool   // it was told to end, so its end is no failure
}

// startChild starts a process. Its errors go into a file of dir.
func startChild(dir, name, program string, args, env []string) (*child, error) {
	c := &child{name: name, cmd: exec.Command(program, args...), log: filepath.Join(dir, name+".log"), gone: make(chan struct{})} //nolint:noctx // it is ended by stop and kill
	logs, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer func() { _ = logs.Close() }() // the child has its own
	c.cmd.Stderr, c.cmd.Env, c.cmd.SysProcAttr = logs, append(os.Environ(), env...), endWithParent()
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	// Not StdoutPipe: Wait would close it before the last line is read.
	output, input, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	c.cmd.Stdout, c.lines = input, bufio.NewReader(output)
	err = c.cmd.Start()
	if err = errors.Join(err, input.Close()); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, errors.Join(err, output.Close()))
	}
	go func() {
		c.err = c.cmd.Wait()
		close(c.gone)
	}()
	return c, nil
}

// role starts one of the bench's own processes and waits until it is ready.
func startRole(dir, role string, args ...string) (*child, ready, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, ready{}, fmt.Errorf("find this program: %w", err)
	}
	c, err := startChild(dir, role, self, append([]string{role}, args...), nil)
	if err != nil {
		return nil, ready{}, err
	}
	var r ready
	if err := c.hear(&r); err != nil {
		return nil, r, errors.Join(err, c.kill())
	}
	return c, r, nil
}

// hear reads one line of a child's output.
func (c *child) hear(v any) error {
	line, err := c.lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("%s said nothing: %w", c.name, c.failure())
	}
	if err := json.Unmarshal(line, v); err != nil {
		return fmt.Errorf("%s said %.200q: %w", c.name, line, err)
	}
	return nil
}

// failure says how a child ended, with the end of what it logged.
func (c *child) failure() error {
	select {
	case <-c.gone:
	case <-time.After(time.Second): // its output ended before it
		return errors.New("no more output")
	}
	logs, err := os.ReadFile(c.log)
	if err != nil {
		return errors.Join(c.err, err)
	}
	return fmt.Errorf("%w; its log ends: %s", errors.Join(errEnded, c.err), logs[max(0, len(logs)-2000):])
}

var errEnded = errors.New("it ended")

// watch ends a context when the child ends unasked.
func (c *child) watch(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-c.gone:
			if !c.asked.Load() {
				cancel(fmt.Errorf("%s: %w", c.name, c.failure()))
			}
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// endingTakes is how long a child may take to end when asked.
const endingTakes = 30 * time.Second

// stop asks the child to end and waits for it.
func (c *child) stop() error {
	c.asked.Store(true)
	_ = c.in.Close() // ends the bench's own
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end %s: %w", c.name, err)
	}
	select {
	case <-c.gone:
		return nil
	case <-time.After(endingTakes):
		return errors.Join(fmt.Errorf("%s does not end within %s", c.name, endingTakes), c.kill())
	}
}

// kill ends the child without a chance to finish anything.
func (c *child) kill() error {
	c.asked.Store(true)
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s: %w", c.name, err)
	}
	<-c.gone
	return nil
}

// usage is what a process has cost.
type usage struct {
	cpu  time.Duration
	peak int64 // bytes
}

func (c *child) usage() (usage, error) {
	cpu, err := cpuOf(c.cmd.Process.Pid)
	peak, err2 := peakOf(c.cmd.Process.Pid)
	return usage{cpu, peak}, errors.Join(err, err2)
}
