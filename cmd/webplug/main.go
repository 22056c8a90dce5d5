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
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit codes of every command.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// commands are the constructors of all commands; a further one is a line here.
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
	root := &cobra.Command{
		Use:           "webplug",
		Short:         "Webhooks as a service: publish once, and every subscribed endpoint gets it",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	began := false // until then it is the command line that is wrong
	for _, construct := range commands() {
		c := construct()
		markBegin(c, &began)
		root.AddCommand(c)
	}
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)

	c, err := root.ExecuteContextC(ctx)
	var wrong usageError
	switch {
	case err == nil:
		return exitDone
	case !began || errors.As(err, &wrong):
		_, _ = fmt.Fprintf(stderr, "webplug: %v\nsee: %s --help\n", err, c.CommandPath())
		return exitUsage
	default:
		sentence := strings.Join(strings.Split(strings.TrimSpace(err.Error()), "\n"), "; ") // joined errors come in lines
		_, _ = fmt.Fprintf(stderr, "webplug: %s\n", sentence)
		return exitFailed
	}
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
