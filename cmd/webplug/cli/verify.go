package cli

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"webplug/cmd/webplug/output"
	"webplug/domain"
)

const verifyHelp = `Checks the signature of a webhook by Standard Webhooks, and says why it is not valid: a header is missing, the timestamp is
not of now, the body was altered on its way, or the secret is another one. The body comes from @FILE or stdin, byte for byte.
What Amazon SNS posts (format sns) is known by its envelope, and checked with SNS's own certificate, without a secret: wrong
are a certificate that lies elsewhere than at AWS or on this machine, an unknown version, a changed envelope, an old one.

  webplug verify @body.json --secret whsec_… --header 'webhook-id: msg_…' --header 'webhook-timestamp: 1763981558' \
    --header 'webhook-signature: v1,…'

With --endpoint-id the secret comes from the server (the key needs the scope secrets), and the body is compared with what was
sent. Without it no server is needed. Exit code 1 says that the signature is not valid.`

// verifying is what verify takes.
type verifying struct {
	secrets, headers []string
	headerFile       string
	endpoint, at     string
	tolerance        time.Duration
	tolerant         bool // --tolerance was given
}

func (a *app) verifyCommand() *cobra.Command {
	var v verifying
	c := &cobra.Command{
		Use: "verify [BODY|@FILE|-]", Short: "Check a webhook's signature, and say why it fails", Long: verifyHelp,
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		v.tolerant = c.Flags().Changed("tolerance")
		if v.endpoint != "" {
			return a.run(v.run)(c, args)
		}
		s, err := a.local(c)
		if err != nil {
			return err
		}
		return v.run(s, args)
	}
	f := c.Flags()
	f.StringArrayVar(&v.secrets, "secret", nil, "a secret, whsec_…, or @FILE with one; may be repeated")
	f.StringArrayVarP(&v.headers, "header", "H", nil, "a header, 'name: value'; may be repeated")
	f.StringVar(&v.headerFile, "headers", "", "@FILE with a header a line")
	f.StringVar(&v.endpoint, "endpoint-id", "", "take the secret of this endpoint, by id or URL, from the server")
	f.DurationVar(&v.tolerance, "tolerance", 5*time.Minute, "how old the timestamp may be; 75m of SNS, which tries for an hour with the first one")
	f.StringVar(&v.at, "at", "", "when it was received; now if it is left out")
	return c
}

func (v verifying) run(s *session, args []string) error {
	r, err := v.received(s, args)
	if err != nil {
		return err
	}
	if verdict, known := v.ofSNS(s, r); known {
		return s.showVerdict(verdict)
	}
	if v.endpoint != "" {
		if err := v.ask(s, &r); err != nil {
			return err
		}
	}
	if len(r.secrets) == 0 {
		return usage("no secret is given: --secret whsec_…, or --endpoint-id EP for the server's")
	}
	return s.showVerdict(r.judge())
}

func (v verifying) received(s *session, args []string) (received, error) {
	if v.tolerance < 0 {
		return received{}, usage("--tolerance: %s is negative", v.tolerance)
	}
	r := received{headers: http.Header{}, tolerance: v.tolerance, at: time.Now()}
	body := "-"
	if len(args) == 1 {
		body = args[0]
	} else if s.atTerminal() {
		return r, usage("the body is missing: give @FILE, or - for stdin")
	}
	var err error
	if r.body, err = readArgument("the body", body, s.in); err != nil {
		return r, err
	}
	lines := v.headers
	if v.headerFile != "" {
		text, err := readArgument("--headers", v.headerFile, s.in)
		if err != nil {
			return r, err
		}
		lines = append(lines, strings.Split(string(text), "\n")...)
	}
	for _, l := range lines {
		name, value, ok := strings.Cut(l, ":")
		switch {
		case ok:
			r.headers.Add(strings.TrimSpace(name), strings.TrimSpace(value))
		case strings.TrimSpace(l) != "" && v.headerFile == "":
			return r, usage("--header: %q is not 'name: value'", output.Line(l, 80))
		}
	}
	if v.at != "" {
		if r.at, err = parseTime(v.at, time.Now()); err != nil {
			return r, usage("--at: %s", err.Error())
		}
	}
	return r, v.givenSecrets(s, &r)
}

func (v verifying) givenSecrets(s *session, r *received) error {
	for _, given := range v.secrets {
		content := []byte(given)
		if strings.HasPrefix(given, "@") {
			var err error
			if content, err = readArgument("--secret", given, s.in); err != nil {
				return err
			}
		}
		secret, err := domain.ParseSecret(string(trimSpace(content)))
		if err != nil {
			return usage("--secret: %s", err.Error())
		}
		r.secrets = append(r.secrets, secret)
	}
	return nil
}

// ask takes the secret from the server, and the message that the webhook says it is.
func (v verifying) ask(s *session, r *received) error {
	endpoint, err := s.endpointID(v.endpoint)
	if err != nil {
		return err
	}
	path, err := s.within("endpoints", endpoint, "secret")
	if err != nil {
		return err
	}
	answer, err := s.Get(s.ctx, path)
	if err != nil {
		return err
	}
	secret, err := domain.ParseSecret(output.Plain(output.Find(answer, "secret")))
	if err != nil {
		return failed("the server's answer has no secret: %s", err.Error())
	}
	r.secrets, r.sure = append(r.secrets, secret), true
	id := r.headers.Get(headerID)
	if !strings.HasPrefix(id, "msg_") {
		return nil
	}
	message, err := s.message(id)
	if ExitCode(err, false) == ExitNotFound {
		s.tell("the server knows no message %s", output.Line(id, 80))
		return nil
	}
	if err == nil {
		r.sent = message.webhook()
	}
	return err
}

// showVerdict shows it, and fails if it is bad.
func (s *session) showVerdict(v verdict) error {
	if s.json {
		line, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if err := output.JSON(s.out, line); err != nil || v.Valid {
			return err
		}
		return shown{ExitFailed}
	}
	if v.Valid {
		_, err := fmt.Fprintln(s.out, s.colours.Paint(s.colours.Good, "valid"))
		return err
	}
	text := fmt.Sprintf("%s: %s\n", s.colours.Paint(s.colours.Bad, "not valid"), v.Detail)
	if v.Try != "" {
		text += "try: " + v.Try + "\n"
	}
	if _, err := fmt.Fprint(s.out, text); err != nil {
		return err
	}
	return shown{ExitFailed}
}
