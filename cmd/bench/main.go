// Command bench measures WebPlug beside a plain relay on the same machine, and prints figures and ratios. It judges nothing
// in tests: figures move with the machine, the ratios less so.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

func main() {
	runtime.LockOSThread() // children end with the thread that started them, so it must be one that lasts
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	case err != nil:
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is the bench, or one of its roles.
func run(ctx context.Context, args []string, std streams) error {
	if len(args) > 0 {
		switch args[0] {
		case "relay":
			return runRelay(ctx, args[1:], std)
		case "sink":
			return runSink(ctx, args[1:], std)
		case "publish":
			return runPublish(ctx, args[1:], std)
		case "lambda":
			return runLambda(ctx, args[1:], std)
		}
	}
	b, err := parse(args, std)
	if err != nil {
		return err
	}
	return b.run(ctx, std.out)
}

var errUsage = errors.New("bench")

// scenarios are the names that --only takes.
var scenarios = []string{"one", "fanout", "latency", "kill"}

// bench is what the command line asks for.
type bench struct {
	program  string // WebPlug's binary
	only     []string
	quick    bool
	rounds   int
	seconds  int
	kills    int
	profiles string // folder, "" for none
	json     bool
	dir      string // folder of everything temporary
	keep     bool
	progress func(format string, args ...any)

	interrupted func() bool
}

func parse(args []string, std streams) (*bench, error) {
	b := &bench{progress: printer{std.err}.line}
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(std.err)
	only := f.String("only", strings.Join(scenarios, ","), "the scenarios to run")
	f.StringVar(&b.program, "webplug", "bin/webplug", "WebPlug's binary")
	f.BoolVar(&b.quick, "quick", false, "a tenth of everything: a look, no measurement")
	f.IntVar(&b.rounds, "rounds", 3, "rounds of one and fanout; medians are taken")
	f.IntVar(&b.seconds, "seconds", 60, "of latency, for each of the two")
	f.IntVar(&b.kills, "kills", 20, "of kill")
	f.StringVar(&b.profiles, "profile", "", "folder for profiles of WebPlug: CPU and allocations; profiling costs a few per cent")
	f.BoolVar(&b.json, "json", false, "print JSON instead of tables")
	f.StringVar(&b.dir, "dir", os.TempDir(), "where data folders are made: the disk that is measured")
	f.BoolVar(&b.keep, "keep", false, "keep data folders and logs")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	for name := range strings.SplitSeq(*only, ",") {
		if !slices.Contains(scenarios, name) {
			return nil, fmt.Errorf("%w: --only: %q is none of %s", errUsage, name, strings.Join(scenarios, ", "))
		}
		b.only = append(b.only, name)
	}
	if f.NArg() > 0 || b.rounds < 1 || b.seconds < 1 || b.kills < 1 {
		return nil, fmt.Errorf("%w: --rounds, --seconds and --kills are at least 1, and nothing follows the flags", errUsage)
	}
	if b.quick {
		b.rounds, b.seconds, b.kills = 1, min(b.seconds, 6), min(b.kills, 3)
	}
	return b, nil
}

// run runs the scenarios and prints what they came to.
func (b *bench) run(ctx context.Context, out io.Writer) error {
	if _, err := os.Stat(b.program); err != nil {
		return fmt.Errorf("%w: --webplug: %w", errUsage, err)
	}
	if b.profiles != "" {
		if err := os.MkdirAll(b.profiles, 0o750); err != nil {
			return fmt.Errorf("make a folder for profiles: %w", err)
		}
	}
	b.interrupted = func() bool { return ctx.Err() != nil }
	r := newReport()
	var show []interface{ print(io.Writer) }
	for _, name := range b.only {
		p, err := b.scenario(ctx, name, &r)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		show = append(show, p)
	}
	if b.json {
		return json.MarshalWrite(out, r, jsontext.Multiline(true))
	}
	printer{out}.line("%d CPUs, %s, %s/%s", r.CPUs, r.Go, runtime.GOOS, runtime.GOARCH)
	for _, p := range show {
		p.print(out)
	}
	return nil
}

func (b *bench) scenario(ctx context.Context, name string, r *report) (interface{ print(io.Writer) }, error) {
	tenth := 1
	if b.quick {
		tenth = 10
	}
	switch name {
	case "latency":
		l := latency{Rate: 1000, Seconds: b.seconds, slice: 10}
		if b.quick {
			l.slice = 3
		}
		t, err := b.time(ctx, l)
		r.Latency = &t
		return t, err
	case "kill":
		k, err := b.kill(ctx, killing{Kills: b.kills, soonest: killSoonest, latest: killLatest})
		r.Kill = &k
		return k, err
	}
	t := throughput{
		Name: "one", Endpoints: 1, Messages: 40_000 / tenth, warmUp: 4_000 / tenth,
		Goal: goal{Rate: 0.6, CPU: 2.2}, Reach: goal{Rate: 0.7, CPU: 2},
	}
	if name == "fanout" {
		t = throughput{
			Name: "fanout", Endpoints: 10, Messages: 10_000 / tenth, warmUp: 1_000 / tenth,
			Goal: goal{Rate: 0.7, CPU: 1.8}, Reach: goal{Rate: 0.9, CPU: 1.5},
		}
	}
	c, err := b.compare(ctx, t)
	r.Throughput = append(r.Throughput, c)
	return c, err
}

func (b *bench) webPlug() subject { return theWebPlug(b.program, b.profiles != "") }

// open makes a data folder and starts a subject in it, with a sink.
func (b *bench) open(ctx context.Context, s subject, endpoints int) (*rig, error) {
	dir, err := os.MkdirTemp(b.dir, "webplug-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a data folder: %w", err)
	}
	r, err := newRig(ctx, s, dir, endpoints)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", s.name, b.close(dir, err))
	}
	return r, nil
}

// close takes a data folder away, unless it is wanted, or failed says that it tells what went wrong.
func (b *bench) close(dir string, failed error) error {
	if b.keep || failed != nil && !b.interrupted() {
		b.progress("kept: %s", dir)
		return failed
	}
	return errors.Join(failed, os.RemoveAll(dir))
}
