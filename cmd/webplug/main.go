// Command webplug is the whole product in one binary. Each command has a file of its own; this one only starts them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"webplug/cmd/webplug/cli"
)

// Exit codes.
const (
	exitDone   = cli.ExitDone
	exitFailed = cli.ExitFailed
	exitUsage  = cli.ExitUsage
)

// commands are the constructors of those that run WebPlug; a further one is a line here. What uses a running one is in cli.
func commands() []func() *cobra.Command {
	return []func() *cobra.Command{
		serveCommand,
		devCommand,
		receiveCommand,
		versionCommand,
	}
}

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run carries out a command line. SIGINT and SIGTERM ask it to end in good order; a second one ends it at once.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	// Libraries write there what others sent, as net/http's client does with what comes unasked. What WebPlug has
	// to say it says by slog.
	log.SetOutput(io.Discard)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return execute(ctx, args, stdin, stdout, stderr)
}

// execute carries out a command line until it is done or ctx ends, and answers the exit code.
func execute(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	began := false // until then it is the command line that is wrong
	for _, c := range root.Commands() {
		markBegin(c, &began)
	}
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)

	c, err := root.ExecuteContextC(ctx)
	var wrong usageError
	code := cli.ExitCode(err, !began || errors.As(err, &wrong))
	if err != nil {
		cli.Report(c, args, err, code, stderr)
	}
	return code
}

// newRoot is the command of all commands.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "webplug",
		Short:         "Webhooks as a service: publish once, and every subscribed endpoint gets it",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	for _, construct := range commands() {
		root.AddCommand(construct())
	}
	cli.Add(root, version)
	return root
}

// markBegin notes when a command, or one beneath it, begins to do its work.
func markBegin(c *cobra.Command, began *bool) {
	if do := c.RunE; do != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			*began = true
			return do(c, args)
		}
	}
	for _, beneath := range c.Commands() {
		markBegin(beneath, began)
	}
}

// usageError says that the command line or the environment is wrong, for what only the command itself can tell.
type usageError struct{ message string }

func (e usageError) Error() string { return e.message }

func usage(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }
