package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"webplug/cmd/webplug/envelope"
	"webplug/cmd/webplug/output"
	"webplug/domain"
)

const receiveHelp = `Runs a small endpoint that shows each webhook it gets: when it came, its type and id, whether its signature is valid,
whether it is a repeat (a webhook-id that came before), what was answered, and its body.

What Amazon SNS sends (format sns) is checked with SNS's own certificate, handshakes are confirmed by themselves, and the
webhook is shown out of its envelope. Certificates and links are fetched from AWS and from this machine alone.

It takes a POST on any path. It answers the same status whether or not the signature is valid; any but 204 with a short
text, to be found again in the delivery's history.

Environment:
  WEBPLUG_RECEIVE_SECRET  secrets as --secret, separated by spaces
  NO_COLOR                no colours, whatever the terminal can do

Exit codes: 0 it was asked to end and did; 1 it failed; 2 the command line is wrong.`

// receiving is what receive takes from flags and environment.
type receiving struct {
	addr      string
	secrets   []string
	status    int
	failFirst int
	delay     time.Duration
	output    string
	noConfirm bool
}

func receiveCommand() *cobra.Command {
	var r receiving
	c := &cobra.Command{
		Use: "receive", Short: "Run a small endpoint that shows the webhooks it gets", Long: receiveHelp, Args: cobra.NoArgs,
		Example: "  webplug receive --secret whsec_…\n  webplug receive --fail-first 2 --delay 1s\n  webplug receive --output json | jq .body",
		RunE: func(c *cobra.Command, _ []string) error {
			return r.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVar(&r.addr, "addr", "127.0.0.1:9999", "where to listen; port 0 takes any that is free")
	f.StringArrayVar(&r.secrets, "secret", nil, "a secret, whsec_…, to check signatures with; may be repeated")
	f.IntVar(&r.status, "status", http.StatusNoContent, "the status to answer")
	f.IntVar(&r.failFirst, "fail-first", 0, "answer the first n requests with 503")
	f.DurationVar(&r.delay, "delay", 0, "how long to wait before each answer")
	f.BoolVar(&r.noConfirm, "no-confirm", false, "leave handshakes of SNS to somebody else, and show the token")
	f.StringVar(&r.output, "output", "text", "text, or json with one line for each webhook")
	return c
}

// verifiers makes one of each secret.
func (r receiving) verifiers() ([]*standardwebhooks.Webhook, error) {
	secrets, from := r.secrets, "--secret"
	if len(secrets) == 0 {
		secrets, from = strings.Fields(os.Getenv("WEBPLUG_RECEIVE_SECRET")), "WEBPLUG_RECEIVE_SECRET"
	}
	verifiers := make([]*standardwebhooks.Webhook, 0, len(secrets))
	for _, text := range secrets {
		secret, err := domain.ParseSecret(text)
		if err != nil {
			return nil, usage("%s: %v", from, err)
		}
		verifier, err := standardwebhooks.NewWebhookRaw(secret)
		if err != nil {
			return nil, fmt.Errorf("take a secret: %w", err)
		}
		verifiers = append(verifiers, verifier)
	}
	return verifiers, nil
}

func (r receiving) check() error {
	switch {
	case r.status < 200 || r.status > 599:
		return usage("--status: %d is not of 200 to 599", r.status)
	case r.failFirst < 0:
		return usage("--fail-first: %d is negative", r.failFirst)
	case r.delay < 0:
		return usage("--delay: %v is negative", r.delay)
	case r.output != "text" && r.output != "json":
		return usage("--output: %q is neither text nor json", r.output)
	}
	return nil
}

// run receives until ctx ends. In text everything is for people and goes to stdout; as JSON stdout has webhooks alone.
func (r receiving) run(ctx context.Context, stdout, stderr io.Writer) error {
	if err := r.check(); err != nil {
		return err
	}
	verifiers, err := r.verifiers()
	if err != nil {
		return err
	}
	listener, err := listen(ctx, r.addr, "--addr")
	if err != nil {
		return err
	}
	show, notes := showJSON(stdout), stderr
	if r.output == "text" {
		show, notes = showText(stdout, output.PaletteFor(stdout)), stdout
	}
	in := &inbox{
		verifiers: verifiers, status: r.status, failures: r.failFirst, delay: r.delay,
		sns: envelope.NewKeys(), unconfirmed: r.noConfirm, now: time.Now, show: show, end: ctx.Done(),
	}
	server := &http.Server{Handler: in, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	checked := "signatures are not checked: no --secret was given"
	if n := len(verifiers); n > 0 {
		checked = "signatures are checked with " + counted(n, "secret")
	}
	_, _ = fmt.Fprintf(notes, "listening on http://%s\n%s\n", listener.Addr(), checked)

	select {
	case err = <-served:
		return fmt.Errorf("receive on %s: %w", r.addr, err)
	case <-ctx.Done():
	}
	finishing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err = server.Shutdown(finishing); errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	_, _ = fmt.Fprintln(notes, in.summary())
	if err != nil {
		return fmt.Errorf("end receiving: %w", err)
	}
	return nil
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
