package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"webplug/cmd/webplug/api"
	"webplug/cmd/webplug/output"
)

// session is one command at work: its connection and its streams.
type session struct {
	*api.Client
	ctx     context.Context
	in      io.Reader
	out     io.Writer
	err     io.Writer
	json    bool
	colours output.Palette
	timeout time.Duration // of one request
	service string        // as it is named in the command line; serviceID finds it
}

// run makes a command's work of a function that has a session.
func (a *app) run(do func(s *session, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		s, _, err := a.connected(c)
		if err != nil {
			return err
		}
		return wrongFlag(c, do(s, args))
	}
}

// connected is a session with a server, and where and as whom that is.
func (a *app) connected(c *cobra.Command) (*session, target, error) {
	s, err := a.local(c)
	if err != nil {
		return nil, target{}, err
	}
	t, err := a.flags.target()
	if err != nil {
		return nil, t, err
	}
	s.Client, err = a.client(t)
	s.service = t.Service
	return s, t, err
}

// local is a session without a connection.
func (a *app) local(c *cobra.Command) (*session, error) {
	if a.flags.output != outputTable && a.flags.output != outputJSON {
		return nil, usage("--output: %q is neither table nor json", a.flags.output)
	}
	if a.flags.timeout <= 0 {
		return nil, usage("--timeout: %s is no time to wait", a.flags.timeout)
	}
	return &session{
		ctx: c.Context(), in: c.InOrStdin(), out: c.OutOrStdout(), err: c.ErrOrStderr(),
		timeout: a.flags.timeout, json: a.flags.output == outputJSON, colours: output.PaletteFor(c.OutOrStdout()),
	}, nil
}

// within is a path inside the service that is meant.
func (s *session) within(segments ...string) (string, error) {
	id, err := serviceID(s.ctx, s.Client, s.service)
	if err != nil {
		return "", err
	}
	if s.service != id { // found once, before anything runs beside it
		s.service = id
	}
	return api.Path(append([]string{"services", id}, segments...)...), nil
}

// interactive says whether a person looks at stderr; only then it gets notes and progress.
func (s *session) interactive() bool { return !s.json && output.IsTerminal(s.err) }

// note tells a person something that is not data.
func (s *session) note(format string, args ...any) {
	if s.interactive() {
		_, _ = fmt.Fprintf(s.err, format+"\n", args...)
	}
}

// tell writes a sentence to stderr that also matters where nobody looks at a terminal; not among JSON.
func (s *session) tell(format string, args ...any) {
	if !s.json {
		_, _ = fmt.Fprintf(s.err, format+"\n", args...)
	}
}

// one shows a resource.
func (s *session) one(v jsontext.Value) error {
	if s.json {
		return output.JSON(s.out, v)
	}
	return output.Card(s.out, s.colours, v)
}

// showOne reads a resource and shows it.
func (s *session) showOne(path string) error {
	v, err := s.Get(s.ctx, path)
	if err != nil {
		return err
	}
	return s.one(v)
}

// list shows rows: a page as the API answers it, or a table.
func (s *session) list(columns []output.Column, p api.Page) error {
	if s.json {
		return output.JSON(s.out, pageJSON(p))
	}
	return output.Table(s.out, s.colours, columns, p.Data)
}

// pageJSON is a page as the API answers it.
func pageJSON(p api.Page) jsontext.Value {
	o := newObject()
	o.set("data", array(p.Data))
	next := jsontext.Value("null")
	if p.Next != nil {
		next = text(*p.Next)
	}
	o.set("next_cursor", next)
	return o.value()
}
